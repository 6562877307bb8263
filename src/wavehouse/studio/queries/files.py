"""SQL of the studio's stored files: references to them from all organizations."""

from __future__ import annotations

from datetime import datetime

from wavehouse.store import Operational, Tx


def referenced(tx: Tx[Operational], *, before: datetime) -> list[str]:
    """References that must be kept, of all organizations.

    The files of publications and covers; the output of every step, except free ones (``assemble``,
    ``encode``, ``publish``) of an episode's earlier generations, finished before ``before``, while
    no slot of the episode is open.
    """
    return tx.values(
        """
        SELECT audio_ref FROM studio.publications
        UNION SELECT timeline_ref FROM studio.publications
        UNION SELECT cover_ref FROM studio.productions WHERE cover_ref IS NOT NULL
        UNION SELECT s.output_ref FROM studio.generation_steps s
        WHERE s.output_ref IS NOT NULL AND NOT (
          s.step IN ('assemble', 'encode', 'publish') AND s.updated_at < %(before)s
          AND EXISTS (
            SELECT FROM studio.publications p
            WHERE p.organization_id = s.organization_id AND p.episode_id = s.episode_id
              AND p.generation_id <> s.generation_id
          )
          AND NOT EXISTS (
            SELECT FROM studio.episode_schedule_queue q
            WHERE q.organization_id = s.organization_id AND q.episode_id = s.episode_id
          )
        )
        """,
        {"before": before},
    )


def published_files(tx: Tx[Operational]) -> list[str]:
    """The audio files of all feeds."""
    return tx.values(
        """
        SELECT p.audio_ref FROM studio.publications p
        JOIN studio.episodes e USING (organization_id, episode_id) WHERE e.status <> 'archived'
        """
    )


def oldest_open(tx: Tx[Operational]) -> datetime | None:
    """When the oldest generation that has not ended began its first step."""
    at: datetime | None = tx.value(
        """
        SELECT min(s.created_at) FROM studio.generation_steps s
        JOIN studio.episode_schedule_queue q USING (organization_id, episode_id)
        """
    )
    return at
