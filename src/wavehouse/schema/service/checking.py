"""Checks before and after a walk (OPS-13): what would fail on the data, who stands in the way.

What a walk touches is read from its files by PostgreSQL's own grammar. A finding refuses the walk
only when it is sure: when no earlier statement of the same walk may still mend the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from psycopg import Connection

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.queries import checks as queries
from wavehouse.schema.rules.parser import Act, Unparsable, acts, without_literals
from wavehouse.schema.rules.script import line_at, read_script
from wavehouse.schema.service.recording import file_of
from wavehouse.schema.types import (
    Check,
    Direction,
    Migration,
    MigrationFailed,
    Script,
    SqlFile,
)

_MAY_CHANGE_DATA = (
    "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt", "CopyStmt", "DoStmt",
    "SelectStmt", "CallStmt", "ExecuteStmt", "RenameStmt", "DropStmt", "AT_DropColumn",
    "AT_AlterColumnType",
)  # fmt: skip
_NOTED_SECONDS = 60.0


@dataclass(slots=True)
class Looked:
    """What was found before: checks to be repeated afterwards, and sentences to be told."""

    checks: list[Check] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """An act, and where it stands."""

    act: Act
    where: str


def look(
    connection: Connection,
    direction: Direction,
    chosen: Sequence[Migration],
    scripts: Sequence[Script],
    *,
    oldest_seconds: float,
) -> Looked:
    """Look before a walk. Refused when it would fail, or wait for an old transaction."""
    places = list(_places(direction, chosen, scripts))
    _refuse_missing_extensions(connection, places)
    touched = dict.fromkeys(
        name for place in places for name in (place.act.relation, place.act.references) if name
    )
    there = [name for name in touched if queries.exists(connection, relation=name)]
    found = Looked()
    _look_for_holders(connection, there, found, oldest_seconds)
    sure = True
    for place in places:
        if place.act.relation in there:
            _look_at_data(connection, place, found, sure=sure)
        sure = sure and not place.act.kind.startswith(_MAY_CHANGE_DATA)
    for name in there:
        found.checks.append(Check("rows", name, queries.rows(connection, relation=name)))
    for migration in chosen if direction is Direction.UP else ():
        if migration.check is not None:
            for statement in read_script(migration.check).statements:
                for name, value in (queries.answers(connection, text=statement.text) or {}).items():
                    found.checks.append(Check(name, migration.check.path.name, _plain(value)))
    return found


def look_again(
    connection: Connection, direction: Direction, chosen: Sequence[Migration], before: Looked
) -> tuple[Check, ...]:
    """The same checks after the walk: rows, and the queries of ``.check.sql`` files."""
    told = [
        replace(one, after=queries.rows(connection, relation=one.subject))
        for one in before.checks
        if one.name == "rows"
    ]
    known = {(one.subject, one.name): one.before for one in before.checks if one.name != "rows"}
    told += [one for one in before.checks if one.name in ("nulls", "duplicates", "orphans")]
    for migration in chosen if direction is Direction.UP else ():
        if migration.check is None:
            continue
        subject = migration.check.path.name
        for statement in read_script(migration.check).statements:
            answer = queries.answers(connection, text=statement.text) or {}
            for name, value in answer.items():
                told.append(Check(name, subject, known.get((subject, name)), _plain(value)))
    return tuple(told)


def refuse_false(connection: Connection, file: SqlFile) -> None:
    """Raise MigrationFailed when a query of a ``.check.sql`` file says false, or does not run."""
    for statement in read_script(file).statements:
        where = f"{file.path.name}:{statement.line}"
        answer = queries.answers(connection, text=statement.text)
        if answer is None:
            raise MigrationFailed(
                "the check does not run after the migration",
                where=where,
                hint="mend the check; its queries read one row each",
            )
        for name, value in answer.items():
            if value is False:
                raise MigrationFailed(
                    f"after the migration the check {name} says false",
                    where=where,
                    hint="mend the migration or the data, and run the command again",
                )


def _plain(value: object) -> object:
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


def _places(
    direction: Direction, chosen: Sequence[Migration], scripts: Sequence[Script]
) -> Iterator[_Place]:
    for migration, script in zip(chosen, scripts, strict=True):
        file = file_of(migration, direction)
        for statement in script.statements:
            told = acts(statement.text)
            if isinstance(told, Unparsable):
                line = statement.line + line_at(statement.text, told.position) - 1
                raise InvalidInput(
                    f"this is no SQL that PostgreSQL reads: {told.message}",
                    where=f"{file.path.name}:{line}",
                    hint="mend the file; nothing was run. If a newer PostgreSQL than 18 reads it: "
                    "--no-checks",
                )
            yield from (_Place(act, f"{file.path.name}:{statement.line}") for act in told)


def _refuse_missing_extensions(connection: Connection, places: Sequence[_Place]) -> None:
    asked = [place for place in places if place.act.kind == "CreateExtensionStmt"]
    if not asked:
        return
    known = queries.available_extensions(connection)
    missing = [place for place in asked if place.act.name not in known]
    if missing:
        names = ", ".join(dict.fromkeys(place.act.name for place in missing))
        raise Refused(
            f"the server has no extension {names}; nothing was run",
            where=missing[0].where,
            hint="Install it on the server; this lists what is available.",
            command="SELECT name FROM pg_available_extensions",
        )


def _look_for_holders(
    connection: Connection, relations: Sequence[str], found: Looked, oldest_seconds: float
) -> None:
    if not relations:
        return
    for one in queries.holders(connection, relations=relations):
        age = (clock.now() - one.since).total_seconds()
        seconds = round(age)
        told = f"pid {one.pid}: {without_literals(one.query)}" if one.query else f"pid {one.pid}"
        if one.application == "pg_dump" or "to prevent wraparound" in one.query:
            found.warnings.append(f"{one.relation} is read by a long job, {seconds} s old ({told})")
        elif age > oldest_seconds:
            raise Refused(
                f"a transaction that is {seconds} s old holds {one.relation} ({told})",
                where=one.relation,
                hint="Let it end, or end it; or look for older ones only: "
                "--oldest-transaction SECONDS",
                command=f"SELECT pg_terminate_backend({one.pid})",
            )
        elif age > _NOTED_SECONDS:
            found.warnings.append(f"{one.relation} is held for {seconds} s already ({told})")


def _look_at_data(connection: Connection, place: _Place, found: Looked, *, sure: bool) -> None:
    for name, count, sentence in _troubles(connection, place.act):
        found.checks.append(Check(name, place.act.relation, count))
        if not count:
            continue
        if sure and not place.act.not_valid:
            raise Refused(
                f"{count:,} {sentence}; nothing was run",
                where=place.where,
                hint="mend these rows first, in a migration before it or by hand",
            )
        found.warnings.append(f"{place.where}: {count:,} {sentence}, unless the files mend that")


def _troubles(connection: Connection, act: Act) -> Iterator[tuple[str, int | None, str]]:
    """What of the data would not fit: the check, how many, and the sentence after the number."""
    table, columns = act.relation, act.columns
    told = ", ".join(columns)
    primary = act.kind == "AT_AddConstraint:primary"
    if act.kind == "AT_SetNotNull" or (primary and columns):
        names = columns or (act.name,)
        count = queries.nulls(connection, relation=table, columns=names)
        yield "nulls", count, f"rows of {table} have NULL in {', '.join(names)}"
    unique = act.kind == "IndexStmt" and "unique" in act.constraints
    if columns and (primary or unique or act.kind == "AT_AddConstraint:unique"):
        count = queries.duplicates(connection, relation=table, columns=columns)
        yield "duplicates", count, f"keys of {table} ({told}) stand more than once"
    if act.kind == "AT_AddConstraint:foreign" and columns:
        other = act.referenced or queries.primary_key(connection, relation=act.references)
        if len(other) == len(columns):
            count = queries.orphans(
                connection,
                relation=table,
                columns=columns,
                references=act.references,
                referenced=other,
            )
            yield "orphans", count, f"rows of {table} ({told}) name no row of {act.references}"
