"""A report as an Excel workbook: one sheet per table, the same bytes for the same data."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook

from wavehouse.sponsorship.types import Table

_WIDEST = 60
_AMOUNTS = {
    "amount0": "#,##0",
    "amount2": "#,##0.00",
    "amount3": "#,##0.000",
    "amount4": "#,##0.0000",
}
"""Styles by the decimals of a currency (ISO 4217): 0, 2, 3 or 4."""


def render_xlsx(tables: Sequence[Table], *, title: str, created_at: datetime) -> bytes:
    """The tables as XLSX. No text is interpreted as a formula or a link."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(made, options) as book:
        book.set_properties(
            {
                "title": title,
                "author": "Wavehouse",
                "created": created_at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        styles = _styles(book)
        for table in tables:
            _sheet(book, styles, table)
    return made.getvalue()


def _styles(book: Workbook) -> dict[str, Any]:
    head = {"bold": True, "font_color": "#1a1f36", "bottom": 1, "bottom_color": "#c9cde0"}
    return {
        "head": book.add_format({**head, "bg_color": "#f5f5ff", "valign": "vcenter"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "count": book.add_format({"num_format": "#,##0", "valign": "top"}),
        **{
            name: book.add_format({"num_format": pattern, "valign": "top"})
            for name, pattern in _AMOUNTS.items()
        },
        "ratio": book.add_format({"num_format": "0.0000", "valign": "top"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"}),
        "moment": book.add_format(
            {"num_format": "yyyy-mm-dd hh:mm", "align": "left", "valign": "top"}
        ),
    }


def _sheet(book: Workbook, styles: dict[str, Any], table: Table) -> None:
    sheet = book.add_worksheet(table.title)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for index, column in enumerate(table.columns):
        sheet.write_string(0, index, column.replace("_", " ").capitalize(), styles["head"])
        sheet.set_column(index, index, _width(table, index))
    for line, row in enumerate(table.rows, 1):
        for index, value in enumerate(row):
            _write(sheet, styles, line, index, value)


def _write(sheet: Any, styles: dict[str, Any], line: int, index: int, value: object) -> None:
    if value is None:
        sheet.write_blank(line, index, None, styles["text"])
    elif isinstance(value, bool) or not isinstance(value, int | Decimal | date):
        sheet.write_string(line, index, str(value), styles["text"])
    elif isinstance(value, int):
        sheet.write_number(line, index, value, styles["count"])
    elif isinstance(value, Decimal):
        sheet.write_number(line, index, float(value), styles[_style(value)])
    elif isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None)
        sheet.write_datetime(line, index, moment, styles["moment"])
    else:
        sheet.write_datetime(line, index, value, styles["day"])


def _style(value: Decimal) -> str:
    """The style of an amount with its currency's decimals, or of a ratio."""
    exponent = value.as_tuple().exponent
    style = f"amount{-exponent}" if isinstance(exponent, int) else "ratio"
    return style if style in _AMOUNTS else "amount2" if value == round(value, 2) else "ratio"


def _width(table: Table, index: int) -> int:
    cells = [str(row[index]) for row in table.rows if row[index] is not None]
    return min(_WIDEST, max(map(len, [table.columns[index], *cells])) + 3)
