"""A person's data as a ZIP file: an index to read, and each table as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wavehouse.kernel import words

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color:#1a1f36}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;"
    "padding:4px 8px;border-bottom:1px solid #e3e5ee;vertical-align:top;overflow-wrap:anywhere}"
    ".wide{overflow-x:auto}h2{margin-top:2rem;font-size:1.1rem}small{color:#5f6780}"
)
_SHOWN = 50


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
        f"<small>{len(rows):,} rows</small></li>"
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
    names = list(rows[0])
    classes = content.categories.get(table, {})
    head = "".join(
        f"<th scope=col>{words.xml(name)}<br><small>{words.xml(classes.get(name, ''))}</small></th>"
        for name in names
    )
    body = "".join(
        "<tr>" + "".join(f"<td>{words.xml(_text(row.get(name)))}</td>" for name in names) + "</tr>"
        for row in rows[:_SHOWN]
    )
    more = f"<p><small>{len(rows) - _SHOWN:,} more rows in the files.</small></p>"
    return (
        f'<h2 id="{words.xml(table)}">{words.xml(_title(table))}</h2><p>'
        f'<a href="{words.xml(table)}.csv">CSV</a> · <a href="{words.xml(table)}.json">JSON</a></p>'
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{more if len(rows) > _SHOWN else ''}"
    )


def _text(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
