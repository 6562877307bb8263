"""The last net: errors that no context foresaw, as a sentence with an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path

from wavehouse.kernel.errors import Unreachable, WavehouseError

TRACE = "WAVEHOUSE_TRACE"
_PACKAGE = Path(__file__).resolve().parents[1]
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_AGAIN = "What was stored stays. Make room, then type the same command again."


def told(error: BaseException) -> WavehouseError:
    """The sentence for an error; ``WAVEHOUSE_TRACE=1`` prints where it came from as well.

    The error's own text is shown for files only: others may hold an address or a secret.
    """
    if os.environ.get(TRACE):
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.strerror:
        return _of_a_file(error)
    if isinstance(error, MemoryError):
        return WavehouseError("there is not enough memory for this", command="wavehouse doctor")
    return _of_the_database(error) or WavehouseError(
        f"something went wrong that nobody foresaw: {type(error).__name__}",
        where=_place(error),
        hint="Please report it, with the output of this.",
        command=f"{TRACE}=1 wavehouse …",
    )


def _of_a_file(error: OSError) -> WavehouseError:
    where = None if error.filename is None else str(error.filename)
    if error.errno in _FULL:
        return WavehouseError("the disk is full", where=where, hint=_AGAIN)
    said = str(error.strerror)
    return WavehouseError(said[:1].lower() + said[1:], where=where, command="wavehouse doctor")


def _of_the_database(error: BaseException) -> WavehouseError | None:
    """What PostgreSQL's drivers say; they are looked at only when a command has loaded them."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    if state == "53100":
        return WavehouseError("the database's disk is full", hint=_AGAIN)
    if isinstance(error, psycopg.OperationalError) and (not state or state[:3] in ("080", "57P")):
        return Unreachable("the database does not answer any more", command="wavehouse doctor")
    return None


def _place(error: BaseException) -> str | None:
    """The innermost line of ours."""
    ours = [
        f"{Path(frame.filename).resolve().relative_to(_PACKAGE)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve().is_relative_to(_PACKAGE)
    ]
    return ours[-1] if ours else None
