"""Private feeds: tokens, links, ranges, and closing them when access ends (P32)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import feedparser
import pytest
from fastapi import FastAPI
from starlette.responses import FileResponse
from starlette.testclient import TestClient
from tests.serving import served

from wavehouse import catalog, listeners
from wavehouse.entitlements.service import feeds, granting
from wavehouse.entitlements.types import Entitlement, NewGrant, ScopeKind
from wavehouse.kernel import clock
from wavehouse.kernel.config import Value
from wavehouse.kernel.errors import Refused
from wavehouse.kernel.ids import ListenerId
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

AUDIO = bytes(range(256)) * 40
FEED = """<?xml version="1.0"?><rss version="2.0"
xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Plus &amp; more</title>
<link>https://pod.example</link><description>d</description>
<item><title>One &lt;b&gt;</title><guid isPermaLink="false">one</guid>
<enclosure url="{origin}/one.mp3" type="audio/mpeg" length="10240"/>
<pubDate>Sun, 01 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>"""


@dataclass
class Show:
    """A show with a server for its file, an entitled listener, and the application."""

    workspace: Workspace
    podcast_id: str
    listener_id: ListenerId
    grant: Entitlement
    client: TestClient

    def token(self, listener_id: ListenerId | None = None) -> str:
        with self.workspace.stores.listeners.worker() as tx:
            return feeds.make_feed(
                tx, listener_id=listener_id or self.listener_id, resource=self.podcast_id
            ).token

    def feed(self, token: str, method: str = "GET", **headers: str) -> Any:
        path = f"/private/feeds/{self.podcast_id}.xml"
        return self.client.request(method, path, params={"token": token}, headers=headers)

    def enclosure(self, token: str) -> str:
        (entry,) = feedparser.parse(self.feed(token).text).entries
        parts = urlsplit(entry.enclosures[0].href)
        return f"{parts.path}?{parts.query}"

    def stream(self, token: str) -> str:
        answer = self.client.get(self.enclosure(token), follow_redirects=False)
        assert 302 == answer.status_code
        return str(answer.headers["location"])

    def lose(self) -> None:
        with self.workspace.stores.listeners.worker() as tx:
            granting.revoke(tx, identity=self.workspace.identity,
                            entitlement_id=self.grant.entitlement_id, reason="x")  # fmt: skip

    def granted(self, listener_id: ListenerId) -> Entitlement:
        with self.workspace.stores.listeners.worker() as tx:
            return granting.grant(tx, identity=self.workspace.identity, new=NewGrant(
                listener_id, "feed", self.podcast_id, ScopeKind.GIFT, "gift", "a gift",
                expires_at=clock.now() + timedelta(days=30)))  # fmt: skip


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    """The public server of the file."""
    (tmp_path / "one.mp3").write_bytes(AUDIO)
    app = FastAPI()

    @app.get("/one.mp3")
    def one() -> FileResponse:
        return FileResponse(tmp_path / "one.mp3", media_type="audio/mpeg")

    with served(app) as url:
        yield url


@pytest.fixture
def show(workspace: Workspace, origin: str, tmp_path: Path) -> Show:
    return show_at(workspace, tmp_path, FEED.format(origin=origin))


def show_at(workspace: Workspace, tmp_path: Path, text: str) -> Show:
    """The show of a feed's text."""
    path = tmp_path / "feed.xml"
    path.write_text(text)
    catalog.ingest_feed(
        workspace.stores.operational,
        identity=workspace.identity,
        location=str(path),
        reading=catalog.FeedReading(source=catalog.FileFeedSource()),
    )
    with workspace.stores.operational.app(workspace.home) as tx:
        (podcast,) = catalog.list_podcasts(tx, identity=workspace.identity)
    with workspace.stores.listeners.worker() as tx:
        anna = listeners.create(tx, email=f"{uuid4().hex}@example.org").listener_id
    app = live_app(with_setting(workspace, feed_allow_private=True))
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    made = Show(workspace, str(podcast.podcast_id), anna, None, client)  # type: ignore[arg-type]
    made.grant = made.granted(anna)
    return made


def with_setting(workspace: Workspace, **settings: Any) -> Workspace:
    values = dict(workspace.settings.values)
    for name, value in settings.items():
        values[name] = Value(values[name].option, value, "test")
    return replace(workspace, settings=replace(workspace.settings, values=values))


