"""Erasure from request to certificate, on the real databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests import erasing
from tests.erasing import Person, dumped

from wavehouse import erasure, governance, listeners
from wavehouse.erasure import Channel, Rejection, Status, SubjectKind, Wanted
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.service import certifying, executing, requesting
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn, Refused
from wavehouse.kernel.ids import OrganizationId, UserId
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def _file(place: Workspace, email: str, **more: Any) -> erasure.Request:
    return erasure.file(
        place.stores, place.settings, identity=place.identity,
        wanted=Wanted(SubjectKind.LISTENER, email), **more,
    ).request  # fmt: skip


def _approved(place: Workspace, email: str) -> erasure.Request:
    request = _file(place, email)
    return erasure.approve(
        place.stores,
        identity=place.identity,
        request_id=request.erasure_request_id,
        reason="asked on the phone",
    )


def _run(place: Workspace, request: erasure.Request, **more: Any) -> erasure.Outcome:
    return erasure.run(
        place.stores, place.settings, identity=place.identity,
        request_id=request.erasure_request_id, **more,
    )  # fmt: skip


def test_a_listener_is_erased_and_a_raw_dump_finds_nothing(
    workspace: Workspace, person: Make
) -> None:
    """Rows, files and the request itself; the neighbour with an address like theirs is whole."""
    anna, other = person("anna@example.org"), person("joanna@example.org")
    words = (anna.email + '"', str(anna.listener_id), anna.payer)
    before = dumped(workspace)
    assert all(word.rstrip('"') in before for word in words)

    outcome = _run(workspace, _approved(workspace, anna.email))

    after = dumped(workspace)
    assert Status.COMPLETED == outcome.request.status
    assert outcome.request.subject_id is None
    assert [] == [word for word in (str(anna.listener_id), anna.payer) if word in after]
    assert "anna@example.org" not in after.replace("joanna@example.org", "")
    assert all(word in after for word in (other.email, str(other.listener_id), other.payer))
    with workspace.stores.listeners.worker() as tx:
        kept = tx.tuples(
            "SELECT listener_id, subject_pseudonym IS NOT NULL, status"
            " FROM listeners.entitlements WHERE listener_id IS NULL"
        ).fetchall()
    assert [(None, True, "revoked")] == kept


def test_the_certificate_reports_levels_apart_and_a_changed_one_is_refused(
    workspace: Workspace, person: Make, tmp_path: Path
) -> None:
    """Signed; levels that were not run claim nothing; neither the person nor any id is in it."""
    anna = person("anna@example.org")
    outcome = _run(workspace, _approved(workspace, anna.email))
    document = dict(outcome.certificate or {})
    levels = document["levels"]
    assert ("nothing found", "nothing found", "nothing found", "not run") == tuple(
        levels[name]["result"] for name in ("typed", "paranoid", "files", "deep")
    )
    assert levels["paranoid"]["scanned"]["tables"] > 150
    text = json.dumps(document)
    assert [] == [w for w in (anna.email, str(anna.listener_id), anna.payer) if w in text]
    assert document["second_person"] is False
    assert "sole administrator" in document["decision"]
    file = tmp_path / "certificate.json"
    certifying.write(document, file)
    content, is_own = certifying.check(file, home=workspace.settings.home)
    assert (True, "completed") == (is_own, content["status"])
    file.write_text(file.read_text().replace('"completed"', '"partially_held"', 1))
    with pytest.raises(Conflict, match="changed after it was signed"):
        certifying.check(file, home=workspace.settings.home)
    file.write_text("[]")
    with pytest.raises(InvalidInput):
        certifying.check(file, home=workspace.settings.home)
    certifying.write(document, tmp_path / "certificate.pdf")
    assert b"%PDF-" == (tmp_path / "certificate.pdf").read_bytes()[:5]


def test_two_requests_for_one_person_are_one_and_two_runs_are_one(
    workspace: Workspace, person: Make
) -> None:
    """Filed by ten threads at once, then run by four: one request, one certificate."""
    person("anna@example.org")
    with ThreadPoolExecutor(10) as pool:
        filed = list(pool.map(lambda _: _file(workspace, "anna@example.org"), range(10)))
    assert 1 == len({each.erasure_request_id for each in filed})
    request = _approved(workspace, "anna@example.org")
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(_run, workspace, request) for _ in range(4)]
    ended = [r.result().request.status for r in results if r.exception() is None]
    assert Status.COMPLETED in ended
    assert [] == [e for r in results if (e := r.exception()) and not isinstance(e, Conflict)]


def test_an_administrators_request_needs_another_one(workspace: Workspace, person: Make) -> None:
    """Refused for the author, once there is somebody else; a reason is required of everybody."""
    person("anna@example.org")
    request = _file(workspace, "anna@example.org")
    with workspace.stores.operational.worker() as tx:
        second = tx.value(
            "INSERT INTO accounts.users (organization_id, email, name, password_hash, role)"
            " VALUES (%s, 'second@example.org', 'Second', '!', 'admin') RETURNING user_id",
            [workspace.identity.organization_id],
        )
    key = request.erasure_request_id
    with pytest.raises(Refused, match="cannot approve"):
        erasure.approve(
            workspace.stores, identity=workspace.identity, request_id=key, reason="mine"
        )
    other = replace(workspace.identity, user_id=UserId(second))
    with pytest.raises(InvalidInput, match="reason"):
        erasure.approve(workspace.stores, identity=other, request_id=key, reason=" ")
    with pytest.raises(Conflict, match="waits for the approval of another administrator"):
        _run(workspace, request)
    approved = erasure.approve(workspace.stores, identity=other, request_id=key, reason="by phone")
    assert (second, "by phone") == (approved.decided_by, approved.decision_reason)
    outcome = _run(workspace, approved)
    assert outcome.certificate is not None
    assert outcome.certificate["second_person"] is True


def test_an_undo_period_hides_and_an_undone_request_changes_nothing(
    workspace: Workspace, person: Make
) -> None:
    """Hidden people cannot be found; undone within seven days, everything is there; later not."""
    anna = person("anna@example.org")
    at = clock.now()
    with clock.frozen(at):
        request = _file(workspace, anna.email, channel=Channel.SESSION, undo_days=7)
        assert Status.SOFT_DELETED == request.status
        with workspace.stores.listeners.worker() as tx, pytest.raises(NotFound):
            listeners.find(tx, email=anna.email)
        with pytest.raises(Conflict, match="undo period lasts"):
            _run(workspace, request)
        undone = erasure.undo(
            workspace.stores,
            identity=workspace.identity,
            request_id=request.erasure_request_id,
        )
        assert (Status.REJECTED, Rejection.UNDONE) == (undone.status, undone.rejected_reason)
        with workspace.stores.listeners.worker() as tx:
            assert anna.listener_id == listeners.find(tx, email=anna.email).listener_id
        again = _file(workspace, anna.email, channel=Channel.SESSION, undo_days=7)
    with clock.frozen(at + timedelta(days=7, seconds=1)):
        with pytest.raises(Conflict, match="cannot be undone"):
            erasure.undo(
                workspace.stores,
                identity=workspace.identity,
                request_id=again.erasure_request_id,
            )
        waiting = erasure.waiting(workspace.stores, identity=workspace.identity)
        assert [again.erasure_request_id] == waiting
        assert Status.COMPLETED == _run(workspace, again).request.status


def test_a_link_works_once_and_shows_who_has_the_mailbox(
    workspace: Workspace, person: Make
) -> None:
    """Fifty redemptions at once: one; an expired or unknown link is nobody."""
    person("anna@example.org")
    filed = erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, "anna@example.org"), channel=Channel.SIGNED_LINK,
    )  # fmt: skip
    assert Status.IDENTITY_PENDING == filed.request.status

    def redeem(_: int) -> str:
        try:
            return erasure.confirm(
                workspace.stores, identity=workspace.identity, token=filed.token
            ).status
        except NotSignedIn:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(redeem, range(50)))
    assert (1, 49) == (results.count(Status.VERIFIED), results.count("refused"))


class Killed(BaseException):
    """The process is gone: nothing of the program runs any more."""


def test_a_run_that_is_killed_at_any_step_goes_on_to_the_same_end(
    workspace: Workspace, person: Make
) -> None:
    """Killed before each step in turn, then run again: completed, nothing left, counted once."""
    anna = person("anna@example.org")
    request = _approved(workspace, anna.email)
    names: list[str] = []
    steps = len(
        erasure.preview(
            workspace.stores, identity=workspace.identity, request_id=request.erasure_request_id
        ).plan.steps
    )
    for number in range(1, steps, 3):
        count = 0

        def die(name: str, limit: int = number) -> None:
            nonlocal count
            count += 1
            if count == limit:
                raise Killed(name)

        with pytest.raises(Killed):
            _run(workspace, request, on_step=die)
        names.append(str(number))
    outcome = _run(workspace, request)
    assert len(names) > 8
    assert Status.COMPLETED == outcome.request.status
    rows = {each.table_name: each.rows_touched for each in outcome.done}
    assert (1, 1, 1) == tuple(
        rows[f"listeners.{table}"] for table in ("listeners", "devices", "entitlements")
    )
    assert [] == [
        w for w in (anna.email, str(anna.listener_id), anna.payer) if w in dumped(workspace)
    ]


def test_the_operators_command_finishes_an_erasure_that_was_killed_after_the_rows_were_gone(
    workspace: Workspace, person: Make
) -> None:
    """The address is unknown by then; typed again, the command must not say so and stop there."""
    anna = person("anna@example.org")
    request = _approved(workspace, anna.email)

    def die(_: str) -> None:
        with workspace.stores.listeners.worker() as tx:
            if not tx.value("SELECT count(*) FROM listeners.listeners"):
                raise Killed

    with pytest.raises(Killed):
        _run(workspace, request, on_step=die)
    other = replace(workspace.identity, organization_id=OrganizationId(uuid4()))
    with pytest.raises(NotFound):
        erasure.erase_listener(
            workspace.stores, workspace.settings, identity=other, email=anna.email
        )
    outcome = erasure.erase_listener(
        workspace.stores, workspace.settings, identity=workspace.identity, email=anna.email
    )
    assert (request.erasure_request_id, Status.COMPLETED) == (
        outcome.request.erasure_request_id,
        outcome.request.status,
    )
    with pytest.raises(NotFound):
        erasing.listener(workspace, anna.email)


def test_a_table_that_was_renamed_stops_everything_before_it_begins(
    workspace: Workspace, person: Make
) -> None:
    """Named, with nothing removed; the same after it has its name again."""
    anna = person("anna@example.org")
    request = _approved(workspace, anna.email)
    admin = workspace.stores.listeners.place.admin
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ALTER TABLE listeners.devices RENAME TO gadgets")
    with pytest.raises(Conflict, match=r"listeners\.listeners\.devices is classified"):
        _run(workspace, request)
    with workspace.stores.listeners.worker() as tx:
        assert 1 == tx.value("SELECT count(*) FROM listeners.gadgets")
        assert 1 == tx.value("SELECT count(*) FROM listeners.app_passwords")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ALTER TABLE listeners.gadgets RENAME TO devices")
    assert Status.COMPLETED == _run(workspace, request).request.status


def test_a_hold_stops_the_person_or_the_table_with_what_it_refers_to(
    workspace: Workspace, person: Make
) -> None:
    """A held table and its parents stay, the rest goes; a plan from before the hold is refused."""
    anna = person("anna@example.org")
    request = _approved(workspace, anna.email)
    until = clock.now() + timedelta(days=30)
    with workspace.stores.operational.worker() as tx:
        governance.hold_table(
            tx, workspace.settings, identity=workspace.identity,
            table="listeners.listeners.devices", reason="A dispute.", expires_at=until,
        )  # fmt: skip
    with pytest.raises(Conflict, match="the plan has changed"):
        _run(workspace, request)
    from wavehouse.erasure.service import deciding

    deciding.freeze(
        workspace.stores, identity=workspace.identity, request_id=request.erasure_request_id
    )
    outcome = _run(workspace, request)
    assert Status.PARTIALLY_HELD == outcome.request.status
    held = {each.table_name for each in outcome.done if each.status == "held"}
    assert {"listeners.devices", "listeners.listeners"} == held
    with workspace.stores.listeners.worker() as tx:
        assert 0 == tx.value("SELECT count(*) FROM listeners.subscriptions")

    berta = person("berta@example.org")
    requesting.hold(
        workspace.stores, identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, berta.email), reason="A dispute.", until=until,
    )  # fmt: skip
    kept = _run(workspace, _approved(workspace, berta.email))
    assert Status.PARTIALLY_HELD == kept.request.status
    assert 0 == sum(each.rows_touched or 0 for each in kept.done)


def test_the_ledger_is_on_disk_before_anything_is_removed_and_names_nobody(
    workspace: Workspace, person: Make
) -> None:
    """When it cannot be written, nothing begins; a torn line is left out, a damaged one refused."""
    anna = person("anna@example.org")
    request = _approved(workspace, anna.email)
    home = workspace.settings.home
    path = ledger_file.ledger_path(home)
    path.mkdir(parents=True)
    with pytest.raises(Conflict, match="could not be written"):
        _run(workspace, request)
    with workspace.stores.listeners.worker() as tx:
        assert 1 == tx.value("SELECT count(*) FROM listeners.devices")
        assert 0 == tx.value("SELECT count(*) FROM governance.erasure_ledger")
    path.rmdir()
    _run(workspace, request)
    assert 0o600 == path.stat().st_mode & 0o777
    purposes = [line.purpose for line in ledger_file.read(path)]
    assert ["intent", "done"] == purposes
    assert anna.email not in path.read_text()
    with path.open("a") as file:
        file.write('{"at":"2026')
    assert ["intent", "done"] == [line.purpose for line in ledger_file.read(path)]
    path.write_text('{"at":"2026"}\n' + path.read_text())
    with pytest.raises(InvalidInput, match="damaged"):
        list(ledger_file.read(path))


def test_a_replay_erases_again_whoever_a_restore_brought_back_and_nobody_new(
    workspace: Workspace, person: Make
) -> None:
    """The account is put back as it was; a person with the same address since then stays."""
    anna, other = person("anna@example.org"), person("berta@example.org")
    admin = workspace.stores.listeners.place.admin
    backup = _copied(admin, anna)
    _run(workspace, _approved(workspace, anna.email))
    assert 0 == _replayed(workspace)
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in backup:
            connection.execute(statement)
    assert 1 == _replayed(workspace)
    assert 0 == _replayed(workspace)
    assert "anna@example.org" not in dumped(workspace)
    with workspace.stores.listeners.worker() as tx:
        assert other.listener_id == listeners.find(tx, email=other.email).listener_id
    newcomer = person("anna@example.org")
    assert 0 == _replayed(workspace)
    with workspace.stores.listeners.worker() as tx:
        assert newcomer.listener_id == listeners.find(tx, email="anna@example.org").listener_id


def _copied(admin: str, person: Person) -> list[str]:
    """Statements that put a listener's account back."""
    with psycopg.connect(admin) as connection:
        row = connection.execute(
            "SELECT email, email_display, created_at::text FROM listeners.listeners"
            " WHERE listener_id = %s", [person.listener_id],
        ).fetchone()  # fmt: skip
    assert row is not None
    values = f"('{person.listener_id}', '{row[0]}', '{row[1]}', '{row[2]}')"
    columns = "(listener_id, email, email_display, created_at)"
    return [f"INSERT INTO listeners.listeners {columns} VALUES {values}"]


