"""SQL is whole, in its own room, with separate parameters; and every statement prepares.

House rule: each statement is a literal in a typed function of ``queries``; nothing is pasted into
it. Three are exceptions: ``store`` passes statements on, ``schema`` runs operators' files, and
``engines`` speaks to other databases, with names of its own tables only.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import psycopg.sql

METHODS = {
    "rows", "stream", "maybe", "one", "value", "values", "tuples", "dicts",
    "execute", "execute_many", "attempt", "copy",
}  # fmt: skip
SHAPED = {"rows", "stream", "maybe", "one"}
OUTSIDE = {"store", "schema", "engines"}
# Checking the server's presence and its time reads no context's data.
PROBES = {"SELECT 1", "SELECT clock_timestamp()", "SELECT pg_is_in_recovery()"}
MAKES_A_TABLE = re.compile(r"\s*create\s+temp", re.IGNORECASE)
SQL_WORDS = re.compile(
    r"^\s*(select|insert|update|delete|with|create|alter|drop|truncate|copy|merge|grant|set)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """One statement of a queries room."""

    place: str
    module: str
    function: str
    database: str
    method: str
    row: str | None
    text: str


def _literal(node: ast.expr, constants: dict[str, ast.expr]) -> ast.expr:
    return constants.get(node.id, node) if isinstance(node, ast.Name) else node


def _statement_argument(call: ast.Call) -> ast.expr | None:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    position = 1 if method in SHAPED else 0
    return call.args[position] if len(call.args) > position else None


def _asked_of_a_transaction(call: ast.Call) -> bool:
    called = call.func
    return (
        isinstance(called, ast.Attribute)
        and called.attr in METHODS
        and isinstance(called.value, ast.Name)
        and called.value.id in {"tx", "loader", "connection", "cursor"}
    )


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _asked_of_a_transaction(n)]


def pasted(tree: ast.Module) -> list[int]:
    """Lines where a statement is not a literal: an f-string, a sum, a format, a variable."""
    constants = _constants(tree)
    faults: list[int] = []
    for call in _calls(tree):
        argument = _statement_argument(call)
        literal = None if argument is None else _literal(argument, constants)
        if not (isinstance(literal, ast.Constant) and isinstance(literal.value, str)):
            faults.append(call.lineno)
    return faults


def past_the_transaction(tree: ast.Module) -> list[int]:
    """Lines that take the connection out of a transaction; its statements are not prepared here."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "connection"
    ]


