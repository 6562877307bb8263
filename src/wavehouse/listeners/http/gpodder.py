"""Protocols of podcast clients: gpodder.net's API v2, its simple lists, and Nextcloud's dialect.

Mounted under the server's root and under ``/gpodder``. Without ``from __future__ import
annotations``: FastAPI must see the dependencies, which close over the database.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse

from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import UsageError
from wavehouse.listeners import rules
from wavehouse.listeners.http import dialect
from wavehouse.listeners.http.common import (
    COOKIE,
    RouteDependencies,
    check_user,
    json_body,
    keep_session,
    raw_body,
)
from wavehouse.listeners.http.gpodder_more import jsonp
from wavehouse.listeners.service import accounts, positions, recording, sessions, subscriptions
from wavehouse.listeners.types import Caller, NewAction, Upload
from wavehouse.store import Database, Listeners

SKIPPED = "Wavehouse-Skipped"
LARGE, PART = 100, 2_500
_log = logging.getLogger(__name__)
FORMS = ("json", "opml", "txt")
NEXTCLOUD = ("/index.php/apps/gpoddersync", "/apps/gpoddersync")
KINDS = ("desktop", "laptop", "mobile", "server", "other")
Body = Annotated[Any, Depends(json_body)]


async def _sent_body(request: Request) -> Any:
    return dialect.decoded(await raw_body(request))


SentBody = Annotated[Any, Depends(_sent_body)]
Callback = Annotated[str, Query(alias="jsonp", max_length=100)]
Filter = Annotated[str | None, Query(pattern=r"^[^\x00]*$")]
Since = Annotated[int, BeforeValidator(dialect.since)]


def router(doors: RouteDependencies, prefix: str = "") -> APIRouter:
    """All routes; they are not in the OpenAPI document, as the protocol is not ours to describe."""
    api = APIRouter(prefix=prefix, include_in_schema=False)
    recorder = Recorder(doors.database)
    _episodes(api, doors, recorder)
    for base in NEXTCLOUD:
        _nextcloud(api, doors, recorder, base)
    _subscriptions(api, doors)
    _devices(api, doors)
    _auth(api, doors)
    return api


def _auth(api: APIRouter, doors: RouteDependencies) -> None:
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.post("/api/2/auth/{user}/login.json")
    def sign_in(user: str, who: Who, response: Response) -> dict[str, str]:
        check_user(who, user)
        # From here on, two apps that share a password have separate sessions (P19).
        token = accounts.new_app_session(database, caller=who)
        if token is not None:
            if "set-cookie" in response.headers:
                del response.headers["set-cookie"]
            keep_session(response, token, secure=doors.site.secure)
        return {}

    @api.post("/api/2/auth/{user}/logout.json")
    def sign_out(user: str, who: Who, response: Response) -> dict[str, str]:
        check_user(who, user)
        sessions.end(database, session=who.session)
        response.delete_cookie(COOKIE, path="/")
        return {}


def _devices(api: APIRouter, doors: RouteDependencies) -> None:
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.get("/api/2/devices/{user}.json")
    def devices(user: str, who: Who) -> list[dict[str, Any]]:
        check_user(who, user)
        return [
            {
                "id": device.device_id,
                "caption": device.name,
                "type": device.kind if device.kind in KINDS else "other",
                "subscriptions": device.subscriptions,
            }
            for device in subscriptions.devices(database, caller=who)
        ]

    @api.api_route("/api/2/devices/{user}/{device}.json", methods=["POST", "PUT"])
    def save(user: str, device: str, who: Who, body: Body, response: Response) -> Response:
        check_user(who, user)
        fields = {} if body is None else body
        if not isinstance(fields, dict):
            raise UsageError("the body must be an object")
        name, kind = fields.get("caption"), fields.get("type")
        if not isinstance(name, str | None) or not isinstance(kind, str | None):
            raise UsageError("caption and type must be strings")
        name = words.line(name or "")
        if len(name) > 255:
            raise UsageError("the caption is too long")
        if kind is not None and kind not in KINDS:
            raise UsageError(f"the type must be one of {', '.join(KINDS)}")
        subscriptions.save_device(
            database,
            caller=who,
            device_id=dialect.device_id(device),
            name=name or None,
            kind=kind,
        )
        # mygpoclient treats any body but an empty one as a failure.
        return _with_cookie(Response(status_code=200), response)


def _subscriptions(api: APIRouter, doors: RouteDependencies) -> None:
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.get("/api/2/subscriptions/{user}/{device}.json")
    def changed(user: str, device: str, who: Who, since: Since = 0) -> dict[str, Any]:
        check_user(who, user)
        dialect.device_id(device)
        return _changes(database, who, since)

    @api.post("/api/2/subscriptions/{user}/{device}.json")
    def change(
        user: str, device: str, who: Who, body: SentBody, response: Response
    ) -> dict[str, Any]:
        check_user(who, user)
        add, remove = _lists(body, response)
        if set(add) & set(remove):
            raise UsageError("an address is both added and removed")
        return _change(database, who, dialect.device_id(device), add, remove)

    @api.get("/subscriptions/{user}/{device}.{form}")
    def listed(
        user: str, device: str, form: str, who: Who, response: Response, callback: Callback = ""
    ) -> Response:
        check_user(who, user)
        return _with_cookie(_list(database, who, form, callback), response)

    @api.get("/api/2/subscriptions/{user}.{form}")
    @api.get("/subscriptions/{user}.{form}")
    def all_listed(
        user: str, form: str, who: Who, response: Response, callback: Callback = ""
    ) -> Response:
        check_user(who, user)
        return _with_cookie(_list(database, who, form, callback), response)

    @api.put("/api/2/subscriptions/{user}/{device}.{form}")
    @api.api_route("/subscriptions/{user}/{device}.{form}", methods=["PUT", "POST"])
    def replace(
        user: str,
        device: str,
        form: str,
        who: Who,
        content: Annotated[bytes, Depends(raw_body)],
        response: Response,
    ) -> Response:
        check_user(who, user)
        if form not in FORMS:
            raise HTTPException(404)
        subscriptions.replace(
            database,
            caller=who,
            device_id=dialect.device_id(device),
            urls=dialect.urls_of(content, form),
        )
        return _with_cookie(Response(status_code=200), response)


def _episodes(api: APIRouter, doors: RouteDependencies, recorder: "Recorder") -> None:
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.get("/api/2/episodes/{user}.json")
    def download(
        user: str,
        who: Who,
        since: Since = 0,
        podcast: Filter = None,
        device: Filter = None,
        aggregated: bool = False,
    ) -> dict[str, Any]:
        check_user(who, user)
        changed = positions.changes(
            database,
            caller=who,
            after=since,
            limit=positions.EVERYTHING,
            podcast_url=None if podcast is None else rules.normalised_feed(podcast) or podcast,
            device_id=device,
            is_gpodder=True,
        )
        chosen = dialect.latest(changed.actions) if aggregated else list(changed.actions)
        return {"actions": [dialect.shown(item) for item in chosen], "timestamp": changed.cursor}

    @api.post("/api/2/episodes/{user}.json")
    async def upload(user: str, who: Who, body: SentBody, response: Response) -> dict[str, Any]:
        check_user(who, user)
        cursor, rewritten = await recorder.record(who, body, response)
        return {"timestamp": cursor, "update_urls": [list(pair) for pair in rewritten]}


def _nextcloud(api: APIRouter, doors: RouteDependencies, recorder: "Recorder", base: str) -> None:
    """Nextcloud's gpodder app: no user and no device in the paths."""
    database = doors.database
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.get(f"{base}/subscriptions")
    def changed(who: Who, since: Since = 0) -> dict[str, Any]:
        return _changes(database, who, since, left_too=True)

    @api.post(f"{base}/subscription_change/create")
    def change(who: Who, body: SentBody, response: Response) -> dict[str, Any]:
        return _change(database, who, None, *_lists(body, response))

    @api.get(f"{base}/episode_action")
    def download(who: Who, since: Since = 0) -> dict[str, Any]:
        changed = positions.changes(
            database, caller=who, after=since, limit=positions.EVERYTHING, is_gpodder=True
        )
        actions = [dialect.shown(action) for action in changed.actions]
        for action in actions:
            action["action"] = action["action"].upper()
        return {"actions": actions, "timestamp": changed.cursor}

    @api.post(f"{base}/episode_action/create")
    async def upload(who: Who, body: SentBody, response: Response) -> dict[str, Any]:
        cursor, _ = await recorder.record(who, body, response)
        return {"timestamp": cursor}


