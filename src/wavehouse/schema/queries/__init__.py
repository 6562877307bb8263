"""Every SQL statement of the runner. The state lives in the PostgreSQL schema ``schema_ops``.

These functions take a plain connection, not a transaction typed by its database, because the runner
works on any PostgreSQL. All names are qualified, because a migration may change search_path.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection, sql
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from wavehouse.schema.types import (
    Audit,
    Blocker,
    Direction,
    HistoryRow,
    JournalEntry,
    JournalEvent,
    JournalLine,
    Migration,
    RowState,
    Size,
    StepDone,
)


def become(connection: Connection, *, role: str | None) -> None:
    """Reset what a migration set for the session, and act as the owner role, if any."""
    connection.execute("RESET ALL; RESET SESSION AUTHORIZATION; RESET ROLE")
    if role is not None:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))


def only_read(connection: Connection) -> None:
    """Make the session read-only until its settings are reset."""
    connection.execute("SET default_transaction_read_only = on")


def become_quietly(connection: Connection, *, role: str | None) -> None:
    """Like ``become``, but after an error: a lost connection is ignored."""
    with suppress(psycopg.Error):
        become(connection, role=role)


def database_name(connection: Connection) -> str:
    """The name of the connected database."""
    cursor = connection.cursor(row_factory=scalar_row)
    return str(cursor.execute("SELECT pg_catalog.current_database()").fetchone())


def try_runner_lock(connection: Connection, *, key: int) -> bool:
    """Take the session's advisory lock if it is free. It never waits, so it holds no snapshot."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(cursor.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", [key]).fetchone())


def release_runner_lock(connection: Connection, *, key: int) -> None:
    """Release the advisory lock."""
    connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", [key])


def set_lock_timeout(connection: Connection, *, milliseconds: int) -> None:
    """Set a short lock timeout for the current transaction.

    It does not use ``set_config``, a query after which ``SET TRANSACTION`` would be refused.
    """
    connection.execute(f"SET LOCAL lock_timeout = {int(milliseconds)}".encode())


def forget_temporary(connection: Connection) -> None:
    """Drop the session's temporary tables, so that the next file starts as in a new session."""
    connection.execute("DISCARD TEMP")


def has_state(connection: Connection) -> bool:
    """Whether ``schema_ops.history`` and ``schema_ops.journal`` exist."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(
        cursor.execute(
            "SELECT pg_catalog.to_regclass('schema_ops.history') IS NOT NULL"
            " AND pg_catalog.to_regclass('schema_ops.journal') IS NOT NULL"
        ).fetchone()
    )


def create_state(connection: Connection) -> None:
    """Create ``schema_ops`` and its tables if they do not exist."""
    connection.execute("""
        CREATE SCHEMA IF NOT EXISTS schema_ops;
        CREATE TABLE IF NOT EXISTS schema_ops.history (
            version       text PRIMARY KEY
                CHECK (version ~ '^([0-9]+([.][0-9]+)*|R__.+)$'),
            slug          text NOT NULL,
            state         text NOT NULL CHECK (state IN ('running', 'applied', 'rolling_back')),
            checksum      text NOT NULL,
            down_checksum text,
            applied_at    timestamptz NOT NULL,
            applied_by    text NOT NULL,
            duration_ms   bigint,
            runner_id     uuid NOT NULL,
            backend_pid   integer,
            logical_hash  text CHECK (logical_hash ~ '^[0-9a-f]{64}$')
        );
        COMMENT ON TABLE schema_ops.history IS
            'The migrations this database holds now: one row per applied version.';
        CREATE TABLE IF NOT EXISTS schema_ops.journal (
            journal_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            version       text NOT NULL,
            slug          text NOT NULL,
            direction     text NOT NULL CHECK (direction IN ('up', 'down')),
            event         text NOT NULL
                CHECK (event IN ('started', 'intent', 'statement', 'done')),
            checksum      text NOT NULL,
            happened_at   timestamptz NOT NULL,
            done_by       text NOT NULL,
            duration_ms   bigint,
            runner_id     uuid NOT NULL,
            statement     integer,
            actor         text,
            change_set    text CHECK (change_set ~ '^[0-9a-f]{64}$'),
            trace_id      text CHECK (trace_id ~ '^[0-9a-f]{32}$'),
            facts         jsonb
        );
        COMMENT ON TABLE schema_ops.journal IS
            'What runners did, in order and append-only: applied, rolled back, begun.';
        COMMENT ON COLUMN schema_ops.journal.statement IS
            'Which statement of a non-transactional file, counted from 1.';
        COMMENT ON COLUMN schema_ops.journal.actor IS
            'The person who ran it, as given to the runner; done_by is the login of the database.';
        COMMENT ON COLUMN schema_ops.journal.change_set IS
            'Merkle root of all files of that run.';
        COMMENT ON COLUMN schema_ops.journal.trace_id IS
            'The trace of that run in the telemetry, or the runner''s own id.';
        COMMENT ON COLUMN schema_ops.journal.facts IS
            'What recover needs: settings of the session, objects by OID before a statement.';
        COMMENT ON COLUMN schema_ops.history.logical_hash IS
            'SHA-256 of the schema as this version left it, without partitions.';
    """)


def has_column(connection: Connection, *, table: str, column: str) -> bool:
    """Whether a table of ``schema_ops`` has a column; earlier releases had fewer."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(
        cursor.execute(
            """
            SELECT EXISTS (
              SELECT FROM pg_catalog.pg_attribute
               WHERE attrelid = pg_catalog.to_regclass('schema_ops.' || %s)
                 AND attname = %s AND NOT attisdropped)
            """,
            [table, column],
        ).fetchone()
    )


