"""The classification page: what each column holds, who classified it, when and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import governance
from wavehouse.charts import format as fmt
from wavehouse.governance import ColumnEntry, Level, TableEntry, is_personal
from wavehouse.kernel.databases import DATABASES
from wavehouse.queue import check_operator
from wavehouse.web.page_context import PageContext

COLUMNS = 300
"""Columns that the page lists at most; the filters or the command list the rest."""
_TONES = {"restricted": "bad", "confidential": "warn", "internal": "plain", "public": "good"}
_ORDER = ("UNCLASSIFIED", "restricted", "confidential", "internal", "public")


@dataclass(frozen=True, slots=True)
class TableLine:
    """A table: its most sensitive level, who classified it, when and why."""

    name: str
    level: str
    tone: str
    columns: str
    personal: str
    by: str
    on: str
    why: str
    owner: str


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column that the filters match."""

    name: str
    table: str
    category: str
    level: str
    tone: str
    subjects: str


@dataclass(frozen=True, slots=True)
class Filters:
    """The choices of the form, as sent."""

    database: str = ""
    level: str = ""
    category: str = ""
    table: str = ""

    @property
    def lists_columns(self) -> bool:
        """Whether single columns are wanted."""
        return bool(self.level or self.category or self.table)

    @property
    def are_set(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.lists_columns or self.database)

    def matches(self, table: str, entry: ColumnEntry) -> bool:
        """Whether a column of ``database.schema.table`` is wanted."""
        return (
            table.startswith(f"{self.database}." if self.database else "")
            and self.table in ("", table)
            and self.level in ("", entry.level)
            and f"{entry.category}.".startswith(f"{self.category}." if self.category else "")
        )


def router(context: PageContext) -> APIRouter:
    """Routes of ``/classification``."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    @routes.get("/classification")
    def show(
        request: Request, database: str = "", level: str = "", category: str = "", table: str = ""
    ) -> Response:
        identity = context.visitor(request)
        check_operator(identity, home=workspace.home)
        filters = Filters(database.strip(), level.strip(), category.strip(), table.strip())
        tables = list(_tables(filters))
        columns = _columns(filters) if filters.lists_columns else []
        missing = governance.uncovered(workspace.stores.databases)
        return context.page(
            request,
            "classification",
            identity,
            missing=[(each.where, each.message) for each in missing],
            tables=tables,
            columns=columns[:COLUMNS],
            total=fmt.count(len(columns)),
            more=len(columns) > COLUMNS,
            filters=filters,
            databases=DATABASES,
            levels=[each.value for each in Level],
            categories=_categories(),
        )

    return routes


def _tables(filters: Filters) -> Iterator[TableLine]:
    for name, entry in governance.classification().tables.items():
        wanted = [each for each in entry.columns.values() if filters.matches(name, each)]
        if wanted:
            yield _table(name, entry, wanted)


def _table(name: str, entry: TableEntry, wanted: list[ColumnEntry]) -> TableLine:
    level = min((str(each.level) for each in entry.columns.values()), key=_ORDER.index)
    return TableLine(
        name,
        level,
        _TONES.get(level, "bad"),
        fmt.count(len(wanted)),
        fmt.count(sum(is_personal(each.category) for each in wanted)),
        entry.classified_by,
        fmt.day_and_year(entry.classified_on),
        entry.why,
        entry.owner,
    )


def _columns(filters: Filters) -> list[ColumnLine]:
    """The columns that match, unclassified ones first, then the most sensitive."""
    lines = [
        ColumnLine(
            column,
            name,
            each.category,
            str(each.level),
            _TONES.get(str(each.level), "bad"),
            ", ".join([each.subject] if each.subject else entry.subjects),
        )
        for name, entry in governance.classification().tables.items()
        for column, each in entry.columns.items()
        if filters.matches(name, each)
    ]
    return sorted(lines, key=lambda line: _ORDER.index(line.level))


def _categories() -> list[str]:
    return sorted(
        {
            column.category
            for entry in governance.classification().tables.values()
            for column in entry.columns.values()
        }
    )
