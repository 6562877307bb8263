"""Post-conditions: a file is not done while it leaves an incomplete object.

Most runners would consider the file applied despite an invalid index, an unvalidated constraint, or
a partition being detached. Exceptions are objects that a later file of the ladder finishes
(VALIDATE CONSTRAINT, ATTACH PARTITION), and constraints for which the file's header gives a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial

from psycopg import Connection

from wavehouse.kernel import clock
from wavehouse.schema.queries import debris as queries
from wavehouse.schema.rules.parser import Act, Unparsable, acts
from wavehouse.schema.rules.script import names_of, read_script
from wavehouse.schema.rules.waivers import UNVALIDATED
from wavehouse.schema.types import Leftover, Migration, MigrationFailed, Name, Script, SqlFile

_BY_HEADER = 'Validate it in a later file, or give the reason: "-- wavehouse: unvalidated REASON".'
_ADVICE = {
    "invalid index": (
        "Drop the index and build it again.",
        "DROP INDEX CONCURRENTLY {name}",
    ),
    "unvalidated constraint": (
        _BY_HEADER,
        "ALTER TABLE {relation} VALIDATE CONSTRAINT {name}",
    ),
    "unvalidated domain constraint": (
        _BY_HEADER,
        "ALTER DOMAIN {relation} VALIDATE CONSTRAINT {name}",
    ),
    "pending detach": (
        "Finish the detachment.",
        "ALTER TABLE {relation} DETACH PARTITION {name} FINALIZE",
    ),
}
"""The remedy for a leftover, and the statement to run."""


def refuse_leftovers(
    connection: Connection,
    file: SqlFile,
    script: Script,
    before: Set[tuple[str, int]],
    touched: Set[int] | None,
    later: Sequence[Migration],
) -> None:
    """Raise MigrationFailed for the first object that a file leaves incomplete.

    ``touched`` are the tables that the file changed, as another session may be building on other
    tables. None: it may have changed any table.
    """
    new = [
        leftover
        for leftover in queries.leftovers(connection)
        if leftover.key not in before
        and (touched is None or not leftover.table or leftover.table in touched)
    ]
    for refused in refusals(connection, file, script, new, later):
        raise refused


def refusals(
    connection: Connection,
    file: SqlFile,
    script: Script,
    new: Sequence[Leftover],
    later: Sequence[Migration],
    rest: Sequence[Act] = (),
) -> list[MigrationFailed]:
    """The reasons why apply would refuse a file, shared by apply, plan, lint and verify.

    ``new`` are the leftovers of the file, from the catalogue or, for a dry run, from its text;
    ``rest`` are its later acts.
    """
    if not new:
        return []
    path = queries.search_path(connection)
    meant = EndedBy(later, path, partial(queries.relation_oid, connection), rest)
    accepted = script.unvalidated is not None or any(
        waiver.rule == UNVALIDATED and waiver.until >= clock.today() for waiver in script.waivers
    )
    return [
        left_behind(file, leftover)
        for leftover in sorted(new, key=lambda item: (item.kind, item.name.parts))
        if not (accepted and leftover.kind.startswith("unvalidated")) and not meant.ends(leftover)
    ]


def written_leftovers(script: Script) -> list[tuple[Leftover, list[Act]]]:
    """The leftovers of a file judging by its text, without running it, with the later acts."""
    acts_of_file = [act for statement in script.statements for act in _acts_in(statement.text)]
    rows = []
    for number, act in enumerate(acts_of_file):
        if not act.not_valid:
            continue
        kind = "unvalidated domain constraint" if "Domain" in act.kind else "unvalidated constraint"
        name = Name((act.name or "(unnamed)",))
        schema = act.relation if act.relation.schema else Name(("public", act.relation.last))
        rows.append((Leftover(kind, 0, 0, schema, name), acts_of_file[number + 1 :]))
    return rows


def left_behind(file: SqlFile, leftover: Leftover) -> MigrationFailed:
    """The error for an incomplete object, with the statement to write."""
    article = "an" if leftover.kind[0] in "aeiou" else "a"
    hint, command = _ADVICE[leftover.kind]
    return MigrationFailed(
        f"the file leaves {article} {leftover.kind}: {leftover.name} of {leftover.relation}",
        where=file.name,
        hint=hint,
        command=command.format(name=leftover.name, relation=leftover.relation),
    )


def of_others(connection: Connection, script: Script) -> frozenset[tuple[str, int]]:
    """The leftovers before a file started by an earlier release: all it does not name."""
    named = {name for statement in script.statements for name in names_of(statement.text)}
    return frozenset(
        leftover.key
        for leftover in queries.leftovers(connection)
        if leftover.name.last not in named and leftover.relation.last not in named
    )


class EndedBy:
    """The leftovers that later files of the ladder finish, rename or drop, followed in order.

    ``path`` is the initial search path of each file; ``oid_of`` finds a relation by name.
    """

    def __init__(
        self,
        later: Sequence[Migration],
        path: Sequence[str],
        oid_of: Callable[..., int | None],
        rest: Sequence[Act] = (),
    ) -> None:
        self._path, self._oid_of = path, oid_of
        self._files = [list(rest), *(list(_acts_of(migration)) for migration in later)]

    def ends(self, leftover: Leftover) -> bool:
        """Whether a later statement finishes the leftover, or drops it."""
        relation, name = leftover.relation, leftover.name
        for file in self._files:
            path = self._path
            for act in file:
                if act.kind == "VariableSetStmt" and act.name == "search_path":
                    path = act.columns or self._path
                    continue
                same = partial(self._same, path)
                if act.kind == "RenameStmt:table" and same(act.relation, relation):
                    relation = relation.beside(act.name)
                elif act.kind == "RenameStmt:index" and same(act.relation, name):
                    name = name.beside(act.name)
                elif act.kind == "RenameStmt:constraint" and same(act.relation, relation):
                    name = Name((act.name,)) if act.columns == (name.last,) else name
                elif _ends(same, act, leftover.kind, relation, name):
                    return True
        return False

    def _same(self, path: Sequence[str], written: Name, name: Name) -> bool:
        """Whether a written name refers to an object, under a search path."""
        if written.last != name.last:
            return False
        if written.schema:
            return written.schema == name.schema
        for schema in path:
            if schema == name.schema:
                return True
            if self._oid_of(relation=Name((schema, written.last))) is not None:
                return False
        return False


def _acts_of(migration: Migration) -> Iterator[Act]:
    for statement in read_script(migration.up).statements:
        yield from _acts_in(statement.text)


def _acts_in(text: str) -> tuple[Act, ...]:
    parsed = acts(text)
    return () if isinstance(parsed, Unparsable) else parsed


Same = Callable[[Name, Name], bool]


def _ends(same: Same, act: Act, kind: str, relation: Name, name: Name) -> bool:
    if kind == "invalid index":
        attached = act.kind == "AT_AttachPartition" and same(act.relation, name)
        return attached or _drops(same, act, "index", name) or _drops(same, act, "table", relation)
    if kind == "pending detach":
        return act.kind == "AT_DetachPartitionFinalize" and same(act.relation, relation)
    if kind == "unvalidated domain constraint":
        on_it = act.kind in ("AlterDomainStmt:V", "AlterDomainStmt:X") and act.name == name.last
        return (on_it and same(act.relation, relation)) or _drops(same, act, "domain", relation)
    on_it = act.kind in ("AT_ValidateConstraint", "AT_DropConstraint") and act.name == name.last
    return (on_it and same(act.relation, relation)) or _drops(same, act, "table", relation)


def _drops(same: Same, act: Act, kind: str, name: Name) -> bool:
    if act.kind == "DropStmt:schema":
        return any(dropped.last == name.schema for dropped in act.names)
    return act.kind == f"DropStmt:{kind}" and any(same(dropped, name) for dropped in act.names)
