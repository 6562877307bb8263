"""``/api/v1/listener/passkeys``: WebAuthn, in the browsers' JSON format (AC3).

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.credentials.passkeys import as_text
from wavehouse.kernel.fields import Line
from wavehouse.listeners.http.accounts import (
    BASIC,
    BROWSER,
    SessionOut,
    answers,
    browser_cookie,
    signed_in,
    token_limits,
)
from wavehouse.listeners.http.common import RouteDependencies, owning
from wavehouse.listeners.service import passkeys
from wavehouse.listeners.types import Caller

PasskeyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22,1364}$")]


class CredentialIn(BaseModel):
    """The result of ``PublicKeyCredential.toJSON()``."""

    model_config = ConfigDict(extra="forbid")

    credential: dict[str, Any]


class NewPasskeyIn(CredentialIn):
    """The same, with the listener's name for it."""

    name: Annotated[Line, Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]


@dataclass(frozen=True)
class PasskeyOut:
    """A passkey; a flagged one may have been copied and no longer signs in."""

    passkey_id: str
    name: str
    last_used_at: datetime | None
    flagged_at: datetime | None


@dataclass(frozen=True)
class RegisteredOut:
    """The id of a stored passkey."""

    passkey_id: str


def router(doors: RouteDependencies) -> APIRouter:
    """Register, list and delete passkeys; and sign in."""
    api = APIRouter(prefix="/api/v1/listener/passkeys", tags=["listener"])
    _own(api, doors)
    _signing_in(api, doors)
    return api


def _own(api: APIRouter, doors: RouteDependencies) -> None:
    Own = Annotated[Caller, Depends(owning(doors.asking))]  # noqa: N806 - it is a type
    Fresh = Annotated[Caller, Depends(owning(doors.asking, fresh=True))]  # noqa: N806 - it is a type

    @api.get("", dependencies=BASIC, responses=answers(401, 403, 429))
    def listed(who: Own) -> list[PasskeyOut]:
        """The listener's passkeys, oldest first."""
        return [
            PasskeyOut(as_text(each.credential_id), each.name, each.last_used_at, each.flagged_at)
            for each in passkeys.of(doors.database, caller=who)
        ]

    @api.post("/options", dependencies=BASIC, responses=answers(401, 403, 429))
    def options(who: Fresh, request: Request, response: Response) -> dict[str, Any]:
        """Options for ``navigator.credentials.create``, within 15 minutes of a sign-in."""
        browser = browser_cookie(request, response, doors)
        return passkeys.ask_for_new(doors.database, doors.site, caller=who, browser=browser)

    @api.post("", status_code=201, dependencies=BASIC, responses=answers(401, 403, 409, 422, 429))
    def register(body: NewPasskeyIn, who: Fresh, request: Request) -> RegisteredOut:
        """Store a new passkey; the challenge works once (AC3)."""
        made = passkeys.register(
            doors.database,
            doors.site,
            caller=who,
            browser=request.cookies.get(BROWSER, ""),
            name=body.name,
            credential=body.credential,
        )
        return RegisteredOut(made)

    @api.delete(
        "/{passkey_id}",
        status_code=204,
        dependencies=BASIC,
        responses=answers(401, 403, 404, 422, 429),
    )
    def forget(passkey_id: PasskeyId, who: Fresh) -> None:
        """Delete a passkey, within 15 minutes of a sign-in."""
        passkeys.forget(doors.database, caller=who, credential_id=passkey_id)


def _signing_in(api: APIRouter, doors: RouteDependencies) -> None:
    brake = token_limits(doors, "passkey")

    @api.post("/sign-in/options", responses=answers(429))
    def options(request: Request, response: Response) -> dict[str, Any]:
        """Options for ``navigator.credentials.get``; the same for everybody (AC8)."""
        brake.check(request)
        browser = browser_cookie(request, response, doors)
        return passkeys.ask_for_known(doors.database, doors.site, browser=browser)

    @api.post("/sign-in", responses=answers(401, 422, 429))
    def sign_in(body: CredentialIn, request: Request, response: Response) -> SessionOut:
        """Sign in with an authenticator's response, in the same browser, within 5 minutes (AC3)."""
        brake.check(request)
        caller, token = passkeys.sign_in(
            doors.database,
            doors.site,
            browser=request.cookies.get(BROWSER, ""),
            credential=body.credential,
        )
        return signed_in(response, doors, caller, token)
