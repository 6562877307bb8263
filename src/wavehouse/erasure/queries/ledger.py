"""SQL of the ledger: keyed hashes of erased identifiers, without any free text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.types import LedgerEntry


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """A request that a legal hold stopped, its frozen steps, and whether the person is held now."""

    request_id: UUID
    plan: list[dict[str, Any]]
    is_person_held: bool


def write(tx: AnyTx, *, entries: Sequence[LedgerEntry]) -> None:
    """Store entries; an identifier that was already erased is recorded again."""
    tx.execute_many(
        """
        INSERT INTO governance.erasure_ledger
          (identifier_hash, erasure_request_id, kind, key_version, status, recorded_at)
        VALUES (%(hash)s, %(request_id)s, %(kind)s, %(key_version)s, %(status)s, %(at)s)
        ON CONFLICT (identifier_hash) DO UPDATE
        SET erasure_request_id = excluded.erasure_request_id, status = excluded.status,
            recorded_at = greatest(erasure_ledger.recorded_at, excluded.recorded_at)
        """,
        [
            {
                "hash": entry.identifier_hash,
                "request_id": entry.erasure_request_id,
                "kind": entry.kind,
                "key_version": entry.key_version,
                "status": entry.status,
                "at": entry.recorded_at,
            }
            for entry in entries
        ],
    )


def set_status(tx: AnyTx, *, request_id: UUID, status: str) -> None:
    """Record the state of a request's identifiers."""
    tx.execute(
        """
        UPDATE governance.erasure_ledger SET status = %(status)s
        WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id, "status": status},
    )


def set_status_of_many(tx: AnyTx, *, request_ids: Sequence[UUID], status: str) -> None:
    """Record the state of several requests' identifiers."""
    tx.execute(
        """
        UPDATE governance.erasure_ledger SET status = %(status)s
        WHERE erasure_request_id = ANY (%(request_ids)s)
        """,
        {"request_ids": list(request_ids), "status": status},
    )


def entries(tx: AnyTx, *, since: datetime | None) -> list[LedgerEntry]:
    """The entries since an instant, or all, oldest first."""
    return tx.rows(
        LedgerEntry,
        """
        SELECT identifier_hash, erasure_request_id, kind, key_version, status, recorded_at,
               late_arrivals
        FROM governance.erasure_ledger
        WHERE %(since)s::timestamptz IS NULL OR recorded_at >= %(since)s
        ORDER BY recorded_at, identifier_hash
        """,
        {"since": since},
    )


def unfinished(tx: AnyTx, *, identifier_hash: bytes, organization_id: UUID) -> UUID | None:
    """The organization's begun and unfinished request of an identifier that is in the ledger."""
    request_id: UUID | None = tx.value(
        """
        SELECT r.erasure_request_id
        FROM governance.erasure_ledger l
        JOIN governance.erasure_requests r USING (erasure_request_id)
        WHERE l.identifier_hash = %(hash)s AND r.organization_id = %(organization_id)s
          AND r.status IN ('executing', 'verifying', 'failed')
        """,
        {"hash": identifier_hash, "organization_id": organization_id},
    )
    return request_id


def subject_hold(tx: AnyTx, *, hashes: Sequence[bytes], at: datetime) -> str | None:
    """The reason for a current legal hold on one of these identifiers, or None."""
    reason: str | None = tx.value(
        """
        SELECT reason FROM governance.legal_holds
        WHERE subject_hash = ANY (%(hashes)s) AND released_at IS NULL
          AND starts_at <= %(at)s AND expires_at > %(at)s
        ORDER BY expires_at DESC LIMIT 1
        """,
        {"hashes": list(hashes), "at": at},
    )
    return reason


def held_subjects(tx: AnyTx, *, hashes: Sequence[bytes], at: datetime) -> set[bytes]:
    """Those of the identifiers on which there is a current legal hold."""
    return set(
        tx.values(
            """
            SELECT subject_hash FROM governance.legal_holds
            WHERE subject_hash = ANY (%(hashes)s) AND released_at IS NULL
              AND starts_at <= %(at)s AND expires_at > %(at)s
            """,
            {"hashes": list(hashes), "at": at},
        )
    )


def held_requests(tx: AnyTx, *, organization_id: UUID, at: datetime) -> list[HeldRequest]:
    """The organization's requests that ended partially held, and were not filed again since."""
    return tx.rows(
        HeldRequest,
        """
        SELECT r.erasure_request_id AS request_id, coalesce(r.plan, '[]') AS plan,
               EXISTS (
                 SELECT FROM governance.erasure_ledger l
                 JOIN governance.legal_holds h ON h.subject_hash = l.identifier_hash
                 WHERE l.erasure_request_id = r.erasure_request_id AND h.released_at IS NULL
                   AND h.starts_at <= %(at)s AND h.expires_at > %(at)s) AS is_person_held
        FROM governance.erasure_requests r
        WHERE r.organization_id = %(organization_id)s AND r.status = 'partially_held'
          AND EXISTS (SELECT FROM governance.erasure_ledger l
                      WHERE l.erasure_request_id = r.erasure_request_id AND l.status = 'held'
                        AND (l.kind = 'subject_id' OR r.subject_kind = 'buyer'))
        ORDER BY r.completed_at, r.erasure_request_id
        """,
        {"organization_id": organization_id, "at": at},
    )


def put_subject_hold(
    tx: AnyTx, *, subject_hash: bytes, reason: str, ordered_by: str, at: datetime, until: datetime
) -> UUID:
    """Store a legal hold on a person, by the ledger's hash."""
    hold_id: UUID = tx.value(
        """
        INSERT INTO governance.legal_holds (subject_hash, reason, ordered_by, starts_at, expires_at)
        VALUES (%(subject_hash)s, %(reason)s, %(ordered_by)s, %(at)s, %(until)s)
        RETURNING legal_hold_id
        """,
        {
            "subject_hash": subject_hash,
            "reason": reason,
            "ordered_by": ordered_by,
            "at": at,
            "until": until,
        },
    )
    return hold_id
