"""Cached answers are never stale, and their number is limited."""

from __future__ import annotations

from functools import partial

from wavehouse.web.memory import Memory


def test_an_answer_is_made_once_for_a_version_and_again_for_the_next() -> None:
    """The version decides, not a time."""
    memory: Memory[int] = Memory()
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [0, 0] == [memory.get("key", "v1", make) for _ in range(2)]
    assert [1, 1] == [memory.get("key", "v2", make) for _ in range(2)]
    assert 2 == memory.get("key", "v1", make)


def test_the_least_used_answer_goes_first() -> None:
    """A visitor with many ranges cannot fill the cache."""
    memory: Memory[str] = Memory(most=2)
    for key in ("a", "b", "a", "c"):
        memory.get(key, 1, partial("old {}".format, key))
    assert ["old a", "new b"] == [memory.get(key, 1, partial("new {}".format, key)) for key in "ab"]


def test_an_answer_that_grew_old_while_it_was_made_is_made_again() -> None:
    """Data may change during the computation."""
    memory: Memory[str] = Memory()

    def slow() -> str:
        memory.get("key", "v2", lambda: "quick")
        return "old"

    assert "old" == memory.get("key", "v1", slow)
    assert "new" == memory.get("key", "v2", lambda: "new")
