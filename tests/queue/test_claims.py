"""Claims: turns, order, and the limit of running jobs (Q9 to Q13, Q16, Q17)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from tests.queue_family import JOBS, KIND, SECOND, START, Family

MINUTE = timedelta(minutes=1)


def test_q09_every_organization_gets_one_before_any_gets_a_second(family: Family) -> None:
    """An organization with many jobs waits like the others: by turn, not by age."""
    large, small, third = (family.organization() for _ in range(3))
    for _ in range(8):
        family.add(large)
    family.add(small, now=START + SECOND)
    family.add(third, now=START + SECOND)
    worker = family.enter()

    taken = [family.claim(worker, now=START + MINUTE)[0]["organization_id"] for _ in range(4)]
    together = family.claim(worker, 3, now=START + MINUTE)

    assert {large, small, third} == set(taken[:3])
    assert large == taken[3]
    assert {large} == {row["organization_id"] for row in together}


def test_q09_a_batch_is_shared_out(family: Family) -> None:
    """A claim of many takes one from each organization, then a second from each."""
    organizations = [family.organization() for _ in range(3)]
    for organization in organizations:
        for _ in range(3):
            family.add(organization)

    taken = family.claim(family.enter(), 4, now=START)

    assert [1, 1, 2] == sorted(Counter(r["organization_id"] for r in taken).values())


def test_q09_no_more_than_the_cap_runs_and_the_counter_says_how_many(family: Family) -> None:
    """Five per organization by default; completing one allows another."""
    organization = family.organization()
    for _ in range(7):
        family.add(organization)
    worker = family.enter()

    first = family.claim(worker, 100, now=START)
    assert 5 == len(first)
    assert [] == family.claim(worker, 100, now=START + SECOND)
    assert family.running() == family.counted() == {organization: 5}

    family.complete(first[0], now=START + SECOND)
    assert 1 == len(family.claim(worker, 100, now=START + SECOND))
    assert family.running() == family.counted() == {organization: 5}


def test_q10_the_lanes_of_a_claim_come_in_the_order_that_it_names(family: Family) -> None:
    """Within a lane by run_at, then id; equality on the lane, so no lane hides another."""
    organization = family.organization()
    late = family.add(organization, lane=0, run_at=START + SECOND)
    early = family.add(organization, lane=0)
    backfill = family.add(organization, lane=2)
    worker = family.enter()

    assert [backfill] == [r["id"] for r in family.claim(worker, now=START + SECOND, lanes=(2, 1))]
    assert [early] == [r["id"] for r in family.claim(worker, now=START + SECOND)]
    assert [late] == [r["id"] for r in family.claim(worker, now=START + SECOND)]


def test_q11_what_is_not_due_is_not_taken_and_is_taken_when_it_is(family: Family) -> None:
    """The organization's turn is set to its next row automatically."""
    organization = family.organization()
    later = family.add(organization, run_at=START + MINUTE)
    worker = family.enter()

    assert [] == family.claim(worker, now=START)
    assert [] == family.claim(worker, now=START + MINUTE - SECOND)
    assert [later] == [r["id"] for r in family.claim(worker, now=START + MINUTE)]


def test_q12_a_job_is_never_due_before_it_was_added(db: psycopg.Connection[Any]) -> None:
    """The low-water mark only passes times at which no row can appear any more."""
    family = Family(db, JOBS)
    row = family.live(family.add(family.organization(), run_at=START - timedelta(days=1)))

    assert row is not None
    assert START == row["run_at"]


def test_q12_a_row_that_was_committed_late_is_found_within_ten_seconds(family: Family) -> None:
    """Its transaction was open while the mark passed it."""
    organization = family.organization()
    worker = family.enter()
    family.add(organization)
    assert 1 == len(family.claim(worker, now=START))
    assert [] == family.claim(worker, now=START + MINUTE)
    family.db.execute("SET session_replication_role = replica")
    late = family.add(organization, run_at=START + SECOND)

    found: set[UUID] = set()
    for seconds in range(60, 90):
        found |= {r["id"] for r in family.claim(worker, now=START + seconds * SECOND)}
        if found:
            break

    assert {late} == found
    assert seconds <= 70 + 1


def test_q12_an_organization_is_looked_at_again_though_nobody_woke_it(family: Family) -> None:
    """A transaction that read an early turn and commits after the claim loses nothing."""
    organization = family.organization()
    worker = family.enter()
    family.add(organization)
    first = family.claim(worker, now=START)
    family.complete(*first, now=START)
    hidden = family.add(organization, now=START)
    family.db.execute(
        "UPDATE queue.organization_queue_state SET turn_at = %s", [START + 2 * SECOND]
    )

    assert [hidden] == [r["id"] for r in family.claim(worker, now=START + 2 * SECOND)]


def test_q13_two_claimers_at_once_share_nothing(family: Family) -> None:
    """The second one skips the organization that the first one locks."""
    organizations = [family.organization() for _ in range(2)]
    for organization in organizations:
        family.add(organization)
    worker = family.enter()
    with psycopg.connect(family.db.info.dsn, password=family.db.info.password) as other:
        beside = Family(other, family.names)
        first = beside.claim(worker, now=START)
        second = family.claim(worker, 5, now=START)
        other.rollback()

    assert 1 == len(first) == len(second)
    assert first[0]["id"] != second[0]["id"]
    assert [first[0]["id"]] == [r["id"] for r in family.claim(worker, 5, now=START + SECOND)]


def test_q16_every_lease_has_a_random_token(family: Family) -> None:
    """So a claim lost in a server crash is never confused with the next one."""
    organization = family.organization()
    for _ in range(3):
        family.add(organization)

    taken = family.claim(family.enter(), 3, now=START)

    assert 3 == len({row["lease_token"] for row in taken})
    assert {4} == {row["lease_token"].version for row in taken}


def test_q17_an_attempt_is_counted_when_it_is_claimed(family: Family) -> None:
    """A job that kills its process each time is a dead letter after its last attempt."""
    organization = family.organization()
    poison = family.add(organization, most=3)
    leader = family.enter()
    outcomes, now = [], START
    for attempt in range(3):
        worker = family.enter(now=now)
        taken = family.claim(worker, now=now)
        assert [attempt + 1] == [row["attempts"] for row in taken]
        now += MINUTE
        family.beat(leader, now=now)
        term = family.lead(leader, now=now)
        assert term
        outcomes.append(family.rescue(term, now=now)[poison])
        now += timedelta(hours=1)

    assert ["pending", "pending", "dead"] == outcomes
    ended = family.done(poison)
    assert ended is not None
    assert ["the worker stopped"] * 3 == [error["message"] for error in ended["errors"]]
    assert family.counted() == {}
    assert {0} == set(family.running().values())


def test_kinds_that_a_worker_cannot_do_are_left_to_others(db: psycopg.Connection[Any]) -> None:
    """They do not keep it from jobs that it can do."""
    family = Family(db, JOBS)
    organization = family.organization()
    family.value("SELECT queue.enqueue('other.work', %s, p_now := %s)", organization, START)
    mine = family.add(organization, now=START + SECOND)
    worker = family.enter()

    taken = family.rows(
        "SELECT * FROM queue.claim(%s, 5, '{0,1,2}', %s, NULL, %s)", worker, [KIND], START + SECOND
    )

    assert [mine] == [row["job_id"] for row in taken]
