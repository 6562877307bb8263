"""Use case: store the transcript of an episode whose text is known, such as a generated one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.catalog.queries import transcripts as queries
from wavehouse.kernel import clock
from wavehouse.store import Operational, Tx

_SEARCHED = {
    "de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian",
    "nb": "norwegian", "nl": "dutch", "pt": "portuguese", "sv": "swedish",
}  # fmt: skip
"""PostgreSQL's rules for searching, by language."""


def keep_transcript(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: UUID,
    language: str,
    segments: Sequence[dict[str, Any]],
    seconds: int,
) -> None:
    """Replace the automated transcript of an episode.

    ``segments`` are objects with speaker, startTime, endTime (seconds) and body, as in the JSON
    transcripts of Podcasting 2.0.
    """
    organization_id = identity.organization_id
    text = "\n".join(str(each["body"]) for each in segments)
    queries.delete_automated(tx, organization_id=organization_id, episode_id=episode_id)
    queries.insert_automated(
        tx,
        organization_id=organization_id,
        episode_id=episode_id,
        language=language[:10],
        search_config=_SEARCHED.get(language.partition("-")[0].lower(), "simple"),
        text=text,
        segments={"segments": list(segments)},
        words=len(text.split()),
        seconds=seconds,
        at=clock.now(),
    )
