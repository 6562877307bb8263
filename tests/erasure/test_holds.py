"""When a legal hold ends, somebody is reminded of the people whom it kept (RT5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from tests.erasing import Person, dumped

from wavehouse import erasure, governance
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.erasure.checks import erasures
from wavehouse.erasure.service import holds, requesting
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def erased(workspace: Workspace, email: str) -> UUID:
    key = erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, email), undo_days=0,
    ).request.erasure_request_id  # fmt: skip
    erasure.approve(workspace.stores, identity=workspace.identity, request_id=key, reason="asked")
    erasure.run(workspace.stores, workspace.settings, identity=workspace.identity, request_id=key)
    return key


@pytest.mark.parametrize("of_table", [False, True])
def test_the_end_of_a_hold_is_reported_until_the_person_is_erased(
    workspace: Workspace, person: Make, of_table: bool
) -> None:
    """Not while it lasts; by doctor afterwards; and no longer once the request was repeated."""
    anna = person("anna@example.org")
    until = clock.now() + timedelta(days=5)
    if of_table:
        with workspace.stores.operational.worker() as tx:
            governance.hold_table(
                tx,
                workspace.settings,
                identity=workspace.identity,
                table="listeners.listeners.devices",
                reason="a case",
                expires_at=until,
            )
    else:
        requesting.hold(
            workspace.stores, identity=workspace.identity,
            wanted=Wanted(SubjectKind.LISTENER, anna.email), reason="a case", until=until,
        )  # fmt: skip
    key = erased(workspace, anna.email)
    assert [] == holds.ended(workspace.stores, identity=workspace.identity)
    with clock.frozen(until - timedelta(microseconds=1)):
        assert [] == holds.ended(workspace.stores, identity=workspace.identity)
        assert erasures(workspace).ok
    with clock.frozen(until):
        assert [key] == holds.ended(workspace.stores, identity=workspace.identity)
        finding = erasures(workspace)
        assert (False, f"wavehouse erasure show {key}") == (finding.ok, finding.command)
        assert "1 were held" in finding.message
        assert anna.email in dumped(workspace)
        erased(workspace, anna.email)
        assert [] == holds.ended(workspace.stores, identity=workspace.identity)
    assert anna.email not in dumped(workspace)
