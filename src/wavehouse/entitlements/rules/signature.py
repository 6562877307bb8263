"""Verification of Stripe's webhook signatures over the raw bytes (E1, E2).

The scheme: ``Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]`` with HMAC-SHA256 of
``<t>.<body>``. Two ``v1`` values are a rotation of the secret. Timestamps more than 300 s before
or after now are refused; the provider's own library only checks the past.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

TOLERANCE = 300
_LONGEST_HEADER = 4096
_TIME = re.compile(r"[0-9]{1,11}")
_HEX = re.compile(r"[0-9a-f]{64}")


def refusal(body: bytes, header: str, *, secrets: Sequence[str], now: float) -> str | None:
    """The reason for refusing a delivery, or None. ``secrets`` has no empty ones.

    All secrets and all signatures are compared in constant time.
    """
    if not header or len(header) > _LONGEST_HEADER:
        return "the signature is missing"
    pairs = [part.partition("=") for part in header.split(",")]
    times = [value.strip() for name, _, value in pairs if name.strip() == "t"]
    sent = [value.strip() for name, _, value in pairs if name.strip() == "v1"]
    signatures = [value for value in sent if _HEX.fullmatch(value)]
    if len(times) != 1 or not _TIME.fullmatch(times[0]):
        return "the signature has no timestamp"
    if not signatures:
        return "the signature has no v1 value"
    is_valid = False
    for secret in secrets:
        expected = signature(body, times[0], secret)
        for given in signatures:
            is_valid |= hmac.compare_digest(expected, given)
    if not is_valid:
        return "the signature does not match"
    if abs(now - int(times[0])) > TOLERANCE:
        return f"the signature's timestamp is more than {TOLERANCE} s from now"
    return None


def signature(body: bytes, at: str, secret: str) -> str:
    """The ``v1`` value of a body at a time in seconds, 64 hexadecimal digits."""
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def header(body: bytes, at: int, secret: str) -> str:
    """The header of a delivery, for recorded events and tests."""
    return f"t={at},v1={signature(body, str(at), secret)}"
