"""The results that another policy would have had, from logged choices with outcomes."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import InvalidInput
from wavehouse.learning.queries import content as content_queries
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.queries import logged as queries
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.queries.content import Played
from wavehouse.learning.queries.logged import LoggedRow
from wavehouse.learning.rules import choosing, evidence, offpolicy, posterior
from wavehouse.learning.rules.choosing import Candidate
from wavehouse.learning.rules.offpolicy import LoggedChoice, OffPolicy
from wavehouse.learning.service.models import model_in_use
from wavehouse.learning.types import UNDERSTOOD, Model, Outcome
from wavehouse.store import Learning, Tx

POLICIES = ("random", "greedy", "easiest", "hardest")
MOST_CHOICES = 5_000
_EXPLORING = 0.05


def evaluate_logged(
    tx: Tx[Learning], *, identity: Identity, policy: str, limit: int = MOST_CHOICES
) -> OffPolicy | None:
    """The share of pieces that would have been understood under a policy; None without choices.

    ``policy`` is one of ``POLICIES``; InvalidInput for another one. Each logged choice is replayed
    with the evidence that existed before it. Likes are not replayed: the greedy policy scores by
    difficulty alone.
    """
    if policy not in POLICIES:
        raise InvalidInput(
            f"unknown policy {policy[:40]!r}",
            where="policy",
            hint=f"Policies: {', '.join(POLICIES)}.",
        )
    rows = queries.logged_choices(tx, limit=limit)
    model = model_in_use(tx, identity=identity)
    names = sorted({name for row in rows for name in (*row.candidates, row.content_id)})
    pieces = content_queries.played(tx, content_ids=names)
    learners: dict[UUID, _Past] = {}
    choices = []
    for row in rows:
        if row.learner_id not in learners:
            learners[row.learner_id] = _Past(tx, row.learner_id)
        choice = _replayed(row, learners[row.learner_id], pieces, model, policy)
        if choice is not None:
            choices.append(choice)
    return offpolicy.evaluated(choices)


class _Past:
    """A learner's outcomes by time, and what the learner stated."""

    def __init__(self, tx: Tx[Learning], learner_id: UUID) -> None:
        items = event_queries.outcomes_of(tx, learner_id=learner_id)
        counted = [outcome for item in items if (outcome := item.outcome)]
        self._outcomes: Sequence[Outcome] = sorted(counted, key=lambda each: each.at)
        self._times = [each.at for each in self._outcomes]
        said = session_queries.preferences(tx, learner_id=learner_id)
        self.stated = (said and said.difficulty_preference) or ""
        self.target = said.understanding if said else choosing.UNDERSTAND

    def chances(self, row: LoggedRow, model: Model) -> Sequence[float]:
        """The chance of understanding each bin of difficulty, just before a choice."""
        number = bisect.bisect_left(self._times, row.decided_at)
        weights = posterior.posterior(
            evidence.of(self._outcomes[:number]),
            model,
            bucket=evidence.bucket_of(row.decided_at),
            stated=self.stated,
        )
        return posterior.understood(weights, model)


def _replayed(
    row: LoggedRow, past: _Past, pieces: Mapping[str, Played], model: Model, policy: str
) -> LoggedChoice | None:
    """A choice with the other policy's probabilities; None when its piece is gone."""
    pool = [
        Candidate(name, pieces[name].difficulty)
        for name in dict.fromkeys((*row.candidates, row.content_id))
        if name in pieces
    ]
    if row.content_id not in pieces:
        return None
    chances = past.chances(row, model)
    expected = {each.content_id: chances[evidence.bin_of(each.difficulty)] for each in pool}
    target = _probabilities(policy, pool, expected, past.target)
    return LoggedChoice(
        str(row.learner_id),
        row.propensity,
        target[row.content_id],
        float(row.outcome in UNDERSTOOD),
        expected[row.content_id],
        sum(target[name] * expected[name] for name in target),
    )


def _probabilities(
    policy: str, pool: Sequence[Candidate], expected: Mapping[str, float], wanted: float
) -> dict[str, float]:
    """The probabilities of the candidates under a policy."""
    if policy == "random":
        return offpolicy.uniform([each.content_id for each in pool])
    sign = {"easiest": -1.0, "hardest": 1.0}.get(policy)
    scores = {
        each.content_id: -abs(expected[each.content_id] - wanted)
        if sign is None
        else sign * each.difficulty
        for each in pool
    }
    return offpolicy.greedy(scores, _EXPLORING)
