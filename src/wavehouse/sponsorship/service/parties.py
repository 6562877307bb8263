"""Use cases of sponsors and campaigns. Each uses the caller's transaction; the edge commits."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.catalog import list_podcasts
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import CampaignId, EpisodeId, PodcastId
from wavehouse.kernel.money import in_own_decimals
from wavehouse.sponsorship.adapters.campaigns_file import CampaignEntry, read_campaigns
from wavehouse.sponsorship.queries import parties as queries
from wavehouse.sponsorship.rules import checks, codes, episodes, states
from wavehouse.sponsorship.service.crediting import recredit
from wavehouse.sponsorship.types import (
    GRACE_DAYS,
    Campaign,
    CampaignCard,
    CampaignStatus,
    CodeWindow,
    ImportResult,
    NewCampaign,
    NewPlacement,
    NewSponsor,
    Sponsor,
)
from wavehouse.store import Operational, Tx


def add_sponsor(tx: Tx[Operational], *, identity: Identity, sponsor: NewSponsor) -> Sponsor:
    """Add a sponsor, or complete the one with that name."""
    saved = queries.save_sponsor(
        tx,
        organization_id=identity.organization_id,
        user_id=identity.user_id,
        sponsor=checks.checked_sponsor(sponsor),
    )
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="sponsor.saved",
        resource=("sponsor", saved.sponsor_id),
        organization_id=identity.organization_id,
    )
    return saved


def list_sponsors(tx: Tx[Operational], *, identity: Identity) -> list[Sponsor]:
    """The organization's sponsors by name."""
    return queries.sponsors(tx, organization_id=identity.organization_id)


def list_campaigns(tx: Tx[Operational], *, identity: Identity) -> list[CampaignCard]:
    """The organization's campaigns, latest flight first."""
    return queries.campaigns(tx, organization_id=identity.organization_id)


def find_campaign(tx: Tx[Operational], *, identity: Identity, wanted: str) -> CampaignCard:
    """The campaign with this id or name. NotFound for none, Conflict for several."""
    name = wanted.strip().casefold()
    cards = list_campaigns(tx, identity=identity)
    matching = [c for c in cards if str(c.campaign_id) == name or c.name.casefold() == name]
    if not matching:
        near = _nearest(name, cards)
        raise NotFound(
            f"there is no campaign {wanted!r}",
            hint=f"Did you mean {near!r}?" if near else None,
            command="wavehouse campaigns list",
        )
    if len(matching) > 1:
        raise Conflict(
            f"{len(matching)} campaigns are called {wanted!r}: use the id",
            command="wavehouse campaigns list",
        )
    return matching[0]


def _nearest(text: str, cards: Sequence[CampaignCard]) -> str | None:
    """The name of a campaign with this code, with this text in its name, or spelled alike."""
    for card in cards:
        if text in {code.casefold() for code in card.promo_codes}:
            return card.name
    names = {card.name.casefold(): card.name for card in cards}
    near = [name for name in names if text and text in name]
    near += difflib.get_close_matches(text, names, n=1)
    return names[near[0]] if near else None


def add_campaign(tx: Tx[Operational], *, identity: Identity, campaign: NewCampaign) -> CampaignCard:
    """Add one campaign with its codes, and credit earlier conversions to it."""
    campaign_id = _save(tx, identity, campaign)
    recredit(tx, identity=identity)
    return _card(tx, identity, campaign_id)


def import_campaigns(tx: Tx[Operational], *, identity: Identity, path: Path) -> ImportResult:
    """Import the campaigns of a file: all of them, or none with the reason."""
    before = {c.campaign_id: c for c in list_campaigns(tx, identity=identity)}
    saved = []
    for number, entry in enumerate(read_campaigns(path), start=1):
        try:
            saved.append(_save(tx, identity, _resolved(tx, identity, entry)))
        except (InvalidInput, Conflict) as error:
            where = f"{path}: campaign {number}"
            raise type(error)(
                error.message, where=where, hint=error.hint, command=error.command
            ) from None
    if len(set(saved)) < len(saved):
        raise InvalidInput("two campaigns of the file have the same key", where=str(path))
    after = {c.campaign_id: c for c in list_campaigns(tx, identity=identity)}
    added = sum(1 for item in saved if item not in before)
    unchanged = sum(1 for item in saved if before.get(item) == after[item])
    if unchanged < len(saved):
        recredit(tx, identity=identity)
    return ImportResult(added, len(saved) - added - unchanged, unchanged)


