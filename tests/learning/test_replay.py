"""Fuzzed events through the services: every counter equals a replay of the accepted events (L1-L4).

The replay is made from the events that the services accepted, kept in memory: it reads nothing that
was stored. ``make replay`` sends a million events.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from tests.learning.desk import NOON, Desk

from wavehouse.learning.rules import closing, evidence
from wavehouse.learning.service import deriving, levels, recording, sessions
from wavehouse.learning.types import (
    Event,
    EventInput,
    EventType,
    Evidence,
    Item,
    Outcome,
    Stored,
)

MILLION = int(os.environ.get("WAVEHOUSE_REPLAYED_EVENTS", "1000000"))
SECONDS, PIECES, SESSIONS, LEARNERS = 120, 40, 24, 6
KINDS = [*EventType, "hover", ""]
ODD = (-1.0, -0.5, 500.0, float("nan"), float("inf"))


@dataclass
class World:
    """Sessions of learners, and the events that were accepted of each."""

    desk: Desk
    chance: Random
    accepted: dict[str, dict[str, EventInput]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    refused: int = 0
    duplicates: int = 0
    mismatches: list[str] = field(default_factory=list)

    def open(self, name: str, account: str) -> None:
        """Start a session of an account."""
        self.desk.session(name, account)
        self.accepted[name], self.owner[name] = {}, account

    def batch(self, session: str, size: int) -> list[EventInput]:
        """Events in any order: valid, odd and repeated ones, from the past and the future."""
        known = sorted(self.accepted[session])
        return [self._event(known) for _ in range(size)]

    def _event(self, known: list[str]) -> EventInput:
        chance = self.chance
        position = round(chance.uniform(0, SECONDS), 2)
        if chance.random() < 0.02:
            position = chance.choice(ODD)
        seconds = chance.randrange(-40 * 86_400, 3_000)
        if chance.random() < 0.01:
            seconds = chance.randrange(10 * 86_400, 400 * 86_400)
        content = f"p{chance.randrange(PIECES + 1)}"
        before = round(chance.uniform(0, SECONDS), 2) if chance.random() < 0.2 else None
        name = f"e{self.sent}"
        if chance.random() < 0.03:
            name = chance.choice(known) if known else f"e{chance.randrange(self.sent + 1)}"
        self.sent += 1
        return EventInput(
            name,
            content,
            str(chance.choice(KINDS)),
            NOON + timedelta(seconds=seconds),
            position,
            before,
            by_timer=chance.random() < 0.05,
        )

    def send(self, name: str, events: list[EventInput]) -> None:
        """Send a batch, and remember what was accepted."""
        results = self.desk.send(name, *events)
        for event, result in zip(events, results, strict=True):
            if result.outcome is Stored.STORED:
                self.accepted[name][event.event_id] = event
            elif result.outcome is Stored.DUPLICATE:
                self.duplicates += 1
            else:
                self.refused += 1
                if not result.reason:
                    self.mismatches.append(f"{event.event_id} was refused without a reason")

    def erase(self, name: str) -> None:
        """Erase a session."""
        self.desk.call(sessions.erase_session, session_id=name)
        del self.accepted[name], self.owner[name]

    def compare(self) -> None:
        """Compare every learner's counters and level with the replay."""
        for account in sorted(set(self.owner.values())):
            mine = [name for name, owner in self.owner.items() if owner == account]
            learner = self.desk.call(sessions.session, session_id=mine[0]).learner_id
            stored = self.desk.call(deriving.evidence_of, learner_id=learner)
            replayed = evidence.of(o for name in mine for o in self.outcomes(name))
            if as_counted(replayed) != stored:
                self.mismatches.append(f"the counters of {account} differ from the replay")
            level = self.desk.call(levels.level_of, session_id=mine[0]).level
            if level is not None and not 0 <= level.low <= level.level <= level.high <= 1:
                self.mismatches.append(f"the level of {account} is {level}")

    def outcomes(self, name: str) -> Iterator[Outcome]:
        """The outcomes of a session, from its accepted events alone."""
        pieces: dict[str, list[Event]] = defaultdict(list)
        for event in self.accepted[name].values():
            pieces[event.content_id].append(
                Event(
                    event.event_id,
                    EventType(event.type),
                    event.at,
                    event.position,
                    event.before,
                    event.speed,
                    event.by_timer,
                )
            )
        for content_id, events in pieces.items():
            item = Item(content_id, float(SECONDS), difficulty_of(content_id), features_of())
            outcome = closing.outcome(events, item)
            if outcome is not None:
                yield outcome


def difficulty_of(content_id: str) -> float:
    """The difficulty of a piece by its number: one that two decimals of the score keep exactly."""
    return round(int(content_id[1:]) % 13 * 8 * 0.06 - 3, 2)


def features_of() -> tuple[str, ...]:
    return ("format:narrative",)


def as_counted(counted: Evidence) -> Evidence:
    """Evidence in the form in which counters are read."""
    return Evidence(dict(sorted(counted.cells.items())), counted.likes)


def replayed(desk: Desk, number: int, size: int, seed: int) -> World:
    """Send ``number`` events in batches of up to ``size``; compare now and then, and at the end."""
    world = World(desk, Random(seed))
    for n in range(PIECES):
        desk.content(f"p{n}", difficulty=difficulty_of(f"p{n}"), duration=SECONDS)
    for n in range(SESSIONS):
        world.open(f"s{n}", f"learner {n % LEARNERS}")
    opened, rounds = SESSIONS, 0
    while world.sent < number:
        name = world.chance.choice(sorted(world.accepted))
        world.send(name, world.batch(name, world.chance.randint(1, size)))
        rounds += 1
        if rounds % 20 == 0:
            world.erase(world.chance.choice(sorted(world.accepted)))
            world.open(f"s{opened}", f"learner {opened % LEARNERS}")
            opened += 1
        if rounds % 200 == 0:
            settled(world)
    settled(world)
    return world


def settled(world: World) -> None:
    """Close what was left, then compare."""
    while world.desk.call(recording.close_left):
        pass
    for name in world.accepted:
        world.desk.call(sessions.end_session, session_id=name)
    world.compare()


def test_l1_l4_counters_equal_the_replay_of_fuzzed_events(desk: Desk) -> None:
    """Any order, repetitions, invalid and late events, erased sessions: no mismatch."""
    world = replayed(desk, 3_000, 150, seed=20)

    assert [] == world.mismatches
    assert world.refused > 100
    assert world.duplicates > 10


@pytest.mark.harness
def test_l9_a_million_fuzzed_events_have_no_mismatch(desk: Desk) -> None:
    """The same with a million events."""
    world = replayed(desk, MILLION, 2_000, seed=21)
    kept = sum(map(len, world.accepted.values()))
    print(
        f"{world.sent:,} events sent, {world.refused:,} refused, {world.duplicates:,} repeated, "
        f"{kept:,} in the {len(world.accepted)} sessions at the end; "
        f"{len(world.mismatches)} mismatches"
    )

    assert [] == world.mismatches
