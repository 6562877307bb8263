"""Use case: dispatch open events to the endpoints, and send due deliveries.

This is upkeep of the installation: it works for all organizations and takes no identity. Attempts
are claimed in one transaction, sent outside any, and recorded in another: a process that dies in
between sends again after the claim expires, under the same ``webhook-id``.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.store import Database, Operational
from wavehouse.webhooks import queries, rules
from wavehouse.webhooks.adapters import Sealer, Sender
from wavehouse.webhooks.types import Delivered, Due, Outcome, Sent

_CLAIMED = timedelta(seconds=60)
"""Longer than one attempt may take (15 s)."""
_EVENTS = 500
_BATCH = 16
_AT_ONCE = 8


def deliver(
    operational: Database[Operational], *, sealer: Sealer, sender: Sender, batches: int = 64
) -> Delivered:
    """Dispatch the open events and make the attempts that are due now."""
    with operational.worker() as tx:
        dispatched = queries.dispatch(tx, at=clock.now(), limit=_EVENTS)
    counts = {Outcome.DELIVERED: 0, Outcome.FAILED: 0, Outcome.GONE: 0}
    disabled = 0
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhooks") as threads:
        for _ in range(batches):
            with operational.worker() as tx:
                now = clock.now()
                due = queries.claim_due(tx, at=now, until=now + _CLAIMED, limit=_BATCH)
            if not due:
                break
            sent = list(threads.map(partial(_send, sealer=sealer, sender=sender, now=now), due))
            for each, result in zip(due, sent, strict=True):
                done, was_disabled = _record(operational, each, result)
                counts[done] += 1
                disabled += was_disabled
    failed = counts[Outcome.FAILED] + counts[Outcome.GONE]
    return Delivered(dispatched, counts[Outcome.DELIVERED], failed, disabled)


def _send(due: Due, sealer: Sealer, sender: Sender, now: datetime) -> Sent:
    sealed = [due.secret_sealed]
    expires = due.previous_secret_expires_at
    if due.previous_secret_sealed is not None and expires is not None and now < expires:
        sealed.append(due.previous_secret_sealed)
    try:
        keys = [sealer.opened(each, endpoint_id=due.endpoint_id) for each in sealed]
    except Refused as error:
        return Sent(None, None, error.message)
    body = rules.body_of(due.event_type, due.occurred_at, due.payload)
    headers = rules.headers(
        keys, event_id=str(due.event_id), timestamp=int(now.timestamp()), body=body
    )
    return sender.post(due.url, body, headers)


def _record(operational: Database[Operational], due: Due, sent: Sent) -> tuple[Outcome, bool]:
    """Record an attempt and plan the next one; returns whether the endpoint was disabled."""
    now, outcome = clock.now(), rules.outcome(sent.status)
    delay = None
    if outcome == Outcome.FAILED:
        delay = rules.next_delay(due.attempt, random.random(), sent.retry_after)  # noqa: S311
    last = {Outcome.DELIVERED: "delivered", Outcome.GONE: "abandoned"}
    status = last.get(outcome, "abandoned" if delay is None else "failed")
    with operational.worker() as tx:
        if not queries.finish_delivery(
            tx,
            delivery_id=due.delivery_id,
            status=status,
            at=now,
            response_status=sent.status if sent.status and 100 <= sent.status < 600 else None,
            excerpt=sent.excerpt,
            error=sent.error,
        ):
            return outcome, False
        if delay is not None:
            queries.insert_attempt(tx, due=due, next_attempt_at=now + delay)
        if outcome == Outcome.DELIVERED:
            queries.endpoint_works(tx, endpoint_id=due.endpoint_id)
            return outcome, False
        since = queries.endpoint_fails(tx, endpoint_id=due.endpoint_id, at=now)
        reason = _why_disabled(outcome, now - since)
        disabled = reason is not None and queries.disable_endpoint(
            tx,
            organization_id=due.organization_id,
            endpoint_id=due.endpoint_id,
            reason=reason,
        )
    return outcome, disabled


def _why_disabled(outcome: Outcome, failing_for: timedelta) -> str | None:
    if outcome == Outcome.GONE:
        return "the endpoint answered 410 Gone"
    if failing_for >= rules.DISABLED_AFTER:
        return "all deliveries have failed for five days"
    return None
