"""The loop: when nothing suitable is left, ask the studio for a piece and follow it (L16).

Two databases are involved, so each step can be repeated: the request's id creates one slot, the
episode's id one piece, and the announcement sets its mark once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from wavehouse import studio
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from wavehouse.kernel.ids import OrganizationId, uuid7
from wavehouse.learning.queries import generations as queries
from wavehouse.learning.rules import asking, estimating
from wavehouse.learning.service import levels, library, recommending
from wavehouse.learning.service.recording import locked_session
from wavehouse.learning.types import (
    ContentFormat,
    ContentInput,
    Generation,
    GenerationStatus,
    Recommendation,
    Stored,
)
from wavehouse.store import Learning, Stores, Tx
from wavehouse.studio import Level, ProjectId, RequestState, Series, SlotStatus
from wavehouse.webhooks import EventType

_ENDS = frozenset({SlotStatus.FAILED, SlotStatus.DEAD, SlotStatus.CANCELLED, SlotStatus.MISSED})
_MOST_SERIES = 50
_MOST_AT_ONCE = 50
NO_SERIES = "there is no series for learners in this language"


@dataclass(frozen=True, slots=True)
class Next:
    """Recommended pieces and, when none is suitable, the generation or the reason for none."""

    recommendations: list[Recommendation]
    generation: Generation | None = None
    reason: str = ""


def next_piece(
    stores: Stores,
    *,
    identity: Identity,
    workshop: studio.Place,
    session_id: str,
    language: str = "it",
    count: int = 1,
) -> Next:
    """Recommend pieces; when no unheard one is suitable, ask the studio for one."""
    with stores.learning.app(identity.organization_id) as tx:
        chosen = recommending.recommended(
            tx, identity=identity, session_id=session_id, language=language, count=count
        )
    if chosen.is_enough:
        return Next(chosen.pieces)
    generation, reason = ask_studio(
        stores, identity=identity, workshop=workshop, session_id=session_id, language=language
    )
    return Next(chosen.pieces, generation, reason)


def ask_studio(
    stores: Stores,
    *,
    identity: Identity,
    workshop: studio.Place,
    session_id: str,
    language: str,
    generation_id: str = "",
) -> tuple[Generation | None, str]:
    """Start a generation for a session's learner, or return the live one, or why there is none.

    ``generation_id`` is a UUID for a new one; the id of an earlier request starts nothing new.
    NotFound when the organization has no such session.
    """
    with stores.learning.app(identity.organization_id) as tx:
        locked_session(tx, identity=identity, session_id=session_id)
    with stores.operational.app(identity.organization_id) as operational:
        series = studio.series_for_learners(operational, identity=identity, language=language)
    if not series:
        return None, NO_SERIES
    with stores.learning.app(identity.organization_id) as tx:
        new = generation_id or str(uuid7())
        entered, reason = _entered(tx, identity, session_id, language, series, new)
    if entered is None:
        return None, reason
    return advance_generation(
        stores, identity=identity, workshop=workshop, generation_id=entered
    ), ""


def advance_generation(
    stores: Stores, *, identity: Identity, workshop: studio.Place, generation_id: str
) -> Generation:
    """Update a generation to the studio's progress; repeating it changes nothing.

    NotFound without the generation.
    """
    organization_id = identity.organization_id
    with stores.learning.app(organization_id) as tx:
        generation = generation_of(tx, identity=identity, generation_id=generation_id)
    if not generation.has_ended:
        _followed(stores, identity, workshop, generation)
    with stores.learning.app(organization_id) as tx:
        generation = generation_of(tx, identity=identity, generation_id=generation_id)
    if generation.has_ended and not generation.webhook_sent and generation.project_id:
        _announce(stores, identity, generation)
        with stores.learning.app(organization_id) as tx:
            queries.set_announced(tx, generation_id=generation_id)
            return generation_of(tx, identity=identity, generation_id=generation_id)
    return generation


def advance_generations(stores: Stores, *, identity: Identity, workshop: studio.Place) -> int:
    """Update an organization's generations; returns how many have not ended."""
    with stores.learning.app(identity.organization_id) as tx:
        waiting = queries.unfinished(
            tx, organization_id=identity.organization_id, limit=_MOST_AT_ONCE
        )
    after = [
        advance_generation(stores, identity=identity, workshop=workshop, generation_id=each)
        for each in waiting
    ]
    return sum(not each.has_ended for each in after)


def organizations_waiting(tx: Tx[Learning]) -> list[OrganizationId]:
    """Organizations whose generations have not ended. Upkeep: it takes no identity."""
    return queries.organizations_waiting(tx)


def generation_of(tx: Tx[Learning], *, identity: Identity, generation_id: str) -> Generation:
    """A generation. NotFound when the organization has none with this id."""
    row = queries.generation(tx, generation_id=generation_id)
    if row is None:
        raise NotFound("no such generation", where=generation_id[:255])
    return row


