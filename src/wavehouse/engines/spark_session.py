"""A session of Apache Spark. Needs the extra ``wavehouse[spark]`` and Java 17."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from wavehouse.engines.spans import refusal
from wavehouse.kernel.errors import Unreachable, UsageError, WavehouseError

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
_OTHER_MASTERS = re.compile(r"local(\[(\*|\d+)(,\d+)?\])?|yarn|k8s://.+")

_HOST_AND_PORT = re.compile(r"([^\s,/:\[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})(?:,|$)")


@contextmanager
def spark_errors() -> Iterator[None]:
    """Errors of Spark as the product's own: Unreachable when it has stopped."""
    try:
        yield
    except WavehouseError:
        raise
    except Exception as error:
        from py4j.protocol import Py4JError, Py4JNetworkError
        from pyspark.errors import PySparkException

        if isinstance(error, (Py4JNetworkError, ConnectionError)):
            raise Unreachable(f"Spark has stopped: {_first_line(error)}") from error
        if isinstance(error, (PySparkException, Py4JError)):
            raise refusal("Spark", _first_line(error)) from error
        raise


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:300]


def java_missing() -> str:
    """The reason why Spark cannot start here, or an empty string."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "Spark needs Java 17: apt-get install openjdk-17-jre-headless, or set JAVA_HOME"
    return ""


def spark_session(
    master: str, *, name: str = "wavehouse", options: dict[str, str] | None = None
) -> Any:
    """A Spark session; one exists in a process at a time.

    UsageError when pyspark or Java is missing or the address is not one of a master, Unreachable
    when the master does not respond.
    """
    masters = _masters(master)
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
    _check(masters)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName(name)
    for key, value in (_OPTIONS | (options or {})).items():
        builder = builder.config(key, value)
    with spark_errors():
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("OFF")
        set_partitions(spark)
    return spark


def stop_spark(spark: Any) -> None:
    """Stop a session; one that is gone already was reported by the statement that missed it."""
    with suppress(Unreachable), spark_errors():
        spark.stop()


def set_partitions(spark: Any) -> None:
    """Fit the number of partitions to the cores that have registered by now."""
    cores = spark.sparkContext.defaultParallelism
    spark.conf.set("spark.sql.shuffle.partitions", str(max(_PARTITIONS, _WAVES * cores)))


def _masters(master: str) -> list[tuple[str, int]]:
    """The hosts and ports of a standalone cluster's masters; none for other clusters.

    Spark ends with pages of Java when the address is wrong.
    """
    if _OTHER_MASTERS.fullmatch(master):
        return []
    parsed = [
        (host.strip("[]"), int(port))
        for host, port in _HOST_AND_PORT.findall(master.removeprefix("spark://"))
    ]
    if not master.startswith("spark://") or len(parsed) != master.count(",") + 1:
        raise UsageError(
            "not the address of a Spark master",
            where=master,
            hint="Use spark://host:7077, local[2], yarn or k8s://….",
        )
    return parsed


def _check(masters: list[tuple[str, int]]) -> None:
    """Spark itself tries for a minute. One of several masters is enough."""
    reasons = []
    for address in masters:
        try:
            socket.create_connection(address, _PATIENCE).close()
        except (OSError, OverflowError) as error:
            reasons.append((f"{address[0]}:{address[1]}", error))
        else:
            return
    if reasons:
        where, reason = reasons[-1]
        raise Unreachable(f"the Spark master does not respond: {reason}", where=where)
