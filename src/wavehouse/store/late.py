"""Late arrivals: data about people who were erased, recognised by the ledger of keyed hashes.

Intake asks here before it stores a row; what arrives late is not stored, and is counted in
``governance.erasure_ledger``. Rows of a database are about the kinds of people whose ledger is
there.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.identifiers import normalised_identifier
from wavehouse.store.database import Learning, Listeners, Operational, Tx

_LABEL, _REFERENCES = b"wavehouse erasure ledger", b"wavehouse erased references"
_DIGITS = 32
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An identifier of a row that arrives, of a kind of ``kernel.identifiers``, and its time.

    Without a time the row is late in any case: an order's id is never used for another order. With
    one it is late up to the erasure; later it is about somebody who came back. ``tenant`` is the
    organization whose own numbers these are, such as order ids.
    """

    kind: str
    value: str
    at: datetime | None = None
    tenant: UUID | None = None


def ledger_key(secret: str) -> bytes:
    """The ledger's key, derived from the installation's secret."""
    return hmac.new(secret.encode(), _LABEL, hashlib.sha256).digest()


def ledger_hash(key: bytes, kind: str, value: str, tenant: UUID | None = None) -> bytes:
    """HMAC-SHA256 of a normalised identifier with its kind and tenant, as in the ledger."""
    scope = [kind] if tenant is None else [kind, str(tenant)]
    text = _SEPARATOR.join([*scope, normalised_identifier(kind, value)])
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def keyed_references(secret: str, values: Sequence[str], tenant: UUID | None) -> dict[str, str]:
    """The keyed hash of each value, of 32 hex digits, as an erased reference has it.

    Whoever has neither the installation's secret nor the value learns nothing from it; the same
    value of the same organization always has the same.
    """
    key = hmac.new(secret.encode(), _REFERENCES, hashlib.sha256).digest()
    scope = f"{tenant or ''}{_SEPARATOR}"
    return {
        value: hmac.new(key, f"{scope}{value}".encode(), hashlib.sha256).hexdigest()[:_DIGITS]
        for value in values
    }


def late_arrivals(
    tx: Tx[Operational] | Tx[Learning] | Tx[Listeners], arrivals: Sequence[Arrival]
) -> set[int]:
    """Count the arrivals about erased people; returns their positions in ``arrivals``."""
    if not arrivals:
        return set()
    key = ledger_key(tx.secret)
    numbers = tx.values(
        "SELECT governance.late_arrivals(%(hashes)s::bytea[], %(moments)s::timestamptz[])",
        {
            "hashes": [ledger_hash(key, a.kind, a.value, a.tenant) for a in arrivals],
            "moments": [a.at for a in arrivals],
        },
    )
    return {number - 1 for number in numbers}
