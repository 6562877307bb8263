"""The page that a link in a letter opens. Looking at it does not use the link up, its button does.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from wavehouse.listeners.http import accounts
from wavehouse.listeners.http.common import Doors, keep_session, raw_body
from wavehouse.listeners.service import links

_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>Sign in</title></head><body><main>'
)
_FOOT = "</main></body></html>"


def router(doors: Doors) -> APIRouter:
    """``/listener/sign-in``: a form without scripts."""
    pages = APIRouter(include_in_schema=False)
    brake = accounts.tokens()

    @pages.get(accounts.PAGE)
    def show(token: Annotated[str, Query(max_length=200)] = "") -> Response:
        return HTMLResponse(
            f'{_HEAD}<h1>Sign in</h1><form method="post" action="{accounts.PAGE}">'
            f'<input type="hidden" name="token" value="{escape(token)}">'
            f"<p>This works in the browser in which you asked for the letter.</p>"
            f"<button>Sign in</button></form>{_FOOT}"
        )

    @pages.post(accounts.PAGE)
    def enter(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        brake.check(request)
        try:
            (token,) = parse_qs(body.decode("ascii"), max_num_fields=5).get("token", [""])
        except ValueError:
            raise HTTPException(400) from None
        _, session = links.redeem(
            doors.database, token=token, browser=request.cookies.get(accounts.BROWSER, "")
        )
        done = HTMLResponse(f"{_HEAD}<h1>You are signed in</h1>{_FOOT}")
        keep_session(done, session, secure=doors.site.secure)
        return done

    return pages
