"""The content of the studio's pages, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from wavehouse import studio
from wavehouse.charts import format as fmt
from wavehouse.studio import Block, CalendarSlot, Change, ChatMessage, Note, Reach, Revision
from wavehouse.web.prose import Passage, passages

TONES = {
    "active": "good", "paused": "warn", "archived": "", "planned": "", "scheduled": "info",
    "generating": "info", "ready": "good", "published": "good", "failed": "bad", "pending": "info",
    "running": "info", "blocked_budget": "warn", "done": "good", "dead": "bad", "missed": "warn",
    "cancelled": "", "open": "info", "considered": "info", "applied": "good", "declined": "warn",
    "completed": "good", "waiting": "warn", "skipped": "", "streaming": "info", "complete": "",
    "aborted": "warn", "error": "bad",
}  # fmt: skip
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the calendar with its slots."""

    day: str
    label: str
    is_today: bool
    is_outside: bool
    slots: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class BlockCells:
    """A block beside its last revision."""

    block_id: UUID
    position: int
    body: str
    rows: int
    revision: int
    author: str
    before: str
    old: tuple[Change, ...]
    new: tuple[Change, ...]
    changed: bool
    passages: tuple[Passage, ...]


def weeks(first: date, slots: Sequence[CalendarSlot], today: date) -> list[list[DayCell]]:
    """The month of ``first`` in weeks from Monday."""
    start = first - timedelta(days=first.weekday())
    by_day: dict[date, list[CalendarSlot]] = {}
    for slot in slots:
        by_day.setdefault(slot.local_date, []).append(slot)
    rows = []
    day = start
    while day.month == first.month or day < first:
        rows.append([_day(day + timedelta(days=n), first, by_day, today) for n in range(7)])
        day += timedelta(days=7)
    return rows


def month_ends(first: date) -> tuple[date, date]:
    """The first days of the months before and after."""
    before = (first - timedelta(days=1)).replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return before, after


def note_cells(
    notes: Sequence[Note], titles: Mapping[UUID, str], proved: frozenset[str] = frozenset()
) -> list[dict[str, object]]:
    """Notes with the episodes that they reached."""
    return [
        {
            "id": note.note_id,
            "body": note.body,
            "kind": note.kind,
            "state": note.state,
            "tone": TONES.get(note.state, ""),
            "author": note.author,
            "at": fmt.instant(note.created_at),
            "reason": note.reason or "",
            "episode": note.considered_by_episode_id,
            "title": titles.get(note.considered_by_episode_id, "an episode")
            if note.considered_by_episode_id
            else "",
            "proved": str(note.note_id) in proved,
        }
        for note in notes
    ]


def block_cells(
    blocks: Sequence[Block], revisions: Sequence[Revision], people: Mapping[UUID, str]
) -> list[BlockCells]:
    """Each block beside the revision before its last one."""
    earlier = {(row.block_id, row.revision): row for row in revisions}
    cells = []
    for block in blocks:
        past = earlier.get((block.block_id, block.revision - 1))
        old, new = studio.difference(past.body if past else "", block.body)
        cells.append(
            BlockCells(
                block_id=block.block_id,
                position=block.position,
                body=block.body,
                rows=min(24, max(4, len(block.body) // 70 + block.body.count("\n") + 1)),
                revision=block.revision,
                author=_author(block.written_by, people),
                before=f"revision {past.revision}, {_author(past.written_by, people)}"
                if past
                else "",
                old=tuple(old),
                new=tuple(new),
                changed=past is not None,
                passages=passages(block.body),
            )
        )
    return cells


def reach_sentence(reach: Reach) -> str:
    """Which episode an open note will reach."""
    if reach.title is not None:
        return f"Open notes reach “{reach.title}”" + (
            f", {fmt.instant(reach.at)}." if reach.at else "."
        )
    if reach.at is not None:
        return f"Open notes reach the episode of {fmt.instant(reach.at)}."
    return "Open notes reach the next episode; none is scheduled yet."


def message_cells(message: ChatMessage) -> dict[str, object]:
    """A message, its text split at the citations, which link to the cited second."""
    text, runs, position = message.text, [], 0
    for part in message.parts:
        if part.get("type") != "citation" or not isinstance(part.get("position"), int):
            continue
        start, end = part["position"], part["position"] + int(part.get("length", 0))
        if start < position or end > len(text):
            continue
        runs += [(text[position:start], None), (text[start:end], part.get("start_seconds"))]
        position = end
    runs.append((text[position:], None))
    return {
        "seq": message.seq,
        "role": message.role,
        "status": message.status,
        "tone": TONES.get(message.status, ""),
        "runs": [run for run in runs if run[0]],
        "position": len(text),
    }


def money(amount: Decimal) -> str:
    """A cost, without a currency: the organization's ledger has one."""
    return f"{amount.normalize():f}" if amount else "0"


def _day(
    day: date, first: date, by_day: Mapping[date, Sequence[CalendarSlot]], today: date
) -> DayCell:
    return DayCell(
        day=str(day.day),
        label=f"{day:%A} {day.day} {day:%B}",
        is_today=day == today,
        is_outside=day.month != first.month,
        slots=tuple(
            {
                "time": f"{slot.local_time:%H:%M}" if slot.local_time else "",
                "status": slot.status.replace("_", " "),
                "tone": TONES.get(slot.status, ""),
                "title": slot.title or "",
                "href": f"/studio/episodes/{slot.episode_id}" if slot.episode_id else "",
            }
            for slot in by_day.get(day, ())
        ),
    )


def _author(user_id: UUID | None, people: Mapping[UUID, str]) -> str:
    return "generated" if user_id is None else f"by {people.get(user_id, 'a former member')}"
