"""The facts of a Stripe event: ids, states, periods, prices and amounts; nothing personal.

Both forms of the provider's API are read: before 2025 an invoice names its subscription and
payment directly, since then through ``parent`` and ``payments``; periods moved from a subscription
to its items.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.entitlements.types import Fact, Scalar

OFFER = "offer"
LISTENER = "listener_id"
_ID = re.compile(r"[!-~]{1,255}")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_AMOUNTS = (
    "amount", "amount_captured", "amount_paid", "amount_received", "amount_refunded",
    "amount_total",
)  # fmt: skip
_TOO_MUCH = 10**15
_TYPES = re.compile(
    r"customer\.(created|updated|deleted)"
    r"|customer\.subscription\.\w+"
    r"|invoice\.(created|finalized|paid|updated|payment_succeeded|payment_failed|voided)"
    r"|invoice_payment\.paid"
    r"|payment_intent\.succeeded"
    r"|charge\.(succeeded|captured|updated|refunded)"
    r"|charge\.dispute\.\w+|charge\.refund\.updated|refund\.\w+"
    r"|checkout\.session\.(completed|async_payment_succeeded|async_payment_failed)"
    r"|entitlements\.active_entitlement_summary\.updated"
)
Object = Mapping[str, Any]


class Unreadable(ValueError):
    """An event of a known type whose object does not have the type's structure."""


def facts_of(event_id: str, kind: str, created: datetime, data: Object) -> Fact | None:
    """The fact of an event; None for ignored types (E6). Unreadable otherwise."""
    body = data["object"]
    reader = _READERS.get(str(body.get("object", "")))
    if reader is None or not _TYPES.fullmatch(kind):
        return None
    previous = data.get("previous_attributes")
    _check_money(body)
    read = reader(body)
    changed = reader({**body, **previous}) if isinstance(previous, dict) else {}
    values = {name: value for name, value in read.items() if not name.startswith("_")}
    return Fact(
        event_id,
        kind,
        created,
        str(body["object"]),
        _subject(body),
        {name: ref for name, ref in _refs(body).items() if ref},
        _listener(body),
        tuple(dict.fromkeys(_offers(body))),
        values,
        {name: changed[name] for name in values if name in changed
         and changed[name] != values[name]},
    )  # fmt: skip


def _check_money(body: Object) -> None:
    """Unreadable for an amount that cannot be counted: it would be missing from the ledger."""
    amounts = [body[name] for name in _AMOUNTS if body.get(name) is not None]
    if any(type(each) is not int or not 0 <= each < _TOO_MUCH for each in amounts):
        raise Unreadable("an amount is not a whole number of the smallest unit")
    currency = body.get("currency")
    if any(amounts) and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        raise Unreadable("an amount has no currency")


def object_ids(fact: Fact) -> list[str]:
    """The ids by which events belong together, sorted."""
    return sorted(set(fact.refs.values()))


def _subject(body: Object) -> str:
    if body["object"] == "entitlements.active_entitlement_summary":
        return f"summary:{_ref(body.get('customer'))}"
    subject = _ref(body.get("id"))
    if subject is None:
        raise Unreadable("the object has no id")
    return subject


def _ref(value: object) -> str | None:
    """An id, or the id of an embedded object."""
    given = value.get("id") if isinstance(value, dict) else value
    if given is None or given == "":
        return None
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise Unreadable("a reference is not a valid id")
    return given


_OWN = {
    "customer": "customer",
    "subscription": "subscription",
    "invoice": "invoice",
    "payment_intent": "payment_intent",
    "charge": "charge",
    "refund": "refund",
    "dispute": "dispute",
    "checkout.session": "session",
}


def _refs(body: Object) -> dict[str, str | None]:
    kind = str(body["object"])
    refs = {name: _ref(body.get(name)) for name in
            ("customer", "subscription", "invoice", "payment_intent", "charge")}  # fmt: skip
    parent = body.get("parent")
    if isinstance(parent, dict) and isinstance(parent.get("subscription_details"), dict):
        refs["subscription"] = _ref(parent["subscription_details"].get("subscription"))
    payments = [body["payment"]] if isinstance(body.get("payment"), dict) else [
        each.get("payment") for each in _listed(body.get("payments"))
    ]  # fmt: skip
    for payment in payments:
        if isinstance(payment, dict):
            refs["payment_intent"] = refs["payment_intent"] or _ref(payment.get("payment_intent"))
            refs["charge"] = refs["charge"] or _ref(payment.get("charge"))
    if kind == "payment_intent":
        refs["charge"] = _ref(body.get("latest_charge"))
    if kind in _OWN:
        refs[_OWN[kind]] = _ref(body.get("id"))
    return refs


