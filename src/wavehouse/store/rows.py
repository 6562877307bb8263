"""Rows that belong to somebody, found by paths of columns: count, read, change, delete, search.

Which tables and columns these are is data (the classification), so the statements are composed
here, with every name quoted; values are always parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row, scalar_row, tuple_row

from wavehouse.store.database import Analytics, Learning, Listeners, Operational, Tx
from wavehouse.store.late import keyed_references

AnyTx = Tx[Operational] | Tx[Learning] | Tx[Listeners] | Tx[Analytics]
RANDOM, PSEUDONYM, KEYED = "{random}", "{pseudonym}", "{keyed}"
"""Parts of a replacement: a new random value for each row; the value of one person; the keyed hash
of the column's own value, which must be one by which the rows are selected."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A step from a table to another one, by columns with equal values."""

    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A way from a table to somebody's values: hops, then a column of the last table.

    ``type`` is that column's type; for an array, rows that contain one of the values match. Rows
    whose column ``owner`` has a value that is not among ``owners`` belong to somebody else; of
    several people, those whose value and owner are not among ``pairs``.
    """

    column: str
    type: str
    values: tuple[str, ...]
    hops: tuple[Hop, ...] = ()
    owner: str = ""
    owners: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of a table that belong to somebody by any of some paths.

    ``organization`` limits them to the rows of one organization.
    """

    table: str
    paths: tuple[Path, ...]
    organization: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no row can match, because no path has a value."""
        return not any(path.values for path in self.paths)

    def where(self) -> tuple[sql.Composed, list[Any]]:
        """The condition, with its parameters."""
        parts, params = [], []
        for path in self.paths:
            if path.values:
                part, values = _condition(path.hops, path)
                parts.append(part)
                params += values
        joined = sql.SQL(" OR ").join(parts) if parts else sql.SQL("false")
        if self.organization is None:
            return sql.SQL("({})").format(joined), params
        return sql.SQL("(({}) AND organization_id = %s)").format(joined), [
            *params,
            self.organization,
        ]


@dataclass(frozen=True, slots=True)
class Change:
    """A new value for a column: NULL, a text with ``RANDOM`` and ``PSEUDONYM``, or fewer keys.

    ``kind`` is ``null``, ``text`` (cast to the column's ``type``), ``bytes`` (32 random bytes),
    ``keys`` (JSON without the keys in ``text``, separated by commas) or ``remove`` (an array
    without ``values``).
    """

    column: str
    kind: Literal["null", "text", "bytes", "keys", "remove"]
    type: str = "text"
    text: str = ""
    values: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)


def table_name(dotted: str) -> sql.Identifier:
    """A name with its schema, quoted."""
    return sql.Identifier(*dotted.split("."))


def _columns(names: Sequence[str]) -> sql.Composed:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, names)))


def _condition(hops: Sequence[Hop], path: Path) -> tuple[sql.Composed, list[Any]]:
    if not hops:
        is_array = path.type.endswith("[]")
        element = path.type.removesuffix("[]")
        statement = "{} && %s::{}[]" if is_array else "{} = ANY (%s::{}[])"
        matches = sql.SQL(statement).format(sql.Identifier(path.column), sql.SQL(_known(element)))
        if not path.owner:
            return matches, [list(path.values)]
        if path.pairs:
            if is_array:
                raise ValueError("an array has no owner")
            return sql.SQL(
                "({} AND ({owner} IS NULL OR ({column}, {owner}::text) IN ("
                "SELECT v::{type}, o FROM unnest(%s::text[], %s::text[]) AS p (v, o))))"
            ).format(
                matches,
                owner=sql.Identifier(path.owner),
                column=sql.Identifier(path.column),
                type=sql.SQL(_known(element)),
            ), [list(path.values), [v for v, _ in path.pairs], [o for _, o in path.pairs]]
        return sql.SQL("({} AND ({owner} IS NULL OR {owner}::text = ANY (%s)))").format(
            matches, owner=sql.Identifier(path.owner)
        ), [list(path.values), list(path.owners)]
    hop = hops[0]
    inner, params = _condition(hops[1:], path)
    nested = sql.SQL("{} IN (SELECT {} FROM {} WHERE {})").format(
        _columns(hop.columns),
        sql.SQL(", ").join(map(sql.Identifier, hop.to_columns)),
        table_name(hop.to_table),
        inner,
    )
    return nested, params


def _known(type_name: str) -> Any:
    """A type's name as it may be written into a statement. ValueError for anything else."""
    if type_name not in _TYPES:
        raise ValueError(f"values of the type {type_name} cannot identify a person")
    return _TYPES[type_name]


_TYPES = {
    "uuid": "uuid",
    "text": "text",
    "character varying": "text",
    "bytea": "bytea",
    "bigint": "bigint",
    "integer": "integer",
}


def count_rows(tx: AnyTx, rows: Selection) -> int:
    """How many rows belong to somebody."""
    where, params = rows.where()
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(table_name(rows.table), where)
    with tx.connection.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(statement, params).fetchone() or 0)


