"""Learning: events stored and folded, levels, recommendations over HTTP, difficulty of a text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import ground
from fastapi.testclient import TestClient
from measuring import Figure, best, milliseconds, quantile, times

from wavehouse import accounts
from wavehouse.accounts import Scope
from wavehouse.learning.rules import closing, evidence, texts
from wavehouse.learning.service import library, recording, sessions
from wavehouse.learning.types import (
    ContentInput,
    Event,
    EventInput,
    EventType,
    Outcome,
    OutcomeClass,
)
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

CANDIDATES = 1000
EVENTS = 200_000
REQUESTS = 200
WORDS = "Quando Anna va al mercato saluta il fornaio che conosce da molti anni. " * 120
START = datetime(2026, 11, 1, tzinfo=UTC)


def figures(size: float) -> Iterator[Figure]:
    """First the pure part, then the database, then HTTP."""
    yield from _folding(max(20_000, round(EVENTS * size)))
    took = sorted(_seconds(lambda: texts.readability(WORDS, "it")) for _ in range(20))
    yield Figure(
        f"difficulty of {len(texts.words_of(WORDS)):,} words",
        milliseconds(quantile(took, 0.5)),
        goal="≤ 20 ms",
        met=quantile(took, 0.5) <= 0.02,
    )
    with ground.workspace() as workspace:
        yield from _stored(workspace, max(2_000, round(10_000 * size)))
        yield from _recommended(workspace)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _folding(number: int) -> Iterator[Figure]:
    """Events of items of eight events each, folded to outcomes and counted."""
    kinds = [EventType.PLAY, *[EventType.PROGRESS] * 6, EventType.COMPLETE]
    item = [
        Event(f"e{n}", kind, START + timedelta(seconds=15 * n), 15.0 * n)
        for n, kind in enumerate(kinds)
    ]
    items = number // len(item)

    def fold() -> None:
        for _ in range(items):
            closing.listening(item, 105.0)

    took = best(lambda: _seconds(fold), 3)
    floor = best(lambda: _seconds(lambda: [sorted(item, key=_key) for _ in range(items)]), 3)
    yield Figure(
        f"{number:,} events folded into outcomes",
        f"{number / took:,.0f}/s",
        f"sorting them alone {number / floor:,.0f}/s",
        times(took / floor),
        "≥ 500,000/s",
        number / took >= 500_000,
    )
    outcome = Outcome("a", START, 0.3, OutcomeClass.CLEAN, 1.0, 0, features=("format:narrative",))
    one, whole = evidence.of([outcome]), evidence.of([outcome] * 50)

    def update() -> None:
        for _ in range(10_000):
            evidence.merged(whole, one)

    took = best(lambda: _seconds(update), 3)
    yield Figure(
        "single updates of a learner's counts, in memory",
        f"{10_000 / took:,.0f}/s",
        goal="≥ 10,000/s",
        met=10_000 / took >= 10_000,
    )


def _key(event: Event) -> tuple[datetime, str]:
    return event.at, event.event_id


def _stored(workspace: Workspace, number: int) -> Iterator[Figure]:
    identity, database = workspace.identity, workspace.stores.learning
    pieces = [
        ContentInput(f"c{n}", f"Piece {n}", WORDS[:400], "/a", 120, difficulty=(n % 60) / 10 - 3)
        for n in range(CANDIDATES)
    ]
    with database.app(identity.organization_id) as tx:
        for first in range(0, CANDIDATES, 200):
            library.add_content(tx, identity=identity, content=pieces[first : first + 200])
        sessions.start_session(tx, identity=identity, session_id="bench", account_id="bench")
    batches = [
        [
            EventInput(
                f"e{n}-{k}", f"c{n % 200}", "progress", START + timedelta(seconds=n + k), k + 1.0
            )
            for k in range(100)
        ]
        for n in range(number // 100)
    ]
    began = time.perf_counter()
    for batch in batches:
        with database.app(identity.organization_id) as tx:
            recording.record_events(tx, identity=identity, session_id="bench", events=batch)
    took = time.perf_counter() - began
    yield Figure(
        f"{number:,} events stored and derived, batches of 100, one session",
        f"{number / took:,.0f}/s",
    )


def _recommended(workspace: Workspace) -> Iterator[Figure]:
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        scopes = [Scope.LEARNING_READ, Scope.LEARNING_WRITE]
        key = accounts.create_api_key(tx, identity=workspace.identity, name="bench", scopes=scopes)
    # In process, as the protocol's time is the same for every server.
    with TestClient(
        live_app(workspace), "http://localhost", headers={"Authorization": f"Bearer {key.text}"}
    ) as client:

        def ask(path: str, method: str = "POST") -> float:
            return _seconds(lambda: client.request(method, path).raise_for_status())

        base = "/api/v1/learning/sessions/bench"
        for _ in range(10):
            ask(f"{base}/recommendations?count=10")
        took, floor = [], []
        for _ in range(REQUESTS):
            took.append(ask(f"{base}/recommendations?count=10"))
            floor.append(ask(base, "GET"))
            time.sleep(0.2)  # the rate limit of a key
    slow, least = quantile(sorted(took), 0.95), quantile(sorted(floor), 0.95)
    yield Figure(
        f"ten recommendations of {CANDIDATES:,} candidates through the API",
        f"P50 {milliseconds(quantile(sorted(took), 0.5))}, P95 {milliseconds(slow)}",
        f"the session alone, P95 {milliseconds(least)}",
        times(slow / least),
        "P95 ≤ 20 ms",
        slow <= 0.02,
    )
