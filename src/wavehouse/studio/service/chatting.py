"""Use cases of an answer: ask, produce it piece by piece, follow it after a disconnect (CRE-8).

The question is committed before any call. The answer is produced independently of the connection
that requested it and stored at least every second, so that a client that reconnects continues after
its last character. An answer is reserved before it and settled when it ends, in the transaction
that stores its end (U4, U5).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from wavehouse import accounts, usage
from wavehouse.accounts import Access, Identity
from wavehouse.kernel.errors import Conflict, NotFound, WavehouseError
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.queries import chat as queries
from wavehouse.studio.rules import answering, chat_prompts, entered
from wavehouse.studio.service.chats import passages_of, session_of, show_chat
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.chat import (
    ChatMessage,
    ChatSession,
    MessageRole,
    MessageStatus,
    Passage,
    Piece,
)
from wavehouse.studio.types.ids import ChatSessionId, MessageId
from wavehouse.usage import Caller, EventStatus, Reservation, Unit, Used

MODEL = "studio-writer"
"""The offline model. It is metered when it is registered, and free otherwise."""
LONGEST_QUESTION = 4_000
FLUSH_SECONDS = 1.0
_MOST_OUTPUT = 1_000
_PER_PASSAGE = 60
"""Bytes around a passage in a prompt: a token is at least one byte."""
_POLL_SECONDS = 0.1
_LONGEST_WAIT = 100.0


class ChatProvider(Protocol):
    """Answers a question from an episode's passages, which are data."""

    @property
    def model(self) -> str:
        """The name of the model in the registry."""
        ...

    def answer(self, question: str, passages: Sequence[Passage], language: str) -> Iterator[Piece]:
        """The pieces of the answer as they arrive."""
        ...


@dataclass(frozen=True, slots=True)
class LocalChat:
    """Retrieval by words: offline and deterministic."""

    model: str = MODEL

    def answer(self, question: str, passages: Sequence[Passage], language: str) -> Iterator[Piece]:
        """Quotes of the episode with their times."""
        return answering.answer(question, passages, language)


@dataclass(frozen=True, slots=True)
class PendingAnswer:
    """A committed question, and the answer to produce."""

    session: ChatSession
    question: ChatMessage
    answer: ChatMessage
    passages: list[Passage] = field(repr=False)
    language: str
    reservation: Reservation | None


@dataclass(frozen=True, slots=True)
class Progress:
    """The part of an answer after a position; ``parts`` when it has ended."""

    seq: int
    position: int
    text: str
    status: str
    parts: list[Any] | None


def ask(
    operational: Database[Operational],
    *,
    identity: Identity,
    chat_session_id: ChatSessionId,
    text: str,
    provider: ChatProvider,
    spoken: Sequence[Passage] = (),
) -> PendingAnswer:
    """Commit a question, then reserve the answer.

    Conflict while another answer is being produced. Before an error of ``usage.reserve`` is raised,
    the answer ends with status error.
    """
    accounts.require(identity.role, Access.WRITE)
    question, passages, language, session = _committed(
        operational, identity, chat_session_id, text, spoken
    )
    with operational.app(identity.organization_id) as tx:
        answer = _append(
            tx, identity, chat_session_id, question, MessageRole.ASSISTANT, [], provider.model
        )
    texts = [question.text, *(f"{each.speaker}{each.text}" for each in passages)]
    size = sum(len(text.encode()) + _PER_PASSAGE for text in texts) + chat_prompts.OVERHEAD
    try:
        with operational.app(identity.organization_id) as tx:
            reservation = _reserved(tx, identity, session, answer, provider, size)
    except WavehouseError as error:
        _store(operational, identity, answer, [_text(error.message)], MessageStatus.ERROR)
        raise
    return PendingAnswer(session, question, answer, passages, language, reservation)


