"""Usage by UTC hour and day, computed from the events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from tests.acting import analytics
from tests.usage.conftest import LONG_AGO, Spender

from wavehouse import usage
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.usage import Unit
from wavehouse.usage.service import correcting, rollups
from wavehouse.usage.service.rollups import RolledUsage, roll_up_usage, usage_differences
from wavehouse.usage.types import UsageRow

EVENING = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
MORNING = EVENING + timedelta(hours=2)


def _rows(spender: Spender, grain: str) -> list[UsageRow]:
    rows: list[UsageRow] = analytics(
        spender.workspace,
        rollups.usage_by_bucket,
        grain=grain,
        first=date(2026, 11, 1),
        last=date(2026, 11, 30),
    )
    return rows


def test_ops21_hours_and_days_are_the_sums_of_their_events(spender: Spender) -> None:
    """Of UTC hours and days; a second run computes nothing."""
    stores = spender.workspace.stores
    with clock.frozen(EVENING):
        spender.spend(output=100)
        spender.spend(output=200)
    with clock.frozen(MORNING):
        spender.spend(output=400)
        assert 2 * 2 == len(usage_differences(stores))
        assert RolledUsage(days=2, rows=2) == roll_up_usage(stores)
        assert [] == usage_differences(stores)
        assert RolledUsage(days=0, rows=0) == roll_up_usage(stores)

    assert [(MORNING.replace(minute=0), 1, 400), (EVENING.replace(minute=0), 2, 300)] == [
        (row.bucket, row.requests, row.output_tokens) for row in _rows(spender, "hour")
    ]
    assert [(20, 1, Decimal("0.4")), (19, 2, Decimal("0.3"))] == [
        (row.bucket.day, row.requests, row.cost) for row in _rows(spender, "day")
    ]


def test_ops21_a_late_event_and_an_adjustment_are_in_the_next_run(spender: Spender) -> None:
    """Whatever their age: only their day is computed again. An adjustment is no request."""
    stores = spender.workspace.stores
    with clock.frozen(EVENING):
        spender.spend(output=100)
    with clock.frozen(MORNING):
        spender.spend(output=400)
        roll_up_usage(stores)
    with clock.frozen(EVENING + timedelta(seconds=5)):
        spender.spend(output=50)
    with clock.frozen(MORNING + timedelta(days=1)):
        assert RolledUsage(days=1, rows=1) == roll_up_usage(stores)
        spender.operator(
            usage.add_price,
            model="writer",
            unit=Unit.OUTPUT,
            price="0.002",
            currency="EUR",
            effective_from=LONG_AGO,
        )
        done = correcting.reprice(
            stores.operational, identity=spender.identity, model="writer", since=LONG_AGO
        )
        assert 3 == done.adjusted
        assert 2 == roll_up_usage(stores).days
    today, before = _rows(spender, "day")
    assert (1, 2, Decimal("0.8")) == (today.requests, today.events, today.cost)
    assert (2, 4, Decimal("0.3")) == (before.requests, before.events, before.cost)


def test_ops21_a_rollup_of_dropped_events_is_kept(spender: Spender) -> None:
    """A day without raw events is removed while its month has a partition, and kept afterwards."""
    stores = spender.workspace.stores
    with clock.frozen(EVENING):
        spender.spend(output=100)
        roll_up_usage(stores)
        assert 1 == len(_rows(spender, "day"))
    with psycopg.connect(stores.operational.place.admin) as owner:
        owner.execute("ALTER TABLE usage.usage_events DETACH PARTITION usage.usage_events_202611")
    with clock.frozen(MORNING):
        assert RolledUsage(days=0, rows=0) == roll_up_usage(stores)
        assert 1 == len(_rows(spender, "day"))


def test_ops23_a_changed_rollup_is_found_and_computed_again(spender: Spender) -> None:
    """By its number of events, tokens or cost, in hours as in days."""
    stores = spender.workspace.stores
    with clock.frozen(EVENING):
        spender.spend(output=100)
        roll_up_usage(stores)
        for table in ("usage_hourly", "usage_daily"):
            with stores.analytics.worker() as tx:
                tx.execute("UPDATE {table} SET cost = cost + 1", table=f"analytics.{table}")
            assert [table.removeprefix("usage_")] == [
                each.rollup for each in usage_differences(stores)
            ]
            assert 1 == roll_up_usage(stores).days
            assert [] == usage_differences(stores)


def test_another_organization_sees_none_of_it(spender: Spender) -> None:
    """Row security: the rows are its own; an empty period is refused."""
    with clock.frozen(EVENING):
        spender.spend(output=100)
        roll_up_usage(spender.workspace.stores)
    with spender.workspace.stores.analytics.app(None) as tx:
        identity = spender.identity
        period = {"first": EVENING.date(), "last": EVENING.date()}
        assert [] == rollups.usage_by_bucket(tx, identity=identity, grain="hour", **period)
        with pytest.raises(InvalidInput, match="before the first"):
            rollups.usage_by_bucket(
                tx, identity=identity, grain="day", first=MORNING.date(), last=EVENING.date()
            )
