"""``wavehouse studio chat``: ask questions about an episode."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.studio.cli.acting import AS_JSON, EPISODE, organization
from wavehouse.studio.cli.showing import show

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

CHAT = click.argument("chat", type=click.UUID)


@click.group()
def chat() -> None:
    """Chat about an episode; answers quote it with the time in seconds."""


@chat.command("ask")
@EPISODE
@click.argument("question")
@click.option("--chat", "session", type=click.UUID, help="Continue this chat.")
@AS_JSON
@click.pass_obj
def ask(
    open_workspace: OpenWorkspace,
    episode: UUID,
    question: str,
    session: UUID | None,
    as_json: bool,
) -> None:
    """Ask QUESTION about EPISODE, in a new chat or in --chat."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.studio.service import chats, chatting, talking
    from wavehouse.studio.service.generation.places import store_of
    from wavehouse.studio.types.ids import ChatSessionId, StudioEpisodeId

    with open_workspace() as workspace:
        identity, operational = workspace.identity, workspace.stores.operational
        with operational.app(identity.organization_id) as tx:
            if session is None:
                begun = chats.start_chat(
                    tx, identity=identity, episode_id=StudioEpisodeId(episode), title=question
                )
            else:
                begun = chats.session_of(
                    tx, identity=identity, chat_session_id=ChatSessionId(session)
                )
        wanted = begun.chat_session_id
        provider = talking.chat_provider(
            operational, identity=identity, project_id=begun.project_id
        )
        asked = chatting.ask(
            operational,
            identity=identity,
            chat_session_id=wanted,
            text=question,
            provider=provider,
            spoken=talking.spoken_in(
                operational,
                identity=identity,
                store=store_of(workspace.settings),
                episode_id=begun.episode_id,
            ),
        )
        chatting.produce(operational, identity=identity, asked=asked, provider=provider)
        with operational.app(identity.organization_id) as tx:
            answer = chats.show_chat(tx, identity=identity, chat_session_id=wanted).messages[-1]
    if as_json:
        terminal.print_json({"chat_session_id": wanted, "answer": asdict(answer)})
    else:
        terminal.out(answer.text)
        terminal.say(f"Continue with: wavehouse studio chat ask {episode} … --chat {wanted}")


@chat.command("list")
@AS_JSON
@click.pass_obj
def list_chats(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List your own latest 200 chats."""
    from wavehouse.studio.service import chats as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_chats(tx, identity=identity)
    columns = ("chat_session_id", "title", "episode_id", "updated_at")
    show(rows, as_json=as_json, key="chats", columns=columns)


@chat.command("show")
@CHAT
@AS_JSON
@click.pass_obj
def show_chat(open_workspace: OpenWorkspace, chat: UUID, as_json: bool) -> None:
    """Print a chat of your own."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import chats as service
    from wavehouse.studio.types.ids import ChatSessionId

    with organization(open_workspace) as (tx, identity):
        row = service.show_chat(tx, identity=identity, chat_session_id=ChatSessionId(chat))
    if as_json:
        show(row.messages, as_json=True, key="messages", columns=())
    else:
        for message in row.messages:
            terminal.out(f"{message.role}: {message.text}")
