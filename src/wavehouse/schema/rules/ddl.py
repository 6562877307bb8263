"""A catalogue as one SQL file: the schema after all migrations, for reading and diffing.

The owner can run it in an empty database; a test does so and compares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wavehouse.schema.types import Catalogue, Column, Function, Policy, Table

_HEAD = """\
-- Generated from the database: wavehouse schema docs generate --all

-- A function may call one that comes later.
SET check_function_bodies = off;
"""
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
# PostgreSQL prints IN as = ANY of an array, and parses that differently for varchar.
_ANY_VARCHAR = re.compile(r"\(([\w\"]+)\)::text = ANY \(\(ARRAY\[([^\]]*)\]\)::text\[\]\)")
_ANY_TEXT = re.compile(r"([\w\"]+) = ANY \(ARRAY\[([^\]]*)\]\)")
_TYPED = re.compile(r"('(?:[^']|'')*')::(?:text|character varying)")
# Names that PostgreSQL parses as keywords where a column name is allowed.
_RESERVED = {"end", "timestamp", "position", "exact", "start", "user", "order", "single", "day"}


def ddl(catalogue: Catalogue) -> str:
    """The statements in a runnable order: schemas, functions, tables, references, grants."""
    tables = [table for table in catalogue.tables if table.kind != "v"]
    views = [table for table in catalogue.tables if table.kind == "v"]
    trigger_functions = {f.name for f in catalogue.functions if "RETURNS trigger" in f.definition}
    first = [f for f in catalogue.functions if f.name not in trigger_functions]
    later = [f for f in catalogue.functions if f.name in trigger_functions]
    of_rows = [f for f in first if _takes_a_row(f.definition, tables)]
    parts = [_HEAD, *_spaces(catalogue)]
    parts += [_function(function) for function in (*first, *later) if function not in of_rows]
    parts += [_table(table) for table in tables]
    parts += [_function(function) for function in of_rows]
    parts += [_references(table) for table in tables if table.foreign_keys]
    parts += [_view(view) for view in views]
    return "\n".join(parts)


def _takes_a_row(definition: str, tables: Sequence[Table]) -> bool:
    """Whether a function's parameters or result use a table's row type, so the table must exist."""
    head = re.split(r"\b(?:AS|RETURN|BEGIN)\b", definition, maxsplit=1)[0]
    return any(re.search(rf"(?<![\w.]){re.escape(table.name)}\b", head) for table in tables)


def quoted(name: str) -> str:
    """A column name, quoted only where needed."""
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED else f'"{name}"'


def readable(definition: str) -> str:
    """A constraint definition with its lists of values as originally written."""

    def as_list(match: re.Match[str]) -> str:
        values = _TYPED.sub(r"\1", match[2])
        return f"{match[1]} IN ({values})"

    return _ANY_TEXT.sub(as_list, _ANY_VARCHAR.sub(as_list, definition))


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _spaces(catalogue: Catalogue) -> list[str]:
    lines = []
    for name, grants in catalogue.spaces:
        lines.append(f"CREATE SCHEMA {name};")
        lines += [f"GRANT {_on(grant, f'SCHEMA {name}')};" for grant in grants]
    for entry in catalogue.default_grants:
        space, grant = entry.split(": ", 1)
        lines.append(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {space} GRANT {grant};")
    return [*lines, ""]


def _on(grant: str, thing: str) -> str:
    rights, role = grant.rsplit(" TO ", 1)
    return f"{rights} ON {thing} TO {role}"


def _function(function: Function) -> str:
    lines = [function.definition.rstrip() + ";"]
    if function.comment:
        lines.append(f"COMMENT ON FUNCTION {function.name} IS {literal(function.comment)};")
    lines.append(f"REVOKE ALL ON FUNCTION {function.name} FROM PUBLIC;")
    lines += [f"GRANT {_on(g, f'FUNCTION {function.name}')};" for g in function.grants]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> str:
    inside = [f"  {_column(column)}" for column in table.columns]
    inside += [f"  CONSTRAINT {c.name} {readable(c.definition)}" for c in table.constraints]
    tail = f" PARTITION BY {table.partition_key}" if table.partition_key else ""
    if table.storage:
        tail += f" WITH ({', '.join(table.storage)})"
    lines = [f"CREATE TABLE {table.name} (", ",\n".join(inside), f"){tail};"]
    lines += [f"{_of_parent(index.definition)};" for index in table.indexes]
    lines += [f"{trigger};" for trigger in table.triggers]
    if table.row_security:
        lines.append(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY;")
    lines += [_policy(table, policy) for policy in table.policies]
    return "\n".join([*lines, *_rights(table), *_comments(table)]) + "\n"


def _of_parent(definition: str) -> str:
    """Whether an index of a partition belongs to the partitioned table's index."""
    return definition.replace(" ON ONLY ", " ON ")


def _column(column: Column) -> str:
    words = [quoted(column.name), column.type]
    if column.identity:
        always = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
        words.append(f"GENERATED {always} AS IDENTITY")
    elif column.generated:
        words.append(f"GENERATED ALWAYS AS ({column.default}) STORED")
    elif column.default is not None:
        words.append(f"DEFAULT {column.default}")
    if column.not_null:
        words.append("NOT NULL")
    return " ".join(words)


def _policy(table: Table, policy: Policy) -> str:
    words = f"CREATE POLICY {policy.name} ON {table.name}"
    words += "" if policy.command == "ALL" else f" FOR {policy.command}"
    words += f" TO {', '.join(policy.roles)}"
    words += f" USING ({policy.using})" if policy.using else ""
    return words + (f" WITH CHECK ({policy.check})" if policy.check else "") + ";"


def _rights(table: Table) -> list[str]:
    """The grants, except the default ones."""
    roles = sorted({grant.rsplit(" TO ", 1)[1] for grant in table.grants})
    lines = [f"REVOKE ALL ON {table.name} FROM {', '.join(roles)};"] if roles else []
    return lines + [f"GRANT {_on(grant, table.name)};" for grant in table.grants]


def _comments(table: Table) -> list[str]:
    kind = "VIEW" if table.kind == "v" else "TABLE"
    lines = (
        [f"COMMENT ON {kind} {table.name} IS {literal(table.comment)};"] if table.comment else []
    )
    return lines + [
        f"COMMENT ON COLUMN {table.name}.{quoted(c.name)} IS {literal(c.comment)};"
        for c in table.columns
        if c.comment
    ]


def _references(table: Table) -> str:
    lines = [
        f"ALTER TABLE {table.name} ADD CONSTRAINT {key.name} {key.definition};"
        for key in table.foreign_keys
    ]
    return "\n".join(lines) + "\n"


def _view(view: Table) -> str:
    options = f" WITH ({', '.join(view.storage)})" if view.storage else ""
    lines = [f"CREATE VIEW {view.name}{options} AS\n{(view.view or '').rstrip()}"]
    return "\n".join([*lines, *_rights(view), *_comments(view)]) + "\n"
