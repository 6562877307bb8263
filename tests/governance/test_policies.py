"""The file of retention policies agrees with the databases and with the requirements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wavehouse.governance import REMOVING, Action, Period, Policy, policies
from wavehouse.governance.adapters import read_policies
from wavehouse.governance.rules import keep_from, period, unusual
from wavehouse.governance.types import Due
from wavehouse.kernel import config
from wavehouse.kernel.errors import InvalidInput
from wavehouse.store import Stores

ROOT = Path(__file__).parents[2]
SETTINGS = config.load({"home": "/nowhere"}, environment={})
ASKED = {
    "operational.measurement.listener_events": "90 days",
    "analytics.analytics.listener_events_hourly": "1 year",
    "analytics.analytics.listener_events_daily": "7 years",
    "operational.sponsorship.attribution_events": "2 years",
    "operational.sponsorship.reports": "5 years",
    "operational.catalog.transcripts": "forever",
    "operational.sponsorship.campaigns": "forever",
    "learning.learning.content": "forever",
    "learning.learning.generation_status": "90 days",
    "learning.learning.behavioral_events": "90 days",
}
"""The periods in ``data-model.md``; for generation rows: "by policy after completion"."""
NOON = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


def test_every_period_that_was_asked_for_is_a_row() -> None:
    """Each row has the table and its period."""
    kept = {
        f"{each.database}.{each.table}": str(each.keep or "forever") for each in policies(SETTINGS)
    }

    assert ASKED == {table: kept.get(table) for table in ASKED}


def test_pod10_a_setting_replaces_the_period_of_raw_data() -> None:
    """It replaces the period of every policy that names it, and of no other."""
    shorter = config.load({"home": "/nowhere", "raw_retention_days": "30"}, environment={})
    changed = {
        new.name: str(new.keep)
        for old, new in zip(policies(SETTINGS), policies(shorter), strict=True)
        if old.keep != new.keep
    }

    assert dict.fromkeys(["listener events", "requests", "downloads"], "30 days") == changed


def _facts(connection: psycopg.Connection[Any], policy: Policy) -> dict[str, Any]:
    row = connection.execute(
        """
        SELECT c.relkind = 'p', pg_get_partkeydef(c.oid), a.atttypid::regtype::text,
               has_table_privilege(%(worker)s, c.oid, 'SELECT'),
               has_table_privilege(%(worker)s, c.oid, 'DELETE')
        FROM pg_class c LEFT JOIN pg_attribute a
          ON a.attrelid = c.oid AND a.attname = %(clock)s AND NOT a.attisdropped
        WHERE c.oid = to_regclass(%(table)s)
        """,
        {
            "table": policy.table,
            "clock": policy.clock,
            "worker": f"wavehouse_{policy.database}_worker",
        },
    ).fetchone()
    assert row is not None, policy.table
    names = ("partitioned", "key", "type", "select", "delete")
    return dict(zip(names, row, strict=True))


def test_every_policy_agrees_with_its_table(stores: Stores) -> None:
    """The column is a time; partitions are dropped by their key; the worker may delete rows."""
    for policy in policies(SETTINGS):
        if not policy.database:
            continue
        with psycopg.connect(getattr(stores, policy.database).place.admin) as connection:
            facts = _facts(connection, policy)
        if policy.clock:
            assert facts["type"] in ("timestamp with time zone", "date"), policy.name
        if policy.action is Action.DROP_PARTITION:
            assert f"RANGE ({policy.clock})" == facts["key"].replace('"', ""), policy.name
            assert facts["select"], policy.name
        elif policy.action is Action.DELETE:
            assert not facts["partitioned"], policy.name
            assert facts["delete"], policy.name


def _partitioned(stores: Stores) -> Iterator[str]:
    for database in stores.databases:
        with psycopg.connect(database.place.admin) as connection:
            rows = connection.execute(
                "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'p'"
            ).fetchall()
        yield from (f"{database.name}.{table}" for (table,) in rows)


def test_every_partitioned_table_has_a_policy(stores: Stores) -> None:
    """Tables that grow by time need an end; those of the queues are ended elsewhere."""
    known = {f"{each.database}.{each.table}" for each in policies(SETTINGS)}
    unused = {
        *(f"{name}.governance.lineage_events" for name in ("learning", "listeners", "analytics")),
        *(f"{name}.queue.jobs_done" for name in ("learning", "listeners")),
    }

    assert unused == set(_partitioned(stores)) - known


@pytest.mark.parametrize(
    ("keep", "first"),
    [
        ("90 days", datetime(2026, 8, 31, tzinfo=UTC)),
        ("1 day", datetime(2026, 11, 28, tzinfo=UTC)),
        ("13 months", datetime(2025, 10, 29, tzinfo=UTC)),
        ("9 months", datetime(2026, 2, 28, tzinfo=UTC)),
        ("7 years", datetime(2019, 11, 29, tzinfo=UTC)),
        ("expiry", NOON),
    ],
)
def test_what_is_kept_begins_with_a_day_of_the_calendar(keep: str, first: datetime) -> None:
    """The 29th in a month without one is its last day; expiry is the exact instant."""
    assert first == keep_from(NOON, period(keep))


def test_a_leap_day_goes_back_to_the_last_of_february() -> None:
    """29 February 2028, a year earlier."""
    assert datetime(2027, 2, 28, tzinfo=UTC) == keep_from(
        datetime(2028, 2, 29, 23, tzinfo=UTC), Period(1, "year")
    )


@pytest.mark.parametrize("wrong", ["", "0 days", "90", "ninety days", "-1 days", "1 week", "1 Day"])
def test_a_period_that_is_none_is_refused(wrong: str) -> None:
    """The error names the accepted forms."""
    with pytest.raises(InvalidInput, match="invalid period"):
        period(wrong)


@pytest.mark.parametrize("keep", [Period(99_999_999, "day"), Period(9_999, "year")])
def test_a_period_that_begins_before_the_calendar_is_one_sentence(keep: Period) -> None:
    """A setting of days has no other limit."""
    with pytest.raises(InvalidInput, match=r"a period of [0-9]+ \w+ is too long"):
        keep_from(NOON, keep)


ENTRY = """
[[policy]]
name = "toys"
table = "operational.toys.toys"
clock = "at"
keep = "90 days"
action = "delete"
owner = "platform operations"
source = "ours"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("keep =", "kept =", "unknown field 'kept'"),
        ('keep = "90 days"\n', "", "needs keep"),
        ('clock = "at"\n', "", "needs clock"),
        ("operational.toys", "toys.toys", "unknown database 'toys'"),
        ('"delete"', '"erase"', "invalid entry"),
        ('"delete"', '"elsewhere"', "needs by or reason"),
        ('table = "operational.toys.toys"\n', "", "name a table or a folder"),
        ('owner = "platform operations"\n', "", "owner"),
        ("90 days", "90 weeks", "invalid period"),
    ],
)
def test_a_wrong_entry_is_named(old: str, new: str, message: str) -> None:
    """The error has the policy's name and the fault."""
    assert 1 == len(read_policies(SETTINGS, ENTRY))
    with pytest.raises(InvalidInput, match=message):
        read_policies(SETTINGS, ENTRY.replace(old, new))


