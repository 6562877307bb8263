"""Payments, refunds and disputes of one subscription or order, and the resulting movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from wavehouse.entitlements.rules.linking import Links
from wavehouse.entitlements.types import Fact, Movement, Scalar
from wavehouse.kernel.money import decimals

_WON = frozenset({"won"})
_HARMLESS = frozenset({"warning_needs_response", "warning_under_review", "warning_closed"})
_LOST = frozenset({"lost", "prevented", "charge_refunded"})
_STRIPE_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Decimals of the provider's amounts where they differ from ISO 4217: it kept two for krona and
shilling, and has none for ariary (docs.stripe.com/currencies, zero-decimal and special cases)."""


def number(value: Scalar) -> int:
    """A whole number of an event; 0 for anything else."""
    return value if type(value) is int and abs(value) < 10**15 else 0


@dataclass(slots=True)
class Dispute:
    """A dispute as the events up to now report it."""

    opened_at: datetime
    status: str
    closed_at: datetime | None = None
    suspended: timedelta = timedelta()
    """The time for which it was open, without the last opening while it is open."""

    @property
    def is_open(self) -> bool:
        """Whether it is undecided; inquiries do not count."""
        return self.status not in _WON | _LOST | _HARMLESS

    @property
    def is_lost(self) -> bool:
        """Whether the money is gone."""
        return self.status in _LOST


@dataclass(slots=True)
class Payments:
    """Payments, refunds and disputes up to an event."""

    links: Links
    amounts: dict[str, int] = field(default_factory=dict)
    refunds: dict[str, dict[str, int]] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)
    full_at: dict[str, datetime] = field(default_factory=dict)
    named: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Offers named by a refund, with the payment and the time."""
    failed: dict[str, dict[str, int]] = field(default_factory=dict)
    """Refunds that failed after the charge's last report, which still counts them."""
    disputes: dict[str, Dispute] = field(default_factory=dict)
    paid_at: dict[str, datetime] = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        """Add an event."""
        unit = self.links.unit(fact)
        if fact.kind == "dispute":
            self._dispute(fact)
        if unit is None:
            return
        if fact.kind == "charge":
            self._charge(unit, fact)
        elif fact.kind == "payment_intent":
            self.amounts[unit] = number(fact.values.get("amount_received"))
            self.paid_at.setdefault(unit, fact.created)
        elif fact.kind == "refund":
            self._refund(unit, fact)
        elif fact.kind in {"invoice", "checkout.session"} and unit not in self.amounts:
            given = fact.values.get("amount_paid", fact.values.get("amount_total"))
            if number(given):
                self.amounts[unit] = number(given)
        self._note_full(unit, fact.created)

    def refunded(self, unit: str) -> int:
        """The refunded amount of a payment, in the smallest unit of its currency."""
        return max(sum(self.refunds.get(unit, {}).values()), self.counted(unit))

    def counted(self, unit: str) -> int:
        """The refunded amount by the charge's last report, without what failed since."""
        failed = sum(self.failed.get(unit, {}).values())
        return max(self.reported.get(unit, 0) - failed, 0)

    def _charge(self, unit: str, fact: Fact) -> None:
        values = fact.values
        if values.get("status", "succeeded") != "succeeded" or values.get("paid") is False:
            return
        self.amounts[unit] = number(values.get("amount_captured")) or number(values.get("amount"))
        self.reported[unit] = number(values.get("amount_refunded"))
        self.failed.pop(unit, None)
        self.paid_at.setdefault(unit, fact.created)

    def _refund(self, unit: str, fact: Fact) -> None:
        counts = fact.values.get("status", "succeeded") in {"succeeded", "pending"}
        amount = number(fact.values.get("amount")) if counts else 0
        if not counts and self.refunds.get(unit, {}).get(fact.subject) != 0:
            self.failed.setdefault(unit, {})[fact.subject] = number(fact.values.get("amount"))
        self.refunds.setdefault(unit, {})[fact.subject] = amount
        for offer in fact.offers:
            if amount:
                self.named.setdefault(offer, (unit, fact.created))
            else:
                self.named.pop(offer, None)

    def _note_full(self, unit: str, at: datetime) -> None:
        amount = self.amounts.get(unit, 0)
        if amount > 0 and self.refunded(unit) >= amount:
            self.full_at.setdefault(unit, at)
        else:
            self.full_at.pop(unit, None)

    def _dispute(self, fact: Fact) -> None:
        status = str(fact.values.get("status", "needs_response"))
        known = self.disputes.setdefault(fact.subject, Dispute(fact.created, status))
        was_open = known.is_open
        known.status = status
        if was_open and not known.is_open:
            known.closed_at = fact.created
            known.suspended += fact.created - known.opened_at
        if known.is_open:
            known.closed_at = None
            if not was_open:  # an inquiry that the bank made a dispute, or a decision reopened
                known.opened_at = fact.created

    def lost(self) -> datetime | None:
        """The time at which a dispute was first lost, or refunded to prevent it."""
        times = [d.closed_at or d.opened_at for d in self.disputes.values() if d.is_lost]
        return min(times, default=None)

    def is_disputed(self) -> bool:
        """Whether a dispute is open."""
        return any(dispute.is_open for dispute in self.disputes.values())

    def lost_time(self) -> timedelta:
        """The total time for which won disputes were open (E21)."""
        won = (d.suspended for d in self.disputes.values() if d.status in _WON)
        return sum(won, timedelta())


