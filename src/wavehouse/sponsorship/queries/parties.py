"""SQL of sponsors, campaigns and promo codes; reads shows and episodes of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import CampaignId, EpisodeId, OrganizationId, PodcastId, SponsorId, UserId
from wavehouse.sponsorship.types import (
    CampaignCard,
    CampaignStatus,
    CodeWindow,
    EpisodeName,
    Flight,
    NewCampaign,
    NewPlacement,
    NewSponsor,
    Placement,
    Sponsor,
    StateChange,
)
from wavehouse.store import Operational, Tx


def save_sponsor(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, sponsor: NewSponsor
) -> Sponsor:
    """Add a sponsor, or complete the one with that name with newly known data."""
    return tx.one(
        Sponsor,
        """
        INSERT INTO sponsorship.sponsors AS s
          (organization_id, user_id, name, company, email, website, industry)
        VALUES (%(organization_id)s, %(user_id)s, %(name)s, %(company)s, %(email)s, %(website)s,
                %(industry)s)
        ON CONFLICT (organization_id, lower(name)) DO UPDATE SET
          company = coalesce(excluded.company, s.company),
          email = coalesce(excluded.email, s.email),
          website = coalesce(excluded.website, s.website),
          industry = coalesce(excluded.industry, s.industry)
        RETURNING sponsor_id, name, company, email, website, industry
        """,
        {
            "organization_id": organization_id,
            "user_id": user_id,
            "name": sponsor.name,
            "company": sponsor.company,
            "email": sponsor.email,
            "website": sponsor.website,
            "industry": sponsor.industry,
        },
    )


def sponsors(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Sponsor]:
    """An organization's sponsors by name."""
    return tx.rows(
        Sponsor,
        """
        SELECT sponsor_id, name, company, email, website, industry
        FROM sponsorship.sponsors WHERE organization_id = %(organization_id)s
        ORDER BY lower(name), sponsor_id
        """,
        {"organization_id": organization_id},
    )


def sponsor(tx: Tx[Operational], *, sponsor_id: SponsorId) -> Sponsor:
    """One sponsor."""
    return tx.one(
        Sponsor,
        """
        SELECT sponsor_id, name, company, email, website, industry
        FROM sponsorship.sponsors WHERE sponsor_id = %(sponsor_id)s
        """,
        {"sponsor_id": sponsor_id},
    )


def save_campaign(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, campaign: NewCampaign
) -> CampaignId:
    """Add a campaign, or update the one with the same import key."""
    value = tx.value(
        """
        INSERT INTO sponsorship.campaigns
          (organization_id, user_id, podcast_id, sponsor_id, name, status, start_date, end_date,
           campaign_value, currency, margin, guaranteed_impressions, episode_ids,
           attribution_config, metadata)
        VALUES (%(organization_id)s, %(user_id)s, %(podcast_id)s, %(sponsor_id)s, %(name)s,
                %(status)s, %(start_date)s, %(end_date)s, %(campaign_value)s, %(currency)s,
                %(margin)s, %(guaranteed)s, %(episode_ids)s, %(config)s, %(metadata)s)
        ON CONFLICT (organization_id, (metadata ->> 'key')) WHERE metadata ? 'key' DO UPDATE SET
          podcast_id = excluded.podcast_id, sponsor_id = excluded.sponsor_id,
          name = excluded.name, status = excluded.status,
          start_date = excluded.start_date, end_date = excluded.end_date,
          campaign_value = excluded.campaign_value, currency = excluded.currency,
          margin = excluded.margin, guaranteed_impressions = excluded.guaranteed_impressions,
          attribution_config = excluded.attribution_config
        RETURNING campaign_id
        """,
        {
            "organization_id": organization_id,
            "user_id": user_id,
            "podcast_id": campaign.podcast_id,
            "sponsor_id": campaign.sponsor_id,
            "name": campaign.name,
            "status": campaign.status.value,
            "start_date": campaign.start_date,
            "end_date": campaign.end_date,
            "campaign_value": campaign.campaign_value,
            "currency": campaign.currency,
            "margin": campaign.margin,
            "guaranteed": campaign.guaranteed_impressions,
            "episode_ids": list(campaign.episode_ids),
            "config": Jsonb({**campaign.attribution_config, "grace_days": campaign.grace_days}),
            "metadata": Jsonb({"key": campaign.key} if campaign.key else {}),
        },
    )
    return CampaignId(value)


def campaign_status(tx: Tx[Operational], *, campaign_id: CampaignId) -> CampaignStatus:
    """A campaign's state, its row locked until the transaction ends."""
    return CampaignStatus(
        tx.value(
            """
            SELECT status FROM sponsorship.campaigns WHERE campaign_id = %(id)s FOR UPDATE
            """,
            {"id": campaign_id},
        )
    )


def set_status(tx: Tx[Operational], *, campaign_id: CampaignId, status: CampaignStatus) -> None:
    """Set a campaign's state."""
    tx.execute(
        "UPDATE sponsorship.campaigns SET status = %(status)s WHERE campaign_id = %(id)s",
        {"id": campaign_id, "status": status.value},
    )


