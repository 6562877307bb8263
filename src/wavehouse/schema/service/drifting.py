"""Hold a database against what its files make of an empty one, or against a kept snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.kernel import telemetry
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules.differences import differences, without_runtime_partitions
from wavehouse.schema.service.replaying import replayed
from wavehouse.schema.service.session import reading
from wavehouse.schema.types import DriftResult, Migration, Patience, RowState, Snapshot


def snapshot(conninfo: str, *, role: str | None = None) -> Snapshot:
    """Every object of a database with its attributes."""
    with telemetry.span("wavehouse.snapshot"), reading(conninfo, role, Patience()) as session:
        return objects(session.connection)


def server_major(conninfo: str) -> int:
    """The major version of a server."""
    with connected(conninfo) as connection:
        return connection.info.server_version // 10_000


def applied_of(
    conninfo: str, migrations: Sequence[Migration], *, role: str | None = None
) -> tuple[tuple[Migration, ...], str | None]:
    """The files that a database's history says are applied; all of them without a history."""
    with reading(conninfo, role, Patience()) as session:
        history = session.history()
    if not history:
        return tuple(migrations), None
    known = {row.number for row in history if row.state is RowState.APPLIED}
    applied = tuple(one for one in migrations if one.number in known)
    return applied, applied[-1].version if applied else None


def predicted(shadow: Shadow, migrations: Sequence[Migration]) -> Snapshot:
    """What these files make of an empty database."""
    with replayed(shadow, migrations) as conninfo, connected(conninfo) as connection:
        return objects(connection)


def drift(
    expected: Snapshot,
    found: Snapshot,
    *,
    version: str | None = None,
    strict: bool = False,
    partitions: bool = False,
) -> DriftResult:
    """In what a database differs. Partitions that programs made for new days are left out."""
    told, ignored = differences(expected, found, strict=strict), 0
    if not partitions:
        told, ignored = without_runtime_partitions(expected, found, told)
    return DriftResult(version, found.logical, told, ignored)
