"""``/listener/data``: view and export the stored data of a listener.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.http import page
from wavehouse.listeners.http.accounts import PAGE as SIGN_IN
from wavehouse.listeners.http.common import RouteDependencies, owning
from wavehouse.listeners.queries.own import OwnPosition
from wavehouse.listeners.service import accounts, archives, own
from wavehouse.listeners.types import Caller

DATA = "/listener/data"


def router(doors: RouteDependencies) -> APIRouter:
    """The page, the export and the forms."""
    pages = APIRouter(include_in_schema=False, route_class=page.PageRoute)

    def asking(request: Request) -> Caller:
        who = page.visitor(request, doors)
        if who is None:
            raise NotSignedIn("you are not signed in", hint="Sign in, then try again.")
        return who

    Own = Annotated[Caller, Depends(owning(asking))]  # noqa: N806 - it is a type
    Fields = Annotated[dict[str, str], Depends(page.own_form(doors.site))]  # noqa: N806 - a type

    @pages.get(DATA)
    def show(request: Request) -> Response:
        who = page.visitor(request, doors)
        if who is None:
            return RedirectResponse(SIGN_IN, 303)
        data = own.data(doors.database, caller=who)
        return page.page(
            request,
            doors.site,
            "data.html",
            email=who.email,
            fresh=rules.is_fresh(who.signed_in_at, clock.now()),
            sign_in=SIGN_IN,
            shows=data.shows,
            devices=data.devices,
            positions=[_line(position) for position in data.positions],
            limit=own.SHOWN,
        )

    @pages.get("/listener/export.json")
    def export(who: Own) -> Response:
        content = archives.archive(doors.database, listener_id=who.listener_id)
        return Response(
            json.dumps(content, ensure_ascii=False),
            media_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="listener.json"'},
        )

    @pages.post(f"{DATA}/devices/remove")
    def remove(fields: Fields, who: Own) -> Response:
        with doors.database.listener(who.listener_id) as tx:
            accounts.delete_device(tx, caller=who, device_id=fields.get("device", ""))
        return RedirectResponse(DATA, 303)

    return pages


def _line(position: OwnPosition) -> dict[str, str]:
    at = _clock(position.position_ms) + (
        f" of {_clock(position.duration_ms)}" if position.duration_ms else ""
    )
    return {
        "name": position.title or position.episode_url or position.chapter_id,
        "where": "finished" if position.state == "finished" else at,
        "at": fmt.instant(position.effective_at),
    }


def _clock(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
