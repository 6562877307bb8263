"""A report as CSV: a zip with one file per table, the same bytes for the same data.

A text that a spreadsheet would treat as a formula is prefixed with an apostrophe (``words.cell``).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from wavehouse.kernel import words
from wavehouse.sponsorship.types import Table


def render_csv(tables: Sequence[Table], *, created_at: datetime) -> bytes:
    """The tables as UTF-8 CSV (RFC 4180) with a header line each, zipped."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            entry = zipfile.ZipInfo(f"{table.name}.csv", created_at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, _lines(table))
    return made.getvalue()


def _lines(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([words.cell(column) for column in table.columns])
    writer.writerows([cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def cell(value: object) -> str:
    """A value as a CSV cell: ISO 8601 times, plain decimals, empty when unknown."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return words.cell(value) if isinstance(value, str) else str(value)