def composed(tree: ast.Module) -> set[str]:
    """Functions that build SQL with ``psycopg.sql``."""
    return {
        function.name
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sql.SQL"
    }


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    expressions: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            expressions[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            expressions[node.target.id] = node.value
    return expressions


def _is_sql(value: object) -> bool:
    return isinstance(value, str) and value not in PROBES and bool(SQL_WORDS.match(value))


def sql_texts(tree: ast.Module) -> list[int]:
    """Lines with calls that pass SQL to a database, recognized by their words."""
    lines = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in METHODS:
            continue
        texts = [a for a in node.args if isinstance(a, ast.Constant | ast.JoinedStr)]
        values = [a.value if isinstance(a, ast.Constant) else "select" for a in texts]
        lines += [node.lineno for v in values if _is_sql(v)]
    return lines


def test_the_lint_for_statements_tells_literals_from_pasted_ones() -> None:
    """Examples that the lint refuses and allows."""
    assert [1] == pasted(ast.parse("tx.rows(Row, f'SELECT {x}')"))
    assert [1] == pasted(ast.parse("tx.execute('SELECT ' + x)"))
    assert [1] == pasted(ast.parse("tx.value('SELECT {}'.format(x))"))
    assert [2] == pasted(ast.parse("def f(tx, text):\n    tx.value(text)"))
    assert [] == pasted(ast.parse("Q = 'SELECT 1'\ntx.value(Q)"))
    assert [] == pasted(ast.parse("tx.rows(Row, 'SELECT %(x)s', {'x': x})"))
    assert [1] == sql_texts(ast.parse("tx.execute('DELETE FROM t')"))
    assert [] == sql_texts(ast.parse("say.execute('Hello')"))


def test_no_statement_is_pasted_together(sources: list[Any]) -> None:
    """Parameters are passed beside the statement, never in it."""
    faults = [
        f"{source.place}:{line}"
        for source in sources
        if source.room == "queries" and source.context not in OUTSIDE
        for line in pasted(source.tree)
    ]

    assert [] == faults


def test_a_queries_room_reaches_the_database_by_its_transaction_only(sources: list[Any]) -> None:
    """Statements through ``tx.connection`` would escape the preparing test."""
    assert [2] == past_the_transaction(ast.parse("def f(tx):\n    tx.connection.execute('x')"))
    faults = [
        f"{source.place}:{line}"
        for source in sources
        if source.room == "queries" and source.context not in OUTSIDE
        for line in past_the_transaction(source.tree)
    ]

    assert [] == faults


def test_no_queries_room_builds_its_sql(sources: list[Any]) -> None:
    """A varying name is ``{name}`` in the statement, which ``Tx`` quotes."""
    names = {
        f"{source.place} {name}"
        for source in sources
        if source.room == "queries" and source.context not in OUTSIDE
        for name in composed(source.tree)
    }

    assert set() == names


def test_sql_lives_in_the_queries_rooms(sources: list[Any]) -> None:
    """Statements are in one place. DuckDB is an adapter, where SQL is allowed."""
    faults = [
        f"{source.place}:{line}"
        for source in sources
        if source.room != "queries" and source.context not in OUTSIDE
        if not (source.room == "adapters" and "import duckdb" in source.text)
        for line in sql_texts(source.tree)
    ]

    assert [] == faults


# --- every statement against the migrated schema -------------------------------------------------


def _database_of(function: ast.FunctionDef) -> str:
    for argument in [*function.args.args, *function.args.kwonlyargs]:
        if argument.annotation and ast.unparse(argument.annotation) == "AnyTx":
            return "operational"  # tables and functions that every database has
        match = re.search(r"Tx\[(\w+)\]", ast.unparse(argument.annotation or argument))
        if match:
            return match.group(1).lower()
    return ""


def statements_of(sources: list[Any]) -> list[Statement]:
    """Every literal that a function of a queries room passes to its transaction."""
    statements = []
    for source in sources:
        if source.room != "queries" or source.context in OUTSIDE:
            continue
        constants = _constants(source.tree)
        functions = [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef)]
        for function in functions:
            for call in _calls(function):
                argument = _statement_argument(call)
                literal = None if argument is None else _literal(argument, constants)
                if not isinstance(literal, ast.Constant):
                    continue
                assert isinstance(call.func, ast.Attribute)
                row = ast.unparse(call.args[0]) if call.func.attr in SHAPED else None
                statements += [
                    Statement(
                        f"{source.place}:{call.lineno}",
                        source.module,
                        function.name,
                        _database_of(function),
                        call.func.attr,
                        row,
                        text,
                    )
                    for text in _with_names(source.module, call, str(literal.value))
                ]
    return statements


def _with_names(module: str, call: ast.Call, text: str) -> list[str]:
    """A statement with the names for which its module uses it, from the module's ``NAMED``."""
    if not {keyword.arg for keyword in call.keywords} - {"size"}:
        return [text]
    named: Sequence[dict[str, str]] = importlib.import_module(module).NAMED
    filled = [
        psycopg.sql.SQL(text)
        .format(**{key: psycopg.sql.Identifier(*name.split(".")) for key, name in names.items()})
        .as_string()
        for names in named
    ]
    return list(dict.fromkeys(filled))


