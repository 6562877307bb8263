"""``/listener``: the listener's page, with passkeys, apps, and signing out.

A script creates passkeys through ``/api/v1/listener/passkeys``; everything else is a form.
Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from wavehouse.charts import format as fmt
from wavehouse.credentials.passkeys import as_text
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.http import page
from wavehouse.listeners.http.accounts import PAGE as SIGN_IN
from wavehouse.listeners.http.common import COOKIE, RouteDependencies, owning
from wavehouse.listeners.service import accounts, passkeys, sessions
from wavehouse.listeners.types import Caller, NewAppPassword

OWN = "/listener"
_DID = {
    "in": "You are signed in.",
    "added": "The passkey was added. You can now sign in with it.",
    "removed": "The passkey was removed.",
    "revoked": "The app is signed out and its password is revoked.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A passkey or an app as the page shows it."""

    key: str
    name: str
    used: str
    flagged: bool = False


def router(doors: RouteDependencies) -> APIRouter:
    """The page and its forms. Changes need a sign-in within the last 15 minutes."""
    pages = APIRouter(prefix=OWN, include_in_schema=False, route_class=page.PageRoute)

    def asking(request: Request) -> Caller:
        who = page.visitor(request, doors)
        if who is None:
            raise NotSignedIn("you are not signed in", hint="Sign in, then try again.")
        return who

    Own = Annotated[Caller, Depends(owning(asking))]  # noqa: N806 - it is a type
    Fresh = Annotated[Caller, Depends(owning(asking, fresh=True))]  # noqa: N806 - it is a type
    Fields = Annotated[dict[str, str], Depends(page.own_form(doors.site))]  # noqa: N806 - a type

    @pages.get("")
    def show(request: Request) -> Response:
        who = page.visitor(request, doors)
        return _drawn(request, doors, who) if who else RedirectResponse(SIGN_IN, 303)

    @pages.post("/apps")
    def make(request: Request, fields: Fields, who: Fresh) -> Response:
        name = fields.get("name", "")
        made = accounts.make_app_password(doors.database, caller=who, name=name)
        return _drawn(request, doors, who, made)

    @pages.post("/apps/revoke")
    def revoke(fields: Fields, who: Fresh) -> Response:
        accounts.end_app_password(
            doors.database, caller=who, app_password_id=_id(fields.get("app", ""))
        )
        return page.back(OWN, "revoked")

    @pages.post("/passkeys/remove")
    def remove(fields: Fields, who: Fresh) -> Response:
        passkeys.forget(doors.database, caller=who, credential_id=fields.get("passkey", ""))
        return page.back(OWN, "removed")

    @pages.post("/sign-out")
    def sign_out(request: Request, fields: Fields) -> Response:
        sessions.end_family(doors.database, token=request.cookies.get(COOKIE, ""))
        return _left()

    @pages.post("/sign-out-everywhere")
    def sign_out_everywhere(fields: Fields, who: Own) -> Response:
        sessions.end_all(doors.database, caller=who, apps="apps" in fields)
        return _left()

    return pages


def _drawn(
    request: Request, doors: RouteDependencies, who: Caller, made: NewAppPassword | None = None
) -> Response:
    return page.page(
        request,
        doors.site,
        "own.html",
        said="" if made else _DID.get(request.query_params.get("did", ""), ""),
        email=who.email,
        fresh=rules.is_fresh(who.signed_in_at, clock.now()),
        server=doors.site.origin,
        made=made,
        sign_in=SIGN_IN,
        passkeys=[
            Line(
                as_text(each.credential_id),
                each.name,
                _used(each.last_used_at, "not used yet"),
                each.flagged_at is not None,
            )
            for each in passkeys.of(doors.database, caller=who)
        ],
        apps=[
            Line(str(each.app_password_id), each.name, _used(each.last_used_at, "no recent use"))
            for each in accounts.app_passwords(doors.database, caller=who)
        ],
    )


def _used(at: datetime | None, never: str) -> str:
    return f"last used {fmt.instant(at)}" if at else never


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("unknown app") from None


def _left() -> Response:
    done = page.back(SIGN_IN, "out")
    done.delete_cookie(COOKIE, path="/")
    done.delete_cookie(page.CSRF, path="/listener")
    return done
