"""WebSub: subscribing to a feed's hub, verification, renewal, and polling on announcements."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from fastapi.testclient import TestClient
from tests import acting
from tests.catalog.feed_host import FeedHost, Reply, feed, feed_host

from wavehouse import catalog
from wavehouse.catalog.rules import websub as rules
from wavehouse.catalog.service import hub_of
from wavehouse.catalog.service.websub import dispatch_subscriptions
from wavehouse.catalog.types.websub import Subscription
from wavehouse.kernel import clock, config
from wavehouse.kernel.ids import PodcastId, named
from wavehouse.web.live import live_app
from wavehouse.wiring import working
from wavehouse.workspace import Workspace

SITE = "https://pod.example"


@pytest.fixture
def host() -> Iterator[FeedHost]:
    """A host that serves a feed and is its hub."""
    with feed_host() as started:
        started.replies["/hub"] = Reply(status=202)
        yield started


@pytest.fixture
def place(workspace: Workspace) -> Workspace:
    """A workspace with a public address that may open this machine's addresses."""
    flags = {
        "home": str(workspace.settings.home),
        "feed_allow_private": "on",
        "site_url": SITE,
    }
    return replace(workspace, settings=config.load(flags, environment={}))


@pytest.fixture
def client(place: Workspace) -> Iterator[TestClient]:
    """The client with which the hub calls the application."""
    with TestClient(live_app(place), base_url="http://localhost") as started:
        yield started


def publish(host: FeedHost, *numbers: int, hub: str | None = "/hub") -> None:
    """Publish the feed with these episodes and this hub."""
    link = f'<atom:link rel="self" href="{host.url}/feed.xml"/>'
    link += f'<atom:link rel="hub" href="{hub}"/>' if hub else ""
    host.replies["/feed.xml"] = Reply(feed(host, *numbers, more=link))


def register(place: Workspace, host: FeedHost) -> PodcastId:
    with catalog.poll_reading(place.settings) as reading:
        done = catalog.ingest_feed(
            place.stores.operational,
            identity=place.identity,
            location=f"{host.url}/feed.xml",
            reading=reading,
        )
    return done.podcast_id


def work(place: Workspace) -> None:
    working.worker_of(place, listed=[]).run(once=True)


def subscribed(place: Workspace, podcast_id: PodcastId) -> Subscription:
    """The feed's subscription."""
    found = acting.operational(place, hub_of, podcast_id=podcast_id)
    assert found is not None
    return found


def request(place: Workspace, host: FeedHost) -> dict[str, str]:
    """Let a worker send due requests; returns the last form that the hub received."""
    dispatch_subscriptions(place.stores.operational)
    work(place)
    path, body = host.posted[-1]
    assert "/hub" == path
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def verify(client: TestClient, form: dict[str, str], **more: str) -> tuple[int, str]:
    """Let the hub verify a request; returns status and body of the answer."""
    query = {
        "hub.mode": "subscribe",
        "hub.topic": form["hub.topic"],
        "hub.challenge": "a-challenge-<1>",
        "hub.lease_seconds": "86400",
        **{f"hub.{name}": value for name, value in more.items()},
    }
    answer = client.get(form["hub.callback"].removeprefix(SITE), params=query)
    return answer.status_code, answer.text


def announce(
    client: TestClient, form: dict[str, str], *, method: str = "sha256", secret: str | None = None
) -> int:
    """Let the hub send the changed feed, signed; returns the status of the answer."""
    body = b"<rss>the whole feed</rss>"
    key = (form["hub.secret"] if secret is None else secret).encode()
    digest = hmac.new(key, body, method).hexdigest()
    headers = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/rss+xml"}
    return client.post(
        form["hub.callback"].removeprefix(SITE), content=body, headers=headers
    ).status_code


def queued(place: Workspace) -> int:
    with place.stores.operational.worker() as tx:
        return int(tx.value("SELECT count(*) FROM queue.jobs WHERE kind = 'catalog.poll'"))


