"""SQL of the ledger of payments, and of notices about failed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from wavehouse.entitlements.types import Movement, Total
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded sum of a reference in the ledger."""

    reference: str
    currency: str
    amount: Decimal
    seq: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """An unsent email about a failed payment."""

    listener_id: UUID
    scope: str
    episode_at: datetime
    email: str


def recorded(tx: Tx[Listeners], *, source: str, references: Sequence[str]) -> list[Recorded]:
    """The sums of references."""
    return tx.rows(
        Recorded,
        """
        SELECT reference, currency, sum(amount) AS amount, max(seq) AS seq
        FROM listeners.entitlement_payments
        WHERE source = %(source)s AND reference = ANY (%(references)s)
        GROUP BY reference, currency
        """,
        {"source": source, "references": list(references)},
    )


def append(
    tx: Tx[Listeners],
    *,
    source: str,
    movement: Movement,
    amount: Decimal,
    currency: str,
    seq: int,
    external_event_id: UUID | None,
    at: datetime,
) -> None:
    """Add an amount to a reference."""
    tx.execute(
        """
        INSERT INTO listeners.entitlement_payments
          (source, reference, seq, kind, amount, currency, occurred_at, recorded_at,
           external_event_id)
        VALUES (%(source)s, %(reference)s, %(seq)s, %(kind)s, %(amount)s, %(currency)s,
                %(occurred_at)s, %(at)s, %(event)s)
        """,
        {
            "source": source,
            "reference": movement.reference,
            "seq": seq,
            "kind": movement.kind,
            "amount": amount,
            "currency": currency,
            "occurred_at": movement.occurred_at,
            "at": at,
            "event": external_event_id,
        },
    )


def totals(tx: Tx[Listeners]) -> list[Total]:
    """Sums by currency and kind, including erased listeners' payments."""
    return tx.rows(
        Total,
        """
        SELECT currency, kind, sum(amount) AS amount, count(DISTINCT reference) AS entries
        FROM listeners.entitlement_payments GROUP BY currency, kind ORDER BY currency, kind
        """,
    )


def note_episode(
    tx: Tx[Listeners],
    *,
    listener_id: UUID,
    scope: str,
    since: datetime,
    recovered_at: datetime | None,
) -> bool:
    """Plan the single notice of an episode (E16).

    False when it already has one, possibly with a later start.
    """
    return bool(
        tx.execute(
            """
            INSERT INTO listeners.entitlement_notices (listener_id, scope, episode_at)
            SELECT %(listener_id)s::uuid, %(scope)s::varchar, %(since)s::timestamptz
            WHERE NOT EXISTS (
              SELECT FROM listeners.entitlement_notices n
              WHERE n.listener_id = %(listener_id)s::uuid AND n.scope = %(scope)s::varchar
                AND (%(recovered_at)s::timestamptz IS NULL OR n.episode_at > %(recovered_at)s))
            ON CONFLICT DO NOTHING
            """,
            {
                "listener_id": listener_id,
                "scope": scope,
                "since": since,
                "recovered_at": recovered_at,
            },
        )
    )


def next_unsent(tx: Tx[Listeners], *, after: datetime) -> Unsent | None:
    """The next notice to send that is not out of date, locked until the end of the transaction."""
    return tx.maybe(
        Unsent,
        """
        SELECT n.listener_id, n.scope, n.episode_at, l.email
        FROM listeners.entitlement_notices n JOIN listeners.listeners l USING (listener_id)
        WHERE n.noticed_at IS NULL AND n.episode_at >= %(after)s AND l.deleted_at IS NULL
        ORDER BY n.episode_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED
        """,
        {"after": after},
    )


def mark_sent(tx: Tx[Listeners], *, notice: Unsent, at: datetime) -> None:
    """Mark a notice as sent to the mail server."""
    tx.execute(
        """
        UPDATE listeners.entitlement_notices SET noticed_at = %(at)s
        WHERE listener_id = %(listener_id)s AND scope = %(scope)s AND episode_at = %(episode_at)s
        """,
        {
            "listener_id": notice.listener_id,
            "scope": notice.scope,
            "episode_at": notice.episode_at,
            "at": at,
        },
    )
