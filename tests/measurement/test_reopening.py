"""Dropped days take late lines again once their sealed rows are loaded back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests import acting
from tests.measurement.test_cold_days import (
    DAY,
    FIRST,
    LAST,
    LATER,
    at,
    cold,
    figures,
    folder,
    retain,
    states,
)

from wavehouse import accounts, measurement
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, NotFound, Refused
from wavehouse.measurement.adapters.sealed_store import store_at
from wavehouse.measurement.queries import reopening as queries
from wavehouse.measurement.queries.sealing import note_changed_days, sealed_days, seals
from wavehouse.measurement.service import reopening, sealing
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.service.quarantine import replay

__all__ = ["cold"]
AGAIN = LATER + timedelta(hours=1)
LATE = {"ip": "203.0.113.99"}


def late_lines(hit: Any) -> list[Any]:
    """A new listener, the second half of a known one's file, and a repeated download."""
    return [
        hit.but(at=at(12, 3), **LATE),
        hit.but(at=at(11, 21), ip="198.51.100.0"),
        hit.but(at=at(13, 23), path="/two.mp3", ip="203.0.113.98"),
    ]


def replayed(desk: Any) -> int:
    """Read the quarantined lines again, count, roll up, seal; returns how many are stored."""
    place = desk.place
    done = replay(place.stores.operational, place.settings, identity=place.identity)
    measurement.count(place.stores.operational, place.settings)
    measurement.roll_up(place.stores)
    assert [] == [each for each in measurement.seal(place.stores, place.settings) if each.reason]
    measurement.index_listeners(place.stores)
    return done.stored


def test_late_lines_of_reopened_days_are_counted_once_and_stay(cold: Any, hit: Any) -> None:
    """Also after retention has dropped the days again; a second replay adds nothing."""
    cold.tell(*late_lines(hit))
    before = figures(cold)
    with clock.frozen(AGAIN):
        assert [LAST, DAY, FIRST] == [
            each.day for each in reopening.reopen(cold.place.stores, first=FIRST)
        ]
        assert before == figures(cold)
        assert {"sealed"} == {states(cold)[day] for day in (FIRST, DAY, LAST)}
        assert 3 == replayed(cold)
        hot = figures(cold)
        assert 0 == replayed(cold)
    with clock.frozen(AGAIN + timedelta(hours=1)):
        retain(cold)
        assert {"cold"} == {states(cold)[day] for day in (FIRST, DAY, LAST)}
        assert hot == figures(cold)
        assert [] == [each.problem for each in sealing.verify(cold.place.stores) if each.problem]
    assert before["listeners"] + 2 == hot["listeners"]


@pytest.mark.parametrize("late", [True, False])
def test_figures_of_reopened_days_are_those_of_lines_that_came_in_time(
    own_desk: Any, hit: Any, *, late: bool
) -> None:
    """One listener, whose minute is in two parts: one came in time, the other was late or not."""
    stores = own_desk.place.stores
    half = hit.part(0, 700_000, at=at(12, 3), **LATE)
    rest = hit.part(700_001, 1_400_000, at=at(12, 5), **LATE)
    others = [hit.but(at=at(11 + n, 20), ip=f"198.51.100.{n}") for n in range(4)]
    acting.operational(
        own_desk.place, accounts.choose_plan, tier=accounts.Tier.ENTERPRISE, persona=None
    )
    own_desk.tell(*others, half, *([] if late else [rest]))
    with clock.frozen(LATER):
        measurement.seal(stores, own_desk.place.settings)
        retain(own_desk)
    if late:
        assert {"too_old": 1} == own_desk.tell(rest).faults
        with clock.frozen(AGAIN):
            reopening.reopen(stores, first=DAY)
            assert 1 == replayed(own_desk)
        with clock.frozen(AGAIN + timedelta(hours=1)):
            retain(own_desk)

    assert "cold" == states(own_desk)[DAY]
    shown = figures(own_desk)
    assert 4 == shown["listeners"]
    assert [1, 2, 1] == [day.downloads for day in shown["days"]]
    with stores.operational.worker() as tx:
        (seal,) = [each for each in sealed_days(tx) if each.day == DAY]
    assert (3, 2, 2) == (seal.requests, seal.downloads, seal.events)


