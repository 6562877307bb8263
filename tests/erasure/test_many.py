"""Many erasures in one pass end as each of them would alone; one that stops holds up no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests import erasing
from tests.erasing import Person, dumped, filed
from tests.learning.desk import Desk

from wavehouse import erasure, sponsorship
from wavehouse.erasure import Channel, Purpose, Status, SubjectKind, Wanted, jobs
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.service import certifying, requesting
from wavehouse.erasure.service.many import running, steps
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.learning.service import recording, sessions
from wavehouse.sponsorship.types import ConversionInput, ConversionType
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def _receipt(workspace: Workspace, key: UUID) -> list[tuple[str, str, int, int | None, str]]:
    _, steps = erasure.show(workspace.stores, identity=workspace.identity, request_id=key)
    return [(s.store, s.table_name, s.batch, s.rows_touched, s.status) for s in steps]


def _run(
    workspace: Workspace, ids: list[UUID]
) -> tuple[list[erasure.Outcome], list[erasure.Stopped]]:
    return erasure.run_many(
        workspace.stores, workspace.settings, identity=workspace.identity, request_ids=ids
    )


def test_each_of_many_ends_as_it_would_alone(workspace: Workspace, person: Make) -> None:
    """The same receipt, plan digest and certificate levels as of one who is erased alone."""
    people = [person(f"p{number}@example.org") for number in range(6)]
    alone, kept, together = people[0], people[1], people[2:]
    key = filed(workspace, alone)
    one = erasure.run(
        workspace.stores, workspace.settings, identity=workspace.identity, request_id=key
    )
    ids = [filed(workspace, each) for each in together]

    outcomes, stopped = _run(workspace, ids)

    assert [] == stopped
    assert [Status.COMPLETED] * 4 == [each.request.status for each in outcomes]
    expected = _receipt(workspace, key)
    assert sum(rows or 0 for *_, rows, _ in expected) >= 7
    assert [expected] * 4 == [_receipt(workspace, each) for each in ids]
    assert {one.request.plan_digest} == {each.request.plan_digest for each in outcomes}
    wanted = dict(one.certificate or {})
    for outcome in outcomes:
        document = dict(outcome.certificate or {})
        assert wanted["steps"] == document["steps"]
        assert wanted["levels"]["typed"] == document["levels"]["typed"]
        assert wanted["levels"]["paranoid"] == document["levels"]["paranoid"]
        assert document == certifying.signed(
            workspace.settings, {k: v for k, v in document.items() if k != "signature"}
        )
    everything = dumped(workspace)
    assert [] == [word for each in [alone, *together] for word in each.words if word in everything]
    assert all(word in everything for word in kept.words)


def test_every_request_has_its_ledger_lines_and_audit_entries(
    workspace: Workspace, person: Make
) -> None:
    """Intent before, done after, with the hashes of this person alone; planned and completed."""
    ids = [filed(workspace, person(f"p{number}@example.org")) for number in range(3)]
    _run(workspace, ids)
    lines = list(ledger_file.read(ledger_file.ledger_path(workspace.settings.home)))
    assert Counter({(key, purpose): 1 for key in ids for purpose in ("intent", "done")}) == Counter(
        (line.request_id, line.purpose) for line in lines
    )
    hashes = [{value for _, value in line.hashes} for line in lines if line.purpose == "intent"]
    assert not set.intersection(*hashes)
    with workspace.stores.operational.worker() as tx:
        rows = tx.tuples(
            "SELECT resource_id, action FROM audit.audit_log WHERE resource_type = %s",
            ["erasure request"],
        ).fetchall()
    for verb in ("filed", "planned", "completed"):
        assert {str(key) for key in ids} == {i for i, a in rows if a == f"erasure_request.{verb}"}


def test_whoever_stops_is_named_and_holds_up_nobody(workspace: Workspace, person: Make) -> None:
    """A hold, a changed plan, a missing approval, an unknown id, a copy: five others are erased."""
    people = [person(f"p{number}@example.org") for number in range(5)]
    ids = [filed(workspace, each) for each in people]
    held, changed, waits, copied = [
        person(f"{n}@example.org") for n in ("aa1", "bb2", "cc3", "dd4")
    ]
    requesting.hold(
        workspace.stores,
        identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, held.email),
        reason="a case",
        until=clock.now() + timedelta(days=9),
    )
    is_held = filed(workspace, held)
    has_changed = filed(workspace, changed)
    with workspace.stores.listeners.worker() as tx:
        tx.execute(
            "UPDATE governance.erasure_requests SET plan_digest = sha256('x')"
            " WHERE erasure_request_id = %s",
            [has_changed],
        )
    common = (workspace.stores, workspace.settings)
    unapproved = erasure.file(
        *common, identity=workspace.identity, wanted=Wanted(SubjectKind.LISTENER, waits.email)
    ).request.erasure_request_id
    copy = erasure.file(
        *common,
        identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, copied.email),
        purpose=Purpose.ACCESS,
        channel=Channel.SESSION,
    ).request.erasure_request_id
    unknown = uuid4()

    outcomes, stopped = _run(workspace, [unapproved, *ids, copy, unknown, has_changed, is_held])

    ended = {each.request.erasure_request_id: each.request.status for each in outcomes}
    assert {**dict.fromkeys(ids, Status.COMPLETED), is_held: Status.PARTIALLY_HELD} == ended
    reasons = {each.request_id: each.reason for each in stopped}
    assert {unapproved, copy, unknown, has_changed} == set(reasons)
    assert "waits for the approval" in reasons[unapproved]
    assert "for a copy" in reasons[copy]
    assert "no such request" in reasons[unknown]
    assert "the plan has changed" in reasons[has_changed]
    everything = dumped(workspace)
    assert [] == [word for each in people for word in each.words if word in everything]
    for kept in (held, changed, waits, copied):
        assert kept.email in everything


def test_a_residue_of_one_is_found_and_the_others_end(
    workspace: Workspace, person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's address in a note of another table: that request fails, and says where."""
    people = [person(f"p{number}@example.org") for number in range(4)]
    ids = [filed(workspace, each) for each in people]
    with psycopg.connect(workspace.stores.listeners.place.admin, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO listeners.listeners (email, email_display) VALUES"
            " ('kept@example.org', 'Kept') ON CONFLICT DO NOTHING"
        )
        admin.execute(
            "UPDATE listeners.listeners SET email_display = 'wrote to p2@example.org'"
            " WHERE email = 'kept@example.org'"
        )

    outcomes, stopped = _run(workspace, ids)

    assert {ids[0], ids[1], ids[3]} == {each.request.erasure_request_id for each in outcomes}
    assert [(ids[2], "an identifier was found in listeners.listeners.listeners")] == [
        (each.request_id, each.reason) for each in stopped
    ]
    request = erasure.get(workspace.stores, identity=workspace.identity, request_id=ids[2])
    assert Status.FAILED == request.status


