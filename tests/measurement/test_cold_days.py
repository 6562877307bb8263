"""Days whose rows are in sealed files only: nothing replaces, hides or falsifies them."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests import acting

from wavehouse import accounts, governance, measurement
from wavehouse.engines.duckdb import DuckDb
from wavehouse.kernel import clock, config
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.sealed_store import FolderStore
from wavehouse.measurement.service import (
    audience_index,
    owning,
    reopening,
    sealing,
    warehouse,
    whole,
)
from wavehouse.measurement.types import Repaired
from wavehouse.store import EmbeddedServer

FIRST, DAY, LAST = date(2026, 11, 11), date(2026, 11, 12), date(2026, 11, 13)
LATER = datetime(2027, 2, 12, 12, tzinfo=UTC)
"""When the days up to 13 November are older than 90 days."""


def at(day: int, hour: int = 10) -> datetime:
    """An instant of November 2026."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def cold(own_desk: Any, hit: Any) -> Any:
    """Three sealed days without partitions, and three that are in partitions."""
    hits = [hit.but(at=at(11 + n, 20), ip=f"198.51.100.{n}") for n in range(6)]
    hits += [hit.but(at=at(11 + n, 22), path="/two.mp3") for n in range(6)]
    hits += [hit.but(at=at(10), method="HEAD")]
    own_desk.tell(*hits, hit.but(at=at(12), method="HEAD"))
    acting.operational(
        own_desk.place, accounts.choose_plan, tier=accounts.Tier.ENTERPRISE, persona=None
    )
    with clock.frozen(LATER):
        measurement.seal(own_desk.place.stores, own_desk.place.settings)
        retain(own_desk)
    assert {DAY: "cold"} == {day: state for day, state in states(own_desk).items() if day == DAY}
    return own_desk


def settings_at(home: Path) -> Settings:
    """The settings of a home in this folder."""
    return config.load({"home": str(home)}, environment={})


def retain(desk: Any) -> None:
    """Apply what retention plans now."""
    place = desk.place
    made = governance.plan(place.stores, place.settings, large=True)
    governance.apply(
        place.stores, place.settings, identity=place.identity, digest=made.digest, large=True
    )


def states(desk: Any) -> dict[date, str]:
    """The state of each day."""
    return {day.day: state.value for day, state in sealing.states(desk.place.stores)}


def folder(desk: Any, day: date = DAY) -> Path:
    """The files of a sealed day."""
    return Path(desk.place.settings.home) / "sealed" / f"dt={day}"


def figures(desk: Any) -> dict[str, Any]:
    """Figures of rollups and of raw rows of the cold days."""
    span = {"first": FIRST, "last": LAST}
    return {
        "days": acting.analytics(desk.place, measurement.days, **span),
        "listeners": desk.listeners(FIRST, LAST),
        "outcomes": acting.operational(desk.place, measurement.outcomes, **span),
        "filtered": acting.operational(desk.place, measurement.filtered, **span),
    }


def test_late_lines_of_a_dropped_day_are_quarantined_and_its_figures_stay(
    cold: Any, hit: Any
) -> None:
    """Also when the setting of retention is longer now than it was when the rows were dropped."""
    before = figures(cold)
    tally = cold.tell(
        hit.but(at=at(12, 3), ip="203.0.113.99"), hit.but(at=at(14, 3), ip="203.0.113.98")
    )

    assert {"too_old": 1} == tally.faults
    assert 1 == tally.stored
    assert before == figures(cold)
    assert {"cold"} == {states(cold)[day] for day in (FIRST, DAY, LAST)}


