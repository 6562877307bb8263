"""The sealed tier: days as files, and figures that do not change when their rows leave."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests import acting

from wavehouse import accounts, governance, measurement
from wavehouse.engines import digest, digests_by_bucket
from wavehouse.kernel import clock
from wavehouse.kernel.errors import LimitReached, NotFound, WavehouseError
from wavehouse.measurement import cli
from wavehouse.measurement.adapters.sealed_store import FolderStore, store_at
from wavehouse.measurement.adapters.warehouse import RollupDigests
from wavehouse.measurement.queries import rolling
from wavehouse.measurement.queries import sealing as queries
from wavehouse.measurement.service import sealing, warehouse

FIRST, LAST = date(2026, 11, 11), date(2026, 11, 15)
LATER = datetime(2027, 2, 12, 12, tzinfo=UTC)
"""When the days up to 13 November are older than 90 days."""
DAY = date(2026, 11, 12)
UNTIL = date(2026, 11, 14)
"""The first day that is still in partitions then."""


def at(day: int, hour: int = 10) -> datetime:
    """An instant of November 2026."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def month(own_desk: Any, hit: Any) -> Any:
    """Five days of requests that count, that do not, and that return on the next day."""
    hits = [hit.but(at=at(11 + n, 20)) for n in range(5)]
    hits += [hit.but(at=at(11 + n, 22), ip=f"198.51.100.{n}", path="/two.mp3") for n in range(5)]
    hits += [hit.part(0, 2_000_000, at=at(11, h), ip="198.51.100.77") for h in (1, 2, 3)]
    hits += [hit.but(at=at(12), ip="192.0.2.4", agent="Googlebot/2.1")]
    hits += [hit.but(at=at(12), ip="192.0.2.5", method="HEAD"), hit.but(at=at(13), path="/x.mp3")]
    hits += [
        hit.but(at=at(13, 8), ip="192.0.2.9", path="/one.opus", size=4_000_000),
        hit.but(at=at(13, 9), ip="192.0.2.9"),
    ]
    own_desk.tell(*hits)
    acting.operational(
        own_desk.place, accounts.choose_plan, tier=accounts.Tier.ENTERPRISE, persona=None
    )
    return own_desk


def _figures(desk: Any) -> dict[str, Any]:
    """All that is read from raw rows, for a period before, across and after the boundary."""
    figures: dict[str, Any] = {}
    for first, last in ((FIRST, date(2026, 11, 12)), (FIRST, LAST), (UNTIL, LAST)):
        span = {"first": first, "last": last}
        for use_case in (
            measurement.listeners,
            measurement.audience,
            measurement.by_window,
            measurement.filtered,
            measurement.flagged,
            measurement.estimates,
            measurement.outcomes,
        ):
            found = acting.operational(desk.place, use_case, **span)
            figures[f"{use_case.__name__} {first} {last}"] = found
        figures[f"trace {first} {last}"] = acting.operational(
            desk.place, measurement.trace, limit=1000, **span
        )
    return figures


def _sealed_figures(desk: Any) -> dict[str, Any]:
    """Those of the sealed days alone, without the networks of traced requests."""
    return {
        name: figures
        for name, figures in _figures(desk).items()
        if name.endswith("2026-11-12") and not name.startswith("trace")
    }


def _states(desk: Any) -> dict[str, str]:
    return {f"{day.day:%m-%d}": state.value for day, state in sealing.states(desk.place.stores)}


def _seal(desk: Any, day: date | None = None) -> list[measurement.SealOutcome]:
    return measurement.seal(desk.place.stores, desk.place.settings, first=day, last=day)


def _retain(desk: Any) -> dict[str, governance.Run]:
    place = desk.place
    made = governance.plan(place.stores, place.settings, large=True)
    done = governance.apply(
        place.stores, place.settings, identity=place.identity, digest=made.digest, large=True
    )
    return {run.policy: run for run in done.runs}


def _folder(desk: Any) -> Path:
    return Path(desk.place.settings.home) / "sealed"


def test_pod12_every_figure_is_the_same_after_its_rows_have_left_the_database(month: Any) -> None:
    """Listeners, audience, windows, filters, outcomes and traced requests: all of three periods."""
    expected = _figures(month)
    with clock.frozen(LATER):
        _seal(month)
        done = _retain(month)
        found = _figures(month)

    assert {"done"} == {done[each].status for each in ("requests", "downloads", "listener events")}
    assert 0 == month.rows("SELECT count(*) FROM measurement.requests WHERE requested_at < %s",
                           clock.start_of_day(UNTIL))[0][0]  # fmt: skip
    assert expected == found
    assert expected[f"listeners {FIRST} {LAST}"] == 8
    assert {"cold", "sealed"} == set(_states(month).values())


