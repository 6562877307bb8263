"""SQL of steps: a row is committed together with the change that it records."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.types import Done, Step


def lock_request(tx: AnyTx, *, request_id: UUID) -> None:
    """Lock the request until the end of the transaction, waiting for others in this database."""
    tx.value(
        "SELECT pg_advisory_xact_lock(hashtextextended('erasure ' || %(request_id)s::text, 0))",
        {"request_id": request_id},
    )


def limit_lock_waits(tx: AnyTx) -> None:
    """Limit this transaction's lock waits to five seconds."""
    tx.execute("SET LOCAL lock_timeout = '5s'")


def is_done(tx: AnyTx, *, request_id: UUID, step: Step) -> bool:
    """Whether a step is recorded as done."""
    recorded: bool = tx.value(
        """
        SELECT EXISTS (
          SELECT FROM governance.erasure_steps
          WHERE erasure_request_id = %(request_id)s AND store = %(store)s
            AND table_name = %(table)s AND batch = %(number)s AND status = 'done')
        """,
        {
            "request_id": request_id,
            "store": step.store,
            "table": step.table,
            "number": step.number,
        },
    )
    return recorded


def record(
    tx: AnyTx, *, request_id: UUID, step: Step, status: str, rows: int, at: datetime | None
) -> None:
    """Record a step; a repetition adds its rows."""
    tx.execute(
        """
        INSERT INTO governance.erasure_steps
          (erasure_request_id, store, table_name, batch, position, action, status, rows_touched,
           basis, done_at)
        VALUES (%(request_id)s, %(store)s, %(table)s, %(number)s, %(position)s, %(action)s,
                %(status)s, %(rows)s, %(basis)s, %(at)s)
        ON CONFLICT (erasure_request_id, store, table_name, batch) DO UPDATE
        SET status = excluded.status, done_at = excluded.done_at,
            rows_touched = coalesce(erasure_steps.rows_touched, 0) + excluded.rows_touched
        """,
        {
            "request_id": request_id,
            "store": step.store,
            "table": step.table,
            "number": step.number,
            "position": step.position,
            "action": step.action.value,
            "status": status,
            "rows": rows,
            "basis": step.basis or None,
            "at": at,
        },
    )


def done(tx: AnyTx, *, request_id: UUID) -> list[Done]:
    """The recorded steps of a request in this database, in order."""
    return tx.rows(
        Done,
        """
        SELECT store, table_name, batch, position, action, status, rows_touched, basis, done_at
        FROM governance.erasure_steps WHERE erasure_request_id = %(request_id)s
        ORDER BY position, store, table_name, batch
        """,
        {"request_id": request_id},
    )
