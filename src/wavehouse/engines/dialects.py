"""Portable SELECTs (PostgreSQL's dialect, ``:name`` parameters) in an engine's own dialect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from wavehouse.engines.tables import Value

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

NOT_RUN = ("bigquery", "redshift", "snowflake", "trino")
"""Dialects that statements are translated to and that no test here runs."""
_SOURCE = "measurement"
_WITHOUT_UUID = {"redshift", "snowflake"}
"""Ids are texts there."""


def translated(select: str, dialect: str, values: Mapping[str, Value], schema: str = "") -> str:
    """A SELECT with its parameters as literals; tables of ``measurement`` are in ``schema``."""
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    rest = {name: _text(value) for name, value in values.items() if name not in texts}
    kinds = {name: type(values[name]) for name in rest}
    result = template(select, dialect, texts, kinds, schema)
    for name, value in rest.items():
        result = result.replace(_mark(name), value)
    return result


def template(
    select: str,
    dialect: str,
    texts: Mapping[str, str],
    marks: Mapping[str, type],
    schema: str = "",
    *,
    pretty: bool = False,
) -> str:
    """The translation with ``__name__`` for each parameter of ``marks``, which has its type."""
    values, kinds = tuple(sorted(texts.items())), tuple(marks.items())
    return _template(select, dialect, values, kinds, schema, pretty)


@lru_cache(maxsize=256)
def _template(
    select: str,
    dialect: str,
    texts: tuple[tuple[str, str], ...],
    kinds: tuple[tuple[str, type], ...],
    schema: str,
    pretty: bool,
) -> str:
    import sqlglot
    from sqlglot import expressions as exp

    literals: dict[str, Expression] = {name: exp.Literal.string(text) for name, text in texts}
    for name, kind in kinds:
        literals[name] = _marked(name, kind)

    def put(node: Expression) -> Expression:
        if isinstance(node, exp.Placeholder) and node.name in literals:
            return literals[node.name].copy()
        if isinstance(node, exp.DataType) and dialect in _WITHOUT_UUID and node.is_type("uuid"):
            return exp.DataType.build("VARCHAR(36)")
        if isinstance(node, exp.Table) and node.db == _SOURCE:
            return exp.to_table(f"{schema}.{node.name}" if schema else node.name)
        return node

    tree = sqlglot.parse_one(select, read="postgres").transform(put)
    return str(tree.sql(dialect=dialect, comments=False, pretty=pretty))


def _marked(name: str, kind: type) -> Expression:
    from sqlglot import expressions as exp

    if issubclass(kind, int):
        return exp.Var(this=_mark(name))
    of = "TIMESTAMP" if issubclass(kind, datetime) else "DATE"
    return exp.cast(exp.Literal.string(_mark(name)), of)


def _mark(name: str) -> str:
    return f"__{name}__"


def _text(value: Value) -> str:
    if isinstance(value, datetime):
        plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return plain.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)