def find_podcast(tx: Tx[Operational], *, identity: Identity, wanted: str) -> PodcastId:
    """The show with this guid, title or id. InvalidInput when there is not exactly one."""
    organization_id = identity.organization_id
    by_guid = queries.podcast_by_guid(tx, organization_id=organization_id, guid=wanted)
    if by_guid is not None:
        return by_guid
    named = queries.podcast_by_name(tx, organization_id=organization_id, name=wanted)
    if len(named) == 1:
        return named[0]
    if named:
        raise InvalidInput(
            f"the show {wanted!r} is the title of several: use the guid",
            command="wavehouse feeds list",
        )
    titles = {each.title.casefold(): each.title for each in list_podcasts(tx, identity=identity)}
    near = difflib.get_close_matches(wanted.strip().casefold(), titles, n=1)
    raise InvalidInput(
        f"the show {wanted!r} is not registered",
        hint=f"Did you mean {titles[near[0]]!r}?" if near else None,
        command="wavehouse feeds list" if near else "wavehouse ingest feed <file or address>",
    )


def find_episodes(
    tx: Tx[Operational], *, podcast_id: PodcastId, guids: list[str]
) -> tuple[EpisodeId, ...]:
    """The episodes with these guids, numbers or titles.

    InvalidInput for the first that is unknown or ambiguous.
    """
    wanted = list(dict.fromkeys(guids))
    if not wanted:
        return ()
    known = queries.named_episodes(tx, podcast_id=podcast_id)
    return tuple(episodes.find_episode(name, known) for name in wanted)


def _resolved(tx: Tx[Operational], identity: Identity, entry: CampaignEntry) -> NewCampaign:
    """An entry of the file with the rows that its names refer to."""
    named = entry.sponsor
    podcast_id = find_podcast(tx, identity=identity, wanted=entry.podcast_guid)
    sponsor = add_sponsor(
        tx,
        identity=identity,
        sponsor=NewSponsor(named.name, named.company, named.email, named.website, named.industry),
    )
    if entry.status not in list(CampaignStatus):
        raise InvalidInput(f"the status is not one of {', '.join(CampaignStatus)}")
    if not entry.key.strip():
        raise InvalidInput("the campaign's key is empty")
    return NewCampaign(
        name=words.line(entry.name),
        sponsor_id=sponsor.sponsor_id,
        podcast_id=podcast_id,
        status=CampaignStatus(entry.status),
        start_date=entry.start_date,
        end_date=entry.end_date,
        campaign_value=entry.campaign_value,
        currency=entry.currency,
        margin=entry.margin,
        guaranteed_impressions=entry.guaranteed_impressions,
        episode_ids=find_episodes(tx, podcast_id=podcast_id, guids=entry.episode_guids),
        promo_codes=tuple(entry.promo_codes),
        attribution_config=entry.attribution_config,
        grace_days=GRACE_DAYS if entry.grace_days is None else entry.grace_days,
        key=entry.key,
        placements=_placements(tx, podcast_id, entry),
    )


def _placements(
    tx: Tx[Operational], podcast_id: PodcastId, entry: CampaignEntry
) -> tuple[NewPlacement, ...] | None:
    if entry.placements is None:
        return None
    guids = [placement.episode_guid for placement in entry.placements]
    known = dict(
        zip(
            dict.fromkeys(guids), find_episodes(tx, podcast_id=podcast_id, guids=guids), strict=True
        )
    )
    placements = tuple(
        NewPlacement(
            known[placement.episode_guid],
            placement.slot,
            placement.position,
            placement.read_type,
            placement.guaranteed_impressions,
        )
        for placement in entry.placements
    )
    checks.check_placements(placements)
    return placements