def test_a_hub_is_subscribed_verified_and_its_announcement_polls_the_feed(
    place: Workspace, host: FeedHost, client: TestClient
) -> None:
    """A new episode is stored without waiting for the next poll."""
    publish(host, 1)
    podcast_id = register(place, host)
    assert "wanted" == subscribed(place, podcast_id).state
    form = request(place, host)
    assert ("subscribe", f"{host.url}/feed.xml") == (form["hub.mode"], form["hub.topic"])
    assert form["hub.callback"].startswith(f"{SITE}/websub/")
    assert "requested" == subscribed(place, podcast_id).state

    assert (200, "a-challenge-<1>") == verify(client, form)
    active = subscribed(place, podcast_id)
    assert ("active", 0) == (active.state, active.failures)
    assert active.expires_at is not None
    assert timedelta(hours=23) < active.expires_at - clock.now() <= timedelta(days=1)

    publish(host, 1, 2)
    with place.stores.operational.worker() as tx:  # the last poll was some time ago
        tx.execute("UPDATE catalog.feed_polls SET polled_at = polled_at - interval '1 minute'")
    assert 202 == announce(client, form)
    work(place)
    (show,) = acting.operational(place, catalog.list_podcasts)
    assert 2 == show.episodes


@pytest.mark.parametrize("method", sorted(rules.METHODS))
def test_an_announcement_counts_by_its_signature_alone(
    place: Workspace, host: FeedHost, client: TestClient, method: str
) -> None:
    """A wrong signature gets the same answer, and nothing is polled."""
    publish(host, 1)
    register(place, host)
    form = request(place, host)
    verify(client, form)

    assert (202, 0) == (announce(client, form, method=method, secret="wrong"), queued(place))
    path = form["hub.callback"].removeprefix(SITE)
    for header in ("", "sha256", "md5=00", "sha256=é", "=="):
        headers = [(b"x-hub-signature", header.encode())] if header else []
        assert 202 == client.post(path, content=b"x", headers=headers).status_code
    assert 0 == queued(place)
    assert (202, 1) == (announce(client, form, method=method), queued(place))
    assert (202, 1) == (announce(client, form, method=method), queued(place))


@pytest.mark.parametrize(
    "wrong",
    [{"topic": "https://other.example/"}, {"mode": "unsubscribe"}, {"challenge": ""},
     {"challenge": "x" * 1001}],
)  # fmt: skip
def test_what_nobody_here_asked_for_is_not_verified(
    place: Workspace, host: FeedHost, client: TestClient, wrong: dict[str, str]
) -> None:
    """Another topic, an unrequested unsubscription, and a missing challenge."""
    publish(host, 1)
    podcast_id = register(place, host)
    form = request(place, host)

    assert 404 == verify(client, form, **wrong)[0]
    assert "requested" == subscribed(place, podcast_id).state
    assert 404 == client.get(f"/websub/{named('tests', 'nobody')}").status_code


def test_a_subscription_that_was_not_requested_is_not_verified(
    place: Workspace, host: FeedHost, client: TestClient
) -> None:
    """A guessed callback address before our request gets no answer."""
    publish(host, 1)
    held = subscribed(place, register(place, host))
    form = {"hub.callback": f"{SITE}/websub/{held.subscription_id}", "hub.topic": held.topic_url}

    assert 404 == verify(client, form)[0]


def test_a_lease_is_renewed_before_it_ends(
    place: Workspace, host: FeedHost, client: TestClient
) -> None:
    """It is renewed after four fifths of the lease; the subscription stays active."""
    publish(host, 1)
    podcast_id = register(place, host)
    verify(client, request(place, host))
    assert 0 == dispatch_subscriptions(place.stores.operational)

    with clock.frozen(clock.now() + timedelta(hours=20)):
        assert 1 == dispatch_subscriptions(place.stores.operational)
    with place.stores.operational.worker() as tx:
        tx.execute("UPDATE queue.jobs SET run_at = least(run_at, now())")
    work(place)
    assert 2 == len(host.posted)
    assert "active" == subscribed(place, podcast_id).state


