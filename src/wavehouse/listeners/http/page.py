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


def router(doors: Doors) -> APIRouter:
    """``/listener/sign-in``: a form without scripts."""
    pages = APIRouter(include_in_schema=False)
    brake = accounts.tokens()

    @pages.get(accounts.PAGE)
    def show(token: Annotated[str, Query(max_length=200)] = "") -> Response:
        return HTMLResponse(
            shown(
                "Sign in",
                f'<form method="post" action="{accounts.PAGE}">'
                f'<input type="hidden" name="token" value="{escape(token)}">'
                "<p>This works in the browser in which you asked for the letter.</p>"
                "<button>Sign in</button></form>",
            )
        )

    @pages.post(accounts.PAGE)
    def enter(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        brake.check(request)
        _, session = links.redeem(
            doors.database,
            token=form_token(body),
            browser=request.cookies.get(accounts.BROWSER, ""),
        )
        done = HTMLResponse(shown("You are signed in", ""))
        keep_session(done, session, secure=doors.site.secure)
        return done

    return pages


def shown(title: str, content: str) -> str:
    """A whole page; ``content`` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"</head><body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )


def form_token(body: bytes) -> str:
    """The token of an urlencoded form. 400 for what is none."""
    try:
        (token,) = parse_qs(body.decode("ascii"), max_num_fields=5).get("token", [""])
    except ValueError:
        raise HTTPException(400) from None
    return token
