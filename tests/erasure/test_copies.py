"""Copies of a person that an erasure must treat: audit entries, backups, states kept aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from tests.erasing import Person, dumped, erased

from wavehouse import audit
from wavehouse.accounts import user_actor
from wavehouse.audit import SealFolder
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def test_personal_values_of_audit_entries_go_and_the_tree_still_verifies(
    workspace: Workspace, person: Make
) -> None:
    """Of entries about the listener, before and after they were sealed; another's value stays."""
    anna, other = person("anna@example.org"), person("berta@example.org")
    folder = SealFolder.of(workspace.settings)
    for listener in (anna, other):
        _noted(workspace, listener)
    audit.seal(workspace.stores, identity=workspace.identity, folder=folder)
    _noted(workspace, anna)

    outcome = erased(workspace, Wanted(SubjectKind.LISTENER, anna.email))

    rows = {each.table_name: each.rows_touched for each in outcome.done}
    assert 2 == rows["audit.audit_commitments"]
    text = dumped(workspace)
    assert "Called by anna" not in text
    assert f"Called by {other.email}" in text
    audit.seal(workspace.stores, identity=workspace.identity, folder=folder)
    results = audit.verify(workspace.stores, identity=workspace.identity, folder=folder)
    assert all(each.ok for each in results)


def _noted(place: Workspace, listener: Person) -> None:
    with place.stores.listeners.worker() as tx:
        audit.record_for_listeners(
            tx,
            actor=user_actor(place.identity),
            action="listener.helped",
            resource=("ticket", "7"),
            personal={"note": f"Called by {listener.email}"},
            subject_pseudonym=UUID(str(listener.listener_id)),
        )


def test_personal_values_about_a_creator_and_a_learner_go_too(workspace: Workspace) -> None:
    """In their own databases' logs."""
    organization = workspace.identity.organization_id
    with workspace.stores.operational.worker() as tx:
        user = tx.value(
            "INSERT INTO accounts.users (organization_id, email, name, password_hash, role)"
            " VALUES (%s, 'carla@example.org', 'Carla', '!', 'user') RETURNING user_id",
            [organization],
        )
        _entry(tx, workspace, user)
    with workspace.stores.learning.worker() as tx:
        learner = tx.value(
            "INSERT INTO learning.learners (organization_id, learner_id, kind, account_id)"
            " VALUES (%s, uuidv7(), 'account', 'account-carla') RETURNING learner_id",
            [organization],
        )
        _entry(tx, workspace, learner)
    assert 2 == dumped(workspace).count("Said by the person")
    erased(workspace, Wanted(SubjectKind.CREATOR, "carla@example.org"))
    erased(workspace, Wanted(SubjectKind.LEARNER, "account-carla"))
    assert 0 == dumped(workspace).count("Said by the person")


def _entry(tx: object, place: Workspace, person: UUID) -> None:
    audit.record(
        tx,  # type: ignore[arg-type]
        actor=user_actor(place.identity),
        action="person.noted",
        resource=("ticket", "8"),
        organization_id=place.identity.organization_id,
        personal={"note": "Said by the person"},
        subject_pseudonym=person,
    )


@pytest.mark.parametrize("damaged", [False, True])
def test_a_certificate_says_when_the_last_backup_with_the_person_expires(
    workspace: Workspace, person: Make, damaged: bool
) -> None:
    """Of those from before the erasure; a state that a restore kept aside has no date."""
    anna = person("anna@example.org")
    home, now = workspace.settings.home, clock.now()
    for name, days in (("20261101T030000Z", 9), ("20261102T030000Z", 2), ("later", -1)):
        folder = home / "backups" / name
        folder.mkdir(parents=True)
        at = (now - timedelta(days=days)).isoformat()
        content = json.dumps({"started_at": at, "finished_at": at})
        (folder / "backup.json").write_text("{" if damaged and days == 9 else content)
    (home / "backups" / "20261103T030000Z.partial").mkdir()
    aside = home / "before-restore-20261102T040000Z"
    aside.mkdir()
    (aside / "rows").write_text(anna.email)

    outcome = erased(workspace, Wanted(SubjectKind.LISTENER, anna.email))

    document = dict(outcome.certificate or {})
    expires = now - timedelta(days=2) + timedelta(days=workspace.settings["backup_keep_days"])
    assert expires.isoformat(timespec="seconds") == document["backups_until"]
    assert f"expires on {expires:%Y-%m-%d}" in document["backups"]
    assert aside.name in document["backups"]
    assert "The backup 20261103T030000Z began before" in document["backups"]
    assert damaged is ("The backup 20261101T030000Z cannot be read" in document["backups"])
    assert ("1 backup" if damaged else "2 backups") in document["backups"]
    assert "completed" == outcome.request.status


def test_without_a_backup_the_certificate_says_so(workspace: Workspace, person: Make) -> None:
    """And only about this installation: copies that others made are unknown to it."""
    anna = person("anna@example.org")
    document = dict(erased(workspace, Wanted(SubjectKind.LISTENER, anna.email)).certificate or {})
    assert document["backups_until"] is None
    assert document["backups"].startswith("No backup of this installation holds the data.")
    assert "Copies that others made" in document["backups"]
