"""Rows that belong to any of several people: one statement for all of them, counted for each.

As ``rows``, of which it takes the conditions. A row that belongs to several of the people is
counted for the first of them, as if they had been processed one after the other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

from psycopg import sql
from psycopg.rows import tuple_row

from wavehouse.store.rows import (
    PSEUDONYM,
    AnyTx,
    Change,
    Path,
    Selection,
    assigned,
    whole_text,
    with_hashes,
)
from wavehouse.store.rows import table_name as _name

_HEADER, _ROW = 19, 6
"""Bytes before the first row of a binary COPY; before the text of a row with one column."""
BETWEEN = b"\x1e"
"""Between the texts of two rows of a block. A text with this character counts as two."""
_BLOCK, _PAGES_AT_ONCE, _MOST_OUTSIDE = 2 * 2**20, 256, 2**20
_LAST_PAGE = 2**32 - 1
Key = tuple[str | None, ...]
Owners = Callable[[Sequence[Any]], list[int]]


@dataclass(frozen=True, slots=True)
class Shared:
    """The same selection of rows for several people; a person is known by its position.

    The selections differ in their values only. ValueError for other selections.
    """

    selections: tuple[Selection, ...]

    def __post_init__(self) -> None:
        if len({(s.table, s.organization, _shape(s)) for s in self.selections}) != 1:
            raise ValueError("the selections are not of the same rows")

    @property
    def table(self) -> str:
        """The table."""
        return self.selections[0].table

    @property
    def is_empty(self) -> bool:
        """Whether no row can match, because nobody has a value."""
        return all(each.is_empty for each in self.selections)

    def paths(self) -> Iterator[tuple[Path, list[tuple[int, Path]]]]:
        """Each path with the values of all people; with the paths of those that have a value."""
        for number, first in enumerate(self.selections[0].paths):
            own = [(n, s.paths[number]) for n, s in enumerate(self.selections)]
            own = [(n, path) for n, path in own if path.values]
            if own:
                values = tuple(dict.fromkeys(v for _, path in own for v in path.values))
                pairs = tuple(
                    (v, o) for _, path in own for v in path.values for o in path.owners
                ) if first.owner else ()  # fmt: skip
                yield replace(first, values=values, pairs=pairs), own

    def where(self) -> tuple[sql.Composed, list[Any]]:
        """The condition for the rows of all people, with its parameters."""
        return self.merged().where()

    def merged(self) -> Selection:
        """The rows of all people as one selection."""
        return replace(self.selections[0], paths=tuple(path for path, _ in self.paths()))


def _shape(selection: Selection) -> tuple[object, ...]:
    return tuple((p.column, p.type, p.hops, p.owner) for p in selection.paths)


def _returned(path: Path) -> tuple[str, ...]:
    """The columns of a row by which it is known whose it is."""
    if path.hops:
        return path.hops[0].columns
    return (path.column, path.owner) if path.owner else (path.column,)


def _columns(rows: Shared) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for path, _ in rows.paths() for c in _returned(path)))


def _text(column: sql.Composable) -> sql.Composed:
    """A value as text, an array as JSON, so that it can be grouped and compared."""
    return sql.SQL("to_jsonb({}) #>> '{{}}'").format(column)


def _owners(tx: AnyTx, rows: Shared) -> Owners:
    """A function from the values of ``_columns`` to the people whose row it is, in order."""
    columns = _columns(rows)
    known: list[tuple[list[int], Mapping[Key, list[int]], bool]] = []
    for path, own in rows.paths():
        places = [columns.index(name) for name in _returned(path)]
        if path.hops:
            known.append((places, _reached(tx, path, own), False))
            continue
        by_value: dict[Key, list[int]] = {}
        for number, each in own:
            for value in each.values:
                for owner in (None, *each.owners) if path.owner else ("",):
                    key = (value, owner) if path.owner else (value,)
                    by_value.setdefault(key, []).append(number)
        known.append((places, by_value, path.type.endswith("[]")))

    def of(values: Sequence[Any]) -> list[int]:
        matches: list[int] = []
        for places, by_value, is_array in known:
            key = tuple(values[n] for n in places)
            keys = [(each,) for each in _elements(key[0])] if is_array else [key]
            for each in keys:
                matches += by_value.get(each, [])
        return sorted(set(matches))

    return of


def _elements(array: str | None) -> list[str]:
    return [] if array is None else [str(each) for each in json.loads(array)]


def _reached(tx: AnyTx, path: Path, own: Sequence[tuple[int, Path]]) -> dict[Key, list[int]]:
    """The people behind the rows to which a path's first hop leads, by the hop's columns."""
    hop = path.hops[0]
    rest = path.hops[1:]
    rows = Shared(tuple(Selection(hop.to_table, (replace(p, hops=rest),)) for _, p in own))
    number_of = [number for number, _ in own]
    reached: dict[Key, list[int]] = {}
    for key, numbers in _grouped(tx, rows, hop.to_columns):
        reached.setdefault(key, []).extend(number_of[n] for n in numbers)
    return reached


def _grouped(tx: AnyTx, rows: Shared, wanted: Sequence[str]) -> Iterator[tuple[Key, list[int]]]:
    """The distinct values of some columns in the rows, as texts, each with the people."""
    of, columns = _owners(tx, rows), _columns(rows)
    where, params = rows.where()
    listed = [*wanted, *columns]
    statement = sql.SQL("SELECT DISTINCT {} FROM {} WHERE {}").format(
        sql.SQL(", ").join(_text(sql.Identifier(name)) for name in listed), _name(rows.table), where
    )
    with tx.connection.cursor(row_factory=tuple_row) as cursor:
        for row in cursor.execute(statement, params).fetchall():
            yield row[: len(wanted)], of(row[len(wanted) :])


def values_of_many(tx: AnyTx, rows: Shared, column: str, *, is_array: bool) -> list[list[str]]:
    """The distinct values of a column in each person's rows, as ``values_of`` for one."""
    values: list[set[str]] = [set() for _ in rows.selections]
    for (value,), numbers in _grouped(tx, rows, [column]):
        texts = _elements(value) if is_array else [] if value is None else [value]
        for number in numbers:
            values[number].update(texts)
    return [sorted(each) for each in values]


