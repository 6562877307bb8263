"""Each role on every route and command: a viewer reads, a user changes, an admin manages.

Routes come from the application and commands from the program's table. A route or command without a
declared role fails, so that none is open by accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from tests.tenants import key_of, member_of, session_of
from tests.tenants.commands import calls, leaves
from tests.tenants.rows import Rows
from tests.tenants.world import Tenant

from wavehouse import accounts
from wavehouse.accounts import Access, Role, Scope
from wavehouse.cli.root import root
from wavehouse.kernel.errors import Refused
from wavehouse.web.live import live_app
from wavehouse.wiring.access import COMMANDS, OPERATORS, PAGES, is_operators
from wavehouse.workspace import Workspace

PUBLIC = {
    "/api/openapi.json": "the document of the API",
    "/health/live": "for the machine that restarts it",
    "/health/ready": "for the machine that balances load",
    "/sign-in": "how a session begins",
    "/sign-in/email": "how a session begins",
    "/sign-in/password": "how a session begins",
    "/sign-in/passkey/options": "how a session begins",
    "/sign-in/passkey": "how a session begins",
    "/sign-in/provider": "how a session begins",
    "/sign-in/provider/callback": "how a session begins",
    "/sign-out": "how a session ends",
    "/join": "how an invitation is accepted",
    "/websub/{subscription_id}": "a hub calls back, with the secret of its subscription",
    "/webhooks/stripe": "the payment provider calls, with a signature over the bytes",
    "/p/{key}.js": "loaded by sponsors' pages",
    "/p/{key}.gif": "loaded by sponsors' pages",
    "/p/{key}/landing.gif": "loaded by sponsors' pages",
    "/studio/feeds/{project_id}/feed.xml": "read by podcast players",
    "/studio/feeds/{project_id}/{token}/feed.xml": "read by podcast players, with the token",
    "/studio/feeds/{project_id}/{name}": "read by podcast players",
    "/studio/feeds/{project_id}/{token}/{name}": "read by podcast players, with the token",
}
"""Routes without a user, each with the reason."""
OWN = {
    "/members/leave",
    "/organizations/switch",
    "/account/password",
    "/account/password/remove",
    "/account/passkeys/options",
    "/account/passkeys",
    "/account/passkeys/remove",
}
"""Forms that change the person's own data, whatever the role."""
OTHERS = (
    "wavehouse.listeners.http",
    "wavehouse.web.listener_access",
    "wavehouse.web.listener_erasure",
    "wavehouse.entitlements.http.feeds",
    "wavehouse.learning.http.player",
)
"""Listeners and players' sessions have no role: each sees its own data (their own tests)."""
GATEWAY = "wavehouse.usage.http.gateway"
"""The gateway checks keys itself, in another API's format, always for the scope gateway:use."""
CSRF = "walk-of-roles-walk-of-roles-walk-of-roles"
_SEEN = {"accounts.api_keys"}
"""The time of a key's last use is stored with the key."""
UNAUTHORIZED, FORBIDDEN = 401, 403


def _scope_of(dependant: Any) -> Scope | None:
    """The scope of the gate among a route's dependencies."""
    for each in dependant.dependencies if dependant else []:
        found = getattr(each.call, "scope", None) or _scope_of(each)
        if found:
            return Scope(found)
    return None


def _declared(app: FastAPI) -> Iterator[tuple[str, str, Access | None, bool]]:
    """Method, path, the declared access (None without one) and whether the route is the API's."""
    for context in iter_route_contexts(app.routes):
        endpoint = getattr(context, "endpoint", None)
        if endpoint is None or endpoint.__module__.startswith(OTHERS):
            continue
        path = context.path or ""
        if path in PUBLIC:
            continue
        scope = _scope_of(getattr(context, "dependant", None))
        if endpoint.__module__ == GATEWAY or path.startswith("/gateway/"):
            scope = Scope.GATEWAY_USE
        for method in sorted((context.methods or set()) - {"HEAD", "OPTIONS"}):
            page = PAGES.get(f"{method} {path}")
            access = page if scope is None else accounts.access_of(scope)
            yield method, path, access, scope is not None


def test_every_route_and_every_command_declares_the_role_it_needs(workspace: Workspace) -> None:
    """A route or command in no table fails, and so does an entry without a route or command."""
    declared = list(_declared(live_app(workspace)))
    pages = {f"{method} {path}" for method, path, _, is_api in declared if not is_api}
    commands = {name for name, _ in leaves(root) if not is_operators(name)}

    assert [] == [f"{method} {path}" for method, path, access, _ in declared if access is None]
    assert set(PAGES) == pages
    assert set(COMMANDS) == commands
    assert [] == [name for name in OPERATORS if name not in _with_groups(root)]


def _with_groups(group: click.Group) -> set[str]:
    """The names of all commands and groups."""
    names = [name.split(" ") for name, _ in leaves(group)]
    return {" ".join(words[:n]) for words in names for n in range(1, len(words) + 1)}


def test_a_viewer_changes_nothing_but_its_own() -> None:
    """A viewer has only reading scopes and no page with a form."""
    forms = {page for page, access in PAGES.items() if page.startswith("POST")
             and access is Access.READ}  # fmt: skip
    scopes = {scope for scope in Scope if accounts.access_of(scope) is Access.READ}

    assert OWN == {form.partition(" ")[2] for form in forms}
    assert [] == [scope for scope in scopes if not scope.endswith(":read")]


