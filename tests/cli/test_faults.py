"""The last error handler of the commands: no error ends in a traceback."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from wavehouse import __main__ as program
from wavehouse.cli import faults, root
from wavehouse.kernel.errors import EXIT_FAILED, EXIT_UNREACHABLE


def _ended(monkeypatch: pytest.MonkeyPatch, error: Exception) -> object:
    """The program's exit and output when a command raises this error."""

    def command(**_: object) -> None:
        raise error

    monkeypatch.setattr(root.root, "main", command)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        program.main()
    return ended.value.code


def test_an_unexpected_error_is_a_sentence_with_its_kind_and_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own text is not shown, because it may contain a listener's address."""
    assert EXIT_FAILED == _ended(monkeypatch, OverflowError("192.0.2.7 is too much"))

    said = capsys.readouterr().err
    assert said.startswith("Error: unexpected error: OverflowError")
    assert "__main__.py:" in said
    assert "Traceback" not in said
    assert "192.0.2.7" not in said


def test_the_trace_is_shown_to_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``WAVEHOUSE_TRACE=1`` is for bug reports."""
    monkeypatch.setenv(faults.TRACE, "1")

    _ended(monkeypatch, OverflowError("too much"))

    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "the disk is full (/x)", 1),
        (OSError(errno.EACCES, "Permission denied", "/x"), "permission denied (/x)", 1),
        (MemoryError(), "out of memory", 1),
        (psycopg.errors.DiskFull(), "the database's disk is full", 1),
        (
            psycopg.errors.AdminShutdown(),
            "the database no longer responds",
            EXIT_UNREACHABLE,
        ),
        (
            psycopg.OperationalError("the connection is lost"),
            "the database no longer responds",
            EXIT_UNREACHABLE,
        ),
    ],
)
def test_what_a_machine_can_run_out_of_has_a_sentence(
    error: Exception, sentence: str, code: int
) -> None:
    """Disk space, permissions, memory, the server: each is named, with its documented exit code."""
    shown = faults.as_sentence(error)

    assert sentence == str(shown)
    assert code == shown.exit_code
    assert shown.hint or shown.command


def test_drivers_are_not_loaded_to_tell_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a command without a database is shown without importing the driver."""
    monkeypatch.delitem(sys.modules, "psycopg")

    faults.as_sentence(OverflowError())

    assert "psycopg" not in sys.modules


def test_an_interrupted_library_ends_like_an_interrupted_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB turns Ctrl-C into a RuntimeError, which is treated as Ctrl-C."""
    monkeypatch.setattr(program, "_stops", [signal.SIGINT])

    assert 130 == _ended(monkeypatch, RuntimeError("Query interrupted"))

    said = capsys.readouterr().err
    assert said == "Stopped. Finished work is stored; run the same command again to continue.\n"


def test_a_second_signal_lets_the_clean_up_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping the server takes a moment, and a second Ctrl-C is ignored; the third one ends it."""
    monkeypatch.setattr(program, "_stops", [])

    with pytest.raises(SystemExit, match="143"):
        program._leave(signal.SIGTERM, None)
    program._leave(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        program._leave(signal.SIGINT, None)


def test_ctrl_c_in_the_middle_of_an_import_keeps_the_exit_code(tmp_path: Path) -> None:
    """A dataclass runs ``exec`` on a string; CPython would end ``python -m`` by SIGINT."""
    (tmp_path / "stopped.py").write_text(
        "import os, signal, sys\n"
        "from wavehouse import __main__ as program\n"
        "signal.signal(signal.SIGINT, program._leave)\n"
        "try:\n"
        "    exec('os.kill(os.getpid(), signal.SIGINT)\\nfor _ in range(10**7): pass')\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    process = subprocess.run([sys.executable, "-m", "stopped"], cwd=tmp_path, check=False)

    assert 130 == process.returncode
