"""SQL of retention's runs and of legal holds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.governance.queries.removing import AnyTx
from wavehouse.governance.types import Hold, Run


def begin(
    tx: AnyTx,
    *,
    policy: str,
    table: str,
    action: str,
    plan_digest: str,
    keep_from: datetime,
    status: str,
    reason: str | None,
    at: datetime,
    finished_at: datetime | None,
    next_due_at: datetime,
) -> UUID:
    """Store a run of a policy."""
    run_id: UUID = tx.value(
        """
        INSERT INTO governance.retention_runs
          (policy, table_name, action, plan_digest, keep_from, rows_removed, bytes_freed, status,
           reason, started_at, finished_at, next_due_at)
        VALUES (%(policy)s, %(table)s, %(action)s, decode(%(plan_digest)s, 'hex'), %(keep_from)s,
                0, 0, %(status)s, %(reason)s, %(at)s, %(finished_at)s, %(next_due_at)s)
        RETURNING retention_run_id
        """,
        {
            "policy": policy,
            "table": table,
            "action": action,
            "plan_digest": plan_digest,
            "keep_from": keep_from,
            "status": status,
            "reason": reason,
            "at": at,
            "finished_at": finished_at,
            "next_due_at": next_due_at,
        },
    )
    return run_id


def add_removed(tx: AnyTx, *, run_id: UUID, rows: int, freed: int) -> None:
    """Add to a run's removed rows, in the transaction that removes them."""
    tx.execute(
        """
        UPDATE governance.retention_runs
        SET rows_removed = rows_removed + %(rows)s, bytes_freed = bytes_freed + %(freed)s
        WHERE retention_run_id = %(run_id)s
        """,
        {"run_id": run_id, "rows": rows, "freed": freed},
    )


def finish(tx: AnyTx, *, run_id: UUID, status: str, reason: str | None, at: datetime) -> None:
    """End a run."""
    tx.execute(
        """
        UPDATE governance.retention_runs
        SET status = %(status)s, reason = %(reason)s, finished_at = greatest(%(at)s, started_at)
        WHERE retention_run_id = %(run_id)s
        """,
        {"run_id": run_id, "status": status, "reason": reason, "at": at},
    )


def end_abandoned(tx: AnyTx, *, policy: str, at: datetime) -> None:
    """End a policy's runs that a killed program left open; the caller has the policy's lock."""
    tx.execute(
        """
        UPDATE governance.retention_runs
        SET status = 'failed', reason = 'the program stopped',
            finished_at = greatest(%(at)s, started_at)
        WHERE policy = %(policy)s AND status = 'running'
        """,
        {"policy": policy, "at": at},
    )


def largest(tx: AnyTx, *, policy: str) -> int | None:
    """The largest number of rows that a run of a policy removed; None before the first run."""
    rows: int | None = tx.value(
        """
        SELECT max(rows_removed) FROM governance.retention_runs
        WHERE policy = %(policy)s AND status = 'done'
        """,
        {"policy": policy},
    )
    return rows


def listed(tx: AnyTx, *, limit: int) -> list[Run]:
    """The latest runs."""
    return tx.rows(
        Run,
        """
        SELECT retention_run_id, policy, table_name, action,
               encode(plan_digest, 'hex') AS plan_digest, keep_from, rows_removed, bytes_freed,
               status, reason, started_at, finished_at, next_due_at
        FROM governance.retention_runs ORDER BY started_at DESC, retention_run_id DESC
        LIMIT %(limit)s
        """,
        {"limit": limit},
    )


def run(tx: AnyTx, *, run_id: UUID) -> Run:
    """One run. NotFound for an unknown id."""
    return tx.one(
        Run,
        """
        SELECT retention_run_id, policy, table_name, action,
               encode(plan_digest, 'hex') AS plan_digest, keep_from, rows_removed, bytes_freed,
               status, reason, started_at, finished_at, next_due_at
        FROM governance.retention_runs WHERE retention_run_id = %(run_id)s
        """,
        {"run_id": run_id},
    )


def subject_holds(tx: AnyTx, *, at: datetime) -> int:
    """The number of holds on individual subjects."""
    number: int = tx.value(
        """
        SELECT count(*) FROM governance.legal_holds
        WHERE subject_hash IS NOT NULL AND released_at IS NULL
          AND starts_at <= %(at)s AND expires_at > %(at)s
        """,
        {"at": at},
    )
    return number


def table_holds(tx: AnyTx, *, at: datetime) -> list[Hold]:
    """Holds on tables that have not ended."""
    return tx.rows(
        Hold,
        """
        SELECT legal_hold_id, table_name, reason, ordered_by, starts_at, expires_at, released_at
        FROM governance.legal_holds
        WHERE table_name IS NOT NULL AND released_at IS NULL AND expires_at > %(at)s
        ORDER BY starts_at, legal_hold_id
        """,
        {"at": at},
    )


def person_holds(tx: AnyTx, *, at: datetime) -> list[Hold]:
    """Holds on persons of this database that have not ended; the table's name is empty."""
    return tx.rows(
        Hold,
        """
        SELECT legal_hold_id, '' AS table_name, reason, ordered_by, starts_at, expires_at,
               released_at
        FROM governance.legal_holds
        WHERE subject_hash IS NOT NULL AND released_at IS NULL AND expires_at > %(at)s
        ORDER BY starts_at, legal_hold_id
        """,
        {"at": at},
    )


def put_hold(
    tx: AnyTx,
    *,
    table: str,
    reason: str,
    ordered_by: str,
    at: datetime,
    expires_at: datetime,
) -> Hold:
    """Store a hold on a table."""
    return tx.one(
        Hold,
        """
        INSERT INTO governance.legal_holds (table_name, reason, ordered_by, starts_at, expires_at)
        VALUES (%(table)s, %(reason)s, %(ordered_by)s, %(at)s, %(expires_at)s)
        RETURNING legal_hold_id, table_name, reason, ordered_by, starts_at, expires_at, released_at
        """,
        {
            "table": table,
            "reason": reason,
            "ordered_by": ordered_by,
            "at": at,
            "expires_at": expires_at,
        },
    )


def release_hold(tx: AnyTx, *, hold_id: UUID, at: datetime) -> bool:
    """End a hold early; False when this database has no hold with this id."""
    return bool(
        tx.execute(
            """
            UPDATE governance.legal_holds SET released_at = %(at)s
            WHERE legal_hold_id = %(hold_id)s AND released_at IS NULL
            """,
            {"hold_id": hold_id, "at": at},
        )
    )
