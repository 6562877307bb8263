"""PostgreSQL's catalog of a table as plain facts, so that two tables can be compared."""

from __future__ import annotations

import re
from typing import Any

import psycopg

Facts = dict[str, str]
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_CONSTRAINTS = """
    SELECT c.contype::text, pg_get_constraintdef(c.oid)
    FROM pg_constraint c WHERE c.conrelid = %s::regclass AND c.contype <> 'n'
    ORDER BY 1, 2
"""
_INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
    WHERE i.indrelid = %s::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
    ORDER BY 1
"""
_KINDS = {"p": "primary key", "u": "unique", "f": "foreign key", "c": "check"}
_CAST = re.compile(r"::(character varying|text|bpchar|numeric|jsonb|uuid)(\(\d+\))?(\[\])?")


def facts(connection: psycopg.Connection[Any], table: str) -> Facts:
    """The facts of a table, by name."""
    found: Facts = {}
    for name, kind, filled, default in connection.execute(_COLUMNS, [table]):
        found[f"column {name}"] = kind
        found[f"null {name}"] = "NOT NULL" if filled else "NULL"
        found[f"default {name}"] = _plain(default or "none")
    for kind, definition in connection.execute(_CONSTRAINTS, [table]):
        found[f"{_KINDS[kind]} {_plain(definition)}"] = "there"
    for (definition,) in connection.execute(_INDEXES, [table]):
        found[f"index {_index(definition)}"] = "there"
    return found


def _plain(text: str) -> str:
    """A default or a constraint without casts, schemas and redundant parentheses."""
    text = _CAST.sub("", text).replace('"', "")
    text = re.sub(r"REFERENCES (?:\w+\.)?(\w+)", r"REFERENCES \1", text)
    text = re.sub(r"^(PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK) ", "", text)
    text = re.sub(r"(?<!\w)\((\w+)\)(?= ?(=|<|>|~))", r"\1", text)
    text = re.sub(r"ANY \(\((ARRAY\[[^\]]*\])\)\)", r"ANY (\1)", text)
    text = re.sub(r"\((\w+) = true\)", r"\1", text)
    return re.sub(r"(?<![\w])\((\d+)\)", r"\1", text)


def _index(definition: str) -> str:
    """An index without its name and its table: method, columns, condition."""
    unique = "unique " if definition.startswith("CREATE UNIQUE") else ""
    return unique + _plain(definition.split(" USING ", 1)[1])


def differences(asked: Facts, ours: Facts) -> list[str]:
    """Every fact that differs, as a sentence; columns that only our table has, in one sentence."""
    only_ours = {
        name.removeprefix("column ")
        for name in ours
        if name.startswith("column ") and name not in asked
    }
    found = [f"+column {name}" for name in sorted(only_ours)]
    for fact, value in asked.items():
        if fact not in ours:
            found.append(f"-{fact}")
        elif ours[fact] != value:
            found.append(f"{fact}: {value} is {ours[fact]}")
    for fact in ours:
        kind, _, name = fact.partition(" ")
        if fact in asked or (kind in {"column", "null", "default"} and name in only_ours):
            continue
        found.append(f"+{fact}")
    return found
