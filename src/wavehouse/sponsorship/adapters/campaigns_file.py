"""campaigns.json: sponsors and campaigns, exported by another system or the simulator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.types import Position, ReadType

LARGEST = 16 * 1024 * 1024
VERSION = 1


class SponsorEntry(msgspec.Struct, frozen=True):
    """The sponsor of a campaign, identified by name."""

    name: str
    company: str | None = None
    email: str | None = None
    website: str | None = None
    industry: str | None = None


class PlacementEntry(msgspec.Struct, frozen=True):
    """An ad in a slot of an episode."""

    episode_guid: str
    slot: int = 0
    position: Position = Position.MID_ROLL
    read_type: ReadType = ReadType.HOST_READ
    guaranteed_impressions: int | None = None


class CampaignEntry(msgspec.Struct, frozen=True):
    """A campaign of the file; ``key`` identifies it at the next import."""

    key: str
    sponsor: SponsorEntry
    podcast_guid: str
    name: str
    status: str
    start_date: date
    end_date: date
    campaign_value: Decimal
    currency: str
    margin: Decimal = Decimal(1)
    guaranteed_impressions: int | None = None
    episode_guids: list[str] = []
    promo_codes: list[str] = []
    attribution_config: dict[str, Any] = {}
    grace_days: int | None = None
    placements: list[PlacementEntry] | None = None


class CampaignsFile(msgspec.Struct, frozen=True):
    """The whole file."""

    version: int
    campaigns: list[CampaignEntry]


def read_campaigns(path: Path) -> list[CampaignEntry]:
    """The campaigns of a file. Raises InvalidInput with the location of the error."""
    hint = 'The file must look like {"version": 1, "campaigns": [{"key": …, "sponsor": …}]}'
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInput(f"the file is larger than {LARGEST} bytes", where=str(path))
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"the file cannot be read: {error.strerror}", where=str(path), hint="Check the path."
        ) from None
    try:
        text = msgspec.json.decode(content, type=CampaignsFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the campaigns cannot be read: {error}", where=str(path), hint=hint
        ) from None
    if text.version != VERSION:
        raise InvalidInput(
            f"the file has version {text.version}, expected {VERSION}",
            where=str(path),
            hint=hint,
        )
    return text.campaigns
