"""Use cases of a listener's data as a whole: export, import, erase (P37, P39).

An archive is one JSON object. Importing it folds the same actions, so positions, finished and
removed chapters are the same, on this server or another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec import structs

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.queries import archives as queries
from wavehouse.listeners.queries import checkpoints, cursors
from wavehouse.listeners.queries import devices as device_queries
from wavehouse.listeners.queries import positions as position_queries
from wavehouse.listeners.queries import subscriptions as subscription_queries
from wavehouse.listeners.rules import LARGEST_BATCH
from wavehouse.listeners.service import chapters, folding, reading, recording, subscriptions
from wavehouse.listeners.types import Caller, Status
from wavehouse.store import Database, Listeners


def archive(database: Database[Listeners], *, listener_id: ListenerId) -> dict[str, Any]:
    """All of a listener's data except credentials."""
    with database.listener(listener_id) as tx:
        parts = queries.parts(tx, listener_id=listener_id)
        compacted = checkpoints.bases_of(tx, listener_id=listener_id)
        followed = subscription_queries.subscriptions(tx, listener_id=listener_id)
    plain = json.loads(json.dumps(parts, default=_plain))
    if compacted:
        plain["compacted"] = [
            {
                "chapter_id": chapter_id,
                "effective_at": each.at[0].isoformat(),
                "action_id": str(each.at[1]),
                "position": None
                if each.position is None
                else json.loads(json.dumps(structs.asdict(each.position), default=_plain)),
            }
            for chapter_id, each in compacted
        ]
    return {"version": reading.VERSION, "subscriptions": sorted(followed), **plain}


def bring_in(database: Database[Listeners], *, caller: Caller, document: Any) -> dict[str, int]:
    """Import an archive; repeating it changes nothing. Returns the counts.

    ``rejected`` counts actions that break a rule of positions. InvalidInput for an invalid archive,
    of which nothing is stored.
    """
    read = reading.read(document, caller.listener_id)
    at = clock.now()
    with database.listener(caller.listener_id) as tx:
        # The lock of recording, so that chapters are created only once (decision 0903).
        if not cursors.take_cursors(tx, counts={caller.listener_id: 1}, now=int(at.timestamp())):
            raise NotSignedIn("this account was deleted")
        named = chapters.bring_in(tx, archived=read.chapters)
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
    actions = [
        structs.replace(action, chapter_id=named.get(action.chapter_id, action.chapter_id))
        for action in read.actions
    ]
    rejected = 0
    for start in range(0, len(actions), LARGEST_BATCH):
        done = recording.record(
            database, caller=caller, actions=actions[start : start + LARGEST_BATCH]
        )
        rejected += sum(
            result.status is Status.REJECTED and "P13" not in result.reason
            for result in done.results
        )
    if read.compacted:
        _bring_in_bases(database, caller.listener_id, named, read)
    with database.listener(caller.listener_id) as tx:
        for chapter_id, action_id in read.removed:
            position_queries.mark_deleted(
                tx,
                listener_id=caller.listener_id,
                chapter_id=named.get(chapter_id, chapter_id),
                action_id=action_id,
                at=at,
            )
    return {
        "devices": len(read.devices),
        "subscriptions": len(read.subscriptions),
        "actions": len(actions) - rejected,
        "rejected": rejected,
    }


def _bring_in_bases(
    database: Database[Listeners],
    listener_id: ListenerId,
    named: Mapping[str, str],
    read: reading.Archive,
) -> None:
    """Store the bases of compacted chapters, and fold their actions again (RT1)."""
    with database.listener(listener_id) as tx:
        taken = cursors.take_cursors(
            tx, counts={listener_id: 1}, now=int(clock.now().timestamp())
        ).get(listener_id)
        if taken is None:
            raise NotSignedIn("this account was deleted")
        known = {device.device_id for device in device_queries.devices(tx, listener_id=listener_id)}
        resolved = chapters.Resolved()
        for chapter_id, base in read.compacted:
            chapter = (listener_id, named.get(chapter_id, chapter_id))
            position = base.position
            if position is not None and position.device_id not in known:
                position = structs.replace(position, device_id=None)
            if checkpoints.save(tx, checkpoints={chapter: replace(base, position=position)}):
                resolved.merged.add(chapter)
        if resolved.merged:
            folding.fold_again(tx, resolved=resolved, seq=taken.last)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
