"""Shared by the pages with forms: the visitor, CSRF checks, the redirect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.web import access, pages
from wavehouse.web.entered import NOTHING, Entered
from wavehouse.web.site import Site
from wavehouse.workspace import Reader, Workspace

_OK, _SEE_OTHER, _UNPROCESSABLE = 200, 303, 422


@dataclass(frozen=True, slots=True)
class PageContext:
    """The workspace behind the pages with forms. A page acts for its session's identity."""

    workspace: Workspace
    site: Site
    readers: Mapping[str, Reader] = field(default_factory=dict)

    def visitor(self, request: Request) -> Identity:
        """The identity of the session. NotSignedIn without one, Refused if its role is too low."""
        cookie = request.cookies.get(access.SESSION, "")
        identity = None
        if cookie:
            with self.workspace.stores.operational.worker() as tx:
                identity = accounts.session_of(tx, token=cookie)
        if identity is None:
            raise NotSignedIn(
                "Sign in to see this page.",
                hint="Open the one-time link that Wavehouse printed "
                "at its start, or print a new one:",
            )
        access.check_role(request, identity)
        return identity

    def editor(self, request: Request, fields: dict[str, str]) -> Identity:
        """The identity that sent a form. Refused if its role is too low or the form is not ours."""
        access.check_csrf(request, fields)
        return self.visitor(request)

    def page(
        self,
        request: Request,
        name: str,
        identity: Identity,
        *,
        entered: Entered = NOTHING,
        **values: object,
    ) -> HTMLResponse:
        """Render the page ``name`` with a token for its forms; status 422 for a rejected form."""
        csrf = access.csrf_token(request)
        body = pages.with_forms(
            name, who=identity, csrf=csrf, done=_done(request), entered=entered, **values
        )
        status = _UNPROCESSABLE if entered.message else _OK
        response = HTMLResponse(body, status, headers={"Vary": "Cookie"})
        access.remember_csrf(request, response, csrf, self.site)
        return response


def back(path: str, done: str, amount: int | None = None, **more: str) -> Response:
    """Redirect to a page after processing a form; the page shows the result."""
    query = {"did": done, **more} | ({} if amount is None else {"n": str(amount)})
    return RedirectResponse(f"{path}?{urlencode(query)}", status_code=_SEE_OTHER)


_SENTENCES = {
    "moved": "The status of the campaign was changed.",
    "advanced": "{n} campaigns changed status as scheduled.",
    "made": "{n} files were created.",
    "boxes": "{n} files were created. The PDF’s fonts lack some signs of the names, printed as □; "
    "JSON, CSV and Excel have them in full.",
    "made_key": "The key was created.",
    "revoked": "The key is revoked; it stopped working at once.",
    "replayed": "{n} rows were read again and are stored now.",
    "discarded": "{n} rows were discarded.",
    "made_endpoint": "The endpoint was added.",
    "set_budget": "The budget is set.",
    "granted_budget": "The budget was topped up.",
    "deleted_budget": "The budget was deleted.",
    "repaired_usage": "The totals are the sums of their events.",
    "made_project": "The project was created.",
    "changed_project": "The project was changed.",
    "planned_episode": "The episode was planned.",
    "left_note": "The note was left; the line beside “Notes” says which episode it will reach.",
    "withdrew_note": "The note was withdrawn.",
    "added_document": "The source was added; scripts can cite it.",
    "removed_document": "The source was removed; its text is erased.",
    "forgot_memory": "The memory was erased; {n} rows were erased.",
    "wrote_script": "The script was stored as a new revision.",
    "rotated": "The secret was replaced; the old one remains valid for 24 hours.",
    "disabled_endpoint": "The endpoint is disabled; pending deliveries wait.",
    "enabled_endpoint": "The endpoint is active.",
    "deleted_endpoint": "The endpoint was deleted.",
    "tested_endpoint": "A test will be sent within seconds.",
    "replayed_events": "{n} events will be sent again.",
    "acknowledged_alert": "The alert is acknowledged; it still resolves by itself.",
    "silenced_rule": "Nobody is notified about this rule for a day.",
    "unsilenced_rule": "Notifications about this rule are on again.",
    "queued_poll": "The feed is polled as soon as a worker is free.",
    "paused_feed": "The feed is no longer polled until it is resumed.",
    "resumed_feed": "The feed is polled again.",
    "queued": "The rows are read again in the background; the jobs page shows the progress.",
    "retried": "The job will run again.",
    "job_cancelled": "The job is cancelled; one that runs is asked to stop.",
    "job_discarded": "The job was removed from the dead letter queue.",
    "paused": "No more jobs of the organization start; running ones may finish.",
    "resumed": "Jobs are resumed.",
    "plan_chosen": "The plan was stored.",
    "retention_applied": "{n} rows were removed.",
    "approved_erasure": "The request is approved; its plan is frozen.",
    "rejected_erasure": "The request is rejected; nothing was removed.",
    "ran_erasure": "The data is erased; the certificate is below.",
    "invited": "The invitation is being emailed.",
    "invitation_revoked": "The invitation is revoked; its link stopped working at once.",
    "role_changed": "The role was changed; it takes effect with the next request.",
    "removed_member": "The person is no longer a member; sessions and keys stopped working.",
    "password_set": "The password is set; your other sessions ended.",
    "password_removed": "Your password was removed; your other sessions ended.",
    "passkey_added": "The passkey was added.",
    "passkey_removed": "The passkey was removed.",
    "switched": "You now work in this organization.",
    "joined": "You are now a member.",
    "granted_access": "The listener has access; the ledger has the reason.",
    "revoked_access": "The grant is revoked; private feeds closed at once.",
    "mapped": "The rule was added; {n} downloads are counted by it.",
}


def _done(request: Request) -> str:
    """The result message, from a fixed list, so that a URL cannot inject text into the page."""
    sentence = _SENTENCES.get(request.query_params.get("did", ""), "")
    amount = request.query_params.get("n", "0")
    return sentence.format(n=f"{int(amount):,}" if amount.isdecimal() and len(amount) < 12 else "0")
