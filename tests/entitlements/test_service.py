"""Grants in the database: ledger, notices, manual grants, erasure, reconciliation."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests import erasing
from tests.entitlements.provider import DAY, MONTH, OTHER_PRICE, START, Subscriber, event

from wavehouse import listeners
from wavehouse.entitlements.service import granting, processing, reading, reconciling, settings
from wavehouse.entitlements.types import (
    Entitlement,
    EventStatus,
    NewGrant,
    Policy,
    ScopeKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import ListenerId
from wavehouse.mail import Outbox, stored_emails
from wavehouse.store import Database, Listeners
from wavehouse.workspace import Workspace

Deliver = Callable[..., Any]
Work = Callable[[], Any]
Grants = Callable[[UUID], list[Entitlement]]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def snapshot(database: Database[Listeners]) -> tuple[Any, ...]:
    """Entitlements, the effective ledger and the money, without this database's ids and times."""
    with database.worker() as tx:
        rows = tx.tuples(
            """
            SELECT t.type, t.resource, t.scope, t.status, t.starts_at, t.expires_at, t.revoked_at,
                   t.revoke_reason,
                   (SELECT array_agg(ARRAY[e.event_id, g.reason, g.state_after::text,
                                           g.effective_at::text] ORDER BY g.seq)
                    FROM listeners.entitlement_ledger g
                    LEFT JOIN listeners.external_events e USING (external_event_id)
                    WHERE g.entitlement_id = t.entitlement_id AND g.generation =
                      (SELECT max(generation) FROM listeners.entitlement_ledger m
                       WHERE m.entitlement_id = t.entitlement_id))
            FROM listeners.entitlements t ORDER BY 1, 2, 3
            """
        ).fetchall()
        money = tx.tuples(
            "SELECT reference, currency, sum(amount) FROM listeners.entitlement_payments "
            "GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2"
        ).fetchall()
        statuses = tx.tuples(
            "SELECT event_id, status FROM listeners.external_events WHERE source <> 'operator' "
            "ORDER BY event_id"
        ).fetchall()
    return rows, money, statuses


