"""Transactions: typed rows, one unit of work, the clock, and a server that disappears."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool
from tests.small_disk import filled, needs_a_small_disk, small_disk

from wavehouse.kernel import clock
from wavehouse.kernel.errors import DiskFull, NotFound, Unreachable
from wavehouse.store import Database, Operational, Place, Stores, Tx, connect, roles


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of two columns."""

    number: int
    word: str


def test_rows_come_back_as_the_dataclass_that_is_asked_for(stores: Stores) -> None:
    """Columns become its fields by name, not by position."""
    with stores.operational.worker() as tx:
        assert [Pair(1, "one")] == tx.rows(Pair, "SELECT 'one' AS word, 1 AS number")
        assert Pair(2, "two") == tx.one(
            Pair, "SELECT %(n)s::int AS number, 'two' AS word", {"n": 2}
        )
        assert tx.maybe(Pair, "SELECT 1 AS number, 'one' AS word WHERE false") is None
        assert [1, 2] == tx.values("SELECT generate_series(1, 2)")


def test_one_row_that_is_not_there_is_not_found(stores: Stores) -> None:
    """The message says what was searched."""
    with stores.operational.worker() as tx, pytest.raises(NotFound, match="no such pair"):
        tx.one(Pair, "SELECT 1 AS number, 'one' AS word WHERE false")


def test_leaving_the_block_commits_and_an_exception_rolls_back(stores: Stores) -> None:
    """One unit of work is one transaction; the edge commits."""
    insert = "INSERT INTO accounts.organizations (name, slug) VALUES (%(slug)s, %(slug)s)"
    with stores.operational.worker() as tx:
        tx.execute(insert, {"slug": "kept"})
    with pytest.raises(psycopg.errors.UniqueViolation), stores.operational.worker() as tx:
        tx.execute_many(insert, [{"slug": "lost"}, {"slug": "kept"}])
    with stores.operational.worker() as tx:
        assert ["kept"] == tx.values("SELECT slug FROM accounts.organizations")


def test_threads_that_use_a_database_first_at_once_share_one_pool(stores: Stores) -> None:
    """A second pool would be lost: its threads and connections stay, beyond the database's limit.

    Lost pools have the same threads by name, so that twice the name means two pools.
    """
    together = threading.Barrier(16)

    def used(database: Database[Operational]) -> object:
        together.wait(10)
        with database.worker() as tx:
            return tx.value("SELECT 1")

    before = [thread.ident for thread in threading.enumerate()]
    for _ in range(20):
        database: Database[Operational] = Database(stores.operational.place)
        with ThreadPoolExecutor(16) as threads:
            assert [1] * 16 == list(threads.map(used, [database] * 16))
        new = [thread.name for thread in threading.enumerate() if thread.ident not in before]
        database.close()
        assert 1 == new.count("operational worker-worker-1"), new


