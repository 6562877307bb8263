"""Cursors of the change feed: given out in the order of commits."""

from __future__ import annotations

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


def served_cursor(tx: Tx[Listeners], *, session: bytes) -> int | None:
    """The cursor that a session was last given."""
    found: int | None = tx.value(
        "SELECT served_cursor FROM listeners.login_sessions WHERE token_hash = %(session)s",
        {"session": session},
    )
    return found


def keep_served_cursor(tx: Tx[Listeners], *, session: bytes, cursor: int) -> None:
    """Remember the cursor that a session is given."""
    tx.execute(
        """
        UPDATE listeners.login_sessions SET served_cursor = %(cursor)s
        WHERE token_hash = %(session)s
        """,
        {"session": session, "cursor": cursor},
    )


def take_cursors(tx: Tx[Listeners], *, listener_id: ListenerId, count: int, now: int) -> int:
    """P17, P20: so many cursors, the last of which is returned; other writers wait for the end."""
    return int(
        tx.value(
            """
            INSERT INTO listeners.listener_sync AS s (listener_id, seq)
            VALUES (%(listener_id)s, %(now)s::bigint + %(count)s::bigint - 1)
            ON CONFLICT (listener_id)
            DO UPDATE SET seq = greatest(s.seq + 1, %(now)s::bigint) + %(count)s::bigint - 1
            RETURNING seq
            """,
            {"listener_id": listener_id, "count": count, "now": now},
        )
    )


def current_cursor(tx: Tx[Listeners], *, listener_id: ListenerId) -> int:
    """The last cursor that was given out; 0 when none was."""
    return int(
        tx.value(
            """
            SELECT coalesce(max(seq), 0) FROM listeners.listener_sync
            WHERE listener_id = %(listener_id)s
            """,
            {"listener_id": listener_id},
        )
    )