def test_two_policies_of_one_name_are_refused() -> None:
    """A run is identified by the policy's name."""
    with pytest.raises(InvalidInput, match="two retention policies are called 'toys'"):
        read_policies(SETTINGS, ENTRY + ENTRY)


@pytest.mark.parametrize(
    ("rows", "usual", "is_unusual"),
    [
        (3_000, 1_000, False),
        (3_001, 1_000, True),
        (1_000, 0, False),
        (1_001, 0, True),
        (10**9, None, False),
    ],
)
def test_more_than_three_times_the_largest_run_is_unusual(
    rows: int, usual: int | None, is_unusual: bool
) -> None:
    """The first run has nothing to compare with; a thousand rows are never unusual."""
    assert is_unusual == bool(unusual(Due(rows), usual))


def test_only_what_this_product_removes_has_to_say_nothing_more() -> None:
    """All other policies name the remover, or a reason why nothing removes the rows."""
    assert all(bool(each.note) != (each.action in REMOVING) for each in policies(SETTINGS))


def test_the_document_shows_every_policy_as_it_is() -> None:
    """One row each, in the order of the file, with period, action and owner."""
    page = (ROOT / "docs" / "DATA_LIFECYCLE_AND_GOVERNANCE.md").read_text(encoding="utf-8")
    table = page.partition("## Retention windows")[2].partition("\n## ")[0]
    rows = [
        tuple(cell.strip(" `") for cell in line.strip("|").split("|"))
        for line in table.splitlines()
        if line.startswith("| ") and not line.startswith("| data ")
    ]

    assert [
        (
            each.name,
            f"{each.database}.{each.table}" if each.table else f"{each.files}/",
            str(each.keep or "forever"),
            each.action.value.replace("_", " ") + (f": {each.note}" if each.note else ""),
            each.owner,
            each.source,
        )
        for each in policies(SETTINGS)
    ] == rows
