"""SQL of the inclusion list (R19) and its validation log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.types import Inclusion, Validation
from wavehouse.store import Operational, Tx


def insert_inclusion(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    network: str,
    reason: str,
    at: datetime,
) -> UUID | None:
    """Add a network; None when it is already listed."""
    inclusion_id: UUID | None = tx.value(
        """
        INSERT INTO measurement.inclusions (organization_id, network, reason, created_at)
        VALUES (%(organization_id)s, %(network)s::cidr, %(reason)s, %(at)s)
        ON CONFLICT (organization_id, network) DO NOTHING
        RETURNING inclusion_id
        """,
        {"organization_id": organization_id, "network": network, "reason": reason, "at": at},
    )
    return inclusion_id


def insert_validation(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    inclusion_id: UUID,
    at: datetime,
    expires_at: datetime,
    by: str,
    note: str,
) -> None:
    """Append to the validation log."""
    tx.execute(
        """
        INSERT INTO measurement.inclusion_validations
          (organization_id, inclusion_id, validated_at, expires_at, validated_by, note)
        VALUES (%(organization_id)s, %(inclusion_id)s, %(at)s, %(expires_at)s, %(by)s, %(note)s)
        """,
        {
            "organization_id": organization_id,
            "inclusion_id": inclusion_id,
            "at": at,
            "expires_at": expires_at,
            "by": by,
            "note": note,
        },
    )


def inclusions(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Inclusion]:
    """Every entry with its latest validation, in order of expiry."""
    return tx.rows(
        Inclusion,
        """
        SELECT i.inclusion_id, i.network::text AS network, i.reason, i.created_at,
               max(v.validated_at) AS validated_at, max(v.expires_at) AS expires_at
        FROM measurement.inclusions i JOIN measurement.inclusion_validations v USING (inclusion_id)
        WHERE i.organization_id = %(organization_id)s
        GROUP BY i.inclusion_id ORDER BY max(v.expires_at), i.network
        """,
        {"organization_id": organization_id},
    )


def validations(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Validation]:
    """The validation log, oldest first."""
    return tx.rows(
        Validation,
        """
        SELECT i.network::text AS network, i.reason, v.validated_at, v.expires_at,
               v.validated_by, v.note
        FROM measurement.inclusion_validations v JOIN measurement.inclusions i USING (inclusion_id)
        WHERE i.organization_id = %(organization_id)s
        ORDER BY v.validated_at, i.network
        """,
        {"organization_id": organization_id},
    )
