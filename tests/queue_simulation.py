"""Three workers with separate clocks on one queue, and a model of its invariants (Q30).

A step is any action of a worker, a person or time: claims, ends of attempts, kills, pauses longer
than a lease, skewed clocks, cancels, requeues, changes of the leader. After each the invariants are
compared with the database. ``python -m tests.queue_simulation`` runs many steps for many seeds.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.queue_family import SECOND, START, Family

WORKERS = 3
WHOLE = 50
"""Steps between two readings of all ended rows."""
ACTS = {
    "add": 8,
    "claim": 16,
    "complete": 14,
    "fail": 4,
    "snooze": 1,
    "beat": 4,
    "lead": 3,
    "rescue": 3,
    "wait": 6,
    "sleep": 1,
    "kill": 1,
    "cancel": 1,
    "requeue": 1,
    "discard": 1,
    "pause": 1,
    "resume": 5,
    "unblock": 1,
}


@dataclass
class Actor:
    """A worker: the leases it believes to hold, its clock error, and its term."""

    worker_id: UUID
    skew: timedelta
    leases: list[dict[str, Any]] = field(default_factory=list)
    term: int | None = None


class Simulation:
    """One run. ``lost`` counts refused writes of stale leases."""

    def __init__(self, family: Family, chance: random.Random) -> None:
        self.family, self.chance = family, chance
        self.now = START
        self.organizations = [family.organization() for _ in range(3)]
        self.actors = [self._actor() for _ in range(WORKERS)]
        self.rows: list[UUID] = []
        self.token: dict[UUID, UUID] = {}
        self.ended: dict[UUID, str] = {}
        self.cancelled: set[UUID] = set()
        self.steps = self.lost = self.won = 0

    def _actor(self) -> Actor:
        skew = timedelta(seconds=self.chance.uniform(-20, 20))
        return Actor(self.family.enter(now=START if not hasattr(self, "rows") else self.now), skew)

    def _at(self, actor: Actor) -> datetime:
        return max(START, self.now + actor.skew)

    def _held(self) -> tuple[Actor, dict[str, Any]] | None:
        holders = [actor for actor in self.actors if actor.leases]
        if not holders:
            return None
        actor = self.chance.choice(holders)
        return actor, actor.leases.pop(self.chance.randrange(len(actor.leases)))

    def _is_valid(self, lease: dict[str, Any]) -> bool:
        return bool(self.token.get(lease["id"]) == lease["lease_token"])

    def step(self, act: str | None = None) -> None:
        """Do one step, then check the invariants."""
        self.steps += 1
        name = act or self.chance.choices(list(ACTS), list(ACTS.values()))[0]
        getattr(self, name)()
        self.check()

    # --- acts -------------------------------------------------------------------------------------

    def add(self) -> None:
        """A row, due now or later, in any lane."""
        later = self.chance.choice([0, 0, 0, 30, 600]) * SECOND
        row = self.family.add(
            self.chance.choice(self.organizations),
            now=self.now,
            run_at=self.now + later,
            lane=self.chance.randrange(3),
            most=self.chance.choice([1, 3, 5]),
            projects=True,
        )
        self.rows.append(row)

    def claim(self) -> None:
        """A worker takes up to three."""
        actor = self.chance.choice(self.actors)
        for lease in self.family.claim(
            actor.worker_id, self.chance.choice([1, 3]), now=self._at(actor)
        ):
            assert lease["id"] not in self.token, "a leased row was claimed"
            assert lease["id"] not in self.ended, "an ended row was claimed"
            assert lease["attempts"] <= lease["max_attempts"]
            self.token[lease["id"]] = lease["lease_token"]
            actor.leases.append(lease)

    def complete(self) -> None:
        """End an attempt: it succeeds exactly when its lease is valid."""
        if not (held := self._held()):
            return
        actor, lease = held
        wins = self._is_valid(lease) and lease["id"] not in self.cancelled
        done = self.family.complete(lease, now=self._at(actor))
        assert ([lease["id"]] if wins else []) == done, "a stale lease wrote, or a valid one lost"
        if wins:
            self._end(lease["id"], "done")
            self.won += 1
        else:
            self.lost += 1
            self._failed(actor, lease, "transient")

    def fail(self) -> None:
        """End an attempt with an error of any class."""
        if held := self._held():
            kinds = ["transient", "transient", "permanent", "policy", "budget"]
            self._failed(*held, self.chance.choice(kinds))

    def _failed(self, actor: Actor, lease: dict[str, Any], kind: str) -> None:
        valid = self._is_valid(lease)
        status = self.family.fail(
            lease, now=self._at(actor), kind=kind, jitter=self.chance.random()
        )
        assert valid == (status is not None), "a stale lease failed a row"
        if not valid:
            self.lost += 1
        elif status in {"dead", "failed", "cancelled"}:
            assert status is not None
            self._end(lease["id"], status)
        else:
            del self.token[lease["id"]]

    def snooze(self) -> None:
        """Give a lease back."""
        if held := self._held():
            actor, lease = held
            valid = self._is_valid(lease) and lease["id"] not in self.cancelled
            at = self._at(actor)
            assert valid == self.family.call("snooze", lease["id"], lease["lease_token"], at, at)
            if valid:
                del self.token[lease["id"]]

    def beat(self) -> None:
        """A heartbeat."""
        actor = self.chance.choice(self.actors)
        self.family.beat(actor.worker_id, now=self._at(actor))

    def lead(self) -> None:
        """A worker tries to lead or renews."""
        actor = self.chance.choice(self.actors)
        term = self.family.lead(actor.worker_id, now=self._at(actor))
        actor.term = term or actor.term

    def rescue(self) -> None:
        """Rescue by each worker that believes to lead; only the current term succeeds."""
        actor = self.chance.choice(self.actors)
        if actor.term is None:
            return
        present = self.family.value("SELECT term FROM queue.leader")
        taken = self.family.rescue(actor.term, now=self._at(actor))
        assert not taken or actor.term == present, "a former leader wrote"
        for row, outcome in taken.items():
            del self.token[row]
            if outcome in {"dead", "cancelled"}:
                self.ended[row] = outcome
                self.cancelled.discard(row)

    def wait(self) -> None:
        """Time passes."""
        self.now += self.chance.choice([1, 5, 20, 70]) * SECOND

    def sleep(self) -> None:
        """Everything stops for longer than a lease: leases become stale."""
        self.now += timedelta(minutes=self.chance.choice([2, 15]))

    def kill(self) -> None:
        """A worker dies, and a new one starts without state."""
        place = self.chance.randrange(WORKERS)
        self.actors[place] = self._actor()

    def cancel(self) -> None:
        """Cancel any row."""
        if self.rows:
            row = self.chance.choice(self.rows)
            outcome = self.family.call("cancel", row, self.now)
            if outcome == "cancelled":
                self._end(row, "cancelled")
            elif outcome == "requested":
                self.cancelled.add(row)
            else:
                assert row in self.ended

    def requeue(self) -> None:
        """Requeue a row that ended without success."""
        rows = [row for row, status in self.ended.items() if status != "done"]
        if rows:
            row = self.chance.choice(rows)
            assert self.family.call("requeue", row, self.chance.random() < 0.5, self.now)
            del self.ended[row]

    def discard(self) -> None:
        """Discard a row that failed permanently."""
        rows = [row for row, status in self.ended.items() if status == "dead"]
        if rows:
            row = self.chance.choice(rows)
            assert self.family.call("discard", row, self.now)
            self.ended[row] = "failed"

    def _scope(self) -> tuple[UUID | None, UUID | None]:
        organization = self.chance.choice(self.organizations)
        project = self.family.project(organization)
        return self.chance.choice([(None, None), (organization, None), (organization, project)])

    def pause(self) -> None:
        """Pause at any level."""
        self.family.call("pause", *self._scope(), "user:ada", "", self.now)

    def resume(self) -> None:
        """Resume at any level, paused or not."""
        self.family.call("resume", *self._scope(), self.now)

    def unblock(self) -> None:
        """A budget is topped up."""
        self.family.call("unblock", self.chance.choice(self.organizations), self.now)

    # --- what must hold ---------------------------------------------------------------------------

    def _end(self, row: UUID, status: str) -> None:
        self.token.pop(row, None)
        self.cancelled.discard(row)
        self.ended[row] = status

    def check(self) -> None:
        """Check counters, leases and live rows; every ``WHOLE`` steps the ended rows too."""
        live = self.family.leases()
        running = {k: n for k, n in self.family.running().items() if n}
        counted = Counter(row.organization_id for row in live if row.running)
        assert running == counted, "an organization's counter is not the number of its leases"
        held = {row.id: row.token for row in live if row.running}
        assert held == self.token, "the database holds other leases than were given"
        assert len(live) + len(self.ended) == len(self.rows), "a row was lost or doubled"
        assert not any(row.id in self.ended for row in live), "an ended row is live"
        if self.steps % WHOLE == 0:
            self.check_ends()

    def check_ends(self) -> None:
        """Check that every row exists exactly once, and how each ended.

        A lost or doubled row stays so: reading the ended rows after each step would add nothing.
        """
        ended = self.family.rows(
            f"SELECT {self.family.names.key} AS id, status FROM {self.family.names.done}"
        )
        assert len(ended) == len(self.ended), "a row ended twice, or its end was lost"
        assert {row["id"]: row["status"] for row in ended} == self.ended
        live = {row.id for row in self.family.leases()}
        assert live | self.ended.keys() == set(self.rows)

    def drain(self) -> None:
        """Resume everything and let it succeed: no row is lost."""
        for organization in self.organizations:
            project = self.family.project(organization)
            self.family.call("resume", organization, project, self.now)
            self.family.call("resume", organization, None, self.now)
            self.family.call("unblock", organization, self.now)
        self.family.call("resume", None, None, self.now)
        for actor in self.actors:
            actor.leases, actor.skew = [], timedelta(0)
        for _ in range(400):
            if len(self.ended) == len(self.rows):
                self.check()
                self.check_ends()
                return
            self.now += timedelta(hours=2)
            actor = self.actors[0]
            self.family.value("SELECT queue.enter(%s, 'w', 'h', 1, '{}', '{0}', 't', %s)",
                              actor.worker_id, self.now)  # fmt: skip
            actor.term = self.family.lead(actor.worker_id, now=self.now)
            assert actor.term
            for row, outcome in self.family.rescue(actor.term, now=self.now).items():
                del self.token[row]
                if outcome in {"dead", "cancelled"}:
                    self._end(row, outcome)
            for lease in self.family.claim(actor.worker_id, 20, now=self.now):
                self.token[lease["id"]] = lease["lease_token"]
                assert [lease["id"]] == self.family.complete(lease, now=self.now)
                self._end(lease["id"], "done")
        raise AssertionError("rows were forgotten")


def main() -> None:
    """``make queue-states``: STEPS steps for each of SEEDS seeds, both families."""
    import shutil

    import psycopg
    from tests.clones import Clones
    from tests.migrated import copy_home
    from tests.queue_family import JOBS, SLOTS
    from tests.stopping import reachable_folder

    from wavehouse.kernel import config
    from wavehouse.store import EmbeddedServer

    steps, seeds = int(sys.argv[1]), int(sys.argv[2])
    folder = reachable_folder()
    copy_home(folder)
    total = lost = won = 0
    try:
        settings = config.load({"home": str(folder)}, environment={})
        with EmbeddedServer(settings.home, lasting=False).running() as server:
            clones = Clones(server)
            for seed in range(seeds):
                with (
                    clones.lent() as stores,
                    psycopg.connect(stores.operational.place.admin, autocommit=True) as db,
                ):
                    db.execute("SET synchronous_commit = off")
                    db.execute("SELECT queue.ensure_months(%s)", [START])
                    for month in range(1, 13):
                        at = datetime(2027, month, 1, tzinfo=START.tzinfo)
                        db.execute("SELECT queue.ensure_months(%s)", [at])
                    names = (JOBS, SLOTS)[seed % 2]
                    run = Simulation(Family(db, names), random.Random(seed))
                    for _ in range(steps):
                        run.step()
                    run.drain()
                    total, lost, won = total + run.steps, lost + run.lost, won + run.won
                print(
                    f"seed {seed}: {total:,} steps, {won:,} won, {lost:,} stale refused", flush=True
                )
            clones.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
