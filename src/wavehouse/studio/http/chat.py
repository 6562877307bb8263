"""``/api/v1/studio/…/chats``: questions about an episode, answers as server-sent events.

An event's id is ``<seq>:<position>``: a client that lost its connection sends it as
``Last-Event-ID`` and continues from there. Without ``from __future__ import annotations``: FastAPI
must see the dependencies, which close over the gate.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response, StreamingResponse

from wavehouse.accounts import Identity, Scope
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.http import bodies
from wavehouse.studio.service import chats, chatting, talking
from wavehouse.studio.service.generation.places import store_of
from wavehouse.studio.types.chat import ChatMessage, ChatSession, Conversation
from wavehouse.studio.types.ids import ChatSessionId, StudioEpisodeId
from wavehouse.workspace import Edge, Gate

READS, WRITES = Scope.STUDIO_READ, Scope.STUDIO_WRITE


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The routes of chats."""
    operational = edge.workspace.stores.operational
    store = store_of(edge.workspace.settings)
    return [_sessions(operational, edge.gate), _messages(operational, store, edge.gate)]


def start(
    operational: Database[Operational],
    identity: Identity,
    asked: chatting.PendingAnswer,
    provider: chatting.ChatProvider,
) -> None:
    """Produce an answer in a separate thread, independent of the connection."""
    threading.Thread(
        target=chatting.produce,
        args=(operational,),
        kwargs={"identity": identity, "asked": asked, "provider": provider},
        name="chat",
        daemon=True,
    ).start()


def streamed(progress: Iterable[chatting.Progress]) -> Response:
    """The progress of an answer as server-sent events."""
    return StreamingResponse(
        _events(progress),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _events(progress: Iterable[chatting.Progress]) -> Iterator[str]:
    for each in progress:
        identifier = f"id: {each.seq}:{each.position}\n"
        if each.text:
            yield f"{identifier}event: text\ndata: {json.dumps({'text': each.text})}\n\n"
        if each.parts is not None:
            end = {"seq": each.seq, "status": each.status, "parts": each.parts}
            yield f"{identifier}event: end\ndata: {json.dumps(end)}\n\n"


def _sessions(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/episodes/{episode_id}/chats", responses=gate.answers(READS, 404, 422))
    def list_chats(episode_id: UUID, identity: Reader) -> list[ChatSession]:
        """Your own latest 200 chats about an episode."""
        with database.app(identity.organization_id) as tx:
            return chats.list_chats(tx, identity=identity, episode_id=StudioEpisodeId(episode_id))

    @api.post(
        "/episodes/{episode_id}/chats",
        status_code=201,
        responses=gate.answers(WRITES, 404, 422),
    )
    def start_chat(episode_id: UUID, identity: Writer) -> ChatSession:
        """Begin a chat about an episode."""
        with database.app(identity.organization_id) as tx:
            return chats.start_chat(tx, identity=identity, episode_id=StudioEpisodeId(episode_id))

    @api.get("/chats/{chat_session_id}", responses=gate.answers(READS, 404, 422))
    def show_chat(chat_session_id: UUID, identity: Reader) -> Conversation:
        """A chat of your own with its latest 500 messages in order."""
        with database.app(identity.organization_id) as tx:
            return chats.show_chat(
                tx, identity=identity, chat_session_id=ChatSessionId(chat_session_id)
            )

    @api.delete(
        "/chats/{chat_session_id}", status_code=204, responses=gate.answers(WRITES, 404, 422)
    )
    def delete_chat(chat_session_id: UUID, identity: Writer) -> None:
        """Delete a chat of your own."""
        with database.app(identity.organization_id) as tx:
            chats.delete_chat(tx, identity=identity, chat_session_id=ChatSessionId(chat_session_id))

    return api


def _messages(database: Database[Operational], store: FolderStore, gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio/chats/{chat_session_id}/messages", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.post("", responses=gate.answers(WRITES, 404, 409, 413, 422))
    def ask(chat_session_id: UUID, body: bodies.QuestionIn, identity: Writer) -> Response:
        """Ask; the answer comes as server-sent events: ``text`` pieces, then ``end``."""
        wanted = ChatSessionId(chat_session_id)
        with database.app(identity.organization_id) as tx:
            session = chats.session_of(tx, identity=identity, chat_session_id=wanted)
        provider = talking.chat_provider(database, identity=identity, project_id=session.project_id)
        asked = chatting.ask(
            database,
            identity=identity,
            chat_session_id=wanted,
            text=body.text,
            provider=provider,
            spoken=talking.spoken_in(
                database, identity=identity, store=store, episode_id=session.episode_id
            ),
        )
        start(database, identity, asked, provider)
        return streamed(
            chatting.follow(
                database, identity=identity, chat_session_id=wanted, seq=asked.answer.seq
            )
        )

    @api.get("/{seq}/stream", responses=gate.answers(READS, 404, 422))
    def follow(
        chat_session_id: UUID,
        seq: int,
        identity: Reader,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """An answer after ``Last-Event-ID``, as server-sent events."""
        wanted = ChatSessionId(chat_session_id)
        with database.app(identity.organization_id) as tx:
            conversation = chats.show_chat(tx, identity=identity, chat_session_id=wanted)
        return streamed(
            chatting.follow(
                database,
                identity=identity,
                chat_session_id=conversation.session.chat_session_id,
                seq=seq,
                position=_position(last_event_id, seq),
            )
            if any(message.seq == seq for message in conversation.messages)
            else ()
        )

    @api.post("/{seq}/abort", responses=gate.answers(WRITES, 404, 422))
    def abort(chat_session_id: UUID, seq: int, identity: Writer) -> ChatMessage:
        """Stop an answer; its text so far is kept."""
        with database.app(identity.organization_id) as tx:
            return chatting.abort(
                tx, identity=identity, chat_session_id=ChatSessionId(chat_session_id), seq=seq
            )

    return api


def _position(last_event_id: str | None, seq: int) -> int:
    """The position at which to continue: 0 for another message or an unknown id."""
    number, _, position = (last_event_id or "").partition(":")
    if number != str(seq) or not position.isascii() or not position.isdigit():
        return 0
    return min(int(position[:9]), 10_000_000)
