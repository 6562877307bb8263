"""Use case: claim a slot and generate its episode; a slot ends exactly once (Q7, Q15 to Q19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, ids
from wavehouse.kernel.errors import Interrupted, NotFound, Refused
from wavehouse.kernel.ids import OrganizationId
from wavehouse.queue import LeaseLost, OverBudget, class_of, described, wait_of
from wavehouse.store import Operational, Tx
from wavehouse.studio.adapters.zones import zone_of
from wavehouse.studio.queries import generation as queries
from wavehouse.studio.queries import leases, slots
from wavehouse.studio.queries import requests as request_queries
from wavehouse.studio.service.generation.places import Place
from wavehouse.studio.service.generation.preparing import prepared
from wavehouse.studio.service.generation.providers import speaker_of, writer_of
from wavehouse.studio.service.generation.releasing import Finished, announced, published
from wavehouse.studio.service.generation.speaking import recorded
from wavehouse.studio.service.generation.stepping import Run
from wavehouse.studio.service.generation.writing import (
    AwaitsReview,
    outlined,
    reviewed,
    scripted,
)
from wavehouse.studio.service.notes import release_notes
from wavehouse.studio.service.production import cover_of, production_of
from wavehouse.studio.types.generation import EpisodeToMake, Outcome, StepStatus
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.production import Visibility
from wavehouse.studio.types.schedule import SlotLease, SlotStatus
from wavehouse.usage import Unpriced
from wavehouse.webhooks import EventType, emit

REVIEW_POLL = timedelta(minutes=15)
"""The interval at which a slot checks for an approval; an approval also makes it due at once."""
_ENDS = frozenset({SlotStatus.DEAD, SlotStatus.FAILED, SlotStatus.CANCELLED})


def run_next(
    workshop: Place, *, worker_id: UUID, check: Callable[[], None] = lambda: None
) -> Outcome | None:
    """Claim one due slot and generate its episode; None when nothing is due.

    It acts for the owner of the project, with the owner's current role. ``check`` is called between
    two steps and may raise Interrupted. Maintenance of the installation: it takes no identity.
    """
    with workshop.operational.worker() as tx:
        lease = leases.claim_slot(tx, worker_id=worker_id, now=clock.now())
    return None if lease is None else _attempted(workshop, lease, check)


def _attempted(workshop: Place, lease: SlotLease, check: Callable[[], None]) -> Outcome:
    run: Run | None = None
    try:
        identity, episode = _entered(workshop, lease)
        run = Run(
            operational=workshop.operational,
            identity=identity,
            lease=lease,
            store=workshop.store,
            generation_id=generation_of(lease.slot_id),
            episode_id=episode.episode_id,
            check=check,
        )
        _made(workshop, run, episode)
    except BaseException as error:
        outcome = _ended(workshop, lease, run, error)
        if not isinstance(error, Exception):
            raise
        return outcome
    return _outcome(lease, run, SlotStatus.DONE, "published")


def _made(workshop: Place, run: Run, episode: EpisodeToMake) -> None:
    """The steps, in their order."""
    identity, operational = run.identity, run.operational
    with operational.app(identity.organization_id) as tx:
        production = production_of(tx, identity=identity, project_id=ProjectId(episode.project_id))
        level = request_queries.level_of_slot(
            tx, organization_id=identity.organization_id, slot_id=run.lease.slot_id
        )
        slot = slots.slot(tx, organization_id=identity.organization_id, slot_id=run.lease.slot_id)
    if slot is None:
        raise LeaseLost("the slot is gone", where=str(run.lease.slot_id))
    if level is not None:
        production = replace(production, level=level)
    day = episode.scheduled_for.astimezone(zone_of(slot.timezone)).date()
    material = prepared(run, episode, production, day)
    writer = writer_of(operational, identity=identity, production=production)
    speaker = speaker_of(operational, identity=identity, production=production)
    outline = outlined(run, material, writer, episode)
    scripted(run, material, outline, writer, episode)
    sections = reviewed(run, material, production)
    recording = recorded(
        run,
        sections,
        speaker,
        episode,
        title=outline.title,
        author=production.author or episode.project_title,
        cover=cover_of(production, title=episode.project_title, store=workshop.store),
    )
    published(run, Finished(episode, outline, sections, recording, outline.title))
    announced(run, episode, workshop, private=production.visibility == Visibility.PRIVATE)


def generation_of(slot_id: UUID) -> UUID:
    """The generation of a slot: the same for all its attempts, so that they share their steps."""
    return ids.named("studio.generation", str(slot_id))


def episode_of(slot_id: UUID) -> UUID:
    """The episode of a slot without a given one."""
    return ids.named("studio.episode", str(slot_id))


def _entered(workshop: Place, lease: SlotLease) -> tuple[Identity, EpisodeToMake]:
    """Count the attempt; the first one creates the slot's episode."""
    organization_id = OrganizationId(lease.organization_id)
    episode_id = lease.episode_id or episode_of(lease.slot_id)
    with workshop.operational.app(organization_id) as tx:
        if lease.episode_id is None:
            _insert_episode(tx, lease, episode_id)
        queries.begin_attempt(tx, organization_id=organization_id, episode_id=episode_id)
        episode = queries.episode_to_make(
            tx, organization_id=organization_id, episode_id=episode_id
        )
        if episode is None:
            raise NotFound("the episode of this slot is gone", where=str(episode_id))
        if episode.project_status == "archived" or episode.status == "archived":
            raise Refused("the project or the episode is archived", where=str(episode_id))
        try:
            identity = accounts.acting_for(
                tx, organization_id=organization_id, user_id=episode.owner_id
            )
        except Refused:
            identity = accounts.acting_for(tx, organization_id=organization_id)
    return identity, episode


