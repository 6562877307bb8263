"""SQL of steps: a row is committed together with the change that it records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def lock_requests(tx: AnyTx, *, request_ids: Sequence[UUID]) -> None:
    """Lock requests until the end of the transaction, in an order that is the same for all."""
    tx.execute(
        """
        SELECT count(pg_advisory_xact_lock(s.key)) FROM (
          SELECT hashtextextended('erasure ' || id::text, 0) AS key
          FROM unnest(%(request_ids)s::uuid[]) AS id ORDER BY 1) s
        """,
        {"request_ids": list(request_ids)},
    )


def done_among(tx: AnyTx, *, request_ids: Sequence[UUID], step: Step) -> set[UUID]:
    """Those of the requests for which a step is recorded as done."""
    return set(
        tx.values(
            """
            SELECT erasure_request_id FROM governance.erasure_steps
            WHERE erasure_request_id = ANY (%(request_ids)s) AND store = %(store)s
              AND table_name = %(table)s AND batch = %(number)s AND status = 'done'
            """,
            {
                "request_ids": list(request_ids),
                "store": step.store,
                "table": step.table,
                "number": step.number,
            },
        )
    )


def record_many(
    tx: AnyTx, *, rows: Mapping[UUID, int], step: Step, status: str, at: datetime | None
) -> None:
    """Record a step of several requests, each with its rows; as ``record``."""
    tx.execute(
        """
        INSERT INTO governance.erasure_steps
          (erasure_request_id, store, table_name, batch, position, action, status, rows_touched,
           basis, done_at)
        SELECT r.id, %(store)s, %(table)s, %(number)s, %(position)s, %(action)s, %(status)s,
               r.rows, %(basis)s, %(at)s
        FROM unnest(%(request_ids)s::uuid[], %(rows)s::bigint[]) AS r (id, rows)
        ON CONFLICT (erasure_request_id, store, table_name, batch) DO UPDATE
        SET status = excluded.status, done_at = excluded.done_at,
            rows_touched = coalesce(erasure_steps.rows_touched, 0) + excluded.rows_touched
        """,
        {
            "request_ids": list(rows),
            "rows": list(rows.values()),
            "store": step.store,
            "table": step.table,
            "number": step.number,
            "position": step.position,
            "action": step.action.value,
            "status": status,
            "basis": step.basis or None,
            "at": at,
        },
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded step with its request."""

    request_id: UUID
    store: str
    table_name: str
    batch: int
    position: int
    action: str
    status: str
    rows_touched: int | None
    basis: str | None
    done_at: datetime | None

    @property
    def done(self) -> Done:
        """The step without its request."""
        return Done(
            self.store, self.table_name, self.batch, self.position, self.action, self.status,
            self.rows_touched, self.basis, self.done_at,
        )  # fmt: skip


def done_of_many(tx: AnyTx, *, request_ids: Sequence[UUID]) -> list[Recorded]:
    """The recorded steps of several requests in this database, in order."""
    return tx.rows(
        Recorded,
        """
        SELECT erasure_request_id AS request_id, store, table_name, batch, position, action,
               status, rows_touched, basis, done_at
        FROM governance.erasure_steps WHERE erasure_request_id = ANY (%(request_ids)s)
        ORDER BY position, store, table_name, batch
        """,
        {"request_ids": list(request_ids)},
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
