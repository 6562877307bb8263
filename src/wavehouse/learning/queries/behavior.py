"""SQL of the rollup of behavioural events: read from learning, written to analytics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from wavehouse.store import Analytics, Learning, Tx


@dataclass(frozen=True, slots=True)
class BehaviorRow:
    """Events of a day, a piece of content and a type; ``sessions`` sent at least one."""

    organization_id: UUID
    day: date
    content_id: str
    event_type: str
    events: int
    sessions: int


def counted(tx: Tx[Learning], *, first: datetime, until: datetime) -> list[BehaviorRow]:
    """The events of all organizations from ``first`` to before ``until``, counted by UTC day.

    Events of archived sessions are counted from what the archive keeps.
    """
    return tx.rows(
        BehaviorRow,
        """
        SELECT organization_id, day, content_id, event_type, sum(events)::bigint AS events,
               count(DISTINCT session_id) AS sessions
        FROM (
          SELECT organization_id, (timestamp AT TIME ZONE 'UTC')::date AS day, content_id,
                 event_type, session_id, 1 AS events
          FROM learning.behavioral_events
          WHERE timestamp >= %(first)s AND timestamp < %(until)s
          UNION ALL
          SELECT organization_id, day, content_id, event_type, session_id, events
          FROM learning.session_activity
          WHERE day >= (%(first)s::timestamptz AT TIME ZONE 'UTC')::date
            AND day < (%(until)s::timestamptz AT TIME ZONE 'UTC')::date
        ) e
        GROUP BY organization_id, day, content_id, event_type
        """,
        {"first": first, "until": until},
    )


def delete_days(tx: Tx[Analytics], *, first: date, last: date) -> None:
    """Remove the rows of these days, of all organizations."""
    tx.execute(
        "DELETE FROM analytics.behavior_daily WHERE day BETWEEN %(first)s AND %(last)s",
        {"first": first, "last": last},
    )


def insert_rows(tx: Tx[Analytics], *, rows: Sequence[BehaviorRow], at: datetime) -> None:
    """Store rows of days that were removed."""
    tx.execute(
        """
        INSERT INTO analytics.behavior_daily
          (day, organization_id, content_id, event_type, events, sessions, computed_at)
        SELECT day, organization_id, content_id, event_type, events, sessions, %(at)s
        FROM unnest(%(days)s::date[], %(organizations)s::uuid[], %(contents)s::text[],
                    %(types)s::text[], %(events)s::bigint[], %(sessions)s::bigint[])
          AS r (day, organization_id, content_id, event_type, events, sessions)
        """,
        {
            "days": [row.day for row in rows],
            "organizations": [row.organization_id for row in rows],
            "contents": [row.content_id for row in rows],
            "types": [row.event_type for row in rows],
            "events": [row.events for row in rows],
            "sessions": [row.sessions for row in rows],
            "at": at,
        },
    )


def behavior(tx: Tx[Analytics], *, first: date, last: date, limit: int) -> list[BehaviorRow]:
    """The rows of an organization from ``first`` to ``last``, latest day first."""
    return tx.rows(
        BehaviorRow,
        """
        SELECT organization_id, day, content_id, event_type, events, sessions
        FROM analytics.behavior_daily WHERE day BETWEEN %(first)s AND %(last)s
        ORDER BY day DESC, content_id, event_type LIMIT %(limit)s
        """,
        {"first": first, "last": last, "limit": limit},
    )
