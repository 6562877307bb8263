"""How long a generation will take, from past runs, with its spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_RUNS = 3
"""Below this many past runs there is no estimate."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds from the request to the end: median, first and last decile, number of past runs."""

    seconds: int
    low: int
    high: int
    runs: int


def estimate(past: Sequence[float]) -> Estimate | None:
    """The estimate from the seconds of past runs; None below three runs."""
    if len(past) < LEAST_RUNS:
        return None
    ordered = sorted(past)
    low, middle, high = (round(_quantile(ordered, share)) for share in (0.1, 0.5, 0.9))
    return Estimate(middle, low, high, len(ordered))


def sentence(given: Estimate | None, elapsed: float) -> str:
    """The estimate as a person reads it, ``elapsed`` seconds after the request."""
    if given is None:
        return f"no estimate: at least {LEAST_RUNS} past runs are needed"
    if elapsed > given.high:
        return f"later than nine of ten of the {given.runs} past runs ({given.high} s)"
    low, high = max(0, round(given.low - elapsed)), max(0, round(given.high - elapsed))
    return f"{low} to {high} s more, from {given.runs} past runs"


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the two nearest values."""
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
