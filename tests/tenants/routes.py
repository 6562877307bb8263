"""The walk of every route: requests as one tenant, with the ids of another in each parameter.

Routes come from the application itself, bodies from its OpenAPI document and forms from its pages,
so a new route is walked automatically.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from tests.tenants import key_of, session_of
from tests.tenants.rows import Rows
from tests.tenants.world import FIRST, LAST, Tenant

PUBLIC = {
    "/p/{key}.gif": "a sponsor's page reports an order to the pixel it has",
    "/p/{key}/landing.gif": "a sponsor's page reports a visit to the pixel it has",
    "/websub/{subscription_id}": "a hub announces a change; only its signature counts",
    "/p/{key}.js": "the script is the same for every pixel",
}
"""Routes that anyone may call with a tenant's public key; they reveal nothing about it."""
PUBLISHED = {
    "/studio/feeds/{project_id}/feed.xml": "a public feed is for whoever has its address",
}
"""Routes that show what a tenant has published; a private feed needs its token."""
ENDLESS = {
    "/api/v1/listener/events": "an open stream; what it sends are the caller's rows of /changes",
}
"""Routes with an endless response: an in-process client would wait forever."""
CSRF = "walk-of-tenants-walk-of-tenants-walk-of-tenants"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_REFUSED = {400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422}


@dataclass(slots=True)
class Walked:
    """The requests, and data that crossed from one tenant to another."""

    thorough: bool = False
    """Whether each option of a command gets every kind of value."""
    routes: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    asked: int = 0
    reached: int = 0
    """Requests answered with 2xx, which show that the walk passes authorization."""
    crossings: list[str] = field(default_factory=list)
    planted: set[str] = field(default_factory=set)
    """Texts stored by the attacker itself, which its own rows may show."""


def leaks(text: str, sent: set[str], victim: Tenant) -> set[str]:
    """The victim's secrets in a text, except echoed ones."""
    lower = text.lower()
    if not any(secret.lower() in lower for secret in victim.secrets):
        return set()
    echoes = {form.lower() for each in sent - {""} for form in (each, quote(each))}
    for each in sorted(echoes, key=len, reverse=True):
        lower = lower.replace(each, "")
    return {secret for secret in victim.secrets if secret.lower() in lower}


def values_for(name: str, victim: Tenant) -> list[str]:
    """The victim's values for a parameter: by its name, or one of every kind."""
    known = {
        "from": f"{FIRST}",
        "to": f"{LAST}",
        "first_day": f"{FIRST}",
        "last_day": f"{LAST}",
        "user": victim.listener[0],
        "device": f"phone-{victim.word}",
        "form": "json",
        "key": victim.pixel,
        "email": victim.listener[0],
        "content_id": f"piece-{victim.word}",
        "account_id": f"learner-{victim.word}",
        "event_id": f"play-{victim.word}",
    }
    if name == "session_id":
        return [f"session-{victim.word}", *victim.ids.get(name, [])[:1]]
    if name in known:
        return [known[name]]
    column = name if name.endswith("_id") else f"{name.removesuffix('s')}_id"
    if column in victim.ids:
        return victim.ids[column][:2]
    kinds = ("podcast_id", "campaign_id", "report_id")
    return [f"Autumn {victim.word}", *(victim.ids[kind][0] for kind in kinds)]


def walk_routes(app: FastAPI, attacker: Tenant, victim: Tenant, walked: Walked) -> None:
    """Request every route as the attacker, with the victim's ids."""
    rows = Rows(victim)
    walk = _Walk(app, attacker, victim, rows, walked)
    try:
        for context in iter_route_contexts(app.routes):
            if getattr(context, "endpoint", None) is not None and context.path not in ENDLESS:
                walk.route(context)
        walk.forms()
    finally:
        rows.close()


