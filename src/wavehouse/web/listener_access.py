"""``/listener/access``: what a listener has access to, and their private feeds.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from wavehouse import catalog, entitlements
from wavehouse.charts import format as fmt
from wavehouse.entitlements import FEED, Entitlement, NewFeed
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, NotSignedIn
from wavehouse.listeners import Caller
from wavehouse.listeners.http import page
from wavehouse.listeners.http.accounts import PAGE as SIGN_IN
from wavehouse.listeners.http.common import doors, owning
from wavehouse.web.page_context import PageContext

PATH = "/listener/access"
_DID = {"closed": "The private feed is closed; its address stopped working at once."}
_WORDS = {
    "active": "active",
    "grace": "active, but the last payment failed",
    "cancelled": "cancelled",
    "suspended": "suspended",
    "revoked": "ended",
    "expired": "ended",
}


def router(context: PageContext) -> APIRouter:
    """The page and its forms."""
    pages = APIRouter(prefix=PATH, include_in_schema=False, route_class=page.PageRoute)
    workspace = context.workspace
    given = doors(workspace.stores.listeners, workspace.settings)
    database, operational = given.database, workspace.stores.operational

    def asking(request: Request) -> Caller:
        who = page.visitor(request, given)
        if who is None:
            raise NotSignedIn("you are not signed in", hint="Sign in, then try again.")
        return who

    Own = Annotated[Caller, Depends(owning(asking))]  # noqa: N806 - it is a type
    Fields = Annotated[dict[str, str], Depends(page.own_form(given.site))]  # noqa: N806 - a type

    def titles() -> dict[str, str]:
        identity = workspace.identity
        with operational.app(identity.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=identity)
        return {str(show.podcast_id): show.title for show in shows}

    def drawn(request: Request, who: Caller, made: NewFeed | None = None) -> Response:
        with database.worker() as tx:
            grants = entitlements.of_listener(tx, listener_id=who.listener_id)
            opened = {f.resource: f for f in entitlements.feeds_of(tx, listener_id=who.listener_id)}
        names, now = titles(), clock.now()
        shown = [
            {
                "name": names.get(grant.resource, grant.resource),
                "resource": grant.resource,
                "state": _words(grant),
                "is_live": grant.status_at(now) in {"active", "grace", "cancelled"},
                "has_feed": grant.type == FEED and grant.resource in names,
                "feed": opened.get(grant.resource),
                "made_at": fmt.instant(
                    opened[grant.resource].rotated_at or opened[grant.resource].created_at
                )
                if grant.resource in opened
                else "",
            }
            for grant in grants
        ]
        address = f"{given.site.origin}{entitlements.feed_path(made)}" if made else ""
        return page.page(
            request,
            given.site,
            "access.html",
            email=who.email,
            grants=shown,
            address=address,
            made_for=names.get(made.feed.resource, "") if made else "",
            said=_DID.get(request.query_params.get("did", ""), ""),
        )

    @pages.get("")
    def show(request: Request) -> Response:
        who = page.visitor(request, given)
        return drawn(request, who) if who else RedirectResponse(SIGN_IN, 303)

    @pages.post("/feeds")
    def make(request: Request, fields: Fields, who: Own) -> Response:
        resource = fields.get("resource", "")
        if resource not in titles():
            raise NotFound("unknown show")
        with database.worker() as tx:
            made = entitlements.make_feed(tx, listener_id=who.listener_id, resource=resource)
        return drawn(request, who, made)

    @pages.post("/feeds/close")
    def close(fields: Fields, who: Own) -> Response:
        try:
            feed_id = UUID(fields.get("feed", ""))
        except ValueError:
            raise NotFound("unknown feed") from None
        with database.worker() as tx:
            entitlements.close_feed(tx, listener_id=who.listener_id, feed_id=feed_id)
        return page.back(PATH, "closed")

    return pages


def _words(grant: Entitlement) -> str:
    status = grant.status_at(clock.now())
    words = _WORDS.get(status, status)
    if grant.expires_at and status not in {"revoked", "suspended"}:
        return f"{words}, until {fmt.instant(grant.expires_at)}"
    return words