def count_of_many(tx: AnyTx, rows: Shared) -> list[int]:
    """How many rows belong to each; a row of several people is counted for each of them."""
    of, columns = _owners(tx, rows), _columns(rows)
    where, params = rows.where()
    statement = sql.SQL("SELECT {columns}, count(*) FROM {table} WHERE {where} GROUP BY {}").format(
        sql.SQL(", ").join(map(sql.Literal, range(1, len(columns) + 1))),
        columns=sql.SQL(", ").join(_text(sql.Identifier(name)) for name in columns),
        table=_name(rows.table),
        where=where,
    )
    counts = [0] * len(rows.selections)
    with tx.connection.cursor(row_factory=tuple_row) as cursor:
        for row in cursor.execute(statement, params).fetchall():
            for number in of(row):
                counts[number] += row[-1]
    return counts


def delete_of_many(
    tx: AnyTx, rows: Shared, *, clock: str = ""
) -> tuple[list[int], dict[date, int]]:
    """Delete everybody's rows; returns how many of each person, and of each UTC day by ``clock``.

    Without ``clock`` there are no days.
    """
    statement = sql.SQL("DELETE FROM {}").format(_name(rows.table))
    return _affected(tx, rows, statement, [], clock)


def change_of_many(tx: AnyTx, rows: Shared, changes: Sequence[Change]) -> list[int]:
    """Change everybody's rows in one statement; returns how many of each person.

    ValueError for a change that differs from person to person.
    """
    if not is_shared(changes):
        raise ValueError("this change differs from person to person")
    columns, params = assigned(with_hashes(tx, rows.merged(), changes), pseudonym="")
    statement = sql.SQL("UPDATE {} SET {}").format(_name(rows.table), columns)
    return _affected(tx, rows, statement, params, "")[0]


def is_shared(changes: Sequence[Change]) -> bool:
    """Whether the changes are the same for everybody."""
    return not any(c.kind == "remove" or PSEUDONYM in c.text for c in changes)


