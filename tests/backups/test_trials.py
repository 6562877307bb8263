"""The demo's trial: a backup from before an erasure, restored beside, erases the person again."""

from __future__ import annotations

from pathlib import Path

from tests.erasing import erased, make_person

from wavehouse import app, erasure
from wavehouse.backups import adapters
from wavehouse.backups.service import checking, creating, restoring
from wavehouse.backups.types import Checked, Pending
from wavehouse.erasure import SubjectKind, Wanted

EMAIL = "frieda.trial@example.org"
AUTOMATIC = "postgres/postgresql.auto.conf"


def _unrepeated(_home: Path, _pending: Pending) -> tuple[list[Checked], str]:
    return [], "nothing"


def test_a_copy_from_before_an_erasure_has_the_person_until_it_is_repeated(home: Path) -> None:
    """She is in the copy and in what was restored from it, and in no file after the replay."""
    with app.open_workspace({"home": str(home)}) as workspace:
        make_person(workspace, EMAIL)
        with restoring.scratch_home(home) as folder:
            copy = creating.copy_databases(
                workspace.stores, workspace.settings, folder, identity=workspace.identity
            )
            erased(workspace, Wanted(SubjectKind.LISTENER, EMAIL))
            assert erasure.files_with(copy, email=EMAIL) > 0
            with restoring.scratch_home(home) as target:
                restoring.restore(
                    workspace.settings, str(copy), into=target, lasting=False, finish=_unrepeated
                )
                assert "fsync = off" in (target / AUTOMATIC).read_text()
                assert erasure.files_with(target, email=EMAIL) > 0
                line = checking.repeat_erasures(target, verification="deep")
                assert line.endswith(", 1 erased again")
                assert 0 == erasure.files_with(target, email=EMAIL)
        assert [] == list(adapters.catalogue(home))
        assert not workspace.stores.server or not workspace.stores.server.archive.exists()
        assert [] == list(adapters.backups_folder(home).glob(".trial-*"))