def forget(database: Database[Listeners]) -> None:
    """Empty the tables of entitlements for the next order, past the ledgers' triggers."""
    import psycopg

    with psycopg.connect(database.place.admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("entitlement_ledger", "entitlements", "entitlement_payments",
                      "entitlement_notices", "external_events"):  # fmt: skip
            connection.execute(f"DELETE FROM listeners.{table}")


def test_e8_every_order_of_arrival_leaves_the_same_rows(
    database: Database[Listeners], deliver: Deliver, work: Work, listener_id: ListenerId
) -> None:
    """All 120 orders of five events, folded one by one, with copies: rows and ledger are equal."""
    someone = Subscriber(str(listener_id))
    someone.known()
    someone.created()
    someone.charged(1, START + 1)
    someone.updated(START + DAY, cancel_at_period_end=True)
    someone.deleted(START + MONTH)
    chance, seen = random.Random(8), []
    for order in permutations(someone.events):
        for content in order:
            deliver(content)
            work()
            deliver(chance.choice(order[:2]))
        seen.append(snapshot(database))
        assert [] == _differences(database)
        forget(database)
    print(f"{len(seen)} orders of arrival, the same each time")
    assert 120 == len(seen)
    assert all(one == seen[0] for one in seen)
    assert seen[0][0]


def _differences(database: Database[Listeners]) -> list[Any]:
    """Grants that differ from the last entry of their ledger."""
    with database.worker() as tx:
        return tx.values(
            """
            SELECT t.entitlement_id FROM listeners.entitlements t
            WHERE t.status IS DISTINCT FROM (
              SELECT g.state_after ->> 'status' FROM listeners.entitlement_ledger g
              WHERE g.entitlement_id = t.entitlement_id ORDER BY g.seq DESC LIMIT 1)
            """
        )


def test_e25_a_replay_changes_nothing_and_the_ledger_gives_the_table(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber,
) -> None:  # fmt: skip
    """Folding every event again writes no row and no transition."""
    anna.updated(START + DAY, prices=(OTHER_PRICE,))
    for content in anna.events:
        deliver(content)
    work()
    before = snapshot(database)
    done = processing.replay(database, organization_id=selling.home)
    assert (0, before) == (done.transitions, snapshot(database))
    with database.worker() as tx:
        assert [] == reading.differences(tx, identity=selling.identity)
        with pytest.raises(Exception, match="append-only"), tx.savepoint():
            tx.execute("UPDATE listeners.entitlement_ledger SET reason = 'x'")
        with pytest.raises(Exception, match="append-only"), tx.savepoint():
            tx.execute("UPDATE listeners.entitlement_payments SET amount = 0")
        with pytest.raises(Exception, match="append-only"), tx.savepoint():
            tx.execute("DELETE FROM listeners.entitlement_payments")


def test_e10_a_payment_without_a_listener_waits_until_an_operator_names_one(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    listener_id: ListenerId, grants: Grants,
) -> None:  # fmt: skip
    """It is reported after a day; linking the customer folds it immediately."""
    someone = Subscriber(None)
    deliver(someone.created())
    assert 1 == work().pending
    with database.worker() as tx:
        late = clock.now() + timedelta(hours=25)
        assert 1 == reading.waiting_too_long(tx, before=late - reading.WAITS_TOO_LONG)
        granting.link(tx, identity=selling.identity, customer="cus_1", listener_id=listener_id)
    assert ["active"] == [grant.status for grant in grants(listener_id)]


def test_e12_one_scope_revoked_leaves_access_by_another(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber, listener_id: ListenerId,
) -> None:  # fmt: skip
    """A subscription and a gift for the same feed."""
    for content in anna.events:
        deliver(content)
    work()
    with clock.frozen(at(START + DAY)), database.worker() as tx:
        gift = granting.grant(tx, identity=selling.identity, new=NewGrant(
            listener_id, "feed", "plus", ScopeKind.GIFT, "birthday", "a gift of Bo",
            expires_at=at(START + 90 * DAY)))  # fmt: skip
        rows = reading.of_listener(tx, listener_id=listener_id)
        bought = next(row for row in rows if row.entitlement_id != gift.entitlement_id)

        def has() -> bool:
            return reading.access_of(
                tx, listener_id=listener_id, access_type="feed", resource="plus"
            ).granted

        granting.revoke(tx, identity=selling.identity, entitlement_id=bought.entitlement_id,
                        reason="asked for it")  # fmt: skip
        assert has()
        granting.revoke(tx, identity=selling.identity, entitlement_id=gift.entitlement_id,
                        reason="asked for it")  # fmt: skip
        assert not has()
    deliver(anna.updated(START + MONTH, period_end=START + 2 * MONTH))
    work()
    with clock.frozen(at(START + MONTH + 5)), database.worker() as tx:
        assert not has()


def test_e13_past_times_are_answered_by_the_ledger(
    database: Database[Listeners], deliver: Deliver, work: Work, anna: Subscriber,
    listener_id: ListenerId,
) -> None:  # fmt: skip
    """For a dispute from day 1 to day 3 there is no access between, and access before and after."""
    for content in anna.events:
        deliver(content)
    deliver(anna.disputed(1, START + DAY))
    deliver(anna.disputed(1, START + 3 * DAY, "won"))
    work()
    with clock.frozen(at(START + 10 * DAY)), database.worker() as tx:
        answers = [
            reading.access_of(tx, listener_id=listener_id, access_type="feed", resource="plus",
                              at=at(START + hours * 3600)).granted
            for hours in (-1, 1, 23, 25, 71, 73)
        ]  # fmt: skip
    assert [False, True, True, False, False, True] == answers


def test_e16_one_notice_for_one_episode(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber, email: str, tmp_path: Path,
) -> None:  # fmt: skip
    """Two failures and an earlier one that arrives late send one email; a new episode another."""
    outbox = Outbox(tmp_path)

    def send() -> int:
        return processing.send_notices(
            database, mail=outbox, own_page="https://pod.example", organization_id=selling.home
        )

    for content in anna.events:
        deliver(content)
    with clock.frozen(at(START + MONTH + DAY)):
        late = anna.updated(START + MONTH, status="past_due")
        deliver(anna.updated(START + MONTH + 60, status="past_due"))
        work()
        assert (1, 0) == (send(), send())
        deliver(late)
        work()
        assert 0 == send()
    with clock.frozen(at(START + MONTH + 3 * DAY)):
        deliver(anna.updated(START + MONTH + 2 * DAY, status="active"))
        deliver(anna.updated(START + MONTH + 3 * DAY, status="past_due"))
        work()
        assert 1 == send()
    assert [email] * 2 == [one.to for one in stored_emails(tmp_path)]


@pytest.mark.parametrize(
    "change",
    [
        {"reason": " "},
        {"expires_at": None},
        {"is_permanent": True},
        {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"kind": ScopeKind.SUBSCRIPTION},
        {"resource": ""},
        {"scope": "a\x00"},
        {"type": "x" * 256},
    ],
)
def test_e23_a_grant_by_hand_needs_a_reason_and_an_end(
    database: Database[Listeners], selling: Workspace, listener_id: ListenerId,
    change: dict[str, Any],
) -> None:  # fmt: skip
    """A permanent grant must be explicit; both an end and permanent are refused."""
    end = clock.now() + timedelta(days=30)
    new = NewGrant(listener_id, "feed", "plus", ScopeKind.PROMO, "launch", "launch", None, end)
    with database.worker() as tx:
        with pytest.raises(InvalidInput):
            granting.grant(tx, identity=selling.identity, new=replace(new, **change))
        with pytest.raises(NotFound):
            granting.grant(tx, identity=selling.identity,
                           new=replace(new, listener_id=ListenerId(uuid4())))  # fmt: skip
        made = granting.grant(tx, identity=selling.identity, new=new)
    assert f"user:{selling.identity.user_id}" == made.created_by
    assert ("launch", "active", end) == (made.grant_reason, made.status, made.expires_at)


def test_e24_granting_and_revoking_at_once_is_one_after_the_other(
    database: Database[Listeners], selling: Workspace, listener_id: ListenerId, grants: Grants
) -> None:
    """In sixteen threads: the row equals the ledger's last entry, and entries form a chain."""
    end = clock.now() + timedelta(days=30)
    new = NewGrant(listener_id, "feed", "plus", ScopeKind.MANUAL, "desk", "help", None, end)
    with database.worker() as tx:
        grant_id = granting.grant(tx, identity=selling.identity, new=new).entitlement_id

    def act(number: int) -> None:
        with database.worker() as tx:
            if number % 2:
                granting.grant(tx, identity=selling.identity, new=new)
                return
            try:
                granting.revoke(tx, identity=selling.identity, entitlement_id=grant_id, reason="x")
            except Conflict:
                return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(16)))
    with database.worker() as tx:
        entries = tx.tuples(
            "SELECT seq, state_before, state_after FROM listeners.entitlement_ledger ORDER BY seq"
        ).fetchall()
        assert [] == reading.differences(tx, identity=selling.identity)
    assert [*range(1, len(entries) + 1)] == [seq for seq, _, _ in entries]
    assert [after for _, _, after in entries[:-1]] == [before for _, before, _ in entries[1:]]
    assert entries[-1][2]["status"] == grants(listener_id)[0].status


