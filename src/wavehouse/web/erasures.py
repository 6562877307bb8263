"""The erasure page: requests with their deadlines, decisions, runs and certificates."""

from __future__ import annotations

import json
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import erasure
from wavehouse.charts import format as fmt
from wavehouse.erasure import Rejection, Status
from wavehouse.kernel.errors import NotFound
from wavehouse.web.access import Form
from wavehouse.web.page_context import PageContext, back

PATH = "/erasures"
_TONES = {
    Status.COMPLETED: "good",
    Status.PARTIALLY_HELD: "warn",
    Status.FAILED: "bad",
    Status.REJECTED: "plain",
}
_PURPOSES = {"access": "Copy of the data of"}
_AUTHORS = {
    "session": "asked for by the person, signed in",
    "signed_link": "asked for by the person, by a link to their address",
    "api": "asked for through the API",
}


def router(context: PageContext) -> APIRouter:
    """Routes of ``/erasures`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    stores, settings = context.workspace.stores, context.workspace.settings

    @routes.get(PATH)
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        rows = erasure.listed(stores, identity=identity)
        return context.page(
            request,
            "erasures",
            identity,
            open_requests=[_line(each, identity.user_id) for each in rows if each.is_open],
            ended_requests=[_line(each, identity.user_id) for each in rows if not each.is_open],
        )

    @routes.post(f"{PATH}/approve")
    def approve(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        erasure.approve(
            stores,
            identity=identity,
            request_id=_id(fields),
            reason=fields.get("reason", ""),
        )
        return back(PATH, "approved_erasure")

    @routes.post(f"{PATH}/reject")
    def reject(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        erasure.reject(
            stores,
            identity=identity,
            request_id=_id(fields),
            rejection=Rejection.UNFOUNDED,
            reason=fields.get("reason", ""),
        )
        return back(PATH, "rejected_erasure")

    @routes.post(f"{PATH}/run")
    def run(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        erasure.run(stores, settings, identity=identity, request_id=_id(fields))
        return back(PATH, "ran_erasure")

    @routes.get(f"{PATH}/{{request_id}}/certificate.json")
    def certificate(request: Request, request_id: UUID) -> Response:
        identity = context.visitor(request)
        document = erasure.certificate(stores, identity=identity, request_id=request_id)
        return Response(
            json.dumps(document, indent=1, ensure_ascii=False),
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{request_id}.json"'},
        )

    @routes.get(f"{PATH}/{{request_id}}/certificate.pdf")
    def printed(request: Request, request_id: UUID) -> Response:
        identity = context.visitor(request)
        document = erasure.certificate(stores, identity=identity, request_id=request_id)
        return Response(
            erasure.certificate_pdf(document),
            media_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{request_id}.pdf"'},
        )

    return routes


def _id(fields: dict[str, str]) -> UUID:
    try:
        return UUID(fields.get("request", ""))
    except ValueError:
        raise NotFound("there is no such request") from None


def _whose(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


def _line(request: erasure.Request, user_id: UUID) -> dict[str, object]:
    """A request as the page shows it."""
    return {
        "id": str(request.erasure_request_id),
        "what": f"{_PURPOSES.get(request.purpose, 'Erasure of')} {_whose(request.subject_kind)}",
        "by": _AUTHORS.get(request.channel, "filed by an administrator"),
        "status": request.status.replace("_", " "),
        "tone": _TONES.get(Status(request.status), "warn"),
        "received": fmt.instant(request.received_at),
        "due": fmt.instant(request.due_at),
        "reason": request.failure or request.decision_reason or "",
        "waits": request.status == Status.RECEIVED,
        "is_own": request.filed_by == user_id,
        "runs": request.purpose == "erasure"
        and request.status in (Status.VERIFIED, Status.FAILED, Status.EXECUTING),
        "ended": fmt.instant(request.completed_at) if request.completed_at else "",
        "has_certificate": request.status in (Status.COMPLETED, Status.PARTIALLY_HELD)
        and request.purpose == "erasure",
    }