def record_state(tx: Tx[Operational], *, campaign_id: CampaignId, at: datetime) -> int:
    """Add a campaign's state to its history, unless it equals the last one."""
    return tx.execute(
        """
        INSERT INTO sponsorship.campaign_states (campaign_id, organization_id, at, status)
        SELECT c.campaign_id, c.organization_id, %(at)s, c.status
        FROM sponsorship.campaigns c
        WHERE c.campaign_id = %(campaign_id)s AND c.status IS DISTINCT FROM (
          SELECT s.status FROM sponsorship.campaign_states s
          WHERE s.campaign_id = c.campaign_id ORDER BY s.at DESC LIMIT 1)
        ON CONFLICT (campaign_id, at) DO UPDATE SET status = excluded.status
        """,
        {"campaign_id": campaign_id, "at": at},
    )


def campaign_states(tx: Tx[Operational], *, campaign_id: CampaignId) -> list[StateChange]:
    """The states of a campaign in time order."""
    return tx.rows(
        StateChange,
        """
        SELECT at, status FROM sponsorship.campaign_states
        WHERE campaign_id = %(campaign_id)s ORDER BY at
        """,
        {"campaign_id": campaign_id},
    )


def placements(tx: Tx[Operational], *, campaign_id: CampaignId) -> list[Placement]:
    """A campaign's placements, newest episode first."""
    return tx.rows(
        Placement,
        """
        SELECT p.placement_id, p.campaign_id, p.episode_id, e.guid AS episode_guid,
               e.title AS episode, p.slot, p.position, p.read_type, p.guaranteed_impressions
        FROM sponsorship.campaign_placements p JOIN catalog.episodes e USING (episode_id)
        WHERE p.campaign_id = %(campaign_id)s
        ORDER BY e.publish_date DESC, p.episode_id, p.slot
        """,
        {"campaign_id": campaign_id},
    )


def save_placements(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    campaign_id: CampaignId,
    wanted: Sequence[NewPlacement],
) -> int:
    """Add placements, or update those in the same slot; returns how many changed."""
    return tx.execute(
        """
        INSERT INTO sponsorship.campaign_placements AS p
          (organization_id, campaign_id, episode_id, slot, position, read_type,
           guaranteed_impressions)
        SELECT %(organization_id)s, %(campaign_id)s, t.episode_id, t.slot, t.position, t.read_type,
               t.guaranteed
        FROM unnest(%(episodes)s::uuid[], %(slots)s::integer[], %(positions)s::text[],
                    %(reads)s::text[], %(guaranteed)s::bigint[])
          AS t (episode_id, slot, position, read_type, guaranteed)
        ON CONFLICT (campaign_id, episode_id, slot) DO UPDATE SET
          position = excluded.position, read_type = excluded.read_type,
          guaranteed_impressions = excluded.guaranteed_impressions
        WHERE (p.position, p.read_type, p.guaranteed_impressions) IS DISTINCT FROM
          (excluded.position, excluded.read_type, excluded.guaranteed_impressions)
        """,
        {
            "organization_id": organization_id,
            "campaign_id": campaign_id,
            "episodes": [w.episode_id for w in wanted],
            "slots": [w.slot for w in wanted],
            "positions": [w.position.value for w in wanted],
            "reads": [w.read_type.value for w in wanted],
            "guaranteed": [w.guaranteed_impressions for w in wanted],
        },
    )


def keep_placements(
    tx: Tx[Operational], *, campaign_id: CampaignId, episode_ids: Sequence[EpisodeId]
) -> int:
    """Remove a campaign's placements in episodes other than these."""
    return tx.execute(
        """
        DELETE FROM sponsorship.campaign_placements
        WHERE campaign_id = %(campaign_id)s AND episode_id <> ALL(%(episode_ids)s::uuid[])
        """,
        {"campaign_id": campaign_id, "episode_ids": list(episode_ids)},
    )


def delete_placement(tx: Tx[Operational], *, placement_id: UUID) -> CampaignId | None:
    """Remove a placement; returns its campaign, or None when there is no such placement."""
    value = tx.value(
        """
        DELETE FROM sponsorship.campaign_placements WHERE placement_id = %(id)s
        RETURNING campaign_id
        """,
        {"id": placement_id},
    )
    return None if value is None else CampaignId(value)


def lock_codes(tx: Tx[Operational], *, organization_id: OrganizationId) -> None:
    """Assign codes in one transaction at a time, as two could both find a code free."""
    tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('sponsorship.codes ' || %(id)s, 0))",
        {"id": str(organization_id)},
    )


def delete_promo_codes(tx: Tx[Operational], *, campaign_id: CampaignId) -> int:
    """Remove a campaign's codes, to be assigned again."""
    return tx.execute(
        "DELETE FROM sponsorship.promo_codes WHERE campaign_id = %(campaign_id)s",
        {"campaign_id": campaign_id},
    )


