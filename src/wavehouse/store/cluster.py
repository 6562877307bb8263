"""The data folder of the embedded server: created by ``initdb``, completely or not at all."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from wavehouse.kernel import files
from wavehouse.kernel.errors import Refused, WavehouseError

if TYPE_CHECKING:
    from wavehouse.store.embedded import EmbeddedServer

SUPERUSER = "wavehouse_root"
_LOCALES = {
    18: ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    16: ("--locale=C",),
}
# initdb passes the path of its programs to a shell in double quotes.
_NOT_FOR_A_SHELL = frozenset('"$`\\\n')


def create(server: EmbeddedServer) -> None:
    """Create the cluster in a temporary folder and rename it: a kill leaves no partial one.

    Refused for a path that no shell takes, or a folder with other files; WavehouseError when
    ``initdb`` fails.
    """
    unfinished = server.home / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _refuse_what_no_shell_takes(server)
    unfinished.mkdir(mode=0o700)
    server.give(unfinished)
    password_file = unfinished.with_suffix(".password")
    files.remove(password_file)  # left by a killed start
    files.create(
        password_file, f"{server.superuser_password()}\n".encode("ascii"), owner=server.owner
    )
    try:
        done = server.run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            *_LOCALES[server.major],
            "--auth=scram-sha-256",
            "--data-checksums",
            "--no-instructions",
        )
    finally:
        files.remove(password_file)
    if done.returncode != 0:
        raise WavehouseError(
            "the embedded PostgreSQL could not create its data folder",
            where=str(server.data),
            hint=last_line(done.stdout),
        )
    main = unfinished / "postgresql.conf"
    files.replace(main, files.read(main) + b"include = 'wavehouse.conf'\n", owner=server.owner)
    files.create(unfinished / "wavehouse.conf", b"", owner=server.owner)
    try:
        unfinished.rename(server.data)
    except OSError:
        raise Refused(
            "the data folder contains files, but is not a PostgreSQL data folder",
            where=str(server.data),
            hint="Move it away, or restore the missing files, such as PG_VERSION.",
        ) from None


def _refuse_what_no_shell_takes(server: EmbeddedServer) -> None:
    odd = sorted(_NOT_FOR_A_SHELL & set(str(server.binaries())))
    if odd:
        raise Refused(
            f"initdb cannot run from a path with the character {odd[0]!r}",
            where=str(server.binaries()),
            hint="Install wavehouse, and set WAVEHOUSE_HOME, in paths without this character.",
        )


def last_line(text: str | None) -> str:
    """The last line of a program's output that is not empty."""
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
