"""A workspace with a project, and use cases that each run in a separate transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.acting import operational

from wavehouse import accounts, studio
from wavehouse.kernel import clock
from wavehouse.studio import Project, StudioEpisode
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAILY = {"days": ["MO", "TU"], "times": ["06:00"], "tz": "Europe/Rome", "start": "2026-11-01"}


class Studio:
    """Use cases of the studio in a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.identity = workspace.identity

    def act(self, use_case: Callable[..., Any], **arguments: Any) -> Any:
        """Call a use case of the organization and commit."""
        return operational(self.workspace, use_case, **arguments)

    def project(self, title: str = "Mattina", **more: Any) -> Project:
        """Create a project in Italian."""
        new = studio.NewProject(title, "it", **more)
        project: Project = self.act(studio.create_project, new=new)
        return project

    def episode(self, project: Project, title: str = "Vento", **more: Any) -> StudioEpisode:
        """Create an episode of a project."""
        episode: StudioEpisode = self.act(
            studio.create_episode, project_id=project.project_id, title=title, **more
        )
        return episode

    def note(self, project: Project, body: str = "Shorter, please.", **more: Any) -> Any:
        """Add a note to a project."""
        return self.act(studio.add_note, project_id=project.project_id, body=body, **more)

    def write(self, episode: StudioEpisode, *bodies: str, **more: Any) -> list[studio.Block]:
        """Save the script of an episode, by the user unless ``author`` is given."""
        author = more.get("author", studio.Author.PERSON)
        blocks = [studio.NewBlock(body) for body in bodies]
        script: list[studio.Block] = self.act(
            studio.write_script, episode_id=episode.episode_id, blocks=blocks, author=author
        )
        return script

    def execute(self, statement: str, *parameters: object) -> None:
        """Run a statement as the worker, as other parts of the product do."""
        with self.workspace.stores.operational.worker() as tx:
            tx.connection.execute(statement, parameters)


@pytest.fixture
def room(workspace: Workspace) -> Iterator[Studio]:
    """The studio of a workspace whose plan allows ten projects, at a fixed time."""
    with clock.frozen(NOW):
        made = Studio(workspace)
        made.act(accounts.choose_plan, tier="professional", persona=None)
        yield made
