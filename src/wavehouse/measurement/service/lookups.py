"""Data that normalising needs: lists, media files, the months' secrets."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal, cast

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.addresses import trusted_of
from wavehouse.kernel.config import Settings
from wavehouse.kernel.reference import (
    agent_devices,
    agent_patterns,
    countries,
    networks,
    own_lists,
    path_rules,
    preloaders,
    versions,
)
from wavehouse.measurement.adapters.engine import Bounds, Lookups
from wavehouse.measurement.queries import inclusions, sources
from wavehouse.measurement.rules.agents import AgentRules
from wavehouse.measurement.rules.inclusions import included_until
from wavehouse.measurement.rules.media import MediaIndex
from wavehouse.measurement.types import MediaFile
from wavehouse.store import Database, Operational

Version = Literal[4, 6]
OWN_NAMES = {
    "tracking_prefixes": "own_prefixes",
    "client_parameters": "own_parameters",
    "path_rules": "own_paths",
}


def list_version() -> str:
    """The versions of the lists that classify requests, as one text (R52)."""
    known = versions()
    return " ".join(f"{name}:{known[name]}" for name in sorted(known))


def bounds(settings: Settings, *, complete: datetime | None) -> Bounds:
    """Accepted times: from the raw retention to one hour ahead.

    ``complete`` is the instant from which partitions are complete, once retention has dropped any.
    It alone decides then: a day before it accepts no lines, whatever the setting is now, as they
    would be counted without those of the sealed day; a day after it does, also one that was
    reopened and is older than the setting.
    """
    now = clock.now()
    oldest = now - settings["raw_retention_days"] * clock.DAY
    return Bounds(oldest if complete is None else complete, now + clock.HOUR)


def lookups(
    operational: Database[Operational], settings: Settings, *, identity: Identity
) -> Lookups:
    """All functions that the engine calls for distinct values."""
    own_lists.refresh()
    organization_id = identity.organization_id
    with operational.worker(snapshot=True) as tx:
        media_state = sources.media_state(tx, organization_id=organization_id, lists=place_lists())
        media = media_index(
            sources.media_files(tx, organization_id=organization_id),
            sources.path_rules(tx, organization_id=organization_id),
        )
        included = inclusions.inclusions(tx, organization_id=organization_id)
    return replace(
        lists(settings),
        media=media,
        media_state=media_state,
        secret_of=_secrets(operational),
        included_until=included_until((e.network, e.expires_at) for e in included),
    )


def media_index(files: Sequence[MediaFile], own_rules: Sequence[str]) -> MediaIndex:
    """The media files of an organization, with its path rules."""
    return MediaIndex(files, path_rules(own_rules))


def place_lists() -> str:
    """The versions of the lists that determine which file an address means."""
    known = versions()
    names = ("tracking_prefixes", "client_parameters", "path_rules")
    return " ".join(known.get(name, "") for n in names for name in (n, OWN_NAMES[n])).strip()


def lists(settings: Settings) -> Lookups:
    """Data from the lists and settings alone, without databases or media files."""
    country_file = settings["country_database"]
    country_list = countries(Path(country_file) if country_file else None)
    preload_list = preloaders(*(Path(name) for name in settings["preloaders"]))
    network_list = networks(*(Path(name) for name in settings["network_lists"]))
    return Lookups(
        media=MediaIndex([]),
        media_state="",
        agents=AgentRules(agent_patterns(), agent_devices(), preload_list),
        country=lambda ip, version: country_list.lookup(ip, cast("Version", version)),
        network_class=lambda ip, version: network_list.classify(ip, cast("Version", version)),
        trusted=trusted_of(settings),
        secret_of=lambda _: None,
        stand_in=secrets.token_bytes(32),
        included_until=lambda _, __: None,
        preloaders=preload_list,
    )


def _secrets(operational: Database[Operational]) -> Callable[[date], bytes | None]:
    known: dict[date, bytes | None] = {}

    def secret_of(month: date) -> bytes | None:
        if month not in known:
            with operational.worker() as tx:
                known[month] = sources.key_secret(tx, month=month, fresh=secrets.token_bytes(32))
        return known[month]

    return secret_of
