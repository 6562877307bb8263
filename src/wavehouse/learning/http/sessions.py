"""``/api/v1/learning/sessions``: routes for an application's server.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.fields import Exact
from wavehouse.learning.adapters.tokens import Tokens
from wavehouse.learning.http.common import (
    BatchOut,
    EventIn,
    EventsIn,
    GenerationOut,
    GenerationRequestOut,
    Id,
    LevelOut,
    PreferencesIO,
    Recommendations,
    SessionOut,
    judged,
)
from wavehouse.learning.http.vocabulary import UnheardOut, WordsOut
from wavehouse.learning.service import generating, levels, recording, sessions, vocabulary
from wavehouse.store import Database, Learning
from wavehouse.studio import place_of
from wavehouse.workspace import Gate, Workspace

SessionKey = Annotated[Exact, Path(min_length=1, max_length=255)]
LanguageKey = Annotated[Exact, Query(min_length=2, max_length=10)]


class SessionIn(BaseModel):
    """A session to start; ids are generated if missing; without an account it is anonymous."""

    model_config = ConfigDict(extra="forbid")

    session_id: Id | None = None
    account_id: Id | None = None
    preferences: PreferencesIO | None = None


class ClaimIn(BaseModel):
    """The account that claims an anonymous session."""

    model_config = ConfigDict(extra="forbid")

    account_id: Id


class EndIn(BaseModel):
    """How to end a session; an archived one accepts no more events."""

    model_config = ConfigDict(extra="forbid")

    archive: bool = False


def router(workspace: Workspace, gate: Gate) -> APIRouter:
    """Sessions, their events, levels, recommendations, generations; one session is erased."""
    api = APIRouter(prefix="/api/v1/learning", tags=["learning"])
    database = workspace.stores.learning
    _generating(api, workspace, gate)
    _working(api, database, gate)
    _asking(api, database, gate)
    _erasing(api, database, gate)
    return api


def _working(api: APIRouter, database: Database[Learning], gate: Gate) -> None:
    writes = Scope.LEARNING_WRITE
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.post("/sessions", status_code=201, responses=gate.answers(writes, 409, 410, 413, 422))
    def start_session(body: SessionIn, identity: Writer) -> SessionOut:
        """Start a session, or get the existing one; returns a token for the player."""
        with database.app(identity.organization_id) as tx:
            started = sessions.start_session(
                tx,
                identity=identity,
                session_id=body.session_id or "",
                account_id=body.account_id or "",
            )
            if body.preferences is not None:
                sessions.set_preferences(
                    tx,
                    identity=identity,
                    session_id=started.session_id,
                    preferences=body.preferences.to_preferences(),
                )
        tokens = Tokens.of(database.place)
        return SessionOut.of(started, tokens.token(identity.organization_id, started.session_id))

    @api.post("/sessions/{session_id}/events", responses=gate.answers(writes, 404, 413, 422))
    def record_events(session_id: SessionKey, body: EventsIn, identity: Writer) -> BatchOut:
        """Store up to 10,000 events; invalid ones are refused, the rest stored. Idempotent."""
        entries = judged(EventIn, body.events, "event_id")
        with database.app(identity.organization_id) as tx:
            results = recording.record_events(
                tx,
                identity=identity,
                session_id=session_id,
                events=[each.to_event() for each in entries.good],
            )
        return entries.joined(results)

    @api.post("/sessions/{session_id}/end", responses=gate.answers(writes, 404, 413, 422))
    def end_session(session_id: SessionKey, body: EndIn, identity: Writer) -> SessionOut:
        """End a session: pieces still open in it count as left."""
        with database.app(identity.organization_id) as tx:
            return SessionOut.of(
                sessions.end_session(
                    tx, identity=identity, session_id=session_id, archive=body.archive
                )
            )

    @api.post("/sessions/{session_id}/claim", responses=gate.answers(writes, 404, 409, 413, 422))
    def claim_session(session_id: SessionKey, body: ClaimIn, identity: Writer) -> SessionOut:
        """Give an anonymous session to an account, with preferences, history and model."""
        with database.app(identity.organization_id) as tx:
            return SessionOut.of(
                sessions.claim_session(
                    tx, identity=identity, session_id=session_id, account_id=body.account_id
                )
            )

    @api.put("/sessions/{session_id}/preferences", responses=gate.answers(writes, 404, 413, 422))
    def set_preferences(
        session_id: SessionKey, body: PreferencesIO, identity: Writer
    ) -> PreferencesIO:
        """Store the learner's preferences."""
        with database.app(identity.organization_id) as tx:
            said = sessions.set_preferences(
                tx,
                identity=identity,
                session_id=session_id,
                preferences=body.to_preferences(),
            )
        return PreferencesIO.of(said)