def test_a_token_opens_the_feed_and_its_media_with_ranges(show: Show) -> None:
    """The feed has the show's guid and title; media is served whole, in part, and from its end."""
    token = show.token()
    answer = show.feed(token)
    parsed = feedparser.parse(answer.text)
    assert (200, "Plus & more", "one") == (
        answer.status_code, parsed.feed.title, parsed.entries[0].id,
    )  # fmt: skip
    assert "application/rss+xml" in answer.headers["content-type"]
    assert "One &lt;b&gt;" in answer.text
    assert "/one.mp3" not in answer.text
    link = show.stream(token)
    whole = show.client.get(link)
    assert (200, AUDIO, "audio/mpeg", "bytes") == (
        whole.status_code, whole.content, whole.headers["content-type"],
        whole.headers["accept-ranges"],
    )  # fmt: skip
    part = show.client.get(link, headers={"Range": "bytes=100-199"})
    assert (206, AUDIO[100:200], f"bytes 100-199/{len(AUDIO)}") == (
        part.status_code, part.content, part.headers["content-range"],
    )  # fmt: skip
    assert AUDIO[-50:] == show.client.get(link, headers={"Range": "bytes=-50"}).content
    assert 416 == show.client.get(link, headers={"Range": "bytes=99999-"}).status_code
    for invalid in ("bytes=5-2", "bytes=0-1,4-5", "items=0-1", "bytes=a-b"):
        assert 200 == show.client.get(link, headers={"Range": invalid}).status_code, invalid
    head = show.client.head(link)
    assert (200, b"", str(len(AUDIO))) == (
        head.status_code, head.content, head.headers["content-length"],
    )  # fmt: skip


def test_a_part_of_a_file_that_changed_meanwhile_is_the_whole_new_file(show: Show) -> None:
    """``If-Range`` of the same version gets the part, of another one everything (RFC 9110 13.1.5).

    An app that continues a download would otherwise join the halves of two files.
    """
    link = show.stream(show.token())
    etag = show.client.head(link).headers["etag"]
    wanted = {"Range": "bytes=100-199", "If-Range": etag}
    assert (206, AUDIO[100:200]) == _of(show.client.get(link, headers=wanted))
    for other in ('"an-older-version"', "Sun, 01 Nov 2026 08:00:00 GMT"):
        assert (200, AUDIO) == _of(show.client.get(link, headers=wanted | {"If-Range": other}))


