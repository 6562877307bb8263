"""``/private``: feeds that a token opens, and their media.

``/private/feeds/<show>.xml?token=…`` is the feed. Its enclosures have stable addresses, which lead
to links that are valid for a quarter of an hour; the bytes come through this server, or by a
redirect to the file. Secrets are only in queries, which counting leaves out (R03), so the path of
an episode is the same for every listener. Without ``from __future__ import annotations``: FastAPI
must see the types.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from wavehouse import catalog
from wavehouse.catalog import EpisodeSummary, PodcastSummary
from wavehouse.entitlements.adapters.keys import link_key
from wavehouse.entitlements.rules import feed as feed_rules
from wavehouse.entitlements.rules import links, media
from wavehouse.entitlements.service import feeds
from wavehouse.entitlements.types import FeedItem, PrivateFeed
from wavehouse.fetching import Answer, Limits, Web
from wavehouse.kernel.errors import NotFound, Unreachable
from wavehouse.kernel.ids import EpisodeId, PodcastId
from wavehouse.kernel.serving import address_of
from wavehouse.workspace import Edge

FEEDS, MEDIA, STREAM = links.FEEDS, "/private/media", "/private/stream"
_METHODS = ["GET", "HEAD"]
_RANGE = re.compile(r"bytes=(?:([0-9]{1,15})-([0-9]{0,15})|-[0-9]{1,15})")
_PASSED = ("content-length", "content-range", "last-modified", "etag")
_TRANSFER = Limits(largest=2**40, seconds=6 * 3600.0, patience=20.0, redirects=5)
_OK, _PARTIAL, _NOT_MODIFIED, _UNSATISFIABLE, _FOUND = 200, 206, 304, 416, 302
_UNKNOWN_TYPES = ("", "application/octet-stream", "binary/octet-stream")
_PRIVATE = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
Secret = Annotated[str, Query(max_length=200)]
Text = Annotated[str | None, Header(max_length=2_000)]


def router(edge: Edge) -> APIRouter:
    """Feed, media and stream."""
    web = APIRouter(include_in_schema=False)
    workspace = edge.workspace
    database, operational = workspace.stores.listeners, workspace.stores.operational
    origin = address_of(workspace.settings)
    fetching = Web(
        allow_private=workspace.settings["feed_allow_private"],
        limits=_TRANSFER,
        hint="The operator allows private addresses with WAVEHOUSE_FEED_ALLOW_PRIVATE.",
    )

    def key() -> bytes:
        return link_key(database.place)

    def show_of(podcast_id: UUID) -> tuple[PodcastSummary, list[EpisodeSummary]]:
        identity = workspace.identity
        with operational.app(identity.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=identity)
            episodes = catalog.list_episodes(
                tx, identity=identity, podcast_id=PodcastId(podcast_id)
            )
        show = next((each for each in shows if each.podcast_id == podcast_id), None)
        if show is None:
            raise NotFound("unknown feed or episode")
        return show, episodes

    def types_of(podcast_id: UUID) -> dict[EpisodeId, str]:
        identity = workspace.identity
        with operational.app(identity.organization_id) as tx:
            return catalog.media_types(tx, identity=identity, podcast_id=PodcastId(podcast_id))

    def file_of(feed: PrivateFeed, episode_id: UUID) -> str:
        """The address of an episode's file, if the episode is of the feed's show."""
        _, episodes = show_of(UUID(feed.resource))
        address = next((e.audio_url for e in episodes if e.episode_id == episode_id), None)
        if address is None:
            raise NotFound("unknown feed or episode")
        return address

    @web.api_route(f"{FEEDS}/{{podcast_id}}.xml", methods=_METHODS)
    def feed(
        request: Request, podcast_id: UUID, token: Secret = "", if_none_match: Text = None
    ) -> Response:
        with database.worker() as tx:
            opened = feeds.opened(tx, token=token, resource=str(podcast_id))
        show, episodes = show_of(podcast_id)
        known = types_of(podcast_id)
        items = [
            _item(opened, episode, key(), origin, known.get(episode.episode_id))
            for episode in episodes
            if episode.audio_url
        ]
        text = feed_rules.rss(show.title, link=origin, image=show.image_url, items=items)
        body = text.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**_PRIVATE, "ETag": etag}
        known_tags = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
        if known_tags & {etag, "*"}:  # any version (RFC 9110 13.1.2)
            return Response(status_code=_NOT_MODIFIED, headers=headers)
        return Response(
            b"" if request.method == "HEAD" else body,
            headers={**headers, "Content-Length": str(len(body))},
            media_type="application/rss+xml",
        )

    @web.api_route(f"{MEDIA}/{{episode_id}}.mp3", methods=_METHODS)
    def enclosure(
        episode_id: UUID, feed: UUID, key_sent: Annotated[str, Query(alias="key")]
    ) -> Response:
        path = f"{STREAM}/{episode_id}.mp3"
        with database.worker() as tx:
            _, link = feeds.signed(
                tx, key=key(), feed_id=feed, episode_id=episode_id, sent=key_sent, path=path
            )
        query = urlencode(
            {"feed": link.feed_id, "expires": link.expires, "signature": link.signature}
        )
        return RedirectResponse(f"{path}?{query}", _FOUND, _PRIVATE)

    @web.api_route(f"{STREAM}/{{episode_id}}.mp3", methods=_METHODS)
    def stream(
        request: Request,
        episode_id: UUID,
        feed: UUID,
        expires: Annotated[int, Query(ge=0, lt=2**40)],
        signature: Secret,
        range_: Annotated[str | None, Header(alias="range", max_length=200)] = None,
        if_range: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        link = feeds.Link(f"{STREAM}/{episode_id}.mp3", feed, expires, signature)
        with database.worker() as tx:
            opened = feeds.followed(tx, key=key(), link=link)
        address = file_of(opened, episode_id)
        if workspace.settings["private_media"] == "redirect":
            return RedirectResponse(address, _FOUND, _PRIVATE)
        sent = {"Accept-Encoding": "identity"}
        if range_ and _is_range(range_):
            sent["Range"] = range_
            if if_range is not None:  # a part of another version would be joined to the old one
                sent["If-Range"] = if_range
        known = types_of(UUID(opened.resource)).get(EpisodeId(episode_id))
        kind = media.type_of(address, known)
        return _through(fetching, address, sent, kind, head=request.method == "HEAD")

    return web


def _is_range(text: str) -> bool:
    """Whether a header has one valid range; any other is ignored (RFC 9110 14.2)."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return False
    first, last = match[1], match[2]
    return not (first and last) or int(first) <= int(last)