def test_a_thread_that_begins_while_the_database_is_closed_disturbs_nobody(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its new pool was added to the list that was being walked, and the other pools stayed open."""
    database = stores.operational
    for transaction in (database.worker(), database.app(None)):
        with transaction:
            pass
    closing = ConnectionPool.close

    def close(pool: Any, timeout: float = 5.0) -> None:
        begins = threading.Thread(target=_use, args=(database,))
        begins.start()
        begins.join(10)
        closing(pool, timeout)

    with monkeypatch.context() as patch:
        patch.setattr(ConnectionPool, "close", close)
        database.close()

    with database.worker() as tx:
        assert 1 == tx.value("SELECT 1")


def _use(database: Database[Operational]) -> None:
    with database.worker():
        pass


def test_a_snapshot_does_not_see_what_is_committed_beside_it(stores: Stores) -> None:
    """The rollup job reads ids and events of one snapshot."""
    count = "SELECT count(*) FROM accounts.organizations"
    with stores.operational.worker(snapshot=True) as tx:
        before = tx.value(count)
        with stores.operational.worker() as other:
            other.execute("INSERT INTO accounts.organizations (name, slug) VALUES ('a', 'a')")
        assert before == tx.value(count)
    with stores.operational.worker() as tx:
        assert before + 1 == tx.value(count)


def test_sql_reads_the_frozen_clock(stores: Stores) -> None:
    """Tests set the time in Python and in SQL alike; afterwards the setting is gone."""
    instant = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    read = "SELECT nullif(current_setting('wavehouse.now', true), '')::timestamptz"
    with clock.frozen(instant), stores.operational.worker() as tx:
        assert instant == tx.value(read)
    with stores.operational.worker() as tx:
        assert tx.value(read) is None


def test_many_parameter_sets_are_one_pipeline(stores: Stores) -> None:
    """The number of rows is their sum."""
    with stores.operational.worker() as tx:
        touched = tx.execute_many(
            "INSERT INTO accounts.organizations (name, slug) VALUES (%s, %s)",
            [(f"n{n}", f"s{n}") for n in range(5)],
        )

    assert 5 == touched


def test_copy_streams_rows_in_and_out(stores: Stores) -> None:
    """Bulk data uses COPY."""
    with stores.operational.worker() as tx:
        tx.execute("CREATE TEMP TABLE words (word text) ON COMMIT DROP")
        with tx.copy("COPY words FROM STDIN") as stream:
            for word in ("one", "two\ttabs", "drei"):
                stream.write_row((word,))
        assert ["drei", "one", "two\ttabs"] == sorted(tx.values("SELECT word FROM words"))


def _cut(admin: psycopg.Connection[tuple[object, ...]], tx: Tx[Operational]) -> None:
    admin.execute("SELECT pg_terminate_backend(%s)", [tx.connection.info.backend_pid])
    tx.value("SELECT 1")


def test_copy_into_writes_what_copy_reads_and_says_how_many_rows_there_are(
    stores: Stores, tmp_path: Path
) -> None:
    """Many blocks, then nothing; and the transaction goes on."""
    many = "COPY (SELECT n, repeat('x', n %% 400) FROM generate_series(1, %(n)s) n) TO STDOUT"
    with stores.analytics.worker() as tx:
        with tx.copy(many, {"n": 30_000}) as stream:
            expected = b"".join(bytes(row) for row in stream)
        with (tmp_path / "rows").open("wb") as rows:
            number = tx.copy_into(many, rows, {"n": 30_000})
            nothing = tx.copy_into(many, rows, {"n": 0})
        after = tx.value("SELECT 1")

    assert (30_000, 0, 1) == (number, nothing, after)
    assert expected == (tmp_path / "rows").read_bytes()


def test_copy_into_raises_the_error_that_ends_the_rows(stores: Stores, tmp_path: Path) -> None:
    """A fault after thousands of rows is no shorter file."""
    with (
        pytest.raises(psycopg.errors.DivisionByZero),
        stores.analytics.worker() as tx,
        (tmp_path / "rows").open("wb") as rows,
    ):
        tx.copy_into(
            "COPY (SELECT 1 / (20000 - n) FROM generate_series(1, 30000) n) TO STDOUT", rows
        )
    with stores.analytics.worker() as tx:
        assert 1 == tx.value("SELECT 1")


def test_a_connection_that_was_cut_is_unreachable_and_the_next_one_works(
    stores: Stores,
) -> None:
    """The administrator ends a session: one clear error, then the next transaction works."""
    with (
        psycopg.connect(stores.operational.place.admin, autocommit=True) as admin,
        pytest.raises(Unreachable, match="operational"),
        stores.operational.worker() as tx,
    ):
        _cut(admin, tx)
    with stores.operational.worker() as tx:
        assert 1 == tx.value("SELECT 1")


def test_a_fault_of_a_statement_stays_what_it_is(stores: Stores) -> None:
    """Only a server that does not respond is unreachable; a wrong statement is a bug."""
    with pytest.raises(psycopg.errors.DivisionByZero), stores.operational.worker() as tx:
        tx.value("SELECT 1 / 0")


def test_every_session_is_in_utc(stores: Stores) -> None:
    """Instants are aware and in UTC."""
    with stores.operational.worker() as tx:
        found = tx.value("SELECT timestamptz '2026-07-01 12:00+02'")

    assert datetime(2026, 7, 1, 10, tzinfo=UTC) == found
    assert 0 == found.utcoffset().total_seconds()


def test_a_wrong_password_is_unreachable_and_not_repeated(stores: Stores) -> None:
    """The error names the database, never the password."""
    place = stores.operational.place
    wrong = Place(
        "operational", make_conninfo(place.admin), "a secret that is not ours", make_database=False
    )
    with pytest.raises(Unreachable) as caught:
        connect(wrong.conninfo("worker"))

    password = roles.role_password(wrong.secret, "wavehouse_operational_worker")
    assert "a secret that is not ours" not in str(caught.value)
    assert password not in str(caught.value)


def test_a_closed_database_opens_again(stores: Stores) -> None:
    """Closing releases the connections; the next transaction opens new ones."""
    database = Database[Operational](stores.operational.place)
    for _ in range(2):
        with database.worker() as tx:
            assert 1 == tx.value("SELECT 1")
        database.close()


def test_asking_for_a_sign_of_life_does_not_wait_for_the_server_to_come_back(
    stores: Stores,
) -> None:
    """Orchestrators probe every few seconds; only real work waits for the pool."""
    place = stores.operational.place
    gone = Database[Operational](replace(place, admin=make_conninfo(place.admin, port=1)))
    try:
        with pytest.raises(Unreachable, match="the operational database does not respond"):
            gone.answer()
        assert {} == gone._pools
    finally:
        gone.close()


@needs_a_small_disk
def test_a_server_that_stopped_on_a_full_disk_is_told_by_its_cause() -> None:
    """The message "does not respond" would point to the server, not to the disk."""
    with small_disk(40) as folder:
        place = Place("operational", f"host={folder} user=nobody dbname=x", "secret", False)
        stopped: Database[Operational] = Database(place)
        with pytest.raises(Unreachable, match="does not respond"):
            stopped.answer()
        filled(folder, leave=2**20)
        with pytest.raises(DiskFull, match="its disk is full"):
            stopped.answer()
