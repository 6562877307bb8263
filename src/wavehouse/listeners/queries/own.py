"""A listener's own data as shown on a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class OwnPosition:
    """A position with the known names of its episode."""

    chapter_id: str
    title: str | None
    episode_url: str | None
    podcast_url: str | None
    position_ms: int
    duration_ms: int | None
    state: str
    effective_at: datetime


def newest_positions(
    tx: Tx[Listeners], *, listener_id: ListenerId, limit: int
) -> list[OwnPosition]:
    """The most recently changed positions."""
    return tx.rows(
        OwnPosition,
        """
        SELECT p.chapter_id, c.title, c.episode_url, c.podcast_url, p.position_ms, p.duration_ms,
               p.state, p.effective_at
        FROM listeners.playback_positions p
          JOIN listeners.chapters c
            ON c.listener_id = p.listener_id AND c.chapter_id = p.chapter_id
        WHERE p.listener_id = %(listener_id)s AND p.deleted_at IS NULL
        ORDER BY p.effective_at DESC LIMIT %(limit)s
        """,
        {"listener_id": listener_id, "limit": limit},
    )
