"""Recommend the next piece: candidates, one choice, logged with its probability (L12, L15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound
from wavehouse.learning.queries import content as content_queries
from wavehouse.learning.queries import model as model_queries
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.queries.content import Named
from wavehouse.learning.rules import asking, choosing, evidence, posterior
from wavehouse.learning.rules.choosing import Candidate
from wavehouse.learning.service.deriving import evidence_of
from wavehouse.learning.service.models import model_in_use
from wavehouse.learning.service.recording import close_left, locked_session
from wavehouse.learning.types import Evidence, Model, Recommendation, Session
from wavehouse.store import Learning, Tx

MOST_CANDIDATES = 1000


@dataclass(frozen=True, slots=True)
class _Situation:
    """The inputs of a choice."""

    session: Session
    counted: Evidence
    model: Model
    bucket: str
    stated: str
    target: float


@dataclass(frozen=True, slots=True)
class Recommended:
    """Recommended pieces; ``is_enough``: an unheard piece is suitable for the learner."""

    pieces: list[Recommendation]
    is_enough: bool


def recommend(
    tx: Tx[Learning], *, identity: Identity, session_id: str, language: str = "it", count: int = 1
) -> list[Recommendation]:
    """The next piece and alternatives, best first; empty when nothing is left."""
    return recommended(
        tx, identity=identity, session_id=session_id, language=language, count=count
    ).pieces


def recommended(
    tx: Tx[Learning], *, identity: Identity, session_id: str, language: str = "it", count: int = 1
) -> Recommended:
    """The next piece and alternatives, and whether any unheard piece is suitable.

    The first is the choice of the policy and is logged. Until it is heard, further calls return it
    again: no second choice is drawn.
    """
    session = locked_session(tx, identity=identity, session_id=session_id)
    close_left(tx, identity=identity, learner_id=session.learner_id)
    pool = content_queries.candidates(
        tx, learner_id=session.learner_id, language=language, limit=MOST_CANDIDATES
    )
    if not pool:
        return Recommended([], is_enough=False)
    situation = _situation(tx, identity, session)
    first = _pending(tx, session, pool) or _chosen(tx, identity, situation, pool)
    enough = _is_enough(situation, pool)
    if count == 1:
        return Recommended([first], enough)
    ranked = choosing.ranked(
        pool,
        situation.counted,
        situation.model,
        bucket=situation.bucket,
        stated=situation.stated,
        target=situation.target,
    )
    others = [each for each, _ in ranked[:count] if each.content_id != first.content_id]
    named = content_queries.named(tx, content_ids=[each.content_id for each in others])
    listed = [_other(first, each, named[each.content_id]) for each in others]
    return Recommended([first, *listed[: count - 1]], enough)


def _is_enough(situation: _Situation, pool: Sequence[Candidate]) -> bool:
    weights = posterior.posterior(
        situation.counted, situation.model, bucket=situation.bucket, stated=situation.stated
    )
    chances = posterior.understood(weights, situation.model)
    return asking.is_suitable((each.difficulty for each in pool), chances, situation.target)


def _situation(tx: Tx[Learning], identity: Identity, session: Session) -> _Situation:
    said = session_queries.preferences(tx, learner_id=session.learner_id)
    return _Situation(
        session,
        evidence_of(tx, identity=identity, learner_id=session.learner_id),
        model_in_use(tx, identity=identity),
        evidence.bucket_of(clock.now()),
        (said and said.difficulty_preference) or "",
        said.understanding if said else choosing.UNDERSTAND,
    )


def _pending(
    tx: Tx[Learning], session: Session, pool: Sequence[Candidate]
) -> Recommendation | None:
    """The last choice, if it has not been heard yet."""
    last = model_queries.recommendations(tx, learner_id=session.learner_id, limit=1)
    if not last or all(each.content_id != last[0].content_id for each in pool):
        return None
    return replace(last[0], reasons=tuple(last[0].reasons))


def _chosen(
    tx: Tx[Learning], identity: Identity, situation: _Situation, pool: Sequence[Candidate]
) -> Recommendation:
    """Draw and log a choice. The account identifies the learner, for reproducibility (L12)."""
    learner_id = situation.session.learner_id
    slot = model_queries.next_slot(tx, learner_id=learner_id)
    choice = choosing.choose(
        pool,
        situation.counted,
        situation.model,
        learner_id=situation.session.account_id or str(learner_id),
        slot=slot,
        bucket=situation.bucket,
        stated=situation.stated,
        target=situation.target,
    )
    assert choice is not None  # noqa: S101 - there are candidates
    piece = content_queries.named(tx, content_ids=[choice.content_id])[choice.content_id]
    first = Recommendation(
        slot,
        piece.content_id,
        piece.title,
        piece.audio_url,
        choice.propensity,
        choice.reasons,
        choice.policy,
        situation.model.version,
        clock.now(),
    )
    model_queries.insert_recommendation(
        tx,
        organization_id=identity.organization_id,
        learner_id=learner_id,
        choice=first,
        candidates=choice.candidates,
    )
    return first


def _other(first: Recommendation, candidate: Candidate, piece: Named) -> Recommendation:
    """An alternative piece; it was not drawn, so it has no probability."""
    return replace(
        first,
        content_id=piece.content_id,
        title=piece.title,
        audio_url=piece.audio_url,
        reasons=(
            "next in a series that the learner has begun" if candidate.is_next else "also suitable",
        ),
        policy="ranked",
    )


def list_recommendations(
    tx: Tx[Learning], *, identity: Identity, session_id: str, limit: int = 50
) -> list[Recommendation]:
    """The recommendations of a session's learner, latest first."""
    session = session_queries.session(tx, session_id=session_id)
    if session is None:
        raise NotFound("no such session", where=session_id[:255])
    return model_queries.recommendations(tx, learner_id=session.learner_id, limit=limit)
