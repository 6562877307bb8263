"""Signing in without a printed link: by an emailed link, a password, a passkey.

Responses are the same for known and unknown addresses, and every method is rate limited by client
and by address.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from wavehouse import accounts
from wavehouse.accounts import NewSession, Provider
from wavehouse.credentials.hashing import Hasher
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput, NotSignedIn
from wavehouse.kernel.limits import Rate
from wavehouse.web import access, pages
from wavehouse.web.access import BROWSER, Form
from wavehouse.web.json_body import JsonBody
from wavehouse.web.page_context import PageContext
from wavehouse.web.site import Site
from wavehouse.web.view import Message
from wavehouse.workspace import Workspace

_SEE_OTHER, _UNPROCESSABLE, _UNAUTHORIZED = 303, 422, 401
_log = logging.getLogger("wavehouse.web")
_SENT = Message(
    "Check your email",
    "If the address belongs to a member, an email with a link is on its way.",
    "The link works once, within 15 minutes, in this browser.",
)


class RateLimits:
    """Rate limits by client and by address, kept in the process."""

    def __init__(self, workspace: Workspace) -> None:
        database, settings = workspace.stores.operational, workspace.settings
        self._clients = accounts.SharedRate(database, settings, Rate("sign-in client"))
        self._addresses = accounts.SharedRate(database, settings, Rate("sign-in email", 5, 60.0))

    def check(self, request: Request, email: str = "") -> None:
        """TooManyRequests when the client or the address has no attempts left."""
        client = request.client.host if request.client else ""
        self._clients.check(client)
        if email:
            self._addresses.check(email)


def router(context: PageContext) -> APIRouter:
    """Routes of ``/sign-in/email``, ``/sign-in/password`` and ``/sign-in/passkey``."""
    routes = APIRouter(include_in_schema=False)
    limits = RateLimits(context.workspace)
    _by_email(routes, context, limits)
    _by_password(routes, context, limits)
    _by_passkey(routes, context, limits)
    _by_provider(routes, context, limits)
    return routes


def _by_email(routes: APIRouter, context: PageContext, limits: RateLimits) -> None:
    operational = context.workspace.stores.operational

    @routes.post("/sign-in/email")
    def ask(request: Request, fields: Form) -> Response:
        access.check_csrf(request, fields)
        email = normalised_email(fields.get("email", ""))
        limits.check(request, email)
        browser = browser_of(request)
        with operational.worker() as tx:
            link = accounts.request_link(tx, email=email, browser=browser)

        def send() -> None:
            if link is None:
                return
            sender, address = accounts.mailer(context.workspace.settings)
            subject, text = accounts.link_email(link, address)
            try:
                sender.send(to=email, subject=subject, text=text)
            except OSError as error:
                _log.error("An email with a sign-in link was not sent: %s", type(error).__name__)

        response = HTMLResponse(pages.message(_SENT), background=BackgroundTask(send))
        remember_browser(response, browser, context.site)
        return response


def _by_password(routes: APIRouter, context: PageContext, limits: RateLimits) -> None:
    operational, hasher = context.workspace.stores.operational, Hasher()

    @routes.post("/sign-in/password")
    def enter(request: Request, fields: Form) -> Response:
        access.check_csrf(request, fields)
        try:
            email = normalised_email(fields.get("email", ""))
            limits.check(request, email)
            session = accounts.sign_in_by_password(
                operational, hasher, email=email, password=fields.get("password", "")
            )
        except (InvalidInput, NotSignedIn) as error:
            csrf = access.csrf_token(request)
            page = Message("Sign in", f"{error.message[:1].upper()}{error.message[1:]}.")
            body = pages.sign_in(page, token="", csrf=csrf, provider=context.site.provider)
            status = _UNAUTHORIZED if isinstance(error, NotSignedIn) else _UNPROCESSABLE
            return HTMLResponse(body, status)
        return entered(session, context.site)


def _by_passkey(routes: APIRouter, context: PageContext, limits: RateLimits) -> None:
    operational = context.workspace.stores.operational

    @routes.post("/sign-in/passkey/options")
    def options(request: Request) -> Response:
        limits.check(request)
        browser = browser_of(request)
        with operational.worker() as tx:
            wanted = accounts.passkey_request(tx, site_of(context), browser=browser)
        response = JSONResponse(wanted)
        remember_browser(response, browser, context.site)
        return response

    @routes.post("/sign-in/passkey")
    def enter(request: Request, body: JsonBody) -> Response:
        limits.check(request)
        session = accounts.sign_in_by_passkey(
            operational,
            site_of(context),
            browser=request.cookies.get(BROWSER, ""),
            credential=credential_of(body),
        )
        response = JSONResponse({"to": "/"})
        access.remember_session(response, session.token, session.expires_at, context.site)
        return response


def _by_provider(routes: APIRouter, context: PageContext, limits: RateLimits) -> None:
    operational, settings = context.workspace.stores.operational, context.workspace.settings
    known: list[Provider] = []

    def provider() -> Provider:
        if not known:
            known.append(Provider.of(settings))
        return known[0]

    def redirect() -> str:
        return f"{accounts.mailer(settings)[1]}/sign-in/provider/callback"

    @routes.get("/sign-in/provider")
    def begin(request: Request) -> Response:
        limits.check(request)
        browser = browser_of(request)
        address = accounts.begin_at_provider(
            operational, provider(), redirect=redirect(), browser=browser
        )
        response = RedirectResponse(address, status_code=_SEE_OTHER)
        remember_browser(response, browser, context.site)
        return response

    @routes.get("/sign-in/provider/callback")
    def come_back(request: Request, state: str = "", code: str = "") -> Response:
        limits.check(request)
        session = accounts.sign_in_by_provider(
            operational,
            provider(),
            redirect=redirect(),
            browser=request.cookies.get(BROWSER, ""),
            state=state,
            code=code,
        )
        return entered(session, context.site)


def entered(session: NewSession, site: Site) -> Response:
    """Redirect to the overview, with the session's cookie."""
    response = RedirectResponse("/", status_code=_SEE_OTHER)
    access.remember_session(response, session.token, session.expires_at, site)
    return response


def credential_of(body: dict[str, Any]) -> dict[str, Any]:
    """The authenticator's response in a request. InvalidInput when there is none."""
    credential = body.get("credential")
    if not isinstance(credential, dict):
        raise InvalidInput("invalid response from the authenticator", where="credential")
    return credential


def browser_of(request: Request) -> str:
    """The browser's cookie, or a new one: a pending sign-in is bound to it."""
    known = request.cookies.get(BROWSER, "")
    return known if len(known) >= 32 else secrets.token_urlsafe(32)


def remember_browser(response: Response, browser: str, site: Site) -> None:
    """Set the cookie that a pending sign-in is bound to, for a day."""
    response.set_cookie(
        BROWSER,
        browser,
        max_age=86_400,
        httponly=True,
        samesite="lax",
        secure=site.secure,
        path="/",
    )


def site_of(context: PageContext) -> accounts.Site:
    """The dashboard's address, to which its passkeys belong."""
    return accounts.Site(accounts.mailer(context.workspace.settings)[1])
