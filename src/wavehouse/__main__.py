"""The program ``wavehouse``: run a command, turn errors into sentences and exit codes."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def _leave(number: int, _frame: FrameType | None) -> None:
    """SIGTERM and SIGHUP unwind like Ctrl-C, so that the embedded server is stopped."""
    raise SystemExit(128 + number)


def main() -> None:
    """Entry point of the console script."""
    import click

    from wavehouse.cli.root import root
    from wavehouse.kernel.errors import WavehouseError

    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        code = root.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except WavehouseError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _stop_writing()
        sys.exit(0)
    except Exception as error:  # the last net: never a traceback
        from wavehouse.cli.faults import told

        sentence = told(error)
        _tell(sentence)
        sys.exit(sentence.exit_code)


def _stop_writing() -> None:
    """Whoever read our output has left: what is still buffered must not raise at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: object) -> None:
    print(f"Error: {error}", file=sys.stderr)
    hint = getattr(error, "hint", None)
    if hint:
        print(f"Try:   {hint}", file=sys.stderr)


if __name__ == "__main__":
    main()
