"""There is one clock: Python reads ``kernel/clock.py``; SQL gets the time as a parameter.

A figure must be the same when it is computed again tomorrow, and a test must be able to set the
time. A single ``now()`` on the way breaks both.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

CLOCK = "src/wavehouse/kernel/clock.py"
# The first bits of an id order index pages; no report uses them.
IDS = "src/wavehouse/kernel/ids.py"
NOW_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "gmtime"),
    ("time", "localtime"),
}
SQL_NOW = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b",
    re.IGNORECASE,
)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def clock_readings(tree: ast.Module) -> list[tuple[int, str]]:
    """Calls (or mentions) of a clock: (line, name)."""
    rows = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if (owner, node.attr) in NOW_CALLS:
                rows.append((node.lineno, f"{owner}.{node.attr}"))
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            names = {alias.name for alias in node.names}
            rows += [(node.lineno, f"time.{n}") for n in names if ("time", n) in NOW_CALLS]
    return rows


def sql_nows(text: str) -> list[str]:
    """The clock readings of a piece of SQL, comments aside."""
    return [match.group(0) for match in SQL_NOW.finditer(SQL_COMMENT.sub(" ", text))]


def test_the_lint_for_clocks_sees_each_way_to_read_one() -> None:
    """Examples that the lint refuses and allows."""
    assert [(1, "datetime.now")] == clock_readings(ast.parse("at = datetime.now(UTC)"))
    assert [(1, "datetime.now")] == clock_readings(ast.parse("dt.datetime.now(tz=UTC)"))
    assert [(1, "date.today")] == clock_readings(ast.parse("field(default_factory=date.today)"))
    assert [(1, "time.time")] == clock_readings(ast.parse("from time import time"))
    assert [] == clock_readings(ast.parse("began = time.monotonic(); clock.now()"))


def test_only_the_clock_reads_the_clock(sources: list[Any]) -> None:
    """Every other module calls ``wavehouse.kernel.clock``."""
    faults = [
        f"{source.place}:{line} {name}"
        for source in sources
        if source.place not in {CLOCK, IDS}
        for line, name in clock_readings(source.tree)
    ]

    assert [] == faults


def test_the_lint_for_sql_sees_the_clock_of_the_server() -> None:
    """Comments may mention now(); statements may not."""
    assert ["now()"] == sql_nows("SELECT 1 WHERE at > now()")
    assert ["CURRENT_DATE"] == sql_nows("SELECT CURRENT_DATE")
    assert [] == sql_nows("SELECT at FROM t -- not now()\n WHERE at > %(at)s")


def test_no_statement_reads_the_servers_clock(sources: list[Any]) -> None:
    """Queries get the time as a parameter, so a frozen clock applies to SQL as well."""
    faults = [
        f"{source.place}:{node.lineno} {name}"
        for source in sources
        if source.room == "queries"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in sql_nows(node.value)
    ]

    assert [] == faults


def test_no_transform_reads_the_servers_clock(root: Path) -> None:
    """A transform is a pure SELECT: recomputing it from raw data gives the same figure."""
    files = sorted((root / "src" / "wavehouse" / "transforms").glob("**/*.sql"))
    faults = [f"{f.name} {n}" for f in files for n in sql_nows(f.read_text(encoding="utf-8"))]

    assert [] == faults
