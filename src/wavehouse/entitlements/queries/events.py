"""SQL of stored events: received once, read as a set, reduced after a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.entitlements.types import EventStatus, ListedEvent, Outcome, StoredEvent
from wavehouse.store import Listeners, Tx


def insert_event(
    tx: Tx[Listeners],
    *,
    source: str,
    event_id: str,
    kind: str,
    livemode: bool,
    created: datetime,
    at: datetime,
    payload: Mapping[str, Any] | None,
    payload_hash: bytes,
    facts: Mapping[str, Any] | None,
    object_ids: Sequence[str],
    status: EventStatus,
    note: str | None,
) -> UUID | None:
    """Store an event; None when its id is known (E3). Without a payload it is stored reduced."""
    stored: UUID | None = tx.value(
        """
        INSERT INTO listeners.external_events
          (source, event_id, type, object_ids, livemode, created, received_at, payload,
           payload_hash, facts, status, note, processed_at, reduced_at)
        VALUES (%(source)s, %(event_id)s, %(kind)s, %(object_ids)s, %(livemode)s, %(created)s,
                %(at)s, %(payload)s, %(payload_hash)s, %(facts)s, %(status)s, %(note)s,
                CASE WHEN %(status)s = 'received' THEN NULL ELSE %(at)s::timestamptz END,
                CASE WHEN %(payload)s::jsonb IS NULL THEN %(at)s::timestamptz END)
        ON CONFLICT (source, event_id) DO NOTHING
        RETURNING external_event_id
        """,
        {
            "source": source,
            "event_id": event_id,
            "kind": kind,
            "object_ids": list(object_ids),
            "livemode": livemode,
            "created": created,
            "at": at,
            "payload": None if payload is None else Jsonb(dict(payload)),
            "payload_hash": payload_hash,
            "facts": None if facts is None else Jsonb(dict(facts)),
            "status": status.value,
            "note": note,
        },
    )
    return stored


def known_event(
    tx: Tx[Listeners], *, source: str, event_id: str
) -> tuple[UUID, bytes, EventStatus] | None:
    """The id, the content hash and the status of a stored event."""
    row = tx.tuples(
        """
        SELECT external_event_id, payload_hash, status FROM listeners.external_events
        WHERE source = %(source)s AND event_id = %(event_id)s
        """,
        {"source": source, "event_id": event_id},
    ).fetchone()
    return None if row is None else (row[0], bytes(row[1]), EventStatus(row[2]))


def note_conflict(
    tx: Tx[Listeners], *, external_event_id: UUID, payload_hash: bytes, at: datetime
) -> bool:
    """Count a delivery with different content (E4). True the first time."""
    deliveries: int = tx.value(
        """
        INSERT INTO listeners.external_event_conflicts AS c
          (external_event_id, payload_hash, received_at)
        VALUES (%(external_event_id)s, %(payload_hash)s, %(at)s)
        ON CONFLICT (external_event_id, payload_hash) DO UPDATE SET deliveries = c.deliveries + 1
        RETURNING deliveries
        """,
        {"external_event_id": external_event_id, "payload_hash": payload_hash, "at": at},
    )
    return deliveries == 1


def lock(tx: Tx[Listeners]) -> None:
    """Serialize folds: no other one begins until the end of the transaction."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('listeners.entitlements', 0))")


def next_received(tx: Tx[Listeners]) -> StoredEvent | None:
    """The oldest event that waits to be folded."""
    return tx.maybe(
        StoredEvent,
        """
        SELECT external_event_id, source, event_id, type, facts FROM listeners.external_events
        WHERE status = 'received' ORDER BY received_at, external_event_id LIMIT 1
        """,
    )


def together(tx: Tx[Listeners], *, object_ids: Sequence[str]) -> list[StoredEvent]:
    """The events connected to these by shared ids, directly or through other events; with facts."""
    return tx.rows(
        StoredEvent,
        """
        WITH RECURSIVE reached (ref) AS (
          SELECT unnest(%(object_ids)s::text[])
          UNION
          SELECT unnest(e.object_ids)
          FROM reached r JOIN listeners.external_events e ON e.object_ids @> ARRAY[r.ref]
          WHERE e.facts IS NOT NULL AND e.status <> 'anomaly'
        )
        SELECT external_event_id, source, event_id, type, facts FROM listeners.external_events
        WHERE object_ids && (SELECT array_agg(ref) FROM reached)
          AND facts IS NOT NULL AND status <> 'anomaly'
        ORDER BY external_event_id
        """,
        {"object_ids": list(object_ids)},
    )


