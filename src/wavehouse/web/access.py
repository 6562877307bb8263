"""Signing in and out: one-time links, the session cookie, CSRF tokens, and a rate limit."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import InvalidInput, NotSignedIn, Refused
from wavehouse.web import pages
from wavehouse.web.services import Services
from wavehouse.web.site import Site
from wavehouse.web.view import Message
from wavehouse.wiring.access import access_to_page

SESSION = "wh_session"
CSRF = "wh_csrf"
BROWSER = "wh_browser"
_LONGEST_FORM = 8_192
_SEE_OTHER = 303


async def form(request: Request) -> dict[str, str]:
    """The fields of a small urlencoded form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise InvalidInput("The form is too long.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise InvalidInput("The form cannot be read.") from None


Form = Annotated[dict[str, str], Depends(form)]


def signed_in(request: Request, services: Services) -> Identity:
    """The identity of the session; NotSignedIn without a valid one."""
    who = services.session(request.cookies.get(SESSION, ""))
    if who is None:
        raise NotSignedIn(
            "Sign in to see this page.",
            hint="Open the one-time link that Wavehouse printed at its start, or print a new one:",
        )
    check_role(request, who)
    return who


def check_role(request: Request, identity: Identity) -> None:
    """Refused when the identity's role may not open the requested page."""
    path = getattr(request.scope.get("route"), "path", request.url.path)
    accounts.require(identity.role, access_to_page(request.method, path))


def csrf_token(request: Request) -> str:
    """The visitor's token for forms: the one from the cookie, or a new one."""
    known = request.cookies.get(CSRF, "")
    return known if len(known) >= 32 else secrets.token_urlsafe(32)


def remember_csrf(request: Request, response: Response, token: str, site: Site) -> None:
    """Set the CSRF cookie unless it is already set."""
    if request.cookies.get(CSRF) != token:
        response.set_cookie(
            CSRF, token, httponly=True, samesite="lax", secure=site.secure, path="/"
        )


def remember_session(response: Response, cookie: str, expires_at: datetime, site: Site) -> None:
    """Set the cookie of a new session, and delete the form's token."""
    response.set_cookie(
        SESSION,
        cookie,
        expires=expires_at,
        httponly=True,
        samesite="lax",
        secure=site.secure,
        path="/",
    )
    response.delete_cookie(CSRF, path="/")


def check_csrf(request: Request, fields: dict[str, str]) -> None:
    """Refuse a form that was not sent from our pages (double submit, and Fetch metadata)."""
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    cookie, sent = request.cookies.get(CSRF, ""), fields.get("csrf", "")
    same = hmac.compare_digest(cookie.encode(), sent.encode())
    if foreign or not cookie or not same:
        raise Refused(
            "This form is out of date or came from another site.",
            hint="Reload the page and try again; cookies must be allowed.",
        )


def router(services: Services, site: Site) -> APIRouter:
    """Signing in and out. Opening a link does not consume it; the button does."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    def show(request: Request, token: str = "", did: str = "") -> Response:
        if not token and services.session(request.cookies.get(SESSION, "")):
            return RedirectResponse("/", status_code=_SEE_OTHER)
        csrf = csrf_token(request)
        page = _WELCOME if token else _JOINED if did == "joined" else _invitation(site)
        response = HTMLResponse(pages.sign_in(page, token=token, csrf=csrf, provider=site.provider))
        remember_csrf(request, response, csrf, site)
        return response

    @routes.post("/sign-in")
    def enter(request: Request, fields: Form) -> Response:
        check_csrf(request, fields)
        services.slow_down(request.client.host if request.client else "")
        opened = services.sign_in(fields.get("token", ""), request.cookies.get(BROWSER, ""))
        response = RedirectResponse("/", status_code=_SEE_OTHER)
        remember_session(response, opened.cookie, opened.expires_at, site)
        return response

    @routes.post("/sign-out")
    def leave(request: Request, fields: Form) -> Response:
        check_csrf(request, fields)
        services.sign_out(request.cookies.get(SESSION, ""))
        response = RedirectResponse("/sign-in", status_code=_SEE_OTHER)
        response.delete_cookie(SESSION, path="/")
        response.delete_cookie(CSRF, path="/")
        return response

    return routes


_WELCOME = Message("Welcome", "This one-time link signs you in on this browser.")
_JOINED = Message("You are now a member", "Sign in as usual; the organization is in your list.")


def _invitation(site: Site) -> Message:
    return Message(
        "Sign in",
        "Use a link by email, a passkey or a password; the server's operator can also print a "
        "link:",
        command=site.sign_in_command,
    )
