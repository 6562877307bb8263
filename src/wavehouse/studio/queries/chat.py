"""SQL for chats and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.chat import ChatMessage, ChatSession
from wavehouse.studio.types.ids import ChatSessionId, MessageId, ProjectId, StudioEpisodeId


def insert_session(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    episode_id: StudioEpisodeId,
    title: str,
) -> ChatSession:
    """Add a conversation of the acting user."""
    return tx.one(
        ChatSession,
        """
        INSERT INTO studio.chat_sessions
          (organization_id, project_id, episode_id, user_id, title)
        VALUES (%(organization_id)s, %(project_id)s, %(episode_id)s, %(user_id)s, %(title)s)
        RETURNING chat_session_id, project_id, episode_id, user_id, title, created_at, updated_at
        """,
        {
            "organization_id": identity.organization_id,
            "project_id": project_id,
            "episode_id": episode_id,
            "user_id": identity.user_id,
            "title": title,
        },
    )


def sessions(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: StudioEpisodeId | None = None,
    chat_session_id: ChatSessionId | None = None,
) -> list[ChatSession]:
    """The acting user's latest 200 conversations, latest first: of an episode, by id, or all."""
    return tx.rows(
        ChatSession,
        """
        SELECT chat_session_id, project_id, episode_id, user_id, title, created_at, updated_at
        FROM studio.chat_sessions
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND (%(episode_id)s::uuid IS NULL OR episode_id = %(episode_id)s)
          AND (%(chat_session_id)s::uuid IS NULL OR chat_session_id = %(chat_session_id)s)
        ORDER BY updated_at DESC, chat_session_id DESC LIMIT 200
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "episode_id": episode_id,
            "chat_session_id": chat_session_id,
        },
    )


def lock_session(
    tx: Tx[Operational], *, organization_id: OrganizationId, chat_session_id: ChatSessionId
) -> int:
    """Lock a conversation and return the number of its next message."""
    tx.execute(
        """
        UPDATE studio.chat_sessions SET title = title
        WHERE organization_id = %(organization_id)s AND chat_session_id = %(chat_session_id)s
        """,
        {"organization_id": organization_id, "chat_session_id": chat_session_id},
    )
    return int(
        tx.value(
            """
            SELECT coalesce(max(seq), 0) + 1 FROM studio.chat_messages
            WHERE organization_id = %(organization_id)s AND chat_session_id = %(chat_session_id)s
            """,
            {"organization_id": organization_id, "chat_session_id": chat_session_id},
        )
    )


def insert_message(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    chat_session_id: ChatSessionId,
    seq: int,
    parent_id: MessageId | None,
    role: str,
    parts: Sequence[Any],
    status: str,
    model: str | None,
) -> ChatMessage:
    """Add a message."""
    return tx.one(
        ChatMessage,
        """
        INSERT INTO studio.chat_messages
          (organization_id, chat_session_id, seq, parent_id, role, parts, status, model)
        VALUES (%(organization_id)s, %(chat_session_id)s, %(seq)s, %(parent_id)s, %(role)s,
          %(parts)s, %(status)s, %(model)s)
        RETURNING message_id, seq, parent_id, role, parts, schema_version, status, model,
          usage_event_id, created_at, updated_at
        """,
        {
            "organization_id": organization_id,
            "chat_session_id": chat_session_id,
            "seq": seq,
            "parent_id": parent_id,
            "role": role,
            "parts": Jsonb(list(parts)),
            "status": status,
            "model": model,
        },
    )


def messages(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    chat_session_id: ChatSessionId,
    seq: int | None = None,
) -> list[ChatMessage]:
    """The latest 500 messages of a conversation in their order, or the one with this number."""
    return tx.rows(
        ChatMessage,
        """
        SELECT * FROM (
          SELECT message_id, seq, parent_id, role, parts, schema_version, status, model,
            usage_event_id, created_at, updated_at
          FROM studio.chat_messages
          WHERE organization_id = %(organization_id)s AND chat_session_id = %(chat_session_id)s
            AND (%(seq)s::integer IS NULL OR seq = %(seq)s)
          ORDER BY seq DESC LIMIT 500
        ) AS latest ORDER BY seq
        """,
        {
            "organization_id": organization_id,
            "chat_session_id": chat_session_id,
            "seq": seq,
        },
    )


def store_answer(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    message_id: MessageId,
    parts: Sequence[Any],
    status: str,
    usage_event_id: UUID | None,
) -> int:
    """Store an answer's text so far; 0 when it has already ended."""
    return tx.execute(
        """
        UPDATE studio.chat_messages SET parts = %(parts)s, status = %(status)s,
          usage_event_id = %(usage_event_id)s
        WHERE organization_id = %(organization_id)s AND message_id = %(message_id)s
          AND status = 'streaming'
        """,
        {
            "organization_id": organization_id,
            "message_id": message_id,
            "parts": Jsonb(list(parts)),
            "status": status,
            "usage_event_id": usage_event_id,
        },
    )


def abort_stale(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    chat_session_id: ChatSessionId,
    before: datetime,
) -> int:
    """End the answers not continued since then: their process died."""
    return tx.execute(
        """
        UPDATE studio.chat_messages SET status = 'aborted'
        WHERE organization_id = %(organization_id)s AND chat_session_id = %(chat_session_id)s
          AND status = 'streaming' AND updated_at < %(before)s
        """,
        {
            "organization_id": organization_id,
            "chat_session_id": chat_session_id,
            "before": before,
        },
    )


def delete_session(
    tx: Tx[Operational], *, identity: Identity, chat_session_id: ChatSessionId
) -> int:
    """Delete a conversation of the acting user with its messages; returns the number."""
    return tx.execute(
        """
        DELETE FROM studio.chat_sessions
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND chat_session_id = %(chat_session_id)s
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "chat_session_id": chat_session_id,
        },
    )
