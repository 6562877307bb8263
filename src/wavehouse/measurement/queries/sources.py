"""SQL about log files, media files, keys and the quarantine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId, SourceFileId
from wavehouse.measurement.types import (
    Figure,
    MediaFacts,
    MediaFile,
    QuarantinedRow,
    Reject,
    SourceFile,
    SourceSummary,
)
from wavehouse.store import Operational, Tx


def media_state(tx: Tx[Operational], *, organization_id: OrganizationId, lists: str) -> str:
    """The state of an organization's media files as text: counts, newest, changes, lists."""
    return str(
        tx.value(
            """
            SELECT count(*) || ' ' || coalesce(max(created_at)::text, '') || ' '
              || (SELECT count(*) FROM catalog.segments
                  WHERE organization_id = %(organization_id)s) || ' '
              || coalesce((SELECT revision FROM catalog.media_revisions
                           WHERE organization_id = %(organization_id)s), 0) || ' ' || %(lists)s
            FROM catalog.enclosures WHERE organization_id = %(organization_id)s
            """,
            {"organization_id": organization_id, "lists": lists},
        )
    )


def path_rules(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[str]:
    """An organization's rules from paths to files, newest first."""
    return tx.values(
        """
        SELECT rule FROM catalog.path_rules WHERE organization_id = %(organization_id)s
        ORDER BY created_at DESC, path_rule_id DESC
        """,
        {"organization_id": organization_id},
    )


def media_files(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[MediaFile]:
    """Every version of every media file of an organization, at each place it is served from."""
    return tx.rows(
        MediaFile,
        """
        SELECT n.enclosure_id, n.episode_id, n.podcast_id, n.organization_id, p.media_host,
               p.media_path, n.valid_from, e.publish_date AS published_at, p.start_ms,
               p.duration_ms, p.segment_bytes, o.guid, p.is_hop,
               greatest(n.created_at, n.moved_at) AS changed_at,
               n.moved_at IS NOT NULL AS has_moved,
               n.bytes AS file_bytes, n.header_bytes IS NOT NULL AS is_measured
        FROM catalog.enclosures n JOIN catalog.episodes e USING (episode_id)
        JOIN catalog.episodes o ON o.episode_id = coalesce(n.from_episode_id, n.episode_id)
        CROSS JOIN LATERAL (
          SELECT CASE WHEN lower(n.media_path) LIKE '%%.m3u8' OR n.mime_type ILIKE '%%mpegurl%%'
                   THEN 0::bigint END AS playlist_ms) AS k
        CROSS JOIN LATERAL (
          SELECT n.media_host, n.media_path, k.playlist_ms AS start_ms,
                 k.playlist_ms AS duration_ms, NULL::bigint AS segment_bytes, false AS is_hop
          UNION ALL
          SELECT s.media_host, s.media_path, s.start_ms, s.duration_ms, s.bytes, false
          FROM catalog.segments s WHERE s.enclosure_id = n.enclosure_id
          UNION ALL
          SELECT h.media_host, h.media_path, k.playlist_ms, k.playlist_ms, NULL, true
          FROM catalog.hops h WHERE h.enclosure_id = n.enclosure_id) AS p
        WHERE n.organization_id = %(organization_id)s
        ORDER BY n.valid_from, n.enclosure_id
        """,
        {"organization_id": organization_id},
    )


def media_facts(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[MediaFacts]:
    """The inputs of R26 for every version of every media file of an organization."""
    return tx.rows(
        MediaFacts,
        """
        SELECT n.enclosure_id, n.episode_id, e.title, n.bytes, n.header_bytes, n.duration_ms
        FROM catalog.enclosures n JOIN catalog.episodes e USING (episode_id)
        WHERE n.organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def key_secret(tx: Tx[Operational], *, month: date, fresh: bytes) -> bytes | None:
    """The secret of a month's listener keys, created on first use; None when it was destroyed."""
    value = tx.value(
        """
        INSERT INTO measurement.key_epochs AS k (month, secret) VALUES (%(month)s, %(fresh)s)
        ON CONFLICT (month) DO UPDATE SET created_at = k.created_at
        RETURNING secret
        """,
        {"month": month, "fresh": fresh},
    )
    return None if value is None else bytes(value)


def head_lengths(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[int]:
    """The lengths of the heads by which files are identified."""
    return tx.values(
        """
        SELECT DISTINCT head_length FROM measurement.source_files
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def source_file(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    head_hashes: Sequence[bytes],
    head_lengths: Sequence[int],
) -> SourceFile | None:
    """The file with one of these heads; if there are several, the one with the longest head."""
    return tx.maybe(
        SourceFile,
        """
        SELECT f.source_file_id, f.format, f.head_hash, f.head_length, f.name, f.bytes_read,
               f.lines_read,
               f.tail_id IS NOT NULL OR EXISTS (
                 SELECT FROM measurement.quarantine q
                 WHERE q.source_file_id = f.source_file_id AND q.status = 'open'
                   AND q.byte_offset >= f.bytes_read) AS unfinished,
               f.template
        FROM measurement.source_files f
        JOIN unnest(%(hashes)s::bytea[], %(lengths)s::bigint[]) AS h (head_hash, head_length)
          ON f.head_hash = h.head_hash AND f.head_length = h.head_length
        WHERE f.organization_id = %(organization_id)s
        ORDER BY f.head_length DESC LIMIT 1
        """,
        {
            "organization_id": organization_id,
            "hashes": list(head_hashes),
            "lengths": list(head_lengths),
        },
    )


def source_file_by_id(tx: Tx[Operational], *, source_file_id: SourceFileId) -> SourceFile | None:
    """The file with this id."""
    return tx.maybe(
        SourceFile,
        """
        SELECT source_file_id, format, head_hash, head_length, name, bytes_read, lines_read,
               false AS unfinished, template
        FROM measurement.source_files WHERE source_file_id = %(source_file_id)s
        """,
        {"source_file_id": source_file_id},
    )


def change_head(tx: Tx[Operational], *, source_file_id: SourceFileId, head_hash: bytes) -> None:
    """Replace the head of a file that changed within it, unless another file has the new one."""
    tx.execute(
        """
        UPDATE measurement.source_files f SET head_hash = %(head_hash)s
        WHERE source_file_id = %(source_file_id)s AND NOT EXISTS (
          SELECT FROM measurement.source_files o
          WHERE o.organization_id = f.organization_id AND o.head_hash = %(head_hash)s
            AND o.head_length = f.head_length)
        """,
        {"source_file_id": source_file_id, "head_hash": head_hash},
    )


def register_source_file(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    format: str,  # noqa: A002 - the column's name
    template: str | None = None,
    head_hash: bytes,
    head_length: int,
    name: str,
    at: datetime,
) -> SourceFile:
    """Register a file; the same head gives the same row."""
    return tx.one(
        SourceFile,
        """
        INSERT INTO measurement.source_files
          (organization_id, format, template, head_hash, head_length, name, first_read_at,
           last_read_at)
        VALUES (%(organization_id)s, %(format)s, %(template)s, %(head_hash)s, %(head_length)s,
                %(name)s, %(at)s, %(at)s)
        ON CONFLICT (organization_id, head_hash, head_length) DO UPDATE SET name = EXCLUDED.name
        RETURNING source_file_id, format, head_hash, head_length, name, bytes_read, lines_read,
                  false AS unfinished, template
        """,
        {
            "organization_id": organization_id,
            "format": format,
            "template": template,
            "head_hash": head_hash,
            "head_length": head_length,
            "name": name,
            "at": at,
        },
    )


def rename_source_file(tx: Tx[Operational], *, source_file_id: SourceFileId, name: str) -> None:
    """Store the name under which a file was last seen."""
    tx.execute(
        """
        UPDATE measurement.source_files SET name = %(name)s
        WHERE source_file_id = %(source_file_id)s AND name <> %(name)s
        """,
        {"source_file_id": source_file_id, "name": name},
    )


def lock_source_file(tx: Tx[Operational], *, file_key: str) -> None:
    """Wait until no other process reads this file; the lock is held until the transaction ends."""
    tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 7))", {"key": f"file {file_key}"}
    )


def next_batch_id(tx: Tx[Operational]) -> int:
    """The number of a new batch."""
    return int(
        tx.value(
            """
            SELECT nextval(pg_get_serial_sequence('measurement.ingest_batches', 'batch_id'))
            """
        )
    )


def ensure_day(tx: Tx[Operational], *, day: date) -> None:
    """Create a day's partitions of the raw tables."""
    tx.execute("SELECT measurement.ensure_day(%(day)s)", {"day": day})


def insert_user_agents(tx: Tx[Operational], *, agents: Sequence[Mapping[str, object]]) -> None:
    """Store new user agents."""
    tx.execute_many(
        """
        INSERT INTO measurement.user_agents
          (agent_id, user_agent, app, kind, device_type, os, reason, list_version, first_seen_at)
        VALUES (%(agent_id)s, %(user_agent)s, %(app)s, %(kind)s, %(device_type)s, %(os)s,
                %(reason)s, %(list_version)s, %(at)s)
        ON CONFLICT (agent_id) DO NOTHING
        """,
        agents,
    )


def source_files(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[SourceSummary]:
    """Source files, most recent first; ``before`` is the last one of the previous page."""
    at, last = before or (None, None)
    return tx.rows(
        SourceSummary,
        """
        SELECT f.source_file_id, f.name, f.format, f.bytes_read, f.lines_read,
               (SELECT count(*)::integer FROM measurement.quarantine q
                WHERE q.source_file_id = f.source_file_id AND q.status = 'open') AS waiting,
               f.first_read_at, f.last_read_at
        FROM measurement.source_files f
        WHERE f.organization_id = %(organization_id)s
          AND (%(at)s::timestamptz IS NULL
               OR (f.last_read_at, f.source_file_id) < (%(at)s, %(id)s::uuid))
        ORDER BY f.last_read_at DESC, f.source_file_id DESC LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "at": at,
            "id": last,
            "limit": limit,
        },
    )


def faults(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[tuple[str, int]]:
    """Rows in the quarantine, by reason, most frequent first."""
    return [
        (row.member, row.downloads)
        for row in tx.rows(
            Figure,
            """
            SELECT reason AS member, count(*)::integer AS downloads FROM measurement.quarantine
            WHERE organization_id = %(organization_id)s AND status = 'open'
            GROUP BY reason ORDER BY downloads DESC, reason
            """,
            {"organization_id": organization_id},
        )
    ]


def quarantine(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    source_file_id: SourceFileId,
    reject: Reject,
    at: datetime,
) -> int:
    """Quarantine a row; 0 when it is already there."""
    return tx.execute(
        """
        INSERT INTO measurement.quarantine
          (organization_id, source_file_id, line_number, byte_offset, byte_length, reason,
           excerpt, quarantined_at)
        VALUES (%(organization_id)s, %(source_file_id)s, %(line_number)s, %(byte_offset)s,
                %(byte_length)s, %(reason)s, %(excerpt)s, %(at)s)
        ON CONFLICT (source_file_id, byte_offset, reason) DO NOTHING
        """,
        {
            "organization_id": organization_id,
            "source_file_id": source_file_id,
            "line_number": reject.line_number,
            "byte_offset": reject.byte_offset,
            "byte_length": reject.byte_length,
            "reason": reject.fault,
            "excerpt": reject.excerpt,
            "at": at,
        },
    )


def close_broken_streams(
    tx: Tx[Operational], *, source_file_id: SourceFileId, at: datetime
) -> None:
    """Close the rows of a gzip stream that broke off and has now been read to its end."""
    tx.execute(
        """
        UPDATE measurement.quarantine SET status = 'replayed', resolved_at = %(at)s
        WHERE source_file_id = %(source_file_id)s AND status = 'open'
          AND reason IN ('gzip_truncated', 'gzip_corrupt')
        """,
        {"source_file_id": source_file_id, "at": at},
    )


def quarantined(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    limit: int,
    after: tuple[datetime, str, int, UUID] | None = None,
) -> list[QuarantinedRow]:
    """Rows in the quarantine, oldest first; ``after`` is the last one of the previous page."""
    return tx.rows(
        QuarantinedRow,
        """
        SELECT q.quarantine_id, q.source_file_id, f.name AS file, f.format, q.line_number,
               q.byte_offset, q.byte_length, q.reason, q.excerpt, q.quarantined_at
        FROM measurement.quarantine q JOIN measurement.source_files f USING (source_file_id)
        WHERE q.organization_id = %(organization_id)s AND q.status = 'open'
          AND (%(at)s::timestamptz IS NULL OR (q.quarantined_at, f.name, q.line_number,
               q.quarantine_id) > (%(at)s, %(file)s::text, %(line)s::bigint, %(id)s::uuid))
        ORDER BY q.quarantined_at, f.name, q.line_number, q.quarantine_id LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "at": after[0] if after else None,
            "file": after[1] if after else None,
            "line": after[2] if after else None,
            "id": after[3] if after else None,
            "limit": limit,
        },
    )


def open_quarantined(
    tx: Tx[Operational], *, organization_id: OrganizationId, ids: Collection[UUID]
) -> set[UUID]:
    """Which of these rows are open in the organization's quarantine."""
    return set(
        tx.values(
            """
            SELECT quarantine_id FROM measurement.quarantine
            WHERE organization_id = %(organization_id)s AND status = 'open'
              AND quarantine_id = ANY(%(ids)s::uuid[])
            """,
            {"organization_id": organization_id, "ids": list(ids)},
        )
    )


def quarantined_by_offset(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    ids: Collection[UUID] | None,
    after: tuple[str, UUID, int, UUID] | None,
    limit: int,
) -> list[QuarantinedRow]:
    """Open rows, or those with these ids, by file and offset, without their excerpts.

    ``after`` is the file, source, offset and id of the previous page's last row.
    """
    name, source, offset, last = after or (None, None, None, None)
    return tx.rows(
        QuarantinedRow,
        """
        SELECT q.quarantine_id, q.source_file_id, f.name AS file, f.format, q.line_number,
               q.byte_offset, q.byte_length, q.reason, '' AS excerpt, q.quarantined_at
        FROM measurement.quarantine q JOIN measurement.source_files f USING (source_file_id)
        WHERE q.organization_id = %(organization_id)s AND q.status = 'open'
          AND (%(ids)s::uuid[] IS NULL OR q.quarantine_id = ANY(%(ids)s::uuid[]))
          AND (%(file)s::text IS NULL
               OR (f.name, q.source_file_id, q.byte_offset, q.quarantine_id)
                  > (%(file)s, %(source)s::uuid, %(offset)s::bigint, %(id)s::uuid))
        ORDER BY f.name, q.source_file_id, q.byte_offset, q.quarantine_id LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "ids": None if ids is None else list(ids),
            "file": name,
            "source": source,
            "offset": offset,
            "id": last,
            "limit": limit,
        },
    )


def resolve_quarantined(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    ids: Collection[UUID] | None,
    status: str,
    at: datetime,
) -> int:
    """Close open quarantine rows, all or these: replayed or discarded."""
    return tx.execute(
        """
        UPDATE measurement.quarantine SET status = %(status)s, resolved_at = %(at)s
        WHERE organization_id = %(organization_id)s AND status = 'open'
          AND (%(ids)s::uuid[] IS NULL OR quarantine_id = ANY(%(ids)s::uuid[]))
        """,
        {
            "organization_id": organization_id,
            "ids": None if ids is None else list(ids),
            "status": status,
            "at": at,
        },
    )
