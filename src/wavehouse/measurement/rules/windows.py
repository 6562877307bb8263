"""Counting windows: the same requests by UTC day, from the first touch, or to the last touch.

A *touch* is a qualifying request in the sense of the guidelines. Byte ranges may need several
requests to qualify: requests within 24 hours whose positions together reach the file's threshold
(R26, R31) are one touch, at the time of the first one needed. Each position counts for only one
touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from wavehouse.measurement.types import WindowFigures

DAY = timedelta(hours=24)
Part = tuple[datetime, int, int]
"""The time, and the positions that were sent: the first, and the first after."""


class CountWindow(StrEnum):
    """The counting windows: how a listener's requests for an episode become downloads."""

    CALENDAR = "calendar"
    FIRST_TOUCH = "first-touch"
    LAST_TOUCH = "last-touch"


def touches(parts: Iterable[Part], threshold: int) -> list[datetime]:
    """The touches of one file, in time order. Unneeded requests do not start a touch (R39)."""
    days: list[datetime] = []
    held: list[Part] = []
    for part in sorted(part for part in parts if part[2] > part[1]):
        held = [earlier for earlier in held if part[0] - earlier[0] < DAY]
        held.append(part)
        if _covered(held) < threshold:
            continue
        while _covered(held[1:]) >= threshold:
            held = held[1:]
        days.append(held[0][0])
        held = []
    return days


def _covered(parts: Sequence[Part]) -> int:
    """The number of positions that the parts cover (R27)."""
    spans: list[tuple[int, int]] = []
    for _, first, last in parts:
        spans = _joined(spans, first, last)
    return sum(last - first for first, last in spans)


def _joined(spans: list[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """Disjoint spans with one more span merged in."""
    apart = [span for span in spans if span[1] < first or span[0] > last]
    touching = [span for span in spans if not (span[1] < first or span[0] > last)]
    return [
        *apart,
        (min([first, *(a for a, _ in touching)]), max([last, *(b for _, b in touching)])),
    ]


def first_touch(times: Iterable[datetime]) -> list[datetime]:
    """R35, R38: a download opens a half-open window of 24 hours; the next touch counts again."""
    counted: list[datetime] = []
    for at in sorted(times):
        if not counted or at - counted[-1] >= DAY:
            counted.append(at)
    return counted


def last_touch(times: Iterable[datetime]) -> list[datetime]:
    """R36, R39: every touch opens another 24 hours; only a touch after a day without one counts."""
    counted: list[datetime] = []
    before: datetime | None = None
    for at in sorted(times):
        if before is None or at - before >= DAY:
            counted.append(at)
        before = at
    return counted


def differences(figures: WindowFigures) -> list[str]:
    """Sentences with numbers that explain how the windows differ, or that they do not."""
    calendar, first, last = (figures.downloads[name] for name in CountWindow)
    if calendar == first == last and not any((*figures.gained.values(), *figures.lost.values())):
        return ["All windows have equal counts: no listener returned within a day across midnight."]
    gained, lost = figures.gained.get, figures.lost.get
    first_text = (
        f"First-touch counts {first - calendar:+,}: {lost('first-touch', 0):,} "
        "returned within 24 hours of a download, on the next UTC day (R35), and "
        f"{gained('first-touch', 0):,} were heard across midnight, half on each "
        "side (R31)."
    )
    last_text = (
        f"Last-touch counts {last - first:+,} more: {lost('last-touch', 0):,} "
        "kept returning without a full day in between (R36)"
    )
    others = gained("last-touch", 0)
    return [
        first_text,
        f"{last_text}, {others:,} the other way around." if others else f"{last_text}.",
    ]
