"""Proxies, other sites, operators, and the page with a listener's own data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests import erasing

from wavehouse import listeners
from wavehouse.kernel import clock
from wavehouse.kernel.addresses import trusted_proxies
from wavehouse.kernel.errors import NotFound
from wavehouse.listeners.http import with_dependencies
from wavehouse.listeners.service import accounts, expiry, own
from wavehouse.web import listener_erasure, problems
from wavehouse.workspace import Workspace


@pytest.fixture
def database(shared_workspace: Workspace) -> Any:
    return shared_workspace.stores.listeners


@pytest.fixture
def email(database: Any) -> str:
    """The email address of a listener without an app."""
    text = f"{uuid4().hex}@example.org"
    with database.worker() as tx:
        listeners.create(tx, email=text)
    return text


def behind_a_proxy(house: Any) -> FastAPI:
    """The same routes, behind a proxy on this machine's network."""
    doors = replace(house.doors, trusted=trusted_proxies(["testclient", "127.0.0.0/8"][1:]))
    app = FastAPI()
    problems.install(app, "wavehouse sign-in-link")
    for router in with_dependencies(doors):
        app.include_router(router)
    return app


def test_ac8_limits_count_by_the_forwarded_address_of_a_trusted_proxy(house: Any) -> None:
    """One client has no tries left and learns when to retry; another is not affected."""
    app = behind_a_proxy(house)
    client = TestClient(
        app, base_url="https://pod.example", client=("127.0.0.1", 5), raise_server_exceptions=False
    )

    def ask(address: str) -> Any:
        body = {"email": f"{uuid4().hex}@example.org", "password": "x" * 12}
        return client.post(
            "/api/v1/listener/sessions", json=body, headers={"X-Forwarded-For": address}
        )

    statuses = [ask("203.0.113.7").status_code for _ in range(21)]
    late = ask("203.0.113.7")
    assert ([401] * 20 + [429], 429) == (statuses, late.status_code)
    assert 1 <= int(late.headers["retry-after"]) <= 6
    assert 401 == ask("203.0.113.8").status_code


def test_ac8_a_stranger_cannot_choose_the_address_that_is_counted(house: Any) -> None:
    """Without a trusted proxy the header is ignored."""
    client = house.browser()
    statuses = [
        client.post(
            "/api/v1/listener/sessions",
            json={"email": f"{uuid4().hex}@example.org", "password": "x" * 12},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        ).status_code
        for n in range(21)
    ]
    assert 429 == statuses[-1]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Origin": "https://pod.example"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
    ],
)
def test_a_cookie_alone_changes_nothing_from_another_site(
    house: Any, email: str, headers: dict[str, str], expected: int
) -> None:
    """Programs send neither header; a browser states the request's origin."""
    browser = house.signed_in(email)
    answer = browser.put(
        "/api/v1/listener/settings", json={"resume_policy": "furthest"}, headers=headers
    )
    assert expected == answer.status_code


def test_the_login_flow_names_the_public_address(house: Any) -> None:
    """Not the address that the proxy used: the app password would be sent unencrypted."""
    plain = TestClient(house.app, base_url="http://pod.example")
    for path in ("/index.php/login/v2", "/login/v2"):
        flow = plain.post(path).json()
        assert flow["login"].startswith("https://pod.example/index.php/login/v2/flow/")
        assert flow["poll"]["endpoint"] == "https://pod.example/index.php/login/v2/poll"


def test_a_suspended_account_is_refused_at_once_and_comes_back_whole(
    house: Any, database: Any, email: str
) -> None:
    """AC7: nothing is deleted."""
    browser = house.signed_in(email)
    with database.worker() as tx:
        own.suspend(tx, email=email)
        assert [True] == [bool(item.suspended_at) for item in own.listed(tx) if item.email == email]
    assert 401 == browser.get("/api/v1/listener/settings").status_code
    with database.worker() as tx:
        own.suspend(tx, email=email, is_suspended=False)
    assert 200 == browser.get("/api/v1/listener/settings").status_code


def test_open_sign_up_makes_an_account_that_goes_when_nobody_signs_in(
    house: Any, database: Any
) -> None:
    """Sign-up is closed by default; the answer is the same."""
    new = f"{uuid4().hex}@example.org"
    assert 202 == house.browser().post("/api/v1/listener/links", json={"email": new}).status_code
    assert [] == house.letters()
    object.__setattr__(house.doors, "is_open", True)
    assert 202 == house.browser().post("/api/v1/listener/links", json={"email": new}).status_code
    assert 1 == len(house.letters())
    with clock.frozen(clock.now() + 8 * clock.DAY):
        expiry.tidy(database)
    with database.worker() as tx, pytest.raises(NotFound):
        accounts.find(tx, email=new)


def test_a_listener_sees_takes_along_and_deletes_their_data(
    shared_workspace: Workspace, house: Any, database: Any, email: str
) -> None:
    """P37, H2: shows, positions, devices; afterwards nothing is left, and no email either."""
    with database.worker() as tx:
        app = listeners.new_app_password(tx, email=email, device="phone")
    phone = TestClient(house.app, base_url="https://pod.example")
    phone.auth = (email, app.text)
    secret = f"https://private.example/feed/{uuid4().hex}/rss"
    episode = {"podcast": secret, "episode": f"{secret}/1.mp3", "guid": f"g:{email}"}
    play = {**episode, "action": "play", "position": 61, "total": 600, "device": "kitchen"}
    assert 200 == phone.post(f"/api/2/episodes/{email}.json", json=[play]).status_code
    shows = {"add": [secret], "remove": []}
    phone.post(f"/api/2/subscriptions/{email}/kitchen.json", json=shows)

    house.app.include_router(listener_erasure.routes(house.doors, shared_workspace))
    browser = house.signed_in(email)
    page = browser.get("/listener/data").text
    for expected in (secret, f"{secret}/1.mp3", "0:01:01 of 0:10:00", "kitchen"):
        assert expected in page
    assert [secret] == browser.get("/listener/export.json").json()["subscriptions"]
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    wrong = browser.post("/listener/delete", data={"csrf": csrf, "email": "x@example.org"})
    assert 422 == wrong.status_code
    done = browser.post("/listener/delete", data={"csrf": csrf, "email": email})
    assert (200, True) == (done.status_code, "playback_actions: 1" in done.text)
    assert 401 == phone.get(f"/api/2/devices/{email}.json").status_code
    assert not any(email in location.read_text() for location in house.outbox.glob("*.eml"))
    assert [] == found_in(database, secret) + found_in(database, email)