def _item(
    feed: PrivateFeed, episode: EpisodeSummary, key: bytes, origin: str, kind: str | None
) -> FeedItem:
    made = links.media_key(
        key, feed_id=feed.feed_id, generation=feed.generation, episode_id=episode.episode_id
    )
    query = urlencode({"feed": feed.feed_id, "key": made})
    return FeedItem(
        episode.episode_id,
        episode.title,
        episode.guid,
        episode.publish_date,
        f"{origin}{MEDIA}/{episode.episode_id}.mp3?{query}",
        media.type_of(episode.audio_url, kind),
        episode.duration_seconds,
    )


def _through(
    fetching: Web, address: str, sent: dict[str, str], kind: str, *, head: bool
) -> Response:
    """The file's bytes as its server sends them for these headers; ``kind`` is the known type."""
    stack = ExitStack()
    try:
        answer = stack.enter_context(fetching.get(address, sent))
        status = answer.response.status_code
        if status not in {_OK, _PARTIAL, _UNSATISFIABLE}:
            raise Unreachable("the episode's file is currently unavailable")
        headers = _headers(answer, kind)
    except BaseException:
        stack.close()
        raise
    if head or status == _UNSATISFIABLE:
        stack.close()
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_pieces(stack, answer), status, headers)


def _headers(answer: Answer, kind: str) -> dict[str, str]:
    given = answer.response.headers
    return {
        **_PRIVATE,
        **{name: given[name] for name in _PASSED if name in given},
        "Content-Type": _sent_type(given.get("content-type"), kind),
        "Accept-Ranges": "bytes",
    }


def _sent_type(given: str | None, kind: str) -> str:
    """The server's audio or video type. The known one for a server that knows none.

    Text, such as a page, stays a file to save: its bytes are no media, and run as nothing.
    """
    named = (given or "").partition(";")[0].strip().lower()
    if named in _UNKNOWN_TYPES:
        return kind
    return media.stated(named) or "application/octet-stream"


def _pieces(stack: ExitStack, answer: Answer) -> Iterator[bytes]:
    with stack:
        yield from answer.response.pieces
