"""What every engine must do, the same tests for each; those that are not here say so.

DuckDB, PostgreSQL and ClickHouse (chdb) run in the gate; Spark where pyspark and Java are;
TimescaleDB, Citus and a ClickHouse server where ``WAVEHOUSE_TEST_TIMESCALE_URL``,
``WAVEHOUSE_TEST_CITUS_URL`` or ``WAVEHOUSE_TEST_CLICKHOUSE_URL`` is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engines.conftest import DAYS, Opened, events, parquet

from wavehouse.engines import Engine, digest, digests, open_engine
from wavehouse.kernel.errors import WavehouseError
from wavehouse.measurement.adapters.roller import portable
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY
from wavehouse.measurement.rules.warehouse import COMPUTED_AT, EVENTS, ROLLUP_TABLES
from wavehouse.measurement.service.rolling import select_of

FAR = date(2200, 1, 1)
TABLES = tuple(
    table
    for table in ROLLUP_TABLES
    if table.name in {"listener_events_hourly", "listener_events_daily_platform", "audience_daily"}
)
"""One of each shape: by an id, by a text that may be unknown, an audience."""
FIRST, LAST = DAYS[0], DAYS[-1]
COUNT = 150
"""Events of a day."""


@pytest.fixture
def engine(opened: Opened) -> Iterator[Engine]:
    """The engine, without rows."""
    with closing(opened()) as made:
        for table in (EVENTS, *TABLES):
            for day in DAYS:
                made.ensure(table, first=day, last=day)
            made.drop(table, before=FAR)
            for day in DAYS:
                made.ensure(table, first=day, last=day)
            made.discard(table)
        yield made


def _push(engine: Engine, day: date, rows: list[Any], folder: Path) -> int:
    engine.discard(EVENTS)
    engine.load(EVENTS, parquet(rows, folder / "rows.parquet"))
    return engine.replace(EVENTS, day=day)


def _roll_up(engine: Engine, day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    values = {"first": start, "last": start + timedelta(days=1), "computed_at": start}
    for table in TABLES:
        engine.discard(table)
        for rollup in (*HOURLY, *DAILY, *AUDIENCE):
            if rollup.table == table.name:
                grain = {"grain": rollup.grain} if rollup.dimension else {}
                engine.aggregate(table, select_of(rollup, portable), {**values, **grain})
        engine.replace(table, day=day)


def _figures(engine: Engine) -> dict[str, dict[str, str]]:
    return {
        table.name: digests(engine, table, first=FIRST, last=LAST, without=[COMPUTED_AT])
        for table in TABLES
    }


def _expected(rows: dict[date, list[Any]], folder: Path) -> dict[str, dict[str, str]]:
    """The same by DuckDB in memory."""
    with closing(open_engine("duckdb:")) as reference:
        for table in (EVENTS, *TABLES):
            reference.ensure(table, first=FIRST, last=LAST)
        for day, of_day in rows.items():
            _push(reference, day, of_day, folder)
            _roll_up(reference, day)
        return _figures(reference)


def _stored(engine: Engine) -> str:
    return digest(engine.rows(EVENTS, first=FIRST, last=LAST))


def test_ops24_all_engines_have_the_same_digests_before_and_after_late_data(
    engine: Engine, tmp_path: Path
) -> None:
    """Every rollup, hour by hour: odd texts, unknown values, negative keys, borders of hours."""
    rows = {day: events(day, COUNT) for day in DAYS}
    for day, of_day in rows.items():
        assert COUNT == _push(engine, day, of_day, tmp_path)
        _roll_up(engine, day)
    before = _figures(engine)
    late = {**rows, DAYS[1]: rows[DAYS[1]] + events(DAYS[1], 40, seed=2)}
    _push(engine, DAYS[1], late[DAYS[1]], tmp_path)
    _roll_up(engine, DAYS[1])
    after = _figures(engine)

    assert _expected(rows, tmp_path) == before
    assert _expected(late, tmp_path) == after
    assert {"2026-12-01 00:00:00"} == {
        bucket
        for bucket, text in after["audience_daily"].items()
        if before["audience_daily"][bucket] != text
    }


def test_ops24_rollups_are_computed_by_a_program_that_did_not_push(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    """`warehouse run` is another process than `push`: it makes the tables of rollups only."""
    rows = {FIRST: events(FIRST, COUNT)}
    _push(engine, FIRST, rows[FIRST], tmp_path)
    engine.close()
    with closing(opened()) as other:
        for table in TABLES:
            other.ensure(table, first=FIRST, last=FIRST)
        _roll_up(other, FIRST)
        assert _expected(rows, tmp_path) == _figures(other)


def test_ops24_events_come_back_as_they_were_loaded(engine: Engine, tmp_path: Path) -> None:
    """An empty text is not an unknown one; microseconds and the largest numbers stay."""
    rows = events(FIRST, COUNT)
    _push(engine, FIRST, rows, tmp_path)
    plain = [(*row[:-1], row[-1] and f"{float(row[-1]):.4f}") for row in rows]
    read = [
        (_naive(row[0]), *row[1:-1], None if row[-1] is None else f"{row[-1]:.4f}")
        for row in engine.rows(EVENTS, first=FIRST, last=FIRST)
    ]

    def key(row: Any) -> list[str]:
        return [repr(value) for value in row]

    assert sorted(plain, key=key) == sorted(read, key=key)


def test_ops24_a_retry_and_a_kill_between_loading_and_replacing_change_nothing(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    """Staged rows are invisible; the next writer, in another process, removes them."""
    rows = events(FIRST, COUNT)
    _push(engine, FIRST, rows, tmp_path)
    whole = _stored(engine)
    assert COUNT == _push(engine, FIRST, rows, tmp_path)
    assert whole == _stored(engine)
    engine.load(EVENTS, parquet(rows[:100], tmp_path / "half.parquet"))
    assert whole == _stored(engine)
    engine.close()
    with closing(opened()) as again:
        again.ensure(EVENTS, first=FIRST, last=LAST)
        assert whole == _stored(again)
        assert COUNT == _push(again, FIRST, rows, tmp_path)
        assert whole == _stored(again)


def test_ops24_a_day_is_replaced_alone_and_by_its_own_rows_only(
    engine: Engine, tmp_path: Path
) -> None:
    """A row of another day would be added to that day: it is refused."""
    for day in DAYS:
        _push(engine, day, events(day, COUNT), tmp_path)
    others = digest(engine.rows(EVENTS, first=DAYS[1], last=LAST))
    assert 0 == _push(engine, FIRST, [], tmp_path)
    assert [] == list(engine.rows(EVENTS, first=FIRST, last=FIRST))
    assert others == digest(engine.rows(EVENTS, first=FIRST, last=LAST))
    with pytest.raises(WavehouseError, match=f"staged rows of listener_events are not of {FIRST}"):
        _push(engine, FIRST, events(FIRST, 3) + events(DAYS[1], 2), tmp_path)
    assert others == digest(engine.rows(EVENTS, first=FIRST, last=LAST))


def test_ops24_old_days_are_dropped_and_unknown_tables_are_empty(
    engine: Engine, tmp_path: Path
) -> None:
    """A limit inside a partition of the engine removes the days before it, and no other."""
    for day in DAYS:
        _push(engine, day, events(day, COUNT), tmp_path)
        _roll_up(engine, day)
    for table in (EVENTS, *TABLES):
        engine.drop(table, before=DAYS[2])
        kept = {str(row[table.names.index(table.clock)])[:10]
                for row in engine.rows(table, first=FIRST, last=LAST)}  # fmt: skip
        assert {"2026-12-31"} == kept
    assert [] == list(engine.rows(_unknown(), first=FIRST, last=LAST))


def test_ops24_a_broken_statement_and_a_broken_file_are_errors_of_the_product(
    engine: Engine, tmp_path: Path
) -> None:
    """A sentence that says what the engine refused; the engine remains usable."""
    file = tmp_path / "broken.parquet"
    file.write_bytes(b"no Parquet" * 100)
    with pytest.raises(WavehouseError, match=r"refused a statement: .*unknown_column"):
        engine.aggregate(EVENTS, "SELECT unknown_column FROM measurement.listener_events", {})
    with pytest.raises(WavehouseError, match=r"refused a statement: \S"):
        engine.load(EVENTS, file)
    assert COUNT == _push(engine, FIRST, events(FIRST, COUNT), tmp_path)


def _naive(instant: Any) -> Any:
    return instant.replace(tzinfo=None)


def _unknown() -> Any:
    from dataclasses import replace

    return replace(EVENTS, name="not_there")
