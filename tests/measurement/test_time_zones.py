"""Days are UTC, whatever time zone the machine, the environment or the server has.

The zones have half an hour of daylight saving, a midnight that does not exist, or skipped a day:
none of it may reach a flight, a day, an hour or a gap.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.measurement.conftest import NOW, Hit, LogBench

from wavehouse import app, measurement
from wavehouse.kernel import clock, config
from wavehouse.store import Stores, open_stores

HOUR = timedelta(hours=1)
ZONES = ["Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo"]


def _setting(stores: Stores, words: sql.Composable) -> None:
    for place in stores.places:
        name = str(conninfo_to_dict(place.admin)["dbname"])
        with psycopg.connect(place.admin, autocommit=True) as admin:
            admin.execute(sql.SQL("ALTER DATABASE {} {}").format(sql.Identifier(name), words))


@pytest.fixture(params=ZONES)
def abroad(
    request: pytest.FixtureRequest, stores: Stores, home_folder: Path, tmp_path: Path
) -> Iterator[LogBench]:
    """A bench on databases with another time zone, as a distribution's PostgreSQL has."""
    _setting(stores, sql.SQL("SET timezone = {}").format(sql.Literal(request.param)))
    fresh = Stores.at({place.database: place for place in stores.places}, stores.server)
    settings = config.load({"home": str(home_folder)}, environment={})
    with closing(fresh), clock.frozen(NOW):
        bench = LogBench(app.entered(settings, fresh), tmp_path)
        bench.register()
        yield bench
    _setting(stores, sql.SQL("RESET timezone"))


def test_days_and_hours_are_utc_on_a_server_of_another_zone(abroad: LogBench, hit: Hit) -> None:
    """Every hour around a change of the clock, to the last second of a day, and reconciled."""
    start = datetime(2026, 10, 3, tzinfo=UTC)  # Lord Howe moves by half an hour on the 4th
    times = [start + n * HOUR for n in range(48)]
    times += [start + 24 * HOUR - timedelta(seconds=1), NOW - HOUR]
    abroad.tell(*(hit.but(at=at, ip=f"203.0.{n}.7") for n, at in enumerate(times)))
    hours = abroad.rollup_rows(
        "SELECT extract(epoch FROM hour)::bigint, sum(downloads)::bigint"
        " FROM analytics.listener_events_hourly GROUP BY 1 ORDER BY 1"
    )
    expected: dict[int, int] = {}
    for at in times:
        begun = int(at.replace(minute=0, second=0).timestamp())
        expected[begun] = expected.get(begun, 0) + 1

    assert {"2026-10-03": 25, "2026-10-04": 24, "2026-11-20": 1} == abroad.downloads()
    assert sorted(expected.items()) == hours
    assert not measurement.reconcile(abroad.place.stores).mismatches


def test_the_environments_zone_is_not_sent_to_the_server(monkeypatch: Any, stores: Stores) -> None:
    """Libpq sends PGTZ with every connection, above the settings of server and database."""
    monkeypatch.setenv("PGTZ", "Australia/Lord_Howe")
    with stores.operational.worker() as tx:
        assert "UTC" == tx.value("SELECT current_setting('TimeZone')")
    with psycopg.connect(stores.operational.place.conninfo("migrate")) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("Australia/Lord_Howe",)

    home = stores.server.home if stores.server else None
    settings = config.load({"home": str(home)}, environment={})
    with open_stores(settings):
        assert "PGTZ" not in os.environ
    with psycopg.connect(stores.operational.place.conninfo("migrate")) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