def _replayed(place: Workspace) -> int:
    done = erasure.replay(place.stores, place.settings, identity=place.identity)
    return len(done.erased)


def test_a_write_during_an_erasure_is_removed_or_refused(
    workspace: Workspace, person: Make
) -> None:
    """Rows that come after their table's step go with a later one; nothing is left."""
    anna = person("anna@example.org")
    request = _approved(workspace, anna.email)
    written = 0

    def write(name: str) -> None:
        nonlocal written
        if name == "listeners.listeners.listeners":
            with workspace.stores.listeners.worker() as tx:
                written += tx.execute(
                    "INSERT INTO listeners.devices (listener_id, device_id, name, kind,"
                    " last_seen_at) VALUES (%s, 'late', %s, 'mobile', now())",
                    [anna.listener_id, anna.email],
                )

    assert Status.COMPLETED == _run(workspace, request, on_step=write).request.status
    assert 1 == written
    assert anna.email not in dumped(workspace)


def test_a_creator_is_erased_and_the_work_of_the_organization_stays(workspace: Workspace) -> None:
    """The user's row has no name and address any more; what refers to it stays."""
    organization = workspace.identity.organization_id
    with workspace.stores.operational.worker() as tx:
        user = tx.value(
            "INSERT INTO accounts.users (organization_id, email, name, password_hash, role)"
            " VALUES (%s, 'carla@example.org', 'Carla Berg', '!', 'user') RETURNING user_id",
            [organization],
        )
        tx.execute(
            "INSERT INTO catalog.podcasts (organization_id, user_id, title, feed_url)"
            " VALUES (%s, %s, 'Show', 'https://feeds.example/carla.xml')",
            [organization, user],
        )
    request = erasure.file(
        workspace.stores, workspace.settings, identity=workspace.identity,
        wanted=Wanted(SubjectKind.CREATOR, "carla@example.org"),
    ).request  # fmt: skip
    erasure.approve(
        workspace.stores, identity=workspace.identity,
        request_id=request.erasure_request_id, reason="left",
    )  # fmt: skip
    assert Status.COMPLETED == _run(workspace, request).request.status
    with workspace.stores.operational.worker() as tx:
        rows = tx.tuples(
            "SELECT u.name, u.email LIKE '%%@erased.invalid', p.title FROM accounts.users u"
            " JOIN catalog.podcasts p USING (user_id) WHERE u.user_id = %s", [user],
        ).fetchall()  # fmt: skip
    assert [("Erased user", True, "Show")] == rows
    assert [] == [word for word in ("carla@example.org", "Carla Berg") if word in dumped(workspace)]
    with workspace.stores.operational.worker() as tx:
        own = tx.value(
            "SELECT email FROM accounts.users WHERE user_id = %s", [workspace.identity.user_id]
        )
    with pytest.raises(Conflict, match="only administrator"):
        erasure.file(
            workspace.stores, workspace.settings, identity=workspace.identity,
            wanted=Wanted(SubjectKind.CREATOR, own),
        )  # fmt: skip


