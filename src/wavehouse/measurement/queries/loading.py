"""The set-based statements of a load, over rows staged in temporary tables."""

from __future__ import annotations

from wavehouse.store import BulkLoader


def insert_only_new_requests(loader: BulkLoader) -> int | None:
    """Store the staged requests if all are new; None, and rolled back, when one exists (R01).

    ON CONFLICT probes the index first and marks each row twice, which costs half as much again.
    """
    return loader.attempt(
        """
        INSERT INTO measurement.requests
          (requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end, other_ranges,
           is_prefix, network, country_code, listener_key, listener_key_prev, network_key,
           agent_id, reason, path, next_reason, flags)
        SELECT requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end,
           other_ranges::int8multirange, is_prefix = 1, network::cidr, country_code, listener_key,
           listener_key_prev, network_key, agent_id, reason, path, next_reason,
           string_to_array(flags, ',')
        FROM pg_temp.staged_requests
        """
    )


def insert_requests(loader: BulkLoader) -> int:
    """Store the staged requests that do not exist yet (R01); returns how many were new."""
    return loader.execute(
        """
        INSERT INTO measurement.requests
          (requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end, other_ranges,
           is_prefix, network, country_code, listener_key, listener_key_prev, network_key,
           agent_id, reason, path, next_reason, flags)
        SELECT requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end,
           other_ranges::int8multirange, is_prefix = 1, network::cidr, country_code, listener_key,
           listener_key_prev, network_key, agent_id, reason, path, next_reason,
           string_to_array(flags, ',')
        FROM pg_temp.staged_requests
        ON CONFLICT DO NOTHING
        """
    )


def mark_for_counting(loader: BulkLoader) -> None:
    """Mark the days that the staged batch affects, in the transaction that stores it."""
    loader.execute(
        """
        INSERT INTO measurement.count_log (batch_id, day)
        SELECT DISTINCT batch_id, (requested_at AT TIME ZONE 'UTC')::date
        FROM pg_temp.staged_requests
        """
    )


def insert_rejects(loader: BulkLoader) -> int:
    """Put the staged rejects into the quarantine; returns how many were new."""
    return loader.execute(
        """
        INSERT INTO measurement.quarantine
          (organization_id, source_file_id, line_number, byte_offset, byte_length, reason,
           excerpt, quarantined_at)
        SELECT p.organization_id, p.source_file_id, r.line_number, r.byte_offset, r.byte_length,
               r.reason, r.excerpt, p.loaded_at
        FROM pg_temp.staged_rejects r CROSS JOIN pg_temp.staged_progress p
        ON CONFLICT (source_file_id, byte_offset, reason) DO UPDATE
        SET byte_length = EXCLUDED.byte_length, excerpt = EXCLUDED.excerpt, status = 'open',
            resolved_at = NULL
        WHERE quarantine.byte_length < EXCLUDED.byte_length
        """
    )


def close_superseded(loader: BulkLoader) -> None:
    """Close the row of an unterminated last line that has now been read in full."""
    loader.execute(
        """
        UPDATE measurement.quarantine q SET status = 'replayed', resolved_at = p.loaded_at
        FROM pg_temp.staged_progress p
        WHERE q.source_file_id = p.source_file_id AND q.status = 'open'
          AND q.byte_offset >= p.bytes_from
          AND NOT EXISTS (SELECT FROM pg_temp.staged_rejects r
                          WHERE r.byte_offset = q.byte_offset AND r.reason = q.reason)
        """
    )


def replace_tail(loader: BulkLoader) -> None:
    """Delete the requests of an unterminated last line that now has other content."""
    loader.execute(
        """
        WITH removed AS (
          DELETE FROM measurement.requests r
          USING measurement.source_files f, pg_temp.staged_progress p
          WHERE f.source_file_id = p.source_file_id AND f.bytes_read = p.bytes_from
            AND r.requested_at = f.tail_at AND r.request_id = f.tail_id
            AND NOT EXISTS (
              SELECT FROM pg_temp.staged_requests s
              WHERE s.requested_at = r.requested_at AND s.request_id = r.request_id
                AND s.method = r.method AND s.status = r.status AND s.agent_id = r.agent_id
                AND s.range_start = r.range_start AND s.range_end = r.range_end
                AND s.other_ranges::int8multirange IS NOT DISTINCT FROM r.other_ranges
                AND s.enclosure_id IS NOT DISTINCT FROM r.enclosure_id
                AND s.reason IS NOT DISTINCT FROM r.reason
                AND s.path IS NOT DISTINCT FROM r.path)
          RETURNING r.requested_at
        )
        INSERT INTO measurement.count_log (batch_id, day)
        SELECT 0, (requested_at AT TIME ZONE 'UTC')::date FROM removed
        """
    )


def insert_batch(loader: BulkLoader) -> None:
    """Record the batch and its start in its file."""
    loader.execute(
        """
        INSERT INTO measurement.ingest_batches
          (batch_id, organization_id, source_file_id, first_line, lines, ingested_at)
        OVERRIDING SYSTEM VALUE
        SELECT batch_id, organization_id, source_file_id, first_line, lines, loaded_at
        FROM pg_temp.staged_progress
        """
    )


def advance_source_file(loader: BulkLoader) -> bool:
    """Advance the file's progress; False when another process moved it meanwhile.

    A line after the last line end is unterminated: it was read, and will be read again.
    """
    moved = loader.execute(
        """
        UPDATE measurement.source_files f
        SET bytes_read = p.bytes_to, lines_read = p.lines_to, last_read_at = p.loaded_at,
            tail_at = t.requested_at, tail_id = t.request_id
        FROM pg_temp.staged_progress p
        LEFT JOIN pg_temp.staged_requests t ON t.line_number = p.lines_to + 1
        WHERE f.source_file_id = p.source_file_id AND f.bytes_read = p.bytes_from
        """
    )
    return moved == 1


def lock_out_adoption(loader: BulkLoader) -> None:
    """Block matching of unknown paths until this load commits, as it would miss uncommitted rows.

    It is the first lock, so the matching waits for the load and never the other way round.
    """
    loader.execute(
        """
        DO $$ BEGIN
          PERFORM pg_advisory_xact_lock_shared(hashtextextended('measurement.adopt', 7));
        END $$
        """
    )


def look_again(loader: BulkLoader) -> None:
    """Mark that the batch was read with media files other than those used for matching paths."""
    loader.execute(
        """
        DELETE FROM measurement.adoptions a USING pg_temp.staged_progress p
        WHERE a.organization_id = p.organization_id AND a.media <> p.media
        """
    )


def forget_staged(loader: BulkLoader) -> None:
    """Empty the temporary tables for the next batch."""
    loader.execute(
        "DROP TABLE IF EXISTS pg_temp.staged_requests, pg_temp.staged_rejects, "
        "pg_temp.staged_progress"
    )
