"""Use cases for another context: request an episode, follow it, announce its end once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wavehouse import accounts
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import generation as generation_queries
from wavehouse.studio.queries import requests as queries
from wavehouse.studio.service.generation.places import Place
from wavehouse.studio.service.planning import BESIDES, add_slot_now, show_slot
from wavehouse.studio.service.production import production_of
from wavehouse.studio.service.publishing import audio_url, publication_of, timeline_of
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.production import Level, Visibility
from wavehouse.studio.types.requests import EpisodeRequest, MadeEpisode, RequestState, Series
from wavehouse.studio.types.schedule import ScheduledSlot, SlotStatus
from wavehouse.webhooks import EventType, emit

_PAST_RUNS = 50
_WAITING = {
    SlotStatus.BLOCKED: "the studio's budget is used up; it continues after a top-up or in the "
    "next period",
    SlotStatus.PAUSED: "the studio is paused",
}


def series_for_learners(tx: Tx[Operational], *, identity: Identity, language: str) -> list[Series]:
    """The active projects with a public feed that generate episodes for learners in a language."""
    return queries.series_for_learners(
        tx, organization_id=identity.organization_id, language=language
    )


def request_episode(
    tx: Tx[Operational],
    *,
    identity: Identity,
    request_id: UUID,
    project_id: ProjectId,
    level: Level,
) -> UUID:
    """Request an episode of a project at a level; returns the slot.

    Repeating it with the same ``request_id`` returns the same slot, also from concurrent
    transactions. Refused when the project is not for learners or its feed is private, NotFound
    without the project.
    """
    accounts.require(identity.role, Access.WRITE)
    production = production_of(tx, identity=identity, project_id=project_id)
    if not production.for_learners or production.visibility == Visibility.PRIVATE:
        raise Refused(
            "the project does not generate episodes for learners, or its feed is private",
            where=str(project_id),
            command=f"wavehouse studio production {project_id} --for-learners",
        )
    organization_id = identity.organization_id
    known = queries.request(tx, organization_id=organization_id, request_id=request_id)
    if known is not None:
        return known.slot_id
    queries.lock_requests(tx, request_id=request_id)
    known = queries.request(tx, organization_id=organization_id, request_id=request_id)
    if known is not None:
        return known.slot_id
    slot = add_slot_now(tx, identity=identity, project_id=project_id)
    queries.insert_request(
        tx,
        organization_id=organization_id,
        request=EpisodeRequest(request_id, project_id, slot.slot_id, level),
    )
    return slot.slot_id


def request_state(
    tx: Tx[Operational], *, identity: Identity, workshop: Place, slot_id: UUID
) -> RequestState:
    """The state of a request's slot, with the episode when it is done. NotFound without one."""
    slot = show_slot(tx, identity=identity, slot_id=slot_id)
    if slot.status == SlotStatus.DONE and slot.episode_id is not None:
        episode = _made(tx, identity, workshop, StudioEpisodeId(slot.episode_id))
        return RequestState(slot_id, slot.status, "", episode)
    return RequestState(slot_id, slot.status, _reason(tx, identity.organization_id, slot))


def past_seconds(tx: Tx[Operational], *, identity: Identity) -> list[float]:
    """Seconds from request to publication of the latest 50 requested episodes."""
    return queries.past_seconds(
        tx,
        organization_id=identity.organization_id,
        least_ordinal=BESIDES,
        most=_PAST_RUNS,
    )


def announce_request(
    tx: Tx[Operational],
    *,
    identity: Identity,
    request_id: UUID,
    event_type: EventType,
    data: dict[str, Any],
) -> bool:
    """Emit the end of a request as a webhook event; False when it was already emitted (L16).

    A request that was refused has no row to mark: after a crash its failure is emitted again.
    """
    organization_id = identity.organization_id
    marked = queries.mark_announced(
        tx, organization_id=organization_id, request_id=request_id, at=clock.now()
    )
    if not marked and queries.request(tx, organization_id=organization_id, request_id=request_id):
        return False
    emit(
        tx,
        identity=identity,
        event_type=event_type,
        subject=("generation", request_id),
        data=data,
    )
    return True


def _made(
    tx: Tx[Operational], identity: Identity, workshop: Place, episode_id: StudioEpisodeId
) -> MadeEpisode:
    row = publication_of(tx, identity=identity, episode_id=episode_id)
    timeline = timeline_of(tx, identity=identity, store=workshop.store, episode_id=episode_id)
    if row is None or timeline is None:
        raise NotFound("the files of the episode are missing", where=str(episode_id))
    production = production_of(tx, identity=identity, project_id=ProjectId(row.project_id))
    return MadeEpisode(
        episode_id=row.episode_id,
        project_id=row.project_id,
        number=row.number,
        title=row.title,
        text="\n".join(cue.text for cue in timeline.cues),
        audio_url=audio_url(workshop.address, row),
        seconds=max(1, round(row.duration_ms / 1000)),
        language=row.language,
        model=production.text_model,
    )


def _reason(tx: Tx[Operational], organization_id: OrganizationId, slot: ScheduledSlot) -> str:
    """Why a slot waits or failed, in a sentence that a learner may read."""
    status = SlotStatus(slot.status)
    if status in _WAITING:
        return _WAITING[status]
    if status == SlotStatus.PENDING and slot.episode_id is not None:
        waiting = generation_queries.waiting_review(
            tx, organization_id=organization_id, episode_id=slot.episode_id
        )
        if waiting is not None:
            return "the script waits for a review"
        return f"attempt {slot.attempts} of {slot.max_attempts} failed; it will be tried again"
    if status in (SlotStatus.FAILED, SlotStatus.DEAD):
        return "the studio could not generate the episode"
    if status in (SlotStatus.CANCELLED, SlotStatus.MISSED):
        return f"the studio's slot was {status}"
    return ""
