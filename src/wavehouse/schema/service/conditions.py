"""Conditions before a file counts as done, checked in the transaction that records it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from psycopg import Connection

from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.queries.debris import leftovers
from wavehouse.schema.rules.differences import predictable
from wavehouse.schema.service.checking import refuse_false
from wavehouse.schema.service.leftovers import of_others, refuse_leftovers
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Direction, Migration, MigrationFailed, Script

Key = tuple[str, int]
"""The identity of a leftover: its kind and its object."""


@dataclass(frozen=True, slots=True)
class After:
    """The files that follow, and the hashes predicted by a plan, by version."""

    later: Sequence[Migration] = ()
    predicted: Mapping[str, str] = field(default_factory=dict)

    def look(self, connection: Connection, direction: Direction) -> frozenset[Key]:
        """Leftovers present before a file; not checked for down migrations."""
        if direction is Direction.DOWN:
            return frozenset()
        return frozenset(leftover.key for leftover in leftovers(connection))

    def hold(
        self,
        session: Session,
        migration: Migration,
        direction: Direction,
        script: Script,
        before: frozenset[Key] | None,
        touched: Set[int] | None,
    ) -> None:
        """Raise MigrationFailed when the file must not count as done.

        ``before`` is None for a file started by an earlier release; ``touched`` is None when any
        table may have changed.
        """
        if direction is Direction.DOWN:
            return
        connection = session.connection
        known = of_others(connection, script) if before is None else before
        follow = [item for item in self.later if item.number > migration.number]
        refuse_leftovers(connection, migration.up, script, known, touched, follow)
        if migration.check is not None:
            refuse_false(connection, migration.check)
        expected = self.predicted.get(migration.version)
        if expected is None:
            return
        actual = predictable(objects(connection, own_transaction=False)).logical
        if actual != expected:
            raise MigrationFailed(
                "the schema would differ from the plan's prediction",
                where=migration.up.name,
                hint="The database differs from its files. Check the drift, then create a new "
                "plan.",
                command="wavehouse schema drift",
            )
