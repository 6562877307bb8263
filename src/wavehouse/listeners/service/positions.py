"""Use cases of positions: changes, where to resume, removing and restoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.kernel.grouping import Grouped
from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import cursors
from wavehouse.listeners.queries import positions as queries
from wavehouse.listeners.queries.cursors import Stream
from wavehouse.listeners.service import chapters
from wavehouse.listeners.service.recording import record
from wavehouse.listeners.types import (
    Batch,
    Caller,
    Change,
    Changes,
    Condition,
    ConflictHint,
    Kind,
    NewAction,
    Resume,
    ResumePolicy,
    State,
    StoredPosition,
)
from wavehouse.store import Database, Listeners, Tx

EVERYTHING = 2**31 - 2
_NOWHERE = "there is no position in this chapter"


def changes(
    database: Database[Listeners],
    *,
    caller: Caller,
    after: int,
    limit: int = rules.PAGE,
    podcast_url: str | None = None,
    device_id: str | None = None,
    is_gpodder: bool = False,
) -> Changes:
    """Actions after a cursor; 0 or an unknown cursor is a full resync (P21, P22).

    So is a cursor from before actions that were compacted (RT1). A full resync gives the current
    state only, one action for each chapter. For gpodder apps a cursor above what this client was
    given counts as what it was given (P19b).
    """
    is_whole = podcast_url is None and device_id is None
    with database.listener(caller.listener_id) as tx:
        given = cursors.given(tx, stream=Stream.ACTIONS, sessions=[caller.session])()
        known = given.get(caller.session, cursors.IssuedCursors())
        own = None if caller.is_shared else known.own
        had = own if own is not None else after
        if is_gpodder and after > 0 and (is_whole or own is not None or known.family):
            after, had = rules.asked_after(after, own, known.family)
        now = cursors.current_cursor(tx, listener_id=caller.listener_id)
        is_lost = after < cursors.compacted(tx, listener_id=caller.listener_id)
        if after <= 0 or is_lost or after > max(now, int(clock.now().timestamp())):
            chosen = [
                change
                for change in queries.winners(
                    tx, listener_id=caller.listener_id, is_gpodder=is_gpodder
                )
                if podcast_url in (None, change.podcast_url)
                and device_id in (None, change.device_id)
            ]
            cursor, more = now or before_now(), False
        else:
            chosen = queries.changes(
                tx,
                listener_id=caller.listener_id,
                after=after,
                limit=limit + 1,
                podcast_url=podcast_url,
                device_id=device_id,
                is_gpodder=is_gpodder,
            )
            more = len(chosen) > limit
            chosen = chosen[:limit]
            # Changes committed since the counter was read are included, so the cursor covers them
            # too.
            last = chosen[-1].seq if chosen else 0
            cursor = last if more else max(now, after, last)
        if is_whole and not (had == cursor and (own is not None or cursor in known.family)):
            served = cursors.ServedCursor(caller.session, cursor, had, caller.is_shared)
            cursors.keep_served(tx, stream=Stream.ACTIONS, served=[served])
    return Changes(tuple(chosen), cursor, more)


def history(database: Database[Listeners], *, caller: Caller) -> list[Change]:
    """All recorded actions, in commit order; first the positions whose actions were compacted."""
    with database.listener(caller.listener_id) as tx:
        every = queries.changes(tx, listener_id=caller.listener_id, after=0, limit=EVERYTHING)
        logged = {each.action_id for each in every}
        current = queries.winners(tx, listener_id=caller.listener_id)
    return [each for each in current if each.action_id not in logged] + every


def before_now() -> int:
    """A cursor before every later change, for a listener who has none yet (P20).

    The first change within the current second gets that second as its cursor, and clients may ask
    with their cursor plus one.
    """
    return int(clock.now().timestamp()) - 2


def position(database: Database[Listeners], *, caller: Caller, chapter_id: str) -> StoredPosition:
    """A listener's position in a chapter. NotFound when there is none."""
    with database.listener(caller.listener_id) as tx:
        return _position(tx, caller.listener_id, chapter_id)


def _position(tx: Tx[Listeners], listener_id: ListenerId, chapter_id: str) -> StoredPosition:
    named = chapters.resolve_id(tx, listener_id=listener_id, chapter_id=chapter_id)
    positions = queries.positions(tx, listener_id=listener_id, chapter_ids=[named])
    if not positions:
        raise NotFound(_NOWHERE)
    return positions[0]


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """A chapter to resume, with the device if the request names it."""

    listener_id: ListenerId
    chapter_id: str
    device_id: str | None = None


def resumer(database: Database[Listeners]) -> Grouped[ResumeRequest, Resume | None]:
    """Answer concurrent requests in one transaction."""
    return Grouped(partial(_resume_all, database))