class _Walk:
    def __init__(
        self, app: FastAPI, attacker: Tenant, victim: Tenant, rows: Rows, walked: Walked
    ) -> None:
        self._app, self._attacker, self._victim = app, attacker, victim
        self._rows, self._walked = rows, walked
        self._paths = app.openapi()
        self._visitor = self._client(attacker)
        self._credential = ""

    def _client(self, tenant: Tenant) -> TestClient:
        return TestClient(
            self._app,
            base_url="http://localhost",
            cookies={"wh_session": tenant.cookie, "wh_csrf": CSRF},
            headers={"Accept": "text/html, application/json", "Origin": "http://localhost"},
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def route(self, context: Any) -> None:
        """Every method of a route, with every credential, with each of the victim's values."""
        dependant = getattr(context, "dependant", None)
        query = dependant.query_params if dependant else []
        self._credential = f"Bearer {key_of(self._attacker.workspace)}"
        for method in sorted(context.methods - {"OPTIONS"}):
            self._walked.routes.add(f"{method} {context.path}")
            for path, asked, body in self._requests(context, method, query):
                if self._ask(context.path, method, path, asked, body) == 401:
                    user, password = self._attacker.listener
                    basic = b64encode(f"{user}:{password}".encode()).decode()
                    self._credential = f"Basic {basic}"
                    self._ask(context.path, method, path, asked, body)
        self._compare(f"the requests to {context.path}", context.path)

    def _requests(
        self, context: Any, method: str, query: list[Any]
    ) -> Iterator[tuple[dict[str, str], dict[str, str], Any]]:
        required = {p.alias: values_for(p.alias, self._victim)[0] for p in query if _must(p)}
        in_path = [re.sub(r":.*", "", each) for each in re.findall(r"{([^}]+)}", context.path)]
        for path in _zipped({name: values_for(name, self._victim) for name in in_path}):
            for body in self._bodies(context.path, method):
                yield path, required, body
        path = {name: values_for(name, self._victim)[0] for name in in_path}
        for param in query:
            if not _must(param) and _textual(param):
                for value in values_for(param.alias, self._victim):
                    yield path, {**required, param.alias: value}, None

    def _bodies(self, path: str, method: str) -> list[Any]:
        """Bodies of the documented schema with the victim's ids; a guess where there is none."""
        if method in _SAFE:
            return [None]
        operation = self._paths["paths"].get(path, {}).get(method.lower(), {})
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "schema" not in schema:
            ids = {name: values[0] for name, values in self._victim.ids.items()}
            return [None, ids, [ids]]
        return [_sample(schema["schema"], self._paths, self._victim, "", optional=more)
                for more in (False, True)]  # fmt: skip

    def _ask(
        self,
        route: str,
        method: str,
        path: dict[str, str],
        query: dict[str, str],
        body: Any,
    ) -> int:
        address = re.sub(r"{(\w+)[^}]*}", lambda m: path.get(m[1], ""), route)
        answer = self._visitor.request(
            method, address, params=query, json=body, headers={"Authorization": self._credential}
        )
        sent = {*path.values(), *query.values(), *_texts(body)}
        what = f"{method} {address} {query or ''} {body or ''}"
        self._judge(route, what, answer, sent, names_victim=_has_id(path))
        return int(answer.status_code)

    def _judge(
        self, route: str, what: str, answer: Any, sent: set[str], *, names_victim: bool
    ) -> None:
        self._walked.asked += 1
        self._walked.reached += answer.status_code < 300
        if answer.request.method not in _SAFE:
            self._walked.planted |= sent
        shown = f"{answer.headers} {answer.text}"
        found = leaks(shown, sent | self._walked.planted, self._victim)
        if found and route not in PUBLISHED:
            self._walked.crossings.append(f"{what}: {answer.status_code} shows {sorted(found)[:3]}")
        if answer.status_code >= 500:
            self._walked.crossings.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        public = route in PUBLIC or route in PUBLISHED
        if names_victim and not public and answer.status_code not in _REFUSED:
            self._walked.crossings.append(f"{what}: {answer.status_code} for another tenant's id")
        if answer.request.method not in _SAFE and answer.status_code < 400:
            self._compare(what, route)

    def _compare(self, what: str, route: str) -> None:
        """Record a crossing when a row of the victim has changed."""
        changed = self._rows.changed()
        if changed and route not in PUBLIC:
            self._walked.crossings.append(f"{what}: changed {changed}")

    def forms(self) -> None:
        """The victim's own pages: follow each of their links and forms as the attacker.

        A link that is on many pages, as those of the navigation are, is followed once.
        """
        host = self._client(self._victim)
        followed: set[str] = set()
        pages = [
            context.path
            for context in iter_route_contexts(self._app.routes)
            if "GET" in (getattr(context, "methods", None) or ())
            and not context.include_in_schema
            and context.path
            and "{" not in context.path
        ]
        for page in pages:
            shown = host.get(page)
            if "text/html" not in shown.headers.get("content-type", ""):
                continue
            links = set(re.findall(r'href="(/[^"#]*)"', shown.text)) - followed
            followed |= links
            for address in sorted(links):
                if not address.startswith("/static"):
                    link = address.replace("&amp;", "&")
                    answer = self._visitor.get(link)
                    ids = {each for each in self._victim.secrets if each in link}
                    self._judge(link, f"GET {link}", answer, ids, names_victim=False)
            for action, fields in _forms(shown.text):
                if "sign-out" in action:
                    continue
                answer = self._visitor.post(action, data={**fields, "csrf": CSRF})
                sent = set(fields.values())
                self._judge(action, f"POST {action} {fields}", answer, sent, names_victim=False)
            self._visitor.cookies.set("wh_session", session_of(self._attacker.workspace))


def _has_id(path: dict[str, str]) -> bool:
    return any(name.endswith("_id") for name in path)


def _must(param: Any) -> bool:
    return bool(param.field_info.is_required())


def _textual(param: Any) -> bool:
    shown = str(param.field_info.annotation)
    return "UUID" in shown or "str" in shown


def _zipped(values: dict[str, list[str]]) -> list[dict[str, str]]:
    """Combine lists up to the length of the longest."""
    most = max((len(each) for each in values.values()), default=1)
    return [{name: each[n % len(each)] for name, each in values.items()} for n in range(most)]


def _sample(
    schema: dict[str, Any], document: dict[str, Any], victim: Tenant, name: str, *, optional: bool
) -> Any:
    """A sample value of a JSON schema, the victim's wherever a name contains id."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        return _sample(schema, document, victim, name, optional=optional)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {
                each: _sample(part, document, victim, each, optional=optional)
                for each, part in schema.get("properties", {}).items()
                if optional or each in wanted or "id" in each.split("_") or each == "ids"
            }
        case "array":
            part = _sample(schema.get("items", {}), document, victim, name, optional=optional)
            return [part]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    if name == "ids":
        return victim.ids["quarantine_id"][0]
    if name.endswith(("_id", "_ids")):
        return values_for(name.removesuffix("s"), victim)[0]
    if name in ("promo_code", "order_id", "name"):
        return f"{victim.word}15"
    formats = {"date": f"{LAST}", "date-time": "2026-11-18T10:00:00Z", "uuid": ""}
    return formats.get(schema.get("format", ""), "") or _by_name(name)


def _by_name(name: str) -> str:
    samples = {"currency": "EUR", "occurred_at": "2026-11-18T10:00:00Z"}
    if name.endswith(("_day", "_date")):
        return f"{LAST}"
    if name.endswith(("value", "amount", "margin")):
        return "1.00"
    return samples.get(name, "text")


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_texts(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(_texts(each) for each in value))
    return {str(value)} if value is not None else set()


def _forms(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each form that is sent by POST, once for each of its named buttons."""
    for form in re.findall(r"<form\b.*?</form>", html, re.DOTALL):
        action = re.search(r'action="([^"]*)"', form)
        if action is None or 'method="post"' not in form:
            continue
        fields = {
            name: value
            for tag in re.findall(r"<input\b[^>]*>", form)
            if (name := _attribute(tag, "name")) and (value := _attribute(tag, "value")) is not None
        }
        for select in re.findall(r"<select\b.*?</select>", form, re.DOTALL):
            options = re.findall(r'<option[^>]*value="([^"]*)"', select)
            fields[_attribute(select, "name") or ""] = options[0] if options else ""
        buttons = [
            {_attribute(tag, "name") or "": _attribute(tag, "value") or ""}
            for tag in re.findall(r"<button\b[^>]*>", form)
            if _attribute(tag, "name")
        ]
        for button in buttons or [{}]:
            yield action[1], {**fields, **button}


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else None
