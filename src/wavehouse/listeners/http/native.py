"""``/api/v1/listener``: positions, changes and resuming, for a publisher's own apps.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from wavehouse.kernel.errors import Conflict, InvalidInput
from wavehouse.kernel.fields import Exact, Line
from wavehouse.kernel.ids import ActionId
from wavehouse.listeners import rules
from wavehouse.listeners.http import dialect, preconditions
from wavehouse.listeners.http.common import RouteDependencies, archive_body
from wavehouse.listeners.service import (
    accounts,
    archives,
    moves,
    positions,
    recording,
    subscriptions,
)
from wavehouse.listeners.types import (
    Caller,
    Change,
    Described,
    Device,
    Displaced,
    Episode,
    Kind,
    NewAction,
    Resume,
    ResumePolicy,
    Status,
    StoredPosition,
    Upload,
)

_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_SAYS = {
    401: "The request has no valid app password or session.",
    404: "Not found.",
    409: "The action id is used by a different action (P13).",
    413: "The body is too large.",
    422: "A field is invalid.",
    429: "Too many wrong passwords.",
}


def _instant(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must have a time zone")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Milliseconds = Annotated[int, Field(strict=True, ge=0, lt=2**40)]
Tags = Annotated[str | None, Header(max_length=2_000)]
Chapter = Annotated[Exact, Path(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
Id = Annotated[Exact, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]


class ActionIn(BaseModel):
    """A client's action; ``action_id`` makes it idempotent.

    ``seen`` is the last action that the device knew of (P9).
    """

    model_config = ConfigDict(extra="forbid")

    action_id: UUID
    kind: Kind = Kind.PROGRESS
    position_ms: Milliseconds | None = None
    started_ms: Milliseconds | None = None
    duration_ms: Annotated[int, Field(strict=True, ge=1, lt=2**40)] | None = None
    occurred_at: Instant | None = None
    sent_at: Instant | None = None
    device_id: Id | None = None
    seen: UUID | None = None

    def to_action(self, chapter_id: str) -> NewAction:
        """Convert to the internal action."""
        return NewAction(
            ActionId(self.action_id),
            chapter_id,
            self.kind,
            self.position_ms,
            self.started_ms,
            self.duration_ms,
            self.occurred_at,
            self.sent_at,
            self.device_id,
            None if self.seen is None else ActionId(self.seen),
        )


class ActionOf(ActionIn):
    """An action of a batch, with its chapter."""

    chapter_id: Id


class BatchIn(BaseModel):
    """At most 500 actions; each gets its own status (P15)."""

    model_config = ConfigDict(extra="forbid")

    actions: list[ActionOf] = Field(max_length=rules.LARGEST_BATCH)


Url = Annotated[Exact, Field(min_length=1, max_length=4096, pattern=r"^https?://[^\x00]+$")]
Text = Annotated[Line, Field(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]


class EpisodeIn(BaseModel):
    """An episode as an app knows it."""

    model_config = ConfigDict(extra="forbid")

    podcast_url: Url
    episode_url: Url
    guid: Text | None = None
    title: Text | None = None
    link: Url | None = None
    published_at: Instant | None = None


class MoveIn(BaseModel):
    """The old and the new address of a feed."""

    model_config = ConfigDict(extra="forbid")

    old_url: Url
    new_url: Url


class Preferences(BaseModel):
    """The listener's preferences."""

    model_config = ConfigDict(extra="forbid")

    resume_policy: ResumePolicy


@dataclass(frozen=True)
class ChapterOut:
    """The id of an episode's chapter on this server."""

    chapter_id: str


@dataclass(frozen=True)
class Outcome:
    """The result of an action."""

    action_id: UUID
    status: Status
    reason: str
    clock_skewed: bool
    displaced: Displaced | None = None


@dataclass(frozen=True)
class BatchOut:
    """The result of each action, in order, and the cursor to continue with (P19)."""

    results: list[Outcome]
    cursor: int


