"""Use cases of publishing: the feed, its files, its registration in our own catalog."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse import accounts, catalog
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.adapters.own_feed import OwnFeed, header_bytes
from wavehouse.studio.adapters.zones import zone_names
from wavehouse.studio.queries import production as queries
from wavehouse.studio.rules import transcripts
from wavehouse.studio.rules.cadence import cadence_of, in_words, rrule
from wavehouse.studio.rules.covers import ending_of
from wavehouse.studio.rules.feed import (
    FeedFile,
    FeedItem,
    FeedPerson,
    FeedShow,
    feed,
    podcast_guid,
)
from wavehouse.studio.rules.id3 import Picture
from wavehouse.studio.rules.sound import Timeline
from wavehouse.studio.service.production import cover_of, production_of, token_hash, voices_of
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.generation import Publication
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.production import Production, Visibility
from wavehouse.studio.types.projects import Project

FILES = {
    "mp3": "audio/mpeg",
    "vtt": transcripts.VTT_TYPE,
    "json": transcripts.JSON_TYPE,
    "chapters.json": transcripts.CHAPTERS_TYPE,
}
"""The files of an episode by the end of their address, with their media types."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file to send: its path, its type, and its version for caches."""

    path: Path
    media_type: str
    etag: str


def feed_url(address: str, project_id: UUID, token: str | None = None) -> str:
    """The address of a project's feed; with the token for a private one."""
    return f"{_folder(address, project_id, token)}/feed.xml"


def feed_of(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    address: str,
    token: str | None = None,
    hub: str = "",
) -> bytes:
    """The feed of a project. ``token`` is put into the addresses of a private feed.

    A public feed names ``hub``, if given: a private one is not announced to others.
    """
    project = show_project(tx, identity=identity, project_id=project_id)
    production = production_of(tx, identity=identity, project_id=project_id)
    rows = queries.publications(tx, organization_id=identity.organization_id, project_id=project_id)
    return feed(_show(project, production, rows, address, token, hub))


def opened_feed(
    operational: Database[Operational], *, project_id: UUID, token: str | None
) -> Identity:
    """The identity to read a feed with, for anybody with its address.

    NotFound for a project that is unknown or archived, for a private feed without its token, and
    for a public one with a token: the responses are the same.
    """
    with operational.worker() as tx:
        organization_id = queries.organization_of_project(tx, project_id=project_id)
        production = None
        if organization_id is not None:
            production = queries.production(
                tx, organization_id=OrganizationId(organization_id), project_id=project_id
            )
        wanted = production.feed_token_hash if production is not None else None
        given = token_hash(token) if token is not None else None
        if organization_id is None or not _same(given, wanted):
            raise NotFound("there is no such feed")
        return accounts.acting_for(tx, organization_id=OrganizationId(organization_id))


def file_of(
    tx: Tx[Operational],
    *,
    identity: Identity,
    store: FolderStore,
    project_id: UUID,
    episode_id: UUID,
    ending: str,
) -> ServedFile:
    """A file of a published episode. NotFound when it is not published in this project."""
    row = queries.publication(tx, organization_id=identity.organization_id, episode_id=episode_id)
    if row is None or row.project_id != project_id or ending not in FILES:
        raise NotFound("there is no such file")
    ref = row.audio_ref
    if ending != "mp3":
        index = json.loads(store.get(row.timeline_ref))
        ref = index[ending.partition(".")[0]]
    if not store.has(ref):
        raise NotFound("this studio file is missing", where=ref)
    return ServedFile(store.path(ref), FILES[ending], f'"{ref.partition(":")[2][:32]}"')


def cover_file(
    tx: Tx[Operational],
    *,
    identity: Identity,
    store: FolderStore,
    project_id: ProjectId,
    name: str,
) -> Picture:
    """The current cover of a feed. NotFound for another name: a new cover has a new address."""
    project = show_project(tx, identity=identity, project_id=project_id)
    production = production_of(tx, identity=identity, project_id=project_id)
    if name != _cover_name(production, project.title):
        raise NotFound("there is no such file")
    return cover_of(production, title=project.title, store=store)


def _cover_name(production: Production, title: str) -> str:
    """The name of the cover's file, different for each picture: directories cache by address."""
    version = production.cover_ref or f"sha256:{hashlib.sha256(title.encode()).hexdigest()}"
    ending = ending_of(production.cover_type or "image/png")
    return f"cover-{version.partition(':')[2][:12]}.{ending}"