def test_pod10_retention_refuses_a_day_that_is_not_sealed_or_has_changed(
    month: Any, hit: Any
) -> None:
    """Until its rows are all in a file that was read back, a day stays."""
    with clock.frozen(LATER):
        unsealed = _retain(month)["requests"]
    _seal(month)
    month.tell(hit.but(at=at(12, 3), ip="203.0.113.99"))
    with clock.frozen(LATER):
        stale = _retain(month)["requests"]
        _seal(month)
        sealed = _retain(month)["requests"]

    assert ("refused", True) == (unsealed.status, "are not sealed" in str(unsealed.reason))
    assert ("refused", True) == (stale.status, "1 days from 2026-11-12" in str(stale.reason))
    assert "done" == sealed.status


def test_ops21_late_data_makes_a_new_generation_of_its_day_only(month: Any, hit: Any) -> None:
    """Also when no figure changes: a filtered request is a raw row, too."""
    _seal(month)
    assert ["sealed"] * 5 == [s for s in _states(month).values() if s != "open"]
    assert [] == _seal(month)
    month.tell(hit.but(at=at(12, 3), ip="203.0.113.99", method="HEAD"))
    assert ["11-12"] == [day for day, state in _states(month).items() if state == "stale"]
    done = _seal(month)

    assert [(date(2026, 11, 12), 2)] == [(each.day, each.generation) for each in done]
    names = sorted(path.name for path in (_folder(month) / "dt=2026-11-12").iterdir())
    assert [f"{kind}-000002" for kind in ("downloads", "events", "manifest", "requests")] == [
        name.rpartition(".")[0] for name in names
    ]


def test_a_replaced_generation_stays_while_it_is_read(month: Any, hit: Any) -> None:
    """Its files go with the next seal after the reader has left."""
    _seal(month, DAY)
    store = store_at(FolderStore(_folder(month)).location)
    old = "dt=2026-11-12/manifest-000001.json"
    with store.holding(old):
        month.tell(hit.but(at=at(12, 3), ip="203.0.113.99"))
        _seal(month, DAY)
        assert store.local(old).exists()
    assert 1 == sealing.remove_superseded(month.place.stores)

    assert not (_folder(month) / old).exists()


def test_a_day_whose_rollups_differ_is_not_sealed(month: Any) -> None:
    """The others are; the reason is returned, and nothing is left of its files."""
    with month.place.stores.analytics.worker() as tx:
        tx.execute(
            "UPDATE analytics.listener_events_hourly SET listeners = listeners + 1 "
            "WHERE hour < '2026-11-12T00:00Z'"
        )
    done = {each.day: each for each in _seal(month)}

    assert "rollups differ" in done[FIRST].reason
    assert 4 == sum(not each.reason for each in done.values())
    assert [] == [*(_folder(month) / f"dt={FIRST}").glob("*")]


_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('measurement.seal', 7))"