@pytest.mark.parametrize("role", list(Role))
def test_every_route_answers_a_role_as_the_table_says(workspace: Workspace, role: Role) -> None:
    """403 where the role lacks the right, whatever the key's scopes; no 401 or 403 elsewhere."""
    acting = member_of(workspace, role)
    app = live_app(workspace)
    key = _key_of_every_scope(workspace, acting)
    client = TestClient(
        app,
        base_url="http://localhost",
        cookies={"wh_session": session_of(acting), "wh_csrf": CSRF},
        headers={"Accept": "text/html", "Origin": "http://localhost"},
        follow_redirects=False,
    )
    rows, faults = Rows(Tenant("", workspace, Path())), []
    for method, path, access, is_api in sorted(
        _declared(app), key=lambda route: (route[1] in OWN, "leave" in route[1])
    ):
        assert access is not None
        address = re.sub(r"{[^}]*_id[^}]*}", str(uuid4()), path)
        address = re.sub(r"{[^}]*}", "x", address)
        status = client.request(
            method,
            address,
            data=None if is_api else {"csrf": CSRF},
            headers={"Authorization": f"Bearer {key}"} if is_api else {},
        ).status_code
        is_refused = status in {UNAUTHORIZED, FORBIDDEN}
        if is_refused == accounts.role_allows(role, access):
            faults.append(f"{method} {path} as {role}: {status}")
        if role is Role.VIEWER and path not in OWN:
            changed = set(rows.changed())
            faults += [f"{method} {path} changed {table}" for table in changed - _SEEN]
    rows.close()

    assert not faults, "\n".join(faults)


def _key_of_every_scope(workspace: Workspace, acting: Workspace) -> str:
    """A key of every scope, made when its user was an administrator, who has another role now."""
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "UPDATE accounts.memberships SET role = 'admin' WHERE user_id = %(user_id)s",
            {"user_id": acting.identity.user_id},
        )
    key = key_of(replace(acting, identity=replace(acting.identity, role=Role.ADMIN)))
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "UPDATE accounts.memberships SET role = %(role)s WHERE user_id = %(user_id)s",
            {"user_id": acting.identity.user_id, "role": acting.identity.role},
        )
    return key


class _Reached(Exception):
    """Raised when a command gets past the check of its role."""


class _Trap:
    def __getattr__(self, name: str) -> Any:
        raise _Reached(name)


ID = str(uuid4())
VALID = {
    "ingest feed": ["https://a.example/feed.xml"],
    "quarantine discard": ["--all"],
    "audit prove": ["--from", "1"],
    "campaigns add": ["--name", "a", "--sponsor", "b", "--show", "c", "--from", "2026-11-01",
                      "--to", "2026-11-02", "--value", "10"],
    "campaigns displace": [ID],
    "pixels retire": [ID],
    "learning behavior": ["--from", "2026-11-01", "--to", "2026-11-02"],
    "learning erase": ["anna", "--yes"],
    "learning evaluate": ["--logged"],
    "entitlements revoke": [ID, "--reason", "over"],
    "access export": [ID, "--out", "copy.zip"],
    "erasure approve": [ID, "--reason", "a"],
    "erasure extend": [ID],
    "erasure hold": ["a@b.example", "--reason", "a", "--until", "2027-01-01"],
    "erasure plan": [ID],
    "erasure reject": [ID, "--reason", "a", "--because", "unfounded"],
    "erasure replay": [],
    "erasure run": [ID],
    "erasure show": [ID],
    "erasure undo": [ID],
    "erasure verify": ["a@b.example"],
    "listeners erase": ["--email", "a@b.example", "--yes"],
    "listeners import": ["--email", "a@b.example", "empty.json"],
    "alerts ack": [ID],
    "feeds poll": ["--all"],
    "budgets delete": [ID],
    "budgets grant": [ID, "--amount", "1"],
    "jobs cancel": [ID],
    "retention release": [ID],
    "retention hold": ["operational.sponsorship.reports", "--reason", "a", "--until", "2027-01-01"],
    "warehouse count": ["orders.csv"],
    "warehouse reopen": ["--from", "2026-11-12"],
    "warehouse export": ["dbt", "project"],
    "jobs discard": [ID],
    "jobs retry": [ID],
    "studio schedule skip": [ID, "2026-12-24"],
    "webhooks delete": [ID],
    "webhooks disable": [ID],
    "webhooks enable": [ID],
    "webhooks replay": [ID, "--event", ID],
    "webhooks rotate": [ID],
    "webhooks test": [ID],
}  # fmt: skip
"""Arguments that commands check before they open anything."""


class _AnyId(dict[str, list[str]]):
    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> list[str]:
        return [str(uuid4())]


@pytest.mark.parametrize("role", list(Role))
def test_every_command_is_refused_to_a_role_as_the_table_says(
    workspace: Workspace, role: Role, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before it touches a database."""
    acting = replace(member_of(workspace, role), stores=_Trap())  # type: ignore[arg-type]

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield acting

    (tmp_path / "empty").mkdir()
    (tmp_path / "orders.csv").write_text("occurred_at\n")
    (tmp_path / "empty.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    tenant = Tenant("zqcedar", acting, tmp_path, ids=_AnyId())
    faults = []
    for name, command in leaves(root):
        if is_operators(name):
            continue
        words = next(iter(calls(name, command, tenant, tmp_path)))
        if name in VALID:
            words = [*name.split(" "), *VALID[name]]
        result = CliRunner().invoke(root, words, obj=opened)
        error = result.exception
        is_refused = isinstance(error, Refused) and error.message.startswith("the role ")
        if is_refused == accounts.role_allows(role, COMMANDS[name]):
            faults.append(f"{' '.join(words)} as {role}: {error!r}")

    assert not faults, "\n".join(faults)
