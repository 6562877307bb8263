"""Public interface of ``engines``: one port for every engine that rollups run on."""

from wavehouse.engines.dialects import NOT_RUN, template, translated
from wavehouse.engines.digests import canonical, digest, digests_by_bucket
from wavehouse.engines.opening import (
    duckdb_file,
    open_engine,
    parts_of,
    require_kept,
    without_password,
)
from wavehouse.engines.port import Engine, digests
from wavehouse.engines.spark_session import (
    java_missing,
    set_partitions,
    spark_errors,
    spark_session,
    stop_spark,
)
from wavehouse.engines.tables import Column, Kind, Table, Value

__all__ = [
    "NOT_RUN",
    "Column",
    "Engine",
    "Kind",
    "Table",
    "Value",
    "canonical",
    "digest",
    "digests",
    "digests_by_bucket",
    "duckdb_file",
    "java_missing",
    "open_engine",
    "parts_of",
    "require_kept",
    "set_partitions",
    "spark_errors",
    "spark_session",
    "stop_spark",
    "template",
    "translated",
    "without_password",
]
