"""The command line starts fast: ``--help`` imports only the modules it needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "adbc_driver_manager",
    "adbc_driver_postgresql",
    "asyncio",
    "duckdb",
    "fastapi",
    "httpx",
    "jinja2",
    "lxml",
    "maxminddb",
    "msgspec",
    "opentelemetry",
    "psycopg",
    "psycopg_pool",
    "pydantic",
    "rich",
    "starlette",
    "typst",
    "uvicorn",
    "wavehouse.accounts",
    "wavehouse.catalog",
    "wavehouse.measurement",
    "wavehouse.schema",
    "wavehouse.simulation",
    "wavehouse.sponsorship",
    "wavehouse.store",
    "wavehouse.web",
}
PROGRAM = """
import json, sys
from wavehouse.cli.root import root
try:
    root.main(sys.argv[1:], standalone_mode=False)
except SystemExit:
    pass
print()
print(json.dumps(sorted(sys.modules)))
"""


def _imported_by(*arguments: str) -> set[str]:
    asked = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["ingest", "--help"]],
    ids=["help", "version", "help of a group"],
)
def test_the_first_answer_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help and version are text only; the promised 80 ms depend on it."""
    imported = _imported_by(*arguments)

    assert "click" in imported
    assert set() == imported & HEAVY


def test_a_connection_does_not_import_the_bulk_loaders_driver() -> None:
    """ADBC imports pyarrow and pandas where they are installed: half a second of each command."""
    program = "import sys, wavehouse.store, wavehouse.schema; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    imported = set(done.stdout.split())

    assert "psycopg" in imported
    assert set() == imported & {"adbc_driver_manager", "pyarrow", "pandas", "numpy", "duckdb"}
