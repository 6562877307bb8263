"""A person's data as a ZIP file: an index to read, and each table as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wavehouse.kernel import words

_STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;"
    "max-width:70rem;padding:0 1rem}table{border-collapse:collapse;font-size:13px;"
    "margin-bottom:1rem}th,td{text-align:left;padding:4px 8px;border-bottom:1px solid #8885;"
    "vertical-align:top;max-width:24rem;overflow-wrap:break-word}.wide th,.wide td{min-width:6rem}"
    ".record th{font-weight:500;white-space:nowrap;width:12rem}"
    ".wide{overflow-x:auto}h2{margin-top:2rem;font-size:1.1rem}small{opacity:.75}"
)
_SHOWN = 50
_RECORDS = 5
"""Tables with at most so many rows are shown as records, one value below the other."""


@dataclass(frozen=True, slots=True)
class Archived:
    """The content of an archive: rows by table, and the descriptions of the columns."""

    subject: str
    request: str
    issued_by: str
    made_at: datetime
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    categories: Mapping[str, Mapping[str, str]]


def archive_of(content: Archived) -> bytes:
    """The ZIP file; the same content gives the same bytes."""
    made = io.BytesIO()
    when = content.made_at.timetuple()[:6]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, text: str) -> None:
            info = zipfile.ZipInfo(name, when)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, text)

        add("index.html", _index(content))
        for table, rows in content.tables.items():
            plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
            add(f"{table}.json", json.dumps(plain, ensure_ascii=False, indent=1) + "\n")
            add(f"{table}.csv", _csv(plain))
    return made.getvalue()


def _plain(value: Any) -> Any:
    """A value as JSON has it; what JSON lacks as text."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return json.loads(json.dumps(value, default=str))
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A value as a cell; an apostrophe keeps a spreadsheet from running it as a formula."""
    if value is None:
        return ""
    return words.cell(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _index(content: Archived) -> str:
    name = words.xml(content.issued_by)
    items = "".join(
        f'<li><a href="#{words.xml(table)}">{words.xml(_title(table))}</a> '
        f"<small>{_number(len(rows))}</small></li>"
        for table, rows in content.tables.items()
    )
    parts = (
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width">',
        f"<title>Your data at {name}</title><style>{_STYLE}</style>",
        f"<h1>Your data at {name}</h1><p>Created at {content.made_at:%Y-%m-%d %H:%M} UTC for ",
        f"request <code>{words.xml(content.request)}</code>. Each table is also in this archive ",
        "as CSV and as JSON. Passwords and other secrets are stored as hashes only; they are left ",
        f"out.</p><ul>{items}</ul>",
        *(_table(content, table) for table in content.tables),
    )
    return "".join(parts)


def _title(table: str) -> str:
    return table.rpartition(".")[2].replace("_", " ")


def _table(content: Archived, table: str) -> str:
    rows = content.tables[table]
    # Columns without any value are in the files alone.
    names = [name for name in rows[0] if any(_text(row.get(name)) for row in rows)]
    classes = content.categories.get(table, {})
    shown = (_records if len(rows) <= _RECORDS else _grid)(rows[:_SHOWN], names, classes)
    more = f"<p><small>{len(rows) - _SHOWN:,} more rows in the files.</small></p>"
    return (
        f'<h2 id="{words.xml(table)}">{words.xml(_title(table))}</h2><p>'
        f'<a href="{words.xml(table)}.csv">CSV</a> · <a href="{words.xml(table)}.json">JSON</a></p>'
        f"{shown}{more if len(rows) > _SHOWN else ''}"
    )


def _records(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], classes: Mapping[str, str]
) -> str:
    """Each row as a table of its own: the name of a value, then the value."""
    return "".join(
        "<table class=record>"
        + "".join(
            f"<tr>{_heading('row', name, classes)}<td>{words.xml(text)}</td></tr>"
            for name in names
            if (text := _text(row.get(name)))
        )
        + "</table>"
        for row in rows
    )


def _grid(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], classes: Mapping[str, str]
) -> str:
    """All rows as one table, which scrolls when it is wider than the window."""
    head = "".join(_heading("col", name, classes) for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{words.xml(_text(row.get(name)))}</td>" for name in names) + "</tr>"
        for row in rows
    )
    return (
        "<div class=wide tabindex=0><table><thead><tr>"
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heading(scope: str, name: str, classes: Mapping[str, str]) -> str:
    """A column's name in words; its category is the tooltip."""
    label = words.xml(name.replace("_", " ").capitalize())
    return f'<th scope={scope} title="{words.xml(classes.get(name, ""))}">{label}</th>'


def _number(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    plain = _plain(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
