"""Use cases that fold: waiting events, all events again, notices about failed payments.

One transaction folds a set of connected events: it locks, reads all of them, computes, and writes
the differences. It may be repeated at any time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import psycopg

from wavehouse.entitlements.queries import events as event_queries
from wavehouse.entitlements.queries import grants as grant_queries
from wavehouse.entitlements.queries import money as money_queries
from wavehouse.entitlements.rules.facts import object_ids
from wavehouse.entitlements.rules.folding import fold
from wavehouse.entitlements.service import applying, settings
from wavehouse.entitlements.types import (
    EventStatus,
    Folded,
    Outcome,
    Processed,
    StoredEvent,
)
from wavehouse.kernel import clock
from wavehouse.kernel.errors import WavehouseError
from wavehouse.mail import Mail
from wavehouse.store import Database, Listeners, Tx

_log = logging.getLogger("wavehouse.entitlements")
_AT_ONCE = 500


def process(
    database: Database[Listeners], *, organization_id: UUID, most: int = _AT_ONCE
) -> Processed:
    """Fold the waiting events, oldest first; at most ``most`` sets of events.

    An event that cannot be folded becomes an anomaly and is logged; the others are folded.
    """
    done = Processed()
    for _ in range(most):
        event: StoredEvent | None = None
        try:
            with database.worker() as tx:
                event_queries.lock(tx)
                event = event_queries.next_received(tx)
                if event is None:
                    return done
                done = _sum(done, fold_with(tx, event=event, organization_id=organization_id))
        except (psycopg.Error, WavehouseError):
            raise
        except Exception as wrong:
            assert event is not None  # noqa: S101 - without one nothing was computed
            _log.exception("An event could not be processed: %s", event.event_id)
            with database.worker() as tx:
                outcome = Outcome(
                    EventStatus.ANOMALY, note=f"processing failed: {type(wrong).__name__}"
                )
                event_queries.set_outcomes(
                    tx, outcomes={event.external_event_id: outcome}, at=clock.now()
                )
            done = replace(done, anomalies=done.anomalies + 1)
    return done


def fold_with(tx: Tx[Listeners], *, event: StoredEvent, organization_id: UUID) -> Processed:
    """Fold an event with all connected ones. The caller has the lock."""
    refs = object_ids(event.fact) if event.facts else []
    events = event_queries.together(tx, object_ids=refs) if refs else []
    if all(each.external_event_id != event.external_event_id for each in events):
        outcome = Outcome(EventStatus.IGNORED, note="it does not refer to an object")
        event_queries.set_outcomes(tx, outcomes={event.external_event_id: outcome}, at=clock.now())
        return Processed(events=1)
    folded = fold(
        [each.fact for each in events],
        offers=settings.offers_of(tx, organization_id=organization_id),
        policy=settings.policy_of(tx, organization_id=organization_id),
    )
    return write(tx, events=events, folded=folded)


def write(tx: Tx[Listeners], *, events: Sequence[StoredEvent], folded: Folded) -> Processed:
    """Write the differences between a fold and the stored rows."""
    at = clock.now()
    ids = {each.event_id: each.external_event_id for each in events}
    owners = sorted({grant.key.listener_id for grant in folded.grants})
    here = grant_queries.lock_listeners(tx, listener_ids=owners)
    grants = tuple(grant for grant in folded.grants if grant.key.listener_id in here)
    transitions = applying.grants(
        tx, grants=grants, scopes=folded.scopes, facts=[e.fact for e in events], ids=ids, at=at
    )
    applying.movements(tx, folded=folded, events=events, at=at)
    notices = sum(
        money_queries.note_episode(
            tx,
            listener_id=episode.listener_id,
            scope=episode.scope,
            since=episode.since,
            recovered_at=episode.recovered_at,
        )
        for episode in folded.episodes
        if episode.listener_id in here and episode.ends_at > at
    )
    event_queries.set_outcomes(
        tx, outcomes={ids[name]: outcome for name, outcome in folded.outcomes.items()}, at=at
    )
    missing = set(owners) - here
    gone = [
        each.external_event_id
        for each in events
        if missing and (not here or each.fact.listener_id in missing)
    ]
    if gone:
        event_queries.without_content(tx, ids=gone, at=at)
    pending = sum(o.status is EventStatus.PENDING_PARENT for o in folded.outcomes.values())
    return Processed(len(events), transitions, pending, notices)


def replay(database: Database[Listeners], *, organization_id: UUID) -> Processed:
    """Fold every stored event again: after a change of offers or policy, or to verify the table."""
    with database.worker() as tx:
        event_queries.lock(tx)
        count = event_queries.requeue(tx)
    return process(database, organization_id=organization_id, most=count + _AT_ONCE)


def send_notices(
    database: Database[Listeners], *, mail: Mail, own_page: str, organization_id: UUID
) -> int:
    """Email listeners whose payment failed: once per episode (E16). Returns the number sent.

    A mail server that fails leaves the notice for the next run; one that is older than the grace
    period is no longer sent.
    """
    sent = 0
    while True:
        with database.worker() as tx:
            policy = settings.policy_of(tx, organization_id=organization_id)
            late = clock.now() - max(policy.grace_days, 1) * clock.DAY
            notice = money_queries.next_unsent(tx, after=late)
            if notice is None:
                return sent
            text = (
                "Your last payment failed. You still have access for "
                f"now; please update your payment method.\n\nWhat you have access to: {own_page}\n"
            )
            mail.send(to=notice.email, subject="Your payment failed", text=text)
            money_queries.mark_sent(tx, notice=notice, at=clock.now())
        sent += 1


def _sum(done: Processed, more: Processed) -> Processed:
    return Processed(
        done.events + more.events,
        done.transitions + more.transitions,
        done.pending + more.pending,
        done.notices + more.notices,
        done.anomalies + more.anomalies,
    )
