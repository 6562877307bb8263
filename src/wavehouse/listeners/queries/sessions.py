"""Sessions of signed-in clients, by the hash of their token (AC5, AC7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import StoredSession
from wavehouse.store import Listeners, Tx


def open_session(
    tx: Tx[Listeners],
    *,
    token_hash: bytes,
    listener_id: ListenerId,
    family_id: UUID,
    at: datetime,
    expires_at: datetime,
    absolute_expires_at: datetime,
) -> None:
    """Open a session, or extend the existing one; a revoked one stays revoked.

    Extending moves the sliding expiry, never the absolute one; after either, a session starts over.
    """
    tx.execute(
        """
        INSERT INTO listeners.login_sessions AS s
          (token_hash, listener_id, family_id, last_seen_at, expires_at, absolute_expires_at)
        VALUES (%(token_hash)s, %(listener_id)s, %(family_id)s, %(at)s, %(expires_at)s,
                %(absolute)s)
        ON CONFLICT (token_hash) DO UPDATE
        SET last_seen_at = %(at)s,
            expires_at = CASE WHEN s.expires_at > %(at)s
              THEN least(excluded.expires_at, s.absolute_expires_at)
              ELSE excluded.expires_at END,
            absolute_expires_at = CASE WHEN s.expires_at > %(at)s
              THEN s.absolute_expires_at ELSE excluded.absolute_expires_at END
        WHERE s.revoked_at IS NULL
        """,
        {
            "token_hash": token_hash,
            "listener_id": listener_id,
            "family_id": family_id,
            "at": at,
            "expires_at": expires_at,
            "absolute": absolute_expires_at,
        },
    )


def sessions(tx: Tx[Listeners], *, token_hashes: Sequence[bytes]) -> dict[bytes, StoredSession]:
    """Sessions by token, unless revoked, of existing listeners."""
    rows = tx.rows(
        StoredSession,
        """
        SELECT l.listener_id, l.email, s.token_hash, s.family_id, s.rotated_at, s.last_seen_at,
          s.expires_at, s.absolute_expires_at, p.app_password_id IS NOT NULL AS by_app
        FROM listeners.login_sessions s JOIN listeners.listeners l USING (listener_id)
        LEFT JOIN listeners.app_passwords p ON p.app_password_id = s.family_id
        WHERE s.token_hash = ANY(%(token_hashes)s::bytea[]) AND s.revoked_at IS NULL
          AND l.deleted_at IS NULL AND l.suspended_at IS NULL AND p.revoked_at IS NULL
        """,
        {"token_hashes": list(token_hashes)},
    )
    return {item.token_hash: item for item in rows}


def keep_newest(tx: Tx[Listeners], *, family_id: UUID, count: int) -> None:
    """Delete a family's sessions except those seen last."""
    tx.execute(
        """
        DELETE FROM listeners.login_sessions WHERE family_id = %(family_id)s
          AND token_hash NOT IN (
            SELECT token_hash FROM listeners.login_sessions WHERE family_id = %(family_id)s
            ORDER BY last_seen_at DESC, token_hash LIMIT %(count)s)
        """,
        {"family_id": family_id, "count": count},
    )


def forget_late_sessions(tx: Tx[Listeners], *, at: datetime, apps_before: datetime) -> int:
    """Delete ended sessions, replaced ones with their family; returns how many.

    Those of app passwords are deleted only when they ended before ``apps_before``. A session locked
    by a request is skipped until the next run, so nothing waits here.
    """
    return tx.execute(
        """
        DELETE FROM listeners.login_sessions WHERE token_hash IN (
          SELECT s.token_hash FROM listeners.login_sessions s
          WHERE s.expires_at <= %(at)s
            AND (s.rotated_at IS NULL OR s.absolute_expires_at <= %(at)s)
            AND (s.expires_at <= %(apps_before)s OR NOT EXISTS (
              SELECT FROM listeners.app_passwords p WHERE p.app_password_id = s.family_id))
          FOR UPDATE OF s SKIP LOCKED)
        """,
        {"at": at, "apps_before": apps_before},
    )


