"""What must hold before a file counts as done, within the transaction that says so."""

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
"""What identifies a leftover: its kind and its object."""


@dataclass(frozen=True, slots=True)
class After:
    """The files that follow, and the hashes that a plan predicted, by version."""

    later: Sequence[Migration] = ()
    predicted: Mapping[str, str] = field(default_factory=dict)

    def look(self, connection: Connection, direction: Direction) -> frozenset[Key]:
        """The leftovers that are there before a file; none are asked for on the way down."""
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

        ``before`` is None for a file that an earlier release began, ``touched`` when any table may
        have been changed.
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
                "the schema would differ from what the plan predicts",
                where=migration.up.name,
                hint="The database differs from its files. Look at the drift, make a new plan.",
                command="wavehouse schema drift",
            )
