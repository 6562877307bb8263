"""``/listener/delete`` and ``/listener/erasure``: a listener's own erasure and copy of data.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from wavehouse import erasure
from wavehouse.charts import format as fmt
from wavehouse.erasure import Channel, Outcome, SubjectKind, Wanted
from wavehouse.kernel import words
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput, NotFound, NotSignedIn
from wavehouse.listeners import Caller
from wavehouse.listeners.http import page
from wavehouse.listeners.http.accounts import email_limits, token_limits
from wavehouse.listeners.http.common import COOKIE, RouteDependencies, doors, owning
from wavehouse.web.page_context import PageContext
from wavehouse.workspace import Workspace

PATH = "/listener/erasure"
_SENT = "If this address has an account, we sent an email with a link. It works once, for 24 hours."


def router(context: PageContext) -> APIRouter:
    """The forms, with the application's own dependencies."""
    workspace = context.workspace
    return routes(doors(workspace.stores.listeners, workspace.settings), workspace)


def routes(given: RouteDependencies, workspace: Workspace) -> APIRouter:
    """Delete the account, download its data, request erasure by email."""
    pages = APIRouter(include_in_schema=False, route_class=page.PageRoute)
    stores, settings = workspace.stores, workspace.settings
    asking_limits, confirming_limits = email_limits(given), token_limits(given, "erasure")

    def asking(request: Request) -> Caller:
        who = page.visitor(request, given)
        if who is None:
            raise NotSignedIn("you are not signed in", hint="Sign in, then try again.")
        return who

    Fresh = Annotated[Caller, Depends(owning(asking, fresh=True))]  # noqa: N806 - it is a type
    Fields = Annotated[dict[str, str], Depends(page.own_form(given.site))]  # noqa: N806 - a type

    @pages.post("/listener/delete")
    def delete(fields: Fields, who: Fresh) -> Response:
        if fields.get("email", "").strip().lower() != who.email:
            raise InvalidInput(
                "the address does not match your account",
                hint="Enter your email address to delete your account.",
            )
        outcome = erasure.erase_oneself(
            stores, settings, identity=workspace.identity, email=who.email
        )
        given.mail.forget(to=who.email)
        done = _said(*_ended(outcome))
        done.delete_cookie(COOKIE, path="/")
        done.delete_cookie(page.CSRF, path="/listener")
        return done

    @pages.post("/listener/copy")
    def copy(fields: Fields, who: Fresh) -> Response:
        made = erasure.export_oneself(
            stores, settings, identity=workspace.identity, email=who.email
        )
        return Response(
            made.content,
            media_type="application/zip",
            headers={
                "Content-Disposition": 'attachment; filename="my-data.zip"',
                "Cache-Control": "no-store",
            },
        )

    @pages.get(PATH)
    def show(request: Request) -> Response:
        token = request.query_params.get("token", "")
        return page.page(request, given.site, "erasure.html", token=token, said="")

    @pages.post(PATH)
    def ask(request: Request, fields: Fields) -> Response:
        email = normalised_email(fields.get("email", ""))
        asking_limits.check(request, email)
        given.later.do(lambda: _send(given, workspace, email))
        return page.page(request, given.site, "erasure.html", token="", said=_SENT)

    @pages.post(f"{PATH}/confirm")
    def confirm(request: Request, fields: Fields) -> Response:
        confirming_limits.check(request)
        confirmed = erasure.confirm(
            stores, identity=workspace.identity, token=fields.get("token", "")
        )
        if confirmed.grace_until is not None:
            return _said(*_waiting(confirmed.grace_until))
        outcome = erasure.run(
            stores,
            settings,
            identity=workspace.identity,
            request_id=confirmed.erasure_request_id,
        )
        return _said(*_ended(outcome))

    return pages


def _send(given: RouteDependencies, workspace: Workspace, email: str) -> None:
    """File the request and email its link; an unknown address gets nothing (AC8)."""
    try:
        filed = erasure.file(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            wanted=Wanted(SubjectKind.LISTENER, email),
            channel=Channel.SIGNED_LINK,
        )
    except NotFound:
        return
    if filed.token:
        address = f"{given.site.origin}{PATH}?token={filed.token}"
        given.mail.send(
            to=email,
            subject="Confirm the deletion of your account",
            text="Somebody asked to delete your account and everything in it. If that was you, "
            f"confirm it within 24 hours:\n\n{address}\n\nOtherwise do nothing: nothing changes.\n",
        )


def _ended(outcome: Outcome | None) -> tuple[str, str]:
    """The title and the text of the page after a deletion."""
    if outcome is None:
        return "Your account is hidden", "<p>It will be deleted when the undo period has ended.</p>"
    rows = "".join(
        f"<li>{words.xml(each.table_name.rpartition('.')[2])}: {each.rows_touched}</li>"
        for each in outcome.done
        if each.rows_touched
    )
    at = fmt.instant(outcome.request.completed_at or outcome.request.received_at)
    return "Your account is deleted", (
        f"<p>Deleted at {at}:</p><ul>{rows}</ul>"
        f"<p>Request: <code>{outcome.request.erasure_request_id}</code></p>"
    )


def _waiting(until: object) -> tuple[str, str]:
    return "Your account is hidden", f"<p>It will be deleted at {words.xml(str(until))}.</p>"


def _said(title: str, content: str) -> Response:
    return Response(
        page.shown(title, content), media_type="text/html", headers={"Cache-Control": "no-store"}
    )
