"""What the working pages share: the visitor, forms that came from our pages, the redirect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wavehouse import accounts
from wavehouse.accounts import Identity, Role
from wavehouse.kernel.errors import NotSignedIn, Refused
from wavehouse.web import access, pages
from wavehouse.web.entered import NOTHING, Entered
from wavehouse.web.site import Site
from wavehouse.workspace import Reader, Workspace

_OK, _SEE_OTHER, _UNPROCESSABLE = 200, 303, 422


@dataclass(frozen=True, slots=True)
class PageContext:
    """The workspace behind the pages with forms. A page acts for the identity of its session."""

    workspace: Workspace
    site: Site
    readers: Mapping[str, Reader] = field(default_factory=dict)

    def visitor(self, request: Request) -> Identity:
        """The identity of the session. NotSignedIn without one."""
        cookie = request.cookies.get(access.SESSION, "")
        identity = None
        if cookie:
            with self.workspace.stores.operational.worker() as tx:
                identity = accounts.session_of(tx, token=cookie)
        if identity is None:
            raise NotSignedIn(
                "This page needs a session.",
                hint="Open the one-time link that Wavehouse printed when it started, "
                "or print a new one:",
            )
        return identity

    def editor(self, request: Request, fields: dict[str, str]) -> Identity:
        """The identity that sent a form. Refused for a viewer, and for a form of another site."""
        access.check_csrf(request, fields)
        identity = self.visitor(request)
        if identity.role == Role.VIEWER:
            raise Refused("a viewer may not change anything", hint="Ask an administrator.")
        return identity

    def page(
        self,
        request: Request,
        name: str,
        identity: Identity,
        *,
        entered: Entered = NOTHING,
        **values: object,
    ) -> HTMLResponse:
        """The page ``name`` with a token for its forms; 422 with what could not be carried out."""
        csrf = access.csrf_token(request)
        body = pages.with_forms(
            name, who=identity, csrf=csrf, done=_done(request), entered=entered, **values
        )
        status = _UNPROCESSABLE if entered.message else _OK
        response = HTMLResponse(body, status, headers={"Vary": "Cookie"})
        access.remember_csrf(request, response, csrf, self.site)
        return response


def back(path: str, done: str, amount: int | None = None, **more: str) -> Response:
    """Redirect to a page after a form was carried out; the page shows what was done."""
    query = {"did": done, **more} | ({} if amount is None else {"n": str(amount)})
    return RedirectResponse(f"{path}?{urlencode(query)}", status_code=_SEE_OTHER)


_SENTENCES = {
    "moved": "The campaign has moved.",
    "advanced": "{n} campaigns moved as the calendar asked.",
    "made": "{n} files were made.",
    "made_key": "The key was made.",
    "revoked": "The key is revoked; it stopped working at once.",
    "replayed": "{n} rows were read again and are stored now.",
    "discarded": "{n} rows were discarded.",
    "made_endpoint": "The endpoint was added.",
    "set_budget": "The budget is set.",
    "granted_budget": "The budget was topped up.",
    "deleted_budget": "The budget was deleted.",
    "repaired_usage": "The totals are the sums of their events.",
    "rotated": "There is a new secret; the old one is valid for 24 hours more.",
    "disabled_endpoint": "The endpoint is disabled; what is pending waits.",
    "enabled_endpoint": "The endpoint is active.",
    "deleted_endpoint": "The endpoint was deleted.",
    "tested_endpoint": "A test will be sent within seconds.",
    "replayed_events": "{n} events will be sent again.",
    "acknowledged_alert": "The alert is acknowledged; it still resolves by itself.",
    "silenced_rule": "Nobody is notified about this rule for a day.",
    "unsilenced_rule": "The rule notifies again.",
    "queued_poll": "The feed is polled as soon as a worker is free.",
    "paused_feed": "The feed is not polled any more until it is resumed.",
    "resumed_feed": "The feed is polled again.",
    "queued": "The rows are read again in the background; the page of jobs shows how far it is.",
    "retried": "The job will run again.",
    "job_cancelled": "The job is cancelled; one that runs is asked to stop.",
    "job_discarded": "The job is out of the dead letter.",
    "paused": "No job of the organization starts any more; what runs may finish.",
    "resumed": "Jobs start again.",
    "mapped": "The rule was added; {n} downloads are counted by it.",
}


def _done(request: Request) -> str:
    """What was done, from a fixed list: an address cannot put words into the page."""
    sentence = _SENTENCES.get(request.query_params.get("did", ""), "")
    amount = request.query_params.get("n", "0")
    return sentence.format(n=f"{int(amount):,}" if amount.isdecimal() and len(amount) < 12 else "0")
