"""Use case: release what a listener paid for, when the listener is erased (E27)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.adapters.payers import payer_hashes
from wavehouse.listeners.queries import releasing as queries
from wavehouse.store import Listeners, Place, Tx


def release(
    tx: Tx[Listeners], *, location: Place, listener_id: ListenerId, at: datetime
) -> dict[str, int]:
    """Move a listener's entitlements to a pseudonym, revoked; counts by table.

    Entitlements and their ledger stay under a pseudonym that is stored nowhere else; sums of money
    stay. The provider's events lose their content, and keyed hashes of the payer's references stay,
    so that later events about the payer are stored without content.
    """
    references = payer_references(tx, listener_id=listener_id)
    queries.remember_payers(tx, hashes=payer_hashes(location, references), at=at)
    return queries.release_entitlements(tx, listener_id=listener_id, references=references, at=at)


def payers_among(tx: Tx[Listeners], *, listener_ids: Collection[ListenerId]) -> set[ListenerId]:
    """Those of the listeners for whom ``release`` or ``payer_references`` has something to do."""
    return set(queries.payers_among(tx, listener_ids=list(listener_ids)))


def payer_references(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[str]:
    """The provider's ids that belong to a listener, and to no other listener."""
    return queries.payer_references(tx, listener_id=listener_id)
