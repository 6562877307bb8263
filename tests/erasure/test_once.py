"""Decisions and certificates that are made once, and hide or show nobody else's choice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from tests.erasing import Person
from tests.tenants import member_of

from wavehouse import erasure
from wavehouse.accounts import Role
from wavehouse.erasure import Channel, Purpose, Rejection, SubjectKind, Wanted
from wavehouse.erasure.service import deciding
from wavehouse.kernel.errors import Refused
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def filed(
    workspace: Workspace, kind: SubjectKind, value: str, purpose: Purpose = Purpose.ERASURE
) -> UUID:
    return erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(kind, value), purpose=purpose, undo_days=2,
    ).request.erasure_request_id  # fmt: skip


def active(workspace: Workspace, member: Workspace) -> bool:
    with workspace.stores.operational.worker() as tx:
        return bool(
            tx.value(
                "SELECT is_active FROM accounts.users WHERE user_id = %s", [member.identity.user_id]
            )
        )


@pytest.mark.parametrize("was_active", [True, False])
@pytest.mark.parametrize("is_hidden", [True, False])
def test_an_account_is_as_active_after_a_rejected_request_as_before(
    workspace: Workspace, was_active: bool, is_hidden: bool
) -> None:
    """Somebody who left and was blocked could sign in again after an undo or a rejection."""
    member = member_of(workspace, Role.USER, "Former Colleague")
    boss = member_of(workspace, Role.ADMIN, "Boss Two")
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "UPDATE accounts.users SET is_active = %s WHERE user_id = %s",
            [was_active, member.identity.user_id],
        )
    key = filed(workspace, SubjectKind.CREATOR, "former.colleague@members.example")
    if is_hidden:
        erasure.approve(boss.stores, identity=boss.identity, request_id=key, reason="asked")
        assert not active(workspace, member)
        erasure.undo(workspace.stores, identity=workspace.identity, request_id=key)
    else:
        deciding.reject(
            boss.stores, identity=boss.identity, request_id=key,
            rejection=Rejection.UNFOUNDED, reason="no",
        )  # fmt: skip
    assert was_active is active(workspace, member)


def test_the_rejection_of_a_copy_does_not_show_a_person_who_is_hidden(
    workspace: Workspace, person: Make
) -> None:
    """Both requests are open; only the erasure hides."""
    anna = person("anna@example.org")
    erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, anna.email), channel=Channel.SESSION, undo_days=3,
    )  # fmt: skip
    copy = filed(workspace, SubjectKind.LISTENER, anna.email, Purpose.ACCESS)
    deciding.reject(
        workspace.stores, identity=workspace.identity, request_id=copy,
        rejection=Rejection.UNFOUNDED, reason="no",
    )  # fmt: skip
    with workspace.stores.listeners.worker() as tx:
        assert tx.value(
            "SELECT deleted_at IS NOT NULL FROM listeners.listeners WHERE email = %s", [anna.email]
        )


def test_runs_at_once_end_in_one_certificate(workspace: Workspace, person: Make) -> None:
    """Three verify side by side: each returns the stored one, and the end is recorded once."""
    anna = person("anna@example.org")
    key = filed(workspace, SubjectKind.LISTENER, anna.email)
    erasure.approve(workspace.stores, identity=workspace.identity, request_id=key, reason="asked")
    together = Barrier(3)

    def step(name: str) -> None:
        if name == "verification: typed":
            together.wait(60)

    def run(_: int) -> dict[str, object]:
        outcome = erasure.run(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            request_id=key,
            now=True,
            on_step=step,
        )
        return dict(outcome.certificate or {})

    with ThreadPoolExecutor(3) as pool:
        certificates = list(pool.map(run, range(3)))
    stored = erasure.certificate(workspace.stores, identity=workspace.identity, request_id=key)
    assert [stored] * 3 == certificates
    with workspace.stores.operational.worker() as tx:
        ends = tx.value(
            "SELECT count(*) FROM audit.audit_log WHERE resource_id = %s AND action = %s",
            [str(key), "erasure_request.completed"],
        )
    assert 1 == ends


def test_only_administrators_decide(workspace: Workspace, person: Make) -> None:
    """The edges refuse others, too; so does the service."""
    anna = person("anna@example.org")
    key = filed(workspace, SubjectKind.LISTENER, anna.email)
    low = member_of(workspace, Role.USER, "Low One")
    with pytest.raises(Refused):
        erasure.approve(low.stores, identity=low.identity, request_id=key, reason="asked")
    with pytest.raises(Refused):
        deciding.reject(
            low.stores, identity=low.identity, request_id=key,
            rejection=Rejection.UNFOUNDED, reason="no",
        )  # fmt: skip
