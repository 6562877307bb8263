"""What waits is carried out whatever it is; approvals that were interrupted get their undo period.

Listeners, learners and buyers share statements (``test_many``); creators and organizations do not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.erasing import Person, dumped
from tests.tenants import member_of, second_organization
from tests.tenants.world import two_tenants

from wavehouse import erasure
from wavehouse.accounts import Role
from wavehouse.erasure import Channel, Status, SubjectKind, Wanted
from wavehouse.erasure.jobs import erasing
from wavehouse.erasure.service import certifying, requesting
from wavehouse.erasure.service.many import certifying as many_certifying
from wavehouse.erasure.service.many import running
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def approved(
    workspace: Workspace, by: Workspace, kind: SubjectKind, value: str, undo_days: int = 0
) -> UUID:
    """A request that one administrator filed and another one approved."""
    key = erasure.file(
        workspace.stores,
        workspace.settings,
        identity=workspace.identity,
        wanted=Wanted(kind, value),
        undo_days=undo_days,
    ).request.erasure_request_id
    erasure.approve(by.stores, identity=by.identity, request_id=key, reason="asked")
    return key


def status_of(workspace: Workspace, key: UUID) -> str:
    return erasure.get(workspace.stores, identity=workspace.identity, request_id=key).status


def test_creators_and_organizations_that_wait_are_carried_out_one_by_one(
    workspace: Workspace, tmp_path: Path, person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first fails, one fails in the server, one has another plan: all the others end.

    The organization is last, although its request is the oldest: its creators' certificates exist.
    """
    first, second = two_tenants(workspace, tmp_path)
    home, other = first.workspace, second.workspace
    boss = member_of(other, Role.ADMIN, "Other Boss")
    whole = approved(boss, other, SubjectKind.ORGANIZATION, "zqbirch")
    creators = [member_of(other, Role.USER, f"Creator Zq{number}") for number in range(4)]
    names = [f"creator.zq{number}@members.example" for number in range(4)]
    assert 4 == len(creators)
    ids = [approved(boss, other, SubjectKind.CREATOR, name) for name in names]
    listener = person("waits@example.org")
    heard = erasure.file(
        home.stores, home.settings, identity=home.identity,
        wanted=Wanted(SubjectKind.LISTENER, listener.email), channel=Channel.SESSION,
    ).request.erasure_request_id  # fmt: skip
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "UPDATE governance.erasure_requests SET plan_digest = sha256('x')"
            " WHERE erasure_request_id = %s",
            [ids[0]],
        )
    real = certifying.finish

    def breaks(*args: Any, request: erasure.Request, **named: Any) -> erasure.Outcome:
        if request.erasure_request_id == ids[1]:
            raise psycopg.errors.LockNotAvailable("on purpose")
        if request.erasure_request_id == ids[2]:
            raise RuntimeError("on purpose")
        return real(*args, request=request, **named)

    monkeypatch.setattr(certifying, "finish", breaks)
    outcomes, stopped = running.run_waiting(
        home.stores, home.settings, identity=home.identity, everywhere=True
    )

    assert {ids[3], whole, heard} == {each.request.erasure_request_id for each in outcomes}
    order = [each.request.erasure_request_id for each in outcomes]
    assert order.index(ids[3]) < order.index(whole)
    reasons = {each.request_id: each.reason for each in stopped}
    assert set(ids[:3]) == set(reasons)
    assert "the plan has changed" in reasons[ids[0]]
    assert "LockNotAvailable" in reasons[ids[1]]
    assert "unexpected error: RuntimeError" == reasons[ids[2]]
    assert Status.FAILED == status_of(other, ids[1])

    monkeypatch.undo()
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "UPDATE governance.erasure_requests SET plan_digest = NULL"
            " WHERE erasure_request_id = %s",
            [ids[0]],
        )
    outcomes, stopped = running.run_waiting(
        home.stores, home.settings, identity=home.identity, everywhere=True
    )
    assert ([], set(ids[:3])) == (stopped, {o.request.erasure_request_id for o in outcomes})
    everything = dumped(workspace)
    assert [] == [word for word in (*names, *listener.words) if word in everything]


def test_two_administrators_may_not_both_be_erased(workspace: Workspace) -> None:
    """Both requests were right when they were filed; the second would leave nobody."""
    other = second_organization(workspace, "Two Bosses")
    boss = member_of(other, Role.ADMIN, "Boss Two")
    one = approved(boss, other, SubjectKind.CREATOR, "admin@two-bosses.invalid")
    two = approved(other, boss, SubjectKind.CREATOR, "boss.two@members.example")
    outcomes, stopped = running.run_waiting(other.stores, other.settings, identity=other.identity)
    assert [one] == [each.request.erasure_request_id for each in outcomes]
    assert [(two, "this is the organization's only administrator")] == [
        (each.request_id, each.reason) for each in stopped
    ]
    assert Status.VERIFIED == status_of(other, two)
    with workspace.stores.operational.worker() as tx:
        assert tx.value(
            "SELECT is_active FROM accounts.users WHERE user_id = %s", [boss.identity.user_id]
        )
    member_of(other, Role.ADMIN, "Boss Three")
    outcomes, stopped = running.run_waiting(other.stores, other.settings, identity=other.identity)
    assert ([], [two]) == (stopped, [each.request.erasure_request_id for each in outcomes])


