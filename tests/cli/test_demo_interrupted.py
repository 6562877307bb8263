"""A demo that was killed in a chapter is played to its end by the next one."""

from __future__ import annotations

from wavehouse.cli import demo_by_itself
from wavehouse.workspace import Workspace


def test_the_polls_of_an_interrupted_demo_do_not_replace_those_of_the_next(
    workspace: Workspace,
) -> None:
    """Each demo has a job for every feed but the first, and the old ones are cancelled."""
    with demo_by_itself._serving() as radio:
        feeds = [
            demo_by_itself._registered(workspace, workspace.identity, radio, number)
            for number in range(3)
        ]
    first = demo_by_itself._enqueued(workspace, workspace.identity, feeds)
    again = demo_by_itself._enqueued(workspace, workspace.identity, feeds)

    assert [1, 2] == sorted(first) == sorted(again)
    assert set(first.values()).isdisjoint(again.values())
    assert set(first.values()) == set(demo_by_itself._ends(workspace, workspace.identity, first))
