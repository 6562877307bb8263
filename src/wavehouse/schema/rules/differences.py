"""What differs between two snapshots, named by object and attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

from wavehouse.schema.types import STRICT_ONLY, Difference, Snapshot

_HANGS_ON = ("column ", "constraint ", "index ", "trigger ", "policy ", "rule ", "sequence ")


def differences(
    expected: Snapshot, found: Snapshot, *, strict: bool = False
) -> tuple[Difference, ...]:
    """Everything in which ``found`` is not ``expected``, by name of the object."""
    return tuple(sorted(_all(expected, found, strict), key=lambda d: (d.name, d.attribute or "")))


def _all(expected: Snapshot, found: Snapshot, strict: bool) -> Iterator[Difference]:
    for name in expected.objects.keys() | found.objects.keys():
        before, after = expected.objects.get(name), found.objects.get(name)
        if before is None or after is None:
            yield Difference(name, None, before, after)
            continue
        for attribute in before.keys() | after.keys():
            if attribute in STRICT_ONLY and not strict:
                continue
            if before.get(attribute) != after.get(attribute):
                yield Difference(name, attribute, before.get(attribute), after.get(attribute))


def without_partitions(snapshot: Snapshot) -> Snapshot:
    """The snapshot without any partition: what stays the same when days come and go."""
    children = {
        name.removeprefix("table ")
        for name, attributes in snapshot.objects.items()
        if "partition_bound" in attributes
    }
    is_theirs = _belongs_to(children, snapshot)
    return Snapshot({name: a for name, a in snapshot.objects.items() if not is_theirs(name)})


def without_runtime_partitions(
    expected: Snapshot, found: Snapshot, told: tuple[Difference, ...]
) -> tuple[tuple[Difference, ...], int]:
    """Leave out partitions that a program made for days that came, with what hangs on them.

    Files make the parent; its partitions are data's business. How many were left out is told.
    """
    children = {
        name.removeprefix("table ")
        for name, attributes in found.objects.items()
        if name not in expected.objects
        and "partition_bound" in attributes
        and any(f"table {p}" in expected.objects for p in attributes.get("parents") or ())
    }
    is_theirs = _belongs_to(children, found)
    return tuple(one for one in told if not is_theirs(one.name)), len(children)


def _belongs_to(tables: Set[str], snapshot: Snapshot) -> Callable[[str], bool]:
    """Whether an object is one of these tables or hangs on one."""
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
    """The table that an index's definition names."""
    words = definition.split(" ON ", 1)[-1].removeprefix("ONLY ").split(" ", 1)
    return words[0]