def movements(facts: Sequence[Fact], links: Links) -> tuple[Movement, ...]:
    """Every payment, refund and dispute once, exact in the units of its currency, by reference.

    Charges take precedence over payment intents, and those over invoices, as all three report the
    same money. A movement without effect, such as a won dispute, has the amount 0.
    """
    result: dict[str, Movement] = {}
    ranks: dict[str, int] = {}
    for fact in facts:
        ranked = _movement(fact, links)
        if ranked is None:
            continue
        precedence, movement = ranked
        if precedence >= ranks.get(movement.reference, -1):
            known = result.get(movement.reference)
            first = known.occurred_at if known else movement.occurred_at
            result[movement.reference] = Movement(
                movement.reference, movement.kind, movement.amount, movement.currency,
                min(first, movement.occurred_at), movement.event_id,
            )  # fmt: skip
            ranks[movement.reference] = precedence
    result |= _unnamed_refunds(facts, links)
    return tuple(result[name] for name in sorted(result))


_PAYMENTS = {
    "charge": (2, "amount"),
    "payment_intent": (1, "amount_received"),
    "invoice": (0, "amount_paid"),
}


def _movement(fact: Fact, links: Links) -> tuple[int, Movement] | None:
    values, unit = fact.values, links.unit(fact)
    currency = _currency(values.get("currency"))
    if currency is None:
        return None
    if fact.kind in _PAYMENTS and unit:
        precedence, name = _PAYMENTS[fact.kind]
        amount = number(values.get("amount_captured")) or number(values.get(name))
        if fact.kind == "charge" and values.get("status", "succeeded") != "succeeded":
            return None
        return precedence, _moved(fact, f"payment:{unit}", "payment", amount, currency)
    if fact.kind == "refund":
        counts = values.get("status", "succeeded") == "succeeded"
        amount = -number(values.get("amount")) if counts else 0
        return 0, _moved(fact, f"refund:{fact.subject}", "refund", amount, currency)
    if fact.kind == "dispute":
        status = str(values.get("status", "needs_response"))
        kept = status in _WON | _HARMLESS | {"prevented"}
        amount = 0 if kept else -number(values.get("amount"))
        return 0, _moved(fact, f"dispute:{fact.subject}", "dispute", amount, currency)
    return None


def _unnamed_refunds(facts: Sequence[Fact], links: Links) -> dict[str, Movement]:
    """The refunds that charges report beyond the refunds with events of their own."""
    payments = Payments(links)
    reports: dict[str, Fact] = {}
    settled: dict[str, dict[str, int]] = {}
    for fact in facts:
        unit = links.unit(fact)
        if unit and fact.kind in {"charge", "refund"}:
            payments.take(fact)
        if unit and fact.kind == "refund":
            counts = fact.values.get("status", "succeeded") == "succeeded"
            settled.setdefault(unit, {})[fact.subject] = (
                number(fact.values.get("amount")) if counts else 0
            )
        if unit and fact.kind == "charge" and number(fact.values.get("amount_refunded")):
            reports[unit] = fact
    result = {}
    for unit, fact in reports.items():
        rest = payments.counted(unit) - sum(settled.get(unit, {}).values())
        currency = _currency(fact.values.get("currency"))
        if currency:
            reference = f"refund:of {unit}"
            result[reference] = _moved(fact, reference, "refund", -max(rest, 0), currency)
    return result


def _moved(fact: Fact, reference: str, kind: str, amount: int, currency: str) -> Movement:
    places = _STRIPE_DECIMALS.get(currency, decimals(currency))
    exact = Decimal(amount).scaleb(-places)
    return Movement(reference, kind, exact, currency, fact.created, fact.event_id)


def _currency(value: Scalar) -> str | None:
    text = value.upper() if isinstance(value, str) else ""
    return text if len(text) == 3 and text.isascii() and text.isalpha() else None
