"""SQL of the log: insert, list, redact. The database computes an entry's hash itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.audit.types import Entry, Redacted, StoredEntry
from wavehouse.store import Learning, Listeners, Operational, Tx

AnyTx = Tx[Operational] | Tx[Learning] | Tx[Listeners]
"""A transaction on a database with an audit log."""


def insert_entry(
    tx: Tx[Operational] | Tx[Learning], *, entry: Entry, commitments: dict[str, str]
) -> UUID:
    """Append one entry; returns its id."""
    made: UUID = tx.value(
        """
        INSERT INTO audit.audit_log
          (at, organization_id, actor, action, resource_type, resource_id, request_id, trace_id,
           subject_pseudonym, metadata, commitments)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        RETURNING audit_id
        """,
        [
            entry.at,
            entry.organization_id,
            entry.actor,
            entry.action,
            entry.resource_type,
            entry.resource_id,
            entry.request_id,
            entry.trace_id,
            entry.subject_pseudonym,
            Jsonb(dict(entry.metadata)),
            Jsonb(commitments),
        ],
    )
    return made


def insert_listeners_entry(
    tx: Tx[Listeners], *, entry: Entry, commitments: dict[str, str], audit_id: UUID
) -> None:
    """Append one entry to the log of the listeners' database, which has no organizations.

    The caller chooses the id: the app's role may insert, and not read.
    """
    tx.execute(
        """
        INSERT INTO audit.audit_log
          (audit_id, at, actor, action, resource_type, resource_id, request_id, trace_id,
           subject_pseudonym, metadata, commitments)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            audit_id,
            entry.at,
            entry.actor,
            entry.action,
            entry.resource_type,
            entry.resource_id,
            entry.request_id,
            entry.trace_id,
            entry.subject_pseudonym,
            Jsonb(dict(entry.metadata)),
            Jsonb(commitments),
        ],
    )


def insert_commitment(
    tx: AnyTx, *, audit_id: UUID, field: str, commitment: bytes, salt: bytes, value: str
) -> None:
    """Store a personal value of an entry with its salt."""
    tx.execute(
        """
        INSERT INTO audit.audit_commitments (audit_id, field, commitment, salt, value)
        VALUES (%s, %s, %s, %s, %s)
        """,
        [audit_id, field, commitment, salt, value],
    )


def erase_values(tx: AnyTx, *, person: UUID, at: datetime) -> int:
    """Empty the personal values of all entries about a person or by them; returns how many.

    Few entries have such values, so it starts from those.
    """
    return tx.execute(
        """
        UPDATE audit.audit_commitments c SET salt = NULL, value = NULL, erased_at = %(at)s
        FROM audit.audit_log e
        WHERE c.erased_at IS NULL AND e.audit_id = c.audit_id
          AND (e.subject_pseudonym = %(person)s OR e.resource_id = %(person)s::uuid::text
               OR e.actor = 'user:' || %(person)s::uuid::text)
        """,
        {"at": at, "person": person},
    )


def erase_values_of_many(tx: AnyTx, *, people: list[UUID], at: datetime) -> list[Redacted]:
    """As ``erase_values`` for many people; how many values of each, of those that had some."""
    return tx.rows(
        Redacted,
        """
        WITH person (id) AS (SELECT unnest(%(people)s::uuid[])),
        entry AS (
          SELECT DISTINCT e.audit_id, e.subject_pseudonym, e.resource_id, e.actor
          FROM audit.audit_commitments c JOIN audit.audit_log e ON e.audit_id = c.audit_id
          WHERE c.erased_at IS NULL),
        theirs AS (
          SELECT DISTINCT ON (audit_id) audit_id, id FROM (
            SELECT e.audit_id, p.id FROM entry e JOIN person p ON e.subject_pseudonym = p.id
            UNION ALL
            SELECT e.audit_id, p.id FROM entry e JOIN person p ON e.resource_id = p.id::text
            UNION ALL
            SELECT e.audit_id, p.id FROM entry e JOIN person p ON e.actor = 'user:' || p.id::text)
            AS s
          ORDER BY audit_id, id),
        emptied AS (
          UPDATE audit.audit_commitments c SET salt = NULL, value = NULL, erased_at = %(at)s
          FROM theirs t WHERE c.erased_at IS NULL AND c.audit_id = t.audit_id RETURNING t.id)
        SELECT id AS person, count(*)::integer AS values FROM emptied GROUP BY id
        """,
        {"at": at, "people": people},
    )


def list_entries(
    tx: AnyTx,
    *,
    action: str | None,
    actor: str | None,
    resource_id: str | None,
    since: datetime | None,
    limit: int,
) -> list[StoredEntry]:
    """The latest entries that match, latest first."""
    return tx.rows(
        StoredEntry,
        """
        SELECT e.audit_id::text, e.xact_id::text, e.at,
               to_jsonb(e) ->> 'organization_id' AS organization_id, e.actor, e.action,
               e.resource_type, e.resource_id, e.subject_pseudonym::text, e.request_id, e.trace_id,
               e.metadata::text, e.commitments::text, e.encoding,
               encode(e.content_hash, 'hex') AS content_hash
        FROM audit.audit_log e
        WHERE (%(action)s::text IS NULL OR e.action LIKE %(action)s || '%%')
          AND (%(actor)s::text IS NULL OR e.actor = %(actor)s)
          AND (%(resource_id)s::text IS NULL OR e.resource_id = %(resource_id)s)
          AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s)
        ORDER BY e.at DESC, e.audit_id DESC
        LIMIT %(limit)s
        """,
        {
            "action": action,
            "actor": actor,
            "resource_id": resource_id,
            "since": since,
            "limit": limit,
        },
    )


def entry_of(tx: AnyTx, *, audit_id: UUID) -> StoredEntry | None:
    """One entry."""
    return tx.maybe(
        StoredEntry,
        """
        SELECT e.audit_id::text, e.xact_id::text, e.at,
               to_jsonb(e) ->> 'organization_id' AS organization_id, e.actor, e.action,
               e.resource_type, e.resource_id, e.subject_pseudonym::text, e.request_id, e.trace_id,
               e.metadata::text, e.commitments::text, e.encoding,
               encode(e.content_hash, 'hex') AS content_hash
        FROM audit.audit_log e WHERE e.audit_id = %s
        """,
        [audit_id],
    )
