"""The transforms exported as projects of dbt and SQLMesh: their files; and, by hand, their rows.

``make exports DBT=…/bin/dbt SQLMESH=…/bin/sqlmesh`` runs both on a warehouse and compares digests.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner
from tests.engines.conftest import events, parquet

from wavehouse.engines import digest, open_engine
from wavehouse.kernel.errors import EXIT_REFUSED
from wavehouse.measurement import cli
from wavehouse.measurement.rules.exporting import DIALECTS, TOOLS
from wavehouse.measurement.rules.warehouse import COMPUTED_AT, EVENTS, ROLLUP_TABLES
from wavehouse.measurement.service import warehouse

DAYS = (date(2026, 1, 5), date(2026, 1, 6))
"""SQLMesh computes days that are over."""


def _exported(place: Any, *arguments: object, code: int = 0) -> str:
    from contextlib import nullcontext

    result = CliRunner().invoke(
        cli.warehouse, ["export", *map(str, arguments)], obj=lambda: nullcontext(place)
    )
    assert code == result.exit_code or code == getattr(result.exception, "exit_code", None), result
    return result.output


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("tool", TOOLS)
def test_ops24_a_project_has_a_model_for_every_rollup_in_every_dialect(
    tool: str, dialect: str
) -> None:
    """Parameters are the tool's own, and none of ours is left."""
    files = warehouse.project(tool, dialect=dialect, database="warehouse.duckdb")
    models = {name: text for name, text in files.items() if name.endswith(".sql")}

    assert {f"models/{table.name}.sql" for table in ROLLUP_TABLES} == set(models)
    for table in ROLLUP_TABLES:
        text = models[f"models/{table.name}.sql"]
        assert f" AS {table.clock}" in text
        assert not any(mark in text for mark in ("__", "{{ }}", "AS bucket", ":first", "$first"))
        assert {"dbt": "{{ source('wavehouse', 'listener_events') }}"}.get(
            tool, EVENTS.name
        ) in text
    assert 2 == models["models/audience_daily.sql"].count("FROM ")
    assert all(
        yaml.safe_load(text) for name, text in files.items() if name.endswith((".yml", ".yaml"))
    )


def test_ops24_an_export_writes_into_an_empty_folder_only(desk: Any, tmp_path: Path) -> None:
    """A folder with files is refused, and a dry run writes nothing."""
    target = tmp_path / "project"
    assert "models/audience_daily.sql" in _exported(desk.place, "dbt", target, "--dry-run")
    assert not target.exists()
    _exported(desk.place, "dbt", target)
    assert (target / "models" / "audience_daily.sql").exists()
    _exported(desk.place, "sqlmesh", target, code=EXIT_REFUSED)
    assert not (target / "config.yaml").exists()


def _warehouse(folder: Path) -> Path:
    """A DuckDB file that versions before 2.0 read too, with two days of events."""
    file = folder / "warehouse.duckdb"
    with closing(open_engine(f"duckdb://{folder}/whole.duckdb")) as engine:
        engine.ensure(EVENTS, first=DAYS[0], last=DAYS[1])
        for day in DAYS:
            engine.load(EVENTS, parquet(events(day, 200), folder / "day.parquet"))
            engine.replace(EVENTS, day=day)
            warehouse.roll_up_day(engine, day, "1")
    with duckdb.connect(str(file), config={"storage_compatibility_version": "v1.2.0"}) as copy:
        copy.execute(f"ATTACH '{folder / 'whole.duckdb'}' AS whole (READ_ONLY)")
        for table in (EVENTS, *ROLLUP_TABLES):
            copy.execute(f"CREATE TABLE {table.name} AS SELECT * FROM whole.{table.name}")
    return file


def _digests(file: Path, schema: str) -> dict[str, str]:
    with duckdb.connect(str(file), read_only=True) as database:
        return {
            table.name: digest(
                database.execute(
                    "SELECT "
                    + ", ".join(f'"{name}"' for name in table.names if name != COMPUTED_AT)
                    + f" FROM {schema}.{table.name}"
                ).fetchall()
            )
            for table in ROLLUP_TABLES
        }


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.harness
@pytest.mark.skipif("DBT" not in os.environ, reason="not run here: no DBT=…/bin/dbt")
def test_ops24_the_dbt_project_makes_the_same_rollups(tmp_path: Path) -> None:
    """All days, and one day again as late data needs it."""
    file = _warehouse(tmp_path)
    _written("dbt", tmp_path / "project", file)
    dbt = (os.environ["DBT"], "build", "--profiles-dir", ".")
    _run(tmp_path / "project", *dbt)
    expected = _digests(file, "main")
    assert expected == _digests(file, "rollups")
    _run(tmp_path / "project", *dbt, "--vars", "{first: 2026-01-06, last: 2026-01-07}")
    assert expected == _digests(file, "rollups")


@pytest.mark.harness
@pytest.mark.skipif("SQLMESH" not in os.environ, reason="not run here: no SQLMESH=…/bin/sqlmesh")
def test_ops24_the_sqlmesh_project_makes_the_same_rollups(tmp_path: Path) -> None:
    """All days, and one day again as late data needs it."""
    file = _warehouse(tmp_path)
    _written("sqlmesh", tmp_path / "project", file)
    plan = (os.environ["SQLMESH"], "plan", "--auto-apply", "--no-prompts")
    _run(tmp_path / "project", *plan)
    expected = _digests(file, "main")
    assert expected == _digests(file, "rollups")
    again = ("--restate-model", "rollups.*", "--start", "2026-01-06", "--end", "2026-01-06")
    _run(tmp_path / "project", *plan, *again)
    assert expected == _digests(file, "rollups")


def _written(tool: str, folder: Path, file: Path) -> None:
    for name, text in warehouse.project(tool, dialect="duckdb", database=str(file)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
