"""Sums of the counting windows: requests of listeners with several days, folded by each window.

The stored path and the count-only path provide the same input: calendar downloads by episode and
day, and position spans of the listeners whom the windows count differently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.measurement.rules import windows as rules
from wavehouse.measurement.rules.windows import CountWindow
from wavehouse.measurement.types import CalendarCell, Figure, WindowFigures, WindowPart

LOOKBACK = timedelta(days=31)
"""How far back a chain of first touches is followed; the earlier month's key reaches no further."""
Cell = tuple[UUID, date]


@dataclass(slots=True)
class WindowSums:
    """Downloads by episode and day of each window, and those gained and lost between windows."""

    first: date
    last: date
    cells: dict[CountWindow, Counter[Cell]] = field(
        default_factory=lambda: {window: Counter() for window in CountWindow}
    )
    gained: Counter[CountWindow] = field(default_factory=Counter)
    lost: Counter[CountWindow] = field(default_factory=Counter)

    def calendar(self, counted: Iterable[CalendarCell]) -> None:
        """Add calendar downloads; those of repeated listeners only count for this window."""
        for cell in counted:
            for window in CountWindow:
                if window is CountWindow.CALENDAR or not cell.is_repeated:
                    self.cells[window][cell.episode_id, cell.day] += cell.downloads

    def rolling(self, parts: Iterable[WindowPart]) -> None:
        """Fold the requests of repeated listeners, ordered by listener and episode."""
        start = clock.start_of_day(self.first)
        end = clock.start_of_day(self.last + timedelta(days=1))
        for (_, episode_id), pair in groupby(parts, key=lambda p: (p.listener_key, p.episode_id)):
            _fold(self, episode_id, list(pair), start, end)

    def add(self, other: WindowSums) -> None:
        """Add the sums of other listeners."""
        for window, cells in other.cells.items():
            self.cells[window].update(cells)
        self.gained.update(other.gained)
        self.lost.update(other.lost)

    @property
    def episode_ids(self) -> list[str]:
        """The episodes with a figure."""
        return sorted({str(episode) for cells in self.cells.values() for episode, _ in cells})

    def figures(self, titles: Mapping[str, str]) -> WindowFigures:
        """The sums as figures, with one entry for every day of the period."""
        return _figures(self, titles)


def _fold(
    sums: WindowSums, episode_id: UUID, pair: list[WindowPart], start: datetime, end: datetime
) -> None:
    """Count one listener's requests for one episode by the rolling windows."""
    times = sorted(_touches(pair))
    values = {
        CountWindow.CALENDAR: list(_calendar(pair)),
        CountWindow.FIRST_TOUCH: rules.first_touch(times),
        CountWindow.LAST_TOUCH: rules.last_touch(times),
    }
    counts = {}
    for window, counted in values.items():
        inside = [at for at in counted if start <= at < end]
        counts[window] = len(inside)
        if window is not CountWindow.CALENDAR:
            for at in inside:
                sums.cells[window][episode_id, _day(at)] += 1
    for before, after in (
        (CountWindow.CALENDAR, CountWindow.FIRST_TOUCH),
        (CountWindow.FIRST_TOUCH, CountWindow.LAST_TOUCH),
    ):
        sums.gained[after] += max(0, counts[after] - counts[before])
        sums.lost[after] += max(0, counts[before] - counts[after])


def _files(pair: list[WindowPart]) -> Iterator[tuple[int, list[rules.Part]]]:
    """The parts of each file, and the file's threshold."""
    by_file = sorted(pair, key=lambda p: p.enclosure_id)
    for _, rows in groupby(by_file, key=lambda p: p.enclosure_id):
        parts = list(rows)
        spans = [(p.requested_at, p.range_start, p.range_end) for p in parts]
        yield parts[0].threshold_bytes, spans


def _touches(pair: list[WindowPart]) -> Iterator[datetime]:
    for threshold, parts in _files(pair):
        yield from rules.touches(parts, threshold)


def _calendar(pair: list[WindowPart]) -> Iterable[datetime]:
    """R34: one for each UTC day on which the bytes of a file reach its threshold."""
    days: dict[date, datetime] = {}
    for threshold, parts in _files(pair):
        for day, rows in groupby(sorted(parts), key=lambda p: _day(p[0])):
            times = rules.touches(rows, threshold)
            if times:
                days[day] = min([times[0], *([days[day]] if day in days else [])])
    return days.values()


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _figures(sums: WindowSums, titles: Mapping[str, str]) -> WindowFigures:
    by_episode: dict[str, list[Figure]] = {}
    by_day: dict[str, list[Figure]] = {}
    for window, cells in sums.cells.items():
        episodes: Counter[str] = Counter()
        days: Counter[date] = Counter()
        for (episode_id, day), count in cells.items():
            episodes[str(episode_id)] += count
            days[day] += count
        by_episode[window] = [
            Figure(member, count, titles.get(member, ""))
            for member, count in sorted(episodes.items(), key=lambda item: (-item[1], item[0]))
        ]
        by_day[window] = [
            Figure(day.isoformat(), days[day]) for day in clock.days_between(sums.first, sums.last)
        ]
    return WindowFigures(
        first=sums.first,
        last=sums.last,
        downloads={window.value: sum(cells.values()) for window, cells in sums.cells.items()},
        by_day=by_day,
        by_episode=by_episode,
        gained={window.value: count for window, count in sums.gained.items()},
        lost={window.value: count for window, count in sums.lost.items()},
    )
