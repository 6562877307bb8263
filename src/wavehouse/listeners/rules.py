"""Pure rules of positions: winning actions, finished chapters, clocks (P2–P9, P23–P34)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring_ascii as _quoted
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid5

from msgspec.structs import replace

from wavehouse.kernel.ids import ActionId
from wavehouse.listeners.types import (
    Action,
    Described,
    Folded,
    Kind,
    NewAction,
    Position,
    ResumePolicy,
    State,
    StoredPosition,
)

SKEW = timedelta(seconds=300)
SENT_OFF = timedelta(seconds=30)
SLIDING, ABSOLUTE = timedelta(days=30), timedelta(days=180)
GRACE, SEEN_TO = timedelta(minutes=10), timedelta(minutes=1)
FRESH = timedelta(minutes=15)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
PAGE = 1_000
LONGEST_FEED, LONGEST_ADDRESS = 2_048, 4_096
LARGEST_BATCH = 500
SLACK_MS = 2_000
LISTENED_ANEW_MS = 60_000
_ZERO_MS, _DROP_MS = 5_000, 60_000
_MOST_MS = 2**40
_NAMESPACE = UUID("6b0c2f4e-6f3b-5a0e-9d65-3f3f6c1f7a10")
_MOVES = frozenset({Kind.PROGRESS, Kind.SEEK, Kind.PLAY, Kind.RESTORE})
_REWINDS = (
    (timedelta(minutes=1), 0),
    (timedelta(hours=1), 5_000),
    (timedelta(hours=24), 15_000),
)
_LONGEST_REWIND_MS = 30_000
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?")


def secret_hash(text: str) -> bytes:
    """AC6: SHA-256 of a secret of 190 random bits; a slow hash would only slow down requests."""
    return hashlib.sha256(text.encode()).digest()


def is_reuse(rotated_at: datetime | None, at: datetime) -> bool:
    """AC5: a replaced token works for ten more minutes; later use means that it was copied."""
    return rotated_at is not None and at - rotated_at >= GRACE


def is_fresh(signed_in_at: datetime | None, at: datetime) -> bool:
    """Whether a sign-in is recent enough to change credentials: 15 minutes."""
    return signed_in_at is not None and at - signed_in_at < FRESH


def effective_at(
    occurred_at: datetime | None, sent_at: datetime | None, received_at: datetime
) -> tuple[datetime, bool]:
    """The effective time of an action, and whether its clock was rejected (P3, P4, P5)."""
    if occurred_at is None:
        return received_at, False
    at = occurred_at
    if sent_at is not None and abs(received_at - sent_at) > SENT_OFF:
        at = _shifted(occurred_at, received_at - sent_at)
    if at > received_at + SKEW:
        return received_at, True
    return at, False


def _shifted(instant: datetime, offset: timedelta) -> datetime:
    """The instant by another clock, clamped to the range of the calendar."""
    try:
        return min(max(instant + offset, EARLIEST), LATEST)
    except OverflowError:
        return LATEST if offset > timedelta(0) else EARLIEST


def derived_id(*parts: object) -> ActionId:
    """P14: the id of an action sent without one, derived from all of its content."""
    return ActionId(uuid5(_NAMESPACE, f"[{', '.join([_quoted(str(part)) for part in parts])}]"))


def body_hash(action: NewAction, *, chapter_id: str | None = None) -> bytes:
    """P13: distinguishes a repetition from a conflict; ``sent_at`` may differ between the two.

    The chapter is compared separately, as it may be merged into another one between two attempts;
    hashes from before decision 0903 contain ``chapter_id``.
    """
    # JSON by hand: an encoder for each action was a tenth of an upload's time.
    position, started, duration = action.position_ms, action.started_ms, action.duration_ms
    text = (
        f'"{action.kind}", {"null" if position is None else position}, '
        f"{'null' if started is None else started}, {'null' if duration is None else duration}, "
        f"{_quoted(action.occurred_at.isoformat()) if action.occurred_at else 'null'}, "
        f"{'null' if action.device_id is None else _quoted(action.device_id)}"
    )
    if chapter_id is not None:
        text = f"{_quoted(chapter_id)}, {text}"
    return hashlib.sha256(f"[{text}]".encode()).digest()


def normalised_feed(url: str) -> str:
    """The address of a feed as stored; empty when it cannot be loaded.

    Scheme and host in lower case, ``feed:``, ``itpc:`` and ``itms:`` as ``http:``, no fragment,
    a path of at least ``/``, ``http:`` where there is no scheme: mygpo's rules for feeds.
    """
    text = url.strip()
    for scheme in ("feed:", "itpc:", "itms:"):
        if text.lower().startswith(scheme):
            rest = text[len(scheme) :]
            text = rest if rest.lower().startswith(("http:", "https:")) else f"http:{rest}"
    if "://" not in text and _HOST.fullmatch(text.partition("/")[0]):
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or not text.isprintable() or " " in text:
        return ""
    user, at, host_and_port = parts.netloc.rpartition("@")
    address = urlunsplit(
        (parts.scheme, f"{user}{at}{host_and_port.lower()}", parts.path or "/", parts.query, "")
    )
    return address if len(address.encode()) <= LONGEST_FEED else ""


def chapter_key(kind: str, podcast_url: str, value: str) -> bytes:
    """P29: the key of a file or a guid within a feed, or of a former chapter id."""
    return hashlib.sha256(f"{kind}\n{podcast_url}\n{value}".encode()).digest()


def refusal(action: NewAction) -> str:
    """P30: why an action is invalid; empty when it is valid."""
    if action.episode is None and not 0 < len(action.chapter_id) <= 255:
        return "missing chapter, or longer than 255 characters"
    if not (_is_dated(action.occurred_at) and _is_dated(action.sent_at)):
        return "the time is not between 1900 and 9000"
    position, duration = action.position_ms, action.duration_ms
    if position is not None and not 0 <= position < _MOST_MS:
        return "position_ms is out of range"
    if action.started_ms is not None and not 0 <= action.started_ms < _MOST_MS:
        return "started_ms is out of range"
    if duration is not None and not 0 <= duration < _MOST_MS:
        return "duration_ms is out of range"
    if duration == 0:
        return "duration_ms must be positive"
    if position is None:
        return "position_ms is missing" if action.kind in _MOVES else ""
    if duration is not None and position > duration + SLACK_MS:
        return "position_ms is after the end"
    return ""


def _is_dated(instant: datetime | None) -> bool:
    return instant is None or EARLIEST <= instant < LATEST


def is_near_end(position_ms: int, duration_ms: int | None) -> bool:
    """P23: at most 2 % of the whole remains, but at least 10 s and at most 60 s."""
    if duration_ms is None:
        return False
    return duration_ms - position_ms <= min(max(10_000, duration_ms // 50), 60_000)


def order(action: Action) -> tuple[datetime, UUID]:
    """P2: the sort key for folding; the last action that counts wins."""
    return action.effective_at, action.action_id


def fold(actions: Iterable[Action], since: Position | None = None) -> Folded:
    """The position after a set of actions, whatever the order in which they arrived (P2).

    ``since`` is the result of earlier actions: it represents all of them if none is later, by
    ``order``, than any of these. A client that reports in order therefore needs no history.
    """
    position, guarded = since, set()
    for action in sorted(actions, key=order):
        if action.effective_at < EPOCH:  # P6: stored, but can never win
            continue
        if _is_guarded(position, action):
            guarded.add(action.action_id)
            continue
        position = _after(position, action)
    return Folded(position, frozenset(guarded))


def rebased(
    bases: Sequence[tuple[tuple[datetime, UUID], Position | None]], actions: Iterable[Action]
) -> Position | None:
    """The position up to the last of several bases, for chapters that were merged (P29, RT1).

    Actions that a base replaces are unknown, so the bases' positions are combined: the last action
    that counts wins, and the furthest position stays. ``actions`` are those that are not compacted.
    """
    position: Position | None = None
    after: tuple[datetime, UUID] | None = None
    rest = sorted(actions, key=order)
    for at, base in sorted(bases, key=lambda item: item[0]):
        between = [
            each for each in rest if order(each) <= at and (not after or order(each) > after)
        ]
        position, after = _combined(fold(between, since=position).position, base), at
    return position


def _combined(first: Position | None, second: Position | None) -> Position | None:
    if first is None or second is None:
        return first or second
    last = max(first, second, key=lambda item: (item.effective_at, item.action_id))
    return replace(
        last,
        furthest_ms=max(first.furthest_ms, second.furthest_ms),
        finished_count=max(first.finished_count, second.finished_count),
        finished_at=min(filter(None, (first.finished_at, second.finished_at)), default=None),
        duration_changed=first.duration_changed or second.duration_changed,
    )


def _is_guarded(position: Position | None, action: Action) -> bool:
    """P9: a jump to zero by a device that did not know the current position.

    A play that started elsewhere counts as knowing it, because gpodder apps do not send what they
    have seen.
    """
    is_unaware = action.kind == Kind.PROGRESS or (
        action.kind == Kind.PLAY and (action.started_ms or 0) < _ZERO_MS
    )
    return (
        is_unaware
        and position is not None
        and (action.position_ms or 0) < _ZERO_MS
        and position.position_ms - (action.position_ms or 0) > _DROP_MS
        and action.seen_action_id != position.action_id
    )


def _after(before: Position | None, action: Action) -> Position | None:
    if action.kind in _MOVES:
        return _moved(before, action)
    if action.kind == Kind.FINISH:
        return _finished(before or _started(action), action)
    if action.kind == Kind.UNFINISH and before is not None:
        return _by(replace(before, state=State.IN_PROGRESS), action)
    if action.kind == Kind.RESET:
        cleared = replace(before or _started(action), position_ms=0, furthest_ms=0)
        return _by(replace(cleared, state=State.NONE), action)
    return before


def _moved(before: Position | None, action: Action) -> Position:
    position = action.position_ms or 0
    duration = action.duration_ms or (before.duration_ms if before else None)
    changed = before is not None and _is_recut(before.duration_ms, action.duration_ms)
    if duration is not None:
        position = min(position, duration + SLACK_MS)
    base = before or _started(action)
    is_slip = position - (action.started_ms or 0) < LISTENED_ANEW_MS
    ends = is_near_end(position, duration)
    if base.state is State.FINISHED and not ends and is_slip and action.kind != Kind.RESTORE:
        return base  # P25: a minute of replay makes it in progress again, a few seconds do not
    there = Position(
        position,
        duration,
        changed or base.duration_changed,
        max(base.furthest_ms, position),
        base.state if ends else State.IN_PROGRESS,
        base.finished_at,
        base.finished_count,
        action.effective_at,
        action.action_id,
        action.device_id,
    )
    return _finished(there, action) if ends else there


def _is_recut(before: int | None, after: int | None) -> bool:
    """P28: another edit or other ads: more than 2 % longer or shorter."""
    return before is not None and after is not None and abs(after - before) * 50 > before


def _finished(before: Position, action: Action) -> Position:
    duration = action.duration_ms or before.duration_ms
    there = replace(
        before,
        duration_ms=duration,
        duration_changed=before.duration_changed or _is_recut(before.duration_ms, duration),
    )
    if before.state is State.FINISHED:
        return _by(_within(there), action)
    position = action.position_ms if action.position_ms is not None else before.position_ms
    return _by(
        _within(
            replace(
                there,
                position_ms=position,
                furthest_ms=max(before.furthest_ms, position),
                state=State.FINISHED,
                finished_at=before.finished_at or action.effective_at,
                finished_count=before.finished_count + 1,
            )
        ),
        action,
    )


def _within(position: Position) -> Position:
    """P28: clamp a position to the end of its chapter."""
    if position.duration_ms is None:
        return position
    last = position.duration_ms + SLACK_MS
    return replace(position, position_ms=min(position.position_ms, last))


def _started(action: Action) -> Position:
    return Position(
        0,
        action.duration_ms,
        False,
        0,
        State.NONE,
        None,
        0,
        action.effective_at,
        action.action_id,
        action.device_id,
    )


def _by(position: Position, action: Action) -> Position:
    return replace(
        position,
        effective_at=action.effective_at,
        action_id=action.action_id,
        device_id=action.device_id,
    )


def is_far(before_ms: int, after_ms: int, duration_ms: int | None) -> bool:
    """P10: more than ten minutes apart, or more than 5 % of the whole."""
    apart = abs(after_ms - before_ms)
    return apart > 600_000 or (duration_ms is not None and apart * 20 > duration_ms)


def suggested(policy: ResumePolicy, position: StoredPosition) -> tuple[int, tuple[int, ...]]:
    """P8: where to resume, and the positions to choose from; never past the end (P24, P28)."""
    if position.state == State.FINISHED:
        return 0, ()
    last = None if position.duration_ms is None else max(position.duration_ms - 1_000, 0)
    latest, furthest = (
        at if last is None else min(at, last) for at in (position.position_ms, position.furthest_ms)
    )
    differ = policy is ResumePolicy.ASK and latest != furthest
    at = furthest if policy is ResumePolicy.FURTHEST else latest
    return at, (latest, furthest) if differ else ()


def asked_after(since: int, own: int | None, family: Sequence[int]) -> tuple[int, int]:
    """P19b: the cursor to send changes after, and the issued one that the response replaces.

    At most what this client was given: ``own`` for its session; without one, the lowest that
    clients of its app password may have. A client that sends a clock time may match another
    client's cursor by chance.
    """
    if own is not None:
        return min(since, own), own
    after = min(since, *family) if family else 0
    return after, next((item for item in (since, since - 1) if item in family), after)


def uploaded(
    last: int, changed_before: int, own: int | None, family: Sequence[int]
) -> tuple[int, int | None]:
    """P19: the cursor returned for an upload, and the issued one that it replaces.

    ``last`` is the upload's own last cursor, ``changed_before`` that of the last change before it:
    when the client knows that one, it may continue after its own upload. Otherwise it gets the
    lowest cursor that it may have.
    """
    had = own if own is not None else min(family, default=0)
    if changed_before > had:
        return had, had
    return last, own  # without a session it may be a client that was given none of them


def same_episode(a: Described, b: Described) -> bool:
    """P29: whether two of date, link and title are equal; missing values are never equal."""
    pairs = ((a.published_at, b.published_at), (a.link, b.link), (a.title, b.title))
    return sum(value is not None and value == other for value, other in pairs) >= 2


def rewind_ms(pause: timedelta, position_ms: int, *, wanted: bool = True) -> int:
    """P34: how far to rewind after a pause; never beyond the beginning."""
    if not wanted:
        return 0
    back = next((ms for limit, ms in _REWINDS if pause < limit), _LONGEST_REWIND_MS)
    return min(back, position_ms)