def test_e26_payloads_are_reduced_after_their_time_and_the_fold_stays_the_same(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber,
) -> None:  # fmt: skip
    """Id, type, time, ids and facts stay; a replay without the payloads changes nothing."""
    for content in anna.events:
        deliver(content)
    work()
    before = snapshot(database)
    with database.worker() as tx:
        assert 0 == reconciling.reduce_payloads(tx, identity=selling.identity)
    with clock.frozen(clock.now() + timedelta(days=91)), database.worker() as tx:
        assert 4 == reconciling.reduce_payloads(tx, identity=selling.identity)
    processing.replay(database, organization_id=selling.home)
    assert before == snapshot(database)
    with database.worker() as tx:
        assert 0 == tx.value("SELECT count(payload) FROM listeners.external_events")
        text = str(tx.values("SELECT e::text FROM listeners.external_events e"))
    assert "mail.example" not in text
    assert "Berg" not in text


def test_e27_erasing_keeps_sums_and_drops_the_payer_and_late_events(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber, listener_id: ListenerId, email: str,
) -> None:  # fmt: skip
    """No id of the payer remains; later events keep no content and grant nothing."""
    for content in anna.events:
        deliver(content)
    work()
    with database.worker() as tx:
        totals = reading.totals(tx, identity=selling.identity)
    rows = erasing.listener(selling, email)
    assert 1 == rows["listeners.entitlements"]
    assert 1 == rows["listeners.entitlement_payments"]
    assert 4 == rows["listeners.external_events"]
    late = [
        anna.updated(START + MONTH, period_end=START + 2 * MONTH),
        anna.refunded(1, START + MONTH),
        event("customer.updated", {"id": "cus_1", "object": "customer", "name": "Anna Berg",
              "metadata": {"listener_id": str(listener_id)}}, START, "evt_late"),
    ]  # fmt: skip
    assert [EventStatus.IGNORED] * 3 == [deliver(content).status for content in late]
    work()
    processing.replay(database, organization_id=selling.home)
    with database.worker() as tx:
        assert totals == reading.totals(tx, identity=selling.identity)
        tables = ("external_events", "entitlements", "entitlement_ledger", "entitlement_payments")
        text = str([tx.values(f"SELECT t::text FROM listeners.{table} t") for table in tables])
        statuses = tx.values("SELECT DISTINCT status FROM listeners.entitlements")
    for trace in ("cus_1", "sub_1", "pi_1", "ch_1", "in_1", "re_1", str(listener_id), "Berg"):
        assert trace not in text, trace
    assert ["revoked"] == statuses


