"""Whether a data folder's server is alive, by its lock file and the process with that id.

``postmaster.pid`` remains after a kill -9, a power cut and the restart of a container, and its
process id is then dead or belongs to another process. PostgreSQL and ``pg_ctl status`` only check
whether *any* process has it; so a restarted container, where ids are small and reused, would never
start its server again. A file that a full disk left empty also prevents a start.
"""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path

from wavehouse.kernel import files
from wavehouse.kernel.errors import Refused
from wavehouse.kernel.processes import is_running

# Above the highest process id of Linux (2^22).
_NOBODY = 2**22 + 1
_PROCESSES = Path("/proc")
# The line of the lock file with the server's status.
_STATUS = 7
_PATIENCE_SECONDS = 30.0


def lock_file(data: Path) -> Path:
    """The lock file of a data folder."""
    return data / "postmaster.pid"


def lines(path: Path) -> list[str]:
    """The lines of a lock file; none if it is missing, unreadable or not a regular file."""
    try:
        return files.read(path).decode("utf-8", "replace").splitlines()
    except (OSError, Refused):
        return []


def recorded(path: Path) -> int | None:
    """The process id in a lock file, or None if there is no readable one."""
    first = next(iter(lines(path)), "").strip()
    return int(first) if first.isascii() and first.isdecimal() and len(first) < 12 else None


def lives(data: Path) -> bool:
    """True when the process in the lock file is a live server in exactly this folder."""
    number = recorded(lock_file(data))
    if number is None or number == _NOBODY:
        return False
    if not (_PROCESSES / "self").exists():
        return is_running(number)
    return _works_in(_PROCESSES / str(number), data)


def _works_in(process: Path, data: Path) -> bool:
    """True when a live process has this working folder, as every process of a server has."""
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        return state not in {"Z", "X"} and (process / "cwd").readlink().samefile(data)
    except OSError:
        return False


def is_stopping(data: Path) -> bool:
    """True when the lock file says that its server was asked to stop."""
    content = lines(lock_file(data))
    return len(content) > _STATUS and content[_STATUS].strip() == "stopping"


def disown(data: Path, socket_folder: Path, owner: tuple[int, int]) -> None:
    """Make a stale server's lock files harmless, so that the server can start.

    The process id is replaced by one that no process has; the rest stays, since PostgreSQL uses it
    to check whether an old backend still holds its shared memory. A file without a process id is
    removed. Refused if a process of a server still uses the data folder, or if the name is a
    folder. A running server is left alone.
    """
    if lives(data):
        return
    for path in [lock_file(data), *socket_folder.glob(".s.PGSQL.*.lock")]:
        if recorded(path) is not None:
            rest = "\n".join([str(_NOBODY), *lines(path)[1:]])
            files.replace(path, f"{rest}\n".encode(), owner=owner)
        elif os.path.lexists(path):
            _refuse_if_used(data, path)
            _refuse_folder(path)
            files.remove(path)


def wait_for_orphans(data: Path) -> None:
    """Wait until the processes that a killed server left have ended, up to half a minute.

    They notice the kill by themselves, but on a busy machine not at once; meanwhile they hold the
    shared memory, and a new server does not start.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while lock_file(data).exists() and not lives(data) and time.monotonic() < until:
        processes = _PROCESSES.glob("[0-9]*")
        if not any(_works_in(each, data) and _is_postgres(each) for each in processes):
            return
        time.sleep(0.05)


def _refuse_if_used(data: Path, path: Path) -> None:
    for process in _PROCESSES.glob("[0-9]*"):
        if _works_in(process, data) and _is_postgres(process):
            raise Refused(
                f"{path.name} has no process id, but process {process.name} still uses "
                "the data folder",
                where=str(path),
                hint="End that process first, then start again.",
                command=f"kill -INT {process.name}",
            )


def _refuse_folder(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        raise Refused(
            f"{path.name} is a folder, which PostgreSQL did not create",
            where=str(path),
            hint="Move it out of the data folder, then start again.",
            command=f"mv {shlex.quote(str(path))} /tmp",
        )


def _is_postgres(process: Path) -> bool:
    try:
        return (process / "comm").read_text().strip() == "postgres"
    except OSError:
        return False
