"""A listener's data as a whole: read for export, counted for erasure."""

from __future__ import annotations

from typing import Any

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


def parts(tx: Tx[Listeners], *, listener_id: ListenerId) -> dict[str, list[dict[str, Any]]]:
    """Devices, episodes, actions and removed positions, each in a fixed order (P39)."""
    who = {"listener_id": listener_id}
    devices = tx.dicts(
        """
        SELECT device_id, name, kind FROM listeners.devices
        WHERE listener_id = %(listener_id)s ORDER BY device_id
        """,
        who,
    )
    episodes = tx.dicts(
        """
        SELECT c.chapter_id, c.podcast_url, c.episode_url, c.guid, c.title, c.link,
               c.published_at, c.moved_at,
               array(SELECT ARRAY[k.kind, k.value] FROM listeners.chapter_keys k
                     WHERE k.listener_id = c.listener_id AND k.chapter_id = c.chapter_id
                       AND k.value IS NOT NULL
                     ORDER BY k.kind, k.value) AS names
        FROM listeners.chapters c
        WHERE c.listener_id = %(listener_id)s AND EXISTS (
          SELECT FROM listeners.playback_actions a
          WHERE a.listener_id = c.listener_id AND a.chapter_id = c.chapter_id)
        ORDER BY c.chapter_id
        """,
        who,
    )
    actions = tx.dicts(
        """
        SELECT action_id, chapter_id, kind, position_ms, started_ms, duration_ms,
               effective_at AS occurred_at, device_id, seen_action_id AS seen
        FROM listeners.playback_actions
        WHERE listener_id = %(listener_id)s ORDER BY effective_at, action_id
        """,
        who,
    )
    removed = tx.dicts(
        """
        SELECT chapter_id, action_id FROM listeners.playback_positions
        WHERE listener_id = %(listener_id)s AND deleted_at IS NOT NULL ORDER BY chapter_id
        """,
        who,
    )
    return {"devices": devices, "episodes": episodes, "actions": actions, "removed": removed}
