"""Leases: every write after a claim needs its token (Q14, Q15, Q18 to Q24, Q26)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.queue_family import SECOND, START, Family

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def _claimed(family: Family, **options: Any) -> tuple[UUID, dict[str, Any]]:
    """An organization's only row and its lease."""
    row = family.add(family.organization(), **options)
    (lease,) = family.claim(family.enter(), now=START)
    assert row == lease["id"]
    return row, lease


def test_q15_a_worker_that_was_paused_past_its_lease_cannot_complete(family: Family) -> None:
    """A is paused, B claims the row, A continues: its completion is refused, B's is not."""
    row, lease = _claimed(family)
    second = family.enter(now=START + MINUTE)
    term = family.lead(second, now=START + MINUTE)
    assert term
    assert {row: "pending"} == family.rescue(term, now=START + MINUTE)
    (again,) = family.claim(second, now=START + MINUTE)

    late = START + MINUTE + SECOND
    assert [] == family.complete(lease, now=late)
    assert family.fail(lease, now=late) is None
    assert not family.call("snooze", row, lease["lease_token"], late, late)
    assert not family.call("checkpoint", row, lease["lease_token"], None, 0, late)
    assert [row] == family.complete(again, now=late)
    assert [] == family.complete(again, now=late)


def test_q15_a_forged_token_changes_nothing(family: Family) -> None:
    """The token of another row changes nothing either."""
    row, lease = _claimed(family)
    forged = {**lease, "lease_token": uuid4()}
    before = family.live(row)

    assert [] == family.complete(forged, now=START)
    assert family.fail(forged, now=START) is None
    assert before == family.live(row)


def test_q14_a_heartbeat_is_one_row_of_the_worker(family: Family) -> None:
    """Without it for 45 s the worker's leases are taken back, with it they are not."""
    row, _ = _claimed(family)
    holder = family.value("SELECT worker_id FROM queue.workers")
    leader = family.enter()
    term = family.lead(leader, now=START + 44 * SECOND)
    assert term
    assert family.beat(holder, now=START + 30 * SECOND)

    assert {} == family.rescue(term, now=START + 74 * SECOND)
    assert {row: "pending"} == family.rescue(term, now=START + 75 * SECOND)
    assert not family.beat(uuid4(), now=START)


def test_q14_an_attempt_past_its_deadline_is_taken_back_from_a_living_worker(
    family: Family,
) -> None:
    """15 s after the deadline, so that the worker can end it first."""
    row, lease = _claimed(family)
    holder = family.value("SELECT worker_id FROM queue.workers")
    at = lease["deadline_at"] + 15 * SECOND
    family.beat(holder, now=at)
    term = family.lead(holder, now=at)
    assert term

    assert {} == family.rescue(term, now=at - SECOND)
    held = family.rows(
        f"SELECT * FROM {family.names.schema}.held{family.names.suffix}(%s, %s)", holder, at
    )
    assert [(True, False)] == [(h["overdue"], h["cancelled"]) for h in held]
    assert {row: "pending"} == family.rescue(term, now=at)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 30), (2, 60), (3, 120), (9, 7680), (10, 15360), (11, 21600)]
)
def test_q18_the_wait_doubles_up_to_six_hours(family: Family, attempts: int, seconds: int) -> None:
    """min(6 h, 30 s * 2^(n-1)), times a jitter between 0 and 1."""
    assert timedelta(seconds=seconds) == family.value("SELECT queue.backoff(%s, 1)", attempts)
    assert timedelta(seconds=seconds / 4) == family.value(
        "SELECT queue.backoff(%s, 0.25)", attempts
    )


def test_q18_a_transient_error_is_tried_again_after_its_wait(family: Family) -> None:
    """After the last attempt the row is a dead letter with every error."""
    row, lease = _claimed(family, most=2)
    assert "pending" == family.fail(lease, now=START)
    worker = family.enter()
    assert [] == family.claim(worker, now=START + 29 * SECOND)
    (again,) = family.claim(worker, now=START + 30 * SECOND)
    assert "dead" == family.fail(again, now=START + MINUTE)

    ended = family.done(row)
    assert ended is not None
    assert ("dead", 2) == (ended["status"], ended["attempts"])
    assert [(1, "broken"), (2, "broken")] == [(e["attempt"], e["message"]) for e in ended["errors"]]


