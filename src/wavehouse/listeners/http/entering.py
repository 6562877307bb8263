"""``/listener/sign-in``: request an email, use a passkey, or redeem an emailed link.

Opening a link does not consume it, its button does, because mail programs open links to inspect
them. Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from wavehouse.kernel.errors import InvalidInput
from wavehouse.listeners.http import accounts, page
from wavehouse.listeners.http.common import RouteDependencies, keep_session, raw_body
from wavehouse.listeners.service import links

LETTER = "/listener/letter"
_DID = {
    "asked": "If this address has an account, an email is on its way. Its link works once, within "
    "15 minutes, in this browser.",
    "out": "You are signed out.",
}


def router(doors: RouteDependencies, limits: accounts.LinkLimits) -> APIRouter:
    """Forms that work without scripts, and a button for passkeys."""
    pages = APIRouter(include_in_schema=False, route_class=page.PageRoute)
    Fields = Annotated[dict[str, str], Depends(page.own_form(doors.site))]  # noqa: N806 - a type

    def form(request: Request, email: str = "", wrong: str = "", again: str = "") -> HTMLResponse:
        did = _DID.get(request.query_params.get("did", ""), "")
        return page.page(
            request,
            doors.site,
            "sign_in.html",
            status=422 if wrong else 200,
            said="" if wrong else did,
            email=email,
            wrong=wrong,
            again=again,
            action=LETTER,
        )

    @pages.get(accounts.PAGE)
    def show(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
        if token:
            return page.page(request, doors.site, "link.html", token=token, action=accounts.PAGE)
        known = page.visitor(request, doors)
        mine = known.email if known else ""
        return form(request, email=mine, again=mine)

    @pages.post(LETTER)
    def ask(request: Request, fields: Fields) -> Response:
        email = fields.get("email", "")
        done = page.back(accounts.PAGE, "asked")
        try:
            accounts.send_link(doors, limits, request, done, email)
        except InvalidInput as error:
            wrong = f"{page.sentence(error.message)}. {error.hint}"
            return form(request, email=email, wrong=wrong)
        return done

    @pages.post(accounts.PAGE)
    def enter(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        # No CSRF token: other sites know neither the email's token nor this browser's cookie.
        page.check_origin(request, doors.site)
        limits.redeeming.check(request)
        _, session = links.redeem(
            doors.database,
            token=page.form_token(body),
            browser=request.cookies.get(accounts.BROWSER, ""),
        )
        done = page.back("/listener", "in")
        keep_session(done, session, secure=doors.site.secure)
        done.delete_cookie(page.CSRF, path="/listener")
        return done

    return pages