def _resume_all(
    database: Database[Listeners], asked: Sequence[ResumeRequest]
) -> list[Resume | None]:
    """Where to resume (P34), by the listener's preference (P8): from the start when finished (P24).

    None where there is no position. A device gets a hint when another one moved far from its
    position (P10).
    """
    with database.listener(*{asked.listener_id for asked in asked}) as tx:
        resumptions = queries.resuming(
            tx, asked=[(asked.listener_id, asked.chapter_id, asked.device_id) for asked in asked]
        )
        for index, wanted in enumerate(asked):
            if resumptions[index] is None:  # it may be the id of a merged chapter
                named = chapters.resolve_id(
                    tx, listener_id=wanted.listener_id, chapter_id=wanted.chapter_id
                )
                if named != wanted.chapter_id:
                    (resumptions[index],) = queries.resuming(
                        tx, asked=[(wanted.listener_id, named, wanted.device_id)]
                    )
    return [
        None if known is None else _resume(asked, known)
        for asked, known in zip(asked, resumptions, strict=True)
    ]


def _resume(asked: ResumeRequest, known: queries.Resuming) -> Resume:
    row, own = known.position, known.own_ms
    at, choices = rules.suggested(known.policy, row)
    hint = None
    if (
        own is not None
        and asked.device_id != row.device_id
        and rules.is_far(own, row.position_ms, row.duration_ms)
    ):
        direction = "forward" if row.position_ms > own else "backward"
        hint = ConflictHint(row.position_ms, own, direction)
    return Resume(
        at,
        rules.rewind_ms(clock.now() - row.effective_at, at),
        row.state == State.FINISHED,
        row.furthest_ms,
        row.state,
        row.version,
        row.updated_at,
        known.device_name or row.device_id,
        known.policy,
        choices,
        hint,
    )


def resume(
    database: Database[Listeners],
    *,
    caller: Caller,
    chapter_id: str,
    device_id: str | None = None,
) -> Resume:
    """The position at which one listener resumes. NotFound when there is none."""
    (resume,) = _resume_all(database, [ResumeRequest(caller.listener_id, chapter_id, device_id)])
    return there(resume)


def there(resume: Resume | None) -> Resume:
    """The value; raises NotFound when it is None."""
    if resume is None:
        raise NotFound(_NOWHERE)
    return resume


def set_resume_policy(
    database: Database[Listeners], *, caller: Caller, policy: ResumePolicy
) -> None:
    """Set the listener's preference for resuming (P8)."""
    with database.listener(caller.listener_id) as tx:
        queries.set_resume_policy(tx, listener_id=caller.listener_id, policy=policy)


def resume_policy(database: Database[Listeners], *, caller: Caller) -> ResumePolicy:
    """The listener's preference for resuming (P8)."""
    with database.listener(caller.listener_id) as tx:
        return queries.resume_policy(tx, listener_id=caller.listener_id)


def remove(
    database: Database[Listeners],
    *,
    caller: Caller,
    chapter_id: str,
    condition: Condition | None = None,
) -> Batch:
    """Delete a position (P38): a tombstone, like a reset now, which older actions do not undo.

    NotFound when there is none, Stale when ``condition`` does not hold (P12).
    """
    chapter_id = position(database, caller=caller, chapter_id=chapter_id).chapter_id
    now = clock.now()
    tombstone = NewAction(
        rules.derived_id("remove", caller.listener_id, chapter_id, now),
        chapter_id,
        Kind.RESET,
        occurred_at=now,
    )
    done = record(database, caller=caller, actions=[tombstone], condition=condition)
    with database.listener(caller.listener_id) as tx:
        queries.mark_deleted(
            tx,
            listener_id=caller.listener_id,
            chapter_id=chapter_id,
            action_id=tombstone.action_id,
            at=now,
        )
    return done


def restore(
    database: Database[Listeners], *, caller: Caller, chapter_id: str, action_id: ActionId
) -> Batch:
    """Restore a displaced position by a new action (P11). NotFound if unknown."""
    with database.listener(caller.listener_id) as tx:
        chapter_id = chapters.resolve_id(tx, listener_id=caller.listener_id, chapter_id=chapter_id)
        known = queries.actions_of(tx, listener_id=caller.listener_id, chapter_ids=[chapter_id])
    wanted = next((a for _, a in known if a.action_id == action_id), None)
    if wanted is None or wanted.position_ms is None:
        raise NotFound("there is no such position in this chapter's history")
    if clock.now() - wanted.effective_at > 30 * clock.DAY:
        raise InvalidInput("positions can only be restored within 30 days")
    now = clock.now()
    made = NewAction(
        rules.derived_id("restore", caller.listener_id, action_id, now),
        chapter_id,
        Kind.RESTORE,
        position_ms=wanted.position_ms,
        duration_ms=wanted.duration_ms,
        occurred_at=now,
    )
    return record(database, caller=caller, actions=[made])
