"""Callers of requests: an app password by Basic authentication, or a session cookie.

Without ``from __future__ import annotations``: FastAPI must see the dependencies' types.
"""

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.exceptions import HTTPException

from wavehouse.credentials.hashing import Hasher
from wavehouse.kernel import clock
from wavehouse.kernel.addresses import NOBODY, TrustedProxies, forwarded, trusted_of
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotSignedIn, Refused
from wavehouse.kernel.grouping import Grouped
from wavehouse.kernel.serving import address_of
from wavehouse.listeners import rules
from wavehouse.listeners.adapters.later import Later
from wavehouse.listeners.service import accounts, limits, sessions
from wavehouse.listeners.service.limits import Limit
from wavehouse.listeners.types import Caller, Site
from wavehouse.mail import Mail, mail_of
from wavehouse.store import Database, Listeners

COOKIE = "sessionid"
LARGEST_BODY = 4 * 1024 * 1024
LARGEST_ARCHIVE = 32 * 1024 * 1024
_WRONG = Limit("wrong app password", 20, 3.0)
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Wavehouse"'}
_DAYS_180 = 180 * 24 * 3600


Asking = Callable[..., Awaitable[Caller]]


@dataclass(frozen=True, slots=True)
class RouteDependencies:
    """Dependencies of the routes; ``asking`` is the caller, with one rate limit for all routes."""

    database: Database[Listeners]
    site: Site
    mail: Mail
    trusted: TrustedProxies = NOBODY
    scope: str = ""
    is_open: bool = False
    later: Later = field(default_factory=Later)
    hasher: Hasher = field(default_factory=Hasher)
    asking: Asking = field(init=False)

    def __post_init__(self) -> None:
        """Make the dependency once: separate ones would have separate rate limits (AC8)."""
        object.__setattr__(self, "asking", signing_in(self))

    def remote(self, request: Request) -> str:
        """The client's address, behind trusted proxies; stored only as a hash (P40, R06).

        For IPv6 it is the first 64 bits, as one client has the whole network.
        """
        peer = request.client.host if request.client else ""
        headers = request.headers.getlist("x-forwarded-for")
        address = forwarded(peer, ",".join(headers) or None, self.trusted)
        return address.text if address else peer

    def limit(self, request: Request, limit: Limit, *more: tuple[Limit, str]) -> None:
        """TooManyRequests when this client, or one of ``more``, has no attempts left."""
        tries = [(limit, self.remote(request)), *more]
        limits.check(self.database, *((limit, f"{self.scope}{client}") for limit, client in tries))


def doors(database: Database[Listeners], settings: Settings) -> RouteDependencies:
    """Dependencies from the settings; no connection is opened yet."""
    is_open = settings["listener_sign_up"] == "open"
    site = Site(address_of(settings), is_set=settings["site_url"] is not None)
    return RouteDependencies(
        database, site, mail_of(settings, domain=site.name), trusted_of(settings), is_open=is_open
    )


def keep_session(response: Response, token: str, *, secure: bool) -> None:
    """Set the session cookie; the server alone decides how long the session lasts (AC5)."""
    response.set_cookie(
        COOKIE, token, max_age=_DAYS_180, httponly=True, samesite="lax", secure=secure, path="/"
    )


def signing_in(doors: RouteDependencies) -> Asking:
    """A dependency: the caller of a request. 401 with a challenge if absent, 429 for guessing.

    A password takes precedence over a cookie. A cookie alone may not change anything from another
    site: Refused.
    """
    database, site = doors.database, doors.site
    callers = Grouped[str, Caller | None](partial(sessions.callers, database))

    async def caller(request: Request, response: Response) -> Caller:
        sent = request.headers.get("authorization", "")
        name, password = _basic(sent)
        token = request.cookies.get(COOKIE, "")
        if not name and sent.partition(" ")[0].lower() == "basic":
            # who sends a password means it, even one that cannot be read: never the cookie's owner
            raise HTTPException(401, headers=CHALLENGE)
        if name:
            return await asyncio.to_thread(by_password, request, response, name, password, token)
        caller = await callers.ask(token) if token else None
        if caller is None:
            raise HTTPException(401, headers=CHALLENGE)
        check_origin(request, site)
        return caller

    def by_password(
        request: Request, response: Response, name: str, password: str, token: str
    ) -> Caller:
        try:
            caller, new = accounts.by_password(
                database, username=name, password=password, cookie=token
            )
        except NotSignedIn:
            limits.check(database, (_WRONG, f"{doors.scope}{doors.remote(request)} {name}"))
            raise HTTPException(401, headers=CHALLENGE) from None
        if new != token:
            keep_session(response, new, secure=site.secure)
        return caller

    return caller


def check_origin(request: Request, site: Site) -> None:
    """Refused for a change that another site's page sends with our cookie.

    Programs send neither header. ``Origin: null`` counts as another site unless the browser reports
    the page as same-origin.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    fetched = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    is_ours = fetched in ("same-origin", "none") or (
        not fetched and (not origin or origin == site.origin or same_host(origin, request))
    )
    if not is_ours:
        raise Refused("this request came from another site", hint="Sign in on this site's pages.")


def same_host(origin: str, request: Request) -> bool:
    """Whether an origin is the host named in the request."""
    return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == request.headers.get("host")


def owning(asking: Callable[..., Caller | Awaitable[Caller]], *, fresh: bool = False) -> Asking:
    """A dependency: the listener, signed in personally. Refused for an app password.

    ``fresh`` refuses sign-ins older than 15 minutes, so that nobody can change credentials from an
    unattended browser.
    """

    async def owner(who: Annotated[Caller, Depends(asking)]) -> Caller:
        if who.by_app:
            raise Refused(
                "an app password may not change the account",
                hint="Sign in with a link, a passkey or the account password.",
            )
        if fresh and not rules.is_fresh(who.signed_in_at, clock.now()):
            raise Refused(
                "this requires a sign-in within the last 15 minutes", hint="Sign in again."
            )
        return who

    return owner


def _basic(header: str) -> tuple[str, str]:
    """The user name and the password of a header; empty when there is none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (name, password) if colon and name else ("", "")


async def json_body(request: Request) -> Any:
    """The body as JSON; 400 for a body that is not JSON, 413 for one that is too large.

    A lone surrogate, which JSON allows and text cannot hold, is rejected as well.
    """
    return _decoded(await raw_body(request))


async def archive_body(request: Request) -> Any:
    """A listener's archive as JSON; 400 for a body that is not JSON, 413 for a body too large."""
    return _decoded(await _body(request, LARGEST_ARCHIVE))


def _decoded(content: bytes) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(content) if content.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise HTTPException(400) from None


async def raw_body(request: Request) -> bytes:
    """The raw body; 413 for a body that is too large."""
    return await _body(request, LARGEST_BODY)


async def _body(request: Request, largest: int) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > largest:
            raise HTTPException(413)
    return bytes(content)


def check_user(caller: Caller, name: str) -> None:
    """P31: refuse a path of another user."""
    if name.casefold() != caller.email.casefold():
        raise HTTPException(403)
