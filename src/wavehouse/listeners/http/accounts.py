"""``/api/v1/listener``: sign-in of listeners.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPBasic
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.credentials.passwords import LONGEST, SHORTEST
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.fields import Exact
from wavehouse.listeners.http.common import COOKIE, RouteDependencies, keep_session, owning
from wavehouse.listeners.service import links, passwords, sessions
from wavehouse.listeners.service.limits import Limit
from wavehouse.listeners.types import Caller

BROWSER = "wh_listener_browser"
PAGE = "/listener/sign-in"
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_SAYS = {
    401: "Sign-in refused.",
    403: "An app password or an old sign-in may not change the account.",
    404: "Not found.",
    409: "The address already has an account.",
    422: "A field is invalid.",
    429: "Too many attempts; see Retry-After.",
}
BASIC = [Depends(HTTPBasic(auto_error=False, description="Email address and app password."))]
Email = Annotated[Exact, Field(min_length=3, max_length=255)]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class LinkIn(BaseModel):
    """The address to send a link to."""

    model_config = ConfigDict(extra="forbid")

    email: Email


class TokenIn(BaseModel):
    """The token from an email."""

    model_config = ConfigDict(extra="forbid")

    token: Token


class PasswordIn(BaseModel):
    """An email address and the password of its account."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Annotated[str, Field(min_length=1, max_length=LONGEST, repr=False)]


class NewPasswordIn(BaseModel):
    """A new password: 12 to 256 characters of any kind."""

    model_config = ConfigDict(extra="forbid")

    password: Annotated[
        str,
        Field(min_length=SHORTEST, max_length=LONGEST, repr=False),
    ]


@dataclass(frozen=True)
class LinkSentOut:
    """The lifetime of the link, which is emailed if the address has an account."""

    expires_in_seconds: int


@dataclass(frozen=True)
class SessionOut:
    """The signed-in listener; the session is in the cookie."""

    listener_id: UUID
    email: str


@dataclass(frozen=True)
class EndedOut:
    """The number of sessions that ended."""

    ended: int


@dataclass(frozen=True)
class RateLimits:
    """Rate limits by email address and by network address (AC8)."""

    doors: RouteDependencies
    email: Limit | None
    network: Limit

    def check(self, request: Request, email: str = "") -> None:
        """Raise TooManyRequests, whether the address has an account or not."""
        more = [(self.email, email)] if self.email and email else []
        self.doors.limit(request, self.network, *more)


def router(doors: RouteDependencies, limits: "LinkLimits") -> APIRouter:
    """Links and sessions."""
    api = APIRouter(prefix="/api/v1/listener", tags=["listener"])
    _links(api, doors, limits)
    _sessions(api, doors)
    _passwords(api, doors)
    return api


def email_limits(doors: RouteDependencies) -> RateLimits:
    """3 emails at once per address, then one every 5 minutes; 10 and one every 30 s per client."""
    return RateLimits(doors, Limit("email to", 3, 300.0), Limit("email from", 10, 30.0))


def token_limits(doors: RouteDependencies, name: str = "token") -> RateLimits:
    """20 redemptions at once per network address, then one every 3 s."""
    return RateLimits(doors, None, Limit(name, 20, 3.0))


def password_limits(doors: RouteDependencies) -> RateLimits:
    """5 passwords at once per email address, then one a minute; 20 and one every 3 s per client."""
    return RateLimits(doors, Limit("password of", 5, 60.0), Limit("password from", 20, 3.0))


@dataclass(frozen=True)
class LinkLimits:
    """Rate limits of requesting and redeeming links, shared by the API and the page (AC8)."""

    asking: RateLimits
    redeeming: RateLimits

    @classmethod
    def of(cls, doors: RouteDependencies) -> "LinkLimits":
        """The rate limits of an application."""
        return cls(email_limits(doors), token_limits(doors, "link"))


def send_link(
    doors: RouteDependencies, limits: LinkLimits, request: Request, response: Response, email: str
) -> None:
    """Send a link to an address if it has an account, after the response (AC8).

    The link is bound to the browser, whose cookie ``response`` sets. InvalidInput for an invalid
    address; TooManyRequests when the client exceeds the limit.
    """
    address = normalised_email(email)
    limits.asking.check(request, address)
    browser = browser_cookie(request, response, doors)
    doors.later.do(
        partial(
            links.request,
            doors.database,
            doors.mail,
            email=address,
            browser=browser,
            address=doors.site.origin + PAGE,
            is_open=doors.is_open,
        )
    )