def test_rows_in_a_partition_that_was_made_again_replace_neither_the_seal_nor_the_rollups(
    cold: Any,
) -> None:
    """As an earlier release left them: the day stays cold, and is neither sealed nor rolled up."""
    before = figures(cold)
    with cold.place.stores.operational.worker() as tx:
        tx.execute("SELECT measurement.ensure_day('2026-11-12')")
        tx.execute(
            'INSERT INTO measurement.listener_events (podcast_id, "timestamp", event_id, '
            "organization_id, event_type) SELECT podcast_id, '2026-11-12T03:00Z', "
            "gen_random_uuid(), organization_id, 'download' FROM catalog.podcasts"
        )
        tx.execute("INSERT INTO measurement.dirty_log (hour) VALUES ('2026-11-12T03:00Z')")
    measurement.roll_up(cold.place.stores)
    reconciled = measurement.reconcile(cold.place.stores, repair=True)
    with clock.frozen(LATER):
        assert [] == measurement.seal(cold.place.stores, cold.place.settings, first=DAY, last=DAY)

    assert () == reconciled.mismatches
    assert before == figures(cold)
    assert "cold" == states(cold)[DAY]


def _swapped(path: Path, content: bytes) -> None:
    """Replace a file's content as another program would: another inode."""
    other = path.with_name("other")
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize("kind", ["events", "requests", "downloads"])
def test_a_sealed_file_that_was_changed_is_refused_and_never_another_figure(
    cold: Any, kind: str
) -> None:
    """Whatever its content is, valid or not; so is a push to a warehouse."""
    path = folder(cold) / f"{kind}-000001.parquet"
    whole, before = path.read_bytes(), figures(cold)
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0x11  # a byte of the values, which compression may not notice
    another_day = (folder(cold, FIRST) / path.name).read_bytes()
    for changed in (bytes(flipped), another_day, whole[:-40], b""):
        _swapped(path, changed)
        with pytest.raises(Refused, match="was changed"):
            acting.operational(cold.place, measurement.outcomes, first=FIRST, last=LAST)
        if kind == "events":
            with pytest.raises(Refused, match="was changed"):
                cold.listeners(FIRST, LAST)
            with closing(DuckDb(":memory:")) as engine:
                listed = warehouse.days(cold.place.stores, engine, first=DAY, last=DAY)
                with pytest.raises(Refused, match="was changed"):
                    warehouse.push(cold.place.stores, engine, listed=listed)
        _swapped(path, whole)
        assert before == figures(cold)


def test_an_index_that_was_changed_is_not_read_and_made_again(cold: Any) -> None:
    """One byte of a key or of its days is enough; and `verify` names its month."""
    stores = cold.place.stores
    measurement.index_listeners(stores)
    expected = cold.listeners(FIRST, LAST)
    index = folder(cold).parent / "audience" / "2026-11.parquet"
    content = index.read_bytes()
    for at_byte in range(4, 200, 7):
        damaged = bytearray(content)
        damaged[at_byte] ^= 0x01
        _swapped(index, bytes(damaged))
        assert expected == cold.listeners(FIRST, LAST)

    assert [date(2026, 11, 1)] == audience_index.differing_indexes(stores, days=[DAY])
    assert [date(2026, 11, 1)] == measurement.index_listeners(stores)
    assert [] == measurement.index_listeners(stores)
    assert content == index.read_bytes()


def test_sealed_files_follow_a_home_that_was_moved(cold: Any, tmp_path: Path) -> None:
    """Its databases name the folder where it was; a folder without these files changes nothing."""
    before = figures(cold)
    sealed, home = folder(cold).parent, tmp_path / "elsewhere"
    home.mkdir()
    shutil.move(sealed, home / "sealed")
    assert 0 == measurement.follow_home(cold.place.stores, cold.place.settings)
    with pytest.raises(NotFound, match="missing"):
        figures(cold)

    assert 7 == measurement.follow_home(cold.place.stores, settings_at(home))
    assert before == figures(cold)
    assert 0 == measurement.follow_home(cold.place.stores, settings_at(home))


def test_a_copy_of_a_home_leaves_the_files_of_the_original(
    cold: Any, hit: Any, tmp_path: Path
) -> None:
    """Sealing again removes replaced generations: those of the copy."""
    with clock.frozen(LATER):
        measurement.seal(cold.place.stores, cold.place.settings)
    original = folder(cold).parent
    expected = sorted(original.rglob("*"))
    home = tmp_path / "copy"
    shutil.copytree(original, home / "sealed")
    measurement.follow_home(cold.place.stores, settings_at(home))
    with clock.frozen(LATER):
        cold.tell(hit.but(at=at(15, 3), ip="203.0.113.99"))
        (again,) = measurement.seal(cold.place.stores, settings_at(home))
        measurement.index_listeners(cold.place.stores)

    assert (date(2026, 11, 15), 2) == (again.day, again.generation)
    assert expected == sorted(original.rglob("*"))
    assert not (home / "sealed" / "dt=2026-11-15" / "events-000001.parquet").exists()


