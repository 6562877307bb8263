"""Every constraint is tested: a violating change is refused, and by that constraint.

The list of constraints comes from the catalogue, so a new one without a case fails here. The sample
rows are changed: for CHECKs as ``checks.toml`` says, for NOT NULL, keys and references as derived
from the catalogue.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from wavehouse.store import DATABASES

CASES = tomllib.loads((Path(__file__).parent / "checks.toml").read_text(encoding="utf-8"))
OURS = "n.nspname !~ '^(pg_|information_schema)' AND NOT r.relispartition"
Connection = psycopg.Connection[Any]

CONSTRAINTS = f"""
    SELECT c.conrelid::regclass::text, c.conname,
           ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
             ORDER BY k.place)
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
      JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE {OURS} AND c.contype = %s AND c.conparentid = 0
    ORDER BY 1, 2
"""
UNIQUE_INDEXES = f"""
    SELECT i.indrelid::regclass::text, x.relname,
           ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = i.indrelid AND (a.attnum = ANY (i.indkey::int2[]) OR EXISTS (
               SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                 AND d.objid = i.indexrelid AND d.refobjid = a.attrelid
                 AND d.refobjsubid = a.attnum))
             ORDER BY a.attnum)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
      JOIN pg_class r ON r.oid = i.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE {OURS} AND i.indisunique
    ORDER BY 1, 2
"""
# A row without its partition key matches no partition: its range refuses NULL.
COLUMNS = f"""
    SELECT a.attrelid::regclass::text, a.attname
    FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE {OURS} AND r.relkind IN ('r', 'p') AND a.attnum > 0 AND a.attnotnull
      AND NOT a.attisdropped AND a.attidentity <> 'a' AND a.attgenerated = ''
      AND NOT EXISTS (SELECT FROM pg_partitioned_table p
        WHERE p.partrelid = r.oid AND a.attnum = ANY (p.partattrs::int2[]))
    ORDER BY 1, 2
"""


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def _let_changes_in(connection: Connection, table: str) -> None:
    """Disable the triggers of append-only tables, so that their constraints are reached."""
    connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(_table(table)))


def _set(table: str, assignment: sql.Composable) -> sql.Composed:
    return sql.SQL("UPDATE {} SET {}").format(_table(table), assignment)


def _refusal(
    connection: Connection, table: str, statement: sql.Composed, alone: str | None = None
) -> psycopg.Error | None:
    """The database's refusal of a statement, which is rolled back."""
    connection.execute("SAVEPOINT tried")
    try:
        _let_changes_in(connection, table)
        if alone is not None:
            _leave_alone(connection, table, alone)
        connection.execute(statement)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        return error
    finally:
        connection.execute("ROLLBACK TO SAVEPOINT tried")
    return None


def _leave_alone(connection: Connection, table: str, name: str) -> None:
    """Drop other references and CHECKs, so that only the tested one can refuse."""
    others = connection.execute(
        """
        SELECT conrelid::regclass::text, conname FROM pg_constraint
        WHERE contype IN ('f', 'c') AND conparentid = 0 AND coninhcount = 0
          AND (conrelid = %(t)s::regclass OR confrelid = %(t)s::regclass)
          AND (conrelid, conname) <> (%(t)s::regclass, %(name)s)
        """,
        {"t": table, "name": name},
    ).fetchall()
    for other_table, other in others:
        connection.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                _table(other_table), sql.Identifier(other)
            )
        )


def _told(error: psycopg.Error | None) -> str | None:
    """The refusing constraint; for a partition, the name of its parent's constraint."""
    if error is None or error.diag.constraint_name is None:
        return None if error is None else error.diag.message_primary
    return re.sub(r"_[0-9]{4,8}(?=_)", "", error.diag.constraint_name)


@pytest.mark.parametrize("database", DATABASES)
def test_every_check_refuses_what_would_break_it(sample: Any, database: str) -> None:
    """Each CHECK has a case, and is the constraint that refuses it."""
    connection = sample[database]
    checks = connection.execute(CONSTRAINTS, ["c"]).fetchall()
    faults = []
    for table, name, _ in checks:
        case = CASES.get(table, {}).get(name)
        change = _set(table, sql.SQL(case or "nothing = NULL"))
        tried = _refusal(connection, table, change, alone=name)
        if case is None or not isinstance(tried, errors.CheckViolation) or _told(tried) != name:
            faults.append((table, name, case, _told(tried)))

    assert checks
    assert [] == faults


