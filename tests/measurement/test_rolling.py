"""The rollup engine compared with PostgreSQL: the same transforms on the same events."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import IO, Any
from uuid import UUID

import pytest

from wavehouse import measurement
from wavehouse.measurement.adapters.engine import closed_database
from wavehouse.measurement.adapters.roller import Roller, portable
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY, Rollup
from wavehouse.measurement.service import rolling

FIRST = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = 3
HOUR = timedelta(hours=1)
TEXTS = (None, "", " ", "Überall", 'a "quoted" one', "comma, and 'more'", "two\nlines", "\\N",
         "back\\slash", "tab\there", "NULL", "\r\n", "🎧")  # fmt: skip
COUNTRIES = (None, "DE", "US", "", "NA")
TYPES = ("download", "stream", "listen_start", "listen_complete", "skip", "ad_start",
         "ad_complete", "ad_skip")  # fmt: skip
HOURS = [FIRST + n * HOUR for n in range(24 * DAYS)]


def _events(dice: Random, desk: Any, count: int) -> list[dict[str, Any]]:
    places = [(UUID(int=n // 3 + 1), UUID(int=100 + n) if n % 3 else None) for n in range(9)]
    found = []
    for _ in range(count):
        podcast, episode = dice.choice(places)
        # Times at the borders of hours and days are as frequent as all others.
        at = dice.choice(HOURS) + dice.choice(
            [timedelta(0), timedelta(minutes=31), HOUR - timedelta(microseconds=1)]
        )
        found.append(
            {
                "organization": desk.place.organization.organization_id,
                "podcast": podcast,
                "episode": episode,
                "at": at,
                "type": dice.choice(TYPES),
                "platform": dice.choice(TEXTS),
                "country": dice.choice(COUNTRIES),
                "device": dice.choice(TEXTS),
                "key": dice.choice([None, -(2**63), 2**63 - 1, *range(20)]),
                "seconds": dice.choice([None, 0, 1, 3600, 2**31 - 1]),
                "rate": dice.choice([None, "0", "0.0001", "0.3333", "0.99995", "1"]),
            }
        )
    return found


def _store(desk: Any, events: Sequence[dict[str, Any]], hours: Sequence[datetime]) -> None:
    with desk.place.stores.operational.worker() as tx:
        for n in range(DAYS):
            tx.execute(
                "SELECT measurement.ensure_day(%(day)s)", {"day": (FIRST + n * 24 * HOUR).date()}
            )
        for event in events:
            tx.execute(
                """
                INSERT INTO measurement.listener_events (podcast_id, "timestamp", event_id,
                  organization_id, episode_id, event_type, platform, country_code, device_type,
                  listener_key, listen_duration_seconds, completion_rate)
                VALUES (%(podcast)s, %(at)s, uuidv7(), %(organization)s, %(episode)s, %(type)s,
                  %(platform)s, %(country)s, %(device)s, %(key)s, %(seconds)s, %(rate)s)
                """,
                event,
            )
        tx.execute(
            "INSERT INTO measurement.dirty_log (hour) SELECT unnest(%(hours)s::timestamptz[])",
            {"hours": list(hours)},
        )


def _by_postgresql(desk: Any, rollup: Rollup) -> list[tuple[Any, ...]]:
    """The transform's rows computed by PostgreSQL itself, without the time of computation."""
    text = rolling.select_of(rollup, portable)
    select = re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", text)
    values = {"grain": rollup.grain, "first": FIRST, "last": FIRST + DAYS * 24 * HOUR,
              "computed_at": FIRST}  # fmt: skip
    with desk.place.stores.operational.worker() as tx:
        rows = tx.connection.execute(select, values).fetchall()
    return [(_bucket(rollup, row[0]), *row[1:-1]) for row in rows]


def _bucket(rollup: Rollup, at: datetime) -> datetime | date:
    return at.date() if rollup.grain == "day" else at


def _rolled_up(desk: Any, table: str) -> list[tuple[Any, ...]]:
    with desk.place.stores.analytics.worker() as tx:
        rows = tx.connection.execute(f"SELECT * FROM analytics.{table}").fetchall()
    return [tuple(row[:-1]) for row in rows]


def _check(desk: Any) -> None:
    made: dict[str, list[tuple[Any, ...]]] = {}
    for rollup in (*HOURLY, *DAILY, *AUDIENCE):
        made.setdefault(rollup.table, []).extend(_by_postgresql(desk, rollup))
    for table, expected in made.items():
        assert expected, table
        assert sorted(map(repr, expected)) == sorted(map(repr, _rolled_up(desk, table))), table


