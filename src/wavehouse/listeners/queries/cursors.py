"""Cursors of the change feed: issued in commit order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


class Stream(StrEnum):
    """The kind of changes a cursor counts; clients keep one cursor for each."""

    ACTIONS = "actions"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class NewCursors:
    """New cursors of a listener: the last one, and the last changes before it by stream."""

    last: int
    actions_before: int
    subscriptions_before: int


@dataclass(frozen=True, slots=True)
class IssuedCursors:
    """Cursors of one stream that were issued: to a session, and to all clients of its password."""

    own: int | None = None
    family: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ServedCursor:
    """A cursor issued to a session; ``consumed`` is the client's previous cursor."""

    session: bytes
    cursor: int
    consumed: int | None
    is_shared: bool


def take_cursors(
    tx: Tx[Listeners], *, counts: Mapping[ListenerId, int], now: int
) -> dict[ListenerId, NewCursors]:
    """P17, P20: take the requested number of cursors for each listener that is not hidden.

    Between two transactions at least one number is skipped, because clients may ask with their
    cursor plus one (P19b). Other writers of these listeners, and the hiding that begins an
    erasure, wait for the end of the transaction; rows are locked in id order, which prevents
    deadlocks.
    """
    rows = tx.tuples(
        """
        INSERT INTO listeners.listener_sync AS s (listener_id, seq)
        SELECT w.listener_id, %(now)s::bigint + w.count - 1
        FROM unnest(%(listener_ids)s::uuid[], %(counts)s::bigint[]) AS w (listener_id, count)
          JOIN listeners.listeners l ON l.listener_id = w.listener_id AND l.deleted_at IS NULL
        ORDER BY w.listener_id FOR SHARE OF l
        ON CONFLICT (listener_id) DO UPDATE
        SET seq = greatest(s.seq + 2, %(now)s::bigint) + excluded.seq - %(now)s::bigint
        RETURNING listener_id, seq, actions_seq, subscriptions_seq
        """,
        {"listener_ids": list(counts), "counts": list(counts.values()), "now": now},
    )
    return {row[0]: NewCursors(*row[1:]) for row in rows}


def keep_changes(tx: Tx[Listeners], *, stream: Stream, changed: Mapping[ListenerId, int]) -> None:
    """Store the cursor of each listener's last change of a stream."""
    tx.execute(
        """
        UPDATE listeners.listener_sync s
        SET actions_seq = CASE WHEN %(stream)s = 'actions' THEN w.seq ELSE s.actions_seq END,
            subscriptions_seq =
              CASE WHEN %(stream)s = 'subscriptions' THEN w.seq ELSE s.subscriptions_seq END
        FROM unnest(%(listener_ids)s::uuid[], %(seqs)s::bigint[]) AS w (listener_id, seq)
        WHERE s.listener_id = w.listener_id
        """,
        {
            "stream": stream.value,
            "listener_ids": list(changed),
            "seqs": list(changed.values()),
        },
    )


def given(
    tx: Tx[Listeners], *, stream: Stream, sessions: Sequence[bytes]
) -> Callable[[], dict[bytes, IssuedCursors]]:
    """P19: the part of a stream already sent to sessions and app-password clients."""
    rows = tx.tuples(
        """
        SELECT s.token_hash,
               CASE WHEN %(stream)s = 'actions' THEN s.served_cursor
                    ELSE s.served_subscriptions END,
               CASE WHEN %(stream)s = 'actions' THEN p.given_actions
                    ELSE p.given_subscriptions END
        FROM listeners.login_sessions s
        LEFT JOIN listeners.app_passwords p ON p.app_password_id = s.family_id
        WHERE s.token_hash = ANY(%(sessions)s::bytea[])
        """,
        {"stream": stream.value, "sessions": list(sessions)},
    )
    return lambda: {bytes(row[0]): IssuedCursors(row[1], tuple(row[2] or ())) for row in rows}


def keep_served(tx: Tx[Listeners], *, stream: Stream, served: Sequence[ServedCursor]) -> None:
    """Store the cursors issued to sessions; shared ones only with their app password."""
    params = {
        "stream": stream.value,
        "sessions": [served.session for served in served],
        "cursors": [served.cursor for served in served],
        "consumed": [served.consumed for served in served],
        "shared": [served.is_shared for served in served],
    }
    tx.execute(
        """
        UPDATE listeners.login_sessions s
        SET served_cursor =
              CASE WHEN %(stream)s = 'actions' THEN w.cursor ELSE s.served_cursor END,
            served_subscriptions =
              CASE WHEN %(stream)s = 'actions' THEN s.served_subscriptions ELSE w.cursor END
        FROM unnest(%(sessions)s::bytea[], %(cursors)s::bigint[], %(shared)s::boolean[])
            AS w (session, cursor, shared)
        WHERE s.token_hash = w.session AND NOT w.shared
        """,
        params,
    )
    tx.execute(
        """
        UPDATE listeners.app_passwords p
        SET given_actions = CASE WHEN %(stream)s = 'actions'
              THEN listeners.next_given(p.given_actions, w.consumed, w.cursor)
              ELSE p.given_actions END,
            given_subscriptions = CASE WHEN %(stream)s = 'actions' THEN p.given_subscriptions
              ELSE listeners.next_given(p.given_subscriptions, w.consumed, w.cursor) END
        FROM unnest(%(sessions)s::bytea[], %(cursors)s::bigint[], %(consumed)s::bigint[])
            AS w (session, cursor, consumed)
          JOIN listeners.login_sessions s ON s.token_hash = w.session
        WHERE p.app_password_id = s.family_id
        """,
        params,
    )


def current_cursor(tx: Tx[Listeners], *, listener_id: ListenerId) -> int:
    """The last issued cursor; 0 when there is none."""
    return int(
        tx.value(
            """
            SELECT coalesce(max(seq), 0) FROM listeners.listener_sync
            WHERE listener_id = %(listener_id)s
            """,
            {"listener_id": listener_id},
        )
    )


def compacted(tx: Tx[Listeners], *, listener_id: ListenerId) -> int:
    """The highest cursor of an action that was compacted; 0 when there is none (RT1)."""
    return int(
        tx.value(
            """
            SELECT coalesce(max(compacted_seq), 0) FROM listeners.listener_sync
            WHERE listener_id = %(listener_id)s
            """,
            {"listener_id": listener_id},
        )
    )


def heads(
    tx: Tx[Listeners], *, listener_ids: Sequence[ListenerId]
) -> dict[ListenerId, tuple[int, int]]:
    """Cursors of the last episode action and the last subscription change."""
    rows = tx.tuples(
        """
        SELECT listener_id, actions_seq, subscriptions_seq FROM listeners.listener_sync
        WHERE listener_id = ANY(%s::uuid[])
        """,
        [list(listener_ids)],
    )
    return {row[0]: (row[1], row[2]) for row in rows}
