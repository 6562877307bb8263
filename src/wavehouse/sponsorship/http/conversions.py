"""``POST /api/v1/conversions``: a shop sends a conversion; repeats are idempotent.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.fields import Exact
from wavehouse.kernel.ids import CampaignId
from wavehouse.kernel.paging import PAGE, Page, cut
from wavehouse.sponsorship.http.common import Cursor, Limit, Text, place_in
from wavehouse.sponsorship.rules import rows
from wavehouse.sponsorship.rules.signals import MOST_CLICKS
from wavehouse.sponsorship.service.conversions import list_conversions, record_conversion
from wavehouse.sponsorship.types import (
    CURRENCIES,
    Click,
    ConversionInput,
    ConversionOutcome,
    ConversionType,
    ListedConversion,
)
from wavehouse.store import Database, Operational
from wavehouse.workspace import Gate

_AMOUNT: JsonDict = {
    "anyOf": [
        {"type": "string", "pattern": r"^[+-]?[0-9]{1,12}(\.[0-9]{1,4})?$"},
        {"type": "number", "minimum": -999999999999, "maximum": 999999999999, "multipleOf": 0.0001},
    ]
}


def _amount_text(value: object) -> str:
    """The digits of an amount: JSON numbers are read by their shortest text, not as floats."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number or a decimal string like 49.90")
    return f"{Decimal(repr(value)):f}"


class FollowedLink(BaseModel):
    """A tracked link that led to the shop: the time it was followed, and its UTM fields (AT06)."""

    model_config = ConfigDict(extra="forbid", str_max_length=255)

    at: Text = Field(json_schema_extra={"format": "date-time"})
    utm_source: Text = ""
    utm_medium: Text = ""
    utm_campaign: Text = ""
    utm_content: Text = ""
    utm_term: Text = ""

    def to_click(self) -> Click:
        """Convert to a click. InvalidInput for an invalid time."""
        fields = self.model_dump(exclude={"at"})
        at = rows.instant(self.at, now=clock.now())
        return Click(at, {name: text for name, text in fields.items() if text})


class NewConversion(BaseModel):
    """A conversion with the shop's signals: a promo code, a known campaign, followed links.

    All are kept as evidence; the strongest counts (AT04). A negative value is a
    refund of the order it names.
    """

    model_config = ConfigDict(extra="forbid", str_max_length=255)

    occurred_at: Text = Field(json_schema_extra={"format": "date-time"})
    promo_code: Text | None = Field(default=None, min_length=1)
    campaign_id: UUID | None = None
    clicks: list[FollowedLink] = Field(default_factory=list, max_length=MOST_CLICKS)
    conversion_type: ConversionType = ConversionType.PURCHASE
    conversion_value: Annotated[
        Exact, BeforeValidator(_amount_text), Field(json_schema_extra=_AMOUNT)
    ]
    currency: Text = Field(json_schema_extra={"enum": [*sorted(CURRENCIES)]})
    order_id: Text = Field(min_length=1)

    def to_conversion(self) -> ConversionInput:
        """The conversion, by the same rules as a row of a file.

        InvalidInput for an invalid value.
        """
        if not (self.promo_code or self.campaign_id or self.clicks):
            raise InvalidInput(
                "the conversion has no signal",
                hint="Send at least one of promo_code, campaign_id, clicks.",
            )
        kind, code = self.conversion_type, self.promo_code
        currency = rows.currency(self.currency)
        required = kind is ConversionType.PURCHASE
        return ConversionInput(
            occurred_at=rows.instant(self.occurred_at, now=clock.now()),
            promo_code=(code and rows.text("promo_code", code, required=True)) or "",
            conversion_type=kind,
            value=rows.amount(self.conversion_value, currency, required=required),
            currency=currency,
            order_id=rows.text("order_id", self.order_id),
            campaign_id=None if self.campaign_id is None else CampaignId(self.campaign_id),
            clicks=tuple(link.to_click() for link in self.clicks),
        )


class ConversionAnswer(BaseModel):
    """The outcome: ``stored``, ``duplicate``, ``unmatched`` (stored, not credited) or ``dropped``.

    An order of a buyer who was erased is dropped: it is counted and not stored, and has no id.
    """

    conversion_id: UUID | None
    outcome: ConversionOutcome
    campaign_id: UUID | None


def router(database: Database[Operational], gate: Gate) -> APIRouter:
    """Conversions sent by shops, with their credits."""
    api = APIRouter(prefix="/api/v1", tags=["conversions"])
    writes, reads = Scope.CONVERSIONS_WRITE, Scope.CONVERSIONS_READ

    @api.post(
        "/conversions",
        status_code=201,
        responses={
            200: {
                "model": ConversionAnswer,
                "description": "The order was already known, or is dropped: no change.",
            },
            **gate.answers(writes, 413, 422),
        },
    )
    def create_conversion(
        body: NewConversion,
        response: Response,
        identity: Annotated[Identity, Depends(gate(writes))],
    ) -> ConversionAnswer:
        """Send a conversion. Idempotent by order id: 201 when stored, 200 when known.

        200 with ``dropped``, without an id, for an order of a buyer who was erased.
        """
        with database.app(identity.organization_id) as tx:
            done = record_conversion(
                tx, identity=identity, conversion=body.to_conversion(), source_name=identity.name
            )
        is_dropped = done.outcome is ConversionOutcome.DROPPED
        if is_dropped or done.outcome is ConversionOutcome.DUPLICATE:
            response.status_code = 200
        return ConversionAnswer(
            conversion_id=None if is_dropped else done.conversion_id,
            outcome=done.outcome,
            campaign_id=done.campaign_id,
        )

    @api.get("/conversions", responses=gate.answers(reads, 422))
    def conversions(
        identity: Annotated[Identity, Depends(gate(reads))],
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Page[ListedConversion]:
        """Conversions, latest first, each with the methods of its evidence and its credits."""
        with database.app(identity.organization_id) as tx:
            conversions = list_conversions(
                tx, identity=identity, before=place_in(cursor), limit=limit + 1
            )
        return cut(
            conversions,
            key=lambda c: (c.occurred_at.isoformat(), str(c.conversion_id)),
            limit=limit,
        )

    return api