def widen_journal(connection: Connection) -> None:
    """Add the statement column to the journal of an earlier release."""
    connection.execute("""
        ALTER TABLE schema_ops.journal ADD COLUMN statement integer;
        ALTER TABLE schema_ops.journal DROP CONSTRAINT journal_event_check;
        ALTER TABLE schema_ops.journal ADD CONSTRAINT journal_event_check
            CHECK (event IN ('started', 'intent', 'statement', 'done'));
        COMMENT ON COLUMN schema_ops.journal.statement IS
            'Which statement of a non-transactional file, counted from 1.';
    """)


def widen_journal_for_audit(connection: Connection) -> None:
    """Add the actor, change set and trace columns to the journal of an earlier release."""
    connection.execute("""
        ALTER TABLE schema_ops.journal
          ADD COLUMN actor text,
          ADD COLUMN change_set text CHECK (change_set ~ '^[0-9a-f]{64}$'),
          ADD COLUMN trace_id text CHECK (trace_id ~ '^[0-9a-f]{32}$');
        COMMENT ON COLUMN schema_ops.journal.actor IS
            'The person who ran it, as given to the runner; done_by is the login of the database.';
        COMMENT ON COLUMN schema_ops.journal.change_set IS
            'Merkle root of all files of that run.';
        COMMENT ON COLUMN schema_ops.journal.trace_id IS
            'The trace of that run in the telemetry, or the runner''s own id.';
    """)


def widen_journal_for_recovery(connection: Connection) -> None:
    """Add the column for recovery facts to the journal of an earlier release."""
    connection.execute("""
        ALTER TABLE schema_ops.journal ADD COLUMN facts jsonb;
        COMMENT ON COLUMN schema_ops.journal.facts IS
            'What recover needs: settings of the session, objects by OID before a statement.';
    """)


def widen_history(connection: Connection) -> None:
    """Add the schema hash column to the history of an earlier release."""
    connection.execute("""
        ALTER TABLE schema_ops.history
          ADD COLUMN logical_hash text CHECK (logical_hash ~ '^[0-9a-f]{64}$');
        COMMENT ON COLUMN schema_ops.history.logical_hash IS
            'SHA-256 of the schema as this version left it, without partitions.';
    """)


