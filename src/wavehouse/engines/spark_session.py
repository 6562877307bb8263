"""A session of Apache Spark. Needs the extra ``wavehouse[spark]`` and Java 17."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from wavehouse.kernel.errors import Unreachable, UsageError

_OPTIONS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.task.maxFailures": "8",
}
_PARTITIONS, _WAVES = 8, 3
"""Partitions of a shuffle: at least, and for each core; Spark joins those that are small."""
_PATIENCE = 5.0


def java_missing() -> str:
    """The reason why Spark cannot start here, or an empty string."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "Spark needs Java 17: apt-get install openjdk-17-jre-headless, or set JAVA_HOME"
    return ""


def spark_session(
    master: str, *, name: str = "wavehouse", options: dict[str, str] | None = None
) -> Any:
    """A Spark session; one exists in a process at a time.

    UsageError when pyspark or Java is missing, Unreachable when the master does not respond.
    """
    missing = java_missing()
    if missing:
        raise UsageError(missing)
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError(
            "the engine spark is not installed",
            hint="Install the extra wavehouse[spark] with pip; it needs Java 17.",
        ) from None
    _check_master(master)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName(name)
    for key, value in (_OPTIONS | (options or {})).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    set_partitions(spark)
    return spark


def set_partitions(spark: Any) -> None:
    """Fit the number of partitions to the cores that have registered by now."""
    cores = spark.sparkContext.defaultParallelism
    spark.conf.set("spark.sql.shuffle.partitions", str(max(_PARTITIONS, _WAVES * cores)))


def _check_master(master: str) -> None:
    """Spark itself tries for a minute, and then ends with a page of Java."""
    parts = urlsplit(master)
    if parts.scheme != "spark":
        return
    where = f"{parts.hostname}:{parts.port or 7077}"
    try:
        socket.create_connection((parts.hostname, parts.port or 7077), _PATIENCE).close()
    except OSError as error:
        raise Unreachable(f"the Spark master does not respond: {error}", where=where) from None
