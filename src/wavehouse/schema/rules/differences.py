"""The differences between two snapshots, by object and attribute."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from fnmatch import fnmatchcase
from typing import Any

from wavehouse.schema.types import STRICT_ONLY, Difference, Snapshot

_KINDS = (
    "schema ", "table ", "view ", "materialized view ", "foreign table ", "composite type ",
    "column ", "constraint ", "index ", "trigger ", "rule ", "policy ", "sequence ", "procedure ",
    "aggregate ", "window function ", "function ", "enum ", "domain ", "range ", "type ",
    "collation ", "statistics ", "operator class ", "operator family ",
    "text search configuration ", "text search dictionary ", "conversion ", "shell type ",
)  # fmt: skip
"""Kinds of objects that belong to a schema."""
_HANGS_ON = ("column ", "constraint ", "index ", "trigger ", "policy ", "rule ", "sequence ")


def differences(
    expected: Snapshot, snapshot: Snapshot, *, strict: bool = False
) -> tuple[Difference, ...]:
    """Every difference of ``found`` from ``expected``, by object name."""
    return tuple(
        sorted(_all(expected, snapshot, strict), key=lambda d: (d.name, d.attribute or ""))
    )


def _all(expected: Snapshot, snapshot: Snapshot, strict: bool) -> Iterator[Difference]:
    for name in expected.objects.keys() | snapshot.objects.keys():
        before, after = expected.objects.get(name), snapshot.objects.get(name)
        if before is None or after is None:
            yield Difference(name, None, before, after)
            continue
        for attribute in before.keys() | after.keys():
            if attribute in STRICT_ONLY and not strict:
                continue
            if before.get(attribute) != after.get(attribute):
                yield Difference(name, attribute, before.get(attribute), after.get(attribute))


def surroundings_of(snapshot: Snapshot) -> dict[str, Any]:
    """The database's own grants, comment and settings, which files rarely define."""
    return {
        name: dict(attributes)
        for name, attributes in snapshot.objects.items()
        if name == "database" or name.startswith("settings of ")
    }


def predictable(snapshot: Snapshot) -> Snapshot:
    """The part of a database that a shadow can predict: no partitions, no surroundings."""
    return with_surroundings(without_partitions(snapshot), {})


def with_surroundings(snapshot: Snapshot, surroundings: Mapping[str, Any]) -> Snapshot:
    """The snapshot with its surroundings replaced."""
    own = surroundings_of(snapshot)
    objects = {name: a for name, a in snapshot.objects.items() if name not in own}
    return Snapshot({**objects, **surroundings})


def only_in(snapshot: Snapshot, schemas: Collection[str], ignored: Sequence[str]) -> Snapshot:
    """The objects of some schemas (or all), without those that match ignored patterns.

    A pattern is a shell pattern (``*``, ``?``) for an object's name, with or without its kind.
    """

    def is_meant(name: str) -> bool:
        kind, _, rest = name.partition(" ")
        names = {name, rest, name.rpartition(" ")[2]}
        if any(fnmatchcase(name, pattern) for name in names for pattern in ignored):
            return False
        is_index = kind == "index"
        definition = str(snapshot.objects[name].get("definition"))
        table = _table_of(definition) if is_index else rest.rpartition(".")[0]
        if any(fnmatchcase(table, pattern) for pattern in ignored) and f"{kind} " in _HANGS_ON:
            return False
        return not schemas or _schema(name) in schemas

    return Snapshot({name: a for name, a in snapshot.objects.items() if is_meant(name)})


def _schema(name: str) -> str:
    """The schema of an object by its snapshot name; empty for objects without a schema."""
    for kind in _KINDS:
        if name.startswith(kind):
            rest = name.removeprefix(kind)
            return rest if kind == "schema " else rest.partition(".")[0]
    return ""


def without_partitions(snapshot: Snapshot) -> Snapshot:
    """The snapshot without any partitions, which stays the same as days come and go."""
    children = {
        name.removeprefix("table ")
        for name, attributes in snapshot.objects.items()
        if "partition_bound" in attributes
    }
    is_theirs = _belongs_to(children, snapshot)
    return Snapshot({name: a for name, a in snapshot.objects.items() if not is_theirs(name)})


def without_runtime_partitions(
    expected: Snapshot,
    snapshot: Snapshot,
    differences: tuple[Difference, ...],
    written: Callable[[str], bool] = lambda _: True,
) -> tuple[tuple[Difference, ...], int]:
    """Leave out partitions that a program created for new days, with their dependent objects.

    Files create the parent; the data decides its partitions. The same applies to partitions that a
    file creates by the clock: those in ``expected`` whose names no file has ``written``. Also
    returns how many were left out.
    """
    children = _partitions(snapshot, expected)
    by_clock = {
        name for name in _partitions(expected, snapshot) if not written(name.rpartition(".")[2])
    }
    in_found, in_expected = _belongs_to(children, snapshot), _belongs_to(by_clock, expected)
    kept = tuple(
        difference
        for difference in differences
        if not in_found(difference.name) and not in_expected(difference.name)
    )
    return kept, len(children | by_clock)


def without_clock_partitions(
    expected: Snapshot,
    snapshot: Snapshot,
    differences: tuple[Difference, ...],
    written: Callable[[str], bool],
) -> tuple[Difference, ...]:
    """Leave out, on both sides, partitions whose names are in no file: the clock chose them."""

    def by_clock(snapshot: Snapshot, other: Snapshot) -> Callable[[str], bool]:
        names = _partitions(snapshot, other)
        return _belongs_to({n for n in names if not written(n.rpartition(".")[2])}, snapshot)

    here, there = by_clock(expected, snapshot), by_clock(snapshot, expected)
    return tuple(
        difference
        for difference in differences
        if not here(difference.name) and not there(difference.name)
    )


def _partitions(snapshot: Snapshot, other: Snapshot) -> set[str]:
    """The partitions of a snapshot that another lacks although it has their parent."""
    return {
        name.removeprefix("table ")
        for name, attributes in snapshot.objects.items()
        if name not in other.objects
        and "partition_bound" in attributes
        and any(f"table {p}" in other.objects for p in attributes.get("parents") or ())
    }


def _belongs_to(tables: Set[str], snapshot: Snapshot) -> Callable[[str], bool]:
    """Whether an object is one of these tables or belongs to one."""
    indexes = {
        name
        for name, attributes in snapshot.objects.items()
        if name.startswith("index ") and _table_of(str(attributes.get("definition"))) in tables
    }

    def belongs(name: str) -> bool:
        if name in indexes:
            return True
        kind, _, rest = name.partition(" ")
        return (kind == "table" and rest in tables) or (
            f"{kind} " in _HANGS_ON and any(rest.startswith(f"{table}.") for table in tables)
        )

    return belongs


def _table_of(definition: str) -> str:
    """The table named in an index definition."""
    words = definition.split(" ON ", 1)[-1].removeprefix("ONLY ").split(" ", 1)
    return words[0]