def produce(
    operational: Database[Operational],
    *,
    identity: Identity,
    asked: PendingAnswer,
    provider: ChatProvider,
) -> None:
    """Produce an answer and store it at least every second; settle it when it ends.

    An error ends it with status error and the text so far; no error is raised, since there may be
    no caller left.
    """
    pieces: list[Piece] = []
    status = MessageStatus.COMPLETE
    flushed = time.monotonic()
    try:
        for piece in provider.answer(asked.question.text, asked.passages, asked.language):
            pieces.append(piece)
            if time.monotonic() - flushed >= FLUSH_SECONDS:
                flushed = time.monotonic()
                parts = _parts(pieces)
                if not _store(operational, identity, asked.answer, parts, MessageStatus.STREAMING):
                    status = MessageStatus.ABORTED
                    break
    except WavehouseError as error:
        status = MessageStatus.ERROR
        pieces.append(Piece(f" ({error.message})"))
    _end(operational, identity, asked, pieces, status)


def abort(
    tx: Tx[Operational], *, identity: Identity, chat_session_id: ChatSessionId, seq: int
) -> ChatMessage:
    """Stop an answer: its text so far is kept, and its usage is settled."""
    accounts.require(identity.role, Access.WRITE)
    session_of(tx, identity=identity, chat_session_id=chat_session_id)
    message = _message(tx, identity, chat_session_id, seq)
    queries.store_answer(
        tx,
        organization_id=identity.organization_id,
        message_id=message.message_id,
        parts=message.parts,
        status=MessageStatus.ABORTED,
        usage_event_id=None,
    )
    return _message(tx, identity, chat_session_id, seq)


def follow(
    operational: Database[Operational],
    *,
    identity: Identity,
    chat_session_id: ChatSessionId,
    seq: int,
    position: int = 0,
) -> Iterator[Progress]:
    """The text of an answer after ``position`` characters, as it arrives, until its end.

    NotFound when the chat is not the acting user's or has no such message.
    """
    waited = time.monotonic()
    while True:
        with operational.app(identity.organization_id) as tx:
            conversation = show_chat(tx, identity=identity, chat_session_id=chat_session_id)
        message = next((m for m in conversation.messages if m.seq == seq), None)
        if message is None:
            raise NotFound("there is no such message", where="seq")
        ended = message.status != MessageStatus.STREAMING
        new = message.text[position:]
        if new or ended:
            position += len(new)
            yield Progress(seq, position, new, message.status, message.parts if ended else None)
        if ended or time.monotonic() - waited > _LONGEST_WAIT:
            return
        time.sleep(_POLL_SECONDS)


def _committed(
    operational: Database[Operational],
    identity: Identity,
    chat_session_id: ChatSessionId,
    text: str,
    spoken: Sequence[Passage],
) -> tuple[ChatMessage, list[Passage], str, ChatSession]:
    clean = entered.text_of(text, "question", longest=LONGEST_QUESTION)
    with operational.app(identity.organization_id) as tx:
        conversation = show_chat(tx, identity=identity, chat_session_id=chat_session_id)
        session, messages = conversation.session, conversation.messages
        if messages and messages[-1].status == MessageStatus.STREAMING:
            raise Conflict("the last question is still being answered")
        if session.episode_id is None:
            raise Conflict("the episode of this chat was deleted")
        passages = passages_of(tx, identity=identity, episode_id=session.episode_id, spoken=spoken)
        language = show_project(tx, identity=identity, project_id=session.project_id).language
        parent = messages[-1] if messages else None
        question = _append(
            tx, identity, chat_session_id, parent, MessageRole.USER, [_text(clean)], None
        )
    return question, passages, language, session


