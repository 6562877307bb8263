"""``/api/v1/learning/player``: routes for a learner's player, using its session's token.

A player runs in a browser, often on another site: the token is sent in a header, never in a cookie,
so all origins may call (``web.headers.CROSS_ORIGIN``).

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the workspace.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.kernel.fields import Exact
from wavehouse.kernel.limits import Rate
from wavehouse.learning.adapters.tokens import Tokens
from wavehouse.learning.http.common import (
    BatchOut,
    EventIn,
    EventsIn,
    LevelOut,
    Recommendations,
    judged,
)
from wavehouse.learning.http.content import Transcript, transcript_of
from wavehouse.learning.http.sessions import SessionKey
from wavehouse.learning.service import generating, levels, library, recording
from wavehouse.studio import place_of
from wavehouse.workspace import Workspace

_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_SAYS = {
    401: "The token is missing, or belongs to another session.",
    404: "There is no such session or content.",
    413: "The body is too large.",
    422: "A field is invalid.",
    429: "Too many requests with this token.",
}
_BURST, _SECONDS = 60, 0.5


def _answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {s: {"description": _SAYS[s], **_PROBLEM} for s in sorted({401, 429, *statuses})}


def router(workspace: Workspace) -> APIRouter:
    """Events, next piece, level and transcripts, for one session."""
    api = APIRouter(prefix="/api/v1/learning/player", tags=["learning player"])
    database = workspace.stores.learning
    rate = accounts.SharedRate(
        workspace.stores.operational, workspace.settings, Rate("player", _BURST, _SECONDS)
    )
    workshop = place_of(workspace.stores.operational, workspace.settings)

    bearer = HTTPBearer(
        auto_error=False, scheme_name="Session", description="A session token: whs_…"
    )

    def holder(
        session_id: SessionKey,
        sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Identity:
        """The identity that acts for the session's organization."""
        if sent is None:
            raise NotSignedIn("missing token: send Authorization: Bearer <session token>")
        organization_id = Tokens.of(database.place).organization(sent.credentials, session_id)
        rate.check(f"{organization_id} {session_id}", "too many requests by this session")
        with workspace.stores.operational.worker() as tx:
            return accounts.acting_for(tx, organization_id=organization_id)

    Holder = Annotated[Identity, Depends(holder)]  # noqa: N806 - it is a type

    @api.options("/{session_id}/{rest:path}", include_in_schema=False)
    def preflight() -> Response:
        return Response(status_code=204)

    @api.post("/{session_id}/events", responses=_answers(404, 413, 422))
    def record_events(session_id: SessionKey, body: EventsIn, identity: Holder) -> BatchOut:
        """Store events of the session; invalid ones are refused, the rest stored."""
        entries = judged(EventIn, body.events, "event_id")
        with database.app(identity.organization_id) as tx:
            results = recording.record_events(
                tx,
                identity=identity,
                session_id=session_id,
                events=[each.to_event() for each in entries.good],
            )
        return entries.joined(results)

    @api.post("/{session_id}/next", responses=_answers(404, 422))
    def recommend(
        session_id: SessionKey,
        identity: Holder,
        language: Annotated[Exact, Query(min_length=2, max_length=10)] = "it",
        count: Annotated[int, Query(ge=1, le=50)] = 1,
    ) -> Recommendations:
        """The recommended next pieces; when none is suitable, the studio is asked for one."""
        return Recommendations.of(
            generating.next_piece(
                workspace.stores,
                identity=identity,
                workshop=workshop,
                session_id=session_id,
                language=language,
                count=count,
            )
        )

    @api.get("/{session_id}/level", responses=_answers(404, 422))
    def level(session_id: SessionKey, identity: Holder) -> LevelOut:
        """The learner's level with its interval and the reasons."""
        with database.app(identity.organization_id) as tx:
            return LevelOut.of(levels.level_of(tx, identity=identity, session_id=session_id))

    @api.get("/{session_id}/transcript", responses=_answers(404, 422))
    def transcript(
        session_id: SessionKey,
        identity: Holder,
        content_id: Annotated[Exact, Query(min_length=1, max_length=255)],
    ) -> Transcript:
        """The sentences of a piece with estimated times."""
        with database.app(identity.organization_id) as tx:
            return transcript_of(library.content(tx, identity=identity, content_id=content_id))

    return api
