"""Bulk loading: Arrow rows are staged and inserted by one statement, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from tests.small_disk import filled, needs_a_small_disk, small_disk

from wavehouse.kernel.errors import DiskFull, Unreachable
from wavehouse.store import BulkLoader, EmbeddedServer, Stores

COUNT = "SELECT count(*) FROM accounts.organizations"
FROM_STAGE = "INSERT INTO accounts.organizations (name, slug) SELECT name, slug FROM staged_names"


@pytest.fixture
def loader(stores: Stores) -> Iterator[BulkLoader]:
    """A loader that signs in as the worker of the operational database."""
    with BulkLoader.connected(stores.operational.place.conninfo("worker")) as opened:
        yield opened


def _names(count: int) -> duckdb.DuckDBPyRelation:
    query = f"SELECT 'name ' || n AS name, 'slug-' || n AS slug FROM range({count}) t(n)"
    return duckdb.connect().sql(query)


def test_staged_rows_reach_their_table_by_one_statement(stores: Stores, loader: BulkLoader) -> None:
    """Rows are visible after the commit, not before."""
    assert 1000 == loader.stage("staged_names", _names(1000))
    loader.execute(FROM_STAGE)
    with stores.operational.worker() as tx:
        assert 0 == tx.value(COUNT)
    loader.commit()
    with stores.operational.worker() as tx:
        assert 1000 == tx.value(COUNT)


def test_a_rollback_forgets_stage_and_rows(stores: Stores, loader: BulkLoader) -> None:
    """A batch commits as a whole or not at all."""
    loader.stage("staged_names", _names(10))
    loader.execute(FROM_STAGE)
    loader.rollback()
    loader.stage("staged_names", _names(3))
    loader.execute(FROM_STAGE)
    loader.commit()

    with stores.operational.worker() as tx:
        assert 3 == tx.value(COUNT)


def test_what_was_not_committed_is_gone_when_the_loader_closes(stores: Stores) -> None:
    """Only ``commit`` keeps rows."""
    conninfo = stores.operational.place.conninfo("worker")
    with BulkLoader.connected(conninfo) as loader:
        loader.stage("staged_names", _names(10))
        loader.execute(FROM_STAGE)

    with stores.operational.worker() as tx:
        assert 0 == tx.value(COUNT)


def test_a_server_that_does_not_answer_is_unreachable() -> None:
    """Its password is not repeated."""
    with pytest.raises(Unreachable) as caught:
        BulkLoader("host=127.0.0.1 port=1 user=me password=hunter2 dbname=shows")

    assert "hunter2" not in str(caught.value)


@needs_a_small_disk
def test_a_full_disk_under_a_bulk_load_is_named_and_the_work_goes_on_after_it() -> None:
    """ADBC's error becomes a sentence; with free space the same load succeeds."""
    with small_disk(400) as folder:
        server = EmbeddedServer(folder / "home", lasting=False)
        with server.running():
            secret = server.superuser_password()
            conninfo = server.conninfo("postgres", "wavehouse_root", secret)
            with BulkLoader.connected(conninfo) as loader:
                loader.execute("SET temp_buffers = '1MB'")
                ballast = filled(folder, leave=4 * 2**20)
                with pytest.raises(DiskFull, match="disk is full") as caught:
                    loader.stage("staged_names", _names(1_000_000))
                loader.rollback()
                ballast.unlink()
                assert 1000 == loader.stage("staged_names", _names(1000))

    assert "Free disk space" in str(caught.value.hint)