def _changes(
    database: Database[Listeners], who: Caller, since: int, *, left_too: bool = False
) -> dict[str, Any]:
    """Changes after a cursor; ``left_too`` includes unsubscribed shows from the beginning."""
    changed, cursor = subscriptions.changed(database, caller=who, after=max(since, 0))
    gone = [item for item in changed if not item.is_subscribed]
    if not left_too:
        gone = [item for item in gone if item.was_followed and since > 0]
    return {
        "add": [item.podcast_url for item in changed if item.is_subscribed],
        "remove": [item.podcast_url for item in gone],
        "timestamp": cursor,
    }


def _lists(body: Any, response: Response) -> tuple[list[str], list[str]]:
    """The addresses to add and to remove. UsageError (400) for a body without these lists.

    Invalid addresses are skipped and reported in a header (P15).
    """
    if not isinstance(body, dict):
        raise UsageError("the body must be an object with add and remove")
    add, remove = (body.get(name) or [] for name in ("add", "remove"))
    if not isinstance(add, list) or not isinstance(remove, list):
        raise UsageError("add and remove must be lists of addresses")
    skipped = [
        dialect.Skipped(index, "not an address")
        for index, item in enumerate([*add, *remove])
        if not isinstance(item, str)
    ]
    _report(response, skipped)
    return [item for item in add if isinstance(item, str)], [
        item for item in remove if isinstance(item, str)
    ]