def test_e27_a_payer_that_names_an_unknown_listener_keeps_no_content(
    database: Database[Listeners], deliver: Deliver, work: Work
) -> None:
    """The listener was erased before the purchase, or never existed."""
    someone = Subscriber(str(uuid4()))
    deliver(someone.known())
    deliver(someone.created())
    work()
    with database.worker() as tx:
        rows = tx.tuples("SELECT status, payload, facts FROM listeners.external_events").fetchall()
    assert ("ignored", None, None) in rows


def test_e28_the_providers_list_is_compared_and_mended_in_one_direction(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber, listener_id: ListenerId, grants: Grants,
) -> None:  # fmt: skip
    """Active only there: granted here for a week. Active only here: reported and kept."""
    deliver(anna.known())
    summary = {
        "object": "entitlements.active_entitlement_summary", "customer": "cus_1",
        "entitlements": {"data": [{"lookup_key": "plus_key", "feature": "feat_1"}],
                         "has_more": False},
    }  # fmt: skip
    deliver(event("entitlements.active_entitlement_summary.updated", summary, START, "evt_s"))
    work()
    with database.worker() as tx:
        (drift,) = reconciling.reconcile(tx, identity=selling.identity, dry_run=True)
        assert (True, False) == (drift.provider_active, drift.fixed)
        assert [] == grants(listener_id)
        (mended,) = reconciling.reconcile(tx, identity=selling.identity)
        assert mended.fixed
        assert [] == reconciling.reconcile(tx, identity=selling.identity)
    (grant,) = grants(listener_id)
    assert ("import", "active") == (grant.scope_kind, grant.status)
    for content in anna.events[1:]:
        deliver(content)
    work()
    with clock.frozen(at(START + DAY)), database.worker() as tx:
        drifts = reconciling.reconcile(tx, identity=selling.identity, active={"cus_1": []})
    assert [False] == [drift.provider_active for drift in drifts]
    assert 2 == len(grants(listener_id))


def test_a_policy_is_the_organizations(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber, grants: Grants, listener_id: ListenerId,
) -> None:  # fmt: skip
    """With ten days of grace instead of seven, a replay applies it to folded events."""
    for content in anna.events:
        deliver(content)
    deliver(anna.updated(START + MONTH, status="past_due"))
    work()
    assert at(START + MONTH + 7 * DAY) == grants(listener_id)[0].expires_at
    with database.worker() as tx:
        settings.set_policy(tx, identity=selling.identity, policy=Policy(grace_days=10))
        with pytest.raises(InvalidInput):
            settings.set_policy(tx, identity=selling.identity, policy=Policy(grace_days=366))
    processing.replay(database, organization_id=selling.home)
    assert at(START + MONTH + 10 * DAY) == grants(listener_id)[0].expires_at


def test_a_corrected_owner_takes_the_grant_with_them(
    database: Database[Listeners], selling: Workspace, deliver: Deliver, work: Work,
    anna: Subscriber, listener_id: ListenerId, grants: Grants,
) -> None:  # fmt: skip
    """The first listener's grant is revoked with a reason; the second listener gets it."""
    for content in anna.events:
        deliver(content)
    work()
    with database.worker() as tx:
        other = listeners.create(tx, email=f"{uuid4().hex}@example.org").listener_id
        granting.link(tx, identity=selling.identity, customer="cus_1", listener_id=other)
    assert ["revoked"] == [grant.status for grant in grants(listener_id)]
    assert ["active"] == [grant.status for grant in grants(other)]


def test_e11_two_listeners_may_have_a_gift_of_the_same_name(
    database: Database[Listeners], selling: Workspace, listener_id: ListenerId, grants: Grants
) -> None:
    """Granting or revoking one does not affect the other."""
    end = clock.now() + timedelta(days=30)
    new = NewGrant(listener_id, "feed", "plus", ScopeKind.GIFT, "summer", "a gift", None, end)
    with database.worker() as tx:
        other = listeners.create(tx, email=f"{uuid4().hex}@example.org").listener_id
        first = granting.grant(tx, identity=selling.identity, new=new)
        granting.grant(tx, identity=selling.identity, new=replace(new, listener_id=other))
        granting.grant(tx, identity=selling.identity, new=replace(new, resource="basic"))
    assert ["active"] * 2 == [grant.status for grant in grants(listener_id)]
    with database.worker() as tx:
        granting.revoke(tx, identity=selling.identity, entitlement_id=first.entitlement_id,
                        reason="over")  # fmt: skip
    assert ["active", "revoked"] == sorted(grant.status for grant in grants(listener_id))
    assert ["active"] == [grant.status for grant in grants(other)]
