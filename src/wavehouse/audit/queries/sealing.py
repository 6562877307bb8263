"""SQL of the seal: which entries are ready, leaves, checkpoints, and their verification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.audit.queries.entries import AnyTx
from wavehouse.audit.types import Checkpoint, StoredEntry, Unsealed


def lock_sealing(tx: AnyTx) -> None:
    """Wait for another seal of this database; it ends with its transaction."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('wavehouse audit seal', 0))")


def horizon(tx: AnyTx) -> str:
    """The oldest transaction that may still insert: every older one has ended."""
    oldest: str = tx.value("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return oldest


def is_behind(tx: AnyTx, *, sealed_below: str) -> bool:
    """True when this server's transaction ids are lower than at the last seal.

    That happens when a dump was loaded into another server.
    """
    behind: bool = tx.value(
        "SELECT pg_snapshot_xmin(pg_current_snapshot()) < %s::xid8", [sealed_below]
    )
    return behind


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """A new leaf."""

    leaf_index: int
    leaf_hash: bytes
    xact_id: str


def add_leaves(
    tx: AnyTx, *, first: int, sealed_below: str | None, below: str, at: datetime, limit: int
) -> list[NewLeaf]:
    """Add leaves for entries of ended transactions that lack one; returns them in order.

    Only entries of transactions from ``sealed_below`` on are read; None reads all of them. Entries
    of transactions from ``below`` on may have uncommitted neighbours and wait.
    """
    return tx.rows(
        NewLeaf,
        """
        WITH ready AS MATERIALIZED (
          SELECT e.audit_id, e.xact_id, audit.leaf_hash(e) AS leaf_hash
          FROM audit.audit_log e
          WHERE (%(sealed_below)s::xid8 IS NULL OR e.xact_id >= %(sealed_below)s::xid8)
            AND (e.xact_id < %(below)s::xid8
                 OR e.xact_id > pg_snapshot_xmax(pg_current_snapshot()))
            AND NOT EXISTS (SELECT FROM audit.audit_leaves l WHERE l.audit_id = e.audit_id)
          ORDER BY e.xact_id, e.audit_id
          LIMIT %(limit)s
        ), placed AS MATERIALIZED (
          SELECT %(first)s + row_number() OVER (ORDER BY xact_id, audit_id) - 1 AS leaf_index,
                 audit_id, leaf_hash, xact_id
          FROM ready
        ), added AS (
          INSERT INTO audit.audit_leaves (leaf_index, audit_id, leaf_hash, sealed_at)
          SELECT leaf_index, audit_id, leaf_hash, %(at)s FROM placed
        )
        SELECT leaf_index, leaf_hash, xact_id::text FROM placed ORDER BY leaf_index
        """,
        {"first": first, "sealed_below": sealed_below, "below": below, "at": at, "limit": limit},
    )


def insert_checkpoint(tx: AnyTx, *, checkpoint: Checkpoint, published_to: list[str]) -> None:
    """Store a signed head."""
    tx.execute(
        """
        INSERT INTO audit.audit_checkpoints
          (tree_size, root_hash, origin, key_id, signed_note, sealed_at, published_to, frontier,
           sealed_below)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::xid8)
        """,
        [
            checkpoint.tree_size,
            checkpoint.root_hash,
            checkpoint.origin,
            checkpoint.key_id,
            checkpoint.signed_note,
            checkpoint.sealed_at,
            published_to,
            checkpoint.frontier,
            checkpoint.sealed_below,
        ],
    )


def last_checkpoint(tx: AnyTx) -> Checkpoint | None:
    """The latest signed head."""
    return tx.maybe(
        Checkpoint,
        """
        SELECT tree_size, root_hash, origin, key_id, signed_note, sealed_at, frontier,
               sealed_below::text
        FROM audit.audit_checkpoints ORDER BY tree_size DESC LIMIT 1
        """,
    )


def checkpoints(tx: AnyTx, *, above: int = 0, limit: int | None = None) -> list[Checkpoint]:
    """Signed heads of trees with more than ``above`` leaves, smallest first."""
    return tx.rows(
        Checkpoint,
        """
        SELECT tree_size, root_hash, origin, key_id, signed_note, sealed_at, frontier,
               sealed_below::text
        FROM audit.audit_checkpoints WHERE tree_size > %s ORDER BY tree_size LIMIT %s
        """,
        [above, limit],
    )


def latest_checkpoints(tx: AnyTx, *, limit: int) -> list[Checkpoint]:
    """The latest signed heads, latest first."""
    return tx.rows(
        Checkpoint,
        """
        SELECT tree_size, root_hash, origin, key_id, signed_note, sealed_at, frontier,
               sealed_below::text
        FROM audit.audit_checkpoints ORDER BY tree_size DESC LIMIT %s
        """,
        [limit],
    )


def tree_size(tx: AnyTx) -> int:
    """The number of leaves, by the last one's index."""
    size: int = tx.value("SELECT coalesce(max(leaf_index) + 1, 0) FROM audit.audit_leaves")
    return size


def hashes_between(tx: AnyTx, *, first: int, stop: int) -> bytes:
    """The hashes of the leaves from ``first`` to before ``stop`` in order, 32 bytes each."""
    hashes: bytes | None = tx.value(
        """
        SELECT string_agg(leaf_hash, ''::bytea ORDER BY leaf_index) FROM audit.audit_leaves
        WHERE leaf_index >= %s AND leaf_index < %s
        """,
        [first, stop],
    )
    return hashes or b""


def leaf_index_of(tx: AnyTx, *, audit_id: UUID) -> int | None:
    """The index of an entry's leaf; None until it is sealed."""
    index: int | None = tx.value(
        "SELECT leaf_index FROM audit.audit_leaves WHERE audit_id = %s", [audit_id]
    )
    return index


def unsealed(tx: AnyTx) -> Unsealed:
    """The entries without a leaf that are newer than the last seal."""
    return tx.one(
        Unsealed,
        """
        SELECT count(*) AS entries, min(e.at) AS oldest
        FROM audit.audit_log e
        WHERE (e.xact_id >= (SELECT sealed_below FROM audit.audit_checkpoints
                             ORDER BY tree_size DESC LIMIT 1)
               OR NOT EXISTS (SELECT FROM audit.audit_checkpoints WHERE sealed_below IS NOT NULL))
          AND NOT EXISTS (SELECT FROM audit.audit_leaves l WHERE l.audit_id = e.audit_id)
        """,
    )


@dataclass(frozen=True, slots=True)
class DifferentEntry:
    """An entry that differs from its hash or its leaf."""

    audit_id: str
    leaf_index: int | None
    what: str


def different_entries(tx: AnyTx, *, limit: int) -> list[DifferentEntry]:
    """Entries that differ from their hash or leaf, leaves without an entry, and late entries.

    A late entry has no leaf although the last seal had covered its transaction. All of them in one
    pass over both tables, since the hash of every entry is computed once.
    """
    return tx.rows(
        DifferentEntry,
        """
        SELECT audit_id::text, leaf_index, what FROM (
          SELECT coalesce(e.audit_id, l.audit_id) AS audit_id, l.leaf_index, CASE
            WHEN e.audit_id IS NULL THEN 'removed'
            WHEN l.audit_id IS NULL AND e.xact_id < (
              SELECT sealed_below FROM audit.audit_checkpoints ORDER BY tree_size DESC LIMIT 1
            ) THEN 'inserted'
            WHEN e.computed <> coalesce(l.leaf_hash, e.computed) THEN 'leaf'
            WHEN e.encoding <> 1 AND e.content_hash <> e.computed THEN 'hash'
          END AS what
          FROM (
            SELECT a.audit_id, a.xact_id, a.encoding, a.content_hash,
                   audit.leaf_hash(a) AS computed
            FROM audit.audit_log a OFFSET 0
          ) e FULL JOIN audit.audit_leaves l ON l.audit_id = e.audit_id
        ) compared WHERE what IS NOT NULL ORDER BY leaf_index LIMIT %s
        """,
        [limit],
    )


def different_commitments(tx: AnyTx, *, limit: int) -> list[DifferentEntry]:
    """Personal values that do not match the commitment in their entry, or have none."""
    return tx.rows(
        DifferentEntry,
        """
        SELECT c.audit_id::text, NULL::bigint AS leaf_index, c.field AS what
        FROM audit.audit_commitments c JOIN audit.audit_log e USING (audit_id)
        WHERE e.encoding = 2 AND (
          (e.commitments ->> c.field) IS DISTINCT FROM encode(c.commitment, 'hex')
          OR (c.salt IS NOT NULL AND c.commitment <> sha256(
            int4send(length(c.salt)) || c.salt || convert_to(c.value, 'UTF8'))))
        UNION ALL
        SELECT e.audit_id::text, NULL::bigint, k.field
        FROM audit.audit_log e CROSS JOIN LATERAL jsonb_object_keys(e.commitments) AS k (field)
        WHERE e.commitments <> '{}' AND NOT EXISTS (
          SELECT FROM audit.audit_commitments c
          WHERE c.audit_id = e.audit_id AND c.field = k.field)
        LIMIT %s
        """,
        [limit],
    )


def sealed_entries(tx: AnyTx, *, size: int) -> Iterator[StoredEntry]:
    """The entries of the first ``size`` leaves in order, for an export."""
    return tx.stream(
        StoredEntry,
        """
        SELECT e.audit_id::text, e.xact_id::text, e.at,
               to_jsonb(e) ->> 'organization_id' AS organization_id, e.actor, e.action,
               e.resource_type, e.resource_id, e.subject_pseudonym::text, e.request_id, e.trace_id,
               e.metadata::text, e.commitments::text, e.encoding,
               encode(e.content_hash, 'hex') AS content_hash, l.leaf_index,
               encode(l.leaf_hash, 'hex') AS leaf_hash
        FROM audit.audit_leaves l JOIN audit.audit_log e USING (audit_id)
        WHERE l.leaf_index < %s ORDER BY l.leaf_index
        """,
        [size],
    )