def test_a_cold_day_without_downloads_has_data(cold: Any) -> None:
    """Its requests were all filtered: its downloads are zero, not unknown."""
    span = {"first": date(2026, 11, 9), "last": date(2026, 11, 14)}

    assert {date(2026, 11, day) for day in (10, 11, 12, 13, 14)} == acting.both(
        cold.place, measurement.days_with_data, **span
    )


def test_raw_data_stays_complete_when_all_days_are_sealed_again(cold: Any) -> None:
    """As an erasure does: the time of the oldest seal is then after retention dropped its rows."""
    before = figures(cold)
    cold.rows("UPDATE measurement.sealed_days SET sealed_at = %s RETURNING 1", LATER)

    assert None is not before["listeners"]
    assert before == figures(cold)


@pytest.mark.parametrize("damage", [False, True])
def test_sums_of_large_days_are_read_from_files_while_they_are_in_partitions(
    cold: Any, hit: Any, monkeypatch: pytest.MonkeyPatch, damage: bool
) -> None:
    """Equal to those of partitions, with changed, open and damaged days among them; and R32's."""
    span = {"first": date(2026, 11, 9), "last": date(2026, 11, 18)}
    again = hit.but(at=at(14, 9), ip="192.0.2.9")
    cold.tell(
        again.but(path="/one.opus", size=4_000_000),
        again.but(at=at(14, 11)),
        hit.but(at=at(18, 9), method="HEAD"),
        *(hit.but(at=at(day, 1), ip="192.0.2.4", agent="Googlebot/2.1") for day in (14, 15, 16)),
    )
    with clock.frozen(at(18, 23)):
        measurement.seal(cold.place.stores, cold.place.settings)
        cold.tell(hit.but(at=at(15, 5), method="HEAD"))
    podcast = cold.rows("SELECT podcast_id FROM catalog.podcasts")[0][0]

    def sums() -> list[Any]:
        return [
            acting.operational(cold.place, use_case, **span, podcast_id=show)
            for use_case in (measurement.filtered, measurement.flagged, measurement.estimates)
            for show in (None, podcast)
        ]

    expected = sums()
    read: list[date] = []
    files = whole._held
    monkeypatch.setattr(whole, "_MANY", 0)

    def noted(held: Any, seal: Any) -> Any:
        read.append(seal.day)
        return files(held, seal)

    monkeypatch.setattr(whole, "_held", noted)
    if damage:
        (path,) = folder(cold, date(2026, 11, 16)).glob("requests-*")
        _swapped(path, b"")

    assert expected == sums()
    assert {"rendition_dup": 1} == expected[2]
    assert {"bot", "bad_method"} <= expected[0].keys()
    assert date(2026, 11, 14) in read
    assert date(2026, 11, 15) not in read


@pytest.mark.parametrize("lost", [False, True])
def test_rollups_of_a_cold_day_are_computed_again_from_its_files(cold: Any, lost: bool) -> None:
    """Without its files they stay as they are, and other days are computed all the same."""
    stores, expected = cold.place.stores, _rolled(cold)
    if lost:
        (folder(cold) / "events-000001.parquet").unlink()
    with stores.analytics.worker() as tx:
        tx.execute("UPDATE analytics.listener_events_hourly SET downloads = downloads + 1")
        tx.execute("DELETE FROM analytics.audience_daily WHERE day = '2026-11-12'")
        tx.execute(
            "UPDATE analytics.listener_events_daily_country SET downloads = 9, listeners = 9"
        )
    with stores.operational.worker() as tx:
        hours = [at(day, hour) for day in range(11, 17) for hour in range(24)]
        tx.execute(
            "INSERT INTO measurement.dirty_log (hour) SELECT unnest(%(hours)s::timestamptz[])",
            {"hours": hours},
        )
    measurement.roll_up(stores)

    wrong = {
        row for one, two in zip(expected, _rolled(cold), strict=True) for row in {*one} ^ {*two}
    }
    assert ({"2026-11-12"} if lost else set()) == {
        re.findall(r"2026-11-\d\d", row)[0] for (row,) in wrong
    }


