"""File locks that report their holders.

The kernel releases such a lock however its process ends. Waiting is never silent: after a second
the holder is named, and a holder of another account is refused, since it need never end.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from wavehouse.kernel import files
from wavehouse.kernel.errors import Refused

_SILENT_SECONDS = 1.0
_AGAIN_SECONDS = 10.0
_LOCKS = Path("/proc/locks")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lock, and its account."""

    process: int
    account: str
    foreign: bool


def lock_file(path: Path) -> IO[bytes]:
    """A lock file, created with mode 0600. Refused for a link or another account's file."""
    try:
        descriptor = files.opened(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    except PermissionError:
        named = path if path.exists() else path.parent
        raise Refused(
            f"the file belongs to the account {_owner_of(named)!r}, and your account cannot "
            "write to it",
            where=str(named),
            hint="Run wavehouse as that account, or use your own WAVEHOUSE_HOME.",
        ) from None
    status = os.fstat(descriptor)
    if status.st_uid == os.geteuid() and status.st_nlink == 1:
        os.fchmod(descriptor, 0o600)  # earlier versions left it readable, and so lockable
    return os.fdopen(descriptor, "ab")


def acquire(file: IO[bytes], operation: int, path: Path, say: Say) -> None:
    """Take a lock, reporting the process that holds it. Refused for another account's lock."""
    began = time.monotonic()
    said = began - _AGAIN_SECONDS
    while True:
        try:
            fcntl.flock(file, operation | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
        now = time.monotonic()
        if now - began > _SILENT_SECONDS and now - said > _AGAIN_SECONDS:
            said = now
            _name_the_holder(file, path, say)
        time.sleep(0.02)


def _name_the_holder(file: IO[bytes], path: Path, say: Say) -> None:
    holders = holders_of(file)
    foreign = [holder for holder in holders if holder.foreign]
    if foreign:
        raise Refused(
            f"process {foreign[0].process} of the account {foreign[0].account!r} holds this lock",
            where=str(path),
            hint="End that process, or use a WAVEHOUSE_HOME that only your account may enter.",
        )
    names = ", ".join(f"process {each.process} ({each.account})" for each in holders)
    say(f"Waiting for {names or 'another process'}, which holds {path} …")


def holders_of(file: IO[bytes]) -> list[Holder]:
    """The processes that hold a lock on an open file, as far as this system reports them."""
    status = os.fstat(file.fileno())
    holders = []
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    for line in lines:
        words = line.split()
        if len(words) < 6 or words[1] != "FLOCK" or words[5].split(":")[-1] != str(status.st_ino):
            continue
        if (holder := _holder(int(words[4]))) is not None:
            holders.append(holder)
    return holders


def _holder(process: int) -> Holder | None:
    if process <= 0 or process == os.getpid():
        return None
    try:
        account = Path(f"/proc/{process}").stat().st_uid
    except OSError:
        return None
    return Holder(process, _account(account), account not in {0, os.geteuid()})


def _owner_of(path: Path) -> str:
    try:
        return _account(path.lstat().st_uid)
    except OSError:
        return "unknown"


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
