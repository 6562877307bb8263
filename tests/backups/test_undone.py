"""A restore that is undone brings nobody back, and no later backup holds the state kept aside."""

from __future__ import annotations

from pathlib import Path

from tests.erasing import by_table, erased, make_person

from wavehouse import app, audit, erasure
from wavehouse.backups.service import checking, creating, restoring, undoing
from wavehouse.erasure import SubjectKind, Wanted


def test_who_was_erased_after_a_restore_does_not_come_back_with_its_undo(home: Path) -> None:
    """The state before the restore has Anna; her erasure is repeated before it is ready."""
    with app.open_workspace({"home": str(home)}) as workspace:
        settings = workspace.settings
        anna, berta = (make_person(workspace, f"{name}@example.org") for name in ("anna", "berta"))
        name = creating.create(
            workspace.stores, settings, identity=workspace.identity
        ).backup.backup_id
    kept = restoring.restore(settings, name, finish=checking.finish).kept_aside
    assert kept is not None

    with app.open_workspace({"home": str(home)}) as workspace:
        outcome = erased(workspace, Wanted(SubjectKind.LISTENER, anna.email))
        assert kept.name in dict(outcome.certificate or {})["backups"]
        later = creating.create(workspace.stores, settings, identity=workspace.identity)
        assert [] == [file.path for file in later.backup.files if kept.name in file.path]
        assert 0 == erasure.files_with(later.folder / "files", email=anna.email)

    undone = undoing.undo(settings, finish=checking.finish)
    assert undone is not None
    assert undone.ok, undone.checks
    assert undone.replayed.endswith("1 erased again")
    with app.open_workspace({"home": str(home)}) as workspace:
        text = "\n".join(by_table(workspace).values())
        assert [] == [word for word in anna.words if word in text]
        assert [] == [word for word in berta.words if word not in text]
        folder = audit.SealFolder.of(workspace.settings)
        results = audit.verify(workspace.stores, identity=workspace.identity, folder=folder)
    assert all(each.ok for each in results)
