"""Checks before and after a run (OPS-13): data that would make a statement fail, blocking sessions.

PostgreSQL's own grammar finds what the files touch. A finding refuses the run only when it is
certain: when no earlier statement of the same run may still change the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from psycopg import Connection

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.queries import checks as queries
from wavehouse.schema.queries.debris import index_beside
from wavehouse.schema.rules.locking import conflict, lock_of, lock_of_referenced
from wavehouse.schema.rules.parser import Act, Unparsable, acts, without_literals
from wavehouse.schema.rules.script import line_at, read_script
from wavehouse.schema.types import (
    NO_NAME,
    Check,
    Direction,
    Migration,
    MigrationFailed,
    Name,
    Script,
    SqlFile,
)

_MAY_CHANGE_DATA = (
    "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt", "CopyStmt", "DoStmt",
    "SelectStmt", "CallStmt", "ExecuteStmt", "RenameStmt", "DropStmt", "AT_DropColumn",
    "AT_AlterColumnType", "AT_AttachPartition", "AT_DetachPartition", "AT_AddInherit",
    "AT_DropInherit", "AT_SetExpression", "AlterObjectSchemaStmt", "CreateTableAsStmt",
    "RuleStmt", "DiscardStmt", "ImportForeignSchemaStmt", "TransactionStmt", "CreateStmt:same",
)  # fmt: skip
"""Acts after which the rows seen by a check may not be those that the statement will see."""
_TRACKED = ("search_path",)
_HARMLESS_SETTINGS = frozenset(
    {
        "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout",
        "transaction_timeout", "client_encoding", "standard_conforming_strings",
        "check_function_bodies", "xmloption", "client_min_messages", "default_tablespace",
        "default_table_access_method", "timezone", "maintenance_work_mem", "work_mem",
    }
)  # fmt: skip
_NOTED_SECONDS = 60.0


@dataclass(slots=True)
class InitialChecks:
    """The results before the run: checks to repeat afterwards, and messages to report."""

    checks: list[Check] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    counted: dict[str, Name] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """An act, its location, its search path, and the acts beside it."""

    act: Act
    where: str
    path: tuple[str, ...] | None = None
    """None: the session's search path."""
    beside: tuple[Act, ...] = ()


def look(
    connection: Connection,
    direction: Direction,
    chosen: Sequence[Migration],
    scripts: Sequence[Script],
    *,
    oldest_seconds: float,
) -> InitialChecks:
    """Check the database before a run.

    Raises Refused when the run would fail or wait for an old transaction.
    """
    places = list(_places(direction, chosen, scripts))
    _refuse_missing_extensions(connection, places)
    looked, locks, sure = InitialChecks(), dict[Name, set[str]](), True
    made: set[str] = set()
    for spot in places:
        act = spot.act
        table = _table(connection, act.relation, spot.path)
        other = _table(connection, act.references, spot.path)
        if table:
            locks.setdefault(table, set()).add(lock_of(act))
            clear = sure and act.relation.last not in made and not _mended_beside(spot)
            there = replace(act, relation=table, references=other)
            _look_at_data(connection, replace(spot, act=there), looked, sure=clear)
        if other:
            locks.setdefault(other, set()).add(lock_of_referenced(act))
        for written in act.names if act.kind == "DropStmt:table" else ():
            if dropped := _table(connection, written, spot.path):
                locks.setdefault(dropped, set()).add(lock_of(act))
        made |= {act.name} if act.kind in ("CreateStmt", "CreateTableAsStmt", "ViewStmt") else set()
        sure = sure and not act.kind.startswith(_MAY_CHANGE_DATA) and not _sets_unknown(act)
    _look_for_holders(connection, locks, looked, oldest_seconds)
    for counted in locks:
        count = queries.rows(connection, relation=counted)
        looked.checks.append(Check("rows", str(counted), count))
        looked.counted[str(counted)] = counted
    for migration in chosen if direction is Direction.UP else ():
        if migration.check is not None:
            for name, value in _answers(connection, migration.check):
                looked.checks.append(Check(name, migration.check.name, _plain(value)))
    return looked


