"""SQL for counted evidence, model versions, and recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.learning.types import Recommendation
from wavehouse.store import Learning, Tx


@dataclass(frozen=True, slots=True)
class Counters:
    """The counts of one month: 12 bins of 5 classes, and (liked, other) by feature."""

    bucket: date
    outcomes: list[int]
    preferences: dict[str, list[int]]


def counters(tx: Tx[Learning], *, learner_id: UUID) -> list[Counters]:
    """The counters of a learner by month."""
    return tx.rows(
        Counters,
        """
        SELECT bucket, outcomes, preferences FROM learning.learner_counters
        WHERE learner_id = %(learner_id)s ORDER BY bucket
        """,
        {"learner_id": learner_id},
    )


def lock_counters(
    tx: Tx[Learning], *, organization_id: OrganizationId, learner_id: UUID, buckets: Sequence[date]
) -> list[Counters]:
    """The counters of some months, locked; missing ones are created as zeros."""
    return tx.rows(
        Counters,
        """
        INSERT INTO learning.learner_counters (learner_id, bucket, organization_id, outcomes)
        SELECT %(learner_id)s, b, %(organization_id)s, array_fill(0, ARRAY[60])
        FROM unnest(%(buckets)s::date[]) AS b ORDER BY b
        ON CONFLICT (learner_id, bucket) DO UPDATE SET bucket = excluded.bucket
        RETURNING bucket, outcomes, preferences
        """,
        {
            "learner_id": learner_id,
            "organization_id": organization_id,
            "buckets": sorted(set(buckets)),
        },
    )


def save_counters(tx: Tx[Learning], *, learner_id: UUID, counters: Sequence[Counters]) -> None:
    """Store the counters of months."""
    tx.execute_many(
        """
        UPDATE learning.learner_counters
        SET outcomes = %(outcomes)s, preferences = %(preferences)s
        WHERE learner_id = %(learner_id)s AND bucket = %(bucket)s
        """,
        [
            {
                "learner_id": learner_id,
                "bucket": each.bucket,
                "outcomes": each.outcomes,
                "preferences": Jsonb(each.preferences),
            }
            for each in counters
        ],
    )


def save_state(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    session_ids: Sequence[str],
    state: dict[str, Any],
    at: datetime,
) -> None:
    """Store the model's estimates of a learner, for the given sessions."""
    tx.execute(
        """
        INSERT INTO learning.learner_model_state
          (session_id, organization_id, preference_weights, comprehension_level,
           comprehension_sd, content_type_preferences, difficulty_adjustment, last_updated,
           data_points, model_version)
        SELECT s, %(organization_id)s, %(weights)s, %(level)s, %(sd)s, %(formats)s,
               %(adjustment)s, %(at)s, %(outcomes)s, %(version)s
        FROM unnest(%(session_ids)s::text[]) AS s
        ON CONFLICT (session_id) DO UPDATE SET
          preference_weights = excluded.preference_weights,
          comprehension_level = excluded.comprehension_level,
          comprehension_sd = excluded.comprehension_sd,
          content_type_preferences = excluded.content_type_preferences,
          difficulty_adjustment = excluded.difficulty_adjustment,
          last_updated = excluded.last_updated, data_points = excluded.data_points,
          model_version = excluded.model_version
        """,
        {
            **state,
            "weights": Jsonb(state["weights"]),
            "formats": Jsonb(state["formats"]),
            "organization_id": organization_id,
            "session_ids": list(session_ids),
            "at": at,
        },
    )


def active_model(tx: Tx[Learning]) -> dict[str, Any] | None:
    """The parameters of the active model; None for the default model."""
    value: dict[str, Any] | None = tx.value(
        "SELECT parameters FROM learning.models WHERE is_active"
    )
    return value


def insert_model(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    version: str,
    parameters: dict[str, Any],
) -> bool:
    """Store a version of the model; False when the name exists."""
    return bool(
        tx.execute(
            """
            INSERT INTO learning.models (organization_id, version, parameters)
            VALUES (%(organization_id)s, %(version)s, %(parameters)s) ON CONFLICT DO NOTHING
            """,
            {
                "organization_id": organization_id,
                "version": version,
                "parameters": Jsonb(parameters),
            },
        )
    )


def activate_model(tx: Tx[Learning], *, version: str) -> bool:
    """Activate a version; if it does not exist, activate the default and return False."""
    tx.execute("UPDATE learning.models SET is_active = false WHERE is_active")
    return bool(
        tx.execute(
            "UPDATE learning.models SET is_active = true WHERE version = %(version)s",
            {"version": version},
        )
    )


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A stored version of the model."""

    version: str
    is_active: bool
    created_at: datetime


def model_versions(tx: Tx[Learning]) -> list[ModelVersion]:
    """The stored versions, oldest first."""
    return tx.rows(
        ModelVersion,
        "SELECT version, is_active, created_at FROM learning.models ORDER BY created_at, version",
    )


def recommendations(tx: Tx[Learning], *, learner_id: UUID, limit: int) -> list[Recommendation]:
    """The recommendations of a learner, latest first."""
    return tx.rows(
        Recommendation,
        """
        SELECT r.slot, r.content_id, c.title, c.audio_url, r.propensity::float8 AS propensity,
               ARRAY(SELECT jsonb_array_elements_text(r.reasons)) AS reasons, r.policy,
               r.model_version, r.decided_at
        FROM learning.recommendations r JOIN learning.content c ON c.id = r.content_id
        WHERE r.learner_id = %(learner_id)s ORDER BY r.slot DESC LIMIT %(limit)s
        """,
        {"learner_id": learner_id, "limit": limit},
    )


def insert_recommendation(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    learner_id: UUID,
    choice: Recommendation,
    candidates: Sequence[str],
) -> None:
    """Log a choice: the candidates, its probability, and the reasons (L15)."""
    tx.execute(
        """
        INSERT INTO learning.recommendations
          (organization_id, learner_id, slot, content_id, candidates, propensity, reasons,
           model_version, decided_at, policy)
        VALUES (%(organization_id)s, %(learner_id)s, %(slot)s, %(content_id)s, %(candidates)s,
                %(propensity)s, %(reasons)s, %(model_version)s, %(at)s, %(policy)s)
        """,
        {
            "organization_id": organization_id,
            "learner_id": learner_id,
            "slot": choice.slot,
            "content_id": choice.content_id,
            "candidates": Jsonb(list(candidates)),
            "propensity": max(round(choice.propensity, 8), 1e-8),
            "reasons": Jsonb(list(choice.reasons)),
            "model_version": choice.model_version,
            "at": choice.decided_at,
            "policy": choice.policy,
        },
    )


def next_slot(tx: Tx[Learning], *, learner_id: UUID) -> int:
    """The number of the learner's next recommendation."""
    return int(
        tx.value(
            """
            SELECT coalesce(max(slot) + 1, 0) FROM learning.recommendations
            WHERE learner_id = %(learner_id)s
            """,
            {"learner_id": learner_id},
        )
    )


def move_recommendations(tx: Tx[Learning], *, learner_id: UUID, to: UUID, after: int) -> None:
    """Move a learner's recommendations to another learner, numbered after a slot."""
    tx.execute(
        """
        UPDATE learning.recommendations SET learner_id = %(to)s, slot = slot + %(after)s
        WHERE learner_id = %(learner_id)s
        """,
        {"learner_id": learner_id, "to": to, "after": after},
    )
