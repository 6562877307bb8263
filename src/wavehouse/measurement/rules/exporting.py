"""The transforms as projects of dbt and SQLMesh: the files' names and texts.

Both read ``listener_events`` as ``wavehouse warehouse push`` writes it, and make the same rollups
in a schema of their own. A bucket is replaced as a whole: late data and retries change no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from wavehouse.engines import Table, template
from wavehouse.measurement.rules.warehouse import EVENTS

TOOLS = ("dbt", "sqlmesh")
DIALECTS = (
    "duckdb", "postgres", "clickhouse", "spark", "bigquery", "redshift", "snowflake", "trino",
)  # fmt: skip
_SOURCE = "__source__"
_MARKS = {"first": datetime, "last": datetime, "computed_at": datetime}


@dataclass(frozen=True, slots=True)
class Model:
    """A rollup: its table, and its portable SELECTs, which are added up."""

    table: Table
    selects: tuple[str, ...]


def project(tool: str, models: tuple[Model, ...], *, dialect: str, database: str) -> dict[str, str]:
    """The files of a project by name; ``database`` is the DuckDB file with the events."""
    return {"dbt": _dbt, "sqlmesh": _sqlmesh}[tool](models, dialect, database)


def _dbt(models: tuple[Model, ...], dialect: str, database: str) -> dict[str, str]:
    texts = {
        "first": '\'{{ var("first", "1970-01-01") }}\'',
        "last": '\'{{ var("last", "2200-01-01") }}\'',
        "computed_at": "'{{ run_started_at.strftime(\"%Y-%m-%d %H:%M:%S\") }}'",
    }
    files = {
        "dbt_project.yml": _DBT_PROJECT,
        "profiles.yml": _DBT_PROFILES.format(database=database),
        "models/sources.yml": _DBT_SOURCES.format(table=EVENTS.name),
        "models/rollups.yml": "version: 2\nmodels:\n" + "".join(map(_dbt_tests, models)),
        "README.md": _DBT_README,
    }
    for model in models:
        body = _select(model, dialect, texts, _DBT_SOURCE)
        config = (
            "{{ config(materialized='incremental', incremental_strategy='delete+insert', "
            f"unique_key='{model.table.clock}') }}}}\n"
        )
        files[f"models/{model.table.name}.sql"] = config + body + "\n"
    return files


def _dbt_tests(model: Model) -> str:
    keys = [column.name for column in model.table.columns[:3]]
    lines = [f"  - name: {model.table.name}", "    columns:"]
    for key in keys:
        lines += [f"      - name: {key}", "        data_tests: [not_null]"]
    return "\n".join(lines) + "\n"


def _sqlmesh(models: tuple[Model, ...], dialect: str, database: str) -> dict[str, str]:
    texts = {"first": "@start_ts", "last": "@end_ts", "computed_at": "@execution_ts"}
    columns = "".join(
        f"    {column.name}: {_SQLMESH_TYPES[column.kind]}\n" for column in EVENTS.columns
    )
    files = {
        "config.yaml": _SQLMESH_CONFIG.format(database=database, dialect=dialect),
        "external_models.yaml": f"- name: main.{EVENTS.name}\n  columns:\n{columns}",
        "README.md": _SQLMESH_README,
    }
    for model in models:
        # SQLMesh's interval ends with its last microsecond, included.
        body = _select(model, dialect, texts, f"main.{EVENTS.name}")
        body = body.replace("< CAST(@end_ts", "<= CAST(@end_ts")
        table, keys = model.table, ", ".join(column.name for column in model.table.columns[:4])
        if len(model.selects) > 1:
            keys = ", ".join(column.name for column in table.columns[:3])
        head = (
            f"MODEL (\n  name rollups.{table.name},\n"
            f"  kind INCREMENTAL_BY_TIME_RANGE (time_column {table.clock}),\n"
            f"  cron '@daily',\n  grain ({keys}),\n"
            "  audits (not_null(columns := (organization_id, podcast_id)))\n);\n\n"
        )
        files[f"models/{table.name}.sql"] = head + body + "\n"
    return files


def _select(model: Model, dialect: str, texts: Mapping[str, str], source: str) -> str:
    """The SELECTs of a model with its tool's own parameters."""
    grain = "hour" if model.table.clock == "hour" else "day"
    written = [
        template(select, dialect, {"grain": grain}, _MARKS, _SOURCE, pretty=True)
        for select in model.selects
    ]
    text = "\nUNION ALL\n".join(written)
    text = text.replace(f"{_SOURCE}.{EVENTS.name}", source)
    for name, value in texts.items():
        text = text.replace(f"'__{name}__'", value)
    return text.replace(" AS bucket,", f" AS {model.table.clock},", 1)


_DBT_SOURCE = "{{ source('wavehouse', 'listener_events') }}"
_SQLMESH_TYPES: dict[str, str] = {
    "instant": "timestamp", "id": "uuid", "text": "text", "whole": "bigint",
    "rate": "decimal(5, 4)", "day": "date",
}  # fmt: skip
_DBT_PROJECT = """name: wavehouse
version: "1.0"
profile: wavehouse
model-paths: [models]
flags:
  send_anonymous_usage_stats: false
"""
_DBT_PROFILES = """wavehouse:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{{{ env_var('WAVEHOUSE_WAREHOUSE', '{database}') }}}}"
      schema: rollups
      threads: 1
"""
_DBT_SOURCES = """version: 2
sources:
  - name: wavehouse
    schema: "{{{{ var('source_schema', 'main') }}}}"
    tables:
      - name: {table}
"""
_DBT_README = """# Wavehouse's rollups as a dbt project

    pip install dbt-duckdb
    wavehouse warehouse push
    dbt build --profiles-dir .
    dbt build --profiles-dir . --vars '{first: 2026-11-12, last: 2026-11-13}'

The second form recomputes the UTC days from `first` to before `last`, as late data needs it. The
tables are in the schema `rollups`, with the columns of Wavehouse's own. For another engine: export
with `--dialect`, and use your own profile and `--vars '{source_schema: …}'`.
"""
_SQLMESH_CONFIG = """gateways:
  duckdb:
    connection:
      type: duckdb
      database: {database}
default_gateway: duckdb
disable_anonymized_analytics: true
model_defaults:
  dialect: {dialect}
  start: 2026-01-01
"""
_SQLMESH_README = """# Wavehouse's rollups as a SQLMesh project

    pip install 'sqlmesh[duckdb]'
    wavehouse warehouse push
    sqlmesh plan --auto-apply --no-prompts
    sqlmesh plan --auto-apply --no-prompts --restate-model 'rollups.*' \\
      --start 2026-11-12 --end 2026-11-12

The last form recomputes days, as late data needs it. The tables are in the schema `rollups`, with
the columns of Wavehouse's own. For another engine: export with `--dialect` and change the gateway
in `config.yaml`. Set `start` to the first day of your data.
"""
