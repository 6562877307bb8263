"""Nextcloud's login flow v2, which gives apps of that dialect a password: start, grant, poll once.

Pending flows stay in this process's memory for twenty minutes; the granted password is only
returned to the app that started the flow. Without ``from __future__ import annotations``: FastAPI
must see the types.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners.http.common import RouteDependencies, raw_body
from wavehouse.listeners.http.page import form_token, shown
from wavehouse.listeners.rules import secret_hash
from wavehouse.listeners.service import accounts
from wavehouse.listeners.service.limits import Limit

_PATIENCE = timedelta(minutes=20)
_MOST = 1_000
_FORM = (
    '<form method="post"><p>An app wants to store your positions and shows here. Enter the '
    "app password that you created for it.</p>"
    '<p><label>E-mail address <input name="email" type="email" autocomplete="username" required>'
    '</label></p><p><label>App password <input name="password" type="password" '
    'autocomplete="off" required></label></p><button>Grant access</button></form>'
)


@dataclass(slots=True)
class _Flow:
    poll: bytes
    until: datetime
    username: str = ""
    password: str = ""


class _Waiting:
    """Pending flows by the hash of the page's token; beyond a limit the oldest are dropped."""

    def __init__(self) -> None:
        self._flows: dict[bytes, _Flow] = {}
        self._lock = threading.Lock()

    def begin(self) -> tuple[str, str]:
        """Start a flow; returns the tokens of the login page and of polling."""
        page, poll = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._lock:
            self._forget()
            self._flows[secret_hash(page)] = _Flow(secret_hash(poll), clock.now() + _PATIENCE)
        return page, poll

    def known(self, page: str) -> bool:
        """Whether a flow with this page token is pending."""
        with self._lock:
            self._forget()
            flow = self._flows.get(secret_hash(page))
            return flow is not None and not flow.password

    def grant(self, page: str, username: str, password: str) -> None:
        """Store the credentials that the app receives."""
        with self._lock:
            flow = self._flows.get(secret_hash(page))
            if flow is not None:
                flow.username, flow.password = username, password

    def take(self, poll: str) -> tuple[str, str] | None:
        """The granted credentials; returned only once."""
        wanted = secret_hash(poll)
        with self._lock:
            self._forget()
            for page, flow in self._flows.items():
                if secrets.compare_digest(flow.poll, wanted) and flow.password:
                    del self._flows[page]
                    return flow.username, flow.password
        return None

    def _forget(self) -> None:
        now = clock.now()
        for page in [page for page, flow in self._flows.items() if flow.until <= now]:
            del self._flows[page]
        while len(self._flows) >= _MOST:
            del self._flows[next(iter(self._flows))]


def router(doors: RouteDependencies, prefix: str = "") -> APIRouter:
    """``/index.php/login/v2``, its page and its polling."""
    api = APIRouter(prefix=prefix, include_in_schema=False)
    waiting, base = _Waiting(), f"{doors.site.origin}{prefix}"

    def address(request: Request) -> str:
        """The server's address: site_url, or else the address that the app used."""
        return base if doors.site.is_set else f"{request.url.scheme}://{request.url.netloc}{prefix}"

    @api.post("/login/v2")
    @api.post("/index.php/login/v2")
    def begin(request: Request) -> dict[str, Any]:
        doors.limit(request, Limit("login flow", 10, 6.0))
        page, poll = waiting.begin()
        flow = f"{address(request)}/index.php/login/v2"
        return {
            "poll": {"token": poll, "endpoint": f"{flow}/poll"},
            "login": f"{flow}/flow/{page}",
        }

    @api.get("/login/v2/flow/{page}")
    @api.get("/index.php/login/v2/flow/{page}")
    def show(page: str) -> Response:
        return (
            HTMLResponse(shown("Grant access to an app", _FORM)) if waiting.known(page) else _gone()
        )

    @api.post("/login/v2/flow/{page}")
    @api.post("/index.php/login/v2/flow/{page}")
    def grant(page: str, request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        if not waiting.known(page):
            return _gone()
        email, password = _form(body)
        doors.limit(request, Limit("login flow grant", 10, 6.0))
        try:
            caller, _ = accounts.by_password(doors.database, username=email, password=password)
        except NotSignedIn:
            again = "<p><strong>Wrong email address or app password.</strong></p>"
            return HTMLResponse(shown("Grant access to an app", again + _FORM), status_code=401)
        waiting.grant(page, caller.email, password)
        return HTMLResponse(shown("Access granted", "<p>Return to the app.</p>"))

    @api.post("/login/v2/poll")
    @api.post("/index.php/login/v2/poll")
    def poll(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        login = waiting.take(form_token(body))
        if login is None:
            return JSONResponse([], status_code=404)
        return JSONResponse(
            {"server": address(request), "loginName": login[0], "appPassword": login[1]}
        )

    return api


def _gone() -> Response:
    text = "<p>It was used, or is older than 20 minutes. Start again in the app.</p>"
    return HTMLResponse(shown("This page has expired", text), status_code=404)


def _form(body: bytes) -> tuple[str, str]:
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=5)
    except ValueError:
        raise HTTPException(400) from None
    return fields.get("email", [""])[0], fields.get("password", [""])[0]
