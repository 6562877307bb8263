"""The embedded PostgreSQL 18: created, started, shared, taken over and stopped by the product.

The lifecycle does not use a counter, which a crash could leave wrong: every process that uses the
server holds a *shared* lock on ``users.lock``, which the kernel releases however the process ends.
Starting and stopping happen under an exclusive lock on ``start.lock``. A process that ends tries to
make its shared lock exclusive: only the last one succeeds, and stops the server. A server that
outlived its processes (kill -9) is used as it runs; one that crashed is started again and recovers.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from wavehouse.kernel import files
from wavehouse.kernel.errors import Refused, Unreachable, WavehouseError
from wavehouse.store import cluster, conf, postmaster
from wavehouse.store.binaries import (
    MAJOR,
    Account,
    let_pass,
    programs,
    require_reachable,
    server_account,
)
from wavehouse.store.cluster import SUPERUSER
from wavehouse.store.locks import Say, acquire, lock_file

_SOCKET_PATH_LIMIT = 100
_START_PATIENCE = 600.0
_STOP_PATIENCE = 30
_ANOTHER_HOME = "export WAVEHOUSE_HOME=<a folder that you may write to>"
# Without pg_ctl, whose shell command would not allow every path as the data folder.
_LAUNCH = 'umask 077; "$0" -D "$1" </dev/null >>"$2" 2>&1 &'


def _silent(_: str) -> None:
    return None


class EmbeddedServer:
    """A PostgreSQL server with its data in ``home/postgres``.

    ``lasting`` false is for shadows, which can be created again after a power cut: nothing waits
    for the disk.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        say: Say = _silent,
        major: int = MAJOR,
        lasting: bool = True,
    ) -> None:
        self.home = home.absolute()
        self.port = port
        self.major = major
        self.lasting = lasting
        self.account = server_account()
        self._say = say
        self._bin: Path | None = None

    @property
    def data(self) -> Path:
        """The data folder, owned by the account that runs the server."""
        return self.home / "postgres"

    @property
    def socket_folder(self) -> Path:
        """The socket folder: the data folder, or a short private one if that path is unusable."""
        socket = self.data / ".s.PGSQL.65535"
        if len(os.fsencode(socket)) <= _SOCKET_PATH_LIMIT and conf.fits_a_setting(self.data):
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"wavehouse-{digest}"

    def conninfo(self, database: str, user: str, password: str) -> str:
        """A libpq connection string for this server's socket."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            host=str(self.socket_folder),
            port=self._running_port(),
            dbname=database,
            user=user,
            password=password,
        )

    def _running_port(self) -> int:
        """The port of the running server, which another process may have started with its own.

        IndexError or ValueError until the server has written it.
        """
        return int(postmaster.lines(postmaster.lock_file(self.data))[3])

    # -- life ---------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[EmbeddedServer]:
        """Run the server during the block, and as long as another process needs it."""
        self._prepare_home()
        users = self._lock_file("users.lock")
        try:
            with self._exclusively():
                self._ensure_running(users)
                acquire(users, fcntl.LOCK_SH, self.home / "users.lock", self._say)
            yield self
        finally:
            with self._exclusively():
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # someone else still uses it
                else:
                    self._stop()
                users.close()

    def revive(self) -> bool:
        """Start the server again if it has died while in use; returns whether it had."""
        with self._exclusively():
            if self.is_running():
                return False
            self._ensure_running()
            return True

    @contextmanager
    def removable(self) -> Iterator[Path]:
        """The data folder, with the server stopped and safe to remove.

        Refused while it is in use.
        """
        self._prepare_home()
        with self._exclusively(), self._lock_file("users.lock") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(
                    "another wavehouse process uses this server; stop it first",
                    where=str(self.home),
                ) from None
            if self.data.exists():
                self._stop()
            yield self.data

    @property
    def archive(self) -> Path:
        """The folder of the archived write-ahead log; segments are archived while it exists."""
        return self.home / "backups" / "wal"

    def start_archiving(self) -> None:
        """Archive the write-ahead log from now on, for restores to a point in time.

        Programs that begin it at once wait for the first one. Refused when the path cannot be part
        of a shell command.
        """
        with self._exclusively():
            if not self.archive.is_dir():
                self._start_archiving()

    def _start_archiving(self) -> None:
        if not conf.fits_a_shell(self.archive):
            raise Refused(
                "the write-ahead log cannot be archived in this folder",
                where=str(self.archive),
                hint="Choose a WAVEHOUSE_HOME without quotes, $, ` or % in its path.",
            )
        self.archive.mkdir(mode=0o700)
        self.give_tree(self.archive)
        self._write_settings(self.port)
        self._pg_ctl("reload")

    def give_tree(self, folder: Path) -> None:
        """Make the server's account the owner of a folder and everything in it."""
        self.give(folder)
        for each in folder.rglob("*"):
            self.give(each)

    def is_running(self) -> bool:
        """True when a postmaster uses the data folder."""
        return postmaster.lives(self.data)

    def _lock_file(self, name: str) -> IO[bytes]:
        return lock_file(self.home / name)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        with self._lock_file("start.lock") as lock:
            acquire(lock, fcntl.LOCK_EX, self.home / "start.lock", self._say)
            yield

    def _ensure_running(self, users: IO[bytes] | None = None) -> None:
        if not (self.data / "PG_VERSION").exists():
            cluster.create(self)
        self._refuse_another_major()
        if self.is_running() and postmaster.is_stopping(self.data):
            self._stop()  # its process was killed while it waited
        if users is not None and self._secret() is None:
            self._renew_secret(users)
        if not self.is_running():
            self._start()
        # Also when another process has started it: it may still be recovering.
        self._wait_until_ready()

    def _refuse_another_major(self) -> None:
        text = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if text != str(self.major):
            raise Refused(
                f"the data folder was created by PostgreSQL {text}, this version uses {self.major}",
                where=str(self.data),
                hint="Dump it with that version's pg_dumpall and load it into a new "
                "WAVEHOUSE_HOME, or keep using the version of wavehouse that created it.",
            )

    def _prepare_home(self) -> None:
        if self.home.exists() and not self.home.is_dir():
            raise Refused(
                "WAVEHOUSE_HOME is a file, not a folder",
                where=str(self.home),
                command=_ANOTHER_HOME,
            )
        require_reachable(self.home, self.account)
        self._make_home()
        if self.account.other:
            let_pass(self.home, self.account)
            if not self.data.exists():
                self._say(
                    f"PostgreSQL refuses root: it runs as {self.account.name!r}, on {self.data}"
                )

    def _make_home(self) -> None:
        try:
            files.folder(self.home, mode=0o711 if self.account.other else 0o700)
        except OSError as error:
            raise Refused(
                f"WAVEHOUSE_HOME cannot be created: {error.strerror}",
                where=str(self.home),
                command=_ANOTHER_HOME,
            ) from None

    def _secret(self) -> str | None:
        """The secret in ``server.secret``, or None if the file is missing or empty."""
        with suppress(FileNotFoundError):
            return (
                files.read(self.home / "server.secret").decode("ascii", "replace").strip() or None
            )
        return None

    def superuser_password(self) -> str:
        """The server's secret, created if missing; role passwords are derived from it."""
        path = self.home / "server.secret"
        known = self._secret()
        if known is not None:
            return known
        made = secrets.token_urlsafe(32)
        files.remove(path)  # a crash left it empty
        files.create(path, made.encode("ascii"))
        return made

    def _renew_secret(self, users: IO[bytes]) -> None:
        """Replace the superuser's lost password by a new one, while the server is stopped.

        The owner of the data folder may do that in PostgreSQL's single-user mode; the roles'
        passwords are set again when the databases are opened.
        """
        if self.is_running():
            self._refuse_if_used(users)
            self._stop()
        self._prepare_start()
        secret = secrets.token_urlsafe(32)
        done = self.run(
            "postgres",
            "--single",
            "-D",
            str(self.data),
            "template1",
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{secret}';\n",
        )
        if done.returncode != 0 or "ERROR" in (done.stdout or ""):
            raise WavehouseError(
                "server.secret is missing, and no new password could be set",
                where=str(self.home / "server.secret"),
                hint=cluster.last_line(done.stdout),
            )
        files.remove(self.home / "server.secret")
        files.create(self.home / "server.secret", secret.encode("ascii"))
        self._say("server.secret was missing: the server has a new password now.")

    def _refuse_if_used(self, users: IO[bytes]) -> None:
        """Refused while another process uses the server, which needs the lost secret."""
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "server.secret is missing, and another wavehouse process uses the server",
                where=str(self.home / "server.secret"),
                hint="Stop that process and start again: the next start sets a new password.",
            ) from None

    # -- programs -----------------------------------------------------------------------------

    def run(self, name: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account; output is in ``stdout``."""
        return self._execute(str(self.binaries() / name), *arguments, **options)

    def binaries(self) -> Path:
        """The folder of PostgreSQL's programs, which the server's account can reach."""
        self._bin = self._bin or programs(self.home, self.account, self.major)
        return self._bin

    def _execute(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's account, with a minimal environment."""
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command,
            env=environment,
            cwd="/",
            check=False,
            text=True,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.STDOUT,
            **self.account.arguments(),  # type: ignore[call-overload]
            **options,
        )
        return done

    def _pg_ctl(
        self, command: str, *arguments: str, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return self.run("pg_ctl", "-D", str(self.data), command, *arguments, **options)

    @property
    def owner(self) -> tuple[int, int] | None:
        """The owner of files in the data folder, if this process must set it."""
        return (self.account.uid, self.account.gid) if self.account.other else None

    def give(self, path: Path) -> None:
        """Make the server's account the owner of a file or folder, if this process must."""
        if self.account.other:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def _write_settings(self, port: int | None) -> None:
        archive = self.archive if self.archive.is_dir() else None
        text = conf.settings(self.socket_folder, port, lasting=self.lasting, archive=archive)
        files.replace(self.data / "wavehouse.conf", text.encode(), owner=self.owner)

    def _prepare_start(self) -> None:
        folder = self.socket_folder
        if folder != self.data:
            self._private_socket_folder(folder)
        self._write_settings(self.port)
        postmaster.disown(self.data, folder, (self.account.uid, self.account.gid))
        postmaster.wait_for_orphans(self.data)

    def _start(self) -> None:
        self._prepare_start()
        # Wait ourselves, since crash recovery may take long: with a message, and without pg_ctl's
        # fixed timeout.
        arguments = [
            str(self.binaries() / "postgres"),
            str(self.data),
            str(self.data / "server.log"),
        ]
        self._execute("/bin/sh", "-c", _LAUNCH, *arguments, start_new_session=True)

    def _private_socket_folder(self, folder: Path) -> None:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self.give(folder)
        status = folder.lstat()
        if status.st_uid != self.account.uid or status.st_mode & 0o077 or folder.is_symlink():
            raise Refused(
                "the folder for the server's socket belongs to another account",
                where=str(folder),
                hint="Remove it, or choose a WAVEHOUSE_HOME with a shorter path.",
            )

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        said = began
        while True:
            if self._is_ready():
                return
            elapsed = time.monotonic() - began
            if elapsed > 1 and not self.is_running():
                raise self._start_failure()
            if elapsed > _START_PATIENCE:
                raise Unreachable(
                    f"the embedded PostgreSQL is still not ready after {elapsed:.0f} s",
                    where=str(self.data / "server.log"),
                )
            if time.monotonic() - said > 3:
                said = time.monotonic()
                self._say(f"PostgreSQL is recovering after a crash ({elapsed:.0f} s) …")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            port = str(self._running_port())
        except (IndexError, ValueError):
            return False  # the postmaster has not yet written its file
        probe = self.run("pg_isready", "-q", "-h", str(self.socket_folder), "-p", port)
        return probe.returncode == 0

    def _start_failure(self) -> Unreachable:
        log = self.data / "server.log"
        content = ""
        with suppress(OSError):
            content = files.read(log).decode("utf-8", "replace")
        fatal = [line for line in content.splitlines()[-50:] if "FATAL" in line]
        reason = fatal[-1].split("FATAL:", 1)[1].strip() if fatal else "no reason given"
        return Unreachable(
            f"the embedded PostgreSQL did not start: {reason}",
            where=str(log),
            command="wavehouse doctor",
        )

    def _stop(self) -> None:
        """Stop the server; if it does not stop in time, stop it immediately, and it recovers later.

        If PostgreSQL 18 is asked to stop while it restarts after the crash of a process, it never
        does: it reports "shutting down" forever, and only an immediate stop ends it. So it is
        first given time to finish that restart.
        """
        if not self._settles():
            return
        done = self._pg_ctl("stop", "-m", "fast", "-t", str(_STOP_PATIENCE))
        if done.returncode != 0 and self.is_running():
            self._pg_ctl("stop", "-m", "immediate", "-t", "60")

    def _settles(self) -> bool:
        """Wait for a server that is starting; False if there is no server to stop."""
        until = time.monotonic() + _STOP_PATIENCE
        while self.is_running():
            if postmaster.is_stopping(self.data) or self._is_ready() or time.monotonic() > until:
                return True
            time.sleep(0.05)
        return False


__all__ = ["SUPERUSER", "Account", "EmbeddedServer"]