def _change(
    database: Database[Listeners],
    who: Caller,
    device: str | None,
    add: list[str],
    remove: list[str],
) -> dict[str, Any]:
    done = subscriptions.change(database, caller=who, device_id=device, add=add, remove=remove)
    return {"timestamp": done.cursor, "update_urls": [list(pair) for pair in done.rewritten]}


def _report(response: Response, skipped: list[dialect.Skipped]) -> None:
    """Report skipped parts of an upload, in a header and in the log; addresses are not logged."""
    if skipped:
        notice = dialect.notice(skipped)
        response.headers[SKIPPED] = notice
        _log.warning("parts of an upload were skipped: %s", notice)


class Recorder:
    """Records uploads of actions, and answers in the clients' terms.

    Large uploads have a separate queue and are split, so that other listeners do not wait for them.
    """

    def __init__(self, database: Database[Listeners]) -> None:
        self._writer, self._large = recording.recorder(database), recording.recorder(database)

    async def record(
        self, who: Caller, body: Any, response: Response
    ) -> tuple[int, list[tuple[str, str]]]:
        """Record an upload; returns the next cursor (P19), and addresses with another spelling."""
        is_large = isinstance(body, list) and len(body) > LARGE
        sent = (
            await asyncio.to_thread(dialect.read_upload, body)
            if is_large
            else dialect.read_upload(body)
        )
        _report(response, sent.skipped)
        received, cursor = clock.now(), 0
        writer = self._large if is_large else self._writer
        for first in range(0, max(len(sent.actions), 1), PART):
            part = sent.actions[first : first + PART]
            actions = (
                await asyncio.to_thread(_actions, part, who, received)
                if is_large
                else _actions(part, who, received)
            )
            cursor = recording.done(await writer.ask(Upload(who, actions))).cursor
        return cursor, sent.rewritten


def _actions(
    sent: Sequence[dialect.Sent], who: Caller, received: datetime
) -> tuple[NewAction, ...]:
    return tuple(item.action(who.listener_id, received) for item in sent)


def _list(database: Database[Listeners], who: Caller, form: str, callback: str = "") -> Response:
    urls = subscriptions.followed(database, caller=who)
    if form == "json":
        return JSONResponse(urls)
    if form == "jsonp":
        return jsonp(urls, callback)
    if form == "txt":
        return PlainTextResponse("".join(f"{url}\n" for url in urls))
    if form == "opml":
        return Response(dialect.opml(urls, "Subscriptions"), media_type="text/x-opml")
    raise HTTPException(404)


def _with_cookie(answer: Response, response: Response) -> Response:
    """Copy the session cookie, which the dependency has set, to an explicit response."""
    for name, value in response.raw_headers:
        if name == b"set-cookie":
            answer.raw_headers.append((name, value))
    return answer