def _append(
    tx: Tx[Operational],
    identity: Identity,
    chat_session_id: ChatSessionId,
    parent: ChatMessage | None,
    role: MessageRole,
    parts: Sequence[Any],
    model: str | None,
) -> ChatMessage:
    seq = queries.lock_session(
        tx, organization_id=identity.organization_id, chat_session_id=chat_session_id
    )
    streaming = role is MessageRole.ASSISTANT
    return queries.insert_message(
        tx,
        organization_id=identity.organization_id,
        chat_session_id=chat_session_id,
        seq=seq,
        parent_id=None if parent is None else parent.message_id,
        role=role,
        parts=parts,
        status=MessageStatus.STREAMING if streaming else MessageStatus.COMPLETE,
        model=model,
    )


def _reserved(
    tx: Tx[Operational],
    identity: Identity,
    session: ChatSession,
    answer: ChatMessage,
    provider: ChatProvider,
    size: int,
) -> Reservation | None:
    """The reservation of an answer; None for an offline model that is not in the registry."""
    try:
        with tx.savepoint():
            return usage.reserve(
                tx,
                identity=identity,
                model=provider.model,
                bound={Unit.INPUT: size, Unit.OUTPUT: _MOST_OUTPUT},
                operation="chat",
                request_id=f"chat:{answer.message_id}",
                caller=Caller(project_id=session.project_id),
            )
    except NotFound as error:
        if error.where != "model" or not isinstance(provider, LocalChat):
            raise
        return None


def _end(
    operational: Database[Operational],
    identity: Identity,
    asked: PendingAnswer,
    pieces: Sequence[Piece],
    status: MessageStatus,
) -> None:
    """Store the end of an answer and settle it, in one transaction."""
    said = "".join(piece.text for piece in pieces)
    failed = status == MessageStatus.ERROR
    tokens = next((each.tokens for each in reversed(pieces) if each.tokens is not None), None)
    if tokens is None:
        read = sum(len(each.text.split()) for each in asked.passages)
        tokens = (read + len(asked.question.text.split()), len(said.split()))
    with operational.app(identity.organization_id) as tx:
        event_id = None
        if asked.reservation is not None:
            used = Used(
                {
                    Unit.INPUT: Decimal(tokens[0]),
                    Unit.OUTPUT: Decimal(min(tokens[1], _MOST_OUTPUT)),
                },
                status=EventStatus.ERROR if failed else EventStatus.SUCCESS,
                error_code="provider_error" if failed else None,
            )
            settled = usage.settle(
                tx,
                identity=identity,
                reservation_id=asked.reservation.reservation_id,
                used=used,
            )
            event_id = settled.event_id
        queries.store_answer(
            tx,
            organization_id=identity.organization_id,
            message_id=asked.answer.message_id,
            parts=_parts(pieces),
            status=status,
            usage_event_id=event_id,
        )


def _store(
    operational: Database[Operational],
    identity: Identity,
    answer: ChatMessage,
    parts: Sequence[Any],
    status: MessageStatus,
) -> bool:
    with operational.app(identity.organization_id) as tx:
        return bool(
            queries.store_answer(
                tx,
                organization_id=identity.organization_id,
                message_id=MessageId(answer.message_id),
                parts=parts,
                status=status,
                usage_event_id=None,
            )
        )


def _message(
    tx: Tx[Operational], identity: Identity, chat_session_id: ChatSessionId, seq: int
) -> ChatMessage:
    rows = queries.messages(
        tx, organization_id=identity.organization_id, chat_session_id=chat_session_id, seq=seq
    )
    if not rows:
        raise NotFound("there is no such message", where="seq")
    return rows[0]


def _parts(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """The text of an answer as one part, then its citations with their positions and times."""
    parts: list[dict[str, Any]] = [_text("".join(piece.text for piece in pieces))]
    position = 0
    for piece in pieces:
        if piece.cites is not None:
            start = piece.cites.start
            parts.append(
                {
                    "type": "citation",
                    "position": position,
                    "length": len(piece.text),
                    "start_seconds": None if start is None else start // 1000,
                    "speaker": piece.cites.speaker,
                }
            )
        position += len(piece.text)
    return parts


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
