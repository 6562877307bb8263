"""A sparkline: the shape of a series, without axes, in the size of a word."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.charts.scale import spread
from wavehouse.charts.svg import Size, document, element, path
from wavehouse.charts.theme import Theme

_INSET = 2.0


def spark(values: Sequence[float | None], *, theme: Theme, size: Size | None = None) -> str:
    """The series as a line over a pale area; decorative, as the figure is shown beside it.

    The line is scaled from the lowest to the highest value, so that its shape is visible, and is
    interrupted by gaps. Fewer than two known values give an empty string.
    """
    box = size or Size(180, 26)
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    floor = box.height - _INSET
    places = spread(len(values), _INSET, box.width - _INSET)
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(places, values, strict=True):
        if value is None:
            runs.append([])
            continue
        share = (value - low) / reach * (floor - _INSET)
        runs[-1].append((x, floor - share if high > low else box.height / 2))
    return document(
        box,
        *(part for run in runs if run for part in _run(run, box, theme)),
        label=None,
        font=theme.font,
        class_="spark",
        stretch=True,
    )


def _run(points: list[tuple[float, float]], box: Size, theme: Theme) -> list[str]:
    """The area and the line of a stretch of known values; a single one is a short dash."""
    if len(points) == 1:
        ((x, y),) = points
        points = [(x - 1, y), (x + 1, y)]
    base = float(box.height)
    area = [(points[0][0], base), *points, (points[-1][0], base)]
    return [
        element("path", d=path(area, close=True), fill=theme.accent_area, opacity=0.1),
        element(
            "path",
            d=path(points),
            fill="none",
            stroke=theme.accent,
            stroke_width=1.5,
            stroke_linejoin="round",
            stroke_linecap="round",
            vector_effect="non-scaling-stroke",
        ),
    ]
