"""The conformance suite of the warehouse's engines, all in one run, and what did not run.

    make conformance                      prints a table; ARGS="--write FILE" writes it too

DuckDB, PostgreSQL and ClickHouse (chdb) always; Spark in one process and on a standalone cluster of
a master and two workers, which this script starts, where pyspark and Java 17 are installed;
TimescaleDB, Citus and a ClickHouse server where ``WAVEHOUSE_TEST_TIMESCALE_URL``,
``WAVEHOUSE_TEST_CITUS_URL`` or ``WAVEHOUSE_TEST_CLICKHOUSE_URL`` names one. Exit code 1 when a test
failed; an engine that is not here is named, and is no failure.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

from cluster import running

from wavehouse.engines import java_missing

ENGINES = {
    "duckdb": "DuckDB",
    "postgres": "PostgreSQL, native partitions",
    "clickhouse": "ClickHouse's engine (chdb)",
    "spark": "Spark in one process, `spark-local`",
    "spark-cluster": "Spark on `spark://`, a master and two workers",
    "timescale": "TimescaleDB",
    "citus": "Citus",
    "clickhouse-server": "ClickHouse, a server",
}
SUITES = {
    "tests.engines.test_conformance": "conformance",
    "tests.measurement.test_warehouse": "commands",
}
SAME = {"chdb": "clickhouse", "spark-local": "spark"}
"""Engines by the scheme of their addresses."""
WORKERS = 2


def run(folder: Path) -> tuple[Path, int, float]:
    """Run both suites: the file of results, pytest's exit code, and seconds."""
    results, began = folder / "results.xml", time.monotonic()
    files = [f"{name.replace('.', '/')}.py" for name in SUITES]
    with ExitStack() as stack:
        environment = dict(os.environ)
        if not java_missing():
            try:
                address, _ = stack.enter_context(running(WORKERS, folder))
            except ImportError:
                print("no pyspark: pip install 'wavehouse[spark]'")
            else:
                environment["WAVEHOUSE_TEST_SPARK_MASTER"] = address
        code = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", f"--junitxml={results}", *files],
            env=environment,
            check=False,
        ).returncode
    return results, code, time.monotonic() - began


def table(results: Path) -> str:
    """A row for each engine: how many tests passed and failed, or why it did not run."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    reasons: dict[str, str] = {}
    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 -- pytest wrote it
        suite = SUITES.get(case.get("classname", ""))
        named = re.search(r"\[([a-z-]+)\]$", case.get("name", ""))
        engine = SAME.get(named[1], named[1]) if named else ""
        if suite is None or engine not in ENGINES:
            continue
        skipped = case.find("skipped")
        if skipped is not None:
            reasons[engine] = skipped.get("message", "").replace("Skipped: ", "")
        failed = case.find("failure") is not None or case.find("error") is not None
        outcome = "skipped" if skipped is not None else "failed" if failed else "passed"
        counts[engine, suite][outcome] += 1
    lines = ["| engine | " + " | ".join(SUITES.values()) + " |", "|---|---|---|"]
    for engine, title in ENGINES.items():
        cells = [_cell(counts[engine, suite], reasons.get(engine, "")) for suite in SUITES.values()]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(outcomes: Counter[str], reason: str) -> str:
    every = outcomes.total()
    if not every:
        return "-"
    if outcomes["skipped"]:
        return reason
    return f"{outcomes['passed']} of {every}"


def main() -> int:
    """Run, print and write the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--write", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="wavehouse-conformance-") as folder:
        results, code, seconds = run(Path(folder))
        shown = table(results)
    print(f"\n{shown}\n\n{seconds:.0f} s")
    if given.write:
        given.write.write_text(f"{shown}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
