"""Run every migration up, down and up again in a shadow, and compare the catalogue each time.

It first uses one transaction that is rolled back, which costs nothing to undo. A file that cannot
run there (CONCURRENTLY, new enum values), or fails there, is run again in a copy of the database,
committed, so that the method cannot cause a false finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.queries.debris import leftovers
from wavehouse.schema.rules.differences import differences, without_clock_partitions
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.timely import Windows, set_aside
from wavehouse.schema.service.ladder import readable_up
from wavehouse.schema.service.leftovers import refusals
from wavehouse.schema.service.replaying import (
    DoesNotRun,
    MissingRole,
    prepare,
    run_file,
    run_statement,
)
from wavehouse.schema.types import (
    Difference,
    Migration,
    PairVerdict,
    Script,
    Snapshot,
    SqlFile,
    VerifyResult,
)

_LONGEST = timedelta(hours=1)
"""The maximum age of a definition that this run compares."""
OnPair = Callable[[PairVerdict], None]


@dataclass(frozen=True, slots=True)
class _Files:
    up: SqlFile
    down: SqlFile
    up_script: Script
    down_script: Script

    @property
    def transactional(self) -> bool:
        return self.up_script.transactional and self.down_script.transactional


class _Undo(Exception):
    """Ends the transaction that is used only for inspection."""


class _Walk:
    """The database that only moves up, and the one connection to it.

    A database can only be copied while no session is connected, so this connection closes first.
    """

    def __init__(self, shadow: Shadow, conninfo: str) -> None:
        self.shadow, self._conninfo = shadow, conninfo
        self._stack = ExitStack()
        self.connection = self._stack.enter_context(connected(conninfo))

    @contextmanager
    def copy(self) -> Iterator[psycopg.Connection]:
        """A connection to a copy of the database as it is now."""
        name = self.connection.info.dbname
        self.close()
        try:
            with self.shadow.database(name) as conninfo, connected(conninfo) as other:
                yield other
        finally:
            self.connection = self._stack.enter_context(connected(self._conninfo))

    def close(self) -> None:
        """Close the connection."""
        self._stack.close()


def verify(
    shadow: Shadow,
    migrations: Sequence[Migration],
    *,
    only: frozenset[str] | None = None,
    on_pair: OnPair = lambda _: None,
) -> VerifyResult:
    """Verify each pair of a ladder (or those in ``only``), oldest first."""
    pairs: list[PairVerdict] = []
    with telemetry.span("wavehouse.verify"), shadow.database() as conninfo:
        walk = _Walk(shadow, conninfo)
        try:
            prepare(walk.connection)
            before = objects(walk.connection)
            for number, migration in enumerate(migrations):
                wanted = migration.version in only if only else not migration.is_repeatable
                known = {leftover.key for leftover in leftovers(walk.connection)}
                verdict, before = _pair(walk, migration, before, wanted)
                if verdict is not None and verdict.state != "up_fails":
                    why = _refusal(walk.connection, migration, known, migrations[number + 1 :])
                    verdict = replace(verdict, refused=why)
                if verdict is not None:
                    pairs.append(verdict)
                    on_pair(verdict)
                    if verdict.state == "up_fails":
                        break
            return VerifyResult(tuple(pairs), before.logical, shadow.major)
        finally:
            walk.close()


def _pair(
    walk: _Walk, migration: Migration, before: Snapshot, wanted: bool
) -> tuple[PairVerdict | None, Snapshot]:
    """The verdict, if requested, and the schema after the file has finally run."""
    verdict: PairVerdict | None = None
    after: Snapshot | None = None
    try:
        up = readable_up(migration)
        if wanted:
            verdict, after = _judged(walk, migration, up, before)
        run_file(walk.connection, migration.up, up)
    except WavehouseError as error:
        return _verdict(migration, "up_fails", error=str(error)), before
    return verdict, after or objects(walk.connection)


def _refusal(
    connection: psycopg.Connection,
    migration: Migration,
    known: Set[tuple[str, int]],
    later: Sequence[Migration],
) -> str | None:
    """The reason why apply would not consider the up file done, after it ran here."""
    new = [leftover for leftover in leftovers(connection) if leftover.key not in known]
    script = read_script(migration.up)
    return next(
        (
            str(migration_failed)
            for migration_failed in refusals(connection, migration.up, script, new, later)
        ),
        None,
    )


def _judged(
    walk: _Walk, migration: Migration, up: Script, before: Snapshot
) -> tuple[PairVerdict, Snapshot | None]:
    """The verdict; and, if up gave the same schema twice, that schema, to save a reading."""
    if migration.down is None:
        return _verdict(migration, "irreversible" if up.irreversible else "no_down"), None
    try:
        down = read_script(migration.down)
    except WavehouseError as error:
        return _verdict(migration, "down_fails", error=str(error)), None
    if up.irreversible or down.irreversible:
        return _verdict(migration, "irreversible"), None
    files = _Files(migration.up, migration.down, up, down)
    if files.transactional:
        quick, after = _in_transaction(walk.connection, migration, files, before)
        if quick is not None and quick.is_fine:
            return quick, after
    return _in_a_copy(walk, migration, files, before), None


def _in_transaction(
    connection: psycopg.Connection, migration: Migration, files: _Files, before: Snapshot
) -> tuple[PairVerdict | None, Snapshot | None]:
    """Up, down and up in one transaction, and the schema after up; None when inconclusive."""
    pair_verdict: PairVerdict | None = None
    after: Snapshot | None = None
    try:
        with connection.transaction():
            _statements(connection, files.up, files.up_script)
            after = objects(connection, own_transaction=False)
            _statements(connection, files.down, files.down_script)
            undone = objects(connection, own_transaction=False)
            _statements(connection, files.up, files.up_script)
            again = objects(connection, own_transaction=False)
            pair_verdict = _compared(migration, before, after, undone, again)
            raise _Undo
    except (_Undo, DoesNotRun, MissingRole, psycopg.Error):
        return pair_verdict, after


def _statements(connection: psycopg.Connection, file: SqlFile, script: Script) -> None:
    for statement in script.statements:
        run_statement(connection, file, statement)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute("RESET ROLE")


def _in_a_copy(walk: _Walk, migration: Migration, files: _Files, before: Snapshot) -> PairVerdict:
    """Up, down and up, committed, in a copy."""
    with walk.copy() as other:
        run_file(other, files.up, files.up_script)
        after = objects(other)
        try:
            run_file(other, files.down, files.down_script)
        except DoesNotRun as error:
            return _verdict(migration, "down_fails", error=str(error))
        undone = objects(other)
        try:
            run_file(other, files.up, files.up_script)
        except DoesNotRun as error:
            left = differences(before, undone)
            return _verdict(migration, "again_fails", left, error=str(error))
        return _compared(migration, before, after, undone, objects(other))


def _compared(
    migration: Migration, before: Snapshot, after: Snapshot, undone: Snapshot, again: Snapshot
) -> PairVerdict:
    left = _that_matter(migration, before, undone)
    state = "not_restored" if left else "restored"
    return _verdict(migration, state, left, again=_that_matter(migration, after, again, again=True))


def _that_matter(
    migration: Migration, expected: Snapshot, snapshot: Snapshot, *, again: bool = False
) -> tuple[Difference, ...]:
    """The differences, without those caused only by the clock or by column order."""
    text = migration.up.text + (migration.down.text if migration.down else "")
    now = clock.now()
    ran = Windows([(now - _LONGEST, now)])
    differing = differences(expected, snapshot)
    if again:
        differing = without_clock_partitions(
            expected, snapshot, differing, lambda name: name in text
        )
    kept, _ = set_aside(differing, ran=ran, ran_there=ran, written=lambda item: item in text)
    return kept


def _verdict(
    migration: Migration,
    state: str,
    left: tuple[Difference, ...] = (),
    *,
    error: str | None = None,
    again: tuple[Difference, ...] = (),
) -> PairVerdict:
    return PairVerdict(migration.version, migration.slug, state, left, error, again)