def test_reopened_rows_are_those_of_the_files(cold: Any) -> None:
    """Sealed again, with every row read from partitions, the files have the same hashes."""
    stores, place = cold.place.stores, cold.place
    with stores.operational.worker() as tx:
        of = {each.day: each for each in seals(tx, first=DAY, last=DAY)}
    store = store_at(of[DAY].store)
    expected = {kind: file.sha256 for kind, file in manifest_at(store, of[DAY]).files.items()}
    with clock.frozen(AGAIN):
        reopening.reopen(stores, first=DAY)
        with stores.operational.worker() as tx:
            note_changed_days(tx, days=[DAY])
        (again,) = measurement.seal(stores, place.settings, first=DAY, last=DAY)
    with stores.operational.worker() as tx:
        (new,) = seals(tx, first=DAY, last=DAY)

    assert 2 == again.generation
    assert expected == {kind: file.sha256 for kind, file in manifest_at(store, new).files.items()}


def test_days_before_the_reopened_ones_stay_cold_and_take_no_lines(cold: Any, hit: Any) -> None:
    """Days are complete from one day on; a further call continues to an older day."""
    stores = cold.place.stores
    with clock.frozen(AGAIN):
        assert [LAST, DAY] == [each.day for each in reopening.reopen(stores, first=DAY)]
        tally = cold.tell(hit.but(at=at(11, 3), **LATE), hit.but(at=at(12, 3), **LATE))
        assert ({"too_old": 1}, 1) == (tally.faults, tally.stored)
        assert "cold" == states(cold)[FIRST]
        assert [FIRST] == [each.day for each in reopening.reopen(stores, first=FIRST)]
        with pytest.raises(NotFound, match="no sealed day"):
            reopening.reopen(stores, first=FIRST)


def test_rows_that_an_earlier_release_stored_alone_are_counted_with_the_sealed_ones(
    cold: Any,
) -> None:
    """They were in a partition made again, in no figure."""
    with cold.place.stores.operational.worker() as tx:
        tx.execute("SELECT measurement.ensure_day('2026-11-12')")
        tx.execute(
            'INSERT INTO measurement.listener_events (podcast_id, "timestamp", event_id, '
            "organization_id, event_type) SELECT podcast_id, '2026-11-12T03:00Z', "
            "gen_random_uuid(), organization_id, 'skip' FROM catalog.podcasts"
        )
    with clock.frozen(AGAIN):
        reopening.reopen(cold.place.stores, first=DAY)
        replayed(cold)
        with cold.place.stores.operational.worker() as tx:
            (seal,) = sealed_days(tx, day=DAY)
    assert (2, 3) == (seal.generation, seal.events)


@pytest.mark.parametrize("damage", ["changed", "missing", "secret", "retention"])
def test_a_day_that_cannot_be_loaded_stays_cold(cold: Any, damage: str) -> None:
    """A changed file, a missing one, a destroyed secret, a run of retention: no row is loaded."""
    path = folder(cold) / "events-000001.parquet"
    error: type[Exception] = Refused
    with cold.place.stores.operational.worker() as tx:
        if damage == "secret":
            tx.execute("UPDATE measurement.key_epochs SET secret = NULL, destroyed_at = now()")
        elif damage == "retention":
            error = Conflict
            tx.execute(
                "UPDATE governance.retention_runs SET status = 'running', finished_at = NULL "
                "WHERE table_name = 'measurement.downloads'"
            )
    if damage == "changed":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "missing":
        error = NotFound
        path.unlink()
    with clock.frozen(AGAIN), pytest.raises(error):
        reopening.reopen(cold.place.stores, first=DAY)
    assert "cold" == states(cold)[DAY]
    if damage in ("secret", "retention"):
        assert "cold" == states(cold)[LAST]


class Killed(Exception):
    """Stands for the end of the program at a step."""


@pytest.mark.parametrize("step", [*range(8)])
def test_a_program_that_ends_at_any_step_leaves_whole_days(
    cold: Any, hit: Any, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each day is one transaction: it is cold or complete; a repetition loads the rest."""
    cold.tell(*late_lines(hit))
    before, calls = figures(cold), iter(range(100))
    load = queries.load_sealed

    def dying(*given: Any) -> Any:
        if next(calls) == step:
            raise Killed
        return load(*given)

    monkeypatch.setattr(queries, "load_sealed", dying)
    with clock.frozen(AGAIN):
        with pytest.raises(Killed):
            reopening.reopen(cold.place.stores, first=FIRST)
        assert before == figures(cold)
        monkeypatch.undo()
        loaded = reopening.reopen(cold.place.stores, first=FIRST)
        assert 3 - step // 3 == len(loaded)
        assert before == figures(cold)
        assert 3 == replayed(cold)
        assert before["listeners"] + 2 == figures(cold)["listeners"]