def _rolled(desk: Any) -> list[Any]:
    with desk.place.stores.analytics.worker() as tx:
        return [
            tx.connection.execute(
                f"SELECT (to_jsonb(t) - 'computed_at')::text FROM analytics.{table} AS t ORDER BY 1"
            ).fetchall()
            for table in ("listener_events_hourly", "listener_events_daily", "audience_daily",
                          "listener_events_daily_country")
        ]  # fmt: skip


def test_an_index_without_its_hash_is_not_read_and_no_finding(cold: Any) -> None:
    """As an earlier release wrote it, or a writer that was killed left it."""
    measurement.index_listeners(cold.place.stores)
    (folder(cold).parent / "audience" / "2026-11.sha256").unlink()

    assert [] == audience_index.differing_indexes(cold.place.stores, days=[DAY])
    assert [date(2026, 11, 1)] == measurement.index_listeners(cold.place.stores)


def test_a_store_of_another_installation_is_refused_before_a_file_is_replaced(
    own_desk: Any, hit: Any
) -> None:
    """Days have the same names everywhere; the first to seal owns the folder."""
    own_desk.tell(hit.but(at=at(11)), hit.but(at=at(12), ip="198.51.100.9"))
    place = own_desk.place
    with clock.frozen(LATER):
        (first, _) = measurement.seal(place.stores, place.settings)
    owner = folder(own_desk).parent / "owner" / "installation"
    mine = owner.read_text()
    whole = {path: path.read_bytes() for path in folder(own_desk, first.day).iterdir()}
    own_desk.tell(hit.but(at=at(11, 11), ip="198.51.100.77"))
    owner.write_text("7450000000000000000/5\n")

    with clock.frozen(LATER), pytest.raises(Refused, match="belong to another installation"):
        measurement.seal(place.stores, place.settings)

    assert whole == {path: path.read_bytes() for path in folder(own_desk, first.day).iterdir()}
    owner.unlink()
    with clock.frozen(LATER):
        again = measurement.seal(place.stores, place.settings)
    assert ([first.day], mine) == ([each.day for each in again], owner.read_text())


_BACK = """
UPDATE measurement.sealed_days SET generation = %s, manifest = %s, manifest_sha256 = %s
WHERE day = %s AND superseded_at IS NULL RETURNING 1
"""


@pytest.mark.parametrize("lost", [False, True])
def test_a_database_set_back_gets_the_later_files_of_a_dropped_day(
    cold: Any, hit: Any, lost: bool
) -> None:
    """As a restore leaves it: sealed files in a folder of their own are from after the backup."""
    stores, settings = cold.place.stores, cold.place.settings
    registered = cold.rows(
        "SELECT generation, manifest, manifest_sha256, day FROM measurement.sealed_days"
        " WHERE day = %s", DAY
    )[0]  # fmt: skip
    with clock.frozen(LATER):
        reopening.reopen(stores, first=FIRST)
        cold.tell(hit.but(at=at(12, 3), ip="203.0.113.99"))
        measurement.seal(stores, settings)
    with clock.frozen(LATER + clock.DAY):
        retain(cold)
    expected, files = figures(cold), sorted(folder(cold).iterdir())
    assert "cold" == states(cold)[DAY]
    cold.rows(_BACK, *registered)
    with stores.analytics.worker() as tx:
        tx.execute("DELETE FROM analytics.audience_daily WHERE day = '2026-11-12'")
        tx.execute("DELETE FROM analytics.listener_events_daily WHERE day = '2026-11-12'")
    with pytest.raises(NotFound, match="missing"):
        figures(cold)
    if lost:
        (folder(cold) / "downloads-000002.parquet").write_bytes(b"")

    repaired = measurement.repair_seals(stores)
    measurement.roll_up(stores)

    days = (DAY,)
    assert (((), days) if lost else (days, ())) == (repaired.later, repaired.lost)
    assert files == sorted(folder(cold).iterdir())
    assert Repaired(repaired.sealed, lost=days if lost else ()) == measurement.repair_seals(stores)
    if lost:
        with pytest.raises(NotFound, match="missing"):
            figures(cold)
    else:
        assert expected == figures(cold)


