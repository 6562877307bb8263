"""Pushing to a warehouse, rolling up there, comparing: by the commands, on every engine here.

What an engine must do is in ``tests/engines``; this is what the product does with one.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from tests import acting
from tests.engines.conftest import MASTER, SPARK_CLUSTER, SPARK_MISSING, database_of, url_of

from wavehouse import accounts, governance, measurement
from wavehouse.engines import open_engine
from wavehouse.kernel import clock, config
from wavehouse.measurement import cli
from wavehouse.measurement.rules.warehouse import EVENTS, HOURLY_TABLES, PUSHED
from wavehouse.measurement.service import sealing, warehouse

DAYS = ["2026-11-11", "2026-11-12", "2026-11-13"]
LATER = datetime(2027, 2, 12, 12, tzinfo=UTC)


@pytest.fixture(
    params=[
        "duckdb",
        "postgres",
        pytest.param(
            "chdb",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("chdb") is None, reason="not run here: no chdb"
            ),
        ),
        pytest.param(
            "spark-local",
            marks=pytest.mark.skipif(bool(SPARK_MISSING), reason=f"not run here: {SPARK_MISSING}"),
        ),
        pytest.param(
            "spark-cluster",
            marks=pytest.mark.skipif(not MASTER, reason=f"not run here: no {SPARK_CLUSTER}"),
        ),
    ]
)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty warehouse."""
    if request.param == "postgres":
        with database_of(request.getfixturevalue("server")) as conninfo:
            yield url_of(conninfo)
    elif request.param == "spark-cluster":
        yield f"{MASTER}{tmp_path}/there"
    else:
        yield f"{request.param}://{tmp_path}/there"


@pytest.fixture
def desk(own_desk: Any, hit: Any) -> Any:
    """Three days of downloads, counted and rolled up."""
    own_desk.tell(*(_hit(hit, day, n) for day in (11, 12, 13) for n in range(3)))
    return own_desk


def _hit(hit: Any, day: int, n: int) -> Any:
    at = datetime(2026, 11, day, 8 + 3 * n, tzinfo=UTC)
    return hit.but(at=at, ip=f"198.51.100.{n}", path="/two.mp3" if n % 2 else "/one.mp3")


def _opened(desk: Any, address: str) -> Any:
    from contextlib import contextmanager
    from dataclasses import replace

    @contextmanager
    def opened() -> Any:
        values = {"home": str(desk.place.settings.home)}
        values |= {"warehouse_url": address} if address else {}
        yield replace(desk.place, settings=config.load(values, environment={}))

    return opened


