"""Post-conditions: a file is not done while it leaves something that is less than it seems.

An invalid index, a constraint that was not validated, or a partition that is being detached would
be called applied by most runners. Left on purpose is what a later file of the ladder ends (VALIDATE
CONSTRAINT, ATTACH PARTITION), or a constraint of which the file's header says why.
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
"""What to do about a leftover, and the statement that does it."""


def refuse_leftovers(
    connection: Connection,
    file: SqlFile,
    script: Script,
    before: Set[tuple[str, int]],
    touched: Set[int] | None,
    later: Sequence[Migration],
) -> None:
    """Raise MigrationFailed for the first object that a file leaves half done.

    ``touched`` are the tables that the file changed: what another session builds on other tables is
    not this file's. None: it may have changed any.
    """
    new = [
        one
        for one in queries.leftovers(connection)
        if one.key not in before and (touched is None or not one.table or one.table in touched)
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
    """Why apply would not call the file done: the one routine of apply, plan, lint and verify.

    ``new`` is what the file leaves, seen in the catalogue or, for a dry run, read from the file;
    ``rest`` are its own acts after that.
    """
    if not new:
        return []
    path = queries.search_path(connection)
    meant = EndedBy(later, path, partial(queries.relation_oid, connection), rest)
    accepted = script.unvalidated is not None or any(
        waiver.rule == UNVALIDATED and waiver.until >= clock.today() for waiver in script.waivers
    )
    return [
        left_behind(file, one)
        for one in sorted(new, key=lambda one: (one.kind, one.name.parts))
        if not (accepted and one.kind.startswith("unvalidated")) and not meant.ends(one)
    ]


def written_leftovers(script: Script) -> list[tuple[Leftover, list[Act]]]:
    """What a file leaves as far as its text says, without running it; with the acts after each."""
    acts_of_file = [act for one in script.statements for act in _acts_in(one.text)]
    found = []
    for number, act in enumerate(acts_of_file):
        if not act.not_valid:
            continue
        kind = "unvalidated domain constraint" if "Domain" in act.kind else "unvalidated constraint"
        name = Name((act.name or "(unnamed)",))
        schema = act.relation if act.relation.schema else Name(("public", act.relation.last))
        found.append((Leftover(kind, 0, 0, schema, name), acts_of_file[number + 1 :]))
    return found


def left_behind(file: SqlFile, one: Leftover) -> MigrationFailed:
    """The error for an object that a file leaves half done, with what to write."""
    article = "an" if one.kind[0] in "aeiou" else "a"
    hint, command = _ADVICE[one.kind]
    return MigrationFailed(
        f"the file leaves {article} {one.kind}: {one.name} of {one.relation}",
        where=file.name,
        hint=hint,
        command=command.format(name=one.name, relation=one.relation),
    )


def of_others(connection: Connection, script: Script) -> frozenset[tuple[str, int]]:
    """What was left before a file that an earlier release began: all that it does not name."""
    named = {name for statement in script.statements for name in names_of(statement.text)}
    return frozenset(
        one.key
        for one in queries.leftovers(connection)
        if one.name.last not in named and one.relation.last not in named
    )


class EndedBy:
    """What later files of the ladder finish, rename or drop, followed in their order.

    ``path`` is the search path with which each file begins; ``oid_of`` finds a relation by name.
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

    def ends(self, one: Leftover) -> bool:
        """Whether a later statement finishes the leftover, or drops it."""
        relation, name = one.relation, one.name
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
                elif _ends(same, act, one.kind, relation, name):
                    return True
        return False

    def _same(self, path: Sequence[str], written: Name, found: Name) -> bool:
        """Whether a name as written is that of an object, under a search path."""
        if written.last != found.last:
            return False
        if written.schema:
            return written.schema == found.schema
        for schema in path:
            if schema == found.schema:
                return True
            if self._oid_of(relation=Name((schema, written.last))) is not None:
                return False
        return False


def _acts_of(migration: Migration) -> Iterator[Act]:
    for statement in read_script(migration.up).statements:
        yield from _acts_in(statement.text)


def _acts_in(text: str) -> tuple[Act, ...]:
    found = acts(text)
    return () if isinstance(found, Unparsable) else found


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
        return any(one.last == name.schema for one in act.names)
    return act.kind == f"DropStmt:{kind}" and any(same(one, name) for one in act.names)
