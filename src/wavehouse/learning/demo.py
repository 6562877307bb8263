"""The demo's ``learning`` chapter: a learner of known level gets twenty pieces and a new one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from random import Random

from wavehouse import accounts, studio
from wavehouse.accounts import Tier
from wavehouse.kernel import clock, ids
from wavehouse.kernel.errors import NotFound
from wavehouse.learning.adapters.learners import Learner, heard
from wavehouse.learning.rules.choosing import Candidate
from wavehouse.learning.service import (
    generating,
    levels,
    library,
    recommending,
    recording,
    sessions,
)
from wavehouse.learning.types import (
    Content,
    ContentFormat,
    ContentInput,
    EventInput,
    EventType,
    Level,
    Outcome,
    OutcomeClass,
    Preferences,
    Recommendation,
    Stored,
)
from wavehouse.store import Learning, Operational, Tx
from wavehouse.workspace import ChapterResult, Stage

ACCOUNT, SESSION = "demo-giulia", "demo-giulia"
PIECES = 20
SERIES = "Italiano lento"
BRIEF = "Il mercato del sabato, il mare d'inverno."
_TRUTH = Learner("giulia", 0.9, 0.8, {}, 0.1)
_CLOSE = 0.125
_SECONDS = 120
_TEXTS = (
    "Oggi Anna va al mercato. Compra il pane. Compra la frutta. Poi torna a casa. Il sole è alto.",
    """Quando Anna va al mercato, saluta il fornaio che conosce da anni. Compra il pane, sceglie
    con calma la frutta e poi, se il tempo è bello, torna a casa a piedi.""",
    """Benché il mercato rionale abbia perduto molte delle sue bancarelle, Anna continua a
    frequentarlo con assiduità, convinta che le consuetudini quotidiane custodiscano una memoria
    collettiva altrimenti destinata a dissolversi nell'indifferenza.""",
)
_TITLES = {
    "food": (
        *("Il pane del mattino", "La spesa al mercato", "Un caffè in piazza", "Il vino nuovo"),
        *("La ricetta della nonna", "Il gelato di luglio", "L'orto di città", "La bottega"),
        *("La pizza del venerdì", "Una cena tra amici", "Il profumo del basilico"),
    ),
    "travel": (
        *("Il treno per Napoli", "Una notte a Venezia", "Il traghetto", "La valigia perduta"),
        *("Un biglietto per Torino", "Il rifugio in montagna", "La strada del mare"),
        *("In bici lungo il Po", "La stazione vuota", "Un albergo a Trieste", "Il ponte"),
    ),
    "football": (
        *("La partita della domenica", "Il portiere di riserva", "Un gol allo scadere", "Il derby"),
        *("La maglia numero dieci", "L'arbitro in ritardo", "La squadra del quartiere"),
        *("Il rigore", "Una finale nel 1982", "Lo stadio sotto la pioggia", "L'allenatrice"),
    ),
    "history": (
        *("Le mura di Lucca", "Il tipografo di Venezia", "Una lettera dal fronte"),
        *("La strada romana", "Il faro di Genova", "L'orologio della torre", "La bussola"),
        *("La carta di Fabriano", "Il mercato nel Cinquecento", "Un telegrafo a Bologna"),
        "La radio di Marconi",
    ),
}
_TOPICS = tuple(_TITLES)


def learning(stage: Stage) -> ChapterResult:
    """Giulia's true level is known only to the simulation; the product has to estimate it."""
    identity = stage.workspace.identity
    began = datetime.combine(stage.until, time(6), UTC)
    dice = Random(20)  # noqa: S311 - a simulation
    with (
        stage.workspace.stores.learning.app(identity.organization_id) as tx,
        clock.frozen(began + timedelta(hours=12)),
    ):
        _begin(tx, stage)
        for number in range(PIECES):
            (choice,) = recommending.recommend(tx, identity=identity, session_id=SESSION)
            piece = library.content(tx, identity=identity, content_id=choice.content_id)
            candidate = Candidate(piece.content_id, piece.difficulty)
            outcome = heard(_TRUTH, candidate, number, dice)
            recording.record_events(
                tx,
                identity=identity,
                session_id=SESSION,
                events=list(_events(outcome, number, began + timedelta(minutes=20 * number))),
            )
        report = levels.level_of(tx, identity=identity, session_id=SESSION)
        (following,) = recommending.recommend(tx, identity=identity, session_id=SESSION)
    with clock.frozen(began + timedelta(hours=13)):
        made = _made(stage)
    return _result(report.level, following, made)