def positional(text: str) -> str:
    """Psycopg's placeholders as PostgreSQL's: ``%(name)s`` and ``%s`` become ``$n``."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match.group(0) == "%%":
            return "%"
        key = match.group(1) or f"#{len(numbers)}"
        return f"${numbers.setdefault(key, len(numbers) + 1)}"

    return re.sub(r"%%|%(?:\((\w+)\))?[sbt]", number, text)


def test_placeholders_become_the_servers_own() -> None:
    """A name used twice is one parameter; a doubled per cent sign is one sign."""
    assert "a = $1 AND b = $2 AND c = $1" == positional("a = %(x)s AND b = %(y)s AND c = %(x)s")
    assert "VALUES ($1, $2)" == positional("VALUES (%s, %s)")
    assert "LIKE 'a%'" == positional("LIKE 'a%%'")


def _described(connection: psycopg.Connection[Any], text: str) -> list[tuple[str, int]]:
    """The columns of a statement. One that creates a temporary table runs, with NULL for all."""
    server = connection.pgconn
    server.exec_(b"SAVEPOINT described")
    query = positional(text).encode()
    made = server.prepare(b"", query, [])
    result = server.describe_prepared(b"") if _done(made) else made
    columns = [((result.fname(n) or b"").decode(), result.ftype(n)) for n in range(result.nfields)]
    if _done(result) and MAKES_A_TABLE.match(text):
        result = server.exec_prepared(b"", [None] * result.nparams)  # type: ignore[list-item]
    if not _done(result):
        reason = result.error_message.decode().strip().splitlines()[0]
        server.exec_(b"ROLLBACK TO described")
        raise AssertionError(reason)
    return columns


def _done(result: Any) -> bool:
    return bool(
        result.status in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}
    )


# The Python type that psycopg gives a column, by the name of its type.
LOADED = {
    "uuid": {"UUID"},
    "text": {"str"},
    "varchar": {"str"},
    "bpchar": {"str"},
    "name": {"str"},
    "int2": {"int"},
    "int4": {"int"},
    "int8": {"int"},
    "numeric": {"Decimal"},
    "float8": {"float"},
    "bool": {"bool"},
    "bytea": {"bytes"},
    "date": {"date"},
    "timestamptz": {"datetime"},
    "interval": {"timedelta"},
    "jsonb": {"dict", "list", "Any", "Mapping", "object"},
    "json": {"dict", "list", "Any", "Mapping", "object"},
}


def _python_names(annotation: str) -> set[str]:
    return set(re.findall(r"\w+", annotation.replace("| None", "")))


def _fits(type_name: str, annotation: str, module: Any) -> bool:
    names = _python_names(annotation)
    if type_name.startswith("_"):
        return bool(names & {"list", "tuple", "Sequence"})
    expected = LOADED.get(type_name)
    if expected is None:
        return True  # an enum or a range: its context provides the loader
    if names & expected or names & {"Any", "object"}:
        return True
    for name in names:  # a NewType or an enum of text
        meant = getattr(module, name, None)
        base = getattr(meant, "__supertype__", None)
        while hasattr(base, "__supertype__"):
            base = getattr(base, "__supertype__")  # noqa: B009
        bases = [base] if base else list(getattr(meant, "__mro__", []))
        if {getattr(b, "__name__", "") for b in bases} & expected:
            return True
    return False


def _shape_faults(
    statement: Statement, columns: list[tuple[str, int]], types: dict[int, str]
) -> list[str]:
    module = importlib.import_module(statement.module)
    row = getattr(module, statement.row or "", None)
    if row is None or not dataclasses.is_dataclass(row):
        return []
    fields = {field.name: str(field.type) for field in dataclasses.fields(row)}
    needed = {
        f.name
        for f in dataclasses.fields(row)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    names = {name for name, _ in columns}
    faults = [f"{statement.place} lacks {name}" for name in sorted(needed - names)]
    faults += [f"{statement.place} gives {name}, unknown to it" for name in names - set(fields)]
    home = inspect.getmodule(row)
    faults += [
        f"{statement.place} {name} is {types[oid]}, the field {fields[name]}"
        for name, oid in columns
        if name in fields and not _fits(types[oid], fields[name], home)
    ]
    return faults


def test_every_statement_prepares_and_fits_its_dataclass(sources: list[Any], migrated: Any) -> None:
    """Tables, columns and functions exist; columns have the names and types of the row's fields.

    Tested in their contexts instead: COPY, which cannot be prepared, and the bulk loader's
    statements, whose staging tables come from Arrow.
    """
    waiting = [s for s in statements_of(sources) if s.database and s.method != "copy"]
    types = {
        name: dict(connection.execute("SELECT oid, typname FROM pg_type").fetchall())
        for name, connection in migrated.items()
    }
    faults: list[str] = []
    for connection in migrated.values():
        connection.execute("BEGIN")
    # Twice, because a statement may read a temporary table that a later one creates.
    for _ in range(2):
        tried, waiting, faults = waiting, [], []
        for statement in tried:
            try:
                columns = _described(migrated[statement.database], statement.text)
            except AssertionError as error:
                waiting.append(statement)
                faults.append(f"{statement.place} {error}")
                continue
            faults += _shape_faults(statement, columns, types[statement.database])
        if not waiting:
            break
    for connection in migrated.values():
        connection.execute("ROLLBACK")

    assert [] == faults


def test_the_walk_over_statements_finds_the_rooms_that_have_them(sources: list[Any]) -> None:
    """Every context with a queries room is found, so that the walk cannot pass by being empty."""
    rooms = {s.context for s in sources if s.room == "queries"} - OUTSIDE
    names = {statement.module.split(".")[1] for statement in statements_of(sources)}

    assert rooms >= {"accounts", "audit"}
    assert rooms == names
