"""The dictionary of a database: one Markdown page for each PostgreSQL schema, and an index."""

from __future__ import annotations

from wavehouse.schema.rules.ddl import readable
from wavehouse.schema.types import Catalogue, ForeignKey, Table

RESERVED = "no code of the program uses the table yet"
_GENERATED = "<!-- Generated from the database: wavehouse schema docs generate -->"


def pages(
    database: str, catalogue: Catalogue, reserved: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Every page by its path below ``docs/reference/dictionary``; reserved tables are marked."""
    spaces = sorted({table.space for table in catalogue.tables})
    values = {f"{database}/README.md": _contents(database, catalogue, spaces, reserved)}
    for space in spaces:
        tables = [table for table in catalogue.tables if table.space == space]
        text = "\n".join(_table(table, catalogue, table.name in reserved) for table in tables)
        # A schema with only views has no diagram.
        drawn = any(table.kind != "v" for table in tables)
        diagram = f" · [diagram](../../erd/{database}/{space}.md)" if drawn else ""
        values[f"{database}/{space}.md"] = (
            f"{_GENERATED}\n# `{space}` of {database}\n\n"
            f"[All of {database}](README.md){diagram}\n\n{text}"
        )
    return values


def _contents(
    database: str, catalogue: Catalogue, spaces: list[str], reserved: frozenset[str]
) -> str:
    lines = [_GENERATED, f"# The database `{database}`", ""]
    lines += [f"Drawn in [the diagram](../../erd/{database}/README.md).", ""]
    if reserved:
        lines += [f"*reserved*: {RESERVED}. {len(reserved)} tables are.", ""]
    for space in spaces:
        lines += [f"## [`{space}`]({space}.md)", "", "| table | what it holds |", "|---|---|"]
        lines += [
            f"| [`{table.name}`]({space}.md#{_anchor(table.name)})"
            f" | {'*reserved* · ' if table.name in reserved else ''}{_cell(table.comment)} |"
            for table in catalogue.tables
            if table.space == space
        ]
        lines.append("")
    return "\n".join(lines)


def _table(table: Table, catalogue: Catalogue, is_reserved: bool) -> str:
    lines = [f"## {table.name}", "", _cell(table.comment), ""]
    if is_reserved:
        lines += [f"*Reserved*: {RESERVED}.", ""]
    if table.partition_key:
        lines += [f"Partitioned by `{table.partition_key}`.", ""]
    lines += ["| column | type | null | default | meaning |", "|---|---|---|---|---|"]
    for c in table.columns:
        default = "identity" if c.identity else f"`{_cell(c.default)}`" if c.default else ""
        mark = " (key)" if c.name in table.key else ""
        null = "" if c.not_null else "yes"
        lines.append(f"| `{c.name}`{mark} | {c.type} | {null} | {default} | {_cell(c.comment)} |")
    lines.append("")
    lines += _relations(table, catalogue)
    lines += _listed("Constraints", _constraints(table))
    lines += _listed("Indexes", [f"`{i.name}`: `{_short(i.definition)}`" for i in table.indexes])
    security = [f"`{p.name}` ({p.command}) for {', '.join(p.roles)}" for p in table.policies]
    lines += _listed("Row security", security)
    lines += _listed("Granted", list(table.grants))
    return "\n".join(lines)


def _constraints(table: Table) -> list[str]:
    return [f"`{c.name}`: `{readable(c.definition)}`" for c in table.constraints]


def _relations(table: Table, catalogue: Catalogue) -> list[str]:
    """Both ends of every reference, with the 1:N in words."""
    lines = [f"{_one_of(key)} {key.to_table} {_by(key)}" for key in table.foreign_keys]
    lines += [
        f"has {'at most one' if key.single else 'any number of'} {other.name} {_by(key)}"
        for other in catalogue.tables
        for key in other.foreign_keys
        if key.to_table == table.name
    ]
    return _listed("Relations", lines)


def _one_of(key: ForeignKey) -> str:
    return "belongs to at most one" if key.optional else "belongs to exactly one"


def _by(key: ForeignKey) -> str:
    ends = "1:1" if key.single else "1:N"
    return f"by `{', '.join(key.columns)}` ({ends}; deleting the one: {key.on_delete})"


def _listed(title: str, items: list[str]) -> list[str]:
    return [f"{title}:", "", *(f"- {item}" for item in items), ""] if items else []


def _short(definition: str) -> str:
    return definition.split(" USING ", 1)[-1]


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("\n", " ")


def _anchor(name: str) -> str:
    return name.lower().replace(".", "")
