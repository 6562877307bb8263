"""Column lineage of views and rollups, read from their SQL by sqlglot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wavehouse import measurement
from wavehouse.governance.types.findings import Edge
from wavehouse.schema import Catalogue, Table

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_HOURLY, _DAILY = "hour", "day"
_ROLLUP = "rollup of listener events"


def edges(catalogues: Mapping[str, Catalogue]) -> tuple[Edge, ...]:
    """The derivations between columns, over the views and rollups of these databases."""
    derived = [
        edge
        for database, catalogue in catalogues.items()
        for view in catalogue.tables
        if view.view
        for edge in _of_view(database, catalogue, view)
    ]
    if {"operational", "analytics"} <= set(catalogues):
        derived += _of_rollups(catalogues["operational"])
    return tuple(dict.fromkeys(derived))


def _of_view(database: str, catalogue: Catalogue, view: Table) -> Iterator[Edge]:
    columns = sources(view.view or "", _schema(catalogue))
    for column, origins in zip(view.columns, columns, strict=True):
        for origin in sorted(origins):
            target = f"{database}.{view.name}.{column.name}"
            yield Edge(f"{database}.{origin}", target, f"view {view.name}")


def _of_rollups(operational: Catalogue) -> Iterator[Edge]:
    schema = _schema(operational)
    for table, statement, bucket in _rollups():
        text = _PARAMETER.sub("NULL", statement.replace(":grain", "'day'"))
        for name, origins in zip(_names(text), sources(text, schema), strict=True):
            target = f"analytics.analytics.{table}.{bucket if name == 'bucket' else name}"
            for origin in sorted(origins):
                yield Edge(f"operational.{origin}", target, _ROLLUP)


def _rollups() -> Iterator[tuple[str, str, str]]:
    """Every rollup table with its SELECT and the column of its bucket."""
    for dimension in measurement.DIMENSIONS:
        text = measurement.rollup_statement(
            "listener_events", dimension.column, required=dimension.required
        )
        yield dimension.hourly, text, _HOURLY
        yield dimension.daily, text, _DAILY
    for name in ("audience", "audience_all"):
        yield "audience_daily", measurement.rollup_statement(name), _DAILY


def _names(statement: str) -> list[str]:
    import sqlglot

    parsed: Any = sqlglot.parse_one(statement, dialect="postgres")
    return [str(name) for name in parsed.named_selects]


def sources(statement: str, schema: dict[str, Any]) -> list[set[str]]:
    """For every column of a SELECT, the ``schema.table.column`` that it is derived from.

    ``schema`` has columns by table by PostgreSQL schema. Conditions and grouping do not count.
    """
    import sqlglot
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    parsed: Any = sqlglot.parse_one(statement, dialect="postgres")
    qualified: Any = qualify(
        parsed, dialect="postgres", schema=schema, validate_qualify_columns=False
    )
    scope: Any = build_scope(qualified)
    return [_origins(scope, position) for position in range(len(qualified.named_selects))]


def _origins(scope: Any, position: int) -> set[str]:
    """The columns of tables that the column at a position of a query is derived from."""
    from sqlglot import exp

    if isinstance(scope.expression, exp.SetOperation):
        return set().union(*(_origins(part, position) for part in scope.set_operation_scopes))
    origins: set[str] = set()
    for column in scope.expression.selects[position].find_all(exp.Column):
        source = _source(scope, column.table)
        if isinstance(source, exp.Table):
            origins.add(f"{source.db}.{source.name}.{column.name}")
        elif source is not None:
            names = source.expression.named_selects
            if column.name in names:
                origins |= _origins(source, names.index(column.name))
    return origins


def _source(scope: Any, alias: str) -> Any:
    """The table of an alias, or the scope of its subquery or CTE."""
    if alias in scope.sources:
        return scope.sources[alias]
    for inner in scope.subquery_scopes:
        if (source := _source(inner, alias)) is not None:
            return source
    return None


def _schema(catalogue: Catalogue) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for table in catalogue.tables:
        space, _, name = table.name.partition(".")
        made.setdefault(space, {})[name] = {column.name: "text" for column in table.columns}
    return made
