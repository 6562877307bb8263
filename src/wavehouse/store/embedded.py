"""The embedded PostgreSQL 18: made, started, shared, taken over and stopped by the product.

Life of the server, without a counter that a crash could leave wrong: every program that uses it
holds a *shared* lock on ``users.lock``; the kernel drops it when the program ends in whatever
way. Starting and stopping happen under an exclusive lock on ``start.lock``. Who leaves tries to
make its shared lock exclusive: that succeeds for the last one only, which stops the server. A
server that outlived its programs (kill -9) is simply found running and used; one that crashed is
started again and recovers.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from wavehouse.kernel.errors import Refused, Unreachable, WavehouseError
from wavehouse.store import postmaster
from wavehouse.store.binaries import (
    MAJOR,
    Account,
    let_pass,
    programs,
    require_reachable,
    server_account,
)

SUPERUSER = "wavehouse_root"
_SOCKET_PATH_LIMIT = 100
_LOCALES = {
    18: ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    16: ("--locale=C",),
}
_START_PATIENCE = 600.0
_STOP_PATIENCE = 30
_DEFAULT_PORT = 5432
_FLEETING = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
_ANOTHER_HOME = "export WAVEHOUSE_HOME=<a folder that you may write to>"
Say = Callable[[str], None]


def _silent(_: str) -> None:
    return None


class EmbeddedServer:
    """A PostgreSQL server whose data lies in ``home/postgres``.

    ``lasting`` false is for shadows: what a power cut takes from them is made again, so nothing
    waits for the disk.
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
        """Where the socket is: the data folder, or a short private one if its path is too long."""
        socket = self.data / ".s.PGSQL.65535"
        if len(os.fsencode(socket)) <= _SOCKET_PATH_LIMIT:
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
        """The port of the server that runs: who started it may have asked for another one."""
        lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return int(lines[3])

    # -- life ---------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[EmbeddedServer]:
        """The server, running while the block lasts and while anyone else needs it."""
        self._prepare_home()
        users = self._lock_file("users.lock")
        try:
            with self._exclusively():
                self._ensure_running()
                fcntl.flock(users, fcntl.LOCK_SH)
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
        """Start the server again if it has died under a program that uses it; whether it had."""
        with self._exclusively():
            if self.is_running():
                return False
            self._ensure_running()
            return True

    @contextmanager
    def removable(self) -> Iterator[Path]:
        """The data folder, stopped and safe to remove. Refused while a program uses it."""
        self._prepare_home()
        with self._exclusively(), self._lock_file("users.lock") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(
                    "another wavehouse program uses this server; stop it first",
                    where=str(self.home),
                ) from None
            if self.data.exists():
                self._stop()
            yield self.data

    def is_running(self) -> bool:
        """True when a postmaster holds the data folder."""
        return postmaster.lives(self.data)

    def _lock_file(self, name: str) -> IO[bytes]:
        return (self.home / name).open("ab")

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        with self._lock_file("start.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ensure_running(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(self.major):
            raise Refused(
                f"the data folder was made by PostgreSQL {found}, this program brings {self.major}",
                where=str(self.data),
                hint="Dump it with that version's pg_dumpall and load it into a new "
                "WAVEHOUSE_HOME, or keep using the version of wavehouse that made it",
            )
        if self.is_running() and postmaster.is_stopping(self.data):
            self._stop()  # its program was killed while it waited for that
        if not self.is_running():
            self._start()
        # Also when someone else has started it: it may still be recovering.
        self._wait_until_ready()

    def _prepare_home(self) -> None:
        if self.home.exists() and not self.home.is_dir():
            raise Refused(
                "WAVEHOUSE_HOME is a file, not a folder",
                where=str(self.home),
                command=_ANOTHER_HOME,
            )
        require_reachable(self.home, self.account)
        if not self.home.exists():
            self._make_home()
        if self.account.other:
            let_pass(self.home, self.account)
            if not self.data.exists():
                self._say(
                    f"PostgreSQL refuses root: it runs as {self.account.name!r}, on {self.data}"
                )

    def _make_home(self) -> None:
        try:
            self.home.mkdir(parents=True, mode=0o711 if self.account.other else 0o700)
        except OSError as error:
            raise Refused(
                f"WAVEHOUSE_HOME cannot be made: {error.strerror}",
                where=str(self.home),
                command=_ANOTHER_HOME,
            ) from None

    def superuser_password(self) -> str:
        """The server's own secret; every role's password is derived from it."""
        path = self.home / "server.secret"
        with suppress(FileNotFoundError):
            return path.read_text(encoding="ascii").strip()
        secret = secrets.token_urlsafe(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        return secret

    # -- programs -----------------------------------------------------------------------------

    def _run(self, name: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        self._bin = self._bin or programs(self.home, self.account, self.major)
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [str(self._bin / name), *arguments],
            env=environment,
            cwd="/",
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.STDOUT,
            **self.account.arguments(),  # type: ignore[call-overload]
            **options,
        )
        return done

    def _pg_ctl(
        self, command: str, *arguments: str, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self.data), command, *arguments, **options)

    def _initdb(self) -> None:
        """Make the cluster beside its place and rename it: a kill in between leaves no half one."""
        unfinished = self.home / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        password_file = unfinished.with_suffix(".password")
        password_file.write_text(self.superuser_password() + "\n", encoding="ascii")
        password_file.chmod(0o600)
        self._give(password_file)
        try:
            done = self._run(
                "initdb",
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                *_LOCALES[self.major],
                "--auth=scram-sha-256",
                "--data-checksums",
                "--no-instructions",
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise WavehouseError(
                "the embedded PostgreSQL could not make its data folder",
                where=str(self.data),
                hint=_last_line(done.stdout),
            )
        settings = (unfinished / "postgresql.conf").read_text(encoding="utf-8")
        (unfinished / "postgresql.conf").write_text(
            settings + "include = 'wavehouse.conf'\n", encoding="utf-8"
        )
        (unfinished / "wavehouse.conf").write_text("", encoding="utf-8")
        self._give(unfinished / "wavehouse.conf")
        unfinished.rename(self.data)

    def _give(self, path: Path) -> None:
        if self.account.other:
            os.chown(path, self.account.uid, self.account.gid)

    def _start(self) -> None:
        folder = self.socket_folder
        if folder != self.data:
            self._private_socket_folder(folder)
        self._write_settings(self._settings(folder))
        postmaster.disown(self.data, folder)
        # A start is told as soon as the postmaster answers; crash recovery may take long, so the
        # wait is ours, with a sentence, and not pg_ctl's fixed number of seconds.
        log = str(self.data / "server.log")
        done = self._pg_ctl(
            "start", "--no-wait", "-l", log, stdout=subprocess.DEVNULL, start_new_session=True
        )
        if done.returncode != 0:
            raise self._start_failure()

    def _write_settings(self, text: str) -> None:
        """Write the settings without following a link: as root, into another account's folder."""
        flags = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.data / "wavehouse.conf", flags), "w") as file:
            file.write(text)

    def _private_socket_folder(self, folder: Path) -> None:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._give(folder)
        status = folder.lstat()
        if status.st_uid != self.account.uid or status.st_mode & 0o077 or folder.is_symlink():
            raise Refused(
                "the folder for the server's socket belongs to someone else", where=str(folder)
            )

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        told = began
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
            if time.monotonic() - told > 3:
                told = time.monotonic()
                self._say(f"PostgreSQL is recovering after a crash ({elapsed:.0f} s) …")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            port = str(self._running_port())
        except (FileNotFoundError, IndexError, ValueError):
            return False  # the postmaster has not written its file yet
        probe = self._run("pg_isready", "-q", "-h", str(self.socket_folder), "-p", port)
        return probe.returncode == 0

    def _start_failure(self) -> Unreachable:
        log = self.data / "server.log"
        content = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        fatal = [line for line in content.splitlines()[-50:] if "FATAL" in line]
        reason = fatal[-1].split("FATAL:", 1)[1].strip() if fatal else "no reason given"
        return Unreachable(
            f"the embedded PostgreSQL did not start: {reason}",
            where=str(log),
            command="wavehouse doctor",
        )

    def _stop(self) -> None:
        """Stop the server; what does not stop in time is stopped at once, and recovers.

        PostgreSQL 18 that is asked to stop while it starts anew after the crash of a process never
        does: it answers "shutting down" for ever, and only an immediate stop ends it.
        """
        if not self.is_running():
            return
        done = self._pg_ctl("stop", "-m", "fast", "-t", str(_STOP_PATIENCE))
        if done.returncode != 0 and self.is_running():
            self._pg_ctl("stop", "-m", "immediate", "-t", "60")

    def _settings(self, socket_folder: Path) -> str:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        shared = max(128, min(2048, memory // 8)) if self.lasting else 128
        quoted = str(socket_folder).replace("'", "''")
        listen = "127.0.0.1" if self.port else ""
        return (
            "# written by wavehouse at every start; changes here are lost\n"
            f"unix_socket_directories = '{quoted}'\n"
            "unix_socket_permissions = 0700\n"
            f"listen_addresses = '{listen}'\n"
            f"port = {self.port or _DEFAULT_PORT}\n"
            f"{'' if self.lasting else _FLEETING}"
            "password_encryption = 'scram-sha-256'\n"
            f"shared_buffers = {shared}MB\n"
            f"effective_cache_size = {max(512, memory // 2)}MB\n"
            "work_mem = 64MB\n"
            "maintenance_work_mem = 256MB\n"
            "max_connections = 60\n"
            "jit = off\n"
            "max_wal_size = 4GB\n"
            "checkpoint_timeout = 15min\n"
            "random_page_cost = 1.1\n"
            # a new table has no statistics, and plans that are made meanwhile are kept
            "autovacuum_naptime = 10s\n"
            "timezone = 'UTC'\n"
            "log_timezone = 'UTC'\n"
            "lc_messages = 'C'\n"
            "log_line_prefix = '%m [%p] '\n"
            # statements may hold addresses or secrets: the log never repeats them
            "log_min_error_statement = panic\n"
            "log_parameter_max_length_on_error = 0\n"
        )


def _last_line(text: str | None) -> str:
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


__all__ = ["SUPERUSER", "Account", "EmbeddedServer"]
