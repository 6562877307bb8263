"""The audience index: distinct listeners of any span, equal to the count from raw events."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests import acting

from wavehouse import accounts, governance, measurement
from wavehouse.kernel import clock
from wavehouse.measurement import cli
from wavehouse.measurement.queries import audience as queries
from wavehouse.measurement.queries import sealing
from wavehouse.measurement.rules.audience_index import days_mask, last_day, month_of, months_of
from wavehouse.measurement.service import audience_index

FIRST, LAST = date(2026, 10, 27), date(2026, 11, 5)
SEALED = date(2026, 11, 3)
"""The last day that is sealed: the others are in partitions only."""
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2027, 2, 1, 12, tzinfo=UTC)
"""When October is older than 90 days."""


def _at(day: date, hour: int) -> datetime:
    return clock.start_of_day(day) + timedelta(hours=hour)


@pytest.fixture
def days(own_desk: Any, hit: Any) -> Any:
    """Ten days across a month's end: listeners return, hear one or two episodes, or once."""
    chance = random.Random(23)
    own_desk.tell(
        *(
            hit.but(
                at=_at(day, chance.randrange(24)),
                ip=f"203.0.113.{chance.randrange(1, 15)}",
                path=chance.choice(["/one.mp3", "/two.mp3"]),
            )
            for day in clock.days_between(FIRST, LAST)
            for _ in range(6)
        )
    )
    acting.operational(
        own_desk.place, accounts.choose_plan, tier=accounts.Tier.ENTERPRISE, persona=None
    )
    return own_desk


def _seal(desk: Any, first: date | None = FIRST, last: date | None = SEALED) -> list[date]:
    done = measurement.seal(desk.place.stores, desk.place.settings, first=first, last=last)
    assert [] == [each.reason for each in done if each.reason]
    return [each.day for each in done]


def _index(desk: Any) -> list[date]:
    return measurement.index_listeners(desk.place.stores)


def _file(desk: Any, month: str) -> Path:
    return Path(desk.place.settings.home) / "sealed" / "audience" / f"{month}.parquet"


def _spans() -> list[dict[str, date]]:
    every = clock.days_between(FIRST, LAST)
    return [{"first": a, "last": b} for a in every for b in every if a <= b]


def _figures(desk: Any, spans: list[dict[str, date]]) -> list[Any]:
    """Listeners of all shows and of each, and the whole audience, of each span."""
    show = desk.rows("SELECT DISTINCT podcast_id FROM measurement.downloads")[0][0]
    return [
        (
            span,
            acting.operational(desk.place, measurement.listeners, **span),
            acting.operational(desk.place, measurement.listeners, **span, podcast_id=show),
            acting.operational(desk.place, measurement.audience, **span),
        )
        for span in spans
    ]


def _from_raw(desk: Any, spans: list[dict[str, date]], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same counted by PostgreSQL from raw events alone."""
    with monkeypatch.context() as patch:
        patch.setattr(queries, "keys_by_cell", _never)
        patch.setattr(sealing, "seals", lambda *_, **__: [])
        return _figures(desk, spans)


def _never(*_: object, **__: object) -> Any:
    raise AssertionError("only raw events are read")


def test_r43_every_span_is_equal_to_the_count_from_raw_events(
    days: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Indexed, sealed and hot days together; and the index is what is read."""
    spans = _spans()
    expected = _from_raw(days, spans, monkeypatch)
    assert 8 == len(_seal(days))
    sealed = _figures(days, spans)
    made = _index(days)
    indexed = _figures(days, spans)
    for file in (Path(days.place.settings.home) / "sealed").glob("dt=*/*"):
        file.unlink()
    alone = _figures(days, spans)

    assert [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)] == made
    assert len({listeners for _, listeners, _, _ in expected}) > 3
    assert expected == sealed
    assert expected == indexed
    assert expected == alone