def has_narrow_versions(connection: Connection) -> bool:
    """Whether the history of an earlier release only accepts digits as a version."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(
        cursor.execute("""
            SELECT EXISTS (
              SELECT FROM pg_catalog.pg_constraint
               WHERE conrelid = pg_catalog.to_regclass('schema_ops.history')
                 AND conname = 'history_version_check'
                 AND pg_catalog.pg_get_constraintdef(oid) NOT LIKE '%R__%')
        """).fetchone()
    )


def widen_versions(connection: Connection) -> None:
    """Let the history of an earlier release accept versions with several parts."""
    connection.execute("""
        ALTER TABLE schema_ops.history DROP CONSTRAINT history_version_check;
        ALTER TABLE schema_ops.history ADD CONSTRAINT history_version_check
            CHECK (version ~ '^([0-9]+([.][0-9]+)*|R__.+)$');
    """)


def need_not_last(connection: Connection) -> None:
    """Turn off synchronous commit: a server crash may lose the open transaction."""
    connection.execute("SET LOCAL synchronous_commit = off")


def put_logical_hash(connection: Connection, *, version: str, logical_hash: str) -> None:
    """Store the schema hash taken after a version was applied."""
    connection.execute(
        "UPDATE schema_ops.history SET logical_hash = %s WHERE version = %s",
        [logical_hash, version],
    )


def versions_done(connection: Connection) -> list[StepDone]:
    """Every completed step, oldest first."""
    rows = connection.execute(
        """
        SELECT version, direction, pg_catalog.to_jsonb(j) -> 'facts' ->> 'logical_hash',
               coalesce((pg_catalog.to_jsonb(j) -> 'facts' ->> 'format')::integer, 1),
               happened_at, coalesce(duration_ms, 0)
          FROM schema_ops.journal j WHERE event = 'done' ORDER BY journal_id
        """
    )
    return [StepDone(row[0], Direction(row[1]), *row[2:]) for row in rows]


def add_facts(connection: Connection, *, facts: dict[str, Any]) -> None:
    """Add to the facts of the newest completed step."""
    connection.execute(
        """
        UPDATE schema_ops.journal SET facts = coalesce(facts, '{}') || %s
         WHERE journal_id = (SELECT max(journal_id) FROM schema_ops.journal WHERE event = 'done')
        """,
        [Jsonb(facts)],
    )


def put_replayed(connection: Connection, *, version: str, began: datetime, ended: datetime) -> None:
    """Record in a shadow when a file ran, for definitions that depend on the clock."""
    connection.execute(
        """
        INSERT INTO schema_ops.journal (version, slug, direction, event, checksum, happened_at,
                                        done_by, runner_id, facts)
        VALUES (%(version)s, 'shadow', 'up', 'done', '', %(ended)s, session_user,
                pg_catalog.gen_random_uuid(),
                pg_catalog.jsonb_build_object('began', %(began)s::timestamptz))
        """,
        {"version": version, "began": began, "ended": ended},
    )


def windows(connection: Connection) -> list[tuple[datetime, datetime]]:
    """The periods in which the files applied or replayed here ran: pairs of start and end."""
    return connection.execute(
        """
        SELECT coalesce((pg_catalog.to_jsonb(j) -> 'facts' ->> 'began')::timestamptz,
                        happened_at - coalesce(duration_ms, 0) * interval '1 millisecond'),
               happened_at
          FROM schema_ops.journal j WHERE event = 'done'
        """
    ).fetchall()


def surroundings(connection: Connection) -> dict[str, Any] | None:
    """Settings and grants of the database as the newest run left them; None if not recorded."""
    row = connection.execute(
        """
        SELECT pg_catalog.to_jsonb(j) -> 'facts' -> 'surroundings' FROM schema_ops.journal j
         WHERE pg_catalog.to_jsonb(j) -> 'facts' ? 'surroundings'
         ORDER BY journal_id DESC LIMIT 1
        """
    ).fetchone()
    return None if row is None else row[0]


def statements_walked(
    connection: Connection, *, version: str, direction: Direction
) -> list[JournalLine]:
    """The journal of a file in progress: started, then statements started or done, in order."""
    rows = connection.execute(
        """
        SELECT statement, event, coalesce(pg_catalog.to_jsonb(j) -> 'facts', '{}')
          FROM schema_ops.journal j
         WHERE version = %(version)s AND direction = %(direction)s
           AND journal_id >= (SELECT max(journal_id) FROM schema_ops.journal
                               WHERE version = %(version)s AND direction = %(direction)s
                                 AND event = 'started')
         ORDER BY journal_id
        """,
        {"version": version, "direction": direction},
    ).fetchall()
    return [JournalLine(number, event, facts or {}) for number, event, facts in rows]


def blockers(connection: Connection, *, pid: int) -> list[Blocker]:
    """The sessions and prepared transactions that a backend is waiting for."""
    rows = connection.execute(
        """
        WITH blocking AS (SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids(%(pid)s)) AS pid)
        SELECT a.pid, '', coalesce(a.xact_start, a.state_change, a.backend_start),
               coalesce(a.state, ''), coalesce(a.query, '')
          FROM blocking b JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
         UNION ALL
        SELECT 0, x.gid, x.prepared, 'prepared', ''
          FROM pg_catalog.pg_prepared_xacts x
         WHERE x.database = pg_catalog.current_database()
           AND EXISTS (SELECT FROM blocking WHERE pid = 0)
        """,
        {"pid": pid},
    )
    return [Blocker(*row) for row in rows]


def history(connection: Connection) -> list[HistoryRow]:
    """Every row of the history, unordered: versions are compared as numbers."""
    rows = connection.execute("""
        SELECT version, slug, state, checksum, down_checksum, applied_at, applied_by,
               duration_ms, runner_id, backend_pid,
               pg_catalog.to_jsonb(h) ->> 'logical_hash'  -- absent from an earlier release's table
          FROM schema_ops.history h
    """).fetchall()
    return [HistoryRow(row[0], row[1], RowState(row[2]), *row[3:]) for row in rows]


def put_history(
    connection: Connection,
    migration: Migration,
    *,
    state: RowState,
    applied_at: datetime,
    duration_ms: int | None,
    runner_id: UUID,
) -> None:
    """Write a version's row, or complete the row of a non-transactional file."""
    connection.execute(
        """
        INSERT INTO schema_ops.history
               (version, slug, state, checksum, down_checksum, applied_at, applied_by,
                duration_ms, runner_id, backend_pid)
        VALUES (%(version)s, %(slug)s, %(state)s, %(checksum)s, %(down_checksum)s,
                %(applied_at)s, session_user, %(duration_ms)s, %(runner_id)s,
                pg_catalog.pg_backend_pid())
            ON CONFLICT (version) DO UPDATE
           SET state = excluded.state, applied_at = excluded.applied_at,
               duration_ms = excluded.duration_ms, checksum = excluded.checksum
        """,
        {
            "version": migration.version,
            "slug": migration.slug,
            "state": state.value,
            "checksum": migration.up.checksum,
            "down_checksum": migration.down.checksum if migration.down else None,
            "applied_at": applied_at,
            "duration_ms": duration_ms,
            "runner_id": runner_id,
        },
    )


