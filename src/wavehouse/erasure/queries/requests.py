"""SQL of requests: filed, changed, listed. They are stored in their subject's database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.erasure.types import Request
from wavehouse.store import Analytics, Learning, Listeners, Operational, Tx

AnyTx = Tx[Operational] | Tx[Learning] | Tx[Listeners] | Tx[Analytics]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A request with its encrypted identifiers."""

    request_id: UUID
    sealed: bytes


def insert_request(tx: AnyTx, *, values: Mapping[str, Any]) -> UUID | None:
    """Store a request; None when an open one for the same purpose and person exists."""
    request_id: UUID | None = tx.value(
        """
        INSERT INTO governance.erasure_requests
          (erasure_request_id, organization_id, purpose, subject_kind, subject_id, requested_by,
           channel, status, undo_days, filed_by, received_at, verified_at, due_gdpr_at,
           due_ccpa_at, due_acknowledgement_at, acknowledged_at, link_hash, link_expires_at)
        VALUES (coalesce(%(erasure_request_id)s, uuidv7()), %(organization_id)s, %(purpose)s,
                %(subject_kind)s, %(subject_id)s, %(requested_by)s, %(channel)s, %(status)s,
                %(undo_days)s, %(filed_by)s, %(received_at)s, %(verified_at)s, %(due_gdpr_at)s,
                %(due_ccpa_at)s, %(due_acknowledgement_at)s, %(acknowledged_at)s, %(link_hash)s,
                %(link_expires_at)s)
        ON CONFLICT DO NOTHING RETURNING erasure_request_id
        """,
        dict(values),
    )
    return request_id


def open_request(
    tx: AnyTx, *, purpose: str, kind: str, subject_id: str, organization_id: UUID | None
) -> UUID | None:
    """The open request for a person, if there is one."""
    request_id: UUID | None = tx.value(
        """
        SELECT erasure_request_id FROM governance.erasure_requests
        WHERE purpose = %(purpose)s AND subject_kind = %(kind)s AND subject_id = %(subject_id)s
          AND organization_id IS NOT DISTINCT FROM %(organization_id)s
          AND completed_at IS NULL AND status <> 'rejected'
        """,
        {
            "purpose": purpose,
            "kind": kind,
            "subject_id": subject_id,
            "organization_id": organization_id,
        },
    )
    return request_id


