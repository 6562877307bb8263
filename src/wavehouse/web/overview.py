"""The overview's route: the visitor, the span, and conditional requests."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.telemetry import span as traced
from wavehouse.web import access, build, pages, ranges
from wavehouse.web.problems import is_fragment
from wavehouse.web.services import Services
from wavehouse.web.site import Site

_CACHING = {
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie, HX-Request, HX-Request-Type, HX-History-Restore-Request",
}
_NOT_MODIFIED = 304


def router(services: Services, site: Site) -> APIRouter:
    """The pages that need a session."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=["GET", "HEAD"])
    def overview(request: Request) -> Response:
        who = access.signed_in(request, services)
        query = ranges.parsed(dict(request.query_params))
        csrf = access.csrf_token(request)
        version = services.data_version(who)
        known = request.headers.get("if-none-match", "")
        tag = etag(request, version, who, csrf) if version is not None else None
        if tag is not None and tag in known:
            return not_modified(tag)
        with traced("web.overview", range=query.range):
            page = build.overview(material(services, who, query))
            body = pages.overview(page, who=who, csrf=csrf, fragment=is_fragment(request))
        if tag is None:
            tag = weak(body)
            if tag in known:
                return not_modified(tag)
        headers = {**_CACHING, "ETag": tag}
        response = HTMLResponse(body, headers=headers)
        access.remember_csrf(request, response, csrf, site)
        return response

    return routes


def material(services: Services, who: Identity, query: ranges.Query) -> build.Material:
    """Load all data of the page once."""
    now = clock.now()
    podcasts = services.podcasts(who)
    podcast_id = build.podcast_id(podcasts, query.show)
    span = ranges.span_of(query, now.date())
    before = services.figures(who, ranges.previous(span), podcast_id) if query.compare else None
    return build.Material(
        query=query,
        now=now,
        podcasts=podcasts,
        current=services.figures(who, span, podcast_id),
        previous=before,
        campaigns=services.campaigns(who, span, podcast_id),
        freshness=services.freshness(who),
        removed=services.removed(who, span, podcast_id),
    )


def etag(request: Request, data_version: str, who: Identity, csrf: str) -> str:
    """A weak ETag of everything the page depends on: data, code, address, day, visitor."""
    now = clock.now()
    parts = (
        data_version,
        pages.version(),
        str(request.url.query),
        str(is_fragment(request)),
        f"{now:%Y-%m-%d %H}",
        who.name,
        str(who.organization_id),
        csrf,
    )
    return weak(chr(31).join(parts))


def weak(text: str) -> str:
    """A weak ETag of a text."""
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def not_modified(tag: str) -> Response:
    """The 304 response: the visitor already has the page."""
    return Response(status_code=_NOT_MODIFIED, headers={**_CACHING, "ETag": tag})
