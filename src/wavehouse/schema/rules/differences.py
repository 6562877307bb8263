"""What differs between two snapshots, named by object and attribute."""

from __future__ import annotations

from collections.abc import Iterator

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
    indexes = {
        name
        for name, attributes in found.objects.items()
        if name.startswith("index ") and _table_of(str(attributes.get("definition"))) in children
    }

    def is_theirs(difference: Difference) -> bool:
        name = difference.name
        if name in indexes:
            return True
        kind, _, rest = name.partition(" ")
        return (kind == "table" and rest in children) or (
            f"{kind} " in _HANGS_ON and any(rest.startswith(f"{child}.") for child in children)
        )

    kept = tuple(one for one in told if not is_theirs(one))
    return kept, len(children)


def _table_of(definition: str) -> str:
    """The table that an index's definition names."""
    words = definition.split(" ON ", 1)[-1].removeprefix("ONLY ").split(" ", 1)
    return words[0]
