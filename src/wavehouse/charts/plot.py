"""The plot of a series: its data, and the positions of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wavehouse.charts.scale import spread, ticks
from wavehouse.charts.svg import Size

LETTER = 6.6
TOP, BOTTOM, RIGHT = 12.0, 30.0, 14.0

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Mark:
    """One position on the time axis.

    ``label`` is short, for the axis; ``tip`` is shown on hover, its first line as a heading.
    ``releases`` names the episodes published then.
    """

    label: str
    tip: str
    value: float | None
    previous: float | None = None
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeseries:
    """The data of a time series: the marks in order, and the formatter of axis values.

    ``partial`` is the index of a bucket that has not ended; later values are unknown.
    """

    name: str
    marks: tuple[Mark, ...]
    axis: Callable[[float], str]
    whole: bool = True
    partial: int | None = None
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Positions: the plot's edges, and those of marks and ticks."""

    size: Size
    left: float
    xs: list[float]
    levels: list[float]

    @property
    def right(self) -> float:
        """The right edge of the plot."""
        return self.size.width - RIGHT

    @property
    def base(self) -> float:
        """The vertical position of zero."""
        return self.size.height - BOTTOM

    def y(self, value: float) -> float:
        """The vertical position of a value; negative values (refunds) are on the base line."""
        return self.base - max(value, 0.0) / self.levels[-1] * (self.base - TOP)

    def runs(self, values: list[float | None]) -> list[Points]:
        """The known stretches of a series, split where values are missing."""
        runs: list[Points] = [[]]
        for x, value in zip(self.xs, values, strict=True):
            if value is None:
                runs.append([])
            else:
                runs[-1].append((x, self.y(value)))
        return [run for run in runs if run]


def framed(data: Timeseries, size: Size) -> Frame:
    """The positions for this data in a picture of this size."""
    known = [v for m in data.marks for v in (m.value, m.previous) if v is not None]
    levels = ticks(max([*known, data.pace or 0.0], default=0.0), whole=data.whole)
    widest = max(len(data.axis(level)) for level in levels)
    left = 10 + widest * LETTER
    return Frame(size, left, spread(len(data.marks), left + 4, size.width - RIGHT), levels)
