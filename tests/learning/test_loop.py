"""The loop: the studio makes what a learner has not got, once, and says how it stands (L16)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.learning.desk import Desk
from tests.studio.conftest import Studio
from tests.studio.making import ADDRESS, Maker

from wavehouse import accounts, learning, studio, usage
from wavehouse.kernel import clock
from wavehouse.learning.rules import asking, estimating
from wavehouse.learning.service import generating, library
from wavehouse.learning.types import LiveGeneration
from wavehouse.studio.service import planning
from wavehouse.usage import BudgetScope, NewBudget, Unit


class Loop:
    """An organization whose studio makes a series for learners, and one learner."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.room = desk, Studio(desk.workspace)
        self.maker = Maker(self.room, folder / "studio")
        self.room.act(accounts.choose_plan, tier="professional", persona=None)
        self.arguments: dict[str, Any] = {
            "identity": desk.workspace.identity,
            "workshop": self.maker.place,
        }

    def series(self, title: str = "Mercato", **choices: Any) -> Any:
        """A project that generates episodes for learners."""
        project = self.maker.project(title)
        self.maker.change(project, for_learners=True, **choices)
        return project

    def next(self, session: str = "s") -> learning.Next:
        """The next piece, or what the studio makes."""
        return learning.next_piece(self.desk.workspace.stores, session_id=session, **self.arguments)

    def advance_generation(self, generation: learning.Generation) -> learning.Generation:
        """Look how far the studio is."""
        return learning.advance_generation(
            self.desk.workspace.stores,
            generation_id=generation.generation_id,
            **self.arguments,
        )

    def events(self, kind: str) -> int:
        """Webhook events of a type."""
        return self.maker.count(f"SELECT count(*) FROM queue.outbox WHERE event_type = '{kind}'")

    def slots(self) -> int:
        """Slots that the studio has or had."""
        return self.maker.count("SELECT count(*) FROM queue.slot_ledger")


@pytest.fixture
def loop(desk: Desk, tmp_path: Path) -> Loop:
    """An organization with one learner in the session ``s``."""
    desk.session("s", "anna")
    return Loop(desk, tmp_path)


def test_l16_the_studio_makes_one_piece_when_nothing_suitable_is_left(loop: Loop) -> None:
    """Asked twice it is one slot, one piece, one event; until it is heard, no other is made."""
    before = loop.next()
    project = loop.series()
    first, again = loop.next().generation, loop.next().generation
    assert first is not None
    (outcome,) = loop.maker.work()
    done = loop.advance_generation(first)
    after = loop.advance_generation(first)
    found = loop.next()
    generated = loop.desk.call(library.content, content_id=str(done.content_id))

    assert (None, generating.NO_SERIES) == (before.generation, before.reason)
    assert again is not None
    assert ("generating", first.generation_id) == (first.status, again.generation_id)
    assert (None, 0) == (first.estimate_seconds, first.estimate_runs)
    assert ("done", "completed") == (outcome.status, done.status)
    assert done == after
    assert done.webhook_sent
    assert (1, 1) == (loop.slots(), loop.events("content.generated"))
    assert [done.content_id] == [each.content_id for each in found.recommendations]
    assert (str(project.project_id), 1) == (generated.series_id, generated.episode_number)
    assert generated.audio_url.startswith(f"{ADDRESS}/studio/feeds/{project.project_id}/")
    assert generated.word_count > 20
    waiting = learning.ask_studio(
        loop.desk.workspace.stores, session_id="s", language="it", **loop.arguments
    )
    assert (None, "the learner has not listened to half of the last generated piece") == waiting

    end = generated.duration * 0.9
    name = generated.content_id
    loop.desk.send(
        "s", loop.desk.event(name, "play", 0, 0), loop.desk.event(name, "skip", end, end)
    )
    following = learning.ask_studio(
        loop.desk.workspace.stores, session_id="s", language="it", **loop.arguments
    )[0]
    assert following is not None
    assert first.generation_id != following.generation_id


def test_l16_askers_at_once_make_one_generation_for_a_learner_and_one_for_each(loop: Loop) -> None:
    """Eight requests of one learner's two sessions and of another learner: two slots."""
    loop.series()
    loop.desk.session("t", "anna")
    loop.desk.session("u", "bruno")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(loop.next, "stustust"))
    ids = [each.generation.generation_id for each in found if each.generation]
    by_learner = {name: {ids[n] for n in range(8) if "stustust"[n] in name} for name in ("st", "u")}

    assert 8 == len(ids)
    assert [1, 1] == [len(each) for each in by_learner.values()]
    assert 2 == loop.slots()


