"""Each retention policy has one test that travels in time, or names the one elsewhere."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.governance.test_retention import TIMED, _planned, seeded

from wavehouse import governance, listeners
from wavehouse.governance import Action, Policy, StepState
from wavehouse.governance.service.planning import database_of
from wavehouse.kernel import clock, config
from wavehouse.listeners.service import expiry
from wavehouse.workspace import Workspace

__all__ = ["seeded"]  # the fixture
ROOT = Path(__file__).parents[2]
POLICIES = governance.policies(config.load({"home": "/nowhere"}, environment={}))
PARTITIONED = [each for each in POLICIES if each.action is Action.DROP_PARTITION]
FILES = [each for each in POLICIES if each.action is Action.DELETE and each.files]
ANONYMISED = [each for each in POLICIES if each.action is Action.ANONYMISE]
NONE = [each for each in POLICIES if each.action is Action.NONE]
ELSEWHERE = {
    "finished jobs": "tests/governance/test_every_period.py::"
    "test_q27_months_of_finished_jobs_go_after_their_days",
    "behavioural events": "tests/learning/test_archive.py::"
    "test_lrn4_a_session_is_archived_its_raw_events_leave_and_the_learner_stays",
    "listeners' sign-ins": "tests/listeners/test_expiry.py::"
    "test_ac5_a_session_goes_when_it_is_over",
    "listeners' sign-in links": "tests/listeners/test_expiry.py::"
    "test_ac2_a_link_goes_after_its_quarter_of_an_hour",
    "devices that are no longer used": "tests/governance/test_every_period.py::"
    "test_rt1_a_device_goes_after_400_days_without_use",
    "playback actions": "tests/listeners/test_compaction.py::"
    "test_rt3_compaction_is_planned_applied_once_and_held",
    "emails without a mail server": "tests/governance/test_every_period.py::"
    "test_emails_in_a_folder_go_after_a_quarter_of_an_hour",
    "backups": "tests/backups/test_backups.py::"
    "test_the_newest_backup_and_what_it_needs_are_never_pruned",
}
"""Policies that another part carries out, with the test of their time."""
LENGTHS = {"day": 1, "month": 30.4, "year": 365.2}
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_pod10_lis3_every_policy_has_exactly_one_test_in_time() -> None:
    """Deleted and dropped rows and files by tables of tests, the others by name; with a count."""
    groups = {
        "deleted rows": [each.name for each in TIMED],
        "dropped partitions": [each.name for each in PARTITIONED],
        "emptied columns": [each.name for each in ANONYMISED],
        "deleted files": [each.name for each in FILES],
        "carried out elsewhere": list(ELSEWHERE),
        "kept, with a reason": [each.name for each in NONE],
    }
    counted = Counter(name for names in groups.values() for name in names)
    print(*(f"{len(names)} {group}" for group, names in groups.items()), sep=", ")
    print(f"{sum(counted.values())} policies, {counted.total()} tests")

    assert {each.name: 1 for each in POLICIES} == dict(counted)
    for name, test in ELSEWHERE.items():
        path, _, function = test.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", text, re.MULTILINE), name


@dataclass(frozen=True)
class Part:
    """A partition with rows: its end, from its bound."""

    name: str
    end: date


def _first_part(place: Workspace, policy: Policy) -> Part:
    """The oldest partition with a row."""
    with psycopg.connect(database_of(place.stores, policy).place.admin) as connection:
        rows = connection.execute(
            """
            SELECT c.oid::regclass::text,
                   substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([0-9-]{10})')
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = %s::regclass ORDER BY 2
            """,
            [policy.table],
        ).fetchall()
        for name, end in rows:
            count = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(
                sql.Identifier(*name.split("."))
            )
            if connection.execute(count).fetchone() == (True,):
                return Part(name, date.fromisoformat(end))
    raise AssertionError(f"no sample row in {policy.table}")


@pytest.mark.parametrize("policy", PARTITIONED, ids=lambda policy: policy.name)
def test_pod10_a_partition_is_due_when_its_period_is_over(
    seeded: Workspace, policy: Policy
) -> None:
    """Not while its last day is within the period; then it, by its name."""
    part = _first_part(seeded, policy)
    assert policy.keep is not None
    days = policy.keep.number * LENGTHS[policy.keep.unit]
    end = clock.start_of_day(part.end)
    early = _planned(seeded, policy.name, end + timedelta(days=int(days) - 3))
    late = _planned(seeded, policy.name, end + timedelta(days=int(days) + 4))

    assert part.name not in early.due.parts
    assert part.name in late.due.parts
    assert late.due.rows >= 1
    assert late.state in (StepState.DUE, StepState.REFUSED)
    assert policy.guard is not None or late.state is StepState.DUE


@pytest.mark.parametrize("policy", ANONYMISED, ids=lambda policy: policy.name)
def test_pod10_a_column_is_due_when_its_period_is_over(seeded: Workspace, policy: Policy) -> None:
    """Not within the period of the oldest value; test_anonymising.py empties it."""
    table, column = sql.Identifier(*policy.table.split(".")), sql.Identifier(policy.clear)
    time = sql.Identifier(policy.clock)
    assert policy.keep is not None
    days = int(policy.keep.number * LENGTHS[policy.keep.unit])
    with psycopg.connect(database_of(seeded.stores, policy).place.admin) as connection:
        fill = sql.SQL("UPDATE {} SET {} = 7 WHERE {} = (SELECT max({}) FROM {})")
        connection.execute(fill.format(table, column, time, time, table))
        read = sql.SQL("SELECT min({}) FROM {} WHERE {} IS NOT NULL")
        row = connection.execute(read.format(time, table, column)).fetchone()
    assert row is not None
    (oldest,) = row
    early = _planned(seeded, policy.name, oldest + timedelta(days=days - 1))
    late = _planned(seeded, policy.name, oldest + timedelta(days=days + 2))

    assert (StepState.NOTHING, StepState.DUE) == (early.state, late.state)
    assert late.due.rows >= 1


@pytest.mark.parametrize("policy", FILES, ids=lambda policy: policy.name)
def test_pod10_a_file_is_due_after_its_period_and_held_with_its_table(
    workspace: Workspace, policy: Policy
) -> None:
    """By its time of change; a legal hold on the table that describes it holds it too (RT5)."""
    assert policy.keep is not None
    days = int(policy.keep.number * LENGTHS[policy.keep.unit])
    path = workspace.settings.home / policy.files / "a.pdf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    due = NOW + timedelta(days=days + 4)

    assert (
        StepState.NOTHING is _planned(workspace, policy.name, NOW + timedelta(days=days - 3)).state
    )
    assert StepState.DUE is _planned(workspace, policy.name, due).state
    with workspace.stores.operational.worker() as tx:
        governance.hold_table(
            tx,
            workspace.settings,
            identity=workspace.identity,
            table=policy.held_with,
            reason="case 14",
            expires_at=due + timedelta(days=1),
        )
    held = _planned(workspace, policy.name, due)
    assert (StepState.HELD, True) == (held.state, "case 14" in held.reason)
    assert StepState.DUE is _planned(workspace, policy.name, due + timedelta(days=2)).state


@pytest.mark.parametrize("policy", NONE, ids=lambda policy: policy.name)
def test_what_is_kept_says_why_and_is_in_no_plan(seeded: Workspace, policy: Policy) -> None:
    """Thirty years later no step of a plan removes it."""
    with clock.frozen(NOW + timedelta(days=365 * 30)):
        steps = governance.plan(seeded.stores, seeded.settings).steps

    assert policy.note
    assert policy.name not in {step.policy.name for step in steps}


def test_q27_months_of_finished_jobs_go_after_their_days(workspace: Workspace) -> None:
    """A month is dropped when its last day is 90 days ago, by the leader's statement."""
    with workspace.stores.operational.worker() as tx:
        tx.execute("SELECT queue.ensure_months('2026-01-10T00:00Z')")
        dropped = [
            tx.value("SELECT queue.drop_done(%s::timestamptz - interval '90 days', %s)", [at, at])
            for at in ("2026-04-30T23:00Z", "2026-05-01T01:00Z", "2026-05-02T01:00Z")
        ]

    assert 0 == dropped[0]
    assert 1 <= dropped[1] + dropped[2]


def test_rt1_a_device_goes_after_400_days_without_use(workspace: Workspace) -> None:
    """Not on the last of these days."""
    database = workspace.stores.listeners
    with clock.frozen(NOW), database.worker() as tx:
        who = listeners.create(tx, email="someone@mail.example").listener_id
        tx.execute(
            "INSERT INTO listeners.devices (listener_id, device_id, name, last_seen_at)"
            " VALUES (%s, 'phone', 'Phone', %s)",
            [who, NOW],
        )
    counts = []
    for days in (399, 401):
        with clock.frozen(NOW + timedelta(days=days)):
            counts.append(expiry.tidy(database).devices)

    assert [0, 1] == counts


def test_emails_in_a_folder_go_after_a_quarter_of_an_hour(workspace: Workspace) -> None:
    """Where no mail server is set, emails with sign-in links are files of the home."""
    outbox = workspace.settings.home / "outbox"
    outbox.mkdir()
    path = outbox / "20261129-a.eml"
    path.write_text("To: someone@mail.example\n\nhttps://…", encoding="utf-8")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    left = []
    for minutes in (14, 16):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            expiry.tidy(workspace.stores.listeners, outbox=outbox)
        left.append(path.exists())

    assert [True, False] == left
