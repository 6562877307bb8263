"""Keyed hashes of ids at a payment provider; the key is derived, and in no database."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from wavehouse.store import Place

_LABEL = b"wavehouse erased payers"


def payer_hashes(location: Place, references: Sequence[str]) -> list[bytes]:
    """HMAC-SHA256 of each reference, as kept for an erased listener's payments (E27)."""
    key = hmac.new(location.secret.encode(), _LABEL, hashlib.sha256).digest()
    return [hmac.new(key, ref.encode(), hashlib.sha256).digest() for ref in references]
