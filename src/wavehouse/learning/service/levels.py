"""A learner's level, its interval, the reasons, and its history."""

from __future__ import annotations

from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.rules import evidence, posterior
from wavehouse.learning.service.deriving import evidence_of
from wavehouse.learning.service.models import model_in_use
from wavehouse.learning.service.recording import close_left
from wavehouse.learning.types import (
    BINS,
    CLASSES,
    LEAST_OUTCOMES,
    Evidence,
    LevelPoint,
    LevelReport,
    OutcomeClass,
)
from wavehouse.store import Learning, Tx

_NAMES = {
    OutcomeClass.CLEAN: "heard to the end without going back",
    OutcomeClass.SOME: "heard to the end with one or two replays",
    OutcomeClass.HEAVY: "heard to the end with many replays",
    OutcomeClass.EARLY: "left before 30 %",
    OutcomeClass.LATE: "left between 30 and 90 %",
}


def level_of(tx: Tx[Learning], *, identity: Identity, session_id: str) -> LevelReport:
    """The current level of a session's learner, with the reasons.

    Pieces idle for half an hour are closed first.
    """
    session = session_queries.session(tx, session_id=session_id)
    if session is None:
        raise NotFound("no such session", where=session_id[:255])
    return report(tx, identity=identity, learner_id=session.learner_id)


def report(tx: Tx[Learning], *, identity: Identity, learner_id: UUID) -> LevelReport:
    """The current level of a learner, with the reasons."""
    close_left(tx, identity=identity, learner_id=learner_id)
    counted = evidence_of(tx, identity=identity, learner_id=learner_id)
    model = model_in_use(tx, identity=identity)
    said = session_queries.preferences(tx, learner_id=learner_id)
    stated = (said and said.difficulty_preference) or ""
    target = said.understanding if said else 0.85
    bucket = evidence.bucket_of(clock.now())
    level = posterior.level(counted, model, bucket=bucket, stated=stated)
    weights = posterior.posterior(counted, model, bucket=bucket, stated=stated)
    return LevelReport(
        counted.outcomes,
        model.version,
        level if level.is_enough else None,
        round(posterior.best_difficulty(weights, model, target), 2),
        target,
        reasons(counted, stated),
    )


def reasons(counted: Evidence, stated: str) -> tuple[str, ...]:
    """The reasons for a level, in sentences."""
    if counted.outcomes < LEAST_OUTCOMES:
        missing = LEAST_OUTCOMES - counted.outcomes
        pieces = "piece is" if counted.outcomes == 1 else "pieces are"
        return (f"{counted.outcomes} {pieces} counted; a level needs {missing} more",)
    by_class = [0] * CLASSES
    understood = [0] * BINS
    for (_, number, kind), times in counted.cells.items():
        by_class[kind] += times
        if kind in (OutcomeClass.CLEAN, OutcomeClass.SOME):
            understood[number] += times
    lines = [
        f"{by_class[kind]} of {counted.outcomes} pieces were {name}"
        for kind, name in _NAMES.items()
        if by_class[kind]
    ]
    hardest = max((number for number, times in enumerate(understood) if times), default=None)
    if hardest is not None:
        lines.append(
            f"the hardest one that was understood has difficulty {evidence.middle_of(hardest):+.2f}"
        )
    if stated:
        lines.append(f"stated by the learner: {stated}")
    return tuple(lines)


def history(tx: Tx[Learning], *, identity: Identity, learner_id: UUID) -> list[LevelPoint]:
    """The level after each outcome, by the active model."""
    model = model_in_use(tx, identity=identity)
    said = session_queries.preferences(tx, learner_id=learner_id)
    stated = (said and said.difficulty_preference) or ""
    points, counted = [], Evidence()
    for item in event_queries.outcomes_of(tx, learner_id=learner_id):
        outcome = item.outcome
        if outcome is None:
            continue
        counted = evidence.merged(counted, evidence.of([outcome]))
        level = posterior.level(
            counted, model, bucket=evidence.bucket_of(outcome.at), stated=stated
        )
        points.append(
            LevelPoint(
                outcome.at, outcome.content_id, counted.outcomes, level.level, level.low, level.high
            )
        )
    return points
