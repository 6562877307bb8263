"""Chat about an episode as values (CRE-8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from wavehouse.studio.types.ids import ChatSessionId, MessageId, ProjectId, StudioEpisodeId


class MessageRole(StrEnum):
    """The author of a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class MessageStatus(StrEnum):
    """Whether a message is complete."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    ABORTED = "aborted"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of an episode. ``start`` is in milliseconds; None before it was spoken."""

    text: str
    start: int | None = None
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class ChatSession:
    """A conversation of a user about an episode."""

    chat_session_id: ChatSessionId
    project_id: ProjectId
    episode_id: StudioEpisodeId | None
    user_id: UUID
    title: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message; messages are ordered by ``seq``, from 1. ``parts`` as ``schema_version`` says."""

    message_id: MessageId
    seq: int
    parent_id: MessageId | None
    role: str
    parts: list[Any]
    schema_version: int
    status: str
    model: str | None
    usage_event_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def text(self) -> str:
        """The texts of its parts."""
        return "".join(part["text"] for part in self.parts if part.get("type") == "text")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat with its messages in order."""

    session: ChatSession
    messages: list[ChatMessage]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer: text, the quoted passage if any, and the tokens reported so far."""

    text: str
    cites: Passage | None = None
    tokens: tuple[int, int] | None = None
