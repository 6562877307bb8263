"""Use cases of episodes: create, list, show, rename, archive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import episodes as queries
from wavehouse.studio.rules import entered
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.projects import EpisodeStatus, ProjectStatus, StudioEpisode


def create_episode(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    title: str,
    scheduled_for: datetime | None = None,
) -> StudioEpisode:
    """Create an episode: scheduled if it has a time, otherwise planned.

    NotFound without the project, Conflict when the project is archived.
    """
    accounts.require(identity.role, Access.WRITE)
    if scheduled_for is not None and scheduled_for.tzinfo is None:
        raise InvalidInput("a time needs its UTC offset", where="scheduled_for")
    if show_project(tx, identity=identity, project_id=project_id).status == ProjectStatus.ARCHIVED:
        raise Conflict("the project is archived", hint="Make it active first.")
    status = EpisodeStatus.PLANNED if scheduled_for is None else EpisodeStatus.SCHEDULED
    episode = queries.insert_episode(
        tx,
        identity=identity,
        project_id=project_id,
        title=entered.title_of(title),
        status=status,
        scheduled_for=scheduled_for,
    )
    _record(tx, identity, episode.episode_id, "episode.created")
    return episode


def list_episodes(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId | None = None
) -> list[StudioEpisode]:
    """The latest 500 episodes of a project or of all projects, latest first."""
    if project_id is not None:
        show_project(tx, identity=identity, project_id=project_id)
    return queries.episodes(tx, organization_id=identity.organization_id, project_id=project_id)


def show_episode(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> StudioEpisode:
    """An episode. NotFound when the organization has no such episode."""
    row = queries.episode(tx, organization_id=identity.organization_id, episode_id=episode_id)
    return _present(row)


def lock_episode(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> StudioEpisode:
    """An episode, locked until the transaction ends. NotFound for an unknown one."""
    row = queries.lock_episode(tx, organization_id=identity.organization_id, episode_id=episode_id)
    return _present(row)


def archive_episode(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> StudioEpisode:
    """Archive an episode. Conflict while it is being generated."""
    accounts.require(identity.role, Access.WRITE)
    old = lock_episode(tx, identity=identity, episode_id=episode_id)
    if old.status == EpisodeStatus.GENERATING:
        raise Conflict("the episode is being generated", hint="Cancel its slot first.")
    new = replace(old, status=EpisodeStatus.ARCHIVED)
    return _stored(tx, identity, new, "episode.archived")


def _present(row: StudioEpisode | None) -> StudioEpisode:
    if row is None:
        raise NotFound("there is no such episode", command="wavehouse studio episodes list")
    return row


def _stored(
    tx: Tx[Operational], identity: Identity, episode: StudioEpisode, action: str
) -> StudioEpisode:
    queries.update_episode(
        tx,
        organization_id=identity.organization_id,
        episode_id=episode.episode_id,
        title=episode.title,
        status=episode.status,
    )
    _record(tx, identity, episode.episode_id, action)
    return episode


def _record(
    tx: Tx[Operational], identity: Identity, episode_id: StudioEpisodeId, action: str
) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("studio_episode", episode_id),
        organization_id=identity.organization_id,
    )