def list_generations(
    tx: Tx[Learning], *, identity: Identity, session_id: str, limit: int = 50
) -> list[Generation]:
    """The generations of a session, latest first. NotFound without the session."""
    locked_session(tx, identity=identity, session_id=session_id)
    return queries.generations(tx, session_id=session_id, limit=limit)


def _entered(
    tx: Tx[Learning],
    identity: Identity,
    session_id: str,
    language: str,
    series: Sequence[Series],
    generation_id: str,
) -> tuple[str | None, str]:
    """The id of a new generation or of the learner's live one, or the reason for none."""
    session = locked_session(tx, identity=identity, session_id=session_id)
    queries.lock_learner(tx, learner_id=session.learner_id)
    last = queries.last_of_learner(tx, learner_id=session.learner_id, language=language)
    if last is not None and last.status != GenerationStatus.COMPLETED:
        return last.generation_id, ""
    live = queries.count_live(tx, organization_id=identity.organization_id)
    reason = asking.refusal(last, live)
    if reason:
        return None, reason
    heard = queries.series_heard(tx, learner_id=session.learner_id, limit=_MOST_SERIES)
    report = levels.report(tx, identity=identity, learner_id=session.learner_id)
    queries.insert_generation(
        tx,
        organization_id=identity.organization_id,
        generation_id=generation_id,
        session_id=session_id,
        project_id=UUID(asking.series_after(heard, [str(each.project_id) for each in series])),
        language=language,
        asked_difficulty=report.best_difficulty,
        at=clock.now(),
    )
    return generation_id, ""


def _followed(
    stores: Stores, identity: Identity, workshop: studio.Place, generation: Generation
) -> None:
    """Ask the studio, once, and store how far it is."""
    organization_id, name = identity.organization_id, generation.generation_id
    try:
        with stores.operational.app(organization_id) as operational:
            slot_id = studio.request_episode(
                operational,
                identity=identity,
                request_id=UUID(name),
                project_id=ProjectId(generation.project_id or UUID(int=0)),
                level=Level(asking.level_for(generation.asked_difficulty or 0.0)),
            )
            state = studio.request_state(
                operational, identity=identity, workshop=workshop, slot_id=slot_id
            )
            past = studio.past_seconds(operational, identity=identity)
    except (Conflict, InvalidInput, NotFound, Refused) as error:
        with stores.learning.app(organization_id) as tx:
            queries.set_failed(tx, generation_id=name, error=error.message, at=clock.now())
        return
    guess = estimating.estimate(past)
    with stores.learning.app(organization_id) as tx:
        queries.set_asked(
            tx,
            generation_id=name,
            slot_id=slot_id,
            guess=guess,
            runs=len(past),
        )
        _stored(tx, identity, generation, state)


def _stored(
    tx: Tx[Learning], identity: Identity, generation: Generation, state: RequestState
) -> None:
    name, now = generation.generation_id, clock.now()
    if state.status in _ENDS:
        queries.set_failed(tx, generation_id=name, error=state.reason, at=now)
    elif state.episode is None:
        running = state.status == SlotStatus.RUNNING
        queries.set_waiting(tx, generation_id=name, running=running, reason=state.reason)
    else:
        piece = _piece(generation, state.episode)
        (result,) = library.add_content(tx, identity=identity, content=[piece])
        if result.outcome is Stored.REFUSED:
            error = f"the episode is not usable as learning content: {result.reason}"
            queries.set_failed(tx, generation_id=name, error=error, at=now)
            return
        made = library.content(tx, identity=identity, content_id=piece.content_id)
        queries.set_completed(
            tx,
            generation_id=name,
            content_id=piece.content_id,
            reason=asking.missed(generation.asked_difficulty or 0.0, made.difficulty),
            at=now,
        )


def _piece(generation: Generation, episode: studio.MadeEpisode) -> ContentInput:
    """The episode as content; its id is the episode's, so it is stored once."""
    return ContentInput(
        f"studio-{episode.episode_id}",
        episode.title,
        episode.text,
        episode.audio_url,
        episode.seconds,
        format=ContentFormat.PODCAST,
        language=generation.language or episode.language,
        series_id=str(episode.project_id),
        episode_number=episode.number,
        template_id="studio",
        session_id=generation.session_id,
        generated_by=episode.model,
        model_parameters={"generation_id": generation.generation_id},
    )


def _announce(stores: Stores, identity: Identity, generation: Generation) -> None:
    """Emit the end as a signed webhook event, once (L16)."""
    completed = generation.status == GenerationStatus.COMPLETED
    with stores.operational.app(identity.organization_id) as operational:
        studio.announce_request(
            operational,
            identity=identity,
            request_id=UUID(generation.generation_id),
            event_type=EventType.CONTENT_GENERATED if completed else EventType.CONTENT_FAILED,
            data={
                "session_id": generation.session_id,
                "content_id": generation.content_id,
                "status": generation.status,
            },
        )
