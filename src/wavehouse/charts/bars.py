"""A bar list: one row per item, in the given order, with the value beside the bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.charts.svg import Size, document, element, escaped, text
from wavehouse.charts.theme import Theme

_ROW = 30
_BAR = 20
_LABEL = 0.3
_VALUE = 64


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its label, its length, and its formatted value."""

    label: str
    value: float
    shown: str


def bars(rows: Sequence[Bar], *, theme: Theme, label: str, width: int = 420) -> str:
    """The rows as bars on one scale from zero. No rows give an empty string."""
    if not rows:
        return ""
    highest = max((row.value for row in rows), default=0.0) or 1.0
    left = round(width * _LABEL)
    room = width - left - _VALUE
    drawn: list[str] = []
    for index, row in enumerate(rows):
        top = index * _ROW + (_ROW - _BAR) / 2
        length = max(1.0, max(row.value, 0.0) / highest * room)
        baseline = top + _BAR / 2 + 4
        drawn.append(
            element(
                "g",
                element("title", escaped(f"{row.label}: {row.shown}")),
                text(_cut(row.label, left), 0, baseline, font_size=11, fill=theme.text),
                element("rect", x=left, y=top, width=length, height=_BAR, rx=3, fill=theme.bar),
                text(row.shown, left + length + 6, baseline, font_size=11, fill=theme.muted),
            )
        )
    return document(
        Size(width, _ROW * len(rows)), *drawn, label=label, font=theme.font, class_="bars"
    )


def _cut(label: str, room: float) -> str:
    """The label, truncated to about the available width (six units per character)."""
    most = max(4, int(room / 6))
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"
