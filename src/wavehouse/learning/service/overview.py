"""Data for the pages: learners with levels, calibration of content, policies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.learning.queries import content as content_queries
from wavehouse.learning.queries import overview as queries
from wavehouse.learning.queries.model import Counters
from wavehouse.learning.queries.overview import LearnerRow, PolicyRow
from wavehouse.learning.rules import calibrating, evidence, posterior
from wavehouse.learning.rules.texts import difficulty_of, readability
from wavehouse.learning.service.deriving import counted
from wavehouse.learning.service.models import model_in_use
from wavehouse.learning.types import UNDERSTOOD, Content, Evidence, Level, Model
from wavehouse.store import Learning, Tx

_LEAST_CHANGE = 0.06
"""The step in which difficulties are stored."""


@dataclass(frozen=True, slots=True)
class LearnerLine:
    """A learner and its level; ``level`` is None below five outcomes (L14)."""

    learner: LearnerRow
    outcomes: int
    level: Level | None


def list_learners(tx: Tx[Learning], *, identity: Identity, limit: int = 50) -> list[LearnerLine]:
    """The learners, last active first, with their current levels."""
    model, bucket = model_in_use(tx, identity=identity), evidence.bucket_of(clock.now())
    rows = queries.learners(tx, limit=limit)
    counts = _evidence(tx, [row.learner_id for row in rows])
    lines = []
    for row in rows:
        own = counts.get(row.learner_id, Evidence())
        level = posterior.level(own, model, bucket=bucket, stated=row.stated or "")
        lines.append(LearnerLine(row, own.outcomes, level if level.is_enough else None))
    return lines


def _evidence(tx: Tx[Learning], learner_ids: Sequence[UUID]) -> Mapping[UUID, Evidence]:
    months: dict[UUID, list[Counters]] = defaultdict(list)
    for each in queries.counters_of(tx, learner_ids=learner_ids):
        months[each.learner_id].append(each.counters)
    return {learner_id: counted(rows) for learner_id, rows in months.items()}


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """Content with its estimated and its observed difficulty.

    ``shown`` is None below 30 listeners; ``understood`` is the share of outcomes, None without any.
    """

    content: Content
    listeners: int
    outcomes: int
    understood: float | None
    shown: float | None


def calibration(
    tx: Tx[Learning], *, identity: Identity, after: str = "", limit: int = 50
) -> list[CalibrationLine]:
    """Content with its estimated and its observed difficulty."""
    pieces = content_queries.contents(tx, after=after, limit=limit)
    return _lines(tx, pieces, model_in_use(tx, identity=identity))


def _lines(tx: Tx[Learning], pieces: Sequence[Content], model: Model) -> list[CalibrationLine]:
    heard = defaultdict(list)
    for each in queries.heard(tx, content_ids=[piece.content_id for piece in pieces]):
        heard[each.content_id].append(each)
    abilities = _abilities(tx, {h.learner_id for rows in heard.values() for h in rows}, model)
    lines = []
    for piece in pieces:
        rows = heard[piece.content_id]
        listeners = len({row.learner_id for row in rows})
        shown = None
        if listeners >= calibrating.LEAST_LISTENERS:
            outcomes = [(abilities[row.learner_id], row.outcome) for row in rows]
            shown = calibrating.difficulty(outcomes, _estimate(piece), model)
        understood = sum(row.outcome in UNDERSTOOD for row in rows)
        share = understood / len(rows) if rows else None
        lines.append(CalibrationLine(piece, listeners, len(rows), share, shown))
    return lines


def _estimate(piece: Content) -> float:
    """The text's estimate, so that recalibration does not drift; else the stored value."""
    figures = readability(piece.text, piece.language)
    return piece.difficulty if figures is None else difficulty_of(figures)


def _abilities(tx: Tx[Learning], learner_ids: set[UUID], model: Model) -> Mapping[UUID, float]:
    """The mean ability of each learner, from -3 to 3."""
    bucket = evidence.bucket_of(clock.now())
    counts = _evidence(tx, sorted(learner_ids))
    return {
        each: 6 * posterior.level(counts.get(each, Evidence()), model, bucket=bucket).level - 3
        for each in learner_ids
    }


def calibrate(tx: Tx[Learning], *, identity: Identity) -> list[CalibrationLine]:
    """Replace the estimates of content with 30 listeners; returns the replaced ones.

    Earlier outcomes keep the difficulty at which they were counted.
    """
    pieces = [
        piece
        for content_id in queries.often_heard(tx, least=calibrating.LEAST_LISTENERS)
        if (piece := content_queries.content(tx, content_id=content_id)) is not None
    ]
    changed = [
        line
        for line in _lines(tx, pieces, model_in_use(tx, identity=identity))
        if line.shown is not None and abs(line.shown - line.content.difficulty) >= _LEAST_CHANGE
    ]
    for line in changed:
        queries.set_difficulty(
            tx,
            content_id=line.content.content_id,
            score=((line.shown or 0.0) + 3) / 6,
            method=calibrating.METHOD,
        )
    return changed


def compare_policies(tx: Tx[Learning], *, identity: Identity) -> list[PolicyRow]:
    """Each policy's choices with their results."""
    return queries.policies(tx)