@dataclass(frozen=True)
class ChangesOut:
    """A page of changes; continue with ``cursor`` while ``has_more``."""

    actions: list[Change]
    cursor: int
    has_more: bool


def router(doors: RouteDependencies) -> APIRouter:
    """Routes of positions, changes and preferences."""
    database = doors.database
    writer, resumer = recording.recorder(database), positions.resumer(database)
    basic = HTTPBasic(auto_error=False, description="Email address and app password.")
    api = APIRouter(
        prefix="/api/v1/listener",
        tags=["listener"],
        dependencies=[Depends(basic)],
        responses={code: {"description": _SAYS[code], **_PROBLEM} for code in (401, 429)},
    )
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.post("/actions", responses=_answers(413, 422))
    async def record(body: BatchIn, who: Who) -> BatchOut:
        """Send actions, at once or later; the result does not depend on their order (P2)."""
        actions = tuple(action.to_action(action.chapter_id) for action in body.actions)
        done = recording.done(await writer.ask(Upload(who, actions)))
        return BatchOut(
            [
                Outcome(o.action_id, o.status, o.reason, o.clock_skewed, o.displaced)
                for o in done.results
            ],
            done.cursor,
        )

    @api.get("/changes", responses=_answers(422))
    def changes(
        who: Who,
        after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=rules.PAGE)] = rules.PAGE,
    ) -> ChangesOut:
        """Changes of all devices after a cursor; from 0, only the current state (P22)."""
        page = positions.changes(database, caller=who, after=after, limit=limit)
        return ChangesOut(list(page.actions), page.cursor, page.has_more)

    @api.get("/positions/{chapter_id}", response_model=StoredPosition, responses=_answers(404))
    def position(
        chapter_id: Chapter, who: Who, response: Response, if_none_match: Tags = None
    ) -> Any:
        """The current position; the ETag is its version (P12)."""
        stored = positions.position(database, caller=who, chapter_id=chapter_id)
        etag = preconditions.etag(stored.version)
        if not preconditions.read(None, if_none_match).holds(stored.version):
            return Response(status_code=304, headers={"ETag": etag})
        response.headers["ETag"] = etag
        return stored

    @api.put(
        "/positions/{chapter_id}",
        response_model=Outcome,
        responses=_answers(409, 413, 422) | preconditions.ANSWER,
    )
    async def put(
        chapter_id: Chapter,
        body: ActionIn,
        who: Who,
        response: Response,
        if_match: Tags = None,
        if_none_match: Tags = None,
    ) -> Any:
        """Store one action of a chapter if its position has not changed (``If-Match: "v7"``).

        A 412 response has the current position and its ETag; a response of 200 has an ETag when the
        action was applied. An action that is stored already is a
        duplicate whatever has changed since, so a client may repeat a request without an answer.
        """
        upload = Upload(
            who, (body.to_action(chapter_id),), preconditions.read(if_match, if_none_match)
        )
        try:
            done = recording.done(await writer.ask(upload))
        except recording.Stale as stale:
            return preconditions.failed(stale)
        (result,) = done.results
        if result.status is Status.REJECTED:
            raise (Conflict if "P13" in result.reason else InvalidInput)(result.reason)
        if result.status is Status.APPLIED:  # else the position is one that the client has not seen
            for version in done.versions.values():
                response.headers["ETag"] = preconditions.etag(version)
        return Outcome(
            result.action_id, result.status, result.reason, result.clock_skewed, result.displaced
        )

    @api.delete(
        "/positions/{chapter_id}",
        status_code=204,
        response_model=None,
        responses=_answers(404) | preconditions.ANSWER,
    )
    def remove(
        chapter_id: Chapter, who: Who, if_match: Tags = None, if_none_match: Tags = None
    ) -> Response:
        """Delete a position; earlier actions do not restore it (P38)."""
        condition = preconditions.read(if_match, if_none_match)
        try:
            positions.remove(database, caller=who, chapter_id=chapter_id, condition=condition)
        except recording.Stale as stale:
            return preconditions.failed(stale)
        return Response(status_code=204)

    @api.get("/resume/{chapter_id}", responses=_answers(404))
    async def resume(
        chapter_id: Chapter,
        who: Who,
        device_id: Annotated[
            str | None, Query(min_length=1, max_length=255, pattern=r"^[^\x00]+$")
        ] = None,
    ) -> Resume:
        """Where to resume, and how far to rewind first (P34).

        With a device, the response has a hint when another device moved far from its position
        (P10).
        """
        asked = positions.ResumeRequest(who.listener_id, chapter_id, device_id)
        return positions.there(await resumer.ask(asked))

    @api.post("/chapters", responses=_answers(413, 422))
    async def chapter(body: EpisodeIn, who: Who) -> ChapterOut:
        """The chapter of an episode: by guid, by file, or by two of date, link and title (P29)."""
        described = Described(body.title, body.link, body.published_at)
        podcast = rules.normalised_feed(body.podcast_url) or body.podcast_url
        episode = Episode(podcast, body.episode_url, body.guid, described)
        done = recording.done(await writer.ask(Upload(who, (), episodes=(episode,))))
        return ChapterOut(done.chapters[episode])

    @api.post("/moves", status_code=204, responses=_answers(413, 422))
    def move(body: MoveIn, who: Who) -> None:
        """Move a feed to a new address: the subscription and all positions move too.

        For apps that meet a permanent redirect, `itunes:new-feed-url` or the same `podcast:guid`.
        """
        moves.move(database, caller=who, old=body.old_url, new=body.new_url)

    @api.get("/export")
    def export(who: Who, form: Literal["json", "gpodder", "opml"] = "json") -> Response:
        """All of a listener's data, or actions in gpodder's format, or shows as OPML (P39)."""
        if form == "json":
            return JSONResponse(archives.archive(database, listener_id=who.listener_id))
        if form == "opml":
            archive = archives.archive(database, listener_id=who.listener_id)
            text = dialect.opml(archive["subscriptions"], "Subscriptions")
            return Response(text, media_type="text/x-opml+xml")
        changes = positions.history(database, caller=who)
        return JSONResponse(
            {"actions": [dialect.shown(item) for item in changes if item.episode_url]}
        )

    @api.post("/import", responses=_answers(413, 422))
    def bring_in(body: Annotated[Any, Depends(archive_body)], who: Who) -> dict[str, int]:
        """Import an archive exported here or elsewhere; repeating it changes nothing (P39)."""
        return archives.bring_in(database, caller=who, document=body)

    @api.get("/settings")
    def settings(who: Who) -> Preferences:
        """The listener's preferences."""
        return Preferences(resume_policy=positions.resume_policy(database, caller=who))

    @api.put("/settings", responses=_answers(413, 422))
    def set_settings(body: Preferences, who: Who) -> Preferences:
        """Set what resuming suggests: the latest position, the furthest, or both (P8)."""
        positions.set_resume_policy(database, caller=who, policy=body.resume_policy)
        return body

    @api.post("/positions/{chapter_id}/restore/{action_id}", responses=_answers(404, 422))
    def restore(chapter_id: Chapter, action_id: UUID, who: Who) -> BatchOut:
        """Restore a position that was displaced in the last 30 days (P11)."""
        done = positions.restore(
            database, caller=who, chapter_id=chapter_id, action_id=ActionId(action_id)
        )
        return BatchOut(
            [Outcome(o.action_id, o.status, o.reason, o.clock_skewed) for o in done.results],
            done.cursor,
        )

    @api.get("/devices")
    def devices(who: Who) -> list[Device]:
        """The listener's devices."""
        return subscriptions.devices(database, caller=who)

    @api.delete("/devices/{device_id}", status_code=204, responses=_answers(404))
    def forget(device_id: Chapter, who: Who) -> None:
        """Delete a device; positions from it stay (P36)."""
        with database.listener(who.listener_id) as tx:
            accounts.delete_device(tx, caller=who, device_id=device_id)

    return api


def _answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"description": _SAYS[code], **_PROBLEM} for code in codes}
