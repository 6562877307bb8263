"""Entitlements: the latency of a check, and how many payment events are received and folded.

A hundred thousand grants of ten thousand listeners; checks of random ones, each in its own
transaction (E29). Then deliveries of signed events, stored one by one and folded.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import ground

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.entitlements.provider import PRICE, SECRET, START, Subscriber, signed

from wavehouse import entitlements, listeners
from wavehouse.entitlements.service import processing, receiving, settings
from wavehouse.entitlements.types import Offer
from wavehouse.kernel import clock
from wavehouse.kernel.ids import ListenerId
from wavehouse.workspace import Workspace

LISTENERS, RESOURCES = 10_000, 10


def filled(workspace: Workspace) -> list[ListenerId]:
    """Listeners with grants, by two statements."""
    with workspace.stores.listeners.worker() as tx:
        ids: list[ListenerId] = tx.values(
            "INSERT INTO listeners.listeners (email, email_display) "
            "SELECT 'l' || n || '@mail.example', 'l' || n || '@mail.example' "
            f"FROM generate_series(1, {LISTENERS}) n RETURNING listener_id"
        )
        tx.execute(
            "INSERT INTO listeners.entitlements (listener_id, type, resource, scope_kind, scope, "
            "status, granted_at, starts_at, expires_at, created_by) "
            "SELECT listener_id, 'feed', 'show-' || n, 'subscription', 'sub_' || listener_id, "
            "'active', now(), now(), now() + interval '30 days', 'stripe' "
            f"FROM listeners.listeners, generate_series(1, {RESOURCES}) n"
        )
        tx.execute("ANALYZE listeners.entitlements")
    return ids


def checks(workspace: Workspace, ids: list[ListenerId], number: int) -> list[float]:
    """Milliseconds of each check, in order."""
    chance, took = random.Random(1), []
    for _ in range(number):
        who, show = chance.choice(ids), f"show-{chance.randint(1, RESOURCES)}"
        began = time.perf_counter()
        with workspace.stores.listeners.worker() as tx:
            answer = entitlements.access_of(tx, listener_id=who, access_type="feed", resource=show)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.granted
    return sorted(took)


def deliveries(workspace: Workspace, number: int) -> tuple[float, float]:
    """Seconds of receiving and of folding so many subscriptions of four events each."""
    database, endpoint = workspace.stores.listeners, receiving.Endpoint((SECRET,))
    with database.worker() as tx:
        settings.set_offer(tx, identity=workspace.identity, offer=Offer(PRICE, "feed", "show-1"))
        who = listeners.create(tx, email="buyer@mail.example").listener_id
    events = []
    for name in range(number):
        someone = Subscriber(str(who), name=f"b{name}")
        events += [someone.known(), someone.created(), someone.charged(1, START),
                   someone.paid(1, START)]  # fmt: skip
    began = time.perf_counter()
    for content in events:
        body, header = signed(content, int(clock.now().timestamp()))
        receiving.receive(database, endpoint=endpoint, body=body, header=header)
    received = time.perf_counter() - began
    began = time.perf_counter()
    processing.process(database, organization_id=workspace.home, most=len(events) + 1)
    return received, time.perf_counter() - began


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=5_000)
    parser.add_argument("--subscriptions", type=int, default=200)
    args = parser.parse_args()
    with ground.workspace() as workspace:
        ids = filled(workspace)
        checks(workspace, ids, 200)
        took = checks(workspace, ids, args.checks)
        p50, p95, p99 = (took[int(len(took) * share)] for share in (0.5, 0.95, 0.99))
        print(f"check: P50 {p50:.2f} ms  P95 {p95:.2f} ms  P99 {p99:.2f} ms  "
              f"({LISTENERS * RESOURCES:,} grants; asked: P95 ≤ 5 ms)")  # fmt: skip
        received, folded = deliveries(workspace, args.subscriptions)
        events = args.subscriptions * 4
        print(f"received: {events / received:,.0f}/s, folded: {events / folded:,.0f} events/s")


if __name__ == "__main__":
    main()
