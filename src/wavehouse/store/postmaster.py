"""Whether a data folder's server lives, by its own lock file and by who has that number now.

``postmaster.pid`` outlives a kill -9, a power cut and the restart of a container, and its number is
then dead or belongs to somebody else. PostgreSQL and ``pg_ctl status`` only ask whether *any*
process has it; so a container that restarts, where numbers are small and come back, would never
start its server again.
"""

from __future__ import annotations

import os
from pathlib import Path

# Above the highest number that Linux gives (2^22).
_NOBODY = 2**22 + 1
_PROCESSES = Path("/proc")
# The line of the lock file in which the server says how it stands.
_STATUS = 7


def lock_file(data: Path) -> Path:
    """The lock file of a data folder."""
    return data / "postmaster.pid"


def recorded(path: Path) -> int | None:
    """The process number in a lock file, if there is one."""
    try:
        return int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def lives(data: Path) -> bool:
    """True when the process of the lock file is a living server on this very folder."""
    number = recorded(lock_file(data))
    if number is None or number == _NOBODY:
        return False
    if not (_PROCESSES / "self").exists():
        return _exists(number)
    try:
        state = (_PROCESSES / str(number) / "stat").read_text().rpartition(")")[2].split()[0]
        # a postmaster works in its data folder
        folder = (_PROCESSES / str(number) / "cwd").readlink()
        return state not in {"Z", "X"} and folder.samefile(data)
    except OSError:
        return False


def is_stopping(data: Path) -> bool:
    """True when the lock file says that its server was asked to stop."""
    try:
        lines = lock_file(data).read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) > _STATUS and lines[_STATUS].strip() == "stopping"


def _exists(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def disown(data: Path, socket_folder: Path) -> None:
    """Take the number out of a stale server's lock files, so that the server can start.

    The rest stays: by it PostgreSQL sees whether an old backend still holds its shared memory.
    """
    number = recorded(lock_file(data))
    if number is None or lives(data):
        return
    for path in [lock_file(data), *socket_folder.glob(".s.PGSQL.*.lock")]:
        if recorded(path) == number:
            rest = path.read_text(encoding="utf-8").partition("\n")[2]
            path.write_text(f"{_NOBODY}\n{rest}", encoding="utf-8")
