"""A chart of values over steps with intervals: a line inside a band, on a scale from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.charts.scale import spread
from wavehouse.charts.svg import Size, document, element, escaped, path, text
from wavehouse.charts.theme import Theme

_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 12.0, 10.0, 24.0
_LINES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Step:
    """A value and its interval, all from 0 to 1; ``label`` names the step."""

    label: str
    value: float
    low: float
    high: float


def band(steps: Sequence[Step], *, theme: Theme, label: str, size: Size | None = None) -> str:
    """The values with their intervals. Fewer than two steps give an empty string."""
    if len(steps) < 2:
        return ""
    box = size or Size(640, 240)
    floor = box.height - _BOTTOM
    places = spread(len(steps), _LEFT, box.width - _RIGHT)

    def height(value: float) -> float:
        return floor - min(max(value, 0.0), 1.0) * (floor - _TOP)

    grid = [
        part
        for value in _LINES
        for part in (
            element(
                "line", x1=_LEFT, x2=box.width - _RIGHT, y1=height(value), y2=height(value),
                stroke=theme.grid,
            ),
            text(
                f"{value:.2f}", _LEFT - 8, height(value) + 4, font_size=11, fill=theme.muted,
                text_anchor="end",
            ),
        )
    ]  # fmt: skip
    upper = [(x, height(step.high)) for x, step in zip(places, steps, strict=True)]
    lower = [(x, height(step.low)) for x, step in zip(places, steps, strict=True)]
    line = [(x, height(step.value)) for x, step in zip(places, steps, strict=True)]
    dots = [
        element(
            "circle",
            element("title", escaped(_sentence(step))),
            cx=x, cy=y, r=3, fill=theme.accent,
        )
        for (x, y), step in zip(line, steps, strict=True)
    ]  # fmt: skip
    return document(
        box,
        *grid,
        element(
            "path", d=path([*upper, *reversed(lower)], close=True), fill=theme.accent_area,
            opacity=0.12,
        ),
        element("path", d=path(line), fill="none", stroke=theme.accent, stroke_width=2),
        *dots,
        text("1", places[0], box.height - 6, font_size=11, fill=theme.muted, text_anchor="middle"),
        text(
            str(len(steps)), places[-1], box.height - 6, font_size=11, fill=theme.muted,
            text_anchor="middle",
        ),
        label=label,
        font=theme.font,
        class_="band",
    )  # fmt: skip


def _sentence(step: Step) -> str:
    return f"{step.label}: {step.value:.2f} ({step.low:.2f} to {step.high:.2f})"
