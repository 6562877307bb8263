"""The page of the user's organizations, and the switch between them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import accounts
from wavehouse.kernel.errors import NotFound
from wavehouse.web.access import SESSION, Form
from wavehouse.web.page_context import PageContext, back


def router(context: PageContext) -> APIRouter:
    """Routes of ``/organizations`` and its form."""
    routes = APIRouter(include_in_schema=False)
    operational = context.workspace.stores.operational

    @routes.get("/organizations")
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        with operational.worker() as tx:
            memberships = accounts.organizations_of(tx, identity=identity)
        return context.page(
            request,
            "organizations",
            identity,
            memberships=[
                (each, each.organization_id == identity.organization_id) for each in memberships
            ],
        )

    @routes.post("/organizations/switch")
    def switch(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            wanted = UUID(fields.get("id", ""))
        except ValueError:
            raise NotFound("you are not a member of this organization") from None
        with operational.worker() as tx:
            accounts.switch_organization(
                tx, identity=identity, token=request.cookies.get(SESSION, ""), wanted=wanted
            )
        return back("/organizations", "switched")

    return routes