def take_turns(tx: Tx[Listeners], *, listener_id: ListenerId) -> None:
    """Lock a listener's sessions until the transaction ends, so that a revocation misses none."""
    tx.execute(
        """
        SELECT FROM listeners.listeners WHERE listener_id = %(listener_id)s FOR NO KEY UPDATE
        """,
        {"listener_id": listener_id},
    )


def slide(tx: Tx[Listeners], *, token_hash: bytes, at: datetime, expires_at: datetime) -> None:
    """Extend a session after use."""
    tx.execute(
        """
        UPDATE listeners.login_sessions
        SET last_seen_at = greatest(last_seen_at, %(at)s),
            expires_at = greatest(expires_at, least(%(expires_at)s, absolute_expires_at))
        WHERE token_hash = %(token_hash)s AND revoked_at IS NULL AND expires_at > %(at)s
        """,
        {"token_hash": token_hash, "at": at, "expires_at": expires_at},
    )


def rotate(
    tx: Tx[Listeners],
    *,
    token_hash: bytes,
    next_hash: bytes,
    at: datetime,
    expires_at: datetime,
    not_before: datetime,
) -> UUID | None:
    """Issue another token of the same family, with the same cursor and absolute expiry.

    The old token keeps the time of its first rotation. None when it is no longer live or was
    rotated before ``not_before``; concurrent calls are serialized.
    """
    family: UUID | None = tx.value(
        """
        WITH old AS (
          UPDATE listeners.login_sessions
          SET rotated_to = coalesce(rotated_to, %(next_hash)s),
              rotated_at = coalesce(rotated_at, %(at)s)
          WHERE token_hash = %(token_hash)s AND revoked_at IS NULL AND expires_at > %(at)s
            AND (rotated_at IS NULL OR rotated_at > %(not_before)s)
          RETURNING listener_id, family_id, device_id, served_cursor, served_subscriptions,
            absolute_expires_at
        )
        INSERT INTO listeners.login_sessions (token_hash, listener_id, family_id, device_id,
          served_cursor, served_subscriptions, last_seen_at, expires_at, absolute_expires_at)
        SELECT %(next_hash)s, listener_id, family_id, device_id, served_cursor,
          served_subscriptions, %(at)s,
          least(%(expires_at)s, absolute_expires_at), absolute_expires_at
        FROM old RETURNING family_id
        """,
        {
            "token_hash": token_hash,
            "next_hash": next_hash,
            "at": at,
            "expires_at": expires_at,
            "not_before": not_before,
        },
    )
    return family


def end_session(tx: Tx[Listeners], *, token_hash: bytes, at: datetime) -> None:
    """End a session now. The password that opened it may open it again, as after expiry."""
    tx.execute(
        """
        UPDATE listeners.login_sessions SET expires_at = %(at)s
        WHERE token_hash = %(token_hash)s AND revoked_at IS NULL
        """,
        {"token_hash": token_hash, "at": at},
    )


def revoke_family(tx: Tx[Listeners], *, family_id: UUID, at: datetime) -> int:
    """End every token of one sign-in; returns how many."""
    return tx.execute(
        """
        UPDATE listeners.login_sessions SET revoked_at = %(at)s
        WHERE family_id = %(family_id)s AND revoked_at IS NULL
        """,
        {"family_id": family_id, "at": at},
    )


def revoke_all(
    tx: Tx[Listeners], *, listener_id: ListenerId, at: datetime, keep: bytes | None = None
) -> int:
    """End every session of a listener except app sessions; returns how many sign-ins were live.

    ``keep`` is the hash of a token whose family is kept.
    """
    return int(
        tx.value(
            """
            WITH ended AS (
              UPDATE listeners.login_sessions SET revoked_at = %(at)s
              WHERE listener_id = %(listener_id)s AND revoked_at IS NULL
                AND family_id NOT IN (SELECT app_password_id FROM listeners.app_passwords
                                      WHERE listener_id = %(listener_id)s)
                AND family_id IS DISTINCT FROM (
                  SELECT family_id FROM listeners.login_sessions WHERE token_hash = %(keep)s)
              RETURNING family_id, expires_at
            )
            SELECT count(DISTINCT family_id) FILTER (WHERE expires_at > %(at)s) FROM ended
            """,
            {"listener_id": listener_id, "at": at, "keep": keep},
        )
    )