def test_changes_come_by_server_sent_events(
    server_url: str, phone: Any, other_password: Any
) -> None:
    """Another device's action is sent within seconds, with the cursor as its id."""
    other = other_password(phone.username, "laptop")
    play = {"podcast": "http://e.example/f", "episode": "http://e.example/1.mp3",
            "action": "play", "position": 61, "total": 600}  # fmt: skip
    with (
        httpx2.Client(base_url=server_url, auth=phone.auth, timeout=30) as api,
        httpx2.Client(base_url=server_url, auth=other.auth) as laptop,
        api.stream("GET", "/api/v1/listener/events") as stream,
    ):
        assert "text/event-stream" == stream.headers["content-type"].partition(";")[0]
        lines = stream.iter_lines()
        assert ": open" == next(lines)
        done = laptop.post(f"/api/2/episodes/{phone.username}.json", json=[play])
        assert 200 == done.status_code
        result: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(": ")
            if name and colon:
                result[name] = value
            if name == "data":
                break
    assert "changes" == result["event"]
    assert result["id"] == str(json.loads(result["data"])["cursor"])
    assert [61_000] == [load["position_ms"] for load in json.loads(result["data"])["actions"]]


def test_p29_a_feed_that_moves_takes_subscription_and_positions_along(
    server_url: str, phone: Any
) -> None:
    """Also if an app listened at both addresses; uploads with the old one count for the new one."""
    old, new = "http://old.example/feed", "http://new.example/feed"

    def play(feed: str, number: int, position: int, at: str) -> dict[str, Any]:
        file = f"http://cdn.example/{number}.mp3"
        return {"podcast": feed, "episode": file, "action": "play",
                "position": position, "total": 600,
                "timestamp": f"2026-11-01T{at}:00:00"}  # fmt: skip

    with httpx2.Client(base_url=server_url, auth=phone.auth) as api:
        feed, shows = f"/api/2/episodes/{phone.username}.json", "/api/2/subscriptions/{}/{}.json"
        shows = shows.format(phone.username, "phone")
        api.post(shows, json={"add": [old], "remove": []})
        api.post(feed, json=[play(old, 1, 90, "10"), play(old, 2, 70, "10")])
        api.post(feed, json=[play(new, 1, 100, "09")])
        for _ in range(2):
            moved = api.post("/api/v1/listener/moves", json={"old_url": old, "new_url": new})
            assert 204 == moved.status_code
        api.post(feed, json=[play(old, 2, 80, "12")])
        result = api.get(feed).json()["actions"]
        assert {(new, 90), (new, 80)} == {(item["podcast"], item["position"]) for item in result}
        assert [new] == api.get(f"/subscriptions/{phone.username}.json").json()
        again = api.post(shows, json={"add": [old], "remove": []}).json()
        assert [[old, new]] == again["update_urls"]


def found_in(database: Any, text: str) -> list[str]:
    """The tables of the schema that contain a text in any column (RT4)."""
    found = []
    with database.worker() as tx:
        tables = tx.values("SELECT tablename FROM pg_tables WHERE schemaname = 'listeners'")
        for table in tables:
            rows = tx.value(
                f"SELECT count(*) FROM listeners.{table} t WHERE position(%s in t::text) > 0",
                [text],
            )
            found += [table] if rows else []
    return found


def test_p37_erasing_counts_every_table_and_keeps_entitlements_under_a_pseudonym(
    shared_workspace: Workspace, database: Any, email: str
) -> None:
    """E27: revoked, with an entry in the ledger; the provider's events have no content any more."""
    with database.worker() as tx:
        who = accounts.find(tx, email=email).listener_id
        event = tx.value(
            "INSERT INTO listeners.external_events (source, event_id, type, object_ids, livemode,"
            " created, received_at, payload, payload_hash, status) VALUES ('stripe', %s, 'x',"
            " ARRAY['cus_1'], false, now(), now(), %s, sha256('a'), 'applied')"
            " RETURNING external_event_id",
            [uuid4().hex, json.dumps({"email": email})],
        )
        tx.execute(
            "INSERT INTO listeners.entitlements (listener_id, type, resource, scope_kind, scope,"
            " status, granted_at, starts_at, created_by, source_event, stripe_customer_id)"
            " VALUES (%s, 'feed', 'plus', 'order', 'o1', 'active', now(), now(), 'stripe', %s,"
            " 'cus_1')",
            [who, event],
        )
        tables = set(
            tx.values(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'listeners' AND column_name = 'listener_id'"
            )
        )
    rows = erasing.listener(shared_workspace, email)
    assert set() == {f"listeners.{table}" for table in tables} - set(rows)
    assert (1, 1) == (rows["listeners.entitlements"], rows["listeners.external_events"])
    assert [] == found_in(database, email) + found_in(database, "cus_1")
