"""Use cases of users: generate an episode now or again, approve its script, list its steps."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from wavehouse import __version__, accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.kernel.ids import uuid7
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.queries import generation as queries
from wavehouse.studio.queries import leases, slots
from wavehouse.studio.rules import prompts
from wavehouse.studio.rules.script_blocks import from_markdown
from wavehouse.studio.service.blocks import script
from wavehouse.studio.service.episodes import show_episode
from wavehouse.studio.service.generation.places import Place
from wavehouse.studio.service.generation.running import run_next
from wavehouse.studio.service.generation.stepping import hash_of
from wavehouse.studio.service.planning import add_slot_now, show_slot
from wavehouse.studio.service.production import production_of, voices_of
from wavehouse.studio.types.generation import Outcome, Step, StepRow, StepStatus
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.schedule import Lane, ScheduledSlot

_BEAT_SECONDS = 10.0
_LIVE = frozenset({"pending", "running", "blocked_budget", "paused"})


def generate_episode(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId
) -> ScheduledSlot:
    """Request an episode now, in addition to the cadence; a worker generates it."""
    return add_slot_now(tx, identity=identity, project_id=project_id)


def regenerate_episode(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> ScheduledSlot:
    """Request an episode again. Steps with the same input are kept.

    Conflict while it is being generated.
    """
    accounts.require(identity.role, Access.WRITE)
    episode = show_episode(tx, identity=identity, episode_id=episode_id)
    if slots.live_slot_of(tx, organization_id=identity.organization_id, episode_id=episode_id):
        raise Conflict("the episode already has an unfinished slot", where=str(episode_id))
    slot = add_slot_now(tx, identity=identity, project_id=episode.project_id, lane=Lane.INTERACTIVE)
    slots.reserve_slot_episode(tx, slot_id=slot.slot_id, episode_id=episode_id)
    return show_slot(tx, identity=identity, slot_id=slot.slot_id)


def approve_script(tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId) -> None:
    """Approve the current script; its slot continues immediately.

    Conflict when no review waits, or when the script contains no spoken text.
    """
    accounts.require(identity.role, Access.WRITE)
    organization_id = identity.organization_id
    waiting = queries.waiting_review(tx, organization_id=organization_id, episode_id=episode_id)
    if waiting is None:
        raise Conflict("no script of this episode waits for a review", where=str(episode_id))
    episode = show_episode(tx, identity=identity, episode_id=episode_id)
    production = production_of(tx, identity=identity, project_id=episode.project_id)
    names = [voice.speaker for voice in voices_of(production)]
    blocks = script(tx, identity=identity, episode_id=episode_id)
    parsed = [from_markdown(b.body, names) for b in blocks if b.type in ("markdown", "speech")]
    sections = tuple(section for section in parsed if section is not None)
    if not sections:
        raise Conflict("the script has no spoken text", where=str(episode_id))
    queries.put_step(
        tx,
        organization_id=organization_id,
        generation_id=waiting.generation_id,
        episode_id=episode_id,
        step=Step.REVIEW,
        segment=0,
        input_hash=hash_of(Step.REVIEW, {"script": prompts.script_as_json(sections)}),
        status=StepStatus.COMPLETED,
        output_ref="approved",
        manifest={"approved_by": str(identity.user_id)},
    )
    slots.bring_forward(tx, organization_id=organization_id, episode_id=episode_id, now=clock.now())
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="script.approved",
        resource=("studio_episode", episode_id),
        organization_id=organization_id,
    )


def steps_of(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> list[StepRow]:
    """The steps of an episode's generations, latest first."""
    show_episode(tx, identity=identity, episode_id=episode_id)
    return queries.steps_of_episode(
        tx, organization_id=identity.organization_id, episode_id=episode_id
    )


def work_slot(workshop: Place, *, identity: Identity, slot_id: UUID) -> list[Outcome]:
    """Work in this process until the slot has ended or waits; earlier slots are worked on too.

    Other workers remember up to where they looked. With a frozen clock a slot may be due before
    that, so every due slot of the organization is looked at once more.
    """
    outcomes: list[Outcome] = []
    looked_again = False
    with worker(workshop.operational) as worker_id:
        while True:
            outcome = run_next(workshop, worker_id=worker_id)
            if outcome is None and looked_again:
                return outcomes
            if outcome is None:
                looked_again = True
                with workshop.operational.worker() as tx:
                    leases.look_again(tx, organization_id=identity.organization_id, now=clock.now())
                continue
            outcomes.append(outcome)
            with workshop.operational.app(identity.organization_id) as tx:
                slot = show_slot(tx, identity=identity, slot_id=slot_id)
            if slot.status not in _LIVE or outcome.slot_id == slot_id:
                return outcomes


@contextmanager
def worker(operational: Database[Operational]) -> Iterator[UUID]:
    """This process as a worker of slots, with a heartbeat while the block lasts (Q14)."""
    worker_id, ended = uuid7(), threading.Event()
    with operational.worker() as tx:
        leases.enter_worker(
            tx,
            worker_id=worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            release=__version__,
            now=clock.now(),
        )

    def beat() -> None:
        while not ended.wait(_BEAT_SECONDS):
            with operational.worker() as tx:
                leases.beat_worker(tx, worker_id=worker_id, now=clock.now())

    thread = threading.Thread(target=beat, name="studio heartbeat", daemon=True)
    thread.start()
    try:
        yield worker_id
    finally:
        ended.set()
        thread.join(timeout=_BEAT_SECONDS)
        with operational.worker() as tx:
            leases.leave_worker(tx, worker_id=worker_id)
