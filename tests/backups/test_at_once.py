"""Two programs that make a backup at once: one backup, one refusal, and an archive that works."""

from __future__ import annotations

import contextvars
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.erasing import erased, make_person
from tests.migrated import copy_home
from tests.stopping import reachable_folder

from wavehouse import app, erasure
from wavehouse.backups import catalogue
from wavehouse.backups.service import creating, restoring
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.store import conf
from wavehouse.workspace import Workspace

AT = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture
def place() -> Iterator[Workspace]:
    """A server of its own, of which no log is archived yet."""
    home = reachable_folder()
    copy_home(home)
    backups = home / "backups"
    backups.mkdir()
    backups.chmod(0o711)  # whatever the umask is: a command that ran before has closed it
    with app.open_workspace({"home": str(home)}) as workspace:
        yield workspace
    shutil.rmtree(home, ignore_errors=True)


def _meeting(work: Callable[..., Any]) -> Callable[..., Any]:
    """The function, in which two threads wait for each other, at most two seconds."""
    both = threading.Barrier(2)

    def met(*given: Any, **named: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(2)
        return work(*given, **named)

    return met


def _twice(work: Callable[[], Any]) -> list[Any]:
    """The results of two threads; an error is a result."""

    def tried() -> Any:
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(contextvars.copy_context().run, tried) for _ in range(2)]
        return [each.result() for each in waiting]


def test_two_that_begin_to_archive_at_once_do_it_once(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see that there is no archive yet; the second one failed with "file exists"."""
    server = place.stores.server
    assert server is not None
    monkeypatch.setattr(conf, "fits_a_shell", _meeting(conf.fits_a_shell))

    assert [None, None] == _twice(server.start_archiving)

    with place.stores.operational.worker() as tx:
        assert str(server.archive) in str(tx.value("SHOW archive_command"))


def test_two_backups_of_one_second_do_not_write_into_one_folder(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is refused, the other is whole."""
    monkeypatch.setattr(creating, "_require_space", _meeting(creating._require_space))

    def create() -> Any:
        return creating.create(place.stores, place.settings, identity=place.identity)

    with clock.frozen(AT):
        done = _twice(create)

    (refused,) = [each for each in done if isinstance(each, Exception)]
    assert isinstance(refused, Conflict)
    assert "in the same second" in refused.message
    (listed,) = catalogue(place.settings)
    assert [] == restoring.verify(place.settings.home, listed.backup.backup_id)
    assert [] == list(Path(listed.folder).parent.glob("*.partial"))


def test_a_certificate_names_the_backup_that_is_being_made(place: Workspace) -> None:
    """Its databases are copied, it has not ended: the certificate said that no backup has her."""
    anna = make_person(place, "anna@example.org")
    certificates: list[str] = []

    def say(line: str) -> None:
        if line.startswith("Copying files"):
            outcome = erased(place, Wanted(SubjectKind.LISTENER, anna.email))
            certificates.append(dict(outcome.certificate or {})["backups"])

    made = creating.create(place.stores, place.settings, identity=place.identity, say=say)

    (text,) = certificates
    assert f"The backup {made.backup.backup_id} began before the erasure" in text
    assert "No backup of this installation" not in text
    assert erasure.files_with(made.folder, email=anna.email) > 0
