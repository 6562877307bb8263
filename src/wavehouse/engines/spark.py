"""Apache Spark as a warehouse: Parquet files in a folder that the driver and all workers share.

A table is a folder with a file ``columns`` (their types) and a folder ``dt=2026-11-30`` for a day,
with one folder for each generation of its rows and a file ``current`` that names the one in use.
Replacing that file (a rename) is what replaces the day: a reader has all old rows or all new ones.
The generation before is kept for queries that are reading it, until the next writer after an hour.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

from wavehouse.engines.dialects import translated
from wavehouse.engines.folders import not_writable
from wavehouse.engines.port import Row
from wavehouse.engines.spans import check_staged, next_day
from wavehouse.engines.spark_session import spark_errors, spark_session, stop_spark
from wavehouse.engines.tables import Kind, Table, Value
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused, UsageError

LOCAL = "spark-local"
_TYPES = {
    Kind.INSTANT: "TIMESTAMP_NTZ",
    Kind.DAY: "DATE",
    Kind.ID: "STRING",
    Kind.TEXT: "STRING",
    Kind.WHOLE: "BIGINT",
    Kind.RATE: "DECIMAL(5, 4)",
}
_CURRENT, _COLUMNS, _STAGED, _DAY = "current", "columns", "staged", "dt="
_KEPT_SECONDS = 3600


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Errors of the shared folder as the product's own; needs no Spark."""
    try:
        yield
    except ConnectionError:
        raise
    except OSError as error:
        raise not_writable(str(folder), error) from error


