"""Stored responses by Idempotency-Key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from wavehouse.accounts.types import Identity, KeptAnswer
from wavehouse.store import Operational, Tx


def claim_idempotency_key(
    tx: Tx[Operational],
    *,
    identity: Identity,
    idempotency_key: str,
    request_hash: bytes,
    at: datetime,
) -> bool:
    """Reserve an Idempotency-Key; False when it is taken. Waits for a concurrent reservation."""
    return bool(
        tx.execute(
            """
            INSERT INTO accounts.idempotency_keys
              (organization_id, user_id, idempotency_key, request_hash, created_at)
            VALUES (%(organization_id)s, %(user_id)s, %(key)s, %(request_hash)s, %(at)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "organization_id": identity.organization_id,
                "user_id": identity.user_id,
                "key": idempotency_key,
                "request_hash": request_hash,
                "at": at,
            },
        )
    )


def kept_answer(tx: Tx[Operational], *, identity: Identity, idempotency_key: str) -> KeptAnswer:
    """The stored response for an Idempotency-Key."""
    return tx.one(
        KeptAnswer,
        """
        SELECT request_hash, status, body FROM accounts.idempotency_keys
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND idempotency_key = %(key)s
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "key": idempotency_key,
        },
    )


def keep_answer(
    tx: Tx[Operational],
    *,
    identity: Identity,
    idempotency_key: str,
    status: int,
    body: dict[str, Any],
) -> None:
    """Store the response to a request."""
    tx.execute(
        """
        UPDATE accounts.idempotency_keys SET status = %(status)s, body = %(body)s
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND idempotency_key = %(key)s
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "key": idempotency_key,
            "status": status,
            "body": Jsonb(body),
        },
    )


def delete_old_answers(tx: Tx[Operational], *, before: datetime) -> int:
    """Delete stored responses after a day."""
    return tx.execute(
        "DELETE FROM accounts.idempotency_keys WHERE created_at < %(before)s", {"before": before}
    )
