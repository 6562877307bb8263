"""Compaction of old actions (RT1): nothing changes for listeners, and the log shrinks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from wavehouse import governance, listeners
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import ActionId
from wavehouse.listeners import rules
from wavehouse.listeners.service import accounts, archives, moves, positions, recording
from wavehouse.listeners.types import Action, Caller, Episode, Kind, NewAction
from wavehouse.workspace import Workspace

START = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = START + timedelta(days=100)
KINDS = (Kind.PROGRESS, Kind.SEEK, Kind.PLAY, Kind.FINISH, Kind.UNFINISH, Kind.RESET, Kind.DELETE)
SHOW = "https://rt1.example/feed.xml"


@pytest.fixture
def database(shared_workspace: Workspace) -> Any:
    return shared_workspace.stores.listeners


@pytest.fixture
def who(database: Any) -> Callable[[], Caller]:
    """Creates listeners; each has a session."""

    def new() -> Caller:
        email = f"{uuid4().hex}@example.org"
        with database.worker() as tx:
            listeners.create(tx, email=email)
            made = listeners.new_app_password(tx, email=email, device="phone")
        return accounts.by_password(database, username=email, password=made.text)[0]

    return new


def act(chapter: str, day: float, ms: int = 0, kind: Kind = Kind.SEEK, **more: Any) -> NewAction:
    """An action that happened on a day after the start."""
    at = START + timedelta(days=day)
    more = {"duration_ms": 3_600_000, "device_id": "phone", **more}
    return NewAction(ActionId(uuid4()), chapter, kind, ms, occurred_at=at, **more)


def send(database: Any, caller: Caller, day: float, *actions: NewAction) -> None:
    """Record actions that arrive on a day after the start."""
    with clock.frozen(START + timedelta(days=day)):
        recording.record(database, caller=caller, actions=actions)


def compact(database: Any, before: datetime = LIMIT) -> int:
    """Compact until nothing is left to do."""
    total = 0
    while True:
        with database.worker() as tx:
            gone = listeners.compact(tx, before=before)
        if not gone:
            return total
        total += gone


def logged(database: Any, caller: Caller) -> int:
    with database.worker() as tx:
        return int(
            tx.value(
                "SELECT count(*) FROM listeners.playback_actions WHERE listener_id = %s",
                [caller.listener_id],
            )
        )


def row(database: Any, caller: Caller, chapter: str) -> tuple[object, ...]:
    """A position as a listener sees it, without its version and cursor."""
    item = positions.position(database, caller=caller, chapter_id=chapter)
    return (
        item.position_ms, item.duration_ms, item.duration_changed, item.furthest_ms, item.state,
        item.finished_at, item.finished_count, item.effective_at, item.action_id, item.device_id,
    )  # fmt: skip


def test_rt1_positions_after_compaction_are_those_of_the_whole_log(database: Any, who: Any) -> None:
    """Random histories that arrive late and in any order, compacted after each of three waves.

    Actions of a later wave happened after the compacted ones.
    """
    caller, dice, expected, deleted = who(), Random(1), {}, 0
    for number in range(8):
        every: list[NewAction] = []
        chapter = f"rt1-{number}-{uuid4().hex[:8]}"
        for first, count in ((0, 25), (100, 8), (130, 8)):
            wave = [
                act(
                    chapter,
                    dice.uniform(first, first + 29),
                    dice.randrange(3_600_000),
                    dice.choice(KINDS),
                    device_id=f"d{dice.randrange(2)}",
                    seen=dice.choice(every).action_id if every else None,
                )
                for _ in range(count)
            ]
            every += wave
            send(database, caller, first + 29.5, *wave[::2])
            send(database, caller, first + 29.6, *wave[1::2])
            deleted += compact(database, START + timedelta(days=first + 29.7))
        expected[chapter] = whole(every)
    assert expected == {chapter: row(database, caller, chapter) for chapter in expected}
    assert (8, 8 * 40) == (logged(database, caller), deleted)


def whole(actions: list[NewAction]) -> tuple[object, ...]:
    """The position after folding all actions at once."""
    folded = rules.fold(
        Action(
            item.action_id,
            item.kind,
            item.position_ms,
            item.started_ms,
            item.duration_ms,
            item.occurred_at,
            item.device_id,
            item.seen,
        )
        for item in actions
        if item.occurred_at is not None
    ).position
    assert folded is not None
    return (
        folded.position_ms, folded.duration_ms, folded.duration_changed, folded.furthest_ms,
        folded.state, folded.finished_at, folded.finished_count, folded.effective_at,
        folded.action_id, folded.device_id,
    )  # fmt: skip


def test_rt1_what_came_late_keeps_the_actions_after_it(database: Any, who: Any) -> None:
    """An import of this week may be older than everything: its successors wait for it."""
    caller, chapter = who(), uuid4().hex
    send(database, caller, 50, act(chapter, 10, 100), act(chapter, 20, 200), act(chapter, 30, 300))
    send(database, caller, 150, act(chapter, 15, 150))
    with database.worker() as tx:
        due = listeners.compactable(tx, before=LIMIT)
    compact(database)
    assert 3 == logged(database, caller)
    assert due.rows >= 1
    assert 300 == row(database, caller, chapter)[0]


def test_rt1_an_action_older_than_the_compacted_ones_cannot_win(database: Any, who: Any) -> None:
    """It is stored and reported as superseded; it does not even count as the furthest."""
    caller, chapter = who(), uuid4().hex
    send(database, caller, 50, act(chapter, 10, 100_000), act(chapter, 20, 200_000))
    send(database, caller, 51, act(chapter, 30, 0, Kind.DELETE))
    assert 2 <= compact(database)
    before = row(database, caller, chapter)
    send(database, caller, 200, act(chapter, 15, 900_000))
    assert before == row(database, caller, chapter)
    send(database, caller, 201, act(chapter, 25, 300_000))
    assert 300_000 == row(database, caller, chapter)[0]


def test_rt1_a_client_with_a_cursor_from_before_gets_the_current_state(
    database: Any, who: Any
) -> None:
    """The log has only the deletion of a file; the position must not be missed (P18, P21)."""
    caller, chapter = who(), uuid4().hex
    send(database, caller, 40, act("other", 40, 1))
    old = positions.changes(database, caller=caller, after=1).cursor
    send(database, caller, 50, act(chapter, 10, 100_000), act(chapter, 20, 0, Kind.DELETE))
    compact(database)
    assert [100_000] == [
        item.position_ms
        for item in positions.changes(database, caller=caller, after=old - 10).actions
        if item.chapter_id == chapter
    ]


def test_p39_an_archive_carries_compacted_positions_along(database: Any, who: Any) -> None:
    """Another account has the same positions and the same archive; a second import is the same."""
    first, second, chapter = who(), who(), uuid4().hex
    send(
        database, first, 50,
        act(chapter, 10, 2_000_000), act(chapter, 20, 0, Kind.FINISH), act(chapter, 30, 500_000),
    )  # fmt: skip
    compact(database)
    archive = archives.archive(database, listener_id=first.listener_id)
    assert 1 == len(archive["compacted"])
    for _ in range(2):
        archives.bring_in(database, caller=second, document=archive)
        assert archive == archives.archive(database, listener_id=second.listener_id)
    assert row(database, first, chapter) == row(database, second, chapter)
    archives.bring_in(database, caller=first, document=archive)
    assert row(database, second, chapter) == row(database, first, chapter)


@pytest.mark.parametrize(
    "change",
    [
        {"position_ms": -1}, {"furthest_ms": 1}, {"state": "x"}, {"finished_count": 2**40},
        {"duration_ms": 1}, {"effective_at": None}, {"action_id": "x"}, {"device_id": 5},
    ],
)  # fmt: skip
def test_p39_an_archive_with_an_invalid_compacted_position_is_refused(
    database: Any, who: Any, change: dict[str, Any]
) -> None:
    """Nothing of it is stored."""
    caller, chapter = who(), uuid4().hex
    send(database, caller, 50, act(chapter, 10, 5_000), act(chapter, 20, 6_000))
    compact(database)
    archive = archives.archive(database, listener_id=caller.listener_id)
    archive["compacted"][0]["position"] |= change
    with pytest.raises(InvalidInput, match="not a listener's archive"):
        archives.bring_in(database, caller=who(), document=archive)


def test_p29_merged_chapters_keep_the_winner_and_the_furthest_of_compacted_actions(
    database: Any, who: Any
) -> None:
    """Two feeds turn out to be one (a move); each has compacted actions."""
    caller = who()
    new, old = "https://rt1.example/new.xml", SHOW
    file = "https://rt1.example/1.mp3"
    for feed, day, ms in ((old, 10, 900_000), (new, 12, 100_000)):
        for n in range(3):
            action = act("", day + n / 10, ms + n, episode=Episode(feed, file))
            send(database, caller, 50, action)
    compact(database)
    moves.move(database, caller=caller, old=old, new=new)
    (item,) = positions.changes(database, caller=caller, after=0).actions
    result = positions.position(database, caller=caller, chapter_id=item.chapter_id)
    assert (100_002, 900_002) == (result.position_ms, result.furthest_ms)


def test_p36_a_base_forgets_a_deleted_device_and_nothing_else(database: Any, who: Any) -> None:
    """A late action after it is folded on from the same place."""
    caller, chapter = who(), uuid4().hex
    send(database, caller, 50, act(chapter, 10, 100_000), act(chapter, 20, 0, Kind.DELETE))
    compact(database)
    with database.listener(caller.listener_id) as tx:
        accounts.delete_device(tx, caller=caller, device_id="phone")
    (base,) = archives.archive(database, listener_id=caller.listener_id)["compacted"]
    assert (100_000, None) == (base["position"]["position_ms"], base["position"]["device_id"])


def test_rt3_compaction_is_planned_applied_once_and_held(workspace: Workspace) -> None:
    """The plan counts exactly; a second run deletes nothing; a legal hold stops it (RT5)."""
    database = workspace.stores.listeners
    email = f"{uuid4().hex}@example.org"
    with database.worker() as tx:
        listener = listeners.create(tx, email=email)
    caller = Caller(listener.listener_id, email, b"")
    send(database, caller, 50, *(act("rt3", day, day * 1000) for day in range(1, 8)))
    with clock.frozen(START + timedelta(days=500)):
        runs = []
        for _ in range(2):
            plan = governance.plan(workspace.stores, workspace.settings)
            step = next(each for each in plan.steps if each.policy.name == "playback actions")
            done = governance.apply(
                workspace.stores, workspace.settings,
                identity=workspace.identity, digest=plan.digest,
            )  # fmt: skip
            runs.append(
                (step.due.rows, [r.rows_removed for r in done.runs if r.policy == step.policy.name])
            )
    assert [(6, [6]), (0, [])] == runs
    assert 1 == logged(database, caller)
