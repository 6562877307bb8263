"""A worker killed at any write: one episode, one payment, one item, one end (Q19)."""

from __future__ import annotations

import base64
import pickle
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.acting import operational
from tests.studio.conftest import NOW, Studio
from tests.studio.making import Maker

from wavehouse import accounts, usage
from wavehouse.kernel import clock
from wavehouse.kernel.ids import uuid7
from wavehouse.store import Database
from wavehouse.studio.queries import leases
from wavehouse.studio.service import publishing
from wavehouse.usage import BudgetScope, NewBudget, Unit
from wavehouse.workspace import Workspace

PROGRAM = Path(__file__).with_name("dying.py")


@pytest.fixture
def maker(workspace: Workspace, tmp_path: Path) -> Maker:
    """A worker at the present time, a project whose calls cost money, and a budget."""
    room = Studio(workspace)
    operational(workspace, accounts.choose_plan, tier="professional", persona=None)
    made = Maker(room, tmp_path / "studio")
    with made.place.operational.worker() as tx:
        for name in ("writer", "voice"):
            usage.add_model(tx, identity=room.identity, name=name, provider="demo")
            for unit in (Unit.INPUT, Unit.OUTPUT, Unit.CHARACTER):
                usage.add_price(
                    tx,
                    identity=room.identity,
                    model=name,
                    unit=unit,
                    price="0.00001",
                    currency="EUR",
                    effective_from=NOW.replace(year=2025),
                )
        tx.execute("SELECT queue.lead(%(id)s, '1 day')", {"id": uuid7()})
    return made


def killed(maker: Maker, write: int) -> bool:
    """Work on the due slot in a process that dies at this write; returns whether it died."""
    database: Database[Any] = maker.place.operational
    location = base64.b64encode(pickle.dumps(database.place)).decode()
    done = subprocess.run(
        [sys.executable, str(PROGRAM), location, str(maker.place.store.folder), str(write)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == -9


def rescued(maker: Maker) -> None:
    """Let the leader take back the leases of dead workers."""
    maker.room.execute("DELETE FROM queue.workers WHERE name = 'studio generate'")
    with maker.place.operational.worker() as tx:
        leases.rescue_slots(tx, now=clock.now())


def check(maker: Maker, project: Any, episodes: int) -> None:
    """Check that every slot has exactly one of each."""
    ended = "SELECT count(*) FROM studio.episode_schedule_done"
    assert episodes == maker.count(f"{ended} WHERE status = 'done'")
    assert episodes == maker.count(ended)
    assert 0 == maker.count("SELECT count(*) FROM studio.episode_schedule_queue")
    for table in ("studio.episodes", "studio.publications", "catalog.episodes"):
        assert episodes == maker.count(f"SELECT count(*) FROM {table}"), table
    published = "SELECT count(*) FROM queue.outbox WHERE event_type = 'episode.published'"
    assert episodes == maker.count(published)
    feed = maker.room.act(
        publishing.feed_of, project_id=project.project_id, address="https://pod.example"
    )
    assert episodes == feed.count(b"<item>")
    (budget,) = maker.room.act(usage.list_budgets)
    assert Decimal(0) == budget.reserved
    paid_steps = """
      SELECT count(*) FROM studio.generation_steps
      WHERE step IN ('outline', 'script', 'synthesize') AND status = 'completed'
    """
    assert maker.count(paid_steps) == maker.count("SELECT count(*) FROM usage.usage_events")
    with maker.place.operational.worker() as tx:
        costs = tx.tuples(
            """
            SELECT (SELECT sum(cost) FROM usage.usage_events),
                   (SELECT sum(cost) FROM studio.generation_steps),
                   (SELECT sum(cost) FROM studio.episode_schedule_done)
            """
        ).fetchone()
    assert costs is not None
    assert (budget.settled,) * 3 == costs


def walk(maker: Maker, writes: list[int]) -> int:
    """Kill a worker at each of these writes, on a new slot each time; returns how many died."""
    project = maker.project(brief="Il mercato.")
    maker.change(project, text_model="writer", speech_model="voice")
    new = NewBudget(
        limit="1000", currency="EUR", scope=BudgetScope.PROJECT, scope_ref=str(project.project_id)
    )
    maker.room.act(usage.set_budget, new=new)
    died = 0
    for write in writes:
        maker.ask(project)
        died += killed(maker, write)
        rescued(maker)
        maker.work()
    check(maker, project, len(writes))
    return died


def test_q19_a_worker_killed_at_some_write_leaves_one_episode_and_one_payment(
    maker: Maker,
) -> None:
    """Before and after a commit, early, late and at publishing; `make kills` covers all."""
    assert 5 == walk(maker, [3, 14, 57, 120, 141])


@pytest.mark.harness
def test_q19_a_worker_killed_at_every_write_leaves_one_episode_and_one_payment(
    maker: Maker,
) -> None:
    """At least a hundred kills: every commit and every file, before and after."""
    died = walk(maker, list(range(170)))
    print(f"{died} kills")
    assert 100 <= died
