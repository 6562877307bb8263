"""Devices of a listener."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import Device
from wavehouse.store import Listeners, Tx


def save_device(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    device_id: str,
    name: str | None,
    kind: str | None,
    at: datetime,
) -> None:
    """Register a device, or update its stored data."""
    tx.execute(
        """
        INSERT INTO listeners.devices AS d (listener_id, device_id, name, kind, last_seen_at)
        VALUES (%(listener_id)s, %(device_id)s::text, coalesce(%(name)s::text, %(device_id)s::text),
                coalesce(%(kind)s::text, 'other'), %(at)s)
        ON CONFLICT (listener_id, device_id) DO UPDATE
        SET name = coalesce(%(name)s::text, d.name),
            kind = coalesce(%(kind)s::text, d.kind),
            last_seen_at = %(at)s
        """,
        {
            "listener_id": listener_id,
            "device_id": device_id,
            "name": name,
            "kind": kind,
            "at": at,
        },
    )


def see_devices(tx: Tx[Listeners], *, seen: Sequence[tuple[ListenerId, str]], at: datetime) -> None:
    """Register devices by their ids, each once; their last use is accurate to a minute."""
    tx.execute(
        """
        INSERT INTO listeners.devices AS d (listener_id, device_id, name, kind, last_seen_at)
        SELECT w.listener_id, w.device_id, w.device_id, 'other', %(at)s
        FROM unnest(%(listener_ids)s::uuid[], %(device_ids)s::text[]) AS w (listener_id, device_id)
        ON CONFLICT (listener_id, device_id) DO UPDATE SET last_seen_at = %(at)s
        WHERE d.last_seen_at < %(at)s - interval '1 minute'
        """,
        {
            "listener_ids": [listener_id for listener_id, _ in seen],
            "device_ids": [device_id for _, device_id in seen],
            "at": at,
        },
    )


def devices(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[Device]:
    """A listener's devices by name."""
    return tx.rows(
        Device,
        """
        SELECT d.device_id, d.name, d.kind,
               (SELECT count(*)::integer FROM listeners.subscriptions s
                WHERE s.listener_id = d.listener_id AND s.unsubscribed_at IS NULL)
                 AS subscriptions
        FROM listeners.devices d WHERE d.listener_id = %(listener_id)s
        ORDER BY d.name, d.device_id
        """,
        {"listener_id": listener_id},
    )


def forget_unseen(tx: Tx[Listeners], *, before: datetime) -> int:
    """Delete devices last seen before an instant; positions from them stay."""
    tx.execute(
        """
        DELETE FROM listeners.playback_checkpoints WHERE NOT is_base AND listener_id IN (
          SELECT listener_id FROM listeners.devices WHERE last_seen_at < %(before)s)
        """,
        {"before": before},
    )
    tx.execute(
        """
        UPDATE listeners.playback_checkpoints k
        SET position = jsonb_set(k.position, '{device_id}', 'null')
        FROM listeners.devices d
        WHERE d.last_seen_at < %(before)s AND k.listener_id = d.listener_id AND k.is_base
          AND k.position->>'device_id' = d.device_id
        """,
        {"before": before},
    )
    return tx.execute(
        "DELETE FROM listeners.devices WHERE last_seen_at < %(before)s", {"before": before}
    )


def delete_device(tx: Tx[Listeners], *, listener_id: ListenerId, device_id: str) -> int:
    """Delete a device; positions from it stay (P36)."""
    return tx.execute(
        """
        DELETE FROM listeners.devices
        WHERE listener_id = %(listener_id)s AND device_id = %(device_id)s
        """,
        {"listener_id": listener_id, "device_id": device_id},
    )