def _answers(connection: Connection, file: SqlFile) -> Iterator[tuple[str, object]]:
    """Columns and values of a check file. Refused when a query writes or returns several rows."""
    for statement in read_script(file).statements:
        where = f"{file.name}:{statement.line}"
        answer = queries.answers(connection, text=statement.text)
        if answer.writes:
            raise Refused(f"a check may only read: {answer.error}", where=where)
        if answer.rows > 1:
            raise Refused(
                "the check returns more than one row; nothing was run",
                where=where,
                hint="Return one row in total, such as SELECT bool_and(…) AS all_of_them FROM ….",
            )
        yield from answer.row.items()


def _table(connection: Connection, written: Name, path: tuple[str, ...] | None) -> Name:
    """The table that a name refers to, with its schema; empty when it does not exist."""
    return queries.table_of(connection, written=written, path=path) if written else NO_NAME


def _mended_beside(spot: _Place) -> bool:
    """Whether an earlier part of the same ALTER changes the rows that this part depends on."""
    return any(
        act is not spot.act and act.kind.startswith((*_MAY_CHANGE_DATA, "AT_AddColumn"))
        for act in spot.beside
    )


def _sets_unknown(act: Act) -> bool:
    """Whether a statement sets something that affects what later statements see: a role, RLS."""
    is_setting = act.kind == "VariableSetStmt"
    return is_setting and act.name not in _TRACKED and act.name not in _HARMLESS_SETTINGS


def check_after(
    connection: Connection, direction: Direction, chosen: Sequence[Migration], before: InitialChecks
) -> tuple[Check, ...]:
    """The same checks after the run: rows, and the queries of ``.check.sql`` files."""
    checks = [
        replace(check, after=queries.rows(connection, relation=before.counted[check.subject]))
        for check in before.checks
        if check.name == "rows"
    ]
    known = {
        (check.subject, check.name): check.before for check in before.checks if check.name != "rows"
    }
    checks += [check for check in before.checks if check.name in ("nulls", "duplicates", "orphans")]
    for migration in chosen if direction is Direction.UP else ():
        if migration.check is None:
            continue
        subject = migration.check.name
        for name, value in _answers(connection, migration.check):
            checks.append(Check(name, subject, known.get((subject, name)), _plain(value)))
    return tuple(checks)


def refuse_false(connection: Connection, file: SqlFile) -> None:
    """Raise MigrationFailed when a query of a ``.check.sql`` file is false or invalid.

    It must run after the migration, only read, and return exactly one row.
    """
    for statement in read_script(file).statements:
        where = f"{file.name}:{statement.line}"
        answer = queries.answers(connection, text=statement.text)
        problem = answer.error or {0: "it returns no rows", 1: ""}.get(
            answer.rows, "it returns more than one row"
        )
        if problem:
            raise MigrationFailed(
                f"the check fails after the migration: {problem}",
                where=where,
                hint="Correct the check: each query may only read, and must return one row.",
            )
        for name, value in answer.row.items():
            if value is False:
                raise MigrationFailed(
                    f"the check {name} returns false after the migration",
                    where=where,
                    hint="Correct the migration or the data, and run the command again.",
                )


def _plain(value: object) -> object:
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


def _places(
    direction: Direction, chosen: Sequence[Migration], scripts: Sequence[Script]
) -> Iterator[_Place]:
    for migration, script in zip(chosen, scripts, strict=True):
        file, path = migration.file(direction), None
        for statement in script.statements:
            parsed = acts(statement.text)
            if isinstance(parsed, Unparsable):
                line = statement.line + line_at(statement.text, parsed.position) - 1
                raise InvalidInput(
                    f"PostgreSQL cannot parse this: {parsed.message}",
                    where=f"{file.name}:{line}",
                    hint="Correct the file; nothing was run. If it needs a PostgreSQL newer than "
                    "18, pass --no-checks.",
                )
            for act in parsed:
                if act.kind == "VariableSetStmt" and act.name == "search_path":
                    path = act.columns if act.type == "VAR_SET_VALUE" else None
                yield _Place(act, f"{file.name}:{statement.line}", path, parsed)