def delete_rows(tx: AnyTx, rows: Selection) -> int:
    """Delete the rows; returns how many."""
    where, params = rows.where()
    statement = sql.SQL("DELETE FROM {} WHERE {}").format(table_name(rows.table), where)
    return tx.connection.execute(statement, params).rowcount


def delete_rows_by_day(tx: AnyTx, rows: Selection, *, clock: str) -> dict[date, int]:
    """Delete the rows; returns how many of each UTC day, by the column ``clock``."""
    where, params = rows.where()
    statement = sql.SQL(
        "WITH gone AS (DELETE FROM {} WHERE {} RETURNING {} AS at)"
        " SELECT (at AT TIME ZONE 'UTC')::date, count(*) FROM gone GROUP BY 1"
    ).format(table_name(rows.table), where, sql.Identifier(clock))
    with tx.connection.cursor(row_factory=tuple_row) as cursor:
        return dict(cursor.execute(statement, params).fetchall())


def change_rows(tx: AnyTx, rows: Selection, changes: Sequence[Change], *, pseudonym: str) -> int:
    """Change the rows in one statement, because constraints span columns; returns how many."""
    where, params = rows.where()
    columns, values = assigned(with_hashes(tx, rows, changes), pseudonym=pseudonym)
    statement = sql.SQL("UPDATE {} SET {} WHERE {}").format(table_name(rows.table), columns, where)
    return tx.connection.execute(statement, [*values, *params]).rowcount


def with_hashes(tx: AnyTx, rows: Selection, changes: Sequence[Change]) -> list[Change]:
    """The changes with the hashes of the values that they replace by hashes."""
    return [
        replace(
            change,
            hashes=keyed_references(
                tx.secret,
                _selecting(rows, change.column),
                rows.organization,
            ),
        )
        if KEYED in change.text
        else change
        for change in changes
    ]


def _selecting(rows: Selection, column: str) -> list[str]:
    """The values of a table's own column by which its rows are selected."""
    return [
        v for path in rows.paths if path.column == column and not path.hops for v in path.values
    ]


def assigned(changes: Sequence[Change], *, pseudonym: str) -> tuple[sql.Composed, list[Any]]:
    """The assignments of an UPDATE, with their parameters."""
    listed: list[sql.Composed] = []
    values: list[Any] = []
    for change in changes:
        expression, more = _expression(change, pseudonym)
        listed.append(sql.SQL("{} = {}").format(sql.Identifier(change.column), expression))
        values += more
    return sql.SQL(", ").join(listed), values


def _expression(change: Change, pseudonym: str) -> tuple[sql.Composable, list[Any]]:
    column = sql.Identifier(change.column)
    if change.kind == "null":
        return sql.SQL("NULL"), []
    if change.kind == "bytes":
        return sql.SQL("sha256(uuid_send(uuidv4()))"), []
    if change.kind == "keys":
        return sql.SQL("{} - %s::text[]").format(column), [change.text.split(",")]
    if change.kind == "remove":
        kept = "ARRAY(SELECT e FROM unnest({column}) AS e WHERE lower(e::text) <> ALL (%s))"
        return sql.SQL(kept).format(column=column), [list(change.values)]
    if KEYED in change.text:
        before, _, after = change.text.partition(KEYED)
        known = "(SELECT h FROM unnest(%s::text[], %s::text[]) AS k (v, h) WHERE v = {}::text)"
        # Another value than those of the selection has no hash: it becomes random.
        text_of = "concat(%s::text, coalesce(" + known + ", uuidv4()::text), %s::text)"
        hashed = sql.SQL(text_of).format(column)
        return sql.SQL("CAST({} AS {})").format(hashed, sql.SQL(_castable(change.type))), [
            before,
            list(change.hashes),
            list(change.hashes.values()),
            after,
        ]
    text = change.text.replace(PSEUDONYM, pseudonym)
    parts: list[sql.Composable] = []
    values: list[Any] = []
    for number, piece in enumerate(text.split(RANDOM)):
        if number:
            parts.append(sql.SQL("uuidv4()::text"))
        if piece or not number:
            parts.append(sql.SQL("%s"))
            values.append(piece)
    joined = sql.SQL("concat({})").format(sql.SQL(", ").join(_texts(parts)))
    return sql.SQL("CAST({} AS {})").format(joined, sql.SQL(_castable(change.type))), values


