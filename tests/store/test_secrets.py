"""Secrets and locks of the home: other accounts cannot read, block or redirect them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wavehouse.kernel.errors import Refused
from wavehouse.store import EmbeddedServer
from wavehouse.store.locks import acquire, lock_file

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")

# Checks every file of the home before each system call that Python reports: a file that is written
# first and restricted afterwards is detected on every run.
WATCHED = """
import os, stat, sys
from pathlib import Path
home, seen = Path(sys.argv[1]), set()
def look(event, arguments):
    if event.startswith(("open", "os.", "subprocess")):
        for entry in os.scandir(home) if event not in ("os.scandir", "os.listdir") else ():
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                seen.add(f"{entry.name} {stat.S_IMODE(mode):o}")
os.umask(0)
from wavehouse.store import EmbeddedServer
sys.addaudithook(look)
with EmbeddedServer(home).running():
    pass
print(sorted(seen))
"""
HOLDER = """
import fcntl, os, sys, time
os.setgid(65534); os.setuid(65534)
lock = open(sys.argv[1], "rb")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


def test_no_file_of_a_first_start_is_readable_by_others_at_any_moment(home_folder: Path) -> None:
    """Neither the secret nor initdb's password file nor a lock, whatever the umask."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(home_folder)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "[]" == done.stdout.strip()


@contextmanager
def _held_by_nobody(path: Path) -> Iterator[int]:
    running = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    try:
        assert "held\n" == running.stdout.readline()
        yield running.pid
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


@AS_ROOT
@pytest.mark.parametrize("name", ["start.lock", "users.lock"])
def test_a_lock_that_a_foreign_account_holds_is_named(home_folder: Path, name: str) -> None:
    """An earlier version left the file readable, and so lockable: the start must not hang."""
    lock = home_folder / name
    lock.touch()
    lock.chmod(0o644)

    with _held_by_nobody(lock) as process, lock_file(lock) as file:
        import fcntl

        with pytest.raises(Refused, match=f"process {process} of the account 'nobody'") as caught:
            acquire(file, fcntl.LOCK_EX, lock, lambda _: None)

    assert str(lock) == caught.value.where
    assert 0o600 == lock.stat().st_mode & 0o777


@AS_ROOT
@pytest.mark.parametrize("name", ["start.lock", "users.lock"])
def test_a_start_that_meets_a_foreign_lock_ends_with_a_sentence(
    home_folder: Path, name: str
) -> None:
    """It neither waits silently nor forever."""
    lock = home_folder / name
    lock.touch()
    lock.chmod(0o644)
    server = EmbeddedServer(home_folder)
    if name == "users.lock":
        with server.running():
            pass
        lock.chmod(0o644)

    with (
        _held_by_nobody(lock),
        pytest.raises(Refused, match="'nobody'"),
        server.running(),
    ):
        pass


@AS_ROOT
@pytest.mark.parametrize("name", ["start.lock", "users.lock", "server.secret", "postgres.password"])
def test_for_root_a_link_in_a_home_of_another_account_leads_nowhere(
    home_folder: Path, name: str
) -> None:
    """Nothing is created or changed at its target, and no secret is read from there."""
    target = home_folder.with_name(home_folder.name + "-target")
    os.chown(home_folder, NOBODY, NOBODY)
    (home_folder / name).symlink_to(target)
    os.chown(home_folder / name, NOBODY, NOBODY, follow_symlinks=False)
    server = EmbeddedServer(home_folder)
    try:
        if name == "postgres.password":
            with server.running():  # created by this program only, so the link is removed
                pass
        else:
            with pytest.raises(Refused, match="symbolic link"), server.running():
                pass
        assert not target.exists()
    finally:
        target.unlink(missing_ok=True)


def test_a_home_that_may_not_be_written_to_is_named_with_its_owner(
    home_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the account that may write."""

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("wavehouse.kernel.files.opened", refused)
    with pytest.raises(Refused, match="belongs to the account"):
        lock_file(home_folder / "start.lock")
