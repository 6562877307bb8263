"""Entity diagrams of a database: one for each PostgreSQL schema, and one of all keys.

The Mermaid subset is one that versions 10 to 12 all parse: quoted entities; types and columns of
letters, digits and underscores; the real names of other ones in the comment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType

from wavehouse.schema.rules.hints import level_of
from wavehouse.schema.types import LEVELS, Catalogue, Classes, Column, ForeignKey, Table

_GENERATED = "Generated from the database: wavehouse schema docs generate"
_SHORT = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
    "character varying": "varchar",
    "character": "char",
}
_KEYWORDS = {"pk", "fk", "uk"}
_COLOURS = {
    "public": "fill:#e8f5ec,stroke:#2e7d4f",
    "internal": "fill:#eef2f7,stroke:#5b6b80",
    "confidential": "fill:#fff3d6,stroke:#a66b00",
    "restricted": "fill:#fde4e1,stroke:#b3261e",
}
"""Fill and border by level; the text is dark on all of them."""
_LEGEND = (
    "Colours are the level of a table's most sensitive column: green public, grey internal, yellow "
    "confidential, red restricted\n([classification](../../data-classification.md))."
)


def pages(
    database: str,
    catalogue: Catalogue,
    reserved: frozenset[str] = frozenset(),
    classes: Classes = MappingProxyType({}),
) -> dict[str, str]:
    """Every file by its path below ``docs/reference/erd``; reserved tables are marked.

    Pages have the colours of the tables' levels; the sources do not, for older versions of Mermaid.
    """
    tables = [table for table in catalogue.tables if table.kind != "v"]
    spaces = sorted({table.space for table in tables})
    whole = mermaid(tables, with_columns=False, reserved=reserved)
    values = {
        f"{database}/README.md": _page(
            f"The database `{database}`", database, coloured(whole, tables, classes), spaces
        ),
        f"{database}/all.mmd": whole,
        f"{database}/all.puml": plantuml(tables, with_columns=False, reserved=reserved),
    }
    for space in spaces:
        view = [table for table in tables if table.space == space]
        drawn = mermaid(view, reserved=reserved)
        values[f"{database}/{space}.md"] = _page(
            f"`{space}` of {database}", database, coloured(drawn, view, classes), []
        )
        values[f"{database}/{space}.mmd"] = drawn
        values[f"{database}/{space}.puml"] = plantuml(view, reserved=reserved)
    return values


def _page(title: str, database: str, drawn: str, spaces: list[str]) -> str:
    links = " · ".join(f"[`{space}`]({space}.md)" for space in spaces)
    legend = f"{_LEGEND}\n\n" if "classDef" in drawn else ""
    views = f"By PostgreSQL schema: {links}\n\n" if spaces else ""
    return (
        f"<!-- {_GENERATED} -->\n# {title}\n\n"
        f"`||--o{{` reads: one to any number (1:N); `|o` at the one's side: or none.\n"
        f"[Dictionary](../../dictionary/{database}/README.md).\n\n{legend}{views}```mermaid\n{drawn}```\n"
    )


def mermaid(
    tables: Sequence[Table],
    *,
    with_columns: bool = True,
    reserved: frozenset[str] = frozenset(),
) -> str:
    """The tables with their references as a Mermaid entity diagram."""
    lines = [f"%% {_GENERATED}", "erDiagram"]
    for table in tables:
        lines += [
            f'  "{key.to_table}" {_line(key)} "{table.name}" : "{", ".join(key.columns)}"'
            for key in table.foreign_keys
        ]
    for table in tables:
        columns = [c for c in table.columns if with_columns or c.name in table.key]
        lines.append(f'  "{table.name}" {{')
        if table.name in reserved:
            lines.append('    reserved table "no code uses it yet"')
        lines += [_mermaid_column(table, column) for column in columns]
        lines.append("  }")
    return "\n".join(lines) + "\n"


def coloured(drawn: str, tables: Sequence[Table], classes: Classes) -> str:
    """The diagram with each table in the colour of its level. Mermaid 11.5 or newer reads it."""
    levels = {table.name: level for table in tables if (level := level_of(table, classes))}
    for name, level in levels.items():
        drawn = drawn.replace(f'\n  "{name}" {{\n', f'\n  "{name}":::{level} {{\n')
    used = [level for level in LEVELS if level in levels.values()]
    lines = [f"  classDef {level} {_COLOURS[level]},color:#1b1f24" for level in used]
    return drawn + "".join(f"{line}\n" for line in lines)


def plantuml(
    tables: Sequence[Table],
    *,
    with_columns: bool = True,
    reserved: frozenset[str] = frozenset(),
) -> str:
    """The same for PlantUML; tables outside the view appear by name only."""
    lines = ["@startuml", f"' {_GENERATED}", "hide circle", "hide methods"]
    shown = {table.name for table in tables}
    named = {key.to_table for table in tables for key in table.foreign_keys} - shown
    lines += [f'entity "{name}" as {_word(name)}' for name in sorted(named)]
    for table in tables:
        keys = [c for c in table.columns if c.name in table.key]
        rest = [c for c in table.columns if c.name not in table.key] if with_columns else []
        mark = " <<reserved>>" if table.name in reserved else ""
        lines.append(f'entity "{table.name}" as {_word(table.name)}{mark} {{')
        lines += [f"  * {c.name} : {c.type} <<PK>>" for c in keys]
        lines += ["  --", *(_plantuml_column(table, c) for c in rest)] if rest else []
        lines.append("}")
    for table in tables:
        lines += [
            f"{_word(key.to_table)} {_line(key)} {_word(table.name)} : {', '.join(key.columns)}"
            for key in table.foreign_keys
        ]
    return "\n".join([*lines, "@enduml"]) + "\n"


def _line(key: ForeignKey) -> str:
    """The line for one (or none) to any number, or to at most one."""
    return f"{'|o' if key.optional else '||'}--{'o|' if key.single else 'o{'}"


def _mermaid_column(table: Table, column: Column) -> str:
    marks = _marks(table, column)
    name = _word(column.name)
    note = "" if name == column.name else f"really {column.name}: "
    comment = (note + (column.comment or "")).replace('"', "#quot;").replace("\n", " ")
    keys = f" {', '.join(marks)}" if marks else ""
    return f'    {mermaid_type(column.type)} {name}{keys} "{comment}"'


def _marks(table: Table, column: Column) -> list[str]:
    marks = ["PK"] if column.name in table.key else []
    if any(column.name in key.columns for key in table.foreign_keys):
        marks.append("FK")
    if not marks and any(c.kind == "u" and c.columns == (column.name,) for c in table.constraints):
        marks.append("UK")
    return marks


def _plantuml_column(table: Table, column: Column) -> str:
    marks = "".join(f" <<{mark}>>" for mark in _marks(table, column))
    return f"  {'* ' if column.not_null else ''}{column.name} : {column.type}{marks}"


def mermaid_type(name: str) -> str:
    """``numeric(10,2)`` as ``numeric_10_2``, ``uuid[]`` as it is."""
    for long, short in _SHORT.items():
        name = re.sub(rf"^{long}\b", short, name)
    array = "[]" if name.endswith("[]") else ""
    word = re.sub(r"[^A-Za-z0-9]+", "_", name.removesuffix("[]").split(".")[-1]).strip("_")
    return f"{word}{array}"


def _word(name: str) -> str:
    """An identifier for the diagram: letters, digits, underscores; no digit first, no keyword."""
    word = re.sub(r"[^A-Za-z0-9_]", "_", name)
    word = word if re.match(r"[A-Za-z]", word) else f"c_{word}"
    return f"{word}_" if word.lower() in _KEYWORDS else word
