"""Use case: a period's downloads by every counting window, side by side, and why they differ.

Stored is the calendar window. Listeners who asked for an episode on one UTC day only are counted
alike by all windows; of the others the requests are read again and folded (R35–R40). Nothing is
kept, so a late line needs no repair (R42).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from wavehouse.accounts import Workplace
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import UsageError
from wavehouse.measurement.queries import reading
from wavehouse.measurement.queries import windows as queries
from wavehouse.measurement.queries.windows import PartRow
from wavehouse.measurement.rules import windows as rules
from wavehouse.measurement.rules.months import months_spanned
from wavehouse.measurement.rules.windows import CountWindow
from wavehouse.measurement.types import Figure, WindowFigures

_LOOKBACK = timedelta(days=31)
"""So far back a chain of first touches is followed; the earlier month's key reaches no further."""
Cell = tuple[UUID, date]


@dataclass(slots=True)
class _Sums:
    """Downloads by episode and day of each window, and how many came and went between windows."""

    cells: dict[CountWindow, Counter[Cell]] = field(
        default_factory=lambda: {window: Counter() for window in CountWindow}
    )
    gained: Counter[CountWindow] = field(default_factory=Counter)
    lost: Counter[CountWindow] = field(default_factory=Counter)


def by_window(
    place: Workplace, *, first: date, last: date, podcast_id: UUID | None = None
) -> WindowFigures:
    """A period by all windows. UsageError when it spans more than two months (R44)."""
    if months_spanned(first, last) > 2:
        raise UsageError(
            f"{first} to {last} spans more than two months: no key follows a listener so far (R44)",
            hint="Ask for one or two adjacent months with --from and --to.",
        )
    start, end = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    earlier = first.replace(day=1)
    if earlier.month == last.month:
        earlier = (earlier - timedelta(days=1)).replace(day=1)
    border = clock.start_of_day((earlier + timedelta(days=32)).replace(day=1))
    back = max(start - _LOOKBACK, clock.start_of_day(earlier))
    sums = _Sums()
    with (
        telemetry.span("count.windows"),
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        queries.find_repeated(
            tx, start=back, end=end + rules.DAY, border=border, podcast_id=podcast_id
        )
        stored = queries.calendar_downloads(
            tx, start=start, end=end, border=border, podcast_id=podcast_id
        )
        for episode_id, day, is_repeated, count in stored:
            for window in CountWindow:
                if window is CountWindow.CALENDAR or not is_repeated:
                    sums.cells[window][episode_id, _day(day)] += count
        parts = queries.parts(tx, start=back, end=end + rules.DAY, border=border)
        for (_, episode_id), pair in groupby(parts, key=lambda p: (p.listener_key, p.episode_id)):
            _fold(sums, episode_id, list(pair), start, end)
        titles = reading.episode_titles(tx, episode_ids=[str(e) for e, _ in _all_cells(sums)])
    return _figures(sums, titles, first, last)


def _fold(
    sums: _Sums, episode_id: UUID, pair: list[PartRow], start: datetime, end: datetime
) -> None:
    """Count one listener's requests for one episode by the rolling windows."""
    times = sorted(_touches(pair))
    found = {
        CountWindow.CALENDAR: list(_calendar(pair)),
        CountWindow.FIRST_TOUCH: rules.first_touch(times),
        CountWindow.LAST_TOUCH: rules.last_touch(times),
    }
    counts = {}
    for window, counted in found.items():
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


def _files(pair: list[PartRow]) -> Iterator[tuple[int, list[rules.Part]]]:
    """The parts of each file, and the file's threshold."""
    by_file = sorted(pair, key=lambda p: p.enclosure_id)
    for _, rows in groupby(by_file, key=lambda p: p.enclosure_id):
        parts = list(rows)
        spans = [(p.requested_at, p.range_start, p.range_end) for p in parts]
        yield parts[0].threshold_bytes, spans


def _touches(pair: list[PartRow]) -> Iterator[datetime]:
    for threshold, parts in _files(pair):
        yield from rules.touches(parts, threshold)


def _calendar(pair: list[PartRow]) -> Iterable[datetime]:
    """R34: one on each UTC day on which a file's bytes of that day reach the threshold."""
    found: dict[date, datetime] = {}
    for threshold, parts in _files(pair):
        for day, rows in groupby(sorted(parts), key=lambda p: _day(p[0])):
            times = rules.touches(rows, threshold)
            if times:
                found[day] = min([times[0], *([found[day]] if day in found else [])])
    return found.values()


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _all_cells(sums: _Sums) -> set[Cell]:
    return {cell for cells in sums.cells.values() for cell in cells}


def _figures(sums: _Sums, titles: dict[str, str], first: date, last: date) -> WindowFigures:
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
            for member, count in sorted(episodes.items(), key=lambda one: (-one[1], one[0]))
        ]
        by_day[window] = [
            Figure(day.isoformat(), days[day]) for day in clock.days_between(first, last)
        ]
    return WindowFigures(
        first=first,
        last=last,
        downloads={window.value: sum(cells.values()) for window, cells in sums.cells.items()},
        by_day=by_day,
        by_episode=by_episode,
        gained={window.value: count for window, count in sums.gained.items()},
        lost={window.value: count for window, count in sums.lost.items()},
    )
