"""Helpers for pipeline tests: a project, and a worker that produces its slots."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from tests.studio.conftest import Studio

from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.service import generating, production
from wavehouse.studio.service.generation.places import Place
from wavehouse.studio.service.generation.running import run_next
from wavehouse.studio.types.generation import Outcome
from wavehouse.studio.types.production import ProductionChange, Voice
from wavehouse.studio.types.schedule import ScheduledSlot

BRIEF = "Il mercato del sabato, il mare d'inverno."
VOICES = (Voice("Giulia", variant="f2", speed=240), Voice("Marco", variant="m3", speed=240))
ADDRESS = "https://pod.example"


class Maker:
    """Produces episodes in a workspace, in this process."""

    def __init__(self, room: Studio, folder: Path) -> None:
        self.room = room
        self.place = Place(room.workspace.stores.operational, FolderStore(folder), ADDRESS)

    def project(self, title: str = "Caffè Corrente", **more: Any) -> Any:
        """Create a project whose speakers are fast."""
        project = self.room.project(title, brief=more.pop("brief", BRIEF), **more)
        self.change(project, voices=VOICES)
        return project

    def change(self, project: Any, **choices: Any) -> None:
        """Change a project's production settings."""
        self.room.act(
            production.change_production,
            project_id=project.project_id,
            change=ProductionChange(**choices),
        )

    def ask(self, project: Any) -> ScheduledSlot:
        """Request an episode now."""
        slot: ScheduledSlot = self.room.act(
            generating.generate_episode, project_id=project.project_id
        )
        return slot

    def work(self, times: int = 1) -> list[Outcome]:
        """Work on this many due slots."""
        outcomes = []
        with generating.worker(self.place.operational) as worker_id:
            for _ in range(times):
                outcome = run_next(self.place, worker_id=worker_id)
                if outcome is not None:
                    outcomes.append(outcome)
        return outcomes

    def make(self, project: Any) -> Outcome:
        """Request and produce an episode."""
        self.ask(project)
        (outcome,) = self.work()
        return outcome

    def steps(self, episode_id: UUID) -> dict[tuple[str, int], Any]:
        """The latest state of each step of an episode."""
        rows = self.room.act(generating.steps_of, episode_id=episode_id)
        return {(row.step, row.segment): row for row in reversed(rows)}

    def count(self, statement: str) -> int:
        """A number from the database."""
        with self.place.operational.worker() as tx:
            row = tx.connection.execute(statement).fetchone()
        assert row is not None
        return int(row[0])
