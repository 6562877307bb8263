"""The program ``wavehouse``: run a command, turn errors into messages and exit codes."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from wavehouse.kernel.signals import CtrlC

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

    from wavehouse.kernel.errors import WavehouseError

_PATIENCE = 2
_SOON = 0.05
_stops: list[int] = []


def _leave(number: int, _frame: FrameType | None) -> None:
    """Handle SIGTERM and SIGHUP like Ctrl-C, so that the embedded server is stopped.

    After a second signal the first one's clean-up still finishes; a third does not wait for it.
    """
    _stops.append(number)
    if len(_stops) == _PATIENCE:
        print("Stopping; press again to stop at once.", file=sys.stderr)
        return
    if number == signal.SIGINT:
        raise CtrlC  # commands that report what they did expect a KeyboardInterrupt
    raise SystemExit(128 + number)


def _unraisable(ignored: UnraisableHookArgs) -> None:
    """Repeat a stop that arrived in a finalizer, where Python ignores every exception."""
    if not _stops or not isinstance(ignored.exc_value, SystemExit | CtrlC):
        sys.__unraisablehook__(ignored)
        return
    number = _stops.pop()
    signal.signal(signal.SIGALRM, lambda _, frame: _leave(number, frame))
    signal.setitimer(signal.ITIMER_REAL, _SOON)


def main() -> None:
    """Entry point of the console script."""
    from wavehouse.kernel import files

    files.close_umask()
    sys.unraisablehook = _unraisable
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _leave)
    try:
        from wavehouse.cli import completing
        from wavehouse.cli.root import root

        code = root.main(standalone_mode=False, **completing.given())
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except BaseException as error:
        # A library may turn the signal into its own error, such as "query interrupted".
        if _stops and not _has_spoken(error):
            _tell_stopped()
            sys.exit(128 + _stops[0])
        sys.exit(_ended(error))


def _has_spoken(error: BaseException) -> bool:
    """Whether a command itself reports what a stop left undone; it then keeps its exit code."""
    from wavehouse.kernel.errors import Interrupted

    if isinstance(error, SystemExit):
        return error.code != 128 + _stops[0]
    return isinstance(error, Interrupted)


def _ended(error: BaseException) -> int | str | None:
    """Print the error, if there is one; returns the exit code."""
    import click

    from wavehouse.kernel.errors import WavehouseError

    if isinstance(error, SystemExit):
        return 0 if _reader_has_left() else error.code
    if isinstance(error, WavehouseError):
        _tell(error)
        return error.exit_code
    if isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
        return 130
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        _stop_writing()
        return 0
    from wavehouse.cli.faults import as_sentence  # the last handler: never a traceback

    sentence = as_sentence(error)
    _tell(sentence)
    return sentence.exit_code


def _tell_stopped() -> None:
    print(
        "Stopped. Finished work is stored; run the same command again to continue.",
        file=sys.stderr,
    )


def _reader_has_left() -> bool:
    """Whether ``| head`` closed the pipe, for which click would wrongly exit with code 1."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _stop_writing()
        return True
    return type(sys.stdout).__name__.endswith("PacifyFlushWrapper")


def _stop_writing() -> None:
    """Discard buffered output after its reader has gone, so that exit raises no error."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: WavehouseError) -> None:
    from wavehouse.kernel import terminal

    terminal.complain(f"Error: {error}")
    for line in error.next_steps():
        terminal.complain(line)


if __name__ == "__main__":
    main()
