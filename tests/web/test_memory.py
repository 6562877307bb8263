"""What is kept is never stale and never without end."""

from __future__ import annotations

from wavehouse.web.memory import Memory


def test_an_answer_is_made_once_for_a_version_and_again_for_the_next() -> None:
    """The version decides, not a time."""
    memory: Memory[int] = Memory()
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [0, 0] == [memory.get("v1", "key", make) for _ in range(2)]
    assert [1, 1] == [memory.get("v2", "key", make) for _ in range(2)]
    assert 2 == memory.get("v1", "key", make)


def test_the_least_used_answer_goes_first() -> None:
    """A visitor with many ranges cannot fill the memory."""
    memory: Memory[str] = Memory(most=2)
    for key in ("a", "b", "a", "c"):
        memory.get(1, key, lambda key=key: f"old {key}")
    assert ["old a", "new b"] == [memory.get(1, key, lambda key=key: f"new {key}") for key in "ab"]


def test_an_answer_that_grew_old_while_it_was_made_is_not_kept() -> None:
    """Data may change during the work."""
    memory: Memory[str] = Memory()

    def slow() -> str:
        memory.get("v2", "other", lambda: "quick")
        return "old"

    assert "old" == memory.get("v1", "key", slow)
    assert "new" == memory.get("v2", "key", lambda: "new")
