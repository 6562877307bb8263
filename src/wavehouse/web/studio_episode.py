"""The page of an episode in production, and the chat about it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from wavehouse import studio
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused, WavehouseError
from wavehouse.studio import ChatSessionId, StudioEpisodeId
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.headers import POLICY
from wavehouse.web.page_context import PageContext, back
from wavehouse.web.studio_tables import (
    TONES,
    block_cells,
    message_cells,
    money,
    note_cells,
    reach_sentence,
)

_SOUND = f"{POLICY}; media-src 'self'"
_LONGEST_SCRIPT = 2_000_000
_PATIENCE = 1.0


async def long_form(request: Request) -> dict[str, str]:
    """The fields of a form that may hold a script: at most 2 MB."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_SCRIPT:
            raise InvalidInput("The script is too long.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=600))
    except ValueError:
        raise InvalidInput("The form cannot be read.") from None


LongForm = Annotated[dict[str, str], Depends(long_form)]


def add_routes(routes: APIRouter, context: PageContext) -> None:
    """Add the pages of episodes and chats."""
    _episodes(routes, context)
    _chats(routes, context)


def _episodes(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    @routes.get("/studio/episodes/{episode_id}")
    def show(request: Request, episode_id: UUID) -> Response:
        return episode_page(context, request, context.visitor(request), StudioEpisodeId(episode_id))

    @routes.get("/studio/episodes/{episode_id}/audio")
    def audio(request: Request, episode_id: UUID) -> Response:
        identity = context.visitor(request)
        with operational.app(identity.organization_id) as tx:
            episode = studio.show_episode(
                tx, identity=identity, episode_id=StudioEpisodeId(episode_id)
            )
            file = studio.file_of(
                tx,
                identity=identity,
                store=studio.store_of(context.workspace.settings),
                project_id=episode.project_id,
                episode_id=episode_id,
                ending="mp3",
            )
        return FileResponse(
            file.path, media_type=file.media_type, headers={"Cache-Control": "private"}
        )

    @routes.post("/studio/script")
    def write(request: Request, fields: LongForm) -> Response:
        identity = context.editor(request, fields)
        episode_id = StudioEpisodeId(_id(fields, "episode_id"))
        try:
            with operational.app(identity.organization_id) as tx:
                old = studio.script(tx, identity=identity, episode_id=episode_id)
                studio.write_script(
                    tx,
                    identity=identity,
                    episode_id=episode_id,
                    blocks=_blocks(fields, old),
                    author=studio.Author.PERSON,
                )
        except CORRECTABLE as error:
            entered = refused({}, error, ())
            return episode_page(context, request, identity, episode_id, entered)
        return back(f"/studio/episodes/{episode_id}", "wrote_script")


def _chats(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    @routes.post("/studio/chats")
    def start(request: Request, fields: LongForm) -> Response:
        identity = context.editor(request, fields)
        episode_id = StudioEpisodeId(_id(fields, "episode_id"))
        with operational.app(identity.organization_id) as tx:
            chat = studio.start_chat(
                tx, identity=identity, episode_id=episode_id, title=fields.get("question", "")
            )
        return _asked(context, request, identity, chat.chat_session_id, fields)

    @routes.get("/studio/chats/{chat_session_id}")
    def show(request: Request, chat_session_id: UUID) -> Response:
        return chat_page(context, request, context.visitor(request), ChatSessionId(chat_session_id))

    @routes.post("/studio/chats/ask")
    def ask(request: Request, fields: LongForm) -> Response:
        identity = context.editor(request, fields)
        chat_session_id = ChatSessionId(_id(fields, "chat_session_id"))
        return _asked(context, request, identity, chat_session_id, fields)

    @routes.get("/studio/chats/{chat_session_id}/stream")
    def stream(
        request: Request,
        chat_session_id: UUID,
        seq: int = 0,
        position: int = 0,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        identity = context.visitor(request)
        wanted = ChatSessionId(chat_session_id)
        with operational.app(identity.organization_id) as tx:
            chat = studio.show_chat(tx, identity=identity, chat_session_id=wanted)
        if all(message.seq != seq for message in chat.messages):
            raise NotFound("there is no such message", where="seq")
        given = last_event_id or ""
        progress = studio.follow(
            operational,
            identity=identity,
            chat_session_id=wanted,
            seq=seq,
            position=int(given[:9]) if given.isdecimal() else max(0, position),
        )
        return StreamingResponse(
            _events(progress),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def episode_page(
    context: PageContext,
    request: Request,
    identity: Identity,
    episode_id: StudioEpisodeId,
    entered: Entered = NOTHING,
) -> Response:
    """The page of an episode. NotFound when the organization has no such episode."""
    with context.workspace.stores.operational.app(identity.organization_id) as tx:
        arguments: dict[str, Any] = {"identity": identity, "episode_id": episode_id}
        episode = studio.show_episode(tx, **arguments)
        project = studio.show_project(tx, identity=identity, project_id=episode.project_id)
        others = studio.list_episodes(tx, identity=identity, project_id=episode.project_id)
        script = studio.script(tx, **arguments)
        revisions = studio.revisions(tx, **arguments)
        people = studio.authors(tx, identity=identity)
        left, taken = (
            studio.notes_left_on(tx, **arguments),
            studio.notes_taken_by(tx, **arguments),
        )
        proved = studio.notes_in_prompt(tx, **arguments)
        steps = studio.step_lines(tx, **arguments)
        highlights = studio.list_highlights(tx, **arguments)
        chats = studio.list_chats(tx, **arguments)
        reach = studio.reach(tx, identity=identity, project_id=episode.project_id)
        timeline = studio.timeline_of(
            tx, store=studio.store_of(context.workspace.settings), **arguments
        )
    titles: dict[UUID, str] = {row.episode_id: row.title for row in others}
    total = sum((line.cost for line in steps), Decimal(0))
    response = context.page(
        request,
        "studio_episode",
        identity,
        episode=episode,
        project=project,
        tone=TONES.get(episode.status, ""),
        at=fmt.instant(episode.published_at or episode.scheduled_for)
        if episode.published_at or episode.scheduled_for
        else "",
        blocks=block_cells(script, revisions, people),
        taken=note_cells(taken, titles, proved),
        left=note_cells(left, titles),
        reach=reach_sentence(reach),
        steps=[
            {
                "step": line.step,
                "status": line.status,
                "tone": TONES.get(line.status, ""),
                "done": f"{line.completed} of {line.segments}",
                "cost": money(line.cost),
                "error": line.error or "",
            }
            for line in steps
        ],
        total=money(total),
        highlights=highlights,
        chats=[
            {"id": c.chat_session_id, "title": c.title or "Chat", "at": fmt.instant(c.updated_at)}
            for c in chats[:20]
        ],
        sound=None if timeline is None else _sound(episode_id, timeline),
        entered=entered,
    )
    response.headers["Content-Security-Policy"] = _SOUND
    return response


def chat_page(
    context: PageContext,
    request: Request,
    identity: Identity,
    chat_session_id: ChatSessionId,
    entered: Entered = NOTHING,
) -> Response:
    """The page of a chat. NotFound when it is not the visitor's own."""
    with context.workspace.stores.operational.app(identity.organization_id) as tx:
        chat = studio.show_chat(tx, identity=identity, chat_session_id=chat_session_id)
        episode = (
            studio.show_episode(tx, identity=identity, episode_id=chat.session.episode_id)
            if chat.session.episode_id
            else None
        )
    return context.page(
        request,
        "studio_chat",
        identity,
        chat=chat.session,
        episode=episode,
        messages=[message_cells(message) for message in chat.messages],
        entered=entered,
    )


def _sound(episode_id: UUID, timeline: studio.Timeline) -> dict[str, object]:
    """The player's address, and the chapters with the seconds they begin at."""
    return {
        "url": f"/studio/episodes/{episode_id}/audio",
        "chapters": [
            {
                "start": chapter.start // 1000,
                "clock": studio.clock_of(chapter.start),
                "title": chapter.title,
            }
            for chapter in timeline.chapters
        ],
    }


def _asked(
    context: PageContext,
    request: Request,
    identity: Identity,
    chat_session_id: ChatSessionId,
    fields: dict[str, str],
) -> Response:
    """The answer is produced in a thread; a short one is there when the page comes."""
    operational = context.workspace.stores.operational
    try:
        with operational.app(identity.organization_id) as tx:
            chat = studio.show_chat(tx, identity=identity, chat_session_id=chat_session_id).session
        provider = studio.chat_provider(operational, identity=identity, project_id=chat.project_id)
        asked = studio.ask(
            operational,
            identity=identity,
            chat_session_id=chat_session_id,
            text=fields.get("question", ""),
            provider=provider,
            spoken=studio.spoken_in(
                operational,
                identity=identity,
                store=studio.store_of(context.workspace.settings),
                episode_id=chat.episode_id,
            ),
        )
    except (*CORRECTABLE, Refused) as error:
        entered = refused(fields, error, ("question",))
        return chat_page(context, request, identity, chat_session_id, entered)
    thread = threading.Thread(
        target=studio.produce,
        args=(operational,),
        kwargs={"identity": identity, "asked": asked, "provider": provider},
        name="chat",
        daemon=True,
    )
    thread.start()
    thread.join(_PATIENCE)
    return back(f"/studio/chats/{chat_session_id}", "")


def _events(progress: Iterator[studio.Progress]) -> Iterator[str]:
    """Server-sent events whose id is the position: the browser sends it when it connects again."""
    try:
        for each in progress:
            if each.text:
                data = json.dumps({"text": each.text})
                yield f"id: {each.position}\nevent: text\ndata: {data}\n\n"
            if each.parts is not None:
                data = json.dumps({"status": each.status})
                yield f"id: {each.position}\nevent: end\ndata: {data}\n\n"
    except WavehouseError:
        return


def _blocks(fields: dict[str, str], old: list[studio.Block]) -> list[studio.NewBlock]:
    """The blocks of the form: those that are there, by position, then a new one if it has text."""
    blocks = [
        studio.NewBlock(
            fields.get(f"block-{block.position}", block.body), studio.BlockType(block.type)
        )
        for block in old
    ]
    added = fields.get("block-new", "").strip()
    kept = [block for block in blocks if block.body.strip()]
    return [*kept, studio.NewBlock(added)] if added else kept


def _id(fields: dict[str, str], name: str) -> UUID:
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        raise NotFound("there is no such entry", where=name) from None
