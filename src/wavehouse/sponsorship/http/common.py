"""Field types and cursors shared by the routes of ``sponsorship``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Header, Query, Request, Response
from pydantic import BaseModel, BeforeValidator

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.fields import Line
from wavehouse.kernel.paging import LARGEST_PAGE, decoded
from wavehouse.store import Operational, Tx


def _day(value: object) -> object:
    if not isinstance(value, str) or len(value) != len("2026-11-01"):
        raise ValueError("must be a date like 2026-11-01")
    return value


Text = Line
Day = Annotated[date, BeforeValidator(_day)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str | None, Query(max_length=500)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A retry with the same key gets the same response and changes nothing.",
    ),
]
M = TypeVar("M", bound=BaseModel)


def place_in(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The (instant, id) in a cursor, or None for the first page."""
    if cursor is None:
        return None
    at, name = decoded(cursor, 2)
    try:
        instant, entry = datetime.fromisoformat(at), UUID(name)
    except ValueError:
        raise UsageError("invalid cursor") from None
    if instant.tzinfo is None:
        raise UsageError("invalid cursor")
    return instant, entry


def once(
    tx: Tx[Operational],
    identity: Identity,
    request: Request,
    response: Response,
    body: BaseModel,
    model: type[M],
    answer: Callable[[], M],
) -> M:
    """A route's response (201) by its Idempotency-Key: new, or the one stored for the key."""
    done = accounts.answer_once(
        tx,
        identity=identity,
        key=request.headers.get("idempotency-key"),
        request=f"{request.method} {request.url.path} {body.model_dump_json()}".encode(),
        answer=lambda: (201, answer().model_dump(mode="json")),
    )
    if done.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return model.model_validate(done.body)
