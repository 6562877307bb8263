"""The outbox page: stored emails of an installation without a mail server."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from wavehouse import mail
from wavehouse.accounts import Identity, Role
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import NotFound
from wavehouse.web.page_context import PageContext

# An email's HTML has its styles inline and loads nothing; the sandbox gives it no origin.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def router(context: PageContext) -> APIRouter:
    """Routes of ``/outbox`` and the HTML of each email."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    def emails(request: Request) -> tuple[Identity, list[mail.StoredEmail]]:
        """The visitor and the emails.

        NotFound unless the visitor is the installation's administrator.

        The outbox holds emails of the whole installation, so other organizations' administrators
        cannot see it.
        """
        identity = context.visitor(request)
        owner = workspace.home
        is_kept = workspace.settings["smtp_host"] is None
        if not is_kept or identity.organization_id != owner or identity.role != Role.ADMIN:
            raise NotFound("there is no such page")
        return identity, mail.stored_emails(mail.outbox_folder(workspace.settings))

    @routes.get("/outbox")
    def show(request: Request) -> Response:
        identity, stored = emails(request)
        response = context.page(
            request,
            "outbox",
            identity,
            emails=[(email, fmt.instant(email.written_at)) for email in stored],
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/outbox/{name}")
    def read(request: Request, name: str) -> Response:
        _, stored = emails(request)
        html = next((email.html for email in stored if email.name == name), "")
        if not html:
            raise NotFound("there is no such email", hint="Emails are kept for 15 minutes.")
        return HTMLResponse(
            html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        )

    return routes