def _affected(
    tx: AnyTx, rows: Shared, head: sql.Composed, values: list[Any], clock: str
) -> tuple[list[int], dict[date, int]]:
    """Run a statement on the rows; counts by person and by day. LookupError for a stray row."""
    of, columns = _owners(tx, rows), _columns(rows)
    where, params = rows.where()
    names = [sql.Identifier(f"c{number}") for number in range(len(columns))]
    day = sql.SQL("({} AT TIME ZONE 'UTC')::date").format(sql.Identifier("old", clock))
    statement = sql.SQL(
        "WITH touched AS ({head} WHERE {where} RETURNING {returned}, {day} AS day)"
        " SELECT {names}, day, count(*) FROM touched GROUP BY {names}, day"
    ).format(
        head=head,
        where=where,
        returned=sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(_text(sql.Identifier("old", column)), name)
            for column, name in zip(columns, names, strict=True)
        ),
        day=day if clock else sql.SQL("NULL::date"),
        names=sql.SQL(", ").join(names),
    )
    counts, days = [0] * len(rows.selections), Counter[date]()
    with tx.connection.cursor(row_factory=tuple_row) as cursor:
        for row in cursor.execute(statement, [*values, *params]).fetchall():
            people = of(row)
            if not people:
                raise LookupError(f"a row of {rows.table} belongs to none of the people")
            counts[people[0]] += row[-1]
            if clock:
                days[row[-2]] += row[-1]
    return counts, dict(days)


def stream_blocks(
    tx: AnyTx, table: str, columns: Sequence[str] = (), organization: UUID | None = None
) -> Iterator[bytes]:
    """Some columns of every row, or all, in lower case (UTF-8), as a search sees them.

    A block has the texts of many rows, with ``BETWEEN`` between two of them: rows that come one by
    one cost four times as much. With ``organization`` only rows whose ``organization_id`` it is.
    The transaction needs one snapshot, so that a row that moves meanwhile is not missed.
    """
    pages, step = _pages(tx, table)
    own = (
        sql.SQL("true")
        if organization is None
        else sql.SQL("organization_id = {}").format(sql.Literal(organization))
    )
    if step == 0:
        yield from _rows_in_blocks(tx, table, columns, own)
        return
    statement = sql.SQL(
        "SELECT convert_to(string_agg({}, chr(30)), 'UTF8') FROM {} AS searched"
        " WHERE searched.ctid >= %s::tid AND searched.ctid < %s::tid AND {}"
    ).format(whole_text(columns), _name(table), own)
    with tx.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        for first in range(0, pages, step):
            last = first + step if first + step < pages else _LAST_PAGE
            cursor.execute(statement, [f"({first},0)", f"({last},0)"])
            row = cursor.fetchone()
            if row is not None and row[0] is not None:
                yield row[0]


def _pages(tx: AnyTx, table: str) -> tuple[int, int]:
    """The pages of a table, of its longest partition; those to read at once, 0: by row.

    Values outside of the pages may be long, so tables with many of them are read by row.
    """
    with tx.connection.cursor(row_factory=tuple_row) as cursor:
        leaves, pages, inside, whole = cursor.execute(
            """
            SELECT count(*),
                   max(pg_relation_size(oid)) / current_setting('block_size')::bigint,
                   sum(pg_relation_size(oid)), sum(pg_table_size(oid))
            FROM (SELECT coalesce(
                    (SELECT array_agg(t.relid::oid) FROM pg_partition_tree(%(table)s) t
                     WHERE t.isleaf), ARRAY[%(table)s::regclass::oid]) AS oids) p, unnest(oids) oid
            """,
            {"table": _name(table).as_string(tx.connection)},
        ).fetchone() or (0, 0, 0, 0)
    if not pages:
        return 0, 1
    if whole - inside > _MOST_OUTSIDE + inside // 2:
        return int(pages), 0
    return int(pages), max(1, _PAGES_AT_ONCE // int(leaves))


def _rows_in_blocks(
    tx: AnyTx, table: str, columns: Sequence[str], own: sql.Composable
) -> Iterator[bytes]:
    block: list[bytes] = []
    size = 0
    for row in _row_texts(tx, table, columns, own):
        block.append(row)
        size += len(row)
        if size > _BLOCK:
            yield BETWEEN.join(block)
            block, size = [], 0
    if block:
        yield BETWEEN.join(block)


def _row_texts(
    tx: AnyTx, table: str, columns: Sequence[str], own: sql.Composable
) -> Iterator[bytes]:
    statement = sql.SQL(
        "COPY (SELECT {} FROM {} AS searched WHERE {}) TO STDOUT (FORMAT binary)"
    ).format(whole_text(columns), _name(table), own)
    with tx.connection.cursor() as cursor, cursor.copy(statement) as stream:
        is_first = True
        for part in cast("Iterator[Any]", stream):
            message = bytes(part)[_HEADER:] if is_first else bytes(part)
            is_first = False
            if message[:2] != b"\xff\xff" and message:  # the end of the copy
                yield message[_ROW:]