def set_outcomes(tx: Tx[Listeners], *, outcomes: Mapping[UUID, Outcome], at: datetime) -> None:
    """Store the outcomes of events."""
    tx.execute(
        """
        UPDATE listeners.external_events e
        SET status = o.status, parent_ref = o.parent, note = o.note,
            processed_at = coalesce(e.processed_at, %(at)s)
        FROM unnest(%(ids)s::uuid[], %(statuses)s::text[], %(parents)s::text[], %(notes)s::text[])
          AS o (external_event_id, status, parent, note)
        WHERE e.external_event_id = o.external_event_id
          AND (e.status, e.parent_ref, e.note) IS DISTINCT FROM (o.status, o.parent, o.note)
        """,
        {
            "ids": list(outcomes),
            "statuses": [outcome.status.value for outcome in outcomes.values()],
            "parents": [outcome.parent for outcome in outcomes.values()],
            "notes": [outcome.note for outcome in outcomes.values()],
            "at": at,
        },
    )


def without_content(tx: Tx[Listeners], *, ids: Sequence[UUID], at: datetime) -> int:
    """Remove the content and the references of events that have no listener here (E27)."""
    return tx.execute(
        """
        UPDATE listeners.external_events
        SET payload = NULL, facts = NULL, object_ids = '{}', parent_ref = NULL,
            status = 'ignored', note = 'the listener is not known here',
            reduced_at = coalesce(reduced_at, %(at)s), processed_at = coalesce(processed_at, %(at)s)
        WHERE external_event_id = ANY (%(ids)s)
        """,
        {"ids": list(ids), "at": at},
    )


def reduce_payloads(tx: Tx[Listeners], *, before: datetime, at: datetime) -> int:
    """Remove the content of old events; id, type, time, ids and facts stay (E26)."""
    return tx.execute(
        """
        UPDATE listeners.external_events SET payload = NULL, reduced_at = %(at)s
        WHERE reduced_at IS NULL AND received_at < %(before)s AND status <> 'received'
        """,
        {"before": before, "at": at},
    )


def requeue(tx: Tx[Listeners]) -> int:
    """Queue every event with facts for another fold; returns the number."""
    return tx.execute(
        """
        UPDATE listeners.external_events SET status = 'received', parent_ref = NULL
        WHERE facts IS NOT NULL AND status IN ('applied', 'ignored', 'pending_parent')
        """
    )


def listed(
    tx: Tx[Listeners], *, status: str | None, limit: int, received_before: datetime | None = None
) -> list[ListedEvent]:
    """Stored events, newest first, without their content."""
    return tx.rows(
        ListedEvent,
        """
        SELECT e.external_event_id, e.source, e.event_id, e.type, e.status, e.note, e.parent_ref,
               e.livemode, e.created, e.received_at, e.processed_at,
               (SELECT count(*) FROM listeners.external_event_conflicts c
                WHERE c.external_event_id = e.external_event_id) AS conflicts
        FROM listeners.external_events e
        WHERE (%(status)s::text IS NULL OR e.status = %(status)s)
          AND (%(before)s::timestamptz IS NULL OR e.received_at < %(before)s)
        ORDER BY e.received_at DESC, e.external_event_id DESC LIMIT %(limit)s
        """,
        {"status": status, "limit": limit, "before": received_before},
    )


def waiting(tx: Tx[Listeners], *, before: datetime) -> int:
    """The number of events that have waited for a parent since before an instant (E10)."""
    number: int = tx.value(
        """
        SELECT count(*) FROM listeners.external_events
        WHERE status = 'pending_parent' AND received_at < %(before)s
        """,
        {"before": before},
    )
    return number


def is_erased(tx: Tx[Listeners], *, hashes: Sequence[bytes]) -> bool:
    """Whether one of these references belonged to an erased listener (E27)."""
    is_known: bool = tx.value(
        """
        SELECT EXISTS (SELECT FROM listeners.erased_payers WHERE reference_hash = ANY (%(hashes)s))
        """,
        {"hashes": list(hashes)},
    )
    return is_known
