"""Settings that gpodder clients store, favourites among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class SettingsScope:
    """The scope of settings: an account, a device, a podcast or an episode."""

    scope: str
    key_hash: bytes
    device_id: str | None = None
    podcast_url: str | None = None
    episode_url: str | None = None


@dataclass(frozen=True, slots=True)
class Favourite:
    """An episode that a client marked, with its known metadata."""

    podcast_url: str
    episode_url: str
    title: str | None
    link: str | None
    published_at: datetime | None


def settings(tx: Tx[Listeners], *, listener_id: ListenerId, of: SettingsScope) -> dict[str, Any]:
    """The settings; empty when there are none."""
    stored: dict[str, Any] | None = tx.value(
        """
        SELECT settings FROM listeners.client_settings
        WHERE listener_id = %(listener_id)s AND key_hash = %(key_hash)s
        """,
        {"listener_id": listener_id, "key_hash": of.key_hash},
    )
    return stored or {}


def change_settings(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    of: SettingsScope,
    put: Mapping[str, Any],
    remove: Sequence[str],
    at: datetime,
) -> dict[str, Any]:
    """Set and remove settings by name; returns the remaining ones."""
    stored: dict[str, Any] = tx.value(
        """
        INSERT INTO listeners.client_settings AS s
          (listener_id, key_hash, scope, device_id, podcast_url, episode_url, settings, updated_at)
        VALUES (%(listener_id)s, %(key_hash)s, %(scope)s, %(device_id)s, %(podcast_url)s,
                %(episode_url)s, %(put)s, %(at)s)
        ON CONFLICT (listener_id, key_hash) DO UPDATE
        SET settings = (s.settings || excluded.settings) - %(remove)s::text[], updated_at = %(at)s
        RETURNING settings
        """,
        {
            "listener_id": listener_id,
            "key_hash": of.key_hash,
            "scope": of.scope,
            "device_id": of.device_id,
            "podcast_url": of.podcast_url,
            "episode_url": of.episode_url,
            "put": Jsonb(dict(put)),
            "remove": list(remove),
            "at": at,
        },
    )
    return stored


def favourites(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[Favourite]:
    """Episodes whose setting is_favorite is true, newest first."""
    return tx.rows(
        Favourite,
        """
        SELECT s.podcast_url, s.episode_url, c.title, c.link, c.published_at
        FROM listeners.client_settings s
        LEFT JOIN LATERAL (
          SELECT title, link, published_at FROM listeners.chapters c
          WHERE c.listener_id = s.listener_id AND c.podcast_url = s.podcast_url
            AND c.episode_url = s.episode_url LIMIT 1) c ON true
        WHERE s.listener_id = %(listener_id)s AND s.scope = 'episode'
          AND s.settings -> 'is_favorite' = 'true'::jsonb
        ORDER BY s.updated_at DESC, s.key_hash
        """,
        {"listener_id": listener_id},
    )