def _listener(body: Object) -> UUID | None:
    given = _metadata(body).get(LISTENER) or body.get("client_reference_id")
    if not isinstance(given, str):
        details = body.get("subscription_details")
        given = _metadata(details).get(LISTENER) if isinstance(details, dict) else None
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _metadata(body: Object) -> Object:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _offers(body: Object) -> Iterator[str]:
    """Price, product and lookup key of every item, and ``metadata.offer``."""
    kind = body["object"]
    if kind == "subscription":
        for item in _sold(body.get("items")):
            yield from _price(item.get("price"))
            yield from _price(item.get("plan"))
    if kind == "checkout.session":
        for item in _sold(body.get("line_items")):
            yield from _price(item.get("price"))
    if kind == "entitlements.active_entitlement_summary":
        for item in _listed(body.get("entitlements")):
            yield from _texts(item.get("lookup_key"), item.get("feature"))
    for word in str(_metadata(body).get(OFFER, "")).split(","):
        yield from _texts(word.strip())


def _price(price: object) -> Iterator[str]:
    if isinstance(price, dict):
        yield from _texts(price.get("id"), price.get("product"), price.get("lookup_key"))


def _texts(*values: object) -> Iterator[str]:
    for value in values:
        text = value.get("id") if isinstance(value, dict) else value
        if isinstance(text, str) and 0 < len(text) <= 255:
            yield text


def _listed(value: object) -> list[dict[str, Any]]:
    data = value.get("data") if isinstance(value, dict) else None
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _sold(items: object) -> list[dict[str, Any]]:
    """Items with a quantity: one of 0 sells nothing. Metered prices have no quantity."""
    return [item for item in _listed(items) if item.get("quantity") != 0]


def _plain(body: Object, *names: str) -> dict[str, Scalar]:
    """Fields that are numbers, texts or switches; anything else is left out."""
    given = {name: body.get(name) for name in names}
    return {
        name: value
        for name, value in given.items()
        if isinstance(value, str | int) and (not isinstance(value, str) or len(value) <= 255)
    }


def _customer(body: Object) -> dict[str, Scalar]:
    return _plain(body, "deleted")


def _subscription(body: Object) -> dict[str, Scalar]:
    values = _plain(
        body, "status", "cancel_at_period_end", "cancel_at", "current_period_start",
        "current_period_end", "start_date", "ended_at", "canceled_at",
    )  # fmt: skip
    for name in ("current_period_start", "current_period_end"):
        ends = [item[name] for item in _listed(body.get("items")) if type(item.get(name)) is int]
        if name not in values and ends:
            values[name] = max(ends)
    # As a text, so that changes of plan within a second have an order, too (E7).
    values["prices"] = " ".join(dict.fromkeys(
        name for item in _sold(body.get("items")) for name in _texts(item.get("price"))
    ))  # fmt: skip
    if not isinstance(values.get("status"), str):
        raise Unreadable("the subscription has no status")
    return values


def _invoice(body: Object) -> dict[str, Scalar]:
    values = _plain(body, "status", "paid", "amount_paid", "currency", "period_end")
    periods = [line.get("period") for line in _listed(body.get("lines"))]
    ends = [p["end"] for p in periods if isinstance(p, dict) and type(p.get("end")) is int]
    if ends:
        values["period_end"] = max(ends)
    return values


def _charge(body: Object) -> dict[str, Scalar]:
    return _plain(
        body, "amount", "amount_captured", "amount_refunded", "refunded", "paid", "status",
        "currency",
    )  # fmt: skip


def _payment_intent(body: Object) -> dict[str, Scalar]:
    return _plain(body, "amount_received", "currency", "status")


def _refund(body: Object) -> dict[str, Scalar]:
    return _plain(body, "amount", "currency", "status")


def _session(body: Object) -> dict[str, Scalar]:
    return _plain(body, "mode", "payment_status", "status", "amount_total", "currency")


def _summary(body: Object) -> dict[str, Scalar]:
    listed = body.get("entitlements")
    more = listed.get("has_more") if isinstance(listed, dict) else None
    return {"has_more": more is True}


_READERS: dict[str, Callable[[Object], dict[str, Scalar]]] = {
    "customer": _customer,
    "subscription": _subscription,
    "invoice": _invoice,
    "invoice_payment": lambda body: _plain(body, "status", "amount_paid", "currency"),
    "charge": _charge,
    "payment_intent": _payment_intent,
    "refund": _refund,
    "dispute": lambda body: _plain(body, "amount", "currency", "status"),
    "checkout.session": _session,
    "entitlements.active_entitlement_summary": _summary,
}
