"""Addresses of warehouses that cannot be opened: one sentence, and the place."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.engines.conftest import DAYS, SPARK_MISSING, database_of, events, parquet

from wavehouse.engines import open_engine, spark_errors, spark_session, stop_spark
from wavehouse.engines.postgres import Postgres
from wavehouse.kernel.errors import Refused, Unreachable, UsageError
from wavehouse.measurement.rules.warehouse import EVENTS


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Not as a file that another program uses."""
    with pytest.raises(Refused, match="folder") as error:
        open_engine(f"duckdb://{tmp_path}/missing/warehouse.duckdb")
    assert error.value.where == f"{tmp_path}/missing/warehouse.duckdb"


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    """The host and the port."""
    with pytest.raises(Unreachable) as error:
        open_engine("clickhouse://anna:secret@127.0.0.1:1/warehouse")
    assert ("127.0.0.1:1", False) == (error.value.where, "secret" in str(error.value))


def test_a_spark_warehouse_needs_a_folder_that_exists(tmp_path: Path) -> None:
    """The master alone says nothing about where the rows are."""
    with pytest.raises(UsageError, match="needs a folder"):
        open_engine("spark://head:7077")
    with pytest.raises(Refused, match="folder of the warehouse does not exist"):
        open_engine(f"spark-local://{tmp_path}/missing/warehouse")


@pytest.mark.parametrize(
    "master",
    ["nonsense", "spark://", "spark://head", "spark://:7077", "spark://head:7077/x", "local[]",
     "spark://head:7077,", "http://head:7077", ""],
)  # fmt: skip
def test_what_is_not_the_address_of_a_master_is_refused_before_spark_starts(
    master: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark would print pages of Java; the hint shows what an address looks like."""
    monkeypatch.setenv("JAVA_HOME", "/there")
    with pytest.raises(UsageError, match="not the address of a Spark master") as error:
        spark_session(master)
    assert (2, master) == (error.value.exit_code, error.value.where)


@pytest.mark.skipif(bool(SPARK_MISSING), reason=f"not run here: {SPARK_MISSING}")
def test_a_spark_master_that_does_not_respond_is_named(tmp_path: Path) -> None:
    """At once, and not after a minute of attempts; nothing is staged."""
    engine = open_engine(f"spark://127.0.0.1:1{tmp_path}/there")
    engine.ensure(EVENTS, first=DAYS[0], last=DAYS[0])
    with pytest.raises(Unreachable, match="the Spark master does not respond") as error:
        engine.load(EVENTS, parquet(events(DAYS[0], 1), tmp_path / "rows.parquet"))
    assert "127.0.0.1:1" == error.value.where
    assert ["columns"] == [path.name for path in (tmp_path / "there" / EVENTS.name).iterdir()]


def test_a_postgresql_that_is_gone_in_mid_push_is_unreachable(server: Any, tmp_path: Path) -> None:
    """Exit code 5 and a sentence; after connecting again the day is pushed."""
    with database_of(server) as conninfo:
        engine = Postgres(conninfo)
        engine.ensure(EVENTS, first=DAYS[0], last=DAYS[0])
        with psycopg.connect(conninfo, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        file = parquet(events(DAYS[0], 10), tmp_path / "rows.parquet")
        for attempt in (
            lambda: engine.load(EVENTS, file),
            lambda: engine.replace(EVENTS, day=DAYS[0]),
            lambda: engine.rows(EVENTS, first=DAYS[0], last=DAYS[0]),
        ):
            with pytest.raises(Unreachable, match=r"the warehouse does not respond: \S") as error:
                attempt()
            assert 5 == error.value.exit_code
        engine.close()
        with closing(Postgres(conninfo)) as again:
            again.ensure(EVENTS, first=DAYS[0], last=DAYS[0])
            again.load(EVENTS, file)
            assert 10 == again.replace(EVENTS, day=DAYS[0])


def test_a_clickhouse_server_that_is_gone_in_mid_push_is_unreachable(tmp_path: Path) -> None:
    """The client's own errors, also of a response that breaks off."""
    pytest.importorskip("clickhouse_connect", reason="not run here: no clickhouse-connect")
    urllib3 = pytest.importorskip("urllib3")
    from clickhouse_connect.driver.exceptions import OperationalError

    from wavehouse.engines.clickhouse import _Errors

    for gone in (OperationalError("reset by peer"), urllib3.exceptions.ProtocolError("broke off")):
        with (
            pytest.raises(Unreachable, match="the warehouse does not respond: ") as error,
            _Errors(),
        ):
            raise gone
        assert 5 == error.value.exit_code


def test_stopping_a_spark_that_is_gone_does_not_hide_the_first_error() -> None:
    """The statement that missed it has said so, with exit code 5."""
    pytest.importorskip("py4j", reason="not run here: no pyspark")

    class Gone:
        def stop(self) -> None:
            raise ConnectionRefusedError(111, "Connection refused")

    def failing() -> None:
        try:
            raise ConnectionError("broken off")
        finally:
            stop_spark(Gone())

    with pytest.raises(Unreachable, match="Spark has stopped: broken off"), spark_errors():
        failing()
