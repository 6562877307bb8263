"""SQL of transcripts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


def delete_automated(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> None:
    """Delete the automated transcripts of an episode; those of people stay."""
    tx.execute(
        """
        DELETE FROM catalog.transcripts
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
          AND source = 'automated'
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def insert_automated(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: UUID,
    language: str,
    search_config: str,
    text: str,
    segments: Mapping[str, Any],
    words: int,
    seconds: int,
    at: datetime,
) -> None:
    """Store a complete automated transcript."""
    tx.execute(
        """
        INSERT INTO catalog.transcripts
          (organization_id, episode_id, status, source, language, transcript_text, transcript_json,
           word_count, duration_seconds, processing_completed_at, search_config)
        VALUES (%(organization_id)s, %(episode_id)s, 'completed', 'automated', %(language)s,
          %(text)s, %(segments)s, %(words)s, %(seconds)s, %(at)s, %(search_config)s::regconfig)
        """,
        {
            "organization_id": organization_id,
            "episode_id": episode_id,
            "language": language,
            "search_config": search_config,
            "text": text,
            "segments": Jsonb(dict(segments)),
            "words": words,
            "seconds": seconds,
            "at": at,
        },
    )
