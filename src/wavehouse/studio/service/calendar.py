"""Use cases of the pages: a project's calendar, an episode's steps and costs, authors' names."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import calendar as queries
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.calendar import CalendarSlot, StepLine
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId


def calendar_of(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    first: date,
    last: date,
) -> list[CalendarSlot]:
    """The slots of a project from ``first`` to ``last`` on its own clock, by time."""
    show_project(tx, identity=identity, project_id=project_id)
    return queries.calendar(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        first=first,
        last=last,
    )


def step_lines(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> list[StepLine]:
    """The steps of an episode's generation with their costs, in their order."""
    return queries.steps(tx, organization_id=identity.organization_id, episode_id=episode_id)


def notes_in_prompt(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> frozenset[str]:
    """The ids of the notes in an episode's prompts: which prove that they were used."""
    return frozenset(
        queries.notes_in_prompt(tx, organization_id=identity.organization_id, episode_id=episode_id)
    )


def authors(tx: Tx[Operational], *, identity: Identity) -> dict[UUID, str]:
    """The names of the revisions' authors, by user id."""
    return queries.people(tx, organization_id=identity.organization_id)
