"""Extreme dates, numbers, texts and headers: 4xx with a sentence."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from copy import deepcopy
from json import dumps
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from tests.tenants import second_organization, session_of
from tests.tenants.routes import _sample
from tests.tenants.world import NOW, Tenant, _ids, filled

from wavehouse import accounts
from wavehouse.accounts import Scope
from wavehouse.kernel import clock
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

DAYS = ("0001-01-01", "9999-12-31", "0000-00-00", "10000-01-01", "-0001-01-01", "2026-02-30")
NUMBERS = ("-1", "0", str(2**31), str(2**63), str(2**64), "9" * 5000, "1e400", "NaN", "٣")
INSTANTS = (
    "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59.999999Z", "2026-06-30T23:59:60Z", "2026-11-18T10:00:00+24:00",
    "2026-11-18T10:00:00", "-0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-W47",
)  # fmt: skip
WHOLE = (-1, 0, 2**31, 2**63, 2**64, 10**400, 1.5, "5")
OTHER_KINDS: tuple[Any, ...] = (None, True, [], {}, 1e308)
TEXTS = ("", "x" * 20_000, "\0", "\u202e", "'\"><", "%", "🎙" * 500)
RAW = ("%00", "%FF", "%ED%A0%80", "%2F..%2F", "%")
IDS = (str(uuid4()), "0" * 32, "00000000-0000-0000-0000-000000000000", "f" * 5000, "1", "%00")
HEADERS = {
    "Idempotency-Key": ("x" * 256, "x" * 60_000, "a b", "", "é", "\x7f"),
    "If-Match": ("x" * 60_000, '"', "*", "W/", "é"),
    "If-None-Match": ("x" * 60_000, '"' * 100, "*", "é"),
    "Authorization": ("Bearer " + "x" * 60_000, "Bearer", "Bearer é", "Basic x", "", "Bearer  "),
    "Content-Type": ("x" * 1000, "application/json; charset=nonsense", "", "text/plain"),
    "Accept": ("x" * 60_000, "\x7f", "text/html;q=é"),
    "Range": ("bytes=" + "9" * 5000 + "-", "bytes=-" + "9" * 400, "x=1-", "bytes=5-1,1-"),
    "Host": ("localhost:" + "9" * 5000, "x" * 60_000, "[", "localhost\x7f"),
    "Cookie": ("wh_session=" + "x" * 60_000, "=", ";;;", "wh_session=é"),
}


@pytest.fixture(scope="module")
def app(shared_workspace: Workspace) -> FastAPI:
    """The application."""
    return live_app(shared_workspace)


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Workspace:
    """The application's workspace."""
    return shared_workspace


@pytest.fixture
def secret(workspace: Workspace) -> str:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return accounts.create_api_key(
            tx, identity=workspace.identity, name="test", scopes=list(Scope)
        ).text