def test_waiting_runs_go_on_by_themselves(workspace: Workspace, person: Make) -> None:
    """The job of `wavehouse up` carries out what was approved."""
    from wavehouse.erasure.jobs import erasing

    person("anna@example.org")
    request = _approved(workspace, "anna@example.org")
    assert erasing(workspace)() is None
    ended = erasure.get(
        workspace.stores, identity=workspace.identity, request_id=request.erasure_request_id
    )
    assert Status.COMPLETED == ended.status
    assert uuid4() not in executing.waiting(workspace.stores, identity=workspace.identity)


def test_the_operators_command_is_the_same_erasure(workspace: Workspace, person: Make) -> None:
    """`listeners erase` files, decides and carries out a request."""
    person("anna@example.org")
    rows = erasing.listener(workspace, "anna@example.org")
    assert (1, 1) == (rows["listeners.listeners"], rows["listeners.app_passwords"])
    (listed,) = erasure.listed(workspace.stores, identity=workspace.identity)
    assert Status.COMPLETED == listed.status


def test_two_people_whose_rows_are_gone_may_wait_for_verification(
    workspace: Workspace, person: Make
) -> None:
    """Both requests have no subject any more when the program stops; both end."""
    requests = []
    for email in ("anna@example.org", "berta@example.org"):
        person(email)
        requests.append(_approved(workspace, email))

        def die(name: str) -> None:
            if name.startswith("verification: paranoid"):
                raise Killed(name)

        with pytest.raises(Killed):
            _run(workspace, requests[-1], on_step=die)
    ended = [_run(workspace, request).request.status for request in requests]
    assert [Status.COMPLETED, Status.COMPLETED] == ended