def _command(desk: Any, address: str, *arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(cli.warehouse, [*arguments, "--json"], obj=_opened(desk, address))
    assert code == result.exit_code, result.output
    return json.loads(result.stdout)


def _days(answer: Any) -> list[str]:
    return [each["day"] for each in answer["days"]]


def _differing(answer: Any) -> set[tuple[str, str]]:
    return {(each["table"], each["bucket"][:13]) for each in answer["differing"]}


def test_ops24_a_warehouse_has_the_same_digests_hour_by_hour_late_data_included(
    desk: Any, hit: Any, address: str
) -> None:
    """Only what has changed is pushed and rolled up; what is behind differs and is named."""
    behind = _command(desk, address, "compare", code=3)
    assert DAYS == _days(_command(desk, address, "push", "--dry-run"))
    assert DAYS == _days(_command(desk, address, "push"))
    assert DAYS == _days(_command(desk, address, "run"))
    equal = _command(desk, address, "compare")
    assert [] == _days(_command(desk, address, "push")) == _days(_command(desk, address, "run"))
    desk.tell(hit.but(at=datetime(2026, 11, 12, 3, tzinfo=UTC), ip="203.0.113.9"))
    late = _command(desk, address, "compare", code=3)
    assert [DAYS[1]] == _days(_command(desk, address, "push"))
    assert [DAYS[1]] == _days(_command(desk, address, "run"))
    after = _command(desk, address, "compare")

    assert 9 == len(behind["hours"]) == len(equal["hours"])
    assert {""} == {each["warehouse"] for each in behind["hours"]}
    assert all(each["stored"] == each["warehouse"] for each in equal["hours"] + equal["days"])
    assert 10 == len(after["hours"])
    hourly = {(table.name, "2026-11-12 03") for table in HOURLY_TABLES}
    assert hourly == {pair for pair in _differing(late) if pair[1] != "2026-11-12 00"}


def test_ops24_a_change_of_the_warehouse_is_found_by_its_hour_and_repaired(
    desk: Any, address: str
) -> None:
    """Also one of the rollups here: they are recomputed when the warehouse is not to blame."""
    _command(desk, address, "push")
    _command(desk, address, "run")
    with closing(open_engine(address)) as engine:
        engine.discard(HOURLY_TABLES[0]) if address.startswith("chdb") else engine.ensure(
            HOURLY_TABLES[0], first=date(2026, 11, 12), last=date(2026, 11, 12)
        )
        engine.replace(HOURLY_TABLES[0], day=date(2026, 11, 12))
    dry = _command(desk, address, "compare", "--repair", "--dry-run", code=3)
    repaired = _command(desk, address, "compare", "--repair")
    with desk.place.stores.analytics.worker() as tx:
        tx.execute("UPDATE analytics.audience_daily SET downloads = 99 WHERE day = '2026-11-13'")
    here = _command(desk, address, "compare", "--repair")

    hour = HOURLY_TABLES[0].name
    assert {(hour, f"2026-11-12 {h}") for h in ("08", "11", "14")} == _differing(dry)
    assert [DAYS[1]] == repaired["repaired"]
    assert [DAYS[2]] == here["repaired"]
    assert [] == _command(desk, address, "compare")["differing"]


def test_ops24_an_event_that_was_changed_in_the_warehouse_is_seen_by_comparing_again(
    desk: Any, tmp_path: Path
) -> None:
    """Its rollups were made before the change; `--again` makes them of the events there."""
    address = f"duckdb://{tmp_path}/there"
    for command in ("push", "run"):
        _command(desk, address, command)
    with duckdb.connect(str(tmp_path / "there")) as database:
        database.execute("DELETE FROM listener_events WHERE \"timestamp\" < '2026-11-11T10:00'")
    stale = _command(desk, address, "compare")
    seen = _command(desk, address, "compare", "--again", code=3)
    repaired = _command(desk, address, "compare", "--repair")

    assert [] == stale["differing"]
    assert {"2026-11-11"} == {each["bucket"][:10] for each in seen["differing"]}
    assert ["2026-11-11"] == repaired["repaired"]
    assert [] == _command(desk, address, "compare", "--again")["differing"]


def test_ops24_a_kill_between_events_and_their_mark_repeats_the_day(
    desk: Any, address: str
) -> None:
    """The mark is written last; without it the day is due, and pushing again changes nothing."""
    _command(desk, address, "push")
    _command(desk, address, "run")
    with closing(open_engine(address)) as engine:
        engine.ensure(PUSHED, first=date(2026, 11, 12), last=date(2026, 11, 12))
        engine.discard(PUSHED)
        engine.replace(PUSHED, day=date(2026, 11, 12))
        before = engine.rows(EVENTS, first=date(2026, 11, 12), last=date(2026, 11, 12))
    assert [DAYS[1]] == _days(_command(desk, address, "push", "--dry-run"))
    pushed = _command(desk, address, "push")
    assert len(before) == pushed["days"][0]["rows"] > 0
    assert [] == _command(desk, address, "compare")["differing"]


def test_ops24_cold_days_are_pushed_from_their_files_and_no_address_ever(
    desk: Any, address: str
) -> None:
    """After retention has dropped the partitions; status shows what is where."""
    place = desk.place
    acting.operational(place, accounts.choose_plan, tier=accounts.Tier.ENTERPRISE, persona=None)
    _command(desk, address, "push", "--from", "2026-11-13")
    with clock.frozen(LATER):
        measurement.seal(place.stores, place.settings)
        made = governance.plan(place.stores, place.settings, large=True)
        governance.apply(
            place.stores, place.settings, identity=place.identity, digest=made.digest, large=True
        )
        assert {"cold"} == {state.value for _, state in sealing.states(place.stores)}
        _command(desk, address, "push")
        _command(desk, address, "run")
        compared = _command(desk, address, "compare")
        status = _command(desk, address, "status")

    assert [] == compared["differing"]
    assert 9 == len(compared["hours"])
    assert {"current"} == {each["warehouse"] for each in status["days"]}
    assert {"ip_address", "user_agent", "session_id"}.isdisjoint(EVENTS.names)


def test_ops24_the_default_warehouse_is_a_file_of_the_home_that_only_its_owner_reads(
    desk: Any,
) -> None:
    """Nothing is made by looking at it."""
    settings = desk.place.settings
    file = Path(settings.home) / "warehouse.duckdb"
    assert f"duckdb://{file}" == warehouse.address_of(settings)
    shown = CliRunner().invoke(cli.warehouse, ["status"], obj=_opened(desk, ""))
    assert (0, False) == (shown.exit_code, file.exists())
    assert DAYS == _days(_command(desk, "", "push"))
    assert 0o600 == file.stat().st_mode & 0o777
