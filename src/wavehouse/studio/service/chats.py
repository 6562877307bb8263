"""Use cases of chats: start, list, read and delete; the passages of an episode (CRE-8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from wavehouse import accounts
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import chat as queries
from wavehouse.studio.rules import answering, entered
from wavehouse.studio.service.blocks import script
from wavehouse.studio.service.episodes import show_episode
from wavehouse.studio.types.chat import ChatSession, Conversation, Passage
from wavehouse.studio.types.ids import ChatSessionId, StudioEpisodeId

_PATIENCE = timedelta(seconds=90)


def start_chat(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId, title: str = ""
) -> ChatSession:
    """Begin a conversation of the acting user about an episode."""
    accounts.require(identity.role, Access.WRITE)
    episode = show_episode(tx, identity=identity, episode_id=episode_id)
    name = words.line(title)[: entered.LONGEST_TITLE] or episode.title
    return queries.insert_session(
        tx, identity=identity, project_id=episode.project_id, episode_id=episode_id, title=name
    )


def list_chats(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId | None = None
) -> list[ChatSession]:
    """The acting user's own latest 200 conversations, latest first."""
    if episode_id is not None:
        show_episode(tx, identity=identity, episode_id=episode_id)
    return queries.sessions(tx, identity=identity, episode_id=episode_id)


def show_chat(
    tx: Tx[Operational], *, identity: Identity, chat_session_id: ChatSessionId
) -> Conversation:
    """A conversation of the acting user. NotFound for another person's.

    An answer whose process died is aborted, with the text that it had.
    """
    session = session_of(tx, identity=identity, chat_session_id=chat_session_id)
    queries.abort_stale(
        tx,
        organization_id=identity.organization_id,
        chat_session_id=chat_session_id,
        before=clock.now() - _PATIENCE,
    )
    rows = queries.messages(
        tx, organization_id=identity.organization_id, chat_session_id=chat_session_id
    )
    return Conversation(session, rows)


def session_of(
    tx: Tx[Operational], *, identity: Identity, chat_session_id: ChatSessionId
) -> ChatSession:
    """A conversation without its messages. NotFound when it is not the acting user's."""
    rows = queries.sessions(tx, identity=identity, chat_session_id=chat_session_id)
    if not rows:
        raise NotFound("there is no such chat", command="wavehouse studio chat list")
    return rows[0]


def delete_chat(tx: Tx[Operational], *, identity: Identity, chat_session_id: ChatSessionId) -> None:
    """Delete a conversation with its messages. NotFound when it is not the acting user's."""
    if not queries.delete_session(tx, identity=identity, chat_session_id=chat_session_id):
        raise NotFound("there is no such chat", command="wavehouse studio chat list")


def passages_of(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: StudioEpisodeId,
    spoken: Sequence[Passage] = (),
) -> list[Passage]:
    """The passages of an episode: spoken ones with times, otherwise its script's sentences."""
    if spoken:
        return list(spoken)
    blocks = script(tx, identity=identity, episode_id=episode_id)
    return [Passage(text) for block in blocks for text in answering.sentences_of(block.body)]
