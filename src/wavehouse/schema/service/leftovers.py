"""Post-conditions: a file is not done while it leaves something that is less than it seems.

An invalid index, a constraint that was not validated, or a partition that is being detached would
be called applied by most runners. Left on purpose is what a later file of the ladder ends (VALIDATE
CONSTRAINT, ATTACH PARTITION), or a constraint of which the file's header says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import Connection

from wavehouse.schema import queries
from wavehouse.schema.rules.parser import Act, Unparsable, acts
from wavehouse.schema.rules.script import names_of, read_script
from wavehouse.schema.types import Leftover, Migration, MigrationFailed, Script, SqlFile

_ADVICE = {
    "invalid index": "drop it and build it again: DROP INDEX CONCURRENTLY {name}",
    "unvalidated constraint": "let the next file say: ALTER TABLE {relation} VALIDATE CONSTRAINT "
    "{name}; or say why not: -- wavehouse: unvalidated REASON",
    "pending detach": "end it: ALTER TABLE {relation} DETACH PARTITION {name} FINALIZE",
}


def refuse_leftovers(
    connection: Connection,
    file: SqlFile,
    script: Script,
    before: frozenset[Leftover],
    later: Sequence[Migration],
) -> None:
    """Raise MigrationFailed for the first thing that a file leaves half done."""
    new = queries.leftovers(connection) - before
    if not new:
        return
    meant = set(_ended_by(later))
    for one in sorted(new, key=lambda one: (one.kind, one.name)):
        by_header = one.kind == "unvalidated constraint" and script.unvalidated is not None
        if by_header or (one.kind, one.name) in meant:
            continue
        raise MigrationFailed(
            f"the file leaves an {one.kind}: {one.name} of {one.relation}"
            if one.kind[0] in "aeiou"
            else f"the file leaves a {one.kind}: {one.name} of {one.relation}",
            where=file.path.name,
            hint=_ADVICE[one.kind].format(name=one.name, relation=one.relation),
        )


def of_others(connection: Connection, script: Script) -> frozenset[Leftover]:
    """What was left before a file that is gone on with: all of relations that it does not name."""
    named = {name for statement in script.statements for name in names_of(statement.text)}
    return frozenset(
        one
        for one in queries.leftovers(connection)
        if one.name not in named and one.relation.rpartition(".")[2] not in named
    )


def _ended_by(later: Sequence[Migration]) -> Iterator[tuple[str, str]]:
    for migration in later:
        for statement in read_script(migration.up).statements:
            told = acts(statement.text)
            if not isinstance(told, Unparsable):
                yield from (ended for act in told if (ended := _ends(act)) is not None)


def _ends(act: Act) -> tuple[str, str] | None:
    if act.kind == "AT_ValidateConstraint":
        return "unvalidated constraint", act.name
    if act.kind == "AT_AttachPartition":
        return "invalid index", act.relation.rpartition(".")[2]
    return None
