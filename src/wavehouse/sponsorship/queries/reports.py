"""SQL of reports, and of the episodes they read from the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import EpisodeId, OrganizationId, PodcastId, ReportId, UserId
from wavehouse.sponsorship.types import ListedReport, ReportData, ReportType
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode as named in a report."""

    episode_id: EpisodeId
    number: Decimal | None
    title: str
    released: date
    is_named: bool


def carrying_episodes(
    tx: Tx[Operational], *, podcast_id: PodcastId, episode_ids: Sequence[EpisodeId] | None
) -> list[EpisodeRow]:
    """The named episodes, or all episodes of the show, newest first, with UTC release days."""
    return tx.rows(
        EpisodeRow,
        """
        SELECT episode_id, number, title, (publish_date AT TIME ZONE 'UTC')::date AS released,
               %(episode_ids)s::uuid[] IS NOT NULL AS is_named
        FROM catalog.episodes
        WHERE podcast_id = %(podcast_id)s
          AND (%(episode_ids)s::uuid[] IS NULL OR episode_id = ANY(%(episode_ids)s::uuid[]))
        ORDER BY publish_date DESC, episode_id
        """,
        {
            "podcast_id": podcast_id,
            "episode_ids": None if episode_ids is None else list(episode_ids),
        },
    )


def insert_report(
    tx: Tx[Operational],
    *,
    report_id: ReportId,
    organization_id: OrganizationId,
    user_id: UserId,
    data: ReportData,
    format_: str,
    file_url: str,
    file_size: int,
    content_hash: bytes,
    rule_versions: dict[str, str],
) -> None:
    """Record an issued report: its content, its file, and its inputs."""
    tx.execute(
        """
        INSERT INTO sponsorship.reports
          (report_id, organization_id, user_id, campaign_id, template_id, report_type, format,
           file_url, file_size_bytes, includes_roi, includes_attribution, date_range_start,
           date_range_end, generated_at, content_hash, data_as_of, rule_versions, metadata)
        VALUES (%(report_id)s, %(organization_id)s, %(user_id)s, %(campaign_id)s, %(template_id)s,
                %(report_type)s, %(format)s, %(file_url)s, %(file_size)s, %(has_roi)s,
                %(has_attribution)s,
                %(first)s, %(last)s, %(generated_at)s, %(content_hash)s, %(data_as_of)s,
                %(rule_versions)s, %(metadata)s)
        """,
        {
            "report_id": report_id,
            "organization_id": organization_id,
            "user_id": user_id,
            "campaign_id": data.campaign_id,
            "template_id": data.template_id,
            "report_type": data.report_type.value,
            "format": "excel" if format_ == "xlsx" else format_,
            "has_roi": data.report_type is not ReportType.PERFORMANCE,
            "has_attribution": data.report_type is not ReportType.PERFORMANCE,
            "file_url": file_url,
            "file_size": file_size,
            "first": data.first_day,
            "last": data.last_day,
            "generated_at": data.generated_at,
            "content_hash": content_hash,
            "data_as_of": data.data_as_of,
            "rule_versions": Jsonb(rule_versions),
            "metadata": Jsonb({"number": data.number}),
        },
    )


def reports(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    before: tuple[datetime, UUID] | None = None,
    report_id: UUID | None = None,
    limit: int = 1,
) -> list[ListedReport]:
    """Reports, latest first, or the one with an id."""
    at, last = before or (None, None)
    return tx.rows(
        ListedReport,
        """
        SELECT r.report_id, r.metadata ->> 'number' AS number, r.campaign_id, c.name AS campaign,
               s.name AS sponsor, r.report_type, r.format, r.date_range_start AS first_day,
               r.date_range_end AS last_day, r.generated_at, r.data_as_of, r.file_url,
               r.file_size_bytes AS file_size, encode(r.content_hash, 'hex') AS sha256,
               r.rule_versions
        FROM sponsorship.reports r
          JOIN sponsorship.campaigns c USING (campaign_id)
          JOIN sponsorship.sponsors s USING (sponsor_id)
        WHERE r.organization_id = %(organization_id)s
          AND (%(report_id)s::uuid IS NULL OR r.report_id = %(report_id)s)
          AND (%(at)s::timestamptz IS NULL
               OR (r.generated_at, r.report_id) < (%(at)s, %(id)s::uuid))
        ORDER BY r.generated_at DESC, r.report_id DESC LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "report_id": report_id,
            "at": at,
            "id": last,
            "limit": limit,
        },
    )


def report_urls(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[str]:
    """The addresses of the files of all reports of an organization."""
    rows = tx.tuples(
        """
        SELECT file_url FROM sponsorship.reports
        WHERE organization_id = %(organization_id)s AND file_url IS NOT NULL
        """,
        {"organization_id": organization_id},
    )
    return [str(row[0]) for row in rows]


def recorded_ids(tx: Tx[Operational], *, report_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these reports are recorded for any organization; as a worker."""
    rows = tx.tuples(
        "SELECT report_id FROM sponsorship.reports WHERE report_id = ANY(%(ids)s::uuid[])",
        {"ids": list(report_ids)},
    )
    return {row[0] for row in rows}
