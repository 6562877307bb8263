"""SQL for the gateway: upstreams, the models they serve, fallbacks."""

from __future__ import annotations

from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import Fallback, ServedModel, Upstream


def upstreams(tx: Tx[Operational]) -> list[Upstream]:
    """The upstreams, by provider."""
    return tx.rows(
        Upstream,
        """
        SELECT upstream_id, provider, base_url, key_sealed, allow_private, timeout_seconds
        FROM usage.upstreams ORDER BY provider
        """,
    )


def put_upstream(
    tx: Tx[Operational],
    *,
    upstream_id: UUID,
    provider: str,
    base_url: str,
    key_sealed: bytes | None,
    allow_private: bool,
    timeout_seconds: int,
) -> None:
    """Add a provider's upstream, or replace it."""
    tx.execute(
        """
        INSERT INTO usage.upstreams
          (upstream_id, provider, base_url, key_sealed, allow_private, timeout_seconds)
        VALUES (%(upstream_id)s, %(provider)s, %(base_url)s, %(key_sealed)s, %(allow_private)s,
                %(timeout_seconds)s)
        ON CONFLICT (provider) DO UPDATE SET upstream_id = excluded.upstream_id,
          base_url = excluded.base_url, key_sealed = excluded.key_sealed,
          allow_private = excluded.allow_private, timeout_seconds = excluded.timeout_seconds
        """,
        {
            "upstream_id": upstream_id,
            "provider": provider,
            "base_url": base_url,
            "key_sealed": key_sealed,
            "allow_private": allow_private,
            "timeout_seconds": timeout_seconds,
        },
    )


def delete_upstream(tx: Tx[Operational], *, provider: str) -> int:
    """Remove the upstream of a provider."""
    return tx.execute(
        "DELETE FROM usage.upstreams WHERE provider = %(provider)s", {"provider": provider}
    )


def served_models(tx: Tx[Operational]) -> list[ServedModel]:
    """The models served by some upstream."""
    return tx.rows(
        ServedModel,
        """
        SELECT m.name, m.provider, m.modality, m.created_at
        FROM usage.models m JOIN usage.upstreams u USING (provider)
        WHERE m.status <> 'retired' ORDER BY m.name, m.provider
        """,
    )


def put_fallback(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID | None,
    model_id: UUID,
    fallback_model_id: UUID,
) -> None:
    """Set the fallback of a model."""
    tx.execute(
        """
        INSERT INTO usage.model_fallbacks
          (organization_id, project_id, model_id, fallback_model_id)
        VALUES (%(organization_id)s,
          coalesce(%(project_id)s::uuid, '00000000-0000-0000-0000-000000000000'),
          %(model_id)s, %(fallback_model_id)s)
        ON CONFLICT (organization_id, project_id, model_id)
          DO UPDATE SET fallback_model_id = excluded.fallback_model_id
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "model_id": model_id,
            "fallback_model_id": fallback_model_id,
        },
    )


def delete_fallback(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID | None,
    model_id: UUID,
) -> int:
    """Remove a fallback."""
    return tx.execute(
        """
        DELETE FROM usage.model_fallbacks
        WHERE organization_id = %(organization_id)s AND model_id = %(model_id)s
          AND project_id = coalesce(%(project_id)s::uuid, '00000000-0000-0000-0000-000000000000')
        """,
        {"organization_id": organization_id, "project_id": project_id, "model_id": model_id},
    )


def fallbacks(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Fallback]:
    """The organization's fallbacks."""
    return tx.rows(
        Fallback,
        """
        SELECT nullif(f.project_id, '00000000-0000-0000-0000-000000000000') AS project_id,
               m.name AS model, g.name AS fallback
        FROM usage.model_fallbacks f JOIN usage.models m USING (model_id)
          JOIN usage.models g ON g.model_id = f.fallback_model_id
        WHERE f.organization_id = %(organization_id)s ORDER BY m.name, f.project_id
        """,
        {"organization_id": organization_id},
    )


def fallback_of(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID | None,
    model: str,
) -> str | None:
    """The fallback model: the project's own choice, otherwise the organization's."""
    name: str | None = tx.value(
        """
        SELECT g.name FROM usage.model_fallbacks f JOIN usage.models m USING (model_id)
          JOIN usage.models g ON g.model_id = f.fallback_model_id
        WHERE f.organization_id = %(organization_id)s
          AND (m.name = %(model)s OR m.provider || '/' || m.name = %(model)s)
          AND f.project_id IN ('00000000-0000-0000-0000-000000000000',
            coalesce(%(project_id)s::uuid, '00000000-0000-0000-0000-000000000000'))
        ORDER BY f.project_id = '00000000-0000-0000-0000-000000000000' LIMIT 1
        """,
        {"organization_id": organization_id, "project_id": project_id, "model": model},
    )
    return name
