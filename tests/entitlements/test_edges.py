"""The API, the commands and the pages of entitlements."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient
from tests.entitlements.provider import START, Subscriber
from tests.tenants import key_of, session_of

from wavehouse.accounts import Scope
from wavehouse.cli.root import root
from wavehouse.kernel import clock
from wavehouse.kernel.ids import ListenerId
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

CSRF = "entitlements-entitlements-entitlements"
API = "/api/v1/entitlements"


@pytest.fixture
def client(selling: Workspace) -> TestClient:
    """Clients with a key of every scope and with an administrator's session."""
    return TestClient(
        live_app(selling),
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {key_of(selling, *Scope)}",
                 "Origin": "http://localhost", "Accept": "text/html"},
        cookies={"wh_session": session_of(selling), "wh_csrf": CSRF},
        follow_redirects=False,
        raise_server_exceptions=False,
    )  # fmt: skip


@pytest.fixture
def run(selling: Workspace) -> Callable[..., Result]:
    """Run a command on the workspace."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield selling

    return lambda *words: CliRunner().invoke(root, ["entitlements", *words], obj=opened)


def test_a_grant_is_made_checked_and_revoked_by_the_api(
    client: TestClient, listener_id: ListenerId
) -> None:
    """The result of a check may be cached for a minute, and never beyond the grant's end."""
    end = clock.now().replace(microsecond=0)
    body = {"listener_id": str(listener_id), "resource": "plus", "reason": "help",
            "expires_at": (end + timedelta(days=365)).isoformat()}  # fmt: skip
    made = client.post(API, json=body)
    assert (201, "active") == (made.status_code, made.json()["status"])
    question = {"listener_id": str(listener_id), "resource": "plus"}
    with clock.frozen(clock.now()):
        answer = client.get(f"{API}/check", params=question).json()
    assert answer["granted"]
    assert answer["cache_until"] < answer["valid_until"]
    past = client.get(f"{API}/check", params={**question, "at": "2026-01-01T00:00:00Z"})
    assert not past.json()["granted"]
    (history,) = client.get(f"{API}/listeners/{listener_id}").json()
    assert ["granted"] == [entry["reason"] for entry in history["entries"]]
    address = f"{API}/{made.json()['entitlement_id']}/revoke"
    assert "revoked" == client.post(address, json={"reason": "over"}).json()["status"]
    assert 409 == client.post(address, json={"reason": "over"}).status_code
    gone = client.get(f"{API}/check", params=question).json()
    assert (False, None) == (gone["granted"], gone["valid_until"])


def test_bad_grants_are_refused_with_a_sentence(
    client: TestClient, listener_id: ListenerId
) -> None:
    """The request is answered with one sentence, and nothing is stored."""
    body = {"listener_id": str(listener_id), "resource": "plus", "reason": "help",
            "expires_at": "2030-01-01T00:00:00Z"}  # fmt: skip
    changes: list[tuple[dict[str, Any], int]] = [
        ({"reason": ""}, 422),
        ({"expires_at": None}, 422),
        ({"kind": "subscription"}, 422),
        ({"resource": "\x00"}, 422),
        ({"listener_id": str(uuid4())}, 404),
        ({"surprise": 1}, 422),
    ]
    for change, status in changes:
        assert (change, status) == (change, client.post(API, json=body | change).status_code)
    assert [] == client.get(API).json()


def test_an_offer_or_grant_of_an_unknown_show_is_a_warning(
    run: Callable[..., Result], email: str, listener_id: ListenerId
) -> None:
    """A show's id with a typing error would be sold, and open nothing; other resources are free."""
    unknown = "0192a000-0000-7000-8000-000000000001"
    offer = run("offers", "set", "--price", "price_1", "--resource", unknown)
    grant = run("grant", "--email", email, "--resource", unknown, "--reason", "x", "--permanent")
    for result in (offer, grant):
        assert 0 == result.exit_code, result.output
        assert f"no show of the organization has the id {unknown}" in result.stderr
    other = run("offers", "set", "--price", "price_1", "--resource", "blue")
    assert "no show" not in other.stderr


