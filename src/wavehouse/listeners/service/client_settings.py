"""Use cases of settings that gpodder clients store with the server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, UsageError
from wavehouse.listeners import rules
from wavehouse.listeners.queries import client_settings as queries
from wavehouse.listeners.queries.client_settings import Favourite, SettingsScope
from wavehouse.listeners.types import Caller
from wavehouse.store import Database, Listeners

_LARGEST = 64 * 1024
_NEEDS = {
    "account": (),
    "device": ("device",),
    "podcast": ("podcast",),
    "episode": ("podcast", "episode"),
}


def of(scope: str, device: str | None, podcast: str | None, episode: str | None) -> SettingsScope:
    """The scope of settings. UsageError (400) for an unknown scope or a missing name."""
    sent = {"device": device, "podcast": podcast, "episode": episode}
    if scope not in _NEEDS:
        raise UsageError(f"the scope must be one of {', '.join(_NEEDS)}")
    named = {name: sent[name] or "" for name in _NEEDS[scope]}
    for name, value in named.items():
        if not 0 < len(value) <= rules.LONGEST_ADDRESS or not words.is_plain(value):
            raise UsageError(f"missing or invalid {name}")
    if len(named.get("device", "")) > 255:
        raise UsageError("invalid device id")
    if "podcast" in named:
        named["podcast"] = rules.normalised_feed(named["podcast"]) or named["podcast"]
    text = "\n".join([scope, *(named.get(name, "") for name in sent)])
    return SettingsScope(
        scope,
        hashlib.sha256(text.encode()).digest(),
        named.get("device"),
        named.get("podcast"),
        named.get("episode"),
    )


def read(database: Database[Listeners], *, caller: Caller, of: SettingsScope) -> dict[str, Any]:
    """A listener's settings in a scope."""
    with database.listener(caller.listener_id) as tx:
        return queries.settings(tx, listener_id=caller.listener_id, of=of)


def change(
    database: Database[Listeners],
    *,
    caller: Caller,
    of: SettingsScope,
    put: Mapping[str, Any],
    remove: Sequence[str],
) -> dict[str, Any]:
    """Set and remove settings by name; returns the rest. InvalidInput when there are too many."""
    text = json.dumps([put, list(remove)])
    if len(text) > _LARGEST or "\\u0000" in text:
        raise InvalidInput(f"settings must be text of at most {_LARGEST} bytes")
    with database.listener(caller.listener_id) as tx:
        stored = queries.change_settings(
            tx, listener_id=caller.listener_id, of=of, put=put, remove=remove, at=clock.now()
        )
        if len(json.dumps(stored)) > _LARGEST:
            raise InvalidInput(f"settings must be text of at most {_LARGEST} bytes")
    return stored


def favourites(database: Database[Listeners], *, caller: Caller) -> list[Favourite]:
    """Episodes that a client marked as favourites."""
    with database.listener(caller.listener_id) as tx:
        return queries.favourites(tx, listener_id=caller.listener_id)
