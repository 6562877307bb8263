"""A series over time: this period, the previous one, releases, and a partial day."""

from __future__ import annotations

from wavehouse.charts.plot import LETTER, TOP, Frame, Points, Timeseries, framed
from wavehouse.charts.scale import stride
from wavehouse.charts.svg import Size, document, element, escaped, path, text
from wavehouse.charts.theme import Theme

WIDE = Size(1060, 270)
MEDIUM = Size(700, 250)
NARROW = Size(380, 240)
_LABEL_GAP = 34
_COLUMN = 4


def timeseries(
    data: Timeseries, *, theme: Theme, size: Size = WIDE, chart_id: str = "chart"
) -> str:
    """The chart. ``chart_id`` must be unique on its page, as the gradient is referenced by it.

    Without marks it is an empty string: the caller shows an empty state instead.
    """
    if not data.marks:
        return ""
    frame = framed(data, size)
    values = [mark.value for mark in data.marks]
    cut = len(values) if data.partial is None else data.partial
    solid = frame.runs([v if n < cut else None for n, v in enumerate(values)])
    return document(
        size,
        _gradient(theme, chart_id),
        *_grid(data, frame, theme),
        *_labels(data, frame, theme),
        *_previous(data, frame, theme),
        *_pace(data, frame, theme),
        *(_area(run, frame, chart_id) for run in solid if len(run) > 1),
        *(_line(run, theme) for run in solid),
        *_partial(data, frame, theme),
        *_releases(data, frame, theme),
        *_hits(data, frame, theme),
        label=_summary(data),
        font=theme.font,
        class_="timeseries",
    )


def _gradient(theme: Theme, chart_id: str) -> str:
    stops = (
        element("stop", offset="0", stop_color=theme.accent_area, stop_opacity=0.22),
        element("stop", offset="1", stop_color=theme.accent_area, stop_opacity=0.01),
    )
    gradient = element(
        "linearGradient", *stops, id=f"{chart_id}-area", x1="0", y1="0", x2="0", y2="1"
    )
    return element("defs", gradient)


def _grid(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    drawn: list[str] = []
    for level in frame.levels:
        y = frame.y(level)
        drawn.append(
            element("path", d=path([(frame.left, y), (frame.right, y)]), stroke=theme.grid)
        )
        drawn.append(
            text(
                data.axis(level),
                frame.left - 8,
                y + 4,
                text_anchor="end",
                font_size=11.5,
                fill=theme.muted,
            )
        )
    return drawn


def _labels(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    """Axis labels, every n-th; the first and last are aligned inwards to fit the picture."""
    longest = max(len(mark.label) for mark in data.marks)
    room = int((frame.right - frame.left) / (longest * LETTER + _LABEL_GAP))
    step = stride(len(data.marks), room)
    half = longest * LETTER / 2
    drawn: list[str] = []
    for index in range(0, len(data.marks), step):
        x = frame.xs[index]
        first = x - half < frame.left - 4
        last = x + half > frame.size.width
        anchor = "start" if first else "end" if last else "middle"
        label_x = frame.left if first else min(x, float(frame.size.width)) if last else x
        drawn.append(
            text(
                data.marks[index].label,
                label_x,
                frame.size.height - 8,
                text_anchor=anchor,
                font_size=11.5,
                fill=theme.muted,
            )
        )
    return drawn


def _stroke(points: Points, colour: str, width: float, dashes: str | None = None) -> str:
    return element(
        "path",
        d=path(points),
        fill="none",
        stroke=colour,
        stroke_width=width,
        stroke_dasharray=dashes,
        stroke_linejoin="round",
        stroke_linecap="butt" if dashes else "round",
    )


def _previous(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    runs = frame.runs([mark.previous for mark in data.marks])
    return [_stroke(run, theme.previous, 1.5, "5 4") for run in runs if len(run) > 1]


def _pace(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    """A reference level, such as the booked impressions per day."""
    if data.pace is None:
        return []
    y = frame.y(data.pace)
    return [_stroke([(frame.left, y), (frame.right, y)], theme.previous, 1.25, "4 3")]


def _area(run: Points, frame: Frame, chart_id: str) -> str:
    outline = [(run[0][0], frame.base), *run, (run[-1][0], frame.base)]
    return element("path", d=path(outline, close=True), fill=f"url(#{chart_id}-area)")


def _line(run: Points, theme: Theme) -> str:
    if len(run) > 1:
        return _stroke(run, theme.accent, 2)
    return element("circle", cx=run[0][0], cy=run[0][1], r=3.5, fill=theme.accent)


def _partial(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    """The dotted line to a bucket that has not ended, with an open dot at its end."""
    if data.partial is None or not 0 <= data.partial < len(data.marks):
        return []
    last = data.marks[data.partial].value
    before = data.marks[data.partial - 1].value if data.partial else None
    if last is None:
        return []
    end = (frame.xs[data.partial], frame.y(last))
    dot = element(
        "circle",
        cx=end[0],
        cy=end[1],
        r=3.5,
        fill=theme.surface,
        stroke=theme.accent,
        stroke_width=2,
    )
    if before is None:
        return [dot]
    start = (frame.xs[data.partial - 1], frame.y(before))
    return [_stroke([start, end], theme.accent, 2, "2 3"), dot]


def _releases(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    """A dot on the line where an episode was published; none where the line has a gap."""
    drawn: list[str] = []
    for x, mark in zip(frame.xs, data.marks, strict=True):
        if mark.releases and mark.value is not None:
            drawn.append(
                element(
                    "circle",
                    element("title", escaped("Released: " + " · ".join(mark.releases))),
                    cx=x,
                    cy=frame.y(mark.value),
                    r=4.5,
                    fill=theme.event,
                    stroke=theme.surface,
                    stroke_width=1.5,
                )
            )
    return drawn


def _hits(data: Timeseries, frame: Frame, theme: Theme) -> list[str]:
    """Invisible columns with each mark's tooltip; not needed on paper.

    A column is at least four units wide, so that it can be pointed at: for years of days only every
    n-th has a tooltip, while the data table has all of them.
    """
    if not theme.interactive:
        return []
    cross = element("path", class_="cross", d=path([(0, TOP), (0, frame.base)]), stroke=theme.muted)
    dot = element(
        "circle",
        class_="cross",
        r=4,
        fill=theme.accent,
        stroke=theme.surface,
        stroke_width=1.5,
    )
    step = -(-len(frame.xs) * _COLUMN // frame.size.width) or 1
    across = (frame.xs[-1] - frame.xs[0]) / max(len(frame.xs) - 1, 1)
    reach = across * step or frame.right - frame.left
    columns = [
        element(
            "rect",
            element("title", escaped(mark.tip)),
            class_="hit",
            x=x - reach / 2,
            y=TOP,
            width=reach,
            height=frame.base - TOP,
            fill="transparent",
            data_x=x,
            data_y=None if mark.value is None else frame.y(mark.value),
        )
        for x, mark in list(zip(frame.xs, data.marks, strict=True))[::step]
    ]
    return [cross, dot, *columns]


def _summary(data: Timeseries) -> str:
    """The text alternative of the picture; the data table has all values."""
    known = [(mark.value, mark.label) for mark in data.marks if mark.value is not None]
    span = f"{data.name}, {data.marks[0].label} to {data.marks[-1].label}"
    if not known:
        return f"{span}: no data"
    high, low = max(known, key=lambda k: k[0]), min(known, key=lambda k: k[0])
    return (
        f"{span}: highest {data.axis(high[0])} on {high[1]}, lowest {data.axis(low[0])} on {low[1]}"
    )