def test_a_hub_that_fails_is_asked_again_later(place: Workspace, host: FeedHost) -> None:
    """The reason is stored, and polling continues."""
    publish(host, 1)
    podcast_id = register(place, host)
    host.replies["/hub"] = Reply(status=500)
    request(place, host)
    failed = subscribed(place, podcast_id)

    assert ("failed", 1) == (failed.state, failed.failures)
    assert failed.message is not None
    assert "the hub responded with status 500" in failed.message
    assert 0 == dispatch_subscriptions(place.stores.operational)


def test_a_hub_may_deny_a_subscription(
    place: Workspace, host: FeedHost, client: TestClient
) -> None:
    """The reason is stored."""
    publish(host, 1)
    podcast_id = register(place, host)
    form = request(place, host)
    assert (200, "") == verify(client, form, mode="denied", reason="not\nours")
    denied = subscribed(place, podcast_id)

    assert ("denied", "the hub denies the subscription: not ours") == (denied.state, denied.message)


def test_a_feed_that_names_no_hub_any_more_has_no_subscription(
    place: Workspace, host: FeedHost, client: TestClient
) -> None:
    """Its announcements get 410, so that the hub stops."""
    publish(host, 1)
    podcast_id = register(place, host)
    form = request(place, host)
    publish(host, 1, 2, hub=None)
    register(place, host)

    assert None is acting.operational(place, hub_of, podcast_id=podcast_id)
    assert 410 == announce(client, form)


def test_another_hub_is_another_subscription(place: Workspace, host: FeedHost) -> None:
    """It has another address and secret: the old hub can no longer announce."""
    publish(host, 1)
    podcast_id = register(place, host)
    first = subscribed(place, podcast_id)
    publish(host, 1, hub="/hub")
    register(place, host)
    assert first.subscription_id == subscribed(place, podcast_id).subscription_id

    publish(host, 1, 2, hub="https://hub.example/")
    register(place, host)
    assert first.subscription_id != subscribed(place, podcast_id).subscription_id


def test_nothing_is_subscribed_without_a_public_address(workspace: Workspace) -> None:
    """A hub could not reach the application."""
    _, plans = working.handlers_of(workspace)

    assert "subscriptions at hubs" not in {plan.name for plan in plans}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://hub.example/>; rel="hub"', [("hub", "https://hub.example/")]),
        ("<https://hub.example/>;rel=hub", [("hub", "https://hub.example/")]),
        (
            '<https://a.example/?x=1,2>; type="a, b"; rel="self alternate", </h>; rel=hub',
            [
                ("self", "https://a.example/?x=1,2"),
                ("alternate", "https://a.example/?x=1,2"),
                ("hub", "/h"),
            ],
        ),
        ("", []),
        (None, []),
        ("<>; rel=hub", []),
        ("<https://hub.example/>" + "; " * 50_000, []),
    ],
)
def test_link_headers_name_relations(header: str | None, expected: list[tuple[str, str]]) -> None:
    """RFC 8288, with and without quotes, several in one header."""
    assert expected == list(rules.links_of(header))


@pytest.mark.parametrize(
    ("stated", "lease"),
    [
        ("86400", timedelta(days=1)),
        ("1", timedelta(minutes=5)),
        ("99999999", timedelta(days=30)),
        ("", timedelta(days=10)),
        ("soon", timedelta(days=10)),
        ("-1", timedelta(days=10)),
        ("9" * 40, timedelta(days=10)),
    ],
)
def test_leases_are_from_five_minutes_to_thirty_days(stated: str, lease: timedelta) -> None:
    """The limits apply to any lease that the hub grants."""
    assert lease == rules.lease_of({"hub.lease_seconds": stated})


def test_every_subscription_has_a_secret_of_its_own() -> None:
    """It is derived from the installation's secret and not stored."""
    first = rules.secret_of("installation", named("tests", "one"))

    assert first == rules.secret_of("installation", named("tests", "one"))
    assert first != rules.secret_of("installation", named("tests", "two"))
    assert first != rules.secret_of("another", named("tests", "one"))
    assert 64 == len(first)
    assert hashlib.sha256().hexdigest().encode() != first
