"""``/api/v1/listener/apps``: app passwords, for clients that support nothing else (AC6).

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.kernel.fields import Line
from wavehouse.listeners.http.accounts import BASIC, answers
from wavehouse.listeners.http.common import RouteDependencies, owning
from wavehouse.listeners.service import accounts
from wavehouse.listeners.types import Caller


class NewAppIn(BaseModel):
    """The name that the listener gives the app or device."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=100)]


@dataclass(frozen=True)
class AppOut:
    """An app that may sign in, with the time of its last use."""

    app_id: UUID
    name: str
    last_used_at: datetime | None


@dataclass(frozen=True)
class NewAppOut:
    """Credentials to enter in the app. The password is shown only once; only its hash is stored."""

    app_id: UUID
    name: str
    username: str
    password: str = field(repr=False)


def router(doors: RouteDependencies) -> APIRouter:
    """List, create and revoke app passwords."""
    api = APIRouter(prefix="/api/v1/listener/apps", tags=["listener"], dependencies=BASIC)
    Own = Annotated[Caller, Depends(owning(doors.asking))]  # noqa: N806 - it is a type
    Fresh = Annotated[Caller, Depends(owning(doors.asking, fresh=True))]  # noqa: N806 - it is a type

    @api.get("", responses=answers(401, 403, 429))
    def listed(who: Own) -> list[AppOut]:
        """The listener's apps, oldest first."""
        return [
            AppOut(each.app_password_id, each.name, each.last_used_at)
            for each in accounts.app_passwords(doors.database, caller=who)
        ]

    @api.post("", status_code=201, responses=answers(401, 403, 409, 422, 429))
    def make(body: NewAppIn, who: Fresh) -> NewAppOut:
        """Create a password for one app, within 15 minutes of a sign-in."""
        made = accounts.make_app_password(doors.database, caller=who, name=body.name)
        return NewAppOut(made.app_password_id, made.device, made.username, made.text)

    @api.delete("/{app_id}", status_code=204, responses=answers(401, 403, 404, 422, 429))
    def revoke(app_id: UUID, who: Fresh) -> None:
        """Revoke a password and its sessions, within 15 minutes of a sign-in (AC7)."""
        accounts.end_app_password(doors.database, caller=who, app_password_id=app_id)

    return api