def _made(stage: Stage) -> Content | None:
    """A piece that the studio makes for Giulia, heard to its end; None when it was not made.

    The request has a fixed id: played again, the same episode is found and no other one is made.
    """
    stores, identity = stage.workspace.stores, stage.workspace.identity
    workshop = studio.place_of(stores.operational, stage.workspace.settings)
    with stores.operational.app(identity.organization_id) as operational:
        _series(operational, stage)
    name = str(ids.named("learning.demo", f"{identity.organization_id} {SESSION}"))
    generation, _ = generating.ask_studio(
        stores,
        identity=identity,
        workshop=workshop,
        session_id=SESSION,
        language="it",
        generation_id=name,
    )
    if generation is None or generation.slot_id is None:
        return None
    if not generation.has_ended:
        studio.work_slot(workshop, identity=identity, slot_id=generation.slot_id)
        generation = generating.advance_generation(
            stores, identity=identity, workshop=workshop, generation_id=name
        )
    if generation.content_id is None:
        return None
    with stores.learning.app(identity.organization_id) as tx:
        piece = library.content(tx, identity=identity, content_id=generation.content_id)
        now = clock.now()
        results = recording.record_events(
            tx,
            identity=identity,
            session_id=SESSION,
            events=[
                EventInput("demo-made-0", piece.content_id, EventType.PLAY, now, 0),
                EventInput(
                    "demo-made-1", piece.content_id, EventType.COMPLETE, now, piece.duration
                ),
            ],
        )
    return piece if all(each.outcome is Stored.STORED for each in results) else None


def _series(operational: Tx[Operational], stage: Stage) -> None:
    """A project of the studio that makes episodes for learners."""
    identity = stage.workspace.identity
    known = studio.list_projects(operational, identity=identity)
    project = next((each for each in known if each.title == SERIES), None)
    if project is None:
        if accounts.plan_of(operational, identity=identity).plan_tier == Tier.FREE:
            # The free plan has one project, which the chapter "studio" takes.
            accounts.choose_plan(operational, identity=identity, tier=Tier.STARTER, persona=None)
        new = studio.NewProject(SERIES, "it", brief=BRIEF)
        project = studio.create_project(operational, identity=identity, new=new)
    studio.change_production(
        operational,
        identity=identity,
        project_id=project.project_id,
        change=studio.ProductionChange(for_learners=True),
    )


def _result(level: Level | None, following: Recommendation, made: Content | None) -> ChapterResult:
    if level is None:
        return ChapterResult(False, ("The learner has no level after twenty pieces.",), {})
    if made is None:
        return ChapterResult(False, ("The studio did not generate a piece for Giulia.",), {})
    truth = round(_TRUTH.level, 2)
    ok = level.low <= truth <= level.high or abs(level.level - truth) <= _CLOSE
    heard_all = (
        f"Giulia listened to {PIECES} pieces: her level is {level.level:.2f}, "
        f"{level.low:.2f} to {level.high:.2f}; the simulated true level is {truth:.2f}."
    )
    made_for_her = (
        f"The studio generated “{made.title}” for her: {made.duration} s, "
        f"estimated difficulty {made.difficulty:.1f}; she listened to the end."
    )
    return ChapterResult(
        ok,
        (
            heard_all,
            f"Next comes “{following.title}”: {'; '.join(following.reasons)}.",
            made_for_her,
        ),
        {
            "pieces": PIECES,
            "level": level.level,
            "low": level.low,
            "high": level.high,
            "truth": truth,
            "next": following.content_id,
            "reasons": list(following.reasons),
            "made": made.title,
            "made_seconds": made.duration,
            "made_difficulty": round(made.difficulty, 2),
        },
    )


def _begin(tx: Tx[Learning], stage: Stage) -> None:
    """Create the content, and reset Giulia, so that the chapter can be replayed."""
    identity = stage.workspace.identity
    with contextlib.suppress(NotFound):
        sessions.remove_learner(tx, identity=identity, account_id=ACCOUNT)
    library.add_content(tx, identity=identity, content=[_piece(n) for n in range(2 * PIECES + 4)])
    sessions.start_session(tx, identity=identity, session_id=SESSION, account_id=ACCOUNT)
    sessions.set_preferences(tx, identity=identity, session_id=SESSION, preferences=Preferences())


def _piece(number: int) -> ContentInput:
    difficulty = round(-2.6 + 5.2 * (number * 17 % (2 * PIECES + 4)) / (2 * PIECES + 3), 2)
    band = 0 if difficulty < -1 else 1 if difficulty < 1 else 2
    topic = _TOPICS[number % len(_TOPICS)]
    return ContentInput(
        f"demo-piece-{number:02}",
        _TITLES[topic][number // len(_TOPICS)],
        " ".join(_TEXTS[band].split()),
        f"/static/demo-{number}.mp3",
        _SECONDS,
        format=list(ContentFormat)[number % len(ContentFormat)],
        topic=topic,
        difficulty=difficulty,
        template_id="demo",
    )


def _events(outcome: Outcome, number: int, at: datetime) -> Iterator[EventInput]:
    """The events that a player sends for this way of hearing a piece."""

    def event(
        kind: EventType, step: int, position: float, before: float | None = None
    ) -> EventInput:
        return EventInput(
            f"demo-{number}-{step}",
            outcome.content_id,
            kind,
            at + timedelta(seconds=step),
            position,
            before,
        )

    yield event(EventType.PLAY, 0, 0)
    for replay in range(min(outcome.replays, 9)):
        yield event(EventType.REPLAY, 60 + replay, 54, before=60)
    if outcome.kind in (OutcomeClass.EARLY, OutcomeClass.LATE):
        yield event(EventType.SKIP, 200, _SECONDS * outcome.heard)
    else:
        yield event(EventType.COMPLETE, 300, _SECONDS)
    if outcome.liked:
        yield event(EventType.LIKE, 301, _SECONDS)