def mark_rolling_back(connection: Connection, *, version: str) -> None:
    """Record that a non-transactional down file has started."""
    connection.execute(
        "UPDATE schema_ops.history SET state = 'rolling_back' WHERE version = %s", [version]
    )


def delete_history(connection: Connection, *, version: str) -> None:
    """Remove the row of a rolled back version; the journal keeps the record."""
    connection.execute("DELETE FROM schema_ops.history WHERE version = %s", [version])


def append_journal(
    connection: Connection,
    event: JournalEvent,
    *,
    happened_at: datetime,
    runner_id: UUID,
    audit: Audit,
) -> None:
    """Add one event to the journal."""
    connection.execute(
        """
        INSERT INTO schema_ops.journal
               (version, slug, direction, event, checksum, happened_at, done_by, duration_ms,
                runner_id, statement, actor, change_set, trace_id, facts)
        VALUES (%(version)s, %(slug)s, %(direction)s, %(event)s, %(checksum)s, %(happened_at)s,
                session_user, %(duration_ms)s, %(runner_id)s, %(statement)s, %(actor)s,
                %(change_set)s, %(trace_id)s, %(facts)s)
        """,
        {
            "version": event.migration.version,
            "slug": event.migration.slug,
            "direction": event.direction.value,
            "event": event.name,
            "checksum": event.migration.file(event.direction).checksum,
            "happened_at": happened_at,
            "duration_ms": event.duration_ms,
            "runner_id": runner_id,
            "statement": event.statement,
            "facts": None if event.facts is None else Jsonb(event.facts),
            "actor": audit.actor,
            "change_set": audit.change_set,
            "trace_id": audit.trace_id,
        },
    )


def journal(connection: Connection, *, limit: int) -> list[JournalEntry]:
    """The newest events of the journal, newest first."""
    entries = connection.execute(
        """
        SELECT happened_at, version, slug, direction, event,
               (to_jsonb(j) ->> 'statement')::integer, duration_ms, checksum, runner_id, done_by,
               to_jsonb(j) ->> 'actor', to_jsonb(j) ->> 'change_set', to_jsonb(j) ->> 'trace_id'
          FROM schema_ops.journal j ORDER BY journal_id DESC LIMIT %s
        """,
        [limit],
    )
    rows = map(list, entries)
    return [JournalEntry(*(*row[:3], Direction(row[3]), *row[4:])) for row in rows]


def sizes(connection: Connection) -> dict[str, Size]:
    """Estimated rows, and bytes, of every table; a partitioned one with its partitions."""
    rows = connection.execute("""
        WITH RECURSIVE tree AS (
            SELECT c.oid AS root, c.oid FROM pg_catalog.pg_class c
             WHERE c.relkind IN ('r', 'p', 'm')
             UNION ALL
            SELECT t.root, i.inhrelid FROM tree t
              JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
        )
        SELECT n.nspname || '.' || r.relname,
               sum(greatest(c.reltuples, 0))::bigint,
               sum(pg_catalog.pg_total_relation_size(c.oid))::bigint
          FROM tree t
          JOIN pg_catalog.pg_class r ON r.oid = t.root
          JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
          JOIN pg_catalog.pg_class c ON c.oid = t.oid
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         GROUP BY 1
    """).fetchall()
    return {str(name): Size(int(count), int(size)) for name, count, size in rows}
