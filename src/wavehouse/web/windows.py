"""The counting windows side by side: a card loaded after the overview, or a page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.web import access, build, pages, ranges
from wavehouse.web.services import Services
from wavehouse.web.site import Site
from wavehouse.web.view import WindowRow, WindowsCard

_MEANING = (
    ("Calendar", "one per listener, episode and UTC day; what every other figure counts"),
    ("First-touch", "one, then none within 24 hours"),
    ("Last-touch", "one, then none until a day without requests"),
)


def router(services: Services, site: Site) -> APIRouter:
    """The card, for signed-in visitors."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/windows")
    def windows(request: Request) -> Response:
        who = access.signed_in(request, services)
        query = ranges.parsed(dict(request.query_params))
        span = ranges.span_of(query, clock.today())
        podcast_id = build.podcast_id(services.podcasts(who), query.show)
        counted = services.windows(who, span, podcast_id)
        card = WindowsCard(
            (), ("Listeners can be matched across at most two adjacent months (R44).",)
        )
        if counted is not None:
            totals = (counted.calendar, counted.first_touch, counted.last_touch)
            best = max(totals)
            rows = tuple(
                WindowRow(name, fmt.count(total), _share(total, best), meaning)
                for (name, meaning), total in zip(_MEANING, totals, strict=True)
            )
            card = WindowsCard(rows, tuple(counted.why))
        csrf = access.csrf_token(request)
        bare = "hx-request" in request.headers
        body = pages.windows(card, who=who, csrf=csrf, back=query.url(), bare=bare)
        response = HTMLResponse(body, headers={"Vary": "Cookie, HX-Request"})
        access.remember_csrf(request, response, csrf, site)
        return response

    return routes


def _share(total: int, best: int) -> str:
    return f"{100 * total / best:.1f}%" if best else "0%"
