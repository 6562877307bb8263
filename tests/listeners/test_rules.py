"""Position rules by number: independence of order, clocks, accidental moves, finishing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from uuid import UUID

import pytest

from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import ActionId
from wavehouse.listeners import rules
from wavehouse.listeners.types import Action, Kind, NewAction, State

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = 60_000
HOUR = 60 * MINUTE


def act(
    number: int,
    kind: Kind = Kind.PROGRESS,
    at: float = 0,
    ms: int | None = None,
    *,
    started: int | None = None,
    duration: int | None = HOUR,
    seen: int | None = None,
) -> Action:
    return Action(
        ActionId(UUID(int=number)),
        kind.value,
        ms,
        started,
        duration,
        NOON + timedelta(minutes=at),
        "phone",
        None if seen is None else UUID(int=seen),
    )


HISTORIES = {
    "backwards": [act(1, at=0, ms=600_000), act(2, at=5, ms=300_000), act(3, at=9, ms=700_000)],
    "equal times": [act(n, at=1, ms=n * 1000 + 10_000) for n in range(1, 6)],
    "finish and rewind": [
        act(1, at=0, ms=10 * MINUTE),
        act(2, Kind.FINISH, at=50),
        act(3, at=60, ms=2 * MINUTE, started=0),
        act(4, Kind.UNFINISH, at=70),
        act(5, Kind.RESET, at=80),
        act(6, at=40, ms=45 * MINUTE),
    ],
    "stale zero": [
        act(1, at=0, ms=20 * MINUTE),
        act(2, at=1, ms=0),
        act(3, at=2, ms=1_000, seen=1),
        act(4, Kind.SEEK, at=3, ms=0),
        act(5, at=4, ms=30 * MINUTE),
        act(6, at=5, ms=2_000),
    ],
    "other kinds": [
        act(1, at=0, ms=5 * MINUTE),
        act(2, Kind.DELETE, at=1),
        act(3, Kind.DOWNLOAD, at=2),
        act(4, Kind.NEW, at=3),
        act(5, Kind.PLAY, at=4, ms=6 * MINUTE),
    ],
}


@pytest.mark.parametrize("name", HISTORIES)
def test_p02_every_order_of_arrival_gives_the_same_row(name: str) -> None:
    """All permutations of up to six actions."""
    orders = list(permutations(HISTORIES[name]))
    ends = {rules.fold(order) for order in orders}
    print(f"{name}: {len(orders)} orders, {len(ends)} end")
    assert 1 == len(ends)


def test_p02_two_hundred_actions_in_a_thousand_orders() -> None:
    """Random kinds, equal times and positions always give the same row."""
    dice = Random(4)
    kinds = list(Kind)
    actions = [
        act(
            n + 1,
            dice.choice(kinds),
            at=dice.randrange(60),
            ms=dice.randrange(HOUR),
            seen=dice.randrange(1, 200),
        )
        for n in range(200)
    ]
    end = rules.fold(actions)
    for _ in range(1_000):
        dice.shuffle(actions)
        assert end == rules.fold(actions)
    print("1000 orders of 200 actions, 1 end")


def test_p02_a_history_can_be_folded_on_from_any_point_of_it() -> None:
    """The row has all state before a point: continuing from it equals folding everything."""
    cut = 0
    for name, actions in HISTORIES.items():
        ordered = sorted(actions, key=rules.order)
        whole = rules.fold(ordered)
        for point in range(len(ordered) + 1):
            first = rules.fold(ordered[:point])
            rest = rules.fold(ordered[point:], since=first.position)
            assert rest.position == whole.position, f"{name} cut before {point}"
            assert first.guarded | rest.guarded == whole.guarded, f"{name} cut before {point}"
            cut += 1
    assert cut > len(HISTORIES)


def test_p03_a_clock_that_is_ahead_is_not_believed() -> None:
    """A time more than five minutes after its arrival becomes the arrival, and is flagged."""
    assert (NOON, True) == rules.effective_at(NOON + timedelta(days=3650), None, NOON)
    near = NOON + timedelta(seconds=299)
    assert (near, False) == rules.effective_at(near, None, NOON)


def test_p04_a_slow_clock_is_set_right_by_when_it_was_sent() -> None:
    """The last action wins even from a device that is two hours slow."""
    slow = NOON - timedelta(hours=2)
    assert (NOON, False) == rules.effective_at(slow, slow, NOON)
    little = NOON - timedelta(seconds=20)
    assert (little, False) == rules.effective_at(little, little, NOON)


def test_p05_without_a_time_it_is_now() -> None:
    """The time is that of arrival."""
    assert (NOON, False) == rules.effective_at(None, None, NOON)


def test_p06_before_2000_it_is_kept_and_never_wins() -> None:
    """The clock was never set; an import from before the account existed is valid."""
    early = Action(
        ActionId(UUID(int=9)), "seek", MINUTE, None, None, datetime(1970, 1, 1, tzinfo=UTC), None,
        None,
    )  # fmt: skip
    assert None is rules.fold([early]).position
    old = act(1, at=-60 * 24 * 3650, ms=MINUTE)
    assert MINUTE == rules.fold([early, old]).position.position_ms  # type: ignore[union-attr]


def test_p07_backwards_is_legal_and_the_furthest_stays() -> None:
    """A later action with a smaller position wins; only a reset lowers the furthest."""
    result = rules.fold(HISTORIES["backwards"][:2]).position
    assert result is not None
    assert (300_000, 600_000) == (result.position_ms, result.furthest_ms)
    reset = rules.fold([*HISTORIES["backwards"], act(9, Kind.RESET, at=20)]).position
    assert reset is not None
    assert (0, 0, State.NONE) == (reset.position_ms, reset.furthest_ms, reset.state)


def test_p09_a_stale_zero_is_guarded_and_a_meant_one_is_not() -> None:
    """A device that had not seen the position cannot reset it."""
    before = act(1, at=0, ms=20 * MINUTE)
    stale = rules.fold([before, act(2, at=1, ms=0)])
    assert stale.position is not None
    assert (20 * MINUTE, {UUID(int=2)}) == (stale.position.position_ms, set(stale.guarded))
    for meant in (
        act(2, at=1, ms=0, seen=1),
        act(2, Kind.SEEK, at=1, ms=0),
        act(2, Kind.RESET, at=1),
        act(2, at=1, ms=5_000),
    ):
        position = rules.fold([before, meant]).position
        assert position is not None
        assert position.position_ms < MINUTE


@pytest.mark.parametrize(
    ("duration", "near", "far"),
    [(HOUR, HOUR - 60_000, HOUR - 60_001), (600_000, 588_000, 587_999), (60_000, 50_000, 49_999)],
)
def test_p23_near_the_end_is_finished(duration: int, near: int, far: int) -> None:
    """2 % of the length, between ten and sixty seconds; on insert and update."""
    for history in ([], [act(1, at=0, ms=MINUTE // 2, duration=duration)]):
        done = rules.fold([*history, act(2, at=1, ms=near, duration=duration)]).position
        going = rules.fold([*history, act(2, at=1, ms=far, duration=duration)]).position
        assert done is not None
        assert going is not None
        assert (State.FINISHED, State.IN_PROGRESS) == (done.state, going.state)


def test_p24_a_finish_keeps_the_position_and_is_dated_once() -> None:
    """A second finish does not change the date."""
    result = rules.fold(
        [act(1, at=0, ms=MINUTE), act(2, Kind.FINISH, at=1), act(3, Kind.FINISH, at=9)]
    ).position
    assert result is not None
    assert (MINUTE, NOON + timedelta(minutes=1), 1) == (
        result.position_ms,
        result.finished_at,
        result.finished_count,
    )


def test_p25_a_minute_heard_again_is_in_progress_and_older_progress_changes_nothing() -> None:
    """A brief replay does not unfinish; nor do actions from before the finish."""
    finished = [act(1, at=0, ms=MINUTE), act(2, Kind.FINISH, at=10)]

    def state(*more: Action) -> State:
        position = rules.fold([*finished, *more]).position
        assert position is not None
        return position.state

    assert State.FINISHED == state(act(3, at=5, ms=30 * MINUTE))
    assert State.FINISHED == state(act(3, at=20, ms=30_000, started=0))
    assert State.IN_PROGRESS == state(act(3, at=20, ms=2 * MINUTE, started=0))
    twice = rules.fold(
        [*finished, act(3, at=20, ms=2 * MINUTE, started=0), act(4, Kind.FINISH, at=30)]
    ).position
    assert twice is not None
    assert 2 == twice.finished_count


def test_p26_what_was_taken_back_is_not_resurrected_by_older_progress() -> None:
    """Reset and unfinish have their own times."""
    reset = [act(1, at=0, ms=MINUTE), act(2, Kind.RESET, at=10), act(3, at=5, ms=30 * MINUTE)]
    result = rules.fold(reset).position
    assert result is not None
    assert 0 == result.position_ms


def test_p27_downloads_and_the_like_never_touch_a_position() -> None:
    """They do not create a position either."""
    others = [act(n, kind, at=n) for n, kind in enumerate(
        (Kind.DOWNLOAD, Kind.DELETE, Kind.NEW, Kind.FLATTR), start=2)]  # fmt: skip
    assert None is rules.fold(others).position
    before = rules.fold([act(1, at=0, ms=MINUTE)])
    assert before.position == rules.fold([act(1, at=0, ms=MINUTE), *others]).position


def test_p28_another_cut_is_flagged_and_nothing_is_scaled() -> None:
    """More than two per cent longer or shorter."""
    result = rules.fold(
        [act(1, at=0, ms=MINUTE), act(2, at=1, ms=2 * MINUTE, duration=HOUR * 97 // 100)]
    ).position
    assert result is not None
    assert (True, 2 * MINUTE) == (result.duration_changed, result.position_ms)


def test_p13_the_same_body_has_the_same_hash_whenever_it_is_sent() -> None:
    """``sent_at`` belongs to the sending; everything else to the action."""
    action = NewAction(ActionId(UUID(int=1)), "c", Kind.PROGRESS, 5, occurred_at=NOON)
    again = NewAction(ActionId(UUID(int=1)), "c", Kind.PROGRESS, 5, occurred_at=NOON, sent_at=NOON)
    other = NewAction(ActionId(UUID(int=1)), "c", Kind.PROGRESS, 6, occurred_at=NOON)
    assert rules.body_hash(action) == rules.body_hash(again) != rules.body_hash(other)


def test_p14_what_is_the_same_gets_the_same_id() -> None:
    """An action that differs in anything has another id."""
    parts = ("l", "d", "p", "e", "play", "2026-11-20T12:00:00", 0, 5, 60)
    assert rules.derived_id(*parts) == rules.derived_id(*parts)
    assert rules.derived_id(*parts) != rules.derived_id(*parts[:-1], 61)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"position_ms": None}, "missing"),
        ({"position_ms": -1}, "out of range"),
        ({"position_ms": HOUR + 2_001, "duration_ms": HOUR}, "after the end"),
        ({"duration_ms": 0}, "positive"),
        ({"chapter_id": ""}, "chapter"),
    ],
)
def test_p30_what_cannot_be_is_refused(changes: dict[str, object], reason: str) -> None:
    """The error names the invalid field."""
    values: dict[str, object] = {
        "action_id": ActionId(UUID(int=1)),
        "chapter_id": "c",
        "kind": Kind.PROGRESS,
        "position_ms": 5,
    }
    assert reason in rules.refusal(NewAction(**{**values, **changes}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pause", "back"),
    [(0.5, 0), (30, 5_000), (600, 15_000), (60 * 24 * 3, 30_000)],
)
def test_p34_the_longer_the_pause_the_further_back(pause: float, back: int) -> None:
    """Never before the beginning, and never when it is switched off."""
    assert back == rules.rewind_ms(timedelta(minutes=pause), HOUR)
    assert min(back, 2_000) == rules.rewind_ms(timedelta(minutes=pause), 2_000)
    assert 0 == rules.rewind_ms(timedelta(minutes=pause), HOUR, wanted=False)


def test_ac1_addresses_are_normalised() -> None:
    """Trimmed, lower-cased, composed; an invalid address is refused."""
    assert "anna@example.org" == normalised_email("  Anna@Example.ORG ")
    assert "zoë@example.org" == normalised_email("zoë@example.org")
    for wrong in ("", "anna", "anna@", "@example.org", "a b@example.org", "anna@host"):
        with pytest.raises(InvalidInput):
            normalised_email(wrong)