def _links(api: APIRouter, doors: RouteDependencies, limits: LinkLimits) -> None:
    @api.post("/links", status_code=202, responses=answers(422, 429))
    def ask(body: LinkIn, request: Request, response: Response) -> LinkSentOut:
        """Send a link that signs this browser in, once, within 15 minutes (AC2).

        The response and its time are the same for an address without an account (AC8).
        """
        send_link(doors, limits, request, response, body.email)
        return LinkSentOut(int(links.LIFETIME.total_seconds()))

    @api.post("/links/redeem", responses=answers(401, 422, 429))
    def redeem(body: TokenIn, request: Request, response: Response) -> SessionOut:
        """Sign in with a link, in the browser that requested it (AC2)."""
        limits.redeeming.check(request)
        caller, token = links.redeem(
            doors.database, token=body.token, browser=request.cookies.get(BROWSER, "")
        )
        return signed_in(response, doors, caller, token)


def _sessions(api: APIRouter, doors: RouteDependencies) -> None:
    Own = Annotated[Caller, Depends(owning(doors.asking))]  # noqa: N806 - it is a type

    @api.post("/session/refresh", responses=answers(401, 403))
    def refresh(request: Request, response: Response) -> SessionOut:
        """Exchange a cookie for a new one; the old one stays valid for ten minutes (AC5).

        After that, a request with the old one ends every session of the same sign-in.
        """
        caller, token = sessions.refresh(doors.database, token=request.cookies.get(COOKIE, ""))
        return signed_in(response, doors, caller, token)

    @api.delete("/session", status_code=204)
    def sign_out(request: Request, response: Response) -> None:
        """End this session; copies of the cookie stop working too."""
        sessions.end_family(doors.database, token=request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, path="/")

    @api.delete("/sessions", dependencies=BASIC, responses=answers(401, 403, 422, 429))
    def sign_out_everywhere(who: Own, response: Response, apps: bool = False) -> EndedOut:
        """Sign out everywhere, at once; with ``apps`` all app passwords are revoked too (AC7)."""
        ended = sessions.end_all(doors.database, caller=who, apps=apps)
        response.delete_cookie(COOKIE, path="/")
        return EndedOut(ended)


def _passwords(api: APIRouter, doors: RouteDependencies) -> None:
    guessing = password_limits(doors)
    Fresh = Annotated[Caller, Depends(owning(doors.asking, fresh=True))]  # noqa: N806 - it is a type

    @api.post("/sessions", responses=answers(401, 422, 429))
    def sign_in(body: PasswordIn, request: Request, response: Response) -> SessionOut:
        """Sign in with the account's own password, if it has one (AC4).

        Wrong passwords, missing passwords and unknown addresses get the same response; the rate
        limit applies to all of them (AC8).
        """
        guessing.check(request, normalised_email(body.email))
        caller, token = passwords.sign_in(
            doors.database, doors.hasher, email=body.email, password=body.password
        )
        return signed_in(response, doors, caller, token)

    @api.put("/password", dependencies=BASIC, responses=answers(401, 403, 422, 429))
    def keep(body: NewPasswordIn, who: Fresh) -> EndedOut:
        """Set the account's password, within 15 minutes of a sign-in; other sessions end."""
        return EndedOut(
            passwords.keep(doors.database, doors.hasher, caller=who, password=body.password)
        )

    @api.delete("/password", dependencies=BASIC, responses=answers(401, 403, 429))
    def remove(who: Fresh) -> EndedOut:
        """Remove the account's password, within 15 minutes of a sign-in; other sessions end."""
        return EndedOut(passwords.remove(doors.database, caller=who))


def browser_cookie(request: Request, response: Response, doors: RouteDependencies) -> str:
    """The browser's secret that links are bound to; a new one when it has none."""
    known = request.cookies.get(BROWSER, "")
    browser = known if 32 <= len(known) <= 200 else secrets.token_urlsafe(32)
    response.set_cookie(
        BROWSER,
        browser,
        max_age=int(links.LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=doors.site.secure,
        path="/",
    )
    return browser


def signed_in(
    response: Response, doors: RouteDependencies, caller: Caller, token: str
) -> SessionOut:
    """Set the session cookie, and return the listener it belongs to."""
    keep_session(response, token, secure=doors.site.secure)
    return SessionOut(caller.listener_id, caller.email)


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Error responses of a route, for the OpenAPI document."""
    return {code: {"description": _SAYS[code], **_PROBLEM} for code in codes}
