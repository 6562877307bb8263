"""Rates of public endpoints. ``accounts.SharedRate`` counts them across all processes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``burst`` attempts at once and one more every ``seconds``, for each client."""

    name: str
    burst: int = 10
    seconds: float = 6.0