def _generating(api: APIRouter, workspace: Workspace, gate: Gate) -> None:
    writes, reads = Scope.LEARNING_WRITE, Scope.LEARNING_READ
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    stores = workspace.stores
    workshop = place_of(stores.operational, workspace.settings)

    @api.post("/sessions/{session_id}/recommendations", responses=gate.answers(writes, 404, 422))
    def recommend(
        session_id: SessionKey,
        identity: Writer,
        language: LanguageKey = "it",
        count: Annotated[int, Query(ge=1, le=50)] = 1,
    ) -> Recommendations:
        """Recommend pieces; the first is logged as the choice, and repeated until it is heard.

        When no unheard piece is suitable, the studio is asked for one.
        """
        return Recommendations.of(
            generating.next_piece(
                stores,
                identity=identity,
                workshop=workshop,
                session_id=session_id,
                language=language,
                count=count,
            )
        )

    @api.post(
        "/sessions/{session_id}/generations",
        status_code=202,
        responses=gate.answers(writes, 404, 422),
    )
    def ask_studio(
        session_id: SessionKey, identity: Writer, language: LanguageKey = "it"
    ) -> GenerationRequestOut:
        """Ask the studio for a piece for the session's learner; a live one is returned instead."""
        generation, reason = generating.ask_studio(
            stores, identity=identity, workshop=workshop, session_id=session_id, language=language
        )
        return GenerationRequestOut(
            generation=None if generation is None else GenerationOut.of(generation), reason=reason
        )

    @api.get("/sessions/{session_id}/generations", responses=gate.answers(reads, 404, 422))
    def list_generations(session_id: SessionKey, identity: Reader) -> list[GenerationOut]:
        """The latest 50 pieces requested from the studio, latest first."""
        with stores.learning.app(identity.organization_id) as tx:
            rows = generating.list_generations(tx, identity=identity, session_id=session_id)
        return [GenerationOut.of(row) for row in rows]


def _asking(api: APIRouter, database: Database[Learning], gate: Gate) -> None:
    reads = Scope.LEARNING_READ
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type

    @api.get("/sessions/{session_id}", responses=gate.answers(reads, 404, 422))
    def session(session_id: SessionKey, identity: Reader) -> SessionOut:
        """A session with its counters, which are derived from its events."""
        with database.app(identity.organization_id) as tx:
            return SessionOut.of(sessions.session(tx, identity=identity, session_id=session_id))

    @api.get("/sessions/{session_id}/preferences", responses=gate.answers(reads, 404, 422))
    def preferences(session_id: SessionKey, identity: Reader) -> PreferencesIO:
        """The learner's stated preferences."""
        with database.app(identity.organization_id) as tx:
            return PreferencesIO.of(
                sessions.preferences(tx, identity=identity, session_id=session_id)
            )

    @api.get("/sessions/{session_id}/words", responses=gate.answers(reads, 404, 422))
    def known_words(
        session_id: SessionKey,
        identity: Reader,
        language: LanguageKey = "it",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> WordsOut:
        """The words that the learner has heard, most probably known first: an estimate."""
        with database.app(identity.organization_id) as tx:
            return WordsOut.of(
                vocabulary.known_words(
                    tx,
                    identity=identity,
                    session_id=session_id,
                    language=language,
                    limit=limit,
                )
            )

    @api.get("/sessions/{session_id}/unheard", responses=gate.answers(reads, 404, 422))
    def unheard(
        session_id: SessionKey,
        identity: Reader,
        language: LanguageKey = "it",
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
    ) -> list[UnheardOut]:
        """Content that the learner has not heard, fewest unknown words first: an estimate."""
        with database.app(identity.organization_id) as tx:
            rows = vocabulary.by_unknown_words(
                tx, identity=identity, session_id=session_id, language=language, limit=limit
            )
        return [UnheardOut.of(row) for row in rows]

    @api.get("/sessions/{session_id}/level", responses=gate.answers(reads, 404, 422))
    def level(session_id: SessionKey, identity: Reader) -> LevelOut:
        """The learner's level with its interval and the reasons; none below five outcomes."""
        with database.app(identity.organization_id) as tx:
            return LevelOut.of(levels.level_of(tx, identity=identity, session_id=session_id))


def _erasing(api: APIRouter, database: Database[Learning], gate: Gate) -> None:
    writes = Scope.LEARNING_WRITE
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.delete("/sessions/{session_id}", status_code=204, responses=gate.answers(writes, 404, 422))
    def erase_session(session_id: SessionKey, identity: Writer) -> None:
        """Erase a session; its contribution is removed from the learner's model."""
        with database.app(identity.organization_id) as tx:
            sessions.erase_session(tx, identity=identity, session_id=session_id)
