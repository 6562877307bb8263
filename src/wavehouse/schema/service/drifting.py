"""Compare a database with the schema its files create, or with a saved snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wavehouse.kernel import telemetry
from wavehouse.schema import queries
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules.differences import (
    differences,
    only_in,
    surroundings_of,
    with_surroundings,
    without_runtime_partitions,
)
from wavehouse.schema.rules.timely import Windows, set_aside
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
    """The files applied according to a database's history; all of them without a history."""
    with reading(conninfo, role, Patience()) as session:
        history = session.history()
    if not history:
        return tuple(migrations), None
    known = {row.number for row in history if row.state is RowState.APPLIED}
    applied = tuple(migration for migration in migrations if migration.number in known)
    return applied, applied[-1].version if applied else None


@dataclass(frozen=True, slots=True)
class Expected:
    """The schema that files create in an empty database, and when they ran in the shadow."""

    snapshot: Snapshot
    ran: Windows
    text: str = ""
    """All text of the files."""

    def has_written(self, text: str) -> bool:
        """Whether a file contains this text."""
        return text in self.text


def predicted(shadow: Shadow, migrations: Sequence[Migration]) -> Expected:
    """The schema that these files create in an empty database like the target."""
    with replayed(shadow, migrations) as conninfo, connected(conninfo) as connection:
        ran = Windows(queries.windows(connection))
        text = "\n".join(migration.up.text for migration in migrations)
        return Expected(objects(connection), ran, text)


@dataclass(frozen=True, slots=True)
class Observed:
    """The current state of a database: objects, surroundings when files last ran, and when."""

    snapshot: Snapshot
    surroundings: dict[str, Any] | None = None
    ran: Windows = field(default_factory=lambda: Windows(()))


def observe(conninfo: str, *, role: str | None = None) -> Observed:
    """The state of a database that drift needs."""
    with telemetry.span("wavehouse.snapshot"), reading(conninfo, role, Patience()) as session:
        connection = session.connection
        if not queries.has_state(connection):
            return Observed(objects(connection))
        return Observed(
            objects(connection),
            queries.surroundings(connection),
            Windows(queries.windows(connection)),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a comparison: which schemas (or all), and which objects to ignore."""

    schemas: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()
    strict: bool = False
    partitions: bool = False


def drift(
    expected: Expected,
    there: Observed,
    *,
    version: str | None = None,
    scope: Scope = Scope(),
) -> DriftResult:
    """The differences of a database from its files, or from a saved snapshot.

    Left out are partitions that programs or the clock created for new days, definitions that differ
    only by the time at which a file ran, and settings and grants of the database that existed when
    its files last ran.
    """
    now = only_in(there.snapshot, scope.schemas, scope.ignored)
    taken_over = there.surroundings
    if taken_over is None:
        taken_over = surroundings_of(there.snapshot)
    wanted = expected.snapshot
    if expected.ran.spans:
        wanted = with_surroundings(wanted, taken_over)
    wanted = only_in(wanted, scope.schemas, scope.ignored)
    differing, ignored = differences(wanted, now, strict=scope.strict), 0
    if not scope.partitions:
        differing, ignored = without_runtime_partitions(
            wanted, now, differing, expected.has_written
        )
    kept, aside = set_aside(
        differing, ran=expected.ran, ran_there=there.ran, written=expected.has_written
    )
    return DriftResult(version, there.snapshot.logical, kept, ignored, aside)