def test_a_stopped_pass_resumes_with_the_same_receipts(workspace: Workspace, person: Make) -> None:
    """Stopped at every step in turn, as by a kill: what was committed is not done again."""
    first = filed(workspace, person("first@example.org"))
    _run(workspace, [first])
    expected = _receipt(workspace, first)
    ids = [filed(workspace, person(f"p{number}@example.org")) for number in range(3)]

    class Killed(BaseException):
        pass

    seen: set[str] = set()
    while True:

        def step(name: str) -> None:
            if name not in seen:
                seen.add(name)
                raise Killed

        try:
            outcomes, _ = erasure.run_many(
                workspace.stores,
                workspace.settings,
                identity=workspace.identity,
                request_ids=ids,
                on_step=step,
            )
            break
        except Killed:
            continue
    assert len(seen) > 10
    assert {"verification"} < seen
    assert 3 == len(outcomes)
    assert [expected] * 3 == [_receipt(workspace, each) for each in ids]


def test_a_statement_that_fails_for_all_is_repeated_for_each(
    workspace: Workspace, person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shared pass breaks in its middle: everybody is carried out alone from there."""
    ids = [filed(workspace, person(f"p{number}@example.org")) for number in range(3)]
    real = steps.carry_out

    def breaks(stores: Any, settings: Any, works: Any, _: object) -> None:
        real(stores, settings, works, fails)

    def fails(name: str) -> None:
        if name.endswith("devices"):
            raise Conflict("broken on purpose")

    monkeypatch.setattr(running, "carry_out", breaks)
    outcomes, stopped = _run(workspace, ids)
    assert [] == stopped
    assert [Status.COMPLETED] * 3 == [each.request.status for each in outcomes]


def _learner(workspace: Workspace, account: str) -> None:
    desk = Desk(workspace)
    desk.content("a")
    for number in range(2):
        session = f"session-{number}-{account}"
        desk.call(sessions.start_session, session_id=session, account_id=account)
        events = [replace(each, event_id=f"{each.event_id} {session}") for each in desk.heard("a")]
        desk.call(recording.record_events, session_id=session, events=events)


def _order(workspace: Workspace, order: str) -> None:
    for value in ("12.50", "-2.50"):
        conversion = ConversionInput(
            occurred_at=clock.now() - timedelta(days=1),
            promo_code="SAVE10",
            conversion_type=ConversionType.PURCHASE,
            value=Decimal(value),
            currency="EUR",
            order_id=order,
        )
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            sponsorship.record_conversion(
                tx, identity=workspace.identity, conversion=conversion, source_name="shop"
            )


@pytest.mark.parametrize(
    ("kind", "make"), [(SubjectKind.LEARNER, _learner), (SubjectKind.BUYER, _order)]
)
def test_learners_and_buyers_end_together_as_alone(
    workspace: Workspace, kind: SubjectKind, make: Callable[[Workspace, str], None]
) -> None:
    """Rows that are reached by way of others, too; the neighbour stays."""
    words = [f"person-{number}-7f3a9c" for number in range(5)]
    for word in words:
        make(workspace, word)
    alone = erasing.erased(workspace, Wanted(kind, words[0])).request.erasure_request_id
    ids = []
    for word in words[1:4]:
        filed = erasure.file(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            wanted=Wanted(kind, word),
        )
        ids.append(filed.request.erasure_request_id)
        erasure.approve(
            workspace.stores, identity=workspace.identity, request_id=ids[-1], reason="asked"
        )

    outcomes, stopped = _run(workspace, ids)

    assert ([], 3) == (stopped, len(outcomes))
    expected = _receipt(workspace, alone)
    assert any(rows for *_, rows, _ in expected)
    assert [expected] * 3 == [_receipt(workspace, each) for each in ids]
    everything = dumped(workspace)
    assert [words[4]] == [word for word in words if word in everything]


def test_the_worker_carries_out_what_waits_and_names_what_stops(
    workspace: Workspace, person: Make
) -> None:
    """Its line has the ids of the stopped ones; the others are completed."""
    ids = [filed(workspace, person(f"p{number}@example.org")) for number in range(3)]
    with workspace.stores.listeners.worker() as tx:
        tx.execute(
            "UPDATE governance.erasure_requests SET plan_digest = sha256('x')"
            " WHERE erasure_request_id = %s",
            [ids[1]],
        )
    line = jobs.erasing(workspace)() or ""
    assert line.startswith(f"Erasure {ids[1]}: the plan has changed")
    assert 1 == len(line.splitlines())
    states = {
        each.erasure_request_id: each.status
        for each in erasure.listed(workspace.stores, identity=workspace.identity)
    }
    assert {ids[0]: Status.COMPLETED, ids[1]: Status.FAILED, ids[2]: Status.COMPLETED} == states


def test_a_request_for_a_copy_is_never_carried_out_as_an_erasure(
    workspace: Workspace, person: Make
) -> None:
    """Also when somebody runs it by its id: the person is still there."""
    anna = person("anna@example.org")
    filed = erasure.file(
        workspace.stores,
        workspace.settings,
        identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, anna.email),
        purpose=Purpose.ACCESS,
        channel=Channel.SESSION,
    )
    with pytest.raises(Conflict, match="for a copy"):
        erasure.run(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            request_id=filed.request.erasure_request_id,
        )
    assert anna.email in dumped(workspace)
