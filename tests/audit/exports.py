"""A sealed log in memory, as an export; and ways to tamper with it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from wavehouse.audit.rules import checking, notes
from wavehouse.audit.rules.canonical import hash_of
from wavehouse.audit.rules.tree import Frontier
from wavehouse.audit.types import Head, StoredEntry

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEED = bytes(range(32))
KEY = notes.verifier_of("wavehouse-test", SEED)
ORIGIN = "wavehouse-test/operational"
Lines = list[bytes]


def entry(number: int, **values: object) -> StoredEntry:
    """An entry with its own hash; ``values`` replace fields before it is hashed."""
    made = StoredEntry(
        audit_id=f"00000000-0000-7000-8000-{number:012x}",
        xact_id=str(1000 + number // 3),
        at=AT + timedelta(seconds=number, microseconds=number),
        organization_id=None if number % 4 == 0 else f"00000000-0000-7000-9000-{number % 4:012x}",
        actor=f"user:{number % 5}",
        action="thing.done",
        resource_type="thing",
        resource_id=str(number),
        subject_pseudonym=None,
        request_id=None if number % 2 else f"request {number}",
        trace_id=None,
        metadata=f'{{"count": {number}, "title": "Zoë, 1:2"}}',
        commitments="{}",
        encoding=2,
        content_hash="",
        leaf_index=number,
    )
    made = replace(made, **values)  # type: ignore[arg-type]
    digest = hash_of(made).hex()
    return replace(made, content_hash=digest, leaf_hash=digest)


def signed(size: int, root: bytes, *, origin: str = ORIGIN, seed: bytes = SEED) -> str:
    """A checkpoint signed by the test's key."""
    text = notes.body(Head(origin, size, root, AT))
    return notes.signed(text, notes.verifier_of(KEY.name, seed), seed)


def export(entries: list[StoredEntry], every: int = 7) -> Lines:
    """The lines of an export of these entries, with a checkpoint for each ``every`` of them."""
    frontier, checkpoints = Frontier(), []
    for each in entries:
        frontier.append(hash_of(each))
        if frontier.size % every == 0 or frontier.size == len(entries):
            checkpoints.append(signed(frontier.size, frontier.root()))
    header = checking.Header(
        format=checking.FORMAT,
        log="operational",
        origin=ORIGIN,
        size=len(entries),
        unsealed=0,
        exported_at=AT.isoformat(),
        keys=[str(KEY)],
        checkpoints=checkpoints,
    )
    return [msgspec.json.encode(header), *(msgspec.json.encode(each) for each in entries)]


def _changed(lines: Lines, rng: random.Random) -> Lines:
    at = rng.randrange(1, len(lines))
    row = msgspec.json.decode(lines[at])
    field = rng.choice(sorted(row))
    value = row[field]
    if isinstance(value, int):
        row[field] = value + rng.choice([1, 2, -1])
    elif field == "at":
        row[field] = (datetime.fromisoformat(value) + timedelta(microseconds=1)).isoformat()
    else:
        row[field] = "forged" if value is None else f"{value}{rng.choice('x0 ')}"
    return [*lines[:at], msgspec.json.encode(row), *lines[at + 1 :]]


def _rehashed(lines: Lines, rng: random.Random) -> Lines:
    """A change by someone who also computes the hashes again."""
    at = rng.randrange(1, len(lines))
    old = msgspec.json.decode(lines[at], type=StoredEntry)
    made = replace(old, actor=f"user:{rng.random()}", content_hash="", leaf_hash=None)
    digest = hash_of(made).hex()
    made = replace(made, content_hash=digest, leaf_hash=digest)
    return [*lines[:at], msgspec.json.encode(made), *lines[at + 1 :]]


def _removed(lines: Lines, rng: random.Random) -> Lines:
    at = rng.randrange(1, len(lines))
    return [*lines[:at], *lines[at + 1 :]]


def _inserted(lines: Lines, rng: random.Random) -> Lines:
    at = rng.randrange(1, len(lines) + 1)
    forged = msgspec.json.encode(entry(rng.randrange(10**6, 10**7), leaf_index=at - 1))
    return [*lines[:at], forged, *lines[at:]]


def _swapped(lines: Lines, rng: random.Random) -> Lines:
    first, second = rng.sample(range(1, len(lines)), 2)
    made = list(lines)
    made[first], made[second] = made[second], made[first]
    return made


def _hashes_swapped(lines: Lines, rng: random.Random) -> Lines:
    first, second = rng.sample(range(1, len(lines)), 2)
    one, two = (msgspec.json.decode(lines[at], type=StoredEntry) for at in (first, second))
    made = list(lines)
    for at, mine, other in ((first, one, two), (second, two, one)):
        made[at] = msgspec.json.encode(
            replace(mine, content_hash=other.content_hash, leaf_hash=other.leaf_hash)
        )
    return made


def _cut(lines: Lines, rng: random.Random) -> Lines:
    return lines[: rng.randrange(1, len(lines))]


def _renumbered(lines: Lines, rng: random.Random) -> Lines:
    """An entry removed, and all later ones numbered again, by someone without the key."""
    at = rng.randrange(1, len(lines))
    rows = [msgspec.json.decode(line, type=StoredEntry) for line in _removed(lines, rng)[1:]]
    made = [replace(row, leaf_index=number) for number, row in enumerate(rows)]
    assert at
    return [lines[0], *map(msgspec.json.encode, made)]


TAMPERS: dict[str, Callable[[Lines, random.Random], Lines]] = {
    "changed": _changed,
    "changed and hashed again": _rehashed,
    "removed": _removed,
    "inserted": _inserted,
    "reordered": _swapped,
    "hashes swapped": _hashes_swapped,
    "tail cut": _cut,
    "removed and numbered again": _renumbered,
}
