"""Members through the API, the pages and the commands: each applies the same rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient
from tests.tenants import key_of, member_of, session_of

from wavehouse import mail
from wavehouse.accounts import Role
from wavehouse.cli.root import root
from wavehouse.web.live import live_app
from wavehouse.wiring import working
from wavehouse.workspace import Workspace

CSRF = "members-members-members-members-members"
ANNA = "anna@example.org"


class Visitor:
    """One member's browser with a session, or program with a key."""

    def __init__(self, workspace: Workspace, acting: Workspace | None) -> None:
        self.client = TestClient(
            live_app(workspace),
            base_url="http://localhost",
            cookies={"wh_csrf": CSRF},
            headers={"Accept": "text/html", "Origin": "http://localhost"},
            follow_redirects=False,
        )
        self._key = ""
        if acting is not None:
            self.client.cookies["wh_session"] = session_of(acting)
            self._key = key_of(acting)

    def send(self, path: str, **fields: str) -> Any:
        """Submit a form of a page."""
        self.client.cookies["wh_csrf"] = CSRF
        return self.client.post(path, data={"csrf": CSRF, **fields})

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to the API."""
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        return self.client.request(method, f"/api/v1/{path}", json=body, headers=headers)


@pytest.fixture
def admin(workspace: Workspace) -> Visitor:
    """The administrator of the workspace."""
    return Visitor(workspace, workspace)


def _token(workspace: Workspace) -> str:
    """The token of the newest invitation, emailed by its job."""
    working.worker_of(workspace, listed=[]).run(once=True)
    newest = mail.stored_emails(mail.outbox_folder(workspace.settings))[0]
    match = re.search(r"/join\?token=([\w-]+)", newest.text)
    assert match is not None
    return match[1]


def _command(workspace: Workspace, *words: str) -> Result:
    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    return CliRunner().invoke(root, words, obj=opened)


def test_an_invitation_by_the_api_is_accepted_on_the_page(
    workspace: Workspace, admin: Visitor
) -> None:
    """201, an email, a page with a button, a session; any second use is answered with 410."""
    made = admin.api("POST", "invitations", {"email": ANNA, "role": "viewer"})
    anna, token = Visitor(workspace, None), _token(workspace)
    shown = anna.client.get(f"/join?token={token}")
    joined = anna.send("/join", token=token, name="Anna")
    overview = anna.client.get("/members")

    assert (201, "open") == (made.status_code, made.json()["state"])
    assert ANNA in shown.text
    assert (303, "/members?did=joined") == (joined.status_code, joined.headers["location"])
    assert 200 == overview.status_code
    assert "Send the invitation" not in overview.text
    assert "You are now a member" in Visitor(workspace, None).client.get("/sign-in?did=joined").text
    assert 410 == Visitor(workspace, None).send("/join", token=token).status_code
    assert 410 == anna.client.get(f"/join?token={token}").status_code
    assert {"viewer", "admin"} == {
        member["role"] for member in admin.api("GET", "members").json()["members"]
    }


def test_an_invitation_of_another_address_is_refused_on_the_page(
    workspace: Workspace, admin: Visitor
) -> None:
    """A signed-in member with another address gets 403, and the invitation stays open."""
    admin.send("/members/invite", email=ANNA, role="user")
    other = Visitor(workspace, member_of(workspace, Role.USER, "Bo"))
    refused = other.send("/join", token=_token(workspace))

    assert 403 == refused.status_code
    assert "another address" in refused.text
    assert ["open"] == [
        each["state"] for each in admin.api("GET", "invitations").json()["invitations"]
    ]


def test_a_link_that_is_looked_at_is_not_used(workspace: Workspace, admin: Visitor) -> None:
    """Mail scanners open links: after three GET requests the person can still accept."""
    admin.send("/members/invite", email=ANNA, role="user")
    token, anna = _token(workspace), Visitor(workspace, None)
    looks = [anna.client.get(f"/join?token={token}").status_code for _ in range(3)]

    assert [200, 200, 200] == looks
    assert 303 == anna.send("/join", token=token).status_code


def test_the_last_administrator_is_kept_on_the_page_and_by_the_api(
    workspace: Workspace, admin: Visitor
) -> None:
    """The page shows a sentence, the API returns 409: for demotion, removal and leaving."""
    own = str(workspace.identity.user_id)
    pages = [
        admin.send("/members/role", id=own, role="user"),
        admin.send("/members/remove", id=own),
        admin.send("/members/leave"),
    ]
    api = [
        admin.api("PATCH", f"members/{own}", {"role": "viewer"}),
        admin.api("DELETE", f"members/{own}"),
    ]

    assert [422, 422, 422] == [page.status_code for page in pages]
    assert all("no administrator" in page.text for page in pages)
    assert [409, 409] == [answer.status_code for answer in api]


def test_a_demoted_and_a_removed_member_are_stopped_in_the_middle(
    workspace: Workspace, admin: Visitor
) -> None:
    """The open session's next request gets 403 after the demotion and 401 after the removal."""
    acting = member_of(workspace, Role.ADMIN, "Bo")
    visitor, own = Visitor(workspace, acting), str(acting.identity.user_id)
    before = visitor.send("/members/invite", email="x@example.org", role="viewer")
    admin.api("PATCH", f"members/{own}", {"role": "viewer"})
    demoted = visitor.send("/members/invite", email="y@example.org", role="viewer")
    key_demoted = visitor.api("POST", "invitations", {"email": "z@example.org"})
    admin.api("DELETE", f"members/{own}")
    removed = visitor.client.get("/members")
    key_removed = visitor.api("GET", "members")

    assert [303, 403, 403, 401, 401] == [
        answer.status_code for answer in (before, demoted, key_demoted, removed, key_removed)
    ]


def test_members_are_managed_by_commands(workspace: Workspace) -> None:
    """Invite, list, revoke, change a role, remove; removing the last administrator exits with 1."""
    bo = member_of(workspace, Role.USER, "Bo")
    invited = _command(workspace, "members", "invite", ANNA, "--role", "viewer")
    listed = _command(workspace, "members", "list")
    revoked = _command(workspace, "members", "revoke", ANNA)
    role = _command(workspace, "members", "role", "bo@members.example", "viewer")
    removed = _command(workspace, "members", "remove", "bo@members.example")
    again = _command(workspace, "members", "remove", "bo@members.example")

    assert bo.identity.role == "user"
    assert [0, 0, 0, 0, 0] == [r.exit_code for r in (invited, listed, revoked, role, removed)]
    assert ANNA in listed.output
    assert "there is no such member" in str(again.exception)
