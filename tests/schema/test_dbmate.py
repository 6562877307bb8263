"""dbmate's layout against dbmate itself: 62 folders, and what the real program made of each.

``dbmate.json`` holds the record of dbmate 2.36.0. The gate compares this runner with the record;
``make dbmate`` fetches the program from npm and compares the record with the program.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from wavehouse import schema
from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.rules.layouts import Layout

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("dbmate.json").read_text())
TABLES = """
    SELECT array_agg(name ORDER BY kind, name) FROM (
      SELECT 1, schemaname || '.' || tablename, schemaname, tablename FROM pg_tables
      UNION ALL SELECT 2, indexname, schemaname, tablename FROM pg_indexes
    ) AS made (kind, name, schema, of_table)
    WHERE schema NOT IN ('pg_catalog', 'information_schema', 'schema_ops')
      AND of_table <> 'schema_migrations'
"""


@pytest.fixture(params=CASES, ids=lambda name: name.replace(" ", "-"))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Path]:
    """A case, and its files in a folder."""
    case = CASES[request.param]
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name, text in case["files"].items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return case, folder


def made(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        (names,) = connection.execute(TABLES).fetchone() or (None,)
        connection.execute("DROP SCHEMA IF EXISTS s CASCADE")
    return names or []


def test_a_folder_of_dbmate_does_what_it_does_there(database: str, case: tuple[Any, Path]) -> None:
    """Or what the record says instead, with its reason."""
    expected = case[0].get("here", case[0]["dbmate"])
    fails = False
    try:
        schema.apply(database, case[1], layout=Layout.DBMATE)
    except WavehouseError:
        fails = True
    assert (expected["fails"], expected["makes"]) == (fails, made(database))


@pytest.mark.harness
@pytest.mark.skipif("DBMATE" not in os.environ, reason="not run here: make dbmate fetches it")
def test_the_record_is_what_dbmate_does(database: str, case: tuple[Any, Path]) -> None:
    """With the program that ``DBMATE`` names."""
    program = os.environ["DBMATE"]
    parts = conninfo_to_dict(database)
    url = (
        f"postgres://{parts['user']}:{quote(str(parts['password']))}@:{parts['port']}"
        f"/{parts['dbname']}?socket={quote(str(parts['host']), safe='')}&sslmode=disable"
    )
    command = [program, "--url", url, "-d", str(case[1]), "--no-dump-schema", "migrate"]
    done = subprocess.run(command, capture_output=True, check=False)
    expected = case[0]["dbmate"]
    assert (expected["fails"], expected["makes"]) == (done.returncode != 0, made(database))