def publication_of(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> Publication | None:
    """The publication of an episode, if any."""
    return queries.publication(tx, organization_id=identity.organization_id, episode_id=episode_id)


def timeline_of(
    tx: Tx[Operational], *, identity: Identity, store: FolderStore, episode_id: StudioEpisodeId
) -> Timeline | None:
    """Chapters and transcript of a published episode, with times; None before it is published."""
    row = queries.publication(tx, organization_id=identity.organization_id, episode_id=episode_id)
    if row is None or not store.has(row.timeline_ref):
        return None
    index: dict[str, Any] = json.loads(store.get(row.timeline_ref))
    return transcripts.from_json(index["timeline"])


def registered(
    operational: Database[Operational],
    *,
    identity: Identity,
    store: FolderStore,
    project_id: ProjectId,
    address: str,
) -> catalog.IngestedFeed:
    """Register the feed in our own catalog, with measured files.

    A private feed is registered without its token. Repeating it changes nothing.
    """
    with operational.app(identity.organization_id) as tx:
        body = feed_of(tx, identity=identity, project_id=project_id, address=address)
        rows = queries.publications(
            tx, organization_id=identity.organization_id, project_id=project_id
        )
    media = {
        _file_url(address, row, "mp3", None): catalog.MediaFacts(
            row.audio_bytes, header_bytes(store.path(row.audio_ref)), row.duration_ms
        )
        for row in rows
        if store.has(row.audio_ref)
    }
    read = catalog.ingest_feed(
        operational,
        identity=identity,
        location=feed_url(address, project_id),
        reading=catalog.FeedReading(source=OwnFeed(body), media=media),
    )
    if read.registered:  # the studio's feeds are read when they are published, not polled
        with operational.app(identity.organization_id) as tx:
            catalog.pause_feed(tx, identity=identity, podcast_id=read.podcast_id)
    return read


def _show(
    project: Project,
    production: Production,
    rows: list[Publication],
    address: str,
    token: str | None,
    hub: str,
) -> FeedShow:
    speakers = [voice.speaker for voice in voices_of(production)]
    author = production.author or project.title
    frequency = None
    if project.cadence_config:
        cadence = cadence_of(
            project.cadence_config, zones=zone_names(), today=project.created_at.date()
        )
        frequency = (rrule(cadence), in_words(cadence))
    private = production.visibility == Visibility.PRIVATE
    folder = _folder(address, project.project_id, token)
    return FeedShow(
        guid=podcast_guid(feed_url(address, project.project_id)),
        title=project.title,
        description=project.brief or project.title,
        language=project.language,
        author=author,
        owner_email=production.owner_email,
        explicit=production.explicit,
        feed_url=feed_url(address, project.project_id, token),
        site_url=address,
        persons=tuple(FeedPerson(name) for name in speakers),
        frequency=frequency,
        private=private,
        items=tuple(_item(row, address, token) for row in rows),
        image_url=f"{folder}/{_cover_name(production, project.title)}",
        hub="" if private else hub,
    )


def _item(row: Publication, address: str, token: str | None) -> FeedItem:
    return FeedItem(
        guid=str(row.episode_id),
        title=row.title,
        description=row.description,
        audio_url=_file_url(address, row, "mp3", token),
        audio_bytes=row.audio_bytes,
        seconds=max(1, round(row.duration_ms / 1000)),
        published_at=row.published_at,
        number=row.number,
        season=row.season,
        chapters=FeedFile(
            _file_url(address, row, "chapters.json", token), transcripts.CHAPTERS_TYPE
        ),
        transcripts=(
            FeedFile(_file_url(address, row, "vtt", token), transcripts.VTT_TYPE),
            FeedFile(_file_url(address, row, "json", token), transcripts.JSON_TYPE),
        ),
    )


def _folder(address: str, project_id: UUID, token: str | None) -> str:
    folder = f"{address}/studio/feeds/{project_id}"
    return f"{folder}/{token}" if token else folder


def _file_url(address: str, row: Publication, ending: str, token: str | None) -> str:
    return f"{_folder(address, row.project_id, token)}/{row.episode_id}.{ending}"


def audio_url(address: str, row: Publication) -> str:
    """The address of an episode's audio in a public feed."""
    return _file_url(address, row, "mp3", None)


def _same(given: bytes | None, wanted: bytes | None) -> bool:
    if given is None or wanted is None:
        return given is wanted
    return hmac.compare_digest(given, wanted)