@pytest.mark.parametrize("most", [1, 2**27], ids=["a day at a time", "all days at once"])
def test_both_engines_make_the_same_rows(
    own_desk: Any, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Every transform and grain, with empty and odd texts, unknown values, ends of hours."""
    monkeypatch.setattr(rolling, "_BATCH_BYTES", most)
    _store(own_desk, _events(Random(most), own_desk, 1_500), HOURS)
    done = measurement.roll_up(own_desk.place.stores)
    assert (len(HOURS), DAYS) == (done.hours, done.days)
    _check(own_desk)


def test_late_hours_of_several_days_leave_the_other_hours_alone(own_desk: Any) -> None:
    """Only dirty hours are computed again, and only their days."""
    dice = Random(3)
    _store(own_desk, _events(dice, own_desk, 600), HOURS)
    measurement.roll_up(own_desk.place.stores)
    with own_desk.place.stores.analytics.worker() as tx:
        tx.connection.execute(
            "UPDATE analytics.listener_events_hourly SET computed_at = %s", [FIRST]
        )
    late = [HOURS[0], HOURS[5], HOURS[23], HOURS[48]]
    events = [
        event | {"at": dice.choice(late) + timedelta(minutes=7)}
        for event in _events(dice, own_desk, 60)
    ]
    _store(own_desk, events, late)
    told: list[int] = []
    done = measurement.roll_up(own_desk.place.stores, on_hours=told.append)
    assert (4, 2, 4) == (done.hours, done.days, sum(told))
    _check(own_desk)
    with own_desk.place.stores.analytics.worker() as tx:
        again = tx.connection.execute(
            "SELECT DISTINCT hour FROM analytics.listener_events_hourly WHERE computed_at > %s",
            [FIRST],
        ).fetchall()
    assert set(late) == {hour for (hour,) in again}
    assert () == measurement.reconcile(own_desk.place.stores).mismatches


def _made(rolling_up: Roller, events: IO[bytes]) -> list[bytes]:
    rolling_up.take(events)
    found = []
    for rollup in (*HOURLY, *DAILY, *AUDIENCE):
        with rolling_up.rows(
            rolling.select_of(rollup),
            grain=rollup.grain,
            first=FIRST,
            last=FIRST + 24 * HOUR,
            computed_at=FIRST,
        ) as rows:
            found.append(rows.read())
    return found


def test_what_memory_does_not_hold_goes_into_a_folder_that_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The rows are equal; no file remains, in particular not in the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tmp"
    folder.mkdir()
    dice = Random(6)
    with tempfile.TemporaryFile() as events:
        for n in range(500_000):
            at = (FIRST + n * timedelta(milliseconds=172)).replace(tzinfo=None)
            events.write(
                f"{at},{UUID(int=1)},{UUID(int=n % 5)},{UUID(int=n % 60)},download,app {n % 40},"
                f"DE,mobile,{dice.getrandbits(62)},,\n".encode()
            )
        events.flush()
        with closing(Roller()) as ample:
            expected = _made(ample, events)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        with closing(Roller()) as scarce:
            scarce._database.execute("SET memory_limit = '80MB'")
            assert expected == _made(scarce, events)
            assert [] != scarce._database.execute("FROM duckdb_temporary_files()").fetchall()
            assert 1 == len(list(folder.iterdir()))
    assert [] == list(folder.iterdir())
    assert [folder] == list(tmp_path.iterdir())


def test_an_engine_has_no_folder_to_write_to_unless_it_is_given_one() -> None:
    """Log contents must not remain in temporary files."""
    with closed_database() as closed:
        assert [("",)] == closed.execute("SELECT current_setting('temp_directory')").fetchall()


def test_hours_without_events_leave_no_rows(own_desk: Any) -> None:
    """A dirty hour without events loses its rows."""
    _store(own_desk, _events(Random(4), own_desk, 50), HOURS)
    measurement.roll_up(own_desk.place.stores)
    with own_desk.place.stores.operational.worker() as tx:
        tx.connection.execute("DELETE FROM measurement.listener_events")
    _store(own_desk, [], HOURS)
    assert 0 == measurement.roll_up(own_desk.place.stores).rows
    assert [] == _rolled_up(own_desk, "listener_events_daily")
    assert [] == _rolled_up(own_desk, "audience_daily")
