"""SQL for the model registry and prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import Model, ModelId, PricedModel, PriceRow


def priced_model(
    tx: Tx[Operational], *, organization_id: OrganizationId, name: str, at: datetime, tier: str
) -> PricedModel | None:
    """A model by name with its prices valid at a given time, one per unit and currency.

    When several providers have a model with this name, the first that is active and priced.
    """
    return tx.maybe(
        PricedModel,
        """
        SELECT m.model_id, m.provider, m.name, m.modality, m.context_window, m.status,
               coalesce((
                 SELECT jsonb_agg(jsonb_build_object('unit', p.unit, 'tier', p.tier,
                   'price', p.price::text, 'currency', p.currency, 'revision', p.revision,
                   'effective_from', p.effective_from, 'source', p.source))
                 FROM (
                   SELECT DISTINCT ON (q.unit, q.currency) q.* FROM usage.model_prices q
                   WHERE q.model_id = m.model_id AND q.tier = %(tier)s
                     AND q.effective_from <= %(at)s
                   ORDER BY q.unit, q.currency, q.effective_from DESC, q.revision DESC
                 ) p), '[]') AS prices,
               (SELECT l.currency FROM usage.organization_ledgers l
                WHERE l.organization_id = %(organization_id)s) AS ledger_currency,
               EXISTS (SELECT FROM usage.organization_periods o
                 WHERE o.organization_id = %(organization_id)s AND o.kind = 'day'
                   AND o.ends_at > %(at)s + interval '30 days') AS has_period
        FROM usage.models m
        WHERE m.name = %(name)s OR m.provider || '/' || m.name = %(name)s
        ORDER BY m.status = 'retired',
          NOT EXISTS (SELECT FROM usage.model_prices p WHERE p.model_id = m.model_id),
          m.created_at, m.model_id
        LIMIT 1
        """,
        {"organization_id": organization_id, "name": name, "at": at, "tier": tier},
    )


def models(tx: Tx[Operational]) -> list[Model]:
    """The registered models, by provider and name."""
    return tx.rows(
        Model,
        """
        SELECT model_id, provider, name, version, modality, context_window, status
        FROM usage.models ORDER BY provider, name, version
        """,
    )


def insert_model(
    tx: Tx[Operational],
    *,
    provider: str,
    name: str,
    version: str,
    modality: str,
    context_window: int | None,
) -> ModelId | None:
    """Add a model; None when it already exists."""
    model_id: ModelId | None = tx.value(
        """
        INSERT INTO usage.models (provider, name, version, modality, context_window)
        VALUES (%(provider)s, %(name)s, %(version)s, %(modality)s, %(context_window)s)
        ON CONFLICT (provider, name, version) DO NOTHING RETURNING model_id
        """,
        {
            "provider": provider,
            "name": name,
            "version": version,
            "modality": modality,
            "context_window": context_window,
        },
    )
    return model_id


def model_ids(tx: Tx[Operational], *, name: str) -> list[UUID]:
    """The models with a name, or with ``provider/name``."""
    return tx.values(
        """
        SELECT model_id FROM usage.models
        WHERE name = %(name)s OR provider || '/' || name = %(name)s
        ORDER BY created_at, model_id
        """,
        {"name": name},
    )


def insert_price(
    tx: Tx[Operational],
    *,
    model_id: UUID,
    unit: str,
    tier: str,
    price: Decimal,
    currency: str,
    effective_from: datetime,
    source: str,
) -> int | None:
    """Insert a price, as the next revision if one starts at that time; returns its revision.

    None when the latest revision from that time is equal.
    """
    revision: int | None = tx.value(
        """
        INSERT INTO usage.model_prices
          (model_id, unit, tier, effective_from, price, currency, source, revision)
        SELECT %(model_id)s, %(unit)s, %(tier)s, %(effective_from)s, %(price)s, %(currency)s,
               %(source)s, coalesce(max(p.revision), 0) + 1
        FROM usage.model_prices p
        WHERE p.model_id = %(model_id)s AND p.unit = %(unit)s AND p.tier = %(tier)s
          AND p.currency = %(currency)s AND p.effective_from = %(effective_from)s
        HAVING NOT coalesce(
          (array_agg(p.price ORDER BY p.revision DESC))[1] = %(price)s, false)
        RETURNING revision
        """,
        {
            "model_id": model_id,
            "unit": unit,
            "tier": tier,
            "price": price,
            "currency": currency,
            "effective_from": effective_from,
            "source": source,
        },
    )
    return revision


def prices(tx: Tx[Operational], *, names: Sequence[str] | None) -> list[PriceRow]:
    """Prices with all their revisions, of some models or of all; newest first."""
    return tx.rows(
        PriceRow,
        """
        SELECT m.name AS model, m.provider, p.unit, p.tier, p.price, p.currency, p.effective_from,
               p.revision, p.source
        FROM usage.model_prices p JOIN usage.models m USING (model_id)
        WHERE %(names)s::text[] IS NULL OR m.name = ANY (%(names)s::text[])
        ORDER BY m.provider, m.name, p.unit, p.tier, p.effective_from DESC, p.revision DESC
        """,
        {"names": None if names is None else list(names)},
    )