def test_l16_a_studio_without_budget_says_so_to_the_learner(loop: Loop) -> None:
    """The generation waits with a reason, and a cancelled slot fails it with an event."""
    project = loop.series(text_model="writer")
    with loop.maker.place.operational.worker() as tx:
        usage.add_model(tx, identity=loop.room.identity, name="writer", provider="demo")
        for unit in (Unit.INPUT, Unit.OUTPUT):
            usage.add_price(
                tx,
                identity=loop.room.identity,
                model="writer",
                unit=unit,
                price="1",
                currency="EUR",
                effective_from=clock.now() - timedelta(days=400),
            )
    budget = NewBudget(
        limit="0.01", currency="EUR", scope=BudgetScope.PROJECT, scope_ref=str(project.project_id)
    )
    loop.room.act(usage.set_budget, new=budget)
    asked = loop.next().generation
    assert asked is not None
    loop.maker.work()
    blocked = loop.advance_generation(asked)
    loop.room.act(planning.cancel_slot, slot_id=blocked.slot_id)
    failed = loop.advance_generation(asked)

    assert "generating" == blocked.status
    assert blocked.reason.startswith("the studio's budget is used up")
    assert ("failed", "the studio's slot was cancelled") == (failed.status, failed.error)
    assert (1, 0) == (loop.events("content.failed"), loop.events("content.generated"))


def test_l16_a_request_that_the_studio_refuses_fails_with_a_sentence_and_an_event(
    loop: Loop,
) -> None:
    """The project stopped making episodes between the choice and the request."""
    project = loop.series()
    with loop.desk.tx() as tx:
        series = [studio.Series(project.project_id, project.title)]
        name, _ = generating._entered(
            tx, loop.desk.workspace.identity, "s", "it", series, str(uuid4())
        )
    loop.maker.change(project, for_learners=False)
    asked = loop.desk.call(learning.generation_of, generation_id=name)
    failed = loop.advance_generation(asked)

    assert "failed" == failed.status
    assert failed.error.startswith("the project does not generate episodes for learners")
    assert (1, 0) == (loop.events("content.failed"), loop.slots())


def test_l16_what_is_suitable_is_not_made(loop: Loop) -> None:
    """A piece at the learner's difficulty is enough; one far too hard is not."""
    loop.series()
    report = loop.desk.call(learning.level_of, session_id="s")
    loop.desk.content("hard", difficulty=3.0)
    hard = loop.next()
    loop.desk.content("right", difficulty=report.best_difficulty)
    right = loop.next()

    assert hard.recommendations
    assert hard.generation is not None
    assert (None, "") == (right.generation, right.reason)


def test_estimates_come_from_past_runs_with_their_spread() -> None:
    """Below three runs there is none; past nine of ten runs it says that it is late."""
    guess = estimating.estimate([10, 30, 20, 40, 50])

    assert estimating.estimate([10, 20]) is None
    assert estimating.Estimate(30, 14, 46, 5) == guess
    assert "no estimate: at least 3 past runs are needed" == estimating.sentence(None, 0)
    assert "4 to 36 s more, from 5 past runs" == estimating.sentence(guess, 10)
    assert "later than nine of ten" in estimating.sentence(guess, 60)


def test_l16_the_rules_of_asking() -> None:
    """Level by difficulty, the series to continue, a miss in a sentence, one at a time."""
    heard, unheard = (LiveGeneration("g", "completed", share) for share in (0.51, 0.5))

    assert ["beginner", "intermediate", "advanced"] == [
        asking.level_for(each) for each in (-1.5, 0.0, 1.0)
    ]
    assert "b" == asking.series_after(["x", "b", "a"], ["a", "b"])
    assert "a" == asking.series_after([], ["a", "b"])
    assert "" == asking.missed(0.0, 0.9)
    assert asking.missed(-1.0, 0.5).startswith("harder than requested: estimated difficulty 0.5")
    assert "" == asking.refusal(heard, 0)
    assert asking.refusal(unheard, 0)
    assert asking.refusal(None, asking.MOST_LIVE)
