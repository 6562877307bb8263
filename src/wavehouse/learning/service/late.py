"""Data of learners who were erased: refused, and counted in the ledger."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import Gone
from wavehouse.kernel.identifiers import EXTERNAL
from wavehouse.learning.types import EntryResult, EventInput, Stored
from wavehouse.store import Arrival, Learning, Tx, late_arrivals

ERASED = "the learner was erased"


def refuse_erased(tx: Tx[Learning], *, identity: Identity, session_id: str) -> None:
    """Refuse to start a session under the id of an erased learner's session.

    Gone for such an id; the attempt is counted in the ledger first.
    """
    if late_arrivals(tx, [Arrival(EXTERNAL, session_id, tenant=identity.organization_id)]):
        tx.keep()
        raise Gone(ERASED, where="session_id", hint="Start a session with a new id.")


def refused_events(
    tx: Tx[Learning], *, identity: Identity, session_id: str, events: list[EventInput]
) -> list[EntryResult] | None:
    """The results of events of an erased learner's session; None for any other session."""
    arrival = Arrival(EXTERNAL, session_id, tenant=identity.organization_id)
    if not late_arrivals(tx, [arrival] * len(events)):
        return None
    return [EntryResult(n, e.event_id[:255], Stored.REFUSED, ERASED) for n, e in enumerate(events)]