def _insert_episode(tx: Tx[Operational], lease: SlotLease, episode_id: UUID) -> None:
    title = queries.title_for_slot(
        tx, organization_id=OrganizationId(lease.organization_id), project_id=lease.project_id
    )
    queries.insert_episode_for_slot(
        tx,
        organization_id=OrganizationId(lease.organization_id),
        episode_id=episode_id,
        project_id=lease.project_id,
        title=f"{title}, {lease.slot_at:%Y-%m-%d}"[:500],
        scheduled_for=lease.slot_at,
    )
    if not leases.set_slot_episode(
        tx, slot_id=lease.slot_id, token=lease.lease_token, episode_id=episode_id
    ):
        raise LeaseLost(
            "the slot was cancelled, or its lease was revoked", where=str(lease.slot_id)
        )


def _ended(workshop: Place, lease: SlotLease, run: Run | None, error: BaseException) -> Outcome:
    """Store the end of the attempt, in one transaction."""
    organization_id, now = OrganizationId(lease.organization_id), clock.now()
    with workshop.operational.app(organization_id) as tx:
        if isinstance(error, AwaitsReview | Interrupted):
            until = now + REVIEW_POLL if isinstance(error, AwaitsReview) else now
            leases.snooze_slot(
                tx, slot_id=lease.slot_id, token=lease.lease_token, until=until, now=now
            )
            word = "waits for a review" if isinstance(error, AwaitsReview) else "interrupted"
            return _outcome(lease, run, SlotStatus.PENDING, word)
        if isinstance(error, LeaseLost) and not _is_cancelled(tx, lease):
            return _outcome(lease, run, "lost", str(error))
        over = isinstance(error, OverBudget | Unpriced)
        status = leases.fail_slot(
            tx,
            slot_id=lease.slot_id,
            token=lease.lease_token,
            error=described(error),
            error_class="budget" if over else class_of(error),
            retry_after=wait_of(error),
            now=now,
        )
        if status is None:
            return _outcome(lease, run, "lost", str(error))
        _note_failure(tx, lease, run, error, status)
    return _outcome(lease, run, status, str(error))


def _note_failure(
    tx: Tx[Operational], lease: SlotLease, run: Run | None, error: BaseException, status: str
) -> None:
    """Store an attempt's error with its episode and its step (CRE-10)."""
    organization_id = OrganizationId(lease.organization_id)
    episode_id = run.episode_id if run else lease.episode_id or episode_of(lease.slot_id)
    described_error = {
        **described(error),
        "at": clock.now().isoformat(),
        "attempt": lease.attempts,
        "step": run.current[0] if run and run.current else None,
    }
    queries.end_attempt(
        tx,
        organization_id=organization_id,
        episode_id=episode_id,
        error=described_error,
        status="failed" if status in _ENDS else "scheduled",
    )
    if run is None:
        return
    if run.current is not None:
        step, segment, input_hash = run.current
        queries.put_step(
            tx,
            organization_id=organization_id,
            generation_id=run.generation_id,
            episode_id=episode_id,
            step=step,
            segment=segment,
            input_hash=input_hash,
            status=StepStatus.FAILED,
            error=str(error)[:1000],
        )
    if status in _ENDS:
        release_notes(tx, identity=run.identity, episode_id=StudioEpisodeId(episode_id))
        emit(
            tx,
            identity=run.identity,
            event_type=EventType.EPISODE_FAILED,
            subject=("episode", episode_id),
            data={"slot_id": str(lease.slot_id), "status": status, "message": str(error)[:500]},
        )


def _is_cancelled(tx: Tx[Operational], lease: SlotLease) -> bool:
    """Whether the slot is still leased and its cancellation was requested (Q22)."""
    return leases.is_cancelled(tx, slot_id=lease.slot_id, token=lease.lease_token)


def _outcome(lease: SlotLease, run: Run | None, status: str, message: str) -> Outcome:
    return Outcome(
        slot_id=lease.slot_id,
        episode_id=run.episode_id if run else lease.episode_id,
        status=status,
        steps_run=len(run.ran) if run else 0,
        steps_kept=len(run.kept) if run else 0,
        cost=run.cost if run else Decimal(0),
        message=message,
    )