def test_a_verification_that_breaks_for_many_is_repeated_for_each(
    workspace: Workspace, person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the certificates of some were signed, too: nobody is missing, nobody is named twice."""
    people = [person(f"p{number}@example.org") for number in range(4)]
    ids = [
        erasure.file(
            workspace.stores, workspace.settings, identity=workspace.identity,
            wanted=Wanted(SubjectKind.LISTENER, each.email), channel=Channel.SESSION,
        ).request.erasure_request_id
        for each in people
    ]  # fmt: skip
    real = many_certifying._certified
    calls: list[int] = []

    def breaks(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        return real(*args)

    monkeypatch.setattr(many_certifying, "_SIGNED_TOGETHER", 1)
    monkeypatch.setattr(many_certifying, "_certified", breaks)
    outcomes, stopped = erasure.run_many(
        workspace.stores, workspace.settings, identity=workspace.identity, request_ids=ids
    )
    assert ([], sorted(ids)) == (stopped, sorted(o.request.erasure_request_id for o in outcomes))
    assert all(outcome.certificate for outcome in outcomes)
    everything = dumped(workspace)
    assert [] == [word for each in people for word in each.words if word in everything]


def test_an_approval_that_was_interrupted_does_not_lose_the_undo_period(
    workspace: Workspace, person: Make
) -> None:
    """Killed after the decision, before the person was hidden: the worker begins the period.

    Without it, the request was never carried out, and a run by hand erased at once.
    """
    anna = person("anna@example.org")
    key = erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, anna.email), undo_days=3,
    ).request.erasure_request_id  # fmt: skip
    with workspace.stores.listeners.worker() as tx:
        tx.execute(
            "UPDATE governance.erasure_requests SET status = 'verified', verified_at = now()"
            " WHERE erasure_request_id = %s",
            [key],
        )
    outcomes, stopped = running.run_waiting(
        workspace.stores, workspace.settings, identity=workspace.identity
    )
    assert [] == outcomes
    assert ["the undo period lasts until"] == [each.reason[:27] for each in stopped]
    assert Status.SOFT_DELETED == status_of(workspace, key)
    assert ([], []) == running.run_waiting(
        workspace.stores, workspace.settings, identity=workspace.identity
    )
    erasure.undo(workspace.stores, identity=workspace.identity, request_id=key)
    assert anna.email in dumped(workspace)


def test_an_approval_whose_plan_is_refused_changes_nothing(
    workspace: Workspace, person: Make
) -> None:
    """A table was renamed: the approval says so, and can be given later, with its undo period."""
    anna = person("anna@example.org")
    key = erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, anna.email), undo_days=3,
    ).request.erasure_request_id  # fmt: skip
    admin = workspace.stores.listeners.place.admin
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ALTER TABLE listeners.devices RENAME TO gadgets")
        try:
            with pytest.raises(Conflict):
                erasure.approve(
                    workspace.stores, identity=workspace.identity, request_id=key, reason="asked"
                )
        finally:
            connection.execute("ALTER TABLE listeners.gadgets RENAME TO devices")
    assert Status.RECEIVED == status_of(workspace, key)
    erasure.approve(workspace.stores, identity=workspace.identity, request_id=key, reason="asked")
    assert Status.SOFT_DELETED == status_of(workspace, key)
    request = requesting.get(workspace.stores, identity=workspace.identity, request_id=key)
    assert request.plan_digest is not None


def test_a_stopped_request_is_tried_again_later_and_later(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each minute's run takes the others; the stopped one after 2, 4, 8 minutes, then daily."""
    home = workspace
    other = second_organization(workspace, "Stopping House")
    boss = member_of(other, Role.ADMIN, "Boss")
    member_of(other, Role.USER, "Stopping Person")
    request_id = approved(boss, other, SubjectKind.CREATOR, "stopping.person@members.example")
    real, tried = certifying.finish, []

    def breaks(*args: Any, request: erasure.Request, **named: Any) -> erasure.Outcome:
        tried.append(clock.now())
        raise RuntimeError("on purpose")

    monkeypatch.setattr(certifying, "finish", breaks)
    work, start = erasing(home), clock.now()
    messages: list[str] = []
    for minute in range(70):
        with clock.frozen(start + timedelta(minutes=minute)):
            messages += filter(None, [work()])

    assert [0, 2, 6, 14, 30, 62] == [(at - start) // timedelta(minutes=1) for at in tried]
    assert len(tried) == len(messages)
    assert f"or now: wavehouse erasure run {request_id}" in messages[0]
    monkeypatch.setattr(certifying, "finish", real)
    with clock.frozen(start + timedelta(minutes=127)):
        assert None is work()
    assert Status.COMPLETED == status_of(other, request_id)