def _texts(parts: Sequence[sql.Composable]) -> list[sql.Composed]:
    return [sql.Composed([part, sql.SQL("::text")]) for part in parts]


def _castable(type_name: str) -> Any:
    """A column's type as it may be written into a cast. ValueError for anything else."""
    allowed = {**_TYPES, "jsonb": "jsonb", "boolean": "boolean", "text[]": "text[]"}
    if type_name not in allowed:
        raise ValueError(f"a column of the type {type_name} cannot be replaced with text")
    return allowed[type_name]


def stream_rows(tx: AnyTx, rows: Selection, *, size: int = 5_000) -> Iterator[dict[str, Any]]:
    """The rows as mappings of columns to values, ``size`` at a time."""
    where, params = rows.where()
    statement = sql.SQL("SELECT * FROM {} WHERE {}").format(table_name(rows.table), where)
    with tx.connection.cursor(name="rows", row_factory=dict_row) as cursor:
        cursor.itersize = size
        yield from cursor.execute(statement, params)


def values_of(tx: AnyTx, rows: Selection, column: str) -> list[str]:
    """The distinct values of a column in the rows, as text; elements of arrays one by one."""
    where, params = rows.where()
    statement = sql.SQL(
        "SELECT DISTINCT value FROM {table}, LATERAL (SELECT jsonb_array_elements_text("
        "CASE jsonb_typeof(to_jsonb({column})) WHEN 'array' THEN to_jsonb({column}) "
        "ELSE jsonb_build_array({column}) END) AS value) v WHERE value IS NOT NULL AND {where}"
    ).format(table=table_name(rows.table), column=sql.Identifier(column), where=where)
    with tx.connection.cursor(row_factory=scalar_row) as cursor:
        return [str(value) for value in cursor.execute(statement, params).fetchall()]


def whole_text(columns: Sequence[str]) -> sql.Composed:
    """Some columns of a row of ``searched``, or all, as one text in lower case."""
    if not columns:
        return sql.Composed([sql.SQL("lower(searched::text)")])
    return sql.SQL("lower(concat_ws(chr(31), {}))").format(
        sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier("searched", name)) for name in columns
        )
    )


def search_rows(
    tx: AnyTx,
    table: str,
    needles: Sequence[tuple[str, str]],
    columns: Sequence[str] = (),
    organization: UUID | None = None,
) -> int:
    """The rows of a table that contain a text, ignoring case, in some columns or in any.

    ``needles`` are in lower case, each with a regular expression that must also match, or an empty
    one. With ``organization`` only rows whose ``organization_id`` it is.
    """
    if not needles:
        return 0
    condition = sql.SQL(" OR ").join(
        [sql.SQL("(strpos(text, %s) > 0 AND text ~ %s)")] * len(needles)
    )
    statement = sql.SQL(
        "SELECT count(*) FROM (SELECT {whole} AS text FROM {table} AS searched {own} "
        "OFFSET 0) s WHERE {condition}"
    ).format(
        whole=whole_text(columns),
        table=table_name(table),
        condition=condition,
        own=sql.SQL("" if organization is None else "WHERE organization_id = %s"),
    )
    params: list[Any] = [] if organization is None else [organization]
    params += [part for each in needles for part in each]
    with tx.connection.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(statement, params).fetchone() or 0)


def every_value(
    tx: AnyTx,
    table: str,
    column: str,
    *,
    key: str,
    tenant: str,
    before: datetime | None,
    clock: str,
) -> Iterator[tuple[str, str, UUID | None]]:
    """Every value of a column with the value of ``key`` in its row, as texts.

    The third is the row's organization, from the column ``tenant`` if there is one. ``before``
    leaves out rows whose column ``clock`` is not earlier.
    """
    statement = sql.SQL(
        "SELECT DISTINCT {column}::text, {key}::text, {tenant}::uuid FROM {table} WHERE {when}"
    )
    when: sql.Composable = sql.SQL("{} IS NOT NULL AND {} IS NOT NULL").format(
        sql.Identifier(column), sql.Identifier(key)
    )
    params: list[Any] = []
    if clock and before is not None:
        when = sql.SQL("{} AND {} < %s").format(when, sql.Identifier(clock))
        params = [before]
    named = statement.format(
        column=sql.Identifier(column),
        key=sql.Identifier(key),
        tenant=sql.Identifier(tenant) if tenant else sql.NULL,
        table=table_name(table),
        when=when,
    )
    with tx.connection.cursor(name="values", row_factory=tuple_row) as cursor:
        cursor.itersize = 20_000
        yield from cursor.execute(named, params)
