"""Projects: the plan limits their number, fields are checked, states change (CRE-11, CRE-12)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.studio.conftest import DAILY, Studio

from wavehouse import accounts, studio
from wavehouse.kernel.errors import Conflict, InvalidInput, LimitReached, NotFound
from wavehouse.kernel.ids import uuid7
from wavehouse.studio import MissedPolicy, NewProject, ProjectChange, ProjectId, ProjectStatus


def test_cre12_the_plan_limits_projects_and_an_archived_one_does_not_count(room: Studio) -> None:
    """The free plan allows one; archiving frees it, and restoring needs it again."""
    room.act(accounts.choose_plan, tier="free", persona=None)
    first = room.project("First")

    with pytest.raises(LimitReached, match="allows 1 projects; 1 are in use"):
        room.project("Second")
    archived = {"project_id": first.project_id, "status": ProjectStatus.ARCHIVED}
    room.act(studio.set_project_status, **archived)
    room.project("Second")
    with pytest.raises(LimitReached):
        room.act(
            studio.set_project_status, project_id=first.project_id, status=ProjectStatus.ACTIVE
        )

    assert ["Second"] == [p.title for p in room.act(studio.list_projects)]
    assert ["First", "Second"] == [p.title for p in room.act(studio.list_projects, archived=True)]


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (NewProject(" \u202e ", "it"), "a title must have 1 to 500 characters"),
        (NewProject("x" * 501, "it"), "a title must have 1 to 500 characters"),
        (NewProject("Mattina", "Italiano!"), "invalid language"),
        (NewProject("Mattina", "it", cadence={"days": []}), "needs at least one day"),
        (NewProject("Mattina", "it", cadence=DAILY | {"days": ["Lun"]}), "invalid day 'LUN'"),
        (NewProject("Mattina", "it", cadence=DAILY | {"times": ["6"]}), "invalid time '6'"),
        (NewProject("Mattina", "it", cadence=DAILY | {"tz": ""}), "unknown time zone"),
        (NewProject("Mattina", "it", missed_limit=3), "requires missed_policy run_all"),
        (
            NewProject("Mattina", "it", missed_policy=MissedPolicy.RUN_ALL, missed_limit=0),
            "must be 1 to 1,000",
        ),
    ],
)
def test_a_project_with_a_bad_field_is_refused_by_the_fields_name(
    room: Studio, new: NewProject, sentence: str
) -> None:
    """Nothing is stored."""
    with pytest.raises(InvalidInput, match=sentence) as refused:
        room.act(studio.create_project, new=new)

    assert refused.value.where
    assert [] == room.act(studio.list_projects)


def test_a_change_keeps_the_fields_it_does_not_name(room: Studio) -> None:
    """An unknown project is not found."""
    project = room.project(cadence=DAILY, brief="Ten minutes.")
    change = ProjectChange(title="Sera", missed_policy=MissedPolicy.RUN_ALL, missed_limit=3)
    changed = room.act(studio.change_project, project_id=project.project_id, change=change)
    skip = ProjectChange(missed_policy=MissedPolicy.SKIP)
    again = room.act(studio.change_project, project_id=project.project_id, change=skip)

    assert ("Sera", "Ten minutes.", DAILY, 3) == (
        changed.title,
        changed.brief,
        changed.cadence_config,
        changed.missed_limit,
    )
    assert ("skip", None) == (again.missed_policy, again.missed_limit)
    with pytest.raises(NotFound):
        room.act(studio.change_project, project_id=ProjectId(uuid7()), change=change)


def test_an_archived_project_gets_no_episode(room: Studio) -> None:
    """A paused project does."""
    project = room.project()
    arguments: dict[str, Any] = {"project_id": project.project_id}
    room.act(studio.set_project_status, status=ProjectStatus.PAUSED, **arguments)
    episode = room.episode(project)
    room.act(studio.set_project_status, status=ProjectStatus.ARCHIVED, **arguments)

    assert "planned" == episode.status
    with pytest.raises(Conflict, match="archived"):
        room.episode(project)


def test_an_episode_that_is_generated_is_not_archived(room: Studio) -> None:
    """Its slot must be cancelled first."""
    episode = room.episode(room.project())
    room.execute("UPDATE studio.episodes SET status = 'generating'")

    with pytest.raises(Conflict, match="being generated"):
        room.act(studio.archive_episode, episode_id=episode.episode_id)