def test_no_case_is_about_a_check_that_is_gone(sample: Any) -> None:
    """Every case in the table belongs to an existing CHECK."""
    found = {
        (table, name)
        for connection in sample.values()
        for table, name, _ in connection.execute(CONSTRAINTS, ["c"])
    }

    assert set() == {(table, name) for table, cases in CASES.items() for name in cases} - found


@pytest.mark.parametrize("database", DATABASES)
def test_every_column_that_must_be_filled_refuses_to_be_empty(sample: Any, database: str) -> None:
    """Every column with NOT NULL is tested; a key's column may be reported by its key."""
    connection = sample[database]
    columns = connection.execute(COLUMNS).fetchall()
    faults = []
    for table, column in columns:
        empty = sql.SQL("{} = NULL").format(sql.Identifier(column))
        tried = _refusal(connection, table, _set(table, empty))
        if not isinstance(tried, errors.NotNullViolation) or tried.diag.column_name != column:
            faults.append((table, column, _told(tried)))

    assert columns
    assert [] == faults


@pytest.mark.parametrize("database", ["operational", "learning", "listeners"])
def test_every_reference_refuses_what_is_not_there(sample: Any, database: str) -> None:
    """Each foreign key is tested with sample rows that refer to nothing."""
    connection = sample[database]
    keys = connection.execute(CONSTRAINTS, ["f"]).fetchall()
    faults = []
    for table, name, columns in keys:
        column = sql.Identifier(columns[-1])
        nothing = sql.SQL("{} = {}").format(column, _nothing(connection, table, columns[-1]))
        tried = _refusal(connection, table, _set(table, nothing), alone=name)
        if not isinstance(tried, errors.ForeignKeyViolation) or _told(tried) != name:
            faults.append((table, name, columns, _told(tried)))

    assert keys
    assert [] == faults


def _nothing(connection: Connection, table: str, column: str) -> sql.Composable:
    """A value of the column's type that no row has; hashes keep their length."""
    row = connection.execute(
        "SELECT format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = %s",
        [table, column],
    ).fetchone()
    assert row is not None
    values = {"uuid": "uuidv7()", "bytea": "sha256('nobody')", "bigint": "-1"}
    return sql.SQL(values.get(row[0], "'nobody'"))


@pytest.mark.parametrize("database", DATABASES)
def test_every_key_refuses_a_second_row(sample: Any, database: str) -> None:
    """A copy of a sample row, new in every other key, is refused by the repeated key.

    A key that contains a shorter one is left out: it exists for foreign keys, and the shorter key
    refuses first.
    """
    connection = sample[database]
    every = connection.execute(UNIQUE_INDEXES).fetchall()
    keys = [
        (table, name, columns)
        for table, name, columns in every
        if not any(other == table and set(less) < set(columns) for other, _, less in every)
    ]
    by_table: dict[str, list[set[str]]] = {}
    for table, _, columns in keys:
        by_table.setdefault(table, []).append(set(columns))
    faults = []
    for table, name, columns in keys:
        fresh = set().union(*by_table[table]) - set(columns)
        tried = _refusal(connection, table, _copy(connection, table, fresh), alone=name)
        if not isinstance(tried, errors.UniqueViolation) or _told(tried) != name:
            faults.append((table, name, columns, sorted(fresh), _told(tried)))

    assert keys
    assert [] == faults


FRESH = {
    "uuid": "uuidv7()",
    "integer": "{c} + 1000",
    "bigint": "{c} + 1000",
    "smallint": "{c} + 1",
    "bytea": "sha256({c})",
    "numeric": "{c} + 1",
    "date": "{c} + 1",
    "timestamp with time zone": "{c} + interval '1 second'",
    "boolean": "{c}",
    "cidr": "set_masklen({c}, masklen({c}) + 1)",
}


def _copy(connection: Connection, table: str, fresh: set[str]) -> sql.Composed:
    """Insert a copy of every row, with new values in some columns."""
    columns = connection.execute(
        """
        SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        """,
        [table],
    ).fetchall()
    values = [
        sql.SQL(FRESH.get(kind, "{c} || '0'") if name in fresh else "{c}").format(
            c=sql.Identifier(name)
        )
        for name, kind in columns
    ]
    return sql.SQL(
        "INSERT INTO {t} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {t}"
    ).format(
        t=_table(table),
        names=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        values=sql.SQL(", ").join(values),
    )
