"""Late rows, later feeds, changed files, months, repairs: derived data stays consistent."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from wavehouse import measurement
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Unreachable

ITEM = (
    "<item><guid>{guid}</guid><title>Episode {guid}</title>"
    "<pubDate>Sun, 01 Nov 2026 06:00:00 GMT</pubDate>"
    '<enclosure url="{url}" length="10000000" type="audio/mpeg"/></item>'
)
SIZES = {"bytes": 10_000_000, "header_bytes": 100_000, "duration_ms": 600_000}
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def computed(desk: Any) -> dict[datetime, datetime]:
    """The time at which each hour was last rolled up."""
    return dict(
        desk.rollup_rows("SELECT DISTINCT hour, computed_at FROM analytics.listener_events_hourly")
    )


def test_late_rows_recompute_their_hours_and_no_others(desk: Any, hit: Any) -> None:
    """However late: the changed hour has a new time of computation, the others the old one."""
    path = [hit.but(at=NOON - n * 24 * HOUR - n * HOUR) for n in range(4)]
    desk.tell(*path)
    before = computed(desk)
    with clock.frozen(NOON + 48 * HOUR + timedelta(minutes=5)):
        desk.tell(hit.but(at=NOON - 2 * 24 * HOUR - 2 * HOUR, ip="198.51.100.1"))
        after = computed(desk)

    changed = [hour for hour in before if before[hour] != after[hour]]
    assert [NOON - 2 * 24 * HOUR - 2 * HOUR] == changed
    assert 4 == len(after)


def test_a_late_first_request_moves_a_download_to_its_hour(desk: Any, hit: Any) -> None:
    """R41: the old hour loses it, the new one has it; both are recomputed."""
    desk.tell(hit.but(at=NOON))
    desk.tell(hit.part(0, 99, at=NOON - 3 * HOUR))

    assert [(NOON - 3 * HOUR, 1)] == desk.rollup_rows(
        "SELECT hour, downloads FROM analytics.listener_events_hourly"
    )
    assert {"2026-11-18": 1} == desk.downloads()


def test_increments_equal_a_full_rebuild(desk: Any, hit: Any) -> None:
    """Reading rows file by file, and counting everything again, give the same figures."""
    dice = Random(5)
    for _ in range(5):
        desk.tell(
            *(
                hit.part(
                    first := dice.choice([0, 545_000]), first + 545_000,
                    at=NOON - timedelta(minutes=dice.randrange(4_000)),
                    ip=f"198.51.100.{dice.randrange(8)}",
                )
                for _ in range(30)
            )
        )  # fmt: skip
    expected = desk.figures()
    assert expected["day"]
    downloads = desk.rows("SELECT * FROM measurement.downloads ORDER BY download_id")
    again = measurement.recount(
        desk.place.stores.operational,
        desk.place.settings,
        first=date(2026, 11, 1),
        last=date(2026, 11, 20),
    )
    assert (0, 0) == (again.downloads_added, again.downloads_removed)

    with desk.place.stores.operational.worker() as tx:
        tx.connection.execute("DELETE FROM measurement.downloads")
        tx.connection.execute("DELETE FROM measurement.listener_events")
    measurement.recount(
        desk.place.stores.operational,
        desk.place.settings,
        first=date(2026, 11, 1),
        last=date(2026, 11, 20),
    )
    measurement.roll_up(desk.place.stores)
    assert downloads == desk.rows("SELECT * FROM measurement.downloads ORDER BY download_id")
    assert expected == desk.figures()


def test_four_writers_and_a_roller_leave_no_mismatch(own_desk: Any, hit: Any) -> None:
    """Rows, duplicates and rollbacks at once, while they are counted and rolled up."""
    desk = own_desk
    dice = Random(9)
    pool = [
        hit.but(
            at=NOON - timedelta(minutes=dice.randrange(600)),
            ip=f"198.51.100.{dice.randrange(40)}",
            native=f"n{n}",
        )
        for n in range(120)
    ]
    # The same requests in several files, in different orders: no writer deadlocks with another.
    dealt = [[dice.sample(pool, 30) for _ in range(3)] for _ in range(4)]
    files = [[desk.log(*some, form="cloudfront") for some in own] for own in dealt]
    different = {one.native for own in dealt for some in own for one in some}
    done = threading.Event()
    errors: list[BaseException] = []

    def write(own: list[Any]) -> None:
        try:
            with clock.frozen(NOON + 48 * HOUR):
                for path in own:
                    for result in measurement.ingest_logs(
                        desk.place.stores.operational,
                        desk.place.settings,
                        identity=desk.place.identity,
                        paths=[path],
                    ):
                        assert result.error == ""
                with desk.place.stores.operational.worker() as tx:
                    tx.connection.execute(
                        "INSERT INTO measurement.dirty_log (hour) VALUES (%s)", [NOON]
                    )
                    tx.connection.rollback()
        except BaseException as error:
            errors.append(error)

    def roll() -> None:
        try:
            with clock.frozen(NOON + 48 * HOUR):
                while not done.is_set():
                    measurement.count(desk.place.stores.operational, desk.place.settings)
                    measurement.roll_up(desk.place.stores)
        except BaseException as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=[own]) for own in files]
    roller = threading.Thread(target=roll)
    for thread in (*writers, roller):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    roller.join()
    assert [] == errors
    desk.count()

    assert () == measurement.reconcile(desk.place.stores).mismatches
    figures = desk.figures()
    measurement.recount(
        desk.place.stores.operational, desk.place.settings, first=NOON.date(), last=NOON.date()
    )
    measurement.roll_up(desk.place.stores)
    assert figures == desk.figures()
    assert [(len(different),)] == desk.rows("SELECT count(*) FROM measurement.requests")


def test_logs_first_and_the_feed_later_count_the_same(own_desk: Any, hit: Any, form: str) -> None:
    """Requests of a path that was unknown are adopted, each with the reason it would have had."""
    desk = own_desk
    new = hit.but(path="/late.mp3")
    desk.tell(
        new,
        new.but(ip="198.51.100.1", path="/wh/e/media.example/late.mp3", host="hits.example"),
        new.but(ip="198.51.100.2", method="HEAD"),
        new.but(ip="198.51.100.3", agent="Googlebot/2.1"),
        new.part(0, 1, ip="198.51.100.4"),
        new.but(ip="198.51.100.5", size=5_000),
        new.but(path="/never.mp3"),
        form=form,
    )
    assert {"unknown_path": 7} == desk.filtered()

    url = "https://media.example/late.mp3"
    desk.register(ITEM.format(guid="late", url=url), {url: SIZES})
    desk.count()

    assert {"late": 2} == desk.downloads("episode")
    assert {"unknown_path": 1, "bad_method": 1, "bot": 1, "probe_range": 1} == desk.filtered()
    assert {"counted": 2, "below_threshold": 1} == desk.outcomes()
    assert [("media.example/never.mp3",)] == desk.rows(
        "SELECT path FROM measurement.requests WHERE path IS NOT NULL"
    )
    assert () == measurement.reconcile(desk.place.stores).mismatches


def test_a_feed_that_came_during_an_ingest_is_not_overlooked(own_desk: Any, hit: Any) -> None:
    """Lines that were matched with the earlier files are checked again at the next count."""
    desk = own_desk
    log = desk.log(hit.but(path="/late.mp3"))
    reading = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[desk.log(hit), log],
    )
    next(reading)
    url = "https://media.example/late.mp3"
    desk.register(ITEM.format(guid="late", url=url), {url: SIZES})
    desk.count()
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    desk.count()

    assert {"one": 1, "late": 1} == desk.downloads("episode")


def test_nothing_new_in_the_catalog_means_nothing_is_looked_through(
    own_desk: Any, hit: Any
) -> None:
    """The state of the catalog is stored, so that counting stays fast."""
    own_desk.tell(hit.but(path="/late.mp3"))
    with own_desk.place.stores.operational.worker() as tx:
        from wavehouse.measurement.queries import adoption
        from wavehouse.measurement.service.lookups import place_lists

        assert [] == adoption.changed_media(tx, lists=place_lists())


def test_r26_a_new_version_of_a_file_changes_nothing_before_it(own_desk: Any, hit: Any) -> None:
    """Artwork grew by a megabyte today: yesterday's requests keep yesterday's threshold."""
    desk = own_desk
    url = "https://media.example/one.mp3"
    item = ITEM.format(guid="one", url=url)
    with clock.frozen(NOON):
        desk.register(item, {url: {**SIZES, "bytes": 11_000_000, "header_bytes": 1_100_000}})
    size = 1_500_000
    desk.tell(
        hit.but(at=NOON - HOUR, size=size),
        hit.but(at=NOON + HOUR, size=size, ip="198.51.100.1"),
        hit.but(at=NOON + HOUR, size=2_100_000, ip="198.51.100.2"),
    )
    measurement.recount(
        desk.place.stores.operational, desk.place.settings, first=NOON.date(), last=NOON.date()
    )

    assert [(NOON - HOUR, 1_090_000), (NOON + HOUR, 2_090_000)] == desk.rows(
        "SELECT downloaded_at, threshold_bytes FROM measurement.downloads ORDER BY 1"
    )


def test_r43_a_listener_of_two_months_is_one_in_28_days(desk: Any, hit: Any) -> None:
    """On the 31st and on the 1st, under two keys: one person, and another makes two."""
    desk.tell(
        hit.but(at=datetime(2026, 10, 31, 12, tzinfo=UTC)),
        hit.but(at=datetime(2026, 11, 1, 12, tzinfo=UTC)),
        hit.but(at=datetime(2026, 11, 1, 12, tzinfo=UTC), ip="198.51.100.1"),
    )

    assert 2 == desk.listeners(date(2026, 10, 20), date(2026, 11, 16))
    assert 1 == desk.listeners(date(2026, 10, 31), date(2026, 10, 31))
    assert 2 == desk.listeners(date(2026, 11, 1), date(2026, 11, 16))


def test_r44_beyond_two_months_listeners_cannot_be_computed(desk: Any, hit: Any) -> None:
    """The result is None, never a sum of keys that do not overlap."""
    desk.tell(hit)

    assert 1 == desk.listeners(date(2026, 10, 1), date(2026, 11, 30))
    assert desk.listeners(date(2026, 9, 30), date(2026, 11, 30)) is None


def test_r44_a_destroyed_month_cannot_be_joined_to_the_next(desk: Any, hit: Any) -> None:
    """Without its secret, returning listeners are unknown; each month alone is still known."""
    october, november = (datetime(2026, m, 5, 12, tzinfo=UTC) for m in (10, 11))
    desk.tell(hit.but(at=october))
    with desk.place.stores.operational.worker() as tx:
        tx.connection.execute(
            """
            UPDATE measurement.key_epochs SET secret = NULL, destroyed_at = %s
            WHERE month = '2026-10-01'
            """,
            [clock.now()],
        )
    desk.tell(hit.but(at=november))

    assert {"2026-10-05": 1, "2026-11-05": 1} == desk.downloads()
    assert 1 == desk.listeners(date(2026, 10, 1), date(2026, 10, 31))
    assert 1 == desk.listeners(date(2026, 11, 1), date(2026, 11, 30))
    assert desk.listeners(date(2026, 10, 1), date(2026, 11, 30)) is None


def test_r44_a_month_destroyed_afterwards_stays_joined(desk: Any, hit: Any) -> None:
    """Rows ingested while the secret existed have both keys."""
    october, november = (datetime(2026, m, 5, 12, tzinfo=UTC) for m in (10, 11))
    desk.tell(hit.but(at=october), hit.but(at=november))
    with desk.place.stores.operational.worker() as tx:
        tx.connection.execute(
            "UPDATE measurement.key_epochs SET secret = NULL, destroyed_at = %s", [clock.now()]
        )

    assert 1 == desk.listeners(date(2026, 10, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    "table",
    [
        "listener_events_hourly",
        "listener_events_hourly_country",
        "listener_events_daily_platform",
        "listener_events_daily_device",
        "audience_daily",
    ],
)
def test_reconciling_finds_and_repairs_a_row_that_was_tampered_with(
    desk: Any, hit: Any, table: str
) -> None:
    """In any rollup: reported with hour and podcast, and corrected by recomputing."""
    desk.tell(hit, hit.but(at=NOON - 30 * HOUR))
    assert () == measurement.reconcile(desk.place.stores).mismatches
    expected = desk.figures()
    with desk.place.stores.analytics.worker() as tx:
        tx.connection.execute(f"UPDATE analytics.{table} SET downloads = downloads + 1")

    found = measurement.reconcile(desk.place.stores).mismatches
    assert {table} == {m.table for m in found}
    assert {(1, 2)} <= {(m.raw, m.rollup) for m in found}
    assert len(found) == len(measurement.reconcile(desk.place.stores, repair=True).mismatches)
    assert () == measurement.reconcile(desk.place.stores).mismatches
    assert expected == desk.figures()


def test_reconciling_finds_rows_that_are_gone_and_rows_from_nowhere(desk: Any, hit: Any) -> None:
    """A deleted hour, and a day in the rollup without events."""
    desk.tell(hit, hit.but(at=NOON - 72 * HOUR))
    with desk.place.stores.analytics.worker() as tx:
        tx.connection.execute("DELETE FROM analytics.listener_events_hourly")
        tx.connection.execute(
            """
            UPDATE analytics.audience_daily SET day = day + 1
            WHERE day = (SELECT min(day) FROM analytics.audience_daily)
            """
        )

    assert 6 == len(measurement.reconcile(desk.place.stores, repair=True).mismatches)
    assert () == measurement.reconcile(desk.place.stores).mismatches


def test_hours_that_are_dirty_are_not_reported(desk: Any, hit: Any) -> None:
    """A pending hour is not a mismatch; after the rollup, nothing is dirty and nothing is read."""
    desk.tell(hit)
    for _ in measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[desk.log(hit.but(ip="198.51.100.1"))],
    ):
        pass
    measurement.count(desk.place.stores.operational, desk.place.settings)

    assert () == measurement.reconcile(desk.place.stores).mismatches
    assert 1 == measurement.roll_up(desk.place.stores).hours
    assert measurement.RolledUp() == measurement.roll_up(desk.place.stores)
    assert 2 == desk.total()


def test_a_lost_connection_is_told_as_such_and_nothing_is_lost(own_desk: Any, hit: Any) -> None:
    """The loader's connection is cut between two files: one error, and a rerun completes it."""
    desk = own_desk
    files = [desk.log(hit.but(ip=f"198.51.100.{n}")) for n in range(5)]
    reading = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=files,
    )
    next(reading)
    with desk.place.stores.operational.worker() as tx:
        tx.connection.execute(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user
              AND pid <> pg_backend_pid()
            """
        )
    with pytest.raises(Unreachable, match="does not respond"):
        list(reading)

    desk.ingest(*files)
    assert 5 == desk.total()
    assert [(5,)] == desk.rows("SELECT count(*) FROM measurement.requests")