def test_the_commands_walk_from_an_offer_to_a_revocation(
    run: Callable[..., Result], email: str, listener_id: ListenerId,
    deliver: Callable[..., Any], work: Callable[[], Any], anna: Subscriber,
) -> None:  # fmt: skip
    """list, show, check, grant, revoke, events, money, replay, reconcile, offers, policy."""
    for content in anna.events:
        deliver(content)
    work()
    assert "plus" in run("offers", "list").output
    assert 4 == len(json.loads(run("events", "--status", "applied", "--json").output))
    assert "4.90" in run("money", "--json").output
    shown = json.loads(run("show", "--email", email, "--json").output)
    assert ["paid"] == [entry["reason"] for entry in shown[0]["history"]]
    dry = run("grant", "--email", email, "--resource", "blue", "--type", "album", "--reason",
              "help", "--permanent", "--dry-run")  # fmt: skip
    assert (0, 3) == (dry.exit_code, run("check", "--email", email, "--resource", "blue",
                                         "--type", "album").exit_code)  # fmt: skip
    made = run("grant", "--email", email, "--resource", "blue", "--type", "album", "--reason",
               "help", "--permanent")  # fmt: skip
    assert 0 == made.exit_code, made.output
    assert 0 == run("check", "--email", email, "--resource", "blue", "--type", "album").exit_code
    ids = [row["entitlement_id"] for row in json.loads(run("list", "--json").output)]
    assert 2 == len(ids)
    assert 0 == run("revoke", ids[0], "--reason", "over", "--dry-run").exit_code
    assert 0 == run("revoke", ids[0], "--reason", "over").exit_code
    assert 0 == run("policy", "set", "--grace-days", "3").exit_code
    assert 3 == json.loads(run("policy", "show", "--json").output)["grace_days"]
    replayed = json.loads(run("replay", "--json").output)
    assert (0, []) == (replayed["done"]["transitions"], replayed["different"])
    assert 0 == run("reconcile", "--dry-run").exit_code
    assert 0 != run("offers", "remove", "--price", "none", "--resource", "none").exit_code
    assert 0 != run("grant", "--email", email, "--resource", "x", "--reason", "y").exit_code


def test_the_page_lists_grants_and_shows_a_listeners_history(
    client: TestClient, email: str, listener_id: ListenerId
) -> None:
    """It is granted by the form, and revoked with a reason that the history shows."""
    form = {"csrf": CSRF, "email": email, "resource": "plus", "until": "2030-12-31",
            "reason": "help <b>", "kind": "gift"}  # fmt: skip
    assert 303 == client.post("/entitlements/grant", data=form).status_code
    page = client.get("/entitlements").text
    assert f'href="/entitlements/{listener_id}"' in page
    assert "help &lt;b&gt;" in page
    history = client.get(f"/entitlements/{listener_id}").text
    entitlement = re.search(r'name="entitlement" value="([^"]+)"', history)
    assert entitlement is not None
    gone = {"csrf": CSRF, "entitlement": entitlement[1], "reason": "asked for it"}
    assert 303 == client.post("/entitlements/revoke", data=gone).status_code
    assert "asked for it" in client.get(f"/entitlements/{listener_id}").text
    wrong = client.post("/entitlements/grant", data={**form, "until": "", "reason": "x"})
    assert 422 == wrong.status_code
    assert "needs an end" in wrong.text
    assert 404 == client.get(f"/entitlements/{uuid4()}").status_code


def test_other_organizations_see_nothing_of_it(selling: Workspace) -> None:
    """Listeners belong to the installation, their grants to an organization."""
    from dataclasses import replace

    from wavehouse.kernel.ids import OrganizationId

    elsewhere = replace(selling, owner=OrganizationId(uuid4()))
    client = TestClient(
        live_app(elsewhere), base_url="http://localhost",
        headers={"Authorization": f"Bearer {key_of(selling, *Scope)}", "Accept": "text/html"},
        cookies={"wh_session": session_of(selling)},
    )  # fmt: skip
    assert [404, 404] == [client.get(path).status_code for path in (API, "/entitlements")]
    assert START