def test_a_day_in_partitions_whose_files_are_others_is_sealed_again(cold: Any) -> None:
    """`verify --repair` too; files that are not the registered ones are left where they are."""
    stores, settings = cold.place.stores, cold.place.settings
    hot = (date(2026, 11, 14), date(2026, 11, 15), date(2026, 11, 16))
    others = folder(cold, hot[0]) / "manifest-000001.json"
    _swapped(others, b"{}")
    (folder(cold, hot[1]) / "manifest-000001.json").unlink()
    _swapped(folder(cold, hot[2]) / "events-000001.parquet", b"")

    assert hot[:2] == measurement.repair_seals(stores).again
    assert hot[2:] == measurement.repair_seals(stores, days=hot[2:]).again
    assert ["unsealed"] * 3 == [states(cold)[day] for day in hot]
    with clock.frozen(LATER):
        again = measurement.seal(stores, settings)
    assert [*hot] == [each.day for each in again]
    assert {2} == {each.generation for each in again}
    assert b"{}" == others.read_bytes()
    assert [] == [each for each in sealing.verify(stores) if each.problem]


def test_files_of_another_installation_are_read_and_never_changed(
    cold: Any, hit: Any, tmp_path: Path
) -> None:
    """As in a backup restored beside its home: new seals, and an erasure's, are in its own store.

    The copy removed the files that it had replaced, and the original's figures were refused.
    """
    stores, original = cold.place.stores, folder(cold).parent
    measurement.index_listeners(stores)
    (original / "owner" / "installation").write_text("7450000000000000000/5 /srv/original\n")
    whole_store = {path: path.read_bytes() for path in original.rglob("*") if path.is_file()}
    own = config.load(
        {"home": str(cold.place.settings.home), "sealed_store": f"file://{tmp_path}/own"},
        environment={},
    )
    with clock.frozen(LATER):
        cold.tell(hit.but(at=at(15, 3), ip="203.0.113.99"))
        with pytest.raises(Refused, match="another installation: 7450000000000000000/5 /srv"):
            measurement.seal(stores, cold.place.settings)
        assert [date(2026, 11, 15)] == [each.day for each in measurement.seal(stores, own)]
    expected = figures(cold)
    assert [] == measurement.index_listeners(stores)
    assert expected == figures(cold)

    left = measurement.leave_out(stores, own, identity=cold.place.identity)

    assert DAY in left.rewritten
    assert (tmp_path / "own" / f"dt={DAY}" / "requests-000002.parquet").is_file()
    assert whole_store == {
        path: path.read_bytes() for path in original.rglob("*") if path.is_file()
    }


def test_an_embedded_installation_is_told_from_its_copies_by_its_home(
    cold: Any, tmp_path: Path
) -> None:
    """In a store outside of it; the one in the home goes where the home goes."""
    outside, inside = FolderStore(tmp_path / "outside"), FolderStore(tmp_path / "home" / "sealed")
    for home in ("home", "copy"):
        stores = replace(cold.place.stores, server=EmbeddedServer(tmp_path / home))
        with stores.operational.worker() as tx:
            assert owning.is_others(tx, stores, outside) is (home == "copy")
            if home == "home":
                owning.claim(tx, stores, outside)
                owning.claim(tx, stores, inside)
            else:
                with pytest.raises(Refused, match="another installation"):
                    owning.claim(tx, stores, outside)
    shutil.move(tmp_path / "home", tmp_path / "moved")
    stores = replace(cold.place.stores, server=EmbeddedServer(tmp_path / "moved"))
    with stores.operational.worker() as tx:
        owning.claim(tx, stores, FolderStore(tmp_path / "moved" / "sealed"))
