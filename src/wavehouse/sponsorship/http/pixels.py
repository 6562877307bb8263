"""``/p/<key>.gif|.js`` and ``/p/<key>/landing.gif``: resources for sponsors' pages.

Anyone may load them, so they reveal nothing: the response is a transparent dot, and only its status
differs. Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from wavehouse import accounts, measurement
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import WavehouseError
from wavehouse.kernel.limits import Rate
from wavehouse.sponsorship.service import pixels
from wavehouse.sponsorship.types import ConversionOutcome, PixelSeen
from wavehouse.store import Database, Operational

DOT = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin", "X-Content-Type-Options": "nosniff"}
Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


@cache
def script() -> bytes:
    """The script as served."""
    return (files("wavehouse") / "reference" / "pixel" / "pixel.js").read_bytes()


def router(database: Database[Operational], settings: Settings) -> APIRouter:
    """Routes for sponsors' pages, at most 60 loads at once per address, then one a second."""
    web = APIRouter(prefix="/p", include_in_schema=False)
    rate = accounts.SharedRate(database, settings, Rate("pixel", 60, 1.0))

    def seen(request: Request) -> measurement.Visitor | None:
        remote = request.client.host if request.client else ""
        who = measurement.visitor(
            database,
            settings,
            remote=remote,
            forwarded_for=request.headers.get("x-forwarded-for"),
            agent=request.headers.get("user-agent", ""),
            at=clock.now(),
        )
        rate.check(str(who.network_key) if who else remote, "too many loads from one address")
        return who

    def page_of(request: Request) -> str | None:
        return request.headers.get("origin") or request.headers.get("referer")

    @web.get("/{key}.js")
    def pixel_script(key: Key) -> Response:
        return Response(
            script(),
            media_type="text/javascript",
            headers={**_ANYWHERE, "Cache-Control": "public, max-age=3600"},
        )

    @web.get("/{key}.gif")
    def converted(key: Key, request: Request) -> Response:
        try:
            who = seen(request)
            pixel = pixels.opened_pixel(database, public_key=key, page=page_of(request))
            query = dict(request.query_params)
            done = pixels.fire(
                database,
                pixel=pixel,
                seen=PixelSeen(
                    pixel.pixel_id,
                    pixel.campaign_id,
                    who.network_key if who else None,
                    who.network_key_prev if who else None,
                    who.visitor if who else "",
                ),
                session=query.get("sid", ""),
                query=query,
                value_limit=settings["pixel_value_limit"],
            )
        except WavehouseError as error:
            return _dot(error.http_status, error.message)
        return _dot(200 if done.outcome in _UNCHANGED else 201, done.outcome)

    @web.get("/{key}/landing.gif")
    def landed(key: Key, request: Request) -> Response:
        try:
            seen(request)
            pixel = pixels.opened_pixel(database, public_key=key, page=page_of(request))
            query = dict(request.query_params)
            kept = pixels.land(database, pixel=pixel, session=query.get("sid", ""), query=query)
        except WavehouseError as error:
            return _dot(error.http_status, error.message)
        return _dot(201 if kept else 200, "kept" if kept else "the link does not match a campaign")

    return web


_UNCHANGED = (ConversionOutcome.DUPLICATE, ConversionOutcome.DROPPED)


def _dot(status: int, outcome: str) -> Response:
    headers = {**_ANYWHERE, "X-Wavehouse": outcome.encode("ascii", "replace").decode()}
    return Response(DOT, status, {**headers, "Cache-Control": "no-store"}, "image/gif")
