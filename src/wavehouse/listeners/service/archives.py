"""Use cases of a listener's data as a whole: carry it away, bring it in, erase it (P37, P39).

An archive is one JSON object. Bringing it in folds the same actions, so positions, what was
finished and what was removed come out the same, on this server or on another.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.queries import archives as queries
from wavehouse.listeners.queries import devices as device_queries
from wavehouse.listeners.queries import positions as position_queries
from wavehouse.listeners.queries import subscriptions as subscription_queries
from wavehouse.listeners.rules import LARGEST_BATCH
from wavehouse.listeners.service import accounts, recording, subscriptions
from wavehouse.listeners.service.chapters import Episode, find_chapters
from wavehouse.listeners.types import Caller, Described, Kind, NewAction
from wavehouse.store import Database, Listeners

VERSION = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased: rows by table, when, and a hash of both, without saying of whom."""

    erased_at: datetime
    rows: dict[str, int]
    digest: str

    def as_json(self) -> dict[str, object]:
        """The receipt as plain values."""
        return {
            "erased_at": self.erased_at.isoformat(),
            "rows": self.rows,
            "digest": self.digest,
        }


def archive(database: Database[Listeners], *, listener_id: ListenerId) -> dict[str, Any]:
    """Everything that a listener has here, but for what signs them in."""
    with database.listener(listener_id) as tx:
        found = queries.parts(tx, listener_id=listener_id)
        followed = subscription_queries.subscriptions(tx, listener_id=listener_id)
    plain = json.loads(json.dumps(found, default=_plain))
    return {"version": VERSION, "subscriptions": sorted(followed), **plain}


def bring_in(database: Database[Listeners], *, caller: Caller, told: Any) -> dict[str, int]:
    """Add an archive to what a listener has; again it changes nothing. How many of each.

    InvalidInput for what is no archive; nothing of it is taken then.
    """
    try:
        read = _read(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"this is no archive of a listener: {error}",
            hint="Make an archive.",
            command="wavehouse listeners export --email E > archive.json",
        ) from error
    at = clock.now()
    found = find_chapters(database, list(read.episodes.values()))
    named = {old: found[episode] for old, episode in read.episodes.items()}
    with database.listener(caller.listener_id) as tx:
        for device_id, name, kind in read.devices:
            device_queries.save_device(
                tx,
                listener_id=caller.listener_id,
                device_id=device_id,
                name=name,
                kind=kind,
                at=at,
            )
    subscriptions.change(database, caller=caller, device_id=None, add=read.subscriptions)
    actions = [replace(one, chapter_id=named[one.chapter_id]) for one in read.actions]
    for start in range(0, len(actions), LARGEST_BATCH):
        recording.record(database, caller=caller, actions=actions[start : start + LARGEST_BATCH])
    with database.listener(caller.listener_id) as tx:
        for chapter_id, action_id in read.removed:
            position_queries.mark_deleted(
                tx,
                listener_id=caller.listener_id,
                chapter_id=named[chapter_id],
                action_id=action_id,
                at=at,
            )
    return {
        "devices": len(read.devices),
        "subscriptions": len(read.subscriptions),
        "actions": len(actions),
    }


def erase(database: Database[Listeners], *, email: str) -> Receipt:
    """Erase a listener and everything that is theirs, at once (P37). NotFound for nobody.

    Who still has a password or a session of theirs is a stranger afterwards: nothing comes back.
    """
    with database.worker() as tx:
        listener = accounts.find(tx, email=email)
        rows = {"listeners": 1, **queries.counts(tx, listener_id=listener.listener_id)}
        queries.erase(tx, listener_id=listener.listener_id)
    at = clock.now()
    told = json.dumps([at.isoformat(), rows], sort_keys=True)
    return Receipt(at, rows, hashlib.sha256(told.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class _Archive:
    devices: list[tuple[str, str, str]]
    subscriptions: list[str]
    episodes: dict[str, Episode]
    actions: list[NewAction]
    removed: list[tuple[str, ActionId]]


def _read(told: Any) -> _Archive:
    if told["version"] != VERSION:
        raise ValueError(f"version {told['version']} is not {VERSION}")
    return _Archive(
        [(str(d["device_id"]), str(d["name"]), str(d["kind"])) for d in told["devices"]],
        [str(url) for url in told["subscriptions"]],
        {
            str(e["chapter_id"]): Episode(
                str(e["podcast_url"]),
                str(e["episode_url"]),
                e["guid"],
                Described(e["title"], e["link"], _instant(e["published_at"])),
            )
            for e in told["episodes"]
        },
        [
            NewAction(
                ActionId(UUID(a["action_id"])),
                str(a["chapter_id"]),
                Kind(a["kind"]),
                a["position_ms"],
                a["started_ms"],
                a["duration_ms"],
                _instant(a["occurred_at"]),
                None,
                a["device_id"],
                ActionId(UUID(a["seen"])) if a["seen"] else None,
            )
            for a in told["actions"]
        ],
        [(str(r["chapter_id"]), ActionId(UUID(r["action_id"]))) for r in told["removed"]],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