def test_r43_late_data_is_counted_before_and_after_its_day_is_sealed_and_indexed_again(
    days: Any, hit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index of another seal is not read for that day, and made again with the next."""
    spans = _spans()
    _seal(days)
    _index(days)
    assert [] == _index(days)
    late = hit.but(at=_at(date(2026, 10, 30), 3), ip="203.0.113.200")
    days.tell(late, late.but(path="/two.mp3", ip="203.0.113.3"))
    expected = _from_raw(days, spans, monkeypatch)
    hot = _figures(days, spans)
    assert [date(2026, 10, 30)] == _seal(days)
    sealed = _figures(days, spans)
    made = _index(days)

    assert expected == hot
    assert expected == sealed
    assert [date(2026, 9, 1), date(2026, 10, 1)] == made
    assert expected == _figures(days, spans)
    assert [] == audience_index.differing_indexes(days.place.stores, days=[LAST, FIRST])


def test_r43_a_span_is_the_same_when_its_rows_have_left_the_database(days: Any) -> None:
    """Cold days are counted by the index, or from their files without one."""
    spans = [span for span in _spans() if span["first"] < date(2026, 11, 2)]
    with clock.frozen(LATER):
        _seal(days, None, None)
        expected = _figures(days, spans)
        _index(days)
        made = governance.plan(days.place.stores, days.place.settings, large=True)
        done = governance.apply(
            days.place.stores, days.place.settings, identity=days.place.identity,
            digest=made.digest, large=True,
        )  # fmt: skip
        assert "done" == {run.policy: run.status for run in done.runs}["listener events"]
        assert expected == _figures(days, spans)
        shutil.rmtree(_file(days, "2026-10").parent)
        assert expected == _figures(days, spans)


def test_r44_a_row_without_its_key_makes_its_spans_unknown(
    days: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the older month's secret was destroyed; spans of one month are counted as before."""
    spans = _spans()
    days.rows(
        "UPDATE measurement.listener_events SET listener_key_prev = NULL "
        "WHERE \"timestamp\" >= '2026-11-02T00:00Z' AND \"timestamp\" < '2026-11-03T00:00Z' "
        "RETURNING 1"
    )
    expected = _from_raw(days, spans, monkeypatch)
    _seal(days)
    _index(days)

    across = {"first": date(2026, 10, 30), "last": date(2026, 11, 2)}
    assert [None] == [listeners for span, listeners, _, _ in expected if span == across]
    assert expected == _figures(days, spans)


@pytest.mark.parametrize("content", [b"", b"PAR1 not a file PAR1"])
def test_an_index_that_cannot_be_read_is_not_used(days: Any, content: bytes) -> None:
    """Figures come from the sealed days, and the next run makes it again."""
    _seal(days)
    _index(days)
    expected = _figures(days, _spans()[:12])
    _file(days, "2026-10").write_bytes(content)

    assert expected == _figures(days, _spans()[:12])
    assert [date(2026, 10, 1)] == _index(days)


def test_verify_names_an_index_that_differs_from_its_sealed_days(days: Any) -> None:
    """One with the right days and other keys; the command exits with 3."""
    _seal(days)
    _index(days)
    whole = CliRunner().invoke(cli.warehouse, ["verify", "--json"], obj=_opened(days))
    october = _file(days, "2026-10")
    _swap_keys(october)
    shown = CliRunner().invoke(cli.warehouse, ["verify", "--json"], obj=_opened(days))

    assert (0, []) == (whole.exit_code, json.loads(whole.stdout)["indexes"])
    assert (3, ["2026-10"]) == (shown.exit_code, json.loads(shown.stdout)["indexes"])


def _swap_keys(path: Path) -> None:
    """Write an index again with every key changed, and the same metadata."""
    import duckdb

    with duckdb.connect() as engine:
        rows = engine.execute(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')"
        ).fetchall()
        pairs = ", ".join(f"{name}: '{value}'" for name, value in rows)
        engine.execute(f"CREATE TABLE t AS SELECT * REPLACE (key + 1 AS key) FROM '{path}'")
        engine.execute(f"COPY t TO '{path}' (FORMAT parquet, KV_METADATA {{{pairs}}})")


def _opened(desk: Any) -> Any:
    @contextmanager
    def opened() -> Iterator[Any]:
        yield desk.place

    return opened


def test_r44_an_index_has_a_bit_for_each_day_of_two_months() -> None:
    """Own keys of its month, older keys of the next one."""
    january = date(2027, 1, 1)

    assert date(2027, 2, 28) == last_day(january)
    assert 1 | 1 << 58 == days_mask(january, [january, date(2027, 2, 28)])
    assert days_mask(date(2026, 7, 1), [date(2026, 8, 31)]) < 2**63
    assert [date(2026, 12, 1), january] == months_of([date(2027, 1, 31)])
    assert january == month_of(date(2027, 1, 31))
