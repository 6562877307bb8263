"""The set-based statements of a load, over what was staged in temporary tables."""

from __future__ import annotations

from wavehouse.store import BulkLoader


def insert_only_new_requests(loader: BulkLoader) -> int | None:
    """Store the staged requests if none is there yet; None, and rolled back, when one is (R01).

    ON CONFLICT looks into the index first and marks each row twice, for half as much again.
    """
    return loader.attempt(
        """
        INSERT INTO measurement.requests
          (requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end, other_ranges,
           is_prefix, network, country_code, listener_key, listener_key_prev, network_key,
           agent_id, reason, path)
        SELECT requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end,
           other_ranges::int8multirange, is_prefix = 1, network::cidr, country_code, listener_key,
           listener_key_prev, network_key, agent_id, reason, path
        FROM pg_temp.staged_requests
        """
    )


def insert_requests(loader: BulkLoader) -> int:
    """Store the staged requests that are not there yet (R01); how many were new."""
    return loader.execute(
        """
        INSERT INTO measurement.requests
          (requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end, other_ranges,
           is_prefix, network, country_code, listener_key, listener_key_prev, network_key,
           agent_id, reason, path)
        SELECT requested_at, request_id, organization_id, batch_id, line_number, podcast_id,
           episode_id, enclosure_id, method, status, range_start, range_end,
           other_ranges::int8multirange, is_prefix = 1, network::cidr, country_code, listener_key,
           listener_key_prev, network_key, agent_id, reason, path
        FROM pg_temp.staged_requests
        ON CONFLICT DO NOTHING
        """
    )


def mark_for_counting(loader: BulkLoader) -> None:
    """Note which days the staged batch touched, in the transaction that stores it."""
    loader.execute(
        """
        INSERT INTO measurement.count_log (batch_id, day)
        SELECT DISTINCT batch_id, (requested_at AT TIME ZONE 'UTC')::date
        FROM pg_temp.staged_requests
        """
    )


def insert_rejects(loader: BulkLoader) -> int:
    """Put the staged rejects into the quarantine; how many were new."""
    return loader.execute(
        """
        INSERT INTO measurement.quarantine
          (organization_id, source_file_id, line_number, byte_offset, byte_length, reason,
           excerpt, quarantined_at)
        SELECT p.organization_id, p.source_file_id, r.line_number, r.byte_offset, r.byte_length,
               r.reason, r.excerpt, p.loaded_at
        FROM pg_temp.staged_rejects r CROSS JOIN pg_temp.staged_progress p
        ON CONFLICT (source_file_id, byte_offset, reason) DO NOTHING
        """
    )


def insert_batch(loader: BulkLoader) -> None:
    """Record the batch and where in its file it begins."""
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
    """Move the file's progress on; False when someone else moved it meanwhile."""
    moved = loader.execute(
        """
        UPDATE measurement.source_files f
        SET bytes_read = p.bytes_to, lines_read = p.lines_to, last_read_at = p.loaded_at
        FROM pg_temp.staged_progress p
        WHERE f.source_file_id = p.source_file_id AND f.bytes_read = p.bytes_from
        """
    )
    return moved == 1


def forget_staged(loader: BulkLoader) -> None:
    """Empty the temporary tables for the next batch."""
    loader.execute(
        "DROP TABLE IF EXISTS pg_temp.staged_requests, pg_temp.staged_rejects, "
        "pg_temp.staged_progress"
    )
