"""The last error handler: reports errors that no context expects, with an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path

from wavehouse.kernel.errors import DiskFull, Unreachable, WavehouseError

TRACE = "WAVEHOUSE_TRACE"
_PACKAGE = Path(__file__).resolve().parents[1]
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_AGAIN = "Stored data is kept. Free disk space, then run the same command again."
_DOCTOR = "wavehouse doctor"
_DRIVERS = ("psycopg", "adbc_driver_manager", "duckdb")


def as_sentence(error: BaseException) -> WavehouseError:
    """The error shown for an unexpected exception; ``WAVEHOUSE_TRACE=1`` adds its traceback.

    The exception's text is only shown for files: others may contain an address or a secret.
    """
    if os.environ.get(TRACE):
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.strerror:
        return _of_a_file(error)
    if isinstance(error, MemoryError):
        return WavehouseError("out of memory", command=_DOCTOR)
    return _of_a_database(error) or WavehouseError(
        f"unexpected error: {type(error).__name__}",
        where=_place(error),
        hint="Please report it with the output of this command.",
        command=f"{TRACE}=1 wavehouse …",
    )


def _of_a_file(error: OSError) -> WavehouseError:
    where = None if error.filename is None else str(error.filename)
    if error.errno in _FULL:
        return DiskFull("the disk is full", where=where, hint=_AGAIN)
    reason = str(error.strerror)
    return WavehouseError(reason[:1].lower() + reason[1:], where=where, command=_DOCTOR)


def _of_a_database(error: BaseException) -> WavehouseError | None:
    """An error of PostgreSQL's drivers or of DuckDB, if the command has loaded them."""
    name = type(error).__module__.partition(".")[0].lstrip("_")
    if name not in _DRIVERS:
        return None
    state = getattr(error, "sqlstate", None) or ""
    if state == "53100" or _is_full(error, name):
        return DiskFull("the database's disk is full", hint=_AGAIN)
    psycopg = sys.modules.get("psycopg")
    lost = psycopg is not None and isinstance(error, psycopg.OperationalError)
    if state[:3] in ("080", "57P") or (lost and not state):
        return Unreachable("the database no longer responds", command=_DOCTOR)
    return None


def _is_full(error: BaseException, driver: str) -> bool:
    """Whether DuckDB ran out of disk space; it has only the operating system's message, no code."""
    return driver == "duckdb" and "no space left on device" in str(error).lower()


def _place(error: BaseException) -> str | None:
    """The innermost line of Wavehouse's own code."""
    ours = [
        f"{Path(frame.filename).resolve().relative_to(_PACKAGE)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve().is_relative_to(_PACKAGE)
    ]
    return ours[-1] if ours else None
