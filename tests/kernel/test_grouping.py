"""Group commit: concurrent calls share one transaction, and run alone when it fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest
from tests import looping

from wavehouse.kernel.errors import Unreachable
from wavehouse.kernel.grouping import Grouped


def asked_meanwhile(
    work: Callable[[Sequence[int]], Sequence[int]],
    questions: Sequence[int],
    key: Callable[[int], int] | None = None,
) -> tuple[list[list[int]], list[int | BaseException]]:
    """The groups and the answers for requests that arrive while another one (-1) is running."""
    groups: list[list[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def watched(group: Sequence[int]) -> Sequence[int]:
        groups.append(list(group))
        if group[0] == -1:
            begun.set()
            go_on.wait(10)
            return group
        return work(group)

    async def all_of_them() -> list[int | BaseException]:
        grouped = Grouped(watched, key)
        first = asyncio.create_task(grouped.ask(-1))
        await asyncio.to_thread(begun.wait, 10)
        others = [asyncio.create_task(grouped.ask(question)) for question in questions]
        await asyncio.sleep(0)
        go_on.set()
        answers = await asyncio.gather(*others, return_exceptions=True)
        assert await first == -1
        return answers

    answers = looping.run(all_of_them())
    return groups[1:], answers


def doubled(group: Sequence[int]) -> list[int]:
    return [count * 2 for count in group]


def test_what_comes_meanwhile_is_one_group() -> None:
    groups, answers = asked_meanwhile(doubled, [1, 2, 3])

    assert groups == [[1, 2, 3]]
    assert answers == [2, 4, 6]


def test_the_same_key_goes_one_after_the_other_in_order() -> None:
    groups, answers = asked_meanwhile(doubled, [10, 20, 11, 12, 21], key=lambda item: item // 10)

    assert groups == [[10, 20], [11, 21], [12]]
    assert answers == [20, 40, 22, 24, 42]


def test_a_group_has_an_end() -> None:
    groups, _ = asked_meanwhile(doubled, range(70))

    assert [len(group) for group in groups] == [32, 32, 6]


def test_nobody_fails_by_another_s_fault() -> None:
    def picky(group: Sequence[int]) -> list[int]:
        if 2 in group:
            raise ValueError("two")
        return doubled(group)

    groups, answers = asked_meanwhile(picky, [1, 2, 3])

    assert groups == [[1, 2, 3], [1], [2], [3]]
    assert (answers[0], answers[2]) == (2, 6)
    assert isinstance(answers[1], ValueError)


def test_a_server_that_is_away_is_asked_once() -> None:
    def away(group: Sequence[int]) -> list[int]:
        raise Unreachable("away")

    groups, answers = asked_meanwhile(away, [1, 2, 3])

    assert groups == [[1, 2, 3]]
    assert all(isinstance(answer, Unreachable) for answer in answers)


def test_who_has_gone_holds_nobody_up() -> None:
    async def some_leave() -> int:
        grouped = Grouped(doubled)
        gone = asyncio.create_task(grouped.ask(1))
        stays = asyncio.create_task(grouped.ask(2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert looping.run(some_leave()) == 4


def test_it_goes_on_in_another_loop() -> None:
    grouped = Grouped(doubled)

    assert [looping.run(grouped.ask(item)) for item in (1, 2)] == [2, 4]