@pytest.fixture
def api(app: FastAPI, secret: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of every scope without a rate limit."""
    monkeypatch.setattr(accounts.SharedRate, "wait", lambda *_: 0.0)
    return TestClient(
        app,
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {secret}"},
        raise_server_exceptions=False,
    )


def _values(schema: dict[str, Any], name: str) -> tuple[str, ...]:
    kinds = [schema, *schema.get("anyOf", ())]
    formats = {kind.get("format") for kind in kinds}
    if {"date", "date-time"} & formats or name in {"from", "to", "day"}:
        return DAYS
    if "uuid" in formats:
        return IDS
    if {"integer", "number"} & {kind.get("type") for kind in kinds}:
        return NUMBERS
    return TEXTS


def _operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _filled(path: str, operation: dict[str, Any], name: str, value: str) -> str:
    for parameter in operation.get("parameters", ()):
        usual = value if parameter["name"] == name else str(uuid4())
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(usual, safe="%") or "%20")
    return path


def _usual(operation: dict[str, Any]) -> dict[str, str]:
    """Ordinary periods, so that only the tested parameter is extreme."""
    names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    return {k: v for k, v in {"from": "2026-11-01", "to": "2026-11-19"}.items() if k in names}


def _asked(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with each of its parameters at each extreme."""
    for path, method, operation in _operations(app):
        for parameter in operation.get("parameters", ()):
            name, place = parameter["name"], parameter["in"]
            for value in _values(parameter.get("schema", {}), name):
                address = _filled(path, operation, name, value)
                query = _usual(operation)
                if place == "query":
                    query[name] = value
                    if name in {"from", "to"}:
                        yield method, address, {"params": {"from": DAYS[0], "to": DAYS[1]}}
                        yield method, address, {"params": {"from": value, "to": value}}
                yield method, address, {"params": query}
            for value in RAW if place == "query" else ():
                yield method, f"{_filled(path, operation, '', '')}?{name}={value}", {}


def _is_a_sentence(answer: Any) -> bool:
    if answer.status_code < 400 or "json" not in answer.headers.get("content-type", ""):
        return True
    told = answer.json()
    return bool(told.get("detail") or told.get("error") or told.get("errors"))


def test_every_parameter_at_its_extremes_is_4xx_with_a_sentence(
    api: TestClient, app: FastAPI
) -> None:
    """The first and the last day, ids and texts of any length, numbers of any size."""
    wrong, asked = [], 0
    for method, address, options in _asked(app):
        answer = api.request(method, address, **options)
        asked += 1
        if answer.status_code >= 500 or not _is_a_sentence(answer):
            wrong.append((method, address[:80], str(options)[:120], answer.status_code))

    assert [] == wrong
    assert asked > 300


def test_every_header_at_its_extremes_is_not_5xx(api: TestClient, app: FastAPI) -> None:
    """On a route that reads, one that writes, a page, and one of another API's dialect."""
    wrong = []
    routes = (
        ("GET", "/api/v1/campaigns"),
        ("POST", "/api/v1/campaigns"),
        ("PATCH", f"/api/v1/campaigns/{uuid4()}"),
        ("GET", "/sign-in"),
        ("POST", "/sign-out"),
        ("GET", "/static/app.css"),
        ("GET", "/api/2/subscriptions/me.opml"),
    )
    for name, values in HEADERS.items():
        for value in values:
            for method, path in routes:
                sent = {name: value.encode("utf-8")}
                answer = api.request(method, path, headers=sent)  # type: ignore[arg-type]
                if answer.status_code >= 500 or not _is_a_sentence(answer):
                    wrong.append((name, value[:30], method, path, answer.status_code))

    assert [] == wrong


def test_every_page_with_an_extreme_id_in_its_address_is_not_5xx(
    api: TestClient, app: FastAPI, workspace: Workspace
) -> None:
    """Routes that are not in the API's document too, as a member of every scope."""
    api.cookies.set("wh_session", session_of(workspace))
    wrong, asked = [], 0
    for context in iter_route_contexts(app.routes):
        path = context.path or ""
        if "{" not in path or "GET" not in (context.methods or ()):
            continue
        for value in (*RAW, "f" * 5000, "9" * 400):
            answer = api.get(re.sub(r"{[^}]+}", value, path))
            asked += 1
            if answer.status_code >= 500:
                wrong.append((path, value[:20], answer.status_code))

    assert [] == wrong
    assert asked > 300


def _cursors() -> Iterator[str]:
    """Cursors of the form that the API sends, with other contents, and one of deep JSON."""
    yield urlsafe_b64encode(b"[" * 40_000).decode()
    names = ("\0", "\ud800", "", "9" * 5000, INSTANTS[0], INSTANTS[3])
    for parts in (1, 2, 4):
        for name in names:
            yield urlsafe_b64encode(dumps([INSTANTS[1], *[name] * (parts - 1)]).encode()).decode()
            yield urlsafe_b64encode(dumps([name] * (parts - 1) + [IDS[2]]).encode()).decode()


def test_every_cursor_with_other_contents_is_not_5xx(api: TestClient, app: FastAPI) -> None:
    """A cursor is opaque, but anybody can make one."""
    wrong, asked = [], 0
    for path, method, operation in _operations(app):
        if "cursor" not in {each["name"] for each in operation.get("parameters", ())}:
            continue
        for cursor in _cursors():
            query = {**_usual(operation), "cursor": cursor.rstrip("=")}
            answer = api.request(method, _filled(path, operation, "", ""), params=query)
            asked += 1
            if answer.status_code >= 500 or not _is_a_sentence(answer):
                wrong.append((path, cursor[:40], answer.status_code))

    assert [] == wrong
    assert asked > 300


@pytest.mark.parametrize("value", ["x" * 256, "a b", "é", ""])
def test_an_idempotency_key_that_is_none_is_refused_by_its_name(
    api: TestClient, value: str
) -> None:
    """The header was once documented, and so validated, as "-key"."""
    answer = api.post(
        "/api/v1/sponsors",
        json={"name": "A"},
        headers=[(b"Idempotency-Key", value.encode())],
    )

    assert 422 == answer.status_code
    assert "header.Idempotency-Key" in answer.json()["detail"]


def test_every_header_parameter_is_documented_under_a_name_that_can_be_sent(app: FastAPI) -> None:
    """FastAPI derives a header's name from the variable's, including a leading underscore."""
    names = {
        parameter["name"].lower()
        for _, _, operation in _operations(app)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    }

    assert names == {"idempotency-key", "if-match", "if-none-match", "last-event-id"}


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every leaf value in a body, by its path."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        if isinstance(part, dict | list) and part:
            yield from _leaves(part, (*path, key))
        else:
            yield (*path, key), part


def _changed(body: Any, path: tuple[Any, ...], value: object) -> Any:
    changed = deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def _extremes(path: tuple[Any, ...], usual: Any) -> tuple[Any, ...]:
    """Extreme values for a leaf, by the type of its usual value."""
    if isinstance(usual, bool) or not isinstance(usual, str):
        return (*WHOLE, *OTHER_KINDS)
    if usual[:4].isdigit() and usual[4:5] == "-":
        return (*DAYS, *INSTANTS, *OTHER_KINDS)
    if str(path[-1]).endswith("id") or len(usual) == 36:
        return (*IDS, *OTHER_KINDS)
    if usual[:1].isdigit():
        return (*NUMBERS, *OTHER_KINDS)
    return (*TEXTS, *OTHER_KINDS)


_ACCEPTED = {"formats": ["json"], "website": "https://a.example", "episode_guids": []}
"""Values where the sample of a schema would be refused."""


def _bodies(app: FastAPI, tenant: Tenant) -> Iterator[tuple[str, str, Any, Any]]:
    """Every documented body with each of its values at each extreme, the others as usual."""
    document = app.openapi()
    for path, method, operation in _operations(app):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "schema" not in content:
            continue
        body = _sample(content["schema"], document, tenant, "", optional=True)
        body |= {name: value for name, value in _ACCEPTED.items() if name in body}
        address = _filled(path, operation, "", "")
        yield method, address, None, body
        for leaf, usual in _leaves(body):
            for value in _extremes(leaf, usual):
                yield method, address, leaf, _changed(body, leaf, value)


def test_every_value_of_every_body_at_its_extremes_is_not_5xx(
    workspace: Workspace, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Extreme dates with offsets, ids and numbers of any size, values of other types."""
    monkeypatch.setattr(accounts.SharedRate, "wait", lambda *_: 0.0)
    wrong, accepted = [], set()
    with clock.frozen(NOW):
        tenant = filled(workspace, "zqextreme", tmp_path)
        tenant.ids = _ids(workspace, second_organization(workspace))
        user, password = tenant.listener
        basic = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
        client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        for method, address, leaf, body in _bodies(app, tenant):
            for credential in (f"Bearer {tenant.key}", basic):
                sent = {"Authorization": credential}
                answer = client.request(method, address, json=body, headers=sent)
                if answer.status_code != 401:
                    break
            if answer.status_code < 300 and leaf is None:
                accepted.add(address)
            if answer.status_code >= 500 or not _is_a_sentence(answer):
                value = str(body)[:150]
                wrong.append((method, address, leaf, value, answer.status_code, answer.text[:90]))

    assert [] == wrong
    assert {"/api/v1/sponsors", "/api/v1/conversions", "/api/v1/reports"} <= accepted
