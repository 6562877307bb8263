"""The provider for questions about a project's episodes, and an episode's transcript."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.chat_server import ServerChat
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.service.chatting import ChatProvider, LocalChat
from wavehouse.studio.service.generation.providers import server_of
from wavehouse.studio.service.production import production_of
from wavehouse.studio.service.publishing import timeline_of
from wavehouse.studio.types.chat import Passage
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.production import Provider


def chat_provider(
    operational: Database[Operational], *, identity: Identity, project_id: ProjectId
) -> ChatProvider:
    """The chat provider of a project, which is the provider that writes its scripts.

    NotFound when its model or its upstream is not registered.
    """
    with operational.app(identity.organization_id) as tx:
        production = production_of(tx, identity=identity, project_id=project_id)
    if production.text_provider == Provider.LOCAL:
        return LocalChat(production.text_model)
    server = server_of(operational, identity=identity, model=production.text_model)
    return ServerChat(server, production.text_model)


def spoken_in(
    operational: Database[Operational],
    *,
    identity: Identity,
    store: FolderStore,
    episode_id: StudioEpisodeId | None,
) -> list[Passage]:
    """The transcript of a published episode as passages with times; empty before that."""
    if episode_id is None:
        return []
    with operational.app(identity.organization_id) as tx:
        timeline = timeline_of(tx, identity=identity, store=store, episode_id=episode_id)
    if timeline is None:
        return []
    return [Passage(cue.text, cue.start, cue.speaker) for cue in timeline.cues]