def _refuse_missing_extensions(connection: Connection, places: Sequence[_Place]) -> None:
    asked = [spot for spot in places if spot.act.kind == "CreateExtensionStmt"]
    if not asked:
        return
    known = queries.available_extensions(connection)
    missing = [spot for spot in asked if spot.act.name not in known]
    if missing:
        names = ", ".join(dict.fromkeys(spot.act.name for spot in missing))
        raise Refused(
            f"the extension {names} is not available on the server; nothing was run",
            where=missing[0].where,
            hint="Install it on the server; the query lists what is available.",
            command="SELECT name FROM pg_available_extensions",
        )


def _look_for_holders(
    connection: Connection,
    locks: Mapping[Name, Set[str]],
    looked: InitialChecks,
    oldest_seconds: float,
) -> None:
    """Refused for an old transaction that holds a lock the run would have to wait for."""
    for item in queries.holders(connection, relations=list(locks)) if locks else ():
        if not any(conflict(wanted, item.mode) for wanted in locks[item.relation]):
            continue
        age = (clock.now() - item.since).total_seconds()
        seconds = round(age)
        holder = (
            f"pid {item.pid}: {without_literals(item.query)}" if item.query else f"pid {item.pid}"
        )
        if item.application == "pg_dump" or "to prevent wraparound" in item.query:
            warning = f"{item.relation} is read by a long job, {seconds} s old ({holder})"
        elif age > oldest_seconds:
            raise Refused(
                f"a transaction that is {seconds} s old holds {item.relation} ({holder})",
                where=str(item.relation),
                hint="Wait for it or end it; or allow it with --oldest-transaction SECONDS.",
                command=f"SELECT pg_terminate_backend({item.pid})",
            )
        elif age > _NOTED_SECONDS:
            warning = f"{item.relation} has been held for {seconds} s ({holder})"
        else:
            continue
        if warning not in looked.warnings:
            looked.warnings.append(warning)


def _look_at_data(
    connection: Connection, spot: _Place, looked: InitialChecks, *, sure: bool
) -> None:
    for name, count, sentence in _troubles(connection, spot.act):
        looked.checks.append(Check(name, str(spot.act.relation), count))
        if not count:
            continue
        if sure and not spot.act.not_valid:
            raise Refused(
                f"{count:,} {sentence}; nothing was run",
                where=spot.where,
                hint="Correct these rows first, in an earlier migration or manually.",
            )
        looked.warnings.append(f"{spot.where}: {count:,} {sentence}, unless the files correct them")


def _troubles(connection: Connection, act: Act) -> Iterator[tuple[str, int | None, str]]:
    """Data that would violate an act: the check, the number, and the sentence after the number."""
    table, columns = act.relation, act.columns
    text = ", ".join(columns)
    primary = act.kind == "AT_AddConstraint:primary"
    if act.kind == "AT_SetNotNull" or (primary and columns):
        names = columns or (act.name,)
        alone = act.only or primary
        count = queries.nulls(connection, relation=table, columns=names, only=alone)
        yield "nulls", count, f"rows of {table} have NULL in {', '.join(names)}"
    if _is_there(connection, act):
        return
    unique = act.kind == "IndexStmt" and "unique" in act.constraints and not act.only
    if columns and (primary or unique or act.kind == "AT_AddConstraint:unique"):
        count = queries.duplicates(connection, relation=table, columns=columns)
        yield "duplicates", count, f"keys of {table} ({text}) occur more than once"
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
            yield "orphans", count, f"rows of {table} ({text}) refer to no row of {act.references}"


def _is_there(connection: Connection, act: Act) -> bool:
    """Whether IF NOT EXISTS will find the index and check no rows."""
    if act.kind != "IndexStmt" or not act.if_not_exists:
        return False
    return index_beside(connection, table=act.relation, index=act.name) is not None
