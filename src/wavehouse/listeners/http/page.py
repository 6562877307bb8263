"""Shared parts of the listener pages: layout, form tokens, error pages.

The pages load the style sheet and a script from ``/static``, nothing else; all but passkeys works
without scripts. Without ``from __future__ import annotations``: FastAPI must see the types.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from fastapi import Request
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wavehouse.kernel.errors import InvalidInput, NotSignedIn, Refused, WavehouseError
from wavehouse.listeners.http.common import COOKIE, RouteDependencies
from wavehouse.listeners.service import sessions
from wavehouse.listeners.types import Caller, Site

CSRF = "wh_listener_csrf"
_LONGEST_FORM = 8_192
_SEE_OTHER = 303


class PageRoute(APIRoute):
    """A route for people: its errors are listener pages with the next step."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, with its errors caught."""
        answer = super().get_route_handler()

        async def worded(request: Request) -> Response:
            try:
                return await answer(request)
            except WavehouseError as error:
                return _in_words(error)

        return worded


def visitor(request: Request, doors: RouteDependencies) -> Caller | None:
    """The caller by a personal sign-in; app sessions do not count on a page."""
    token = request.cookies.get(COOKIE, "")
    caller = sessions.caller(doors.database, token=token) if token else None
    return None if caller is None or caller.by_app else caller


def page(
    request: Request, site: Site, name: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    """A page with a form token, which is also set as a cookie in this browser."""
    known = request.cookies.get(CSRF, "")
    csrf = known if len(known) >= 32 else secrets.token_urlsafe(32)
    response = _drawn(name, status=status, csrf=csrf, **values)
    if csrf != known:
        response.set_cookie(
            CSRF, csrf, httponly=True, samesite="lax", secure=site.secure, path="/listener"
        )
    return response


def shown(title: str, content: str) -> str:
    """A whole page with one message; ``content`` is HTML."""
    return _text("message.html", title=title, content=Markup(content))  # noqa: S704 - escaped there


def back(path: str, did: str) -> Response:
    """Redirect to a page after a form was processed, with the result."""
    return RedirectResponse(f"{path}?{urlencode({'did': did})}", status_code=_SEE_OTHER)


def form_token(body: bytes) -> str:
    """The token of an urlencoded form. 400 for other bodies."""
    try:
        (token,) = parse_qs(body.decode("ascii"), max_num_fields=5).get("token", [""])
    except ValueError:
        raise HTTPException(400) from None
    return token


def own_form(site: Site) -> Callable[[Request], Awaitable[dict[str, str]]]:
    """A dependency: the fields of a form of ours, sent by the browser it was shown to.

    The session cookie is not sent from other sites (``SameSite=Lax``); the token protects where a
    sibling site or an old browser defeats that. Refused for anything else.
    """

    async def fields(request: Request) -> dict[str, str]:
        check_origin(request, site)
        form = await _fields(request)
        cookie, sent = request.cookies.get(CSRF, ""), form.get("csrf", "")
        if not cookie or not hmac.compare_digest(cookie.encode(), sent.encode()):
            raise _foreign()
        return form

    return fields


def check_origin(request: Request, site: Site) -> None:
    """Refused when the browser reports that another site sent this.

    ``Origin`` is ``null`` from our own pages, because they send no referrer.
    """
    origin = request.headers.get("origin", "null")
    here = (site.origin, "null")
    strange = origin not in here and urlsplit(origin).netloc != request.headers.get("host")
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    if strange or fetched not in ("same-origin", "none"):
        raise _foreign()


def _foreign() -> Refused:
    return Refused(
        "this form is out of date or came from another site",
        hint="Go back to the page and try again; cookies must be allowed.",
    )


async def _fields(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise InvalidInput("the form is too long")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise InvalidInput("the form cannot be read") from None


def sentence(text: str) -> str:
    """An error message as a sentence: messages start in lower case for the terminal."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".")


def _in_words(error: WavehouseError) -> Response:
    return _drawn(
        "error.html",
        status=error.http_status,
        title=sentence(error.message),
        hint=error.hint,
        command=error.command,
        signs_in=isinstance(error, NotSignedIn | Refused),
        goes_back=not isinstance(error, NotSignedIn),
    )


def _drawn(name: str, *, status: int, **values: object) -> HTMLResponse:
    return HTMLResponse(
        _text(name, **values), status_code=status, headers={"Cache-Control": "no-store"}
    )


def _text(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("wavehouse.listeners.http", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