def _of(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content


def test_a_feed_is_sent_again_only_when_it_changed(show: Show) -> None:
    """Episodes keep their addresses, so the ETag is unchanged; HEAD has the headers only."""
    token = show.token()
    first = show.feed(token)
    assert 304 == show.feed(token, **{"If-None-Match": first.headers["etag"]}).status_code
    assert (
        304 == show.feed(token, **{"If-None-Match": f'"x", W/{first.headers["etag"]}'}).status_code
    )
    assert 200 == show.feed(token, **{"If-None-Match": '"x"'}).status_code
    head = show.feed(token, "HEAD")
    assert (200, b"", first.headers["etag"]) == (
        head.status_code, head.content, head.headers["etag"],
    )  # fmt: skip
    assert first.text == show.feed(token).text


def test_p32_losing_the_entitlement_closes_feed_and_media_at_once(show: Show) -> None:
    """Links handed out before are closed too; regaining access opens the same feed."""
    token = show.token()
    enclosure, link = show.enclosure(token), show.stream(token)
    show.lose()
    statuses = [
        show.feed(token).status_code,
        show.feed(token, "HEAD").status_code,
        show.client.get(enclosure, follow_redirects=False).status_code,
        show.client.get(link).status_code,
        show.client.head(link).status_code,
    ]
    assert [403] * 5 == statuses
    with show.workspace.stores.listeners.worker() as tx, pytest.raises(Refused):
        feeds.make_feed(tx, listener_id=show.listener_id, resource=show.podcast_id)
    show.granted(show.listener_id)
    assert 200 == show.feed(token).status_code
    assert 200 == show.client.get(link).status_code


def test_a_link_ends_and_is_bound_to_its_path_feed_and_time(show: Show) -> None:
    """Another episode, time or feed, or a changed signature, is refused."""
    token = show.token()
    link = show.stream(token)
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    path = urlsplit(link).path
    assert 200 == show.client.get(path, params=query).status_code
    for change in (
        {"expires": str(int(query["expires"]) + 1)},
        {"signature": query["signature"][::-1]},
        {"signature": ""},
        {"signature": "ü" * 43},
        {"feed": str(uuid4())},
    ):
        assert 404 == show.client.get(path, params=query | change).status_code, change
    other = re.sub(r"[0-9a-f-]{36}", str(uuid4()), path, count=1)
    assert 404 == show.client.get(other, params=query).status_code
    late, database = clock.now() + timedelta(minutes=16), show.workspace.stores.listeners
    with clock.frozen(late), database.worker() as tx, pytest.raises(Refused, match="expired"):
        feeds.followed(tx, key=_key(show), link=_link(path, query))
    assert 422 == show.client.get(path, params=query | {"expires": "-1"}).status_code


def _key(show: Show) -> bytes:
    from wavehouse.entitlements.adapters.keys import link_key

    return link_key(show.workspace.stores.listeners.place)


def _link(path: str, query: dict[str, str]) -> feeds.Link:
    from uuid import UUID

    return feeds.Link(path, UUID(query["feed"]), int(query["expires"]), query["signature"])


def test_guessed_tokens_open_nothing(show: Show) -> None:
    """All get the same answer; a double slash at the start changes nothing."""
    show.token()
    for token in ("", "x", "x" * 43, "ü", "a" * 201, "' OR 1=1 --", "\x00"):
        answer = show.feed(token)
        assert answer.status_code in {400, 404, 422}, token
        twice = show.client.get(f"//private/feeds/{show.podcast_id}.xml", params={"token": token})
        assert twice.status_code in {400, 404, 422}, token
    assert 404 == show.feed("x", "HEAD").status_code


def test_a_token_is_of_one_listener_and_one_show_and_ends_with_the_next(show: Show) -> None:
    """Another show's feed stays closed; a new token ends the old one and its enclosures."""
    with show.workspace.stores.listeners.worker() as tx:
        bo = listeners.create(tx, email=f"{uuid4().hex}@example.org").listener_id
    show.granted(bo)
    old, bos = show.token(), show.token(bo)
    assert show.enclosure(old) != show.enclosure(bos)
    elsewhere = show.client.get(f"/private/feeds/{uuid4()}.xml", params={"token": old})
    assert 404 == elsewhere.status_code
    enclosure, link = show.enclosure(old), show.stream(old)
    new = show.token()
    assert [404, 404, 404, 200, 200] == [
        show.feed(old).status_code,
        show.client.get(enclosure, follow_redirects=False).status_code,
        show.client.get(link).status_code,
        show.feed(new).status_code,
        show.feed(bos).status_code,
    ]


def test_tokens_are_stored_as_hashes_and_logged_nowhere(
    show: Show, caplog: pytest.LogCaptureFixture
) -> None:
    """No table and no log line contains a token, which has 256 bits."""
    token = show.token()
    show.stream(token)
    with show.workspace.stores.listeners.worker() as tx:
        text = str(tx.values("SELECT f::text FROM listeners.private_feeds f"))
    assert 43 == len(token)
    assert token not in text + caplog.text


def test_a_private_network_is_not_reached_unless_the_operator_allows_it(
    show: Show, workspace: Workspace
) -> None:
    """The file's address is untrusted, so the guarded client opens it."""
    token = show.token()
    link = show.stream(token)
    client = TestClient(live_app(workspace), base_url="http://localhost",
                        raise_server_exceptions=False)  # fmt: skip
    assert 403 == client.get(link).status_code


def test_media_may_be_a_redirect_instead(show: Show, workspace: Workspace, origin: str) -> None:
    """With that setting the file's server sees and counts the listener's own address."""
    link = show.stream(show.token())
    client = TestClient(live_app(with_setting(workspace, private_media="redirect")),
                        base_url="http://localhost", follow_redirects=False)  # fmt: skip
    answer = client.get(link)
    assert (302, f"{origin}/one.mp3") == (answer.status_code, answer.headers["location"])


def test_a_suspended_account_opens_nothing(show: Show) -> None:
    """An erased account has no feed either."""
    token = show.token()
    with show.workspace.stores.listeners.worker() as tx:
        tx.execute("UPDATE listeners.listeners SET suspended_at = now()")
    assert 404 == show.feed(token).status_code


def test_a_feed_that_is_known_is_not_sent_again(show: Show) -> None:
    """Its tag, alone, weak or among others, and ``*`` for any version (RFC 9110 13.1.2)."""
    token = show.token()
    tag = show.feed(token).headers["etag"]
    known = (tag, f"W/{tag}", f'"other", {tag}', "*")
    unknown = (f"{tag}x", '"*"', "")

    assert {304} == {show.feed(token, **{"If-None-Match": each}).status_code for each in known}
    assert {200} == {show.feed(token, **{"If-None-Match": each}).status_code for each in unknown}