class Spark:
    """Tables in a folder; Spark starts with the first statement that needs it."""

    name = "spark"
    _open: ClassVar[set[int]] = set()
    """Engines of this process that use its only session."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if not parts.path.strip("/"):
            raise UsageError(
                "the address of a Spark warehouse needs a folder",
                where=url,
                hint="Use spark://head:7077/shared/warehouse or spark-local:///srv/warehouse.",
            )
        self._folder = Path(unquote(parts.path))
        self._master = "local[2]" if parts.scheme == LOCAL else f"spark://{parts.netloc}"
        self._session: Any = None
        if not self._folder.parent.is_dir():
            raise Refused("the folder of the warehouse does not exist", where=str(self._folder))

    def ensure(self, table: Table, *, first: date, last: date) -> None:
        """Create a table's folder; its days are made by ``replace``."""
        with _writing(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            folder = self._of(table)
            folder.mkdir(exist_ok=True)
            if not (folder / _COLUMNS).exists():
                _write(folder / _COLUMNS, _columns(table))

    def discard(self, table: Table) -> None:
        """Remove the staged rows, also those of a killed program."""
        shutil.rmtree(self._of(table) / _STAGED, ignore_errors=True)
        for of_day in self._of(table).glob(f"{_DAY}*"):
            if clock.now().timestamp() - of_day.stat().st_mtime > _KEPT_SECONDS:
                self._sweep(of_day, {self._current(of_day)})

    def load(self, table: Table, file: Path) -> None:
        """Stage the rows of a Parquet file; a copy of it is where the workers see it."""
        shared = self._of(table) / f"incoming-{secrets.token_hex(8)}.parquet"
        try:
            with _writing(self._folder):
                shutil.copyfile(file, shared)
            with spark_errors():
                self._stage(table, self._spark().read.parquet(str(shared)).select(*table.names))
        finally:
            shared.unlink(missing_ok=True)

    def aggregate(self, table: Table, select: str, values: Mapping[str, Value]) -> None:
        """Stage the rows of a SELECT, which the workers compute."""
        with spark_errors():
            for file in self._folder.glob(f"*/{_COLUMNS}"):
                source = file.parent
                if f"measurement.{source.name}" in select:
                    days = self._days(source, *_span(values))
                    self._read(file.read_text(), days).createOrReplaceTempView(source.name)
            query = self._spark().sql(translated(select, self.name, values))
            self._stage(table, query.toDF(*table.names))

    def _stage(self, table: Table, rows: Any) -> None:
        casts = [f"CAST(`{c.name}` AS {_TYPES[c.kind]}) AS `{c.name}`" for c in table.columns]
        target = self._of(table) / _STAGED / secrets.token_hex(8)
        rows.selectExpr(*casts).sortWithinPartitions(*table.order).write.parquet(str(target))

    def replace(self, table: Table, *, day: date) -> int:
        """Make the staged rows those of a day: name their folder in the day's file."""
        staged, of_day = self._of(table) / _STAGED, self._of_day(table, day)
        number = 0
        if staged.is_dir():
            with spark_errors():
                rows = self._read(_columns(table), sorted(map(str, staged.iterdir())))
                inside = f"`{table.clock}` >= '{day}' AND `{table.clock}` < '{next_day(day)}'"
                number = rows.count()
                check_staged(table, day, number - rows.where(inside).count())
        with _writing(self._folder):
            of_day.mkdir(exist_ok=True)
            before = self._current(of_day)
            if not number:
                (of_day / _CURRENT).unlink(missing_ok=True)
                _flush_file(of_day)
            else:
                generation = f"{int(before.partition('-')[0] or 0) + 1}-{secrets.token_hex(4)}"
                staged.rename(of_day / generation)
                _flush(of_day / generation)
                _write(of_day / _CURRENT, generation)
        self.discard(table)
        self._sweep(of_day, {before, self._current(of_day)})
        return number

    def _sweep(self, of_day: Path, kept: set[str]) -> None:
        """Remove the generations of a day except these."""
        for old in of_day.iterdir():
            if old.is_dir() and old.name not in kept:
                shutil.rmtree(old, ignore_errors=True)

    def rows(self, table: Table, *, first: date, last: date) -> Sequence[Row]:
        """The rows of a period."""
        days = self._days(self._of(table), first, last)
        if not days:
            return []
        ids = [n for n, column in enumerate(table.columns) if column.kind is Kind.ID]
        with spark_errors():
            return [_with_ids(row, ids) for row in self._read(_columns(table), days).collect()]

    def drop(self, table: Table, *, before: date) -> None:
        """Remove the folders of the days before one: first their files ``current``."""
        for folder in self._of(table).glob(f"{_DAY}*"):
            if date.fromisoformat(folder.name.removeprefix(_DAY)) < before:
                (folder / _CURRENT).unlink(missing_ok=True)
                shutil.rmtree(folder)

    def close(self) -> None:
        """Stop Spark, unless another engine of this process uses it."""
        self._open.discard(id(self))
        if self._session is not None and not self._open:
            stop_spark(self._session)
        self._session = None

    def _spark(self) -> Any:
        if self._session is None:
            self._session = spark_session(self._master, name="wavehouse warehouse")
            self._open.add(id(self))
        return self._session

    def _of(self, table: Table) -> Path:
        return self._folder / table.name

    def _of_day(self, table: Table, day: date) -> Path:
        return self._of(table) / f"{_DAY}{day}"

    def _current(self, of_day: Path) -> str:
        """The generation in use of a day, or an empty string."""
        try:
            return (of_day / _CURRENT).read_text()
        except FileNotFoundError:
            return ""

    def _days(self, table: Path, first: date, last: date) -> list[str]:
        """The folders with rows of a period."""
        paths: list[str] = []
        for of_day in sorted(table.glob(f"{_DAY}*")):
            day, generation = of_day.name.removeprefix(_DAY), self._current(of_day)
            if generation and str(first) <= day <= str(last):
                paths += sorted(map(str, (of_day / generation).iterdir()))
        return paths

    def _read(self, columns: str, paths: list[str]) -> Any:
        if not paths:
            return self._spark().createDataFrame([], columns)
        return self._spark().read.schema(columns).parquet(*paths)


def _columns(table: Table) -> str:
    return ", ".join(f"`{column.name}` {_TYPES[column.kind]}" for column in table.columns)


def _span(values: Mapping[str, Value]) -> tuple[date, date]:
    """The days that a transform reads: every one names its span, half-open."""
    first, last = values.get("first"), values.get("last")
    if isinstance(first, datetime) and isinstance(last, datetime):
        end = last - timedelta(microseconds=1)
        return first.astimezone(UTC).date(), end.astimezone(UTC).date()
    return date.min, date.max


def _with_ids(row: Row, ids: list[int]) -> Row:
    values = list(row)
    for n in ids:
        text = values[n]
        values[n] = None if text is None else UUID(str(text))
    return tuple(values)


def _write(file: Path, content: str) -> None:
    """Replace a small file durably: readers have the old content or the new one."""
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")  # two programs may write
    unfinished.write_text(content)
    _flush_file(unfinished)
    unfinished.replace(file)
    _flush_file(file.parent)


def _flush(folder: Path) -> None:
    """Flush every file and folder below one."""
    for path in (*folder.rglob("*"), folder):
        _flush_file(path)


def _flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
