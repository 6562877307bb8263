"""``POST /api/v1/conversions``: a shop tells a redeemed code, once or as often as it likes.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.types import Message

from wavehouse import accounts
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotSignedIn
from wavehouse.kernel.ids import CampaignId
from wavehouse.sponsorship.rules import rows
from wavehouse.sponsorship.rules.signals import MOST_CLICKS
from wavehouse.sponsorship.service.conversions import record_conversion
from wavehouse.sponsorship.types import (
    CURRENCIES,
    Click,
    ConversionInput,
    ConversionOutcome,
    ConversionType,
)
from wavehouse.store import Database, Operational

LARGEST_BODY = 16 * 1024
_AMOUNT: JsonDict = {
    "anyOf": [
        {"type": "string", "pattern": r"^[+-]?[0-9]{1,8}(\.[0-9]{1,2})?$"},
        {"type": "number", "minimum": -99999999.99, "maximum": 99999999.99, "multipleOf": 0.01},
    ]
}


def _amount_text(value: object) -> str:
    """The digits of an amount: JSON numbers are taken by their shortest text, never by bits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number or a decimal string like 49.90")
    return f"{Decimal(repr(value)):f}"


def _only_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


Text = Annotated[str, BeforeValidator(_only_text)]


class FollowedLink(BaseModel):
    """A tracked link that led to the shop: when it was followed, and its UTM fields (AT06)."""

    model_config = ConfigDict(extra="forbid", str_max_length=255)

    at: Text = Field(json_schema_extra={"format": "date-time"})
    utm_source: Text = ""
    utm_medium: Text = ""
    utm_campaign: Text = ""
    utm_content: Text = ""
    utm_term: Text = ""

    def told(self) -> Click:
        """The link by the rules of a conversion's time."""
        fields = self.model_dump(exclude={"at"})
        at = rows.instant(self.at, now=clock.now())
        return Click(at, {name: text for name, text in fields.items() if text})


class NewConversion(BaseModel):
    """A conversion with the signals that a shop has: a code, a campaign it knows, followed links.

    All that are told are kept as evidence; the strongest counts (AT04). A negative value is a
    refund of the order it names.
    """

    model_config = ConfigDict(extra="forbid", str_max_length=255)

    occurred_at: Text = Field(json_schema_extra={"format": "date-time"})
    promo_code: Text | None = Field(default=None, min_length=1)
    campaign_id: UUID | None = None
    clicks: list[FollowedLink] = Field(default_factory=list, max_length=MOST_CLICKS)
    conversion_type: ConversionType = ConversionType.PURCHASE
    conversion_value: Annotated[
        str, BeforeValidator(_amount_text), Field(json_schema_extra=_AMOUNT)
    ]
    currency: Text = Field(json_schema_extra={"enum": [*sorted(CURRENCIES)]})
    order_id: Text = Field(min_length=1)

    def told(self) -> ConversionInput:
        """The conversion by the same rules as a row of a file; InvalidInput says what is wrong."""
        if not (self.promo_code or self.campaign_id or self.clicks):
            raise InvalidInput(
                "the conversion has no signal",
                hint="Tell promo_code, campaign_id or clicks: one of them, or all.",
            )
        cells = self.model_dump(mode="json", exclude={"campaign_id", "clicks"})
        understood = rows.conversion(
            {**cells, "promo_code": self.promo_code or "-"}, now=clock.now()
        )
        return replace(
            understood,
            promo_code=understood.promo_code if self.promo_code else "",
            campaign_id=None if self.campaign_id is None else CampaignId(self.campaign_id),
            clicks=tuple(link.told() for link in self.clicks),
        )


class ConversionAnswer(BaseModel):
    """What became of it: ``stored``, ``duplicate``, or ``unmatched`` (kept, credited to nobody)."""

    conversion_id: UUID
    outcome: ConversionOutcome
    campaign_id: UUID | None


class LimitedRoute(APIRoute):
    """A route that reads no more of a body than it can use."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a counter of bytes."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            seen = 0

            async def counted() -> Message:
                nonlocal seen
                message = await request.receive()
                seen += len(message.get("body", b""))
                if seen > LARGEST_BODY:
                    raise HTTPException(413)
                return message

            return await handle(Request(request.scope, counted))

        return limited


_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": ConversionAnswer, "description": "The order was known; nothing changed."},
    **{
        status: {"description": text, **_PROBLEM}
        for status, text in {
            400: "The body is not JSON.",
            401: "No valid API key came with the request.",
            403: "The API key lacks the scope conversions:write.",
            413: f"The body is larger than {LARGEST_BODY} bytes.",
            422: "A field cannot be used.",
        }.items()
    },
}


def router(database: Database[Operational]) -> APIRouter:
    """The HTTP entrance of ``sponsorship`` on this database."""
    api = APIRouter(prefix="/api/v1", tags=["conversions"], route_class=LimitedRoute)
    bearer = HTTPBearer(auto_error=False, description="An API key: wh_live_…")

    def caller(
        sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> accounts.Identity:
        if sent is None:
            raise NotSignedIn(
                "an API key is needed: Authorization: Bearer <key>", hint="wavehouse keys create"
            )
        with database.worker() as tx:
            return accounts.verify_api_key(
                tx, text=sent.credentials, scope=accounts.Scope.CONVERSIONS_WRITE
            )

    @api.post("/conversions", status_code=201, responses=_RESPONSES)
    def create_conversion(
        body: NewConversion,
        response: Response,
        identity: Annotated[accounts.Identity, Depends(caller)],
    ) -> ConversionAnswer:
        """Tell a conversion. Idempotent by order id: 201 when stored, 200 when known."""
        with database.app(identity.organization_id) as tx:
            done = record_conversion(
                tx, identity=identity, conversion=body.told(), source_name=identity.name
            )
        if done.outcome is ConversionOutcome.DUPLICATE:
            response.status_code = 200
        return ConversionAnswer(
            conversion_id=done.conversion_id, outcome=done.outcome, campaign_id=done.campaign_id
        )

    return api
