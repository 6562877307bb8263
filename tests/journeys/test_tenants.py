"""Two organizations on one installation: no route or command crosses between them."""

from __future__ import annotations

from pathlib import Path

from tests.tenants.commands import WITHOUT_TENANTS, leaves
from tests.tenants.walk import told, walk

from wavehouse.cli.root import root
from wavehouse.workspace import Workspace


def test_no_route_and_no_command_crosses_from_one_tenant_to_another(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Every route and command, in both directions, with the other's ids: nothing is disclosed."""
    walked = walk(workspace, tmp_path)
    print(told(walked))

    assert [] == walked.crossings
    assert 130 <= len(walked.routes)
    assert 30 <= len(walked.commands)
    assert 150 <= walked.reached


def test_every_command_that_is_not_walked_has_a_reason() -> None:
    """Every command in the list of exceptions exists."""
    names = {name for name, _ in leaves(root)}
    known = names | {name.split(" ", 1)[0] for name in names}

    assert set() == set(WITHOUT_TENANTS) - known
