"""SQL of retention: counting rows older than a limit, and removing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from wavehouse.store import Analytics, Learning, Listeners, Operational, Tx

AnyTx = Tx[Operational] | Tx[Learning] | Tx[Listeners] | Tx[Analytics]
NAMED = (
    {
        "table": "accounts.login_links",
        "clock": "expires_at",
        "part": "measurement.requests",
        "column": "used_at",
    },
    {
        "table": "usage.token_usage_daily",
        "clock": "usage_date",
        "part": "usage.usage_events",
        "column": "usage_date",
    },
)
"""The names for which the statements are prepared in tests."""


@dataclass(frozen=True, slots=True)
class Older:
    """The number of rows older than a limit, and their oldest time."""

    rows: int
    oldest: datetime | date | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A number of rows."""

    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """A partition without rows that must be kept."""

    name: str
    bytes: int


def is_date(tx: AnyTx, *, table: str, clock: str) -> bool:
    """Whether a column is a date; else it is an instant."""
    matches: bool | None = tx.value(
        """
        SELECT a.atttypid = 'date'::regtype FROM pg_attribute a
        WHERE a.attrelid = to_regclass(%(table)s) AND a.attname = %(clock)s
        """,
        {"table": table, "clock": clock},
    )
    return bool(matches)


def older(tx: AnyTx, *, table: str, clock: str, before: datetime | date) -> Older:
    """Count the rows whose time is before a limit; rows without a time are kept."""
    (counted,) = tx.rows(
        Older,
        "SELECT count(*) AS rows, min({clock}) AS oldest FROM {table} WHERE {clock} < %(before)s",
        {"before": before},
        table=table,
        clock=clock,
    )
    return counted


def any_older(tx: AnyTx, *, table: str, clock: str, column: str, before: datetime | date) -> bool:
    """Whether a row before a limit has a value in a column; stops at the first such row."""
    exists: bool = tx.value(
        """
        SELECT EXISTS (
          SELECT FROM {table} WHERE {clock} < %(before)s AND {column} IS NOT NULL)
        """,
        {"before": before},
        table=table,
        clock=clock,
        column=column,
    )
    return exists


def filled(
    tx: AnyTx,
    *,
    table: str,
    clock: str,
    column: str,
    after: datetime | date | None,
    before: datetime | date,
) -> Older:
    """Count the rows before a limit that have a value in a column; ``after`` as first instant."""
    (counted,) = tx.rows(
        Older,
        """
        SELECT count(*) AS rows, min({clock}) AS oldest FROM {table}
        WHERE {clock} < %(before)s AND {column} IS NOT NULL
          AND (%(after)s::timestamptz IS NULL OR {clock} >= %(after)s::timestamptz)
        """,
        {"after": after, "before": before},
        table=table,
        clock=clock,
        column=column,
    )
    return counted


def empty_some(
    tx: AnyTx, *, table: str, clock: str, column: str, before: datetime | date, most: int
) -> int:
    """Empty a column in at most ``most`` of the rows before a limit; returns the number."""
    tx.execute("SET LOCAL lock_timeout = '2s'")
    return tx.execute(
        """
        UPDATE {table} SET {column} = NULL WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM {table} WHERE {clock} < %(before)s AND {column} IS NOT NULL
          LIMIT %(most)s)) AND {column} IS NOT NULL
        """,
        {"before": before, "most": most},
        table=table,
        clock=clock,
        column=column,
    )


@dataclass(frozen=True, slots=True)
class Archivable:
    """The raw events that the archive would delete, and the oldest of them."""

    rows: int
    oldest: datetime | None


def archivable(tx: Tx[Learning], *, before: datetime) -> Archivable:
    """Count the raw events of archived sessions without activity since a time."""
    (counted,) = tx.rows(
        Archivable,
        "SELECT rows, oldest FROM learning.archivable_events(%(before)s)",
        {"before": before},
    )
    return counted


def archive(tx: Tx[Learning], *, before: datetime, most: int) -> int:
    """Archive the raw events of ``most`` such sessions; returns how many were deleted."""
    tx.execute("SET LOCAL lock_timeout = '2s'")
    return int(
        tx.value(
            "SELECT learning.archive_events(%(before)s, %(most)s)",
            {"before": before, "most": most},
        )
    )


def parts_before(tx: AnyTx, *, table: str, day: date) -> list[Part]:
    """The partitions without rows from a UTC day on, oldest first."""
    return tx.rows(
        Part,
        """
        SELECT p.part::text AS name, pg_total_relation_size(p.part) AS bytes
        FROM schema_ops.partitions_before(to_regclass(%(table)s), %(day)s) p
        """,
        {"table": table, "day": day},
    )


def rows_of(tx: AnyTx, *, part: str) -> int:
    """The number of rows of a partition."""
    (counted,) = tx.rows(Rows, "SELECT count(*) AS rows FROM {part}", part=part)
    return counted.rows


def drop_part(tx: AnyTx, *, table: str, part: str, day: date) -> int:
    """Drop a partition; returns its number of rows. Waits at most two seconds for its lock."""
    tx.execute("SET LOCAL lock_timeout = '2s'")
    rows = rows_of(tx, part=part)
    tx.execute(
        "SELECT governance.drop_partition(to_regclass(%(table)s), to_regclass(%(part)s), %(day)s)",
        {"table": table, "part": part, "day": day},
    )
    return rows


def delete_some(tx: AnyTx, *, table: str, clock: str, before: datetime | date, most: int) -> int:
    """Delete at most ``most`` of the rows whose time is before a limit; returns the number."""
    tx.execute("SET LOCAL lock_timeout = '2s'")
    return tx.execute(
        """
        DELETE FROM {table} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM {table} WHERE {clock} < %(before)s LIMIT %(most)s))
        """,
        {"before": before, "most": most},
        table=table,
        clock=clock,
    )


def lock_policy(tx: AnyTx, *, policy: str) -> bool:
    """Take a policy's lock until the transaction ends; False when another run has it."""
    taken: bool = tx.value(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('retention ' || %(policy)s, 0))",
        {"policy": policy},
    )
    return taken
