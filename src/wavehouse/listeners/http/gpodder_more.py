"""Further routes of gpodder's API: favourites, settings, groups of devices, updates.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the database.
"""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from wavehouse.kernel.errors import UsageError
from wavehouse.listeners.http import dialect
from wavehouse.listeners.http.common import RouteDependencies, check_user, json_body
from wavehouse.listeners.service import client_settings, subscriptions
from wavehouse.listeners.types import Caller

Body = Annotated[Any, Depends(json_body)]
Text = Annotated[str | None, Query(pattern=r"^[^\x00]*$", max_length=4096)]
_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,99}")


def router(doors: RouteDependencies, prefix: str = "") -> APIRouter:
    """Routes that common clients call besides episodes, subscriptions and devices."""
    api = APIRouter(prefix=prefix, include_in_schema=False)
    _settings(api, doors)
    _devices(api, doors)

    @api.get("/clientconfig.json")
    def config() -> dict[str, Any]:
        base = f"{doors.site.origin}{prefix}/"
        return {"mygpo": {"baseurl": base}, "update_timeout": 604_800}

    return api


def jsonp(urls: list[str], callback: str) -> Response:
    """Wrap a list in a JSONP callback. UsageError (400) for an invalid function name."""
    import json

    if not _CALLBACK.fullmatch(callback):
        raise UsageError("jsonp must be the name of a function")
    return Response(f"{callback}({json.dumps(urls)})", media_type="text/javascript")


def _settings(api: APIRouter, doors: RouteDependencies) -> None:
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.get("/api/2/favorites/{user}.json")
    def favourites(user: str, who: Who) -> list[dict[str, Any]]:
        check_user(who, user)
        marked = client_settings.favourites(database, caller=who)
        return [
            {
                "title": item.title or item.episode_url,
                "url": item.episode_url,
                "podcast_title": item.podcast_url,
                "podcast_url": item.podcast_url,
                "description": "",
                "website": item.link or "",
                "released": item.published_at.isoformat() if item.published_at else None,
                "mygpo_link": "",
            }
            for item in marked
        ]

    @api.get("/api/2/settings/{user}/{scope}.json")
    def settings(
        user: str,
        scope: str,
        who: Who,
        device: Text = None,
        podcast: Text = None,
        episode: Text = None,
    ) -> dict[str, Any]:
        check_user(who, user)
        of = client_settings.of(scope, device, podcast, episode)
        return client_settings.read(database, caller=who, of=of)

    @api.post("/api/2/settings/{user}/{scope}.json")
    def change(
        user: str,
        scope: str,
        who: Who,
        body: Body,
        device: Text = None,
        podcast: Text = None,
        episode: Text = None,
    ) -> dict[str, Any]:
        check_user(who, user)
        of = client_settings.of(scope, device, podcast, episode)
        if not isinstance(body, dict):
            raise UsageError("the body must be an object with set and remove")
        put, remove = body.get("set") or {}, body.get("remove") or []
        if not isinstance(put, dict) or not isinstance(remove, list):
            raise UsageError("set must be an object, and remove a list of names")
        names = [item for item in remove if isinstance(item, str)]
        return client_settings.change(database, caller=who, of=of, put=put, remove=names)


def _devices(api: APIRouter, doors: RouteDependencies) -> None:
    """All devices of a listener follow the same shows, so all are synchronized with each other."""
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    def groups(who: Caller) -> dict[str, Any]:
        known = subscriptions.devices(database, caller=who)
        ids = [item.device_id for item in known]
        return {"synchronized": [ids] if ids else [], "not-synchronized": []}

    @api.get("/api/2/sync-devices/{user}.json")
    def synchronized(user: str, who: Who) -> dict[str, Any]:
        check_user(who, user)
        return groups(who)

    @api.post("/api/2/sync-devices/{user}.json")
    def synchronize(user: str, who: Who, body: Body) -> dict[str, Any]:
        check_user(who, user)
        if not isinstance(body, dict):
            raise UsageError("the body must be an object")
        return groups(who)

    @api.get("/api/2/updates/{user}/{device}.json")
    def updates(
        user: str,
        device: str,
        who: Who,
        since: Annotated[int, Query(ge=-(2**62), le=2**62)] = 0,
    ) -> dict[str, Any]:
        check_user(who, user)
        dialect.device_id(device)
        changed, cursor = subscriptions.changed(database, caller=who, after=max(since, 0))
        return {
            "add": [
                {
                    "title": item.podcast_url,
                    "url": item.podcast_url,
                    "description": "",
                    "subscribers": 0,
                    "logo_url": None,
                    "website": "",
                    "mygpo_link": "",
                }
                for item in changed
                if item.is_subscribed
            ],
            "rem": [item.podcast_url for item in changed if not item.is_subscribed and since > 0],
            "updates": [],
            "timestamp": cursor,
        }
