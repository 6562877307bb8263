"""SQL of reports, and of the episodes they read from the catalog below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import EpisodeId, OrganizationId, ReportId, UserId
from wavehouse.sponsorship.types import ReportData, ReportType
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode as a report names it."""

    episode_id: EpisodeId
    number: Decimal | None
    title: str
    released: date


def carrying_episodes(tx: Tx[Operational], *, episode_ids: Sequence[EpisodeId]) -> list[EpisodeRow]:
    """Episodes by id, the newest first; released on a UTC day."""
    return tx.rows(
        EpisodeRow,
        """
        SELECT episode_id, number, title, (publish_date AT TIME ZONE 'UTC')::date AS released
        FROM catalog.episodes WHERE episode_id = ANY(%(episode_ids)s::uuid[])
        ORDER BY publish_date DESC, episode_id
        """,
        {"episode_ids": list(episode_ids)},
    )


def insert_report(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    user_id: UserId,
    data: ReportData,
    format_: str,
    file_url: str,
    file_size: int,
    content_hash: bytes,
    rule_versions: dict[str, str],
) -> ReportId:
    """Remember a report that was made: what it shows, where it lies, what it was made from."""
    return ReportId(
        tx.value(
            """
            INSERT INTO sponsorship.reports
              (organization_id, user_id, campaign_id, template_id, report_type, format, file_url,
               file_size_bytes, includes_roi, includes_attribution, date_range_start,
               date_range_end, generated_at, content_hash, data_as_of, rule_versions, metadata)
            VALUES (%(organization_id)s, %(user_id)s, %(campaign_id)s, %(template_id)s,
                    %(report_type)s, %(format)s, %(file_url)s, %(file_size)s, %(has_roi)s,
                    %(has_attribution)s,
                    %(first)s, %(last)s, %(generated_at)s, %(content_hash)s, %(data_as_of)s,
                    %(rule_versions)s, %(metadata)s)
            RETURNING report_id
            """,
            {
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
    )
