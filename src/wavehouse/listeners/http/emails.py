"""``/api/v1/listener/email``: a change of address, which both mailboxes must confirm (AC9).

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from wavehouse.listeners.http.accounts import (
    BASIC,
    LinkIn,
    LinkSentOut,
    TokenIn,
    answers,
    email_limits,
    token_limits,
)
from wavehouse.listeners.http.common import RouteDependencies, owning, raw_body
from wavehouse.listeners.http.page import PageRoute, form_token, shown
from wavehouse.listeners.service import emails
from wavehouse.listeners.types import Caller

PAGE = "/listener/new-address"


@dataclass(frozen=True)
class ConfirmationOut:
    """Whether the address is changed now, or the other mailbox still has to confirm."""

    changed: bool


def router(doors: RouteDependencies) -> APIRouter:
    """Request, confirm and withdraw a change; and the page that both emails link to."""
    api = APIRouter()
    api.include_router(_api(doors))
    api.include_router(_page(doors))
    return api


def _api(doors: RouteDependencies) -> APIRouter:
    api = APIRouter(prefix="/api/v1/listener/email", tags=["listener"])
    Own = Annotated[Caller, Depends(owning(doors.asking))]  # noqa: N806 - it is a type
    Fresh = Annotated[Caller, Depends(owning(doors.asking, fresh=True))]  # noqa: N806 - it is a type
    writing, agreeing = email_limits(doors), token_limits(doors, "new address")

    @api.put("", status_code=202, dependencies=BASIC, responses=answers(401, 403, 422, 429))
    def ask(body: LinkIn, request: Request, who: Fresh) -> LinkSentOut:
        """Write to both mailboxes, within 15 minutes of a sign-in (AC9).

        The response is the same for an address that has an account (AC8).
        """
        for mailbox in (who.email, emails.checked(who, body.email)):
            writing.check(request, mailbox)
        doors.later.do(
            partial(
                emails.ask,
                doors.database,
                doors.mail,
                caller=who,
                new_email=body.email,
                address=doors.site.origin + PAGE,
            )
        )
        return LinkSentOut(int(emails.LIFETIME.total_seconds()))

    @api.post("/confirm", responses=answers(401, 409, 422, 429))
    def agree(body: TokenIn, request: Request) -> ConfirmationOut:
        """Confirm with an email's token; the second confirmation changes the address (AC9)."""
        agreeing.check(request)
        return ConfirmationOut(emails.agree(doors.database, token=body.token))

    @api.delete("", status_code=204, dependencies=BASIC, responses=answers(401, 403, 429))
    def withdraw(who: Own) -> None:
        """Cancel a pending change; the links in its emails stop working."""
        emails.withdraw(doors.database, caller=who)

    return api


def _page(doors: RouteDependencies) -> APIRouter:
    pages = APIRouter(include_in_schema=False, route_class=PageRoute)
    brake = token_limits(doors, "new address")

    @pages.get(PAGE)
    def show(token: Annotated[str, Query(max_length=200)] = "") -> Response:
        return HTMLResponse(
            shown(
                "A new address",
                f'<form method="post" action="{PAGE}">'
                f'<input type="hidden" name="token" value="{escape(token)}">'
                "<p>Both the old and the new mailbox must confirm.</p>"
                "<button>Confirm</button></form>",
            )
        )

    @pages.post(PAGE)
    def agree(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
        brake.check(request)
        changed = emails.agree(doors.database, token=form_token(body))
        said = "The address was changed." if changed else "The other mailbox must confirm too."
        return HTMLResponse(shown("Thank you", f"<p>{said}</p>"))

    return pages