def insert_promo_codes(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    windows: list[CodeWindow],
    spelling: list[str],
) -> int:
    """Assign codes to a campaign, each with the days on which it is credited."""
    return tx.execute(
        """
        INSERT INTO sponsorship.promo_codes
          (organization_id, campaign_id, code, code_normalised, valid_from, valid_to)
        SELECT %(organization_id)s, t.campaign_id, t.code, t.code_normalised, t.valid_from,
               t.valid_to
        FROM unnest(%(campaigns)s::uuid[], %(codes)s::text[], %(normalised)s::text[],
                    %(first)s::date[], %(last)s::date[])
          AS t (campaign_id, code, code_normalised, valid_from, valid_to)
        """,
        {
            "organization_id": organization_id,
            "campaigns": [w.campaign_id for w in windows],
            "codes": spelling,
            "normalised": [w.code for w in windows],
            "first": [w.first_day for w in windows],
            "last": [w.last_day for w in windows],
        },
    )


def code_windows(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[CodeWindow]:
    """Every code of an organization with its window, latest window first."""
    return tx.rows(
        CodeWindow,
        """
        SELECT p.code_normalised AS code, c.campaign_id, c.sponsor_id, p.valid_from AS first_day,
               p.valid_to AS last_day, c.currency, c.status NOT IN ('draft', 'cancelled') AS live
        FROM sponsorship.promo_codes p JOIN sponsorship.campaigns c USING (campaign_id)
        WHERE p.organization_id = %(organization_id)s
        ORDER BY p.valid_to DESC, c.campaign_id
        """,
        {"organization_id": organization_id},
    )


def flights(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Flight]:
    """The days on which signals may name each campaign, and the UTM fields of its links (AT06)."""
    return tx.rows(
        Flight,
        """
        SELECT campaign_id, sponsor_id, start_date AS first_day,
               end_date + coalesce((attribution_config ->> 'grace_days')::integer, 14) AS last_day,
               status NOT IN ('draft', 'cancelled') AS live,
               (SELECT coalesce(jsonb_object_agg(key, value), '{}')
                FROM jsonb_each_text(attribution_config)
                WHERE key LIKE 'utm%%' AND value <> '') AS utm,
               least(60, greatest(1, coalesce((attribution_config ->> 'window_days')::integer, 30)))
                 AS window_days
        FROM sponsorship.campaigns WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def campaigns(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[CampaignCard]:
    """An organization's campaigns, latest flight first."""
    return tx.rows(
        CampaignCard,
        """
        SELECT c.campaign_id, c.sponsor_id, c.podcast_id, s.name AS sponsor, p.title AS podcast,
               c.name, c.status, c.start_date, c.end_date, c.campaign_value, c.currency, c.margin,
               c.guaranteed_impressions, c.episode_ids,
               ARRAY(SELECT k.code FROM sponsorship.promo_codes k
                     WHERE k.campaign_id = c.campaign_id ORDER BY k.code) AS promo_codes,
               coalesce((c.attribution_config ->> 'grace_days')::integer, 14) AS grace_days
        FROM sponsorship.campaigns c
        JOIN sponsorship.sponsors s USING (sponsor_id)
        JOIN catalog.podcasts p ON p.podcast_id = c.podcast_id
        WHERE c.organization_id = %(organization_id)s
        ORDER BY c.start_date DESC, lower(c.name), c.campaign_id
        """,
        {"organization_id": organization_id},
    )


def campaign_key_of(
    tx: Tx[Operational], *, organization_id: OrganizationId, key: str
) -> CampaignId | None:
    """The campaign imported under a key."""
    value = tx.value(
        """
        SELECT campaign_id FROM sponsorship.campaigns
        WHERE organization_id = %(organization_id)s AND metadata ->> 'key' = %(key)s
          AND metadata ? 'key'
        """,
        {"organization_id": organization_id, "key": key},
    )
    return None if value is None else CampaignId(value)


def podcast_by_guid(
    tx: Tx[Operational], *, organization_id: OrganizationId, guid: str
) -> PodcastId | None:
    """The show with a podcast:guid."""
    value = tx.value(
        """
        SELECT podcast_id FROM catalog.podcasts
        WHERE organization_id = %(organization_id)s AND podcast_guid = %(guid)s
        """,
        {"organization_id": organization_id, "guid": guid},
    )
    return None if value is None else PodcastId(value)


def podcast_by_name(
    tx: Tx[Operational], *, organization_id: OrganizationId, name: str
) -> list[PodcastId]:
    """The shows with a title (in any case) or id."""
    values = tx.values(
        """
        SELECT podcast_id FROM catalog.podcasts
        WHERE organization_id = %(organization_id)s
          AND (lower(title) = lower(%(name)s) OR podcast_id::text = lower(%(name)s))
        """,
        {"organization_id": organization_id, "name": name},
    )
    return [PodcastId(item) for item in values]


def named_episodes(tx: Tx[Operational], *, podcast_id: PodcastId) -> list[EpisodeName]:
    """The episodes of a show with the names that people use for them, newest first."""
    return tx.rows(
        EpisodeName,
        """
        SELECT episode_id, guid, title, number FROM catalog.episodes
        WHERE podcast_id = %(podcast_id)s ORDER BY publish_date DESC, episode_id
        """,
        {"podcast_id": podcast_id},
    )
