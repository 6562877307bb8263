"""A sparkline: the shape of a series, without axes, in the size of a word."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.charts.scale import spread
from wavehouse.charts.svg import Size, document, element, path
from wavehouse.charts.theme import Theme

_INSET = 2.0


def spark(values: Sequence[float | None], *, theme: Theme, size: Size | None = None) -> str:
    """The series as a line over a pale area; decorative, as the figure is shown beside it.

    The line is scaled from the lowest to the highest value, so that its shape is visible; gaps are
    skipped. Fewer than two known values give an empty string.
    """
    box = size or Size(180, 26)
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    floor = box.height - _INSET
    places = spread(len(values), _INSET, box.width - _INSET)
    points = [
        (x, floor - (value - low) / reach * (floor - _INSET) if high > low else box.height / 2)
        for x, value in zip(places, values, strict=True)
        if value is not None
    ]
    area = [(points[0][0], float(box.height)), *points, (points[-1][0], float(box.height))]
    return document(
        box,
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
        label=None,
        font=theme.font,
        class_="spark",
        stretch=True,
    )