def test_q18_retry_after_wins_over_the_backoff(family: Family) -> None:
    """The other side named the time."""
    row, lease = _claimed(family)
    family.fail(lease, now=START, retry_after=HOUR)

    live = family.live(row)
    assert live is not None
    assert START + HOUR == live["run_at"]


@pytest.mark.parametrize(("kind", "ends"), [("permanent", "dead"), ("policy", "failed")])
def test_q18_permanent_and_policy_errors_are_not_tried_again(
    family: Family, kind: str, ends: str
) -> None:
    """A permanent one can be requeued from the dead letters."""
    row, lease = _claimed(family)

    assert ends == family.fail(lease, now=START, kind=kind)
    ended = family.done(row)
    assert ended is not None
    assert (ends, 1) == (ended["status"], ended["attempts"])


def test_q18_want_of_budget_waits_and_costs_no_attempt(family: Family) -> None:
    """Until the next period or until the budget is raised."""
    row, lease = _claimed(family)
    organization = lease["organization_id"]
    worker = family.enter()

    assert "blocked_budget" == family.fail(lease, now=START, kind="budget")
    live = family.live(row)
    assert live is not None
    assert 0 == live["attempts"]
    assert [] == family.claim(worker, now=START + HOUR)
    assert 1 == family.call("unblock", organization, START + HOUR)
    assert [row] == [r["id"] for r in family.claim(worker, now=START + HOUR)]


def test_q19_an_effect_and_its_completion_are_one_transaction(family: Family) -> None:
    """Without the completion the effect is rolled back as well."""
    _, lease = _claimed(family)
    with family.db.transaction(force_rollback=True):
        family.organization()
        assert 1 == len(family.complete(lease, now=START))

    assert 1 == family.value("SELECT count(*) FROM accounts.organizations")
    assert [lease["id"]] == family.complete(lease, now=START)


def test_q20_a_rescue_of_a_former_leader_touches_nothing(family: Family) -> None:
    """Its term is over, even if it does not know (Q26)."""
    row, _ = _claimed(family)
    former, leader = family.enter(), family.enter()
    old = family.lead(former, now=START)
    assert old
    assert family.lead(leader, now=START + 9 * SECOND) is None
    new = family.lead(leader, now=START + MINUTE)

    assert old + 1 == new
    assert {} == family.rescue(old, now=START + MINUTE)
    assert family.lead(former, now=START + MINUTE) is None
    assert new
    assert {row: "pending"} == family.rescue(new, now=START + MINUTE)


def test_q26_a_leader_renews_its_term_and_a_late_renewal_is_a_new_term(family: Family) -> None:
    """Between the end and the renewal another may have led."""
    leader = family.enter()

    assert 1 == family.lead(leader, now=START)
    assert 1 == family.lead(leader, now=START + 9 * SECOND)
    assert 2 == family.lead(leader, now=START + MINUTE)
    family.value("SELECT queue.resign(%s, %s)", leader, START + MINUTE)
    assert 3 == family.lead(family.enter(), now=START + MINUTE + SECOND)


@pytest.mark.parametrize("reset", [True, False])
def test_q21_a_dead_row_is_requeued_with_what_it_knew(family: Family, reset: bool) -> None:
    """Its attempts start again, or are kept and one more is allowed."""
    row, lease = _claimed(family, most=1)
    family.call("checkpoint", row, lease["lease_token"], None, 2, START)
    assert "dead" == family.fail(lease, now=START)

    assert family.call("requeue", row, reset, START + HOUR)
    assert not family.call("requeue", row, reset, START + HOUR)
    live = family.live(row)
    assert live is not None
    assert ((0, 1) if reset else (1, 2)) == (live["attempts"], live["max_attempts"])
    assert (1, 2) == (len(live["errors"]), live["cost"])
    assert [row] == [r["id"] for r in family.claim(family.enter(), now=START + HOUR)]