def test_several_days_are_sealed_side_by_side_and_reported_in_order(
    month: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two wait for each other; and one program at a time has the lock."""
    both, calls, whole = threading.Barrier(2), iter(range(100)), sealing._seal_day
    free = []

    def waiting(stores: Any, store: Any, sealer: Any, day: date) -> measurement.SealOutcome:
        if next(calls) < 2:
            both.wait(timeout=60)
        free.append(month.rows(_TRY_LOCK)[0][0])
        return whole(stores, store, sealer, day)

    monkeypatch.setattr(sealing, "_seal_day", waiting)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    done = _seal(month)

    assert [FIRST + timedelta(days=n) for n in range(5)] == [each.day for each in done]
    assert {""} == {each.reason for each in done}
    assert [False] * 5 == free
    assert month.rows(_TRY_LOCK)[0][0]


def test_a_day_that_fails_ends_sealing_after_the_days_beside_it(
    month: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other program gets the lock before their end: it would remove unfinished files."""
    failed, whole, free = threading.Event(), sealing._seal_day, []

    def failing(stores: Any, store: Any, sealer: Any, day: date) -> measurement.SealOutcome:
        if day == FIRST:
            failed.set()
            raise WavehouseError("the disk is odd")
        failed.wait(timeout=60)
        time.sleep(0.3)
        free.append(month.rows(_TRY_LOCK)[0][0])
        return whole(stores, store, sealer, day)

    monkeypatch.setattr(sealing, "_seal_day", failing)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pytest.raises(WavehouseError, match="odd"):
        _seal(month)

    assert 1 <= len(free) < 5
    assert {False} == set(free)
    assert month.rows(_TRY_LOCK)[0][0]


class _Killed(BaseException):
    """Stands for a program that ends here: nothing after it runs in the product."""


@pytest.mark.parametrize("step", [0, 3, 4])
def test_a_seal_that_ends_at_any_step_leaves_the_old_generation_or_the_new(
    month: Any, hit: Any, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Before each file, before its registration: reading goes on, and the next seal succeeds."""
    _seal(month, DAY)
    month.tell(hit.but(at=at(12, 3), ip="203.0.113.99"))
    steps = iter(range(100))

    def killing(whole: Any) -> Any:
        def stopped(*arguments: Any, **named: Any) -> Any:
            if next(steps) == step:
                raise _Killed
            return whole(*arguments, **named)

        return stopped

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "put", killing(FolderStore.put))
        patch.setattr(sealing, "register", killing(sealing.register))
        with pytest.raises(_Killed):
            _seal(month, DAY)
    assert [""] == [finding.problem for finding in sealing.verify(month.place.stores)]
    done = _seal(month, DAY)

    assert [(DAY, 2)] == [(each.day, each.generation) for each in done]
    assert [""] == [finding.problem for finding in sealing.verify(month.place.stores)]
    assert [] == [*(_folder(month) / ".unfinished").iterdir()]


def test_verify_names_a_file_that_was_changed_or_is_missing(month: Any) -> None:
    """One byte is enough; the other days are intact; the command exits with 3.

    With `--repair` the days are sealed again, and it exits with 0.
    """
    _seal(month)
    changed = _folder(month) / "dt=2026-11-13" / "events-000001.parquet"
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    (_folder(month) / "dt=2026-11-12" / "requests-000001.parquet").unlink()
    shown = CliRunner().invoke(cli.warehouse, ["verify", "--json"], obj=_opened(month))

    problems = {each["day"]: each["problem"] for each in json.loads(shown.stdout)["days"]}
    assert 3 == shown.exit_code
    assert ["2026-11-12", "2026-11-13"] == sorted(day for day, text in problems.items() if text)
    assert "was changed" in problems["2026-11-13"]
    assert "missing" in problems["2026-11-12"]

    repaired = CliRunner().invoke(
        cli.warehouse, ["verify", "--repair", "--json"], obj=_opened(month)
    )
    printed = json.loads(repaired.stdout)
    assert (0, 0, []) == (repaired.exit_code, printed["wrong"], printed["unsealed"])
    assert {"2026-11-12": 2, "2026-11-13": 2} == {
        each["day"]: each["generation"] for each in printed["days"] if each["generation"] > 1
    }


def test_a_missing_file_is_an_error_and_never_a_smaller_figure(month: Any) -> None:
    """A period with a sealed day that cannot be read has no figures."""
    with clock.frozen(LATER):
        _seal(month)
        _retain(month)
        (_folder(month) / "dt=2026-11-12" / "events-000001.parquet").unlink()
        with pytest.raises(NotFound, match="missing"):
            month.listeners(FIRST, LAST)
        assert month.listeners(UNTIL, LAST) is not None


def test_status_lists_the_days_and_a_dry_run_seals_none(month: Any) -> None:
    """As JSON: state, generation and rows of each day."""
    opened = _opened(month)
    dry = CliRunner().invoke(cli.warehouse, ["seal", "--dry-run", "--json"], obj=opened)
    made = CliRunner().invoke(cli.warehouse, ["seal", "--to", "2026-11-12"], obj=opened)
    shown = CliRunner().invoke(cli.warehouse, ["status", "--json"], obj=opened)

    assert 5 == len(json.loads(dry.stdout)["days"])
    assert "2 days sealed" in made.stderr + made.stdout
    days = {each["day"]: each for each in json.loads(shown.stdout)["days"]}
    first = days["2026-11-11"]
    assert ("sealed", 1, 5) == (first["state"], first["generation"], first["requests"])
    assert "unsealed" == days["2026-11-13"]["state"]


def _opened(desk: Any) -> Any:
    @contextmanager
    def opened() -> Iterator[Any]:
        yield desk.place

    return opened


def test_a_plan_limits_how_far_back_raw_data_is_read(month: Any) -> None:
    """On the free plan, 90 days: older days are refused or left out, and nothing is removed."""
    span = {"first": FIRST, "last": LAST}
    kept = {"first": UNTIL, "last": LAST}
    with clock.frozen(LATER):
        whole = acting.operational(month.place, measurement.filtered, **span)
        acting.operational(month.place, accounts.choose_plan, tier="free", persona=None)
        with pytest.raises(LimitReached, match="since 2026-11-14"):
            acting.operational(month.place, measurement.audience, **span)
        with pytest.raises(LimitReached):
            acting.operational(month.place, measurement.by_window, **span)
        limited = acting.operational(month.place, measurement.filtered, **span)
        listeners = acting.operational(month.place, measurement.listeners, **span)
        acting.operational(month.place, measurement.audience, **kept)
        expected = acting.operational(month.place, measurement.filtered, **kept)
        acting.operational(month.place, accounts.choose_plan, tier="enterprise", persona=None)
        again = acting.operational(month.place, measurement.filtered, **span)

    assert expected == limited
    assert whole != limited
    assert None is listeners
    assert whole == again


def test_r43_distinct_listeners_are_counted_from_files_only_while_these_are_up_to_date(
    month: Any, hit: Any
) -> None:
    """Sealed days from their files, changed ones from partitions; the figures are the same."""
    span = {"first": FIRST, "last": LAST}
    with clock.frozen(at(20)):
        expected = acting.operational(month.place, measurement.listeners, **span)
        cells = acting.operational(month.place, measurement.audience, **span)
        assert 8 == expected
        _seal(month)
        assert [] == acting.operational(month.place, _changed)
        assert expected == acting.operational(month.place, measurement.listeners, **span)
        assert cells == acting.operational(month.place, measurement.audience, **span)

        for file in _folder(month).glob("dt=2026-11-12/events-*"):
            file.unlink()
        with pytest.raises(NotFound):  # so the file was read
            acting.operational(month.place, measurement.listeners, **span)

        tally = month.tell(hit.but(at=at(12, 5), ip="203.0.113.200"))
        assert 1 == tally.stored, tally
        assert [DAY] == acting.operational(month.place, _changed)
        assert 9 == acting.operational(month.place, measurement.listeners, **span)
        _seal(month)
        assert [] == acting.operational(month.place, _changed)
        assert 9 == acting.operational(month.place, measurement.listeners, **span)


def test_r43_a_day_without_a_seal_is_read_from_partitions(month: Any) -> None:
    """Whether it has rows or not; the days around it are read from their files."""
    with clock.frozen(at(20)):
        _seal(month)
        span = {"first": FIRST - timedelta(days=1), "last": LAST}
        assert [span["first"]] == acting.operational(month.place, _changed, **span)
        expected = acting.operational(month.place, measurement.listeners, **span)
    month.rows("DELETE FROM measurement.sealed_days WHERE day = %s RETURNING day", DAY)
    with clock.frozen(at(20)):
        changed = acting.operational(month.place, _changed, **span)
        assert [span["first"], DAY] == changed
        assert expected == acting.operational(month.place, measurement.listeners, **span)


def _changed(tx: Any, *, identity: Any, first: date = FIRST, last: date = LAST) -> list[date]:
    return queries.changed_days(tx, first=first, last=last)


def test_a_digest_is_that_of_the_rows_in_python_also_with_odd_texts(month: Any) -> None:
    """Manifests of older releases stay valid: commas, quotes, line breaks, signs beyond U+FFFF."""
    odd = 'a,"b"\n\U0001f399 \uff5e ~é'
    month.rows(
        "UPDATE measurement.listener_events SET platform = CASE WHEN platform = 'Overcast' "
        "THEN '' ELSE %s || platform END, country_code = NULL RETURNING 1",
        odd,
    )
    with month.place.stores.operational.worker() as tx:
        rolling.mark_dirty(tx, hours=[at(11 + n, hour) for n in range(5) for hour in range(24)])
    measurement.roll_up(month.place.stores)
    done = _seal(month)

    assert [""] * 5 == [each.reason for each in done]
    for n in range(5):
        (manifest,) = (_folder(month) / f"dt=2026-11-{11 + n}").glob("manifest-*")
        sealed = json.loads(manifest.read_text())["rollups_sha256"]
        assert _digest_in_python(month, date(2026, 11, 11 + n)) == sealed
    with closing(RollupDigests()) as digested:
        compared = warehouse._stored(month.place.stores, digested, FIRST, LAST)
    with month.place.stores.analytics.worker() as tx:
        for rollup in (*rolling.HOURLY, *rolling.DAILY):
            rows = queries.rollup_rows(tx, rollup, first=at(11, 0), last=at(16, 0))
            assert digests_by_bucket(rows) == compared[rollup.table]


def _digest_in_python(desk: Any, day: date) -> str:
    first = clock.start_of_day(day)
    rows: list[tuple[object, ...]] = []
    with desk.place.stores.analytics.worker() as tx:
        for rollup in (*rolling.HOURLY, *rolling.DAILY):
            stored = queries.rollup_rows(tx, rollup, first=first, last=first + clock.DAY)
            rows += [(rollup.table, *row) for row in stored]
        audience = queries.audience_rows(tx, first=day, last=day + timedelta(days=1))
        rows += [("audience_daily", *row) for row in audience]
    assert len(rows) > 10
    return digest(rows)