def request(tx: AnyTx, *, request_id: UUID, lock: bool = False) -> Request | None:
    """One request, or None; ``lock`` locks it until the transaction ends."""
    if lock:
        tx.execute(
            """
            SELECT FROM governance.erasure_requests
            WHERE erasure_request_id = %(request_id)s FOR UPDATE
            """,
            {"request_id": request_id},
        )
    return tx.maybe(
        Request,
        """
        SELECT erasure_request_id, purpose, subject_kind, subject_id, organization_id,
               requested_by, channel, status, undo_days, filed_by, decided_by, decided_at,
               decision_reason, rejected_reason, failure, received_at, verified_at, grace_until,
               due_gdpr_at, due_ccpa_at, due_acknowledgement_at, acknowledged_at, extended_at,
               completed_at, plan_digest, policy_version
        FROM governance.erasure_requests WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id},
    )


def requests(tx: AnyTx, *, request_ids: Sequence[UUID], lock: bool = False) -> list[Request]:
    """Several requests, in the order of their ids; ``lock`` as for one."""
    if lock:
        tx.execute(
            """
            SELECT FROM governance.erasure_requests
            WHERE erasure_request_id = ANY (%(request_ids)s) ORDER BY erasure_request_id FOR UPDATE
            """,
            {"request_ids": list(request_ids)},
        )
    return tx.rows(
        Request,
        """
        SELECT erasure_request_id, purpose, subject_kind, subject_id, organization_id,
               requested_by, channel, status, undo_days, filed_by, decided_by, decided_at,
               decision_reason, rejected_reason, failure, received_at, verified_at, grace_until,
               due_gdpr_at, due_ccpa_at, due_acknowledgement_at, acknowledged_at, extended_at,
               completed_at, plan_digest, policy_version
        FROM governance.erasure_requests WHERE erasure_request_id = ANY (%(request_ids)s)
        ORDER BY erasure_request_id
        """,
        {"request_ids": list(request_ids)},
    )


def listed(tx: AnyTx, *, organization_id: UUID, limit: int) -> list[Request]:
    """An organization's requests: open ones by deadline, then ended ones, newest first."""
    return tx.rows(
        Request,
        """
        SELECT erasure_request_id, purpose, subject_kind, subject_id, organization_id,
               requested_by, channel, status, undo_days, filed_by, decided_by, decided_at,
               decision_reason, rejected_reason, failure, received_at, verified_at, grace_until,
               due_gdpr_at, due_ccpa_at, due_acknowledgement_at, acknowledged_at, extended_at,
               completed_at, plan_digest, policy_version
        FROM governance.erasure_requests WHERE organization_id = %(organization_id)s
        ORDER BY completed_at IS NOT NULL OR status = 'rejected',
                 CASE WHEN completed_at IS NULL THEN least(due_gdpr_at, due_ccpa_at) END,
                 received_at DESC, erasure_request_id
        LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "limit": limit},
    )


def waiting(tx: AnyTx, *, at: datetime) -> list[UUID]:
    """Erasures whose undo period has ended, stopped runs, interrupted approvals; by deadline."""
    return tx.values(
        """
        SELECT erasure_request_id FROM governance.erasure_requests
        WHERE purpose = 'erasure' AND (
          (status = 'soft_deleted' AND grace_until <= %(at)s)
          OR status IN ('verified', 'executing', 'verifying', 'failed'))
        ORDER BY least(due_gdpr_at, due_ccpa_at), erasure_request_id
        """,
        {"at": at},
    )


def by_link(tx: AnyTx, *, link_hash: bytes, at: datetime) -> UUID | None:
    """The request of an unused link that has not expired; locked until the transaction ends."""
    request_id: UUID | None = tx.value(
        """
        SELECT erasure_request_id FROM governance.erasure_requests
        WHERE link_hash = %(link_hash)s AND link_expires_at > %(at)s
          AND status = 'identity_pending' FOR UPDATE
        """,
        {"link_hash": link_hash, "at": at},
    )
    return request_id


def renew_link(tx: AnyTx, *, request_id: UUID, link_hash: bytes, expires_at: datetime) -> bool:
    """Replace the link of a request whose author is not verified yet."""
    return bool(
        tx.execute(
            """
            UPDATE governance.erasure_requests
            SET link_hash = %(link_hash)s, link_expires_at = %(expires_at)s
            WHERE erasure_request_id = %(request_id)s AND status = 'identity_pending'
            """,
            {"request_id": request_id, "link_hash": link_hash, "expires_at": expires_at},
        )
    )


def set_status(
    tx: AnyTx,
    *,
    request_id: UUID,
    before: str,
    after: str,
    verified_at: datetime | None = None,
    grace_until: datetime | None = None,
    failure: str | None = None,
) -> bool:
    """Change a request's state; False when it is no longer in the state ``before``."""
    return bool(
        tx.execute(
            """
            UPDATE governance.erasure_requests
            SET status = %(after)s, verified_at = coalesce(%(verified_at)s, verified_at),
                grace_until = coalesce(%(grace_until)s, grace_until), failure = %(failure)s,
                link_hash = NULL, link_expires_at = NULL
            WHERE erasure_request_id = %(request_id)s AND status = %(before)s
            """,
            {
                "request_id": request_id,
                "before": before,
                "after": after,
                "verified_at": verified_at,
                "grace_until": grace_until,
                "failure": failure,
            },
        )
    )


def set_status_of_many(
    tx: AnyTx, *, request_ids: Sequence[UUID], before: Sequence[str], after: str
) -> list[UUID]:
    """Change the state of requests; returns those that were in one of the states ``before``."""
    return tx.values(
        """
        UPDATE governance.erasure_requests
        SET status = %(after)s, failure = NULL, link_hash = NULL, link_expires_at = NULL
        WHERE erasure_request_id = ANY (%(request_ids)s) AND status = ANY (%(before)s)
        RETURNING erasure_request_id
        """,
        {"request_ids": list(request_ids), "before": list(before), "after": after},
    )


def decide(
    tx: AnyTx, *, request_id: UUID, decided_by: UUID | None, reason: str, at: datetime
) -> None:
    """Store who decided, why and when."""
    tx.execute(
        """
        UPDATE governance.erasure_requests
        SET decided_by = %(decided_by)s, decision_reason = %(reason)s, decided_at = %(at)s
        WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id, "decided_by": decided_by, "reason": reason, "at": at},
    )


def reject(tx: AnyTx, *, request_id: UUID, reason: str) -> None:
    """Reject a request and clear its subject's id."""
    tx.execute(
        """
        UPDATE governance.erasure_requests
        SET status = 'rejected', rejected_reason = %(reason)s, subject_id = NULL, plan = NULL,
            link_hash = NULL, link_expires_at = NULL, identifiers_sealed = NULL
        WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id, "reason": reason},
    )


def extend(
    tx: AnyTx, *, request_id: UUID, gdpr_at: datetime, ccpa_at: datetime, at: datetime
) -> bool:
    """Store later deadlines, once; False when they were already extended."""
    return bool(
        tx.execute(
            """
            UPDATE governance.erasure_requests
            SET due_gdpr_at = %(gdpr_at)s, due_ccpa_at = %(ccpa_at)s, extended_at = %(at)s
            WHERE erasure_request_id = %(request_id)s AND extended_at IS NULL
              AND completed_at IS NULL
            """,
            {"request_id": request_id, "gdpr_at": gdpr_at, "ccpa_at": ccpa_at, "at": at},
        )
    )


def freeze(
    tx: AnyTx, *, request_id: UUID, digest: str, policy_version: str, steps: Sequence[Any]
) -> None:
    """Store a plan with its digest and the version of the policy."""
    tx.execute(
        """
        UPDATE governance.erasure_requests
        SET plan_digest = decode(%(digest)s, 'hex'), policy_version = %(policy_version)s,
            plan = %(plan)s
        WHERE erasure_request_id = %(request_id)s
        """,
        {
            "request_id": request_id,
            "digest": digest,
            "policy_version": policy_version,
            "plan": Jsonb(list(steps)),
        },
    )


def freeze_many(tx: AnyTx, *, plans: Sequence[Mapping[str, Any]]) -> None:
    """Store plans, each with ``request_id``, ``digest``, ``policy_version`` and ``steps``."""
    tx.execute_many(
        """
        UPDATE governance.erasure_requests
        SET plan_digest = decode(%(digest)s, 'hex'), policy_version = %(policy_version)s,
            plan = %(plan)s
        WHERE erasure_request_id = %(request_id)s
        """,
        [{**each, "plan": Jsonb(each["steps"])} for each in plans],
    )


def seal_many(tx: AnyTx, *, sealed: Mapping[UUID, bytes]) -> None:
    """Store the encrypted identifiers of requests; existing ones are kept."""
    tx.execute_many(
        """
        UPDATE governance.erasure_requests
        SET identifiers_sealed = coalesce(identifiers_sealed, %(sealed)s)
        WHERE erasure_request_id = %(request_id)s
        """,
        [{"request_id": key, "sealed": value} for key, value in sealed.items()],
    )


def sealed_of_many(tx: AnyTx, *, request_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """The encrypted identifiers of those requests that have some."""
    rows = tx.rows(
        Sealed,
        """
        SELECT erasure_request_id AS request_id, identifiers_sealed AS sealed
        FROM governance.erasure_requests
        WHERE erasure_request_id = ANY (%(request_ids)s) AND identifiers_sealed IS NOT NULL
        """,
        {"request_ids": list(request_ids)},
    )
    return {each.request_id: each.sealed for each in rows}


def release_subjects(tx: AnyTx, *, request_ids: Sequence[UUID]) -> None:
    """Clear the subjects' ids of requests whose rows are erased; the sealed values stay."""
    tx.execute(
        """
        UPDATE governance.erasure_requests SET subject_id = NULL
        WHERE erasure_request_id = ANY (%(request_ids)s) AND identifiers_sealed IS NOT NULL
        """,
        {"request_ids": list(request_ids)},
    )


def complete_many(
    tx: AnyTx, *, ended: Mapping[UUID, tuple[str, Mapping[str, Any] | None]], at: datetime
) -> None:
    """End requests, each with its status and certificate; clear their subjects and identifiers."""
    tx.execute_many(
        """
        UPDATE governance.erasure_requests
        SET status = %(status)s, certificate = %(certificate)s, completed_at = %(at)s,
            subject_id = NULL, identifiers_sealed = NULL, failure = NULL, link_hash = NULL,
            link_expires_at = NULL
        WHERE erasure_request_id = %(request_id)s
        """,
        [
            {
                "request_id": key,
                "status": status,
                "certificate": None if document is None else Jsonb(dict(document)),
                "at": at,
            }
            for key, (status, document) in ended.items()
        ],
    )


def seal_identifiers(tx: AnyTx, *, request_id: UUID, sealed: bytes) -> None:
    """Store the encrypted identifiers; existing ones are kept."""
    tx.execute(
        """
        UPDATE governance.erasure_requests
        SET identifiers_sealed = coalesce(identifiers_sealed, %(sealed)s)
        WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id, "sealed": sealed},
    )


def release_subject(tx: AnyTx, *, request_id: UUID) -> None:
    """Clear the subject's id of a request whose rows are erased; the sealed values stay."""
    tx.execute(
        """
        UPDATE governance.erasure_requests SET subject_id = NULL
        WHERE erasure_request_id = %(request_id)s AND identifiers_sealed IS NOT NULL
        """,
        {"request_id": request_id},
    )


def sealed_identifiers(tx: AnyTx, *, request_id: UUID) -> bytes | None:
    """The encrypted identifiers of a request that is being carried out."""
    sealed: bytes | None = tx.value(
        """
        SELECT identifiers_sealed FROM governance.erasure_requests
        WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id},
    )
    return sealed


def complete(
    tx: AnyTx,
    *,
    request_id: UUID,
    status: str,
    certificate: Mapping[str, Any] | None,
    at: datetime,
) -> None:
    """End one request, as ``complete_many`` does."""
    complete_many(tx, ended={request_id: (status, certificate)}, at=at)


def certificate(tx: AnyTx, *, request_id: UUID) -> dict[str, Any] | None:
    """The certificate of a request that has ended."""
    document: dict[str, Any] | None = tx.value(
        """
        SELECT certificate FROM governance.erasure_requests
        WHERE erasure_request_id = %(request_id)s
        """,
        {"request_id": request_id},
    )
    return document


def forget_requests(tx: AnyTx, *, request_id: UUID) -> None:
    """Delete a request and its steps: a replay carries it out again from the beginning."""
    tx.execute(
        "DELETE FROM governance.erasure_steps WHERE erasure_request_id = %(request_id)s",
        {"request_id": request_id},
    )
    tx.execute(
        "DELETE FROM governance.erasure_requests WHERE erasure_request_id = %(request_id)s",
        {"request_id": request_id},
    )