def test_q21_a_discarded_row_leaves_the_dead_letter_and_stays_in_the_history(
    family: Family,
) -> None:
    """Its status is failed; a second discard finds nothing."""
    row, lease = _claimed(family, most=1)
    family.fail(lease, now=START)

    assert family.call("discard", row, START)
    assert not family.call("discard", row, START)
    ended = family.done(row)
    assert ended is not None
    assert "failed" == ended["status"]


def test_q22_what_waits_is_cancelled_at_once_and_what_runs_cannot_complete(family: Family) -> None:
    """Its effect is rolled back with its completion; ending the attempt ends the row."""
    waiting = family.add(family.organization())
    assert "cancelled" == family.call("cancel", waiting, START)
    row, lease = _claimed(family)

    assert "requested" == family.call("cancel", row, START)
    assert [] == family.complete(lease, now=START)
    assert "cancelled" == family.fail(lease, now=START)
    assert family.call("cancel", row, START) is None
    assert {"cancelled"} == {
        ended["status"] for key in (waiting, row) if (ended := family.done(key))
    }


def test_q22_a_cancel_after_the_completion_has_nothing_to_cancel(family: Family) -> None:
    """The effect is committed."""
    row, lease = _claimed(family)
    family.complete(lease, now=START)

    assert family.call("cancel", row, START) is None


@pytest.mark.parametrize("level", ["everything", "organization", "project"])
def test_q23_a_pause_stops_claims_and_lets_running_work_finish(family: Family, level: str) -> None:
    """At each of the three levels, until it is resumed."""
    organization = family.organization()
    running = family.add(organization, projects=True)
    worker = family.enter()
    (lease,) = family.claim(worker, now=START)
    waiting = family.add(organization, projects=True, now=START + SECOND)
    scope = {
        "everything": (None, None),
        "organization": (organization, None),
        "project": (organization, family.project(organization)),
    }[level]

    assert family.call("pause", *scope, "user:ada", "", START + SECOND)
    assert not family.call("pause", *scope, "user:ada", "", START + SECOND)
    assert [] == family.claim(worker, now=START + MINUTE)
    assert [running] == family.complete(lease, now=START + MINUTE)
    assert family.call("resume", *scope, START + HOUR)
    assert not family.call("resume", *scope, START + HOUR)
    assert [waiting] == [r["id"] for r in family.claim(worker, now=START + HOUR)]


def test_q23_a_retry_of_a_paused_project_waits_for_it(family: Family) -> None:
    """A job added meanwhile waits as well."""
    organization = family.organization()
    row = family.add(organization, projects=True)
    worker = family.enter()
    (lease,) = family.claim(worker, now=START)
    family.call("pause", organization, family.project(organization), "user:ada", "", START)

    assert "paused" == family.fail(lease, now=START)
    assert [] == family.claim(worker, now=START + HOUR)
    family.call("resume", organization, family.project(organization), START + HOUR)
    assert [row] == [r["id"] for r in family.claim(worker, now=START + HOUR)]


def test_q24_what_was_not_started_is_released_without_an_attempt(family: Family) -> None:
    """Another worker can claim it immediately."""
    row, lease = _claimed(family)

    assert family.call("snooze", row, lease["lease_token"], START, START)
    (again,) = family.claim(family.enter(), now=START + SECOND)
    assert (row, 1) == (again["id"], again["attempts"])


def test_q27_a_row_that_ended_is_in_the_months_partition_and_not_live(family: Family) -> None:
    """The statement that ends it moves it."""
    row, lease = _claimed(family)
    family.complete(lease, now=START)

    assert family.live(row) is None
    assert 1 == family.value(
        f"SELECT count(*) FROM {family.names.done}_202611 WHERE {family.names.key} = %s", row
    )
