"""``/studio/feeds/…``: the studio's feeds and their files, for anybody with the address.

A private feed has its token in the path; every wrong address gets the same 404. Without
``from __future__ import annotations``: FastAPI must see the types.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path
from starlette.responses import FileResponse, Response

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.serving import address_of
from wavehouse.studio.service import publishing
from wavehouse.studio.service.generation.places import store_of
from wavehouse.studio.types.ids import ProjectId
from wavehouse.workspace import Edge

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{32}$")]
FileName = Annotated[str, Path(pattern=r"^([0-9a-f-]{36}|cover-[0-9a-f]{12})\.[a-z0-9.]{2,20}$")]
_OPEN = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
_A_WHILE = "public, max-age=300"


def router(edge: Edge) -> APIRouter:
    """The routes of feeds and their files."""
    web = APIRouter(prefix="/studio/feeds", include_in_schema=False)
    operational = edge.workspace.stores.operational
    settings = edge.workspace.settings
    store = store_of(settings)

    def shown(project_id: UUID, token: str | None) -> Response:
        identity = publishing.opened_feed(operational, project_id=project_id, token=token)
        with operational.app(identity.organization_id) as tx:
            body = publishing.feed_of(
                tx,
                identity=identity,
                project_id=ProjectId(project_id),
                address=address_of(settings),
                token=token,
                hub=settings["studio_hub"] or "",
            )
        return Response(body, media_type="application/rss+xml", headers={**_OPEN, **_cache(token)})

    def sent(project_id: UUID, name: str, token: str | None, version: str | None) -> Response:
        identity: Identity = publishing.opened_feed(operational, project_id=project_id, token=token)
        stem, _, ending = name.partition(".")
        if stem.startswith("cover-"):
            return pictured(identity, project_id, name, token, version)
        try:
            episode_id = UUID(stem)
        except ValueError:
            raise NotFound("there is no such file") from None
        with operational.app(identity.organization_id) as tx:
            file = publishing.file_of(
                tx,
                identity=identity,
                store=store,
                project_id=project_id,
                episode_id=episode_id,
                ending=ending,
            )
        headers = {**_OPEN, **_cache(token), "ETag": file.etag}
        if version is not None and file.etag in version:
            return Response(status_code=304, headers=headers)
        return FileResponse(file.path, media_type=file.media_type, headers=headers)

    def pictured(
        identity: Identity, project_id: UUID, name: str, token: str | None, version: str | None
    ) -> Response:
        with operational.app(identity.organization_id) as tx:
            cover = publishing.cover_file(
                tx,
                identity=identity,
                store=store,
                project_id=ProjectId(project_id),
                name=name,
            )
        etag = f'"{name.partition(".")[0]}"'
        headers = {**_OPEN, **_cache(token), "ETag": etag}
        if version is not None and etag in version:
            return Response(status_code=304, headers=headers)
        return Response(cover.content, media_type=cover.media_type, headers=headers)

    @web.api_route("/{project_id}/feed.xml", methods=["GET", "HEAD"])
    def public_feed(project_id: UUID) -> Response:
        return shown(project_id, None)

    @web.api_route("/{project_id}/{token}/feed.xml", methods=["GET", "HEAD"])
    def private_feed(project_id: UUID, token: Token) -> Response:
        return shown(project_id, token)

    @web.api_route("/{project_id}/{name}", methods=["GET", "HEAD"])
    def public_file(
        project_id: UUID,
        name: FileName,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        return sent(project_id, name, None, if_none_match)

    @web.api_route("/{project_id}/{token}/{name}", methods=["GET", "HEAD"])
    def private_file(
        project_id: UUID,
        token: Token,
        name: FileName,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        return sent(project_id, name, token, if_none_match)

    return web


def _cache(token: str | None) -> dict[str, str]:
    return {"Cache-Control": _A_WHILE if token is None else "private, max-age=300"}
