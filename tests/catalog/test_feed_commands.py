"""``wavehouse feeds`` and its part of the API: list, show, poll, pause, resume."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient
from tests import acting
from tests.catalog.feed_host import FeedHost, Reply, feed, feed_host
from tests.tenants import key_of

from wavehouse import catalog
from wavehouse.accounts import Scope
from wavehouse.catalog.checks import feeds as check
from wavehouse.catalog.checks import measures
from wavehouse.catalog.cli import feeds
from wavehouse.kernel import config
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

Run = Callable[..., Result]


@pytest.fixture
def host() -> Iterator[FeedHost]:
    """A host of feeds on this machine."""
    with feed_host() as started:
        started.replies["/feed.xml"] = Reply(feed(started, 1))
        yield started


@pytest.fixture
def place(workspace: Workspace, host: FeedHost) -> Workspace:
    """A workspace with one feed on this machine."""
    flags = {"home": str(workspace.settings.home), "feed_allow_private": "on"}
    place = replace(workspace, settings=config.load(flags, environment={}))
    with catalog.poll_reading(place.settings) as reading:
        catalog.ingest_feed(
            place.stores.operational,
            identity=place.identity,
            location=f"{host.url}/feed.xml",
            reading=reading,
        )
    return place


@pytest.fixture
def run(place: Workspace) -> Run:
    """Run ``wavehouse feeds …``."""

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(feeds, words, obj=lambda: nullcontext(place))

    return invoke


def test_feeds_are_polled_listed_and_shown(run: Run, host: FeedHost) -> None:
    """By address, id and title; as text and as JSON."""
    address = f"{host.url}/feed.xml"
    host.replies["/feed.xml"] = Reply(feed(host, 1, 2))
    polled = run("poll", address, "--json")
    (poll,) = json.loads(polled.output)["polls"]
    assert (0, True, 1, "read") == (polled.exit_code, poll["ok"], poll["new"], poll["outcome"])

    (listed,) = json.loads(run("list", "--json").output)["feeds"]
    assert ("active", 2, 0) == (listed["state"], listed["episodes"], listed["failures"])
    assert None is not listed["next_poll_at"]
    shown = json.loads(run("show", "harbour", "--json").output)
    assert (address, [], None) == (shown["feed_url"], shown["moves"], shown["websub"])
    assert "active" in run("show", listed["podcast_id"]).output


def test_a_feed_that_cannot_be_read_is_named_with_the_reason(
    run: Run, host: FeedHost, place: Workspace
) -> None:
    """Exit code 5; the list, doctor and the gauges report it as well."""
    host.replies["/feed.xml"] = Reply(status=500)
    polled = run("poll", "--all")
    assert (5, True) == (polled.exit_code, "status 500" in polled.output)
    assert "status 500" in run("list").output

    finding = check(place)
    assert (False, True) == (finding.ok, "status 500" in finding.message)
    values = measures(place.stores, identity=place.identity)
    states = {m.labels["state"]: m.value for m in values if m.name == "wavehouse_feeds"}
    assert (1, 0) == (states["failing"], states["active"])


def test_feeds_are_paused_and_resumed(run: Run, host: FeedHost) -> None:
    """A paused feed is left out of --all."""
    assert 0 == run("pause", "Harbour").exit_code
    host.came.clear()
    assert 0 == run("poll", "--all").exit_code
    assert [] == host.paths()
    assert 0 == run("resume", "Harbour").exit_code
    (listed,) = json.loads(run("list", "--json").output)["feeds"]
    assert "active" == listed["state"]


@pytest.mark.parametrize("words", [("poll",), ("poll", "Harbour", "--all"), ("poll", "nobody")])
def test_what_cannot_be_polled_is_an_error(run: Run, words: tuple[str, ...]) -> None:
    """No feed, both a feed and --all, and an unknown feed."""
    assert 0 != run(*words).exit_code


def test_the_api_queues_polls_and_pauses(place: Workspace, host: FeedHost) -> None:
    """A Podping receiver sends the address and gets 202, once for each waiting poll."""
    headers = {"Authorization": f"Bearer {key_of(place, *Scope)}"}
    (show,) = acting.operational(place, catalog.list_podcasts)
    with TestClient(live_app(place), base_url="http://localhost", headers=headers) as client:
        body = {"url": f"{host.url}/feed.xml"}
        first = client.post("/api/v1/feeds/poll", json=body)
        again = client.post(f"/api/v1/podcasts/{show.podcast_id}/poll")
        assert (202, True) == (first.status_code, first.json()["queued"])
        assert (202, False) == (again.status_code, again.json()["queued"])
        unknown = client.post("/api/v1/feeds/poll", json={"url": "https://b.example/feed.xml"})
        assert 404 == unknown.status_code

        assert 204 == client.post(f"/api/v1/podcasts/{show.podcast_id}/pause").status_code
        (paused,) = client.get("/api/v1/podcasts").json()["data"]
        assert "paused" == paused["ingestion_status"]
        assert 204 == client.post(f"/api/v1/podcasts/{show.podcast_id}/resume").status_code