def _save(tx: Tx[Operational], identity: Identity, campaign: NewCampaign) -> CampaignId:
    """Store a campaign and assign its codes, unless a live campaign has one of them (AT05)."""
    campaign = replace(campaign, name=words.line(campaign.name))
    checks.check_campaign(campaign)
    campaign = replace(
        campaign, campaign_value=in_own_decimals(campaign.campaign_value, campaign.currency)
    )
    organization_id = identity.organization_id
    queries.lock_codes(tx, organization_id=organization_id)
    _check_state(tx, identity, campaign)
    campaign_id = queries.save_campaign(
        tx, organization_id=organization_id, user_id=identity.user_id, campaign=campaign
    )
    queries.record_state(tx, campaign_id=campaign_id, at=clock.now())
    _place(tx, identity, campaign_id, campaign)
    queries.delete_promo_codes(tx, campaign_id=campaign_id)
    windows = codes.windows(_with_id(campaign, campaign_id))
    _refuse_clash(tx, identity, windows)
    spelling = {codes.normalised(code): code.strip() for code in campaign.promo_codes}
    queries.insert_promo_codes(
        tx,
        organization_id=organization_id,
        windows=windows,
        spelling=[spelling[window.code] for window in windows],
    )
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="campaign.saved",
        resource=("campaign", campaign_id),
        organization_id=organization_id,
        metadata={"status": campaign.status.value},
    )
    return campaign_id


def check_codes(tx: Tx[Operational], *, identity: Identity, campaign_id: CampaignId) -> None:
    """Raise Conflict when another live campaign has one of a live campaign's codes (AT05)."""
    _refuse_clash(tx, identity, codes.windows(_card(tx, identity, campaign_id).campaign))


def _refuse_clash(tx: Tx[Operational], identity: Identity, windows: Sequence[CodeWindow]) -> None:
    known = queries.code_windows(tx, organization_id=identity.organization_id)
    taken = codes.clash(windows, known)
    if taken is not None:
        other = _card(tx, identity, taken.campaign_id)
        raise Conflict(
            f"the promo code {taken.code!r} belongs to {other.name!r} until {taken.last_day}",
            hint="Choose another code, or dates that do not overlap.",
        )


def _check_state(tx: Tx[Operational], identity: Identity, campaign: NewCampaign) -> None:
    """An import changes a campaign's state only by the allowed transitions."""
    if campaign.key is None:
        return
    known = queries.campaign_key_of(tx, organization_id=identity.organization_id, key=campaign.key)
    if known is not None:
        now = queries.campaign_status(tx, campaign_id=known)
        states.check_transition(campaign.name, now, campaign.status)


def _place(
    tx: Tx[Operational], identity: Identity, campaign_id: CampaignId, campaign: NewCampaign
) -> None:
    """Update a campaign's placements to the given ones."""
    wanted = campaign.placements
    if wanted is None:
        placed = {p.episode_id for p in queries.placements(tx, campaign_id=campaign_id)}
        wanted = tuple(
            NewPlacement(episode_id)
            for episode_id in campaign.episode_ids
            if episode_id not in placed
        )
        episode_ids = campaign.episode_ids
    else:
        episode_ids = tuple(item.episode_id for item in wanted)
    queries.keep_placements(tx, campaign_id=campaign_id, episode_ids=episode_ids)
    queries.save_placements(
        tx, organization_id=identity.organization_id, campaign_id=campaign_id, wanted=wanted
    )


def _with_id(campaign: NewCampaign, campaign_id: CampaignId) -> Campaign:
    return Campaign(
        campaign_id=campaign_id,
        sponsor_id=campaign.sponsor_id,
        podcast_id=campaign.podcast_id,
        name=campaign.name,
        status=campaign.status,
        start_date=campaign.start_date,
        end_date=campaign.end_date,
        campaign_value=campaign.campaign_value,
        currency=campaign.currency,
        margin=campaign.margin,
        guaranteed_impressions=campaign.guaranteed_impressions,
        episode_ids=campaign.episode_ids,
        promo_codes=campaign.promo_codes,
        grace_days=campaign.grace_days,
    )


def _card(tx: Tx[Operational], identity: Identity, campaign_id: UUID) -> CampaignCard:
    cards = list_campaigns(tx, identity=identity)
    return next(card for card in cards if card.campaign_id == campaign_id)
