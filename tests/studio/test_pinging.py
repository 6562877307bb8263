"""The ping of a feed's WebSub hub: once per episode, guarded, retried, never for a private feed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from tests.catalog.feed_host import FeedHost, Reply, feed_host
from tests.studio.conftest import NOW, Studio
from tests.studio.making import Maker

from wavehouse.kernel import config
from wavehouse.studio.rules.feed import ATOM
from wavehouse.studio.service import production
from wavehouse.studio.service.generation.places import place_of
from wavehouse.studio.service.publishing import feed_url
from wavehouse.studio.types.production import Visibility
from wavehouse.web.live import live_app
from wavehouse.wiring import working
from wavehouse.workspace import Workspace

LIVE = "SELECT count(*) FROM queue.jobs WHERE kind = 'studio.ping'"


@pytest.fixture
def hub() -> Iterator[FeedHost]:
    """A hub that accepts pings."""
    with feed_host() as started:
        started.replies["/hub"] = Reply(status=204)
        yield started


class Publisher:
    """A studio whose feeds name a hub."""

    def __init__(self, room: Studio, hub: FeedHost, **flags: str) -> None:
        workspace = room.workspace
        settings = config.load(
            {
                "home": str(workspace.settings.home),
                "site_url": "https://pod.example",
                "studio_hub": f"{hub.url}/hub",
                **flags,
            },
            environment={},
        )
        self.workspace: Workspace = replace(workspace, settings=settings)
        self.maker = Maker(room, Path("unused"))
        self.maker.place = place_of(workspace.stores.operational, settings)

    def work(self) -> None:
        """Let a worker run what is due."""
        working.worker_of(self.workspace, listed=[]).run(once=True)

    def make_due(self) -> None:
        """Let the time of the next attempt come."""
        with self.maker.place.operational.worker() as tx:
            tx.connection.execute("UPDATE queue.organization_queue_state SET turn_at = %s", [NOW])
            tx.connection.execute(
                "UPDATE queue.jobs SET run_at = %s WHERE kind = 'studio.ping'", [NOW]
            )

    def links(self, path: str) -> list[Any]:
        """The hubs that a feed names."""
        client = TestClient(live_app(self.workspace), base_url="http://localhost")
        tree = etree.fromstring(client.get(path).content)
        links = tree.iter(f"{{{ATOM}}}link")
        return [link.get("href") for link in links if link.get("rel") == "hub"]


def test_a_published_episode_pings_the_hub_that_the_feed_names_once(
    room: Studio, hub: FeedHost
) -> None:
    """The topic is the feed's own address; a second worker finds nothing more to send."""
    publisher = Publisher(room, hub, webhook_allow_private="on")
    project = publisher.maker.project()

    publisher.maker.make(project)

    assert [] == hub.posted
    publisher.work()
    publisher.work()
    ((path, body),) = hub.posted
    form = parse_qs(body.decode())
    topic = feed_url("https://pod.example", project.project_id)
    assert ("/hub", ["publish"], [topic]) == (path, form["hub.mode"], form["hub.url"])
    assert 0 == publisher.maker.count(LIVE)
    assert [f"{hub.url}/hub"] == publisher.links(f"/studio/feeds/{project.project_id}/feed.xml")
    subscribed = "SELECT count(*) FROM catalog.websub_subscriptions"
    assert 0 == publisher.maker.count(subscribed), "our own catalog reads the feed when it changes"


def test_a_hub_that_fails_is_pinged_again_and_its_wait_is_kept(room: Studio, hub: FeedHost) -> None:
    """Status 503 with Retry-After, then 500, then success: the episode is published meanwhile."""
    publisher = Publisher(room, hub, webhook_allow_private="on")
    hub.replies["/hub"] = Reply(status=503, headers={"Retry-After": "600"})
    outcome = publisher.maker.make(publisher.maker.project())
    assert "done" == outcome.status
    publisher.work()
    assert (1, 1) == (len(hub.posted), publisher.maker.count(LIVE))
    wait = "extract(epoch FROM run_at - (errors -> 0 ->> 'at')::timestamptz)"
    asked = f"SELECT {wait} FROM queue.jobs WHERE kind = 'studio.ping'"
    assert 600 == publisher.maker.count(asked)
    hub.replies["/hub"] = Reply(status=500)
    publisher.make_due()
    publisher.work()
    assert (2, 1) == (len(hub.posted), publisher.maker.count(LIVE))
    hub.replies["/hub"] = Reply(status=200)
    publisher.make_due()
    publisher.work()
    assert (3, 0) == (len(hub.posted), publisher.maker.count(LIVE))


def test_a_private_feed_names_no_hub_and_is_never_announced(room: Studio, hub: FeedHost) -> None:
    """Also not when it becomes private between the publication and the ping."""
    publisher = Publisher(room, hub, webhook_allow_private="on")
    maker = publisher.maker
    project, other = maker.project(), maker.project("Altro")
    ask = {"visibility": Visibility.PRIVATE}
    token = maker.room.act(production.set_visibility, project_id=project.project_id, **ask)
    maker.make(project)
    assert 0 == maker.count(LIVE)
    maker.make(other)
    assert 1 == maker.count(LIVE)
    maker.room.act(production.set_visibility, project_id=other.project_id, **ask)

    publisher.work()

    assert [] == hub.posted
    assert 0 == maker.count(LIVE)
    assert [] == publisher.links(f"/studio/feeds/{project.project_id}/{token}/feed.xml")


def test_a_hub_in_a_private_network_is_refused_unless_the_operator_allows_it(
    room: Studio, hub: FeedHost
) -> None:
    """The guarded client refuses before it connects; the job ends with the reason."""
    publisher = Publisher(room, hub)
    publisher.maker.make(publisher.maker.project())

    publisher.work()

    assert [] == hub.posted
    ended = """
      SELECT count(*) FROM queue.jobs_done
      WHERE kind = 'studio.ping' AND errors::text LIKE '%private network%'
    """
    assert 1 == publisher.maker.count(ended)


@pytest.mark.parametrize("text", ["hub.example", "ftp://hub.example/", "https://u:p@hub.example/"])
def test_a_hub_that_is_not_a_web_address_is_a_wrong_setting(text: str) -> None:
    """No credentials: the address is published in the feed."""
    with pytest.raises(Exception, match="must be an address like"):
        config.load({"studio_hub": text}, environment={})
