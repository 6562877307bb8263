"""The program run as a process: suggestions, exit codes, no traceback for wrong usage."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program in an environment without this machine's settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WAVEHOUSE_")}
    return subprocess.run(
        [sys.executable, "-m", "wavehouse", *words],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [(["ingset"], "'ingest'"), (["ingest", "log"], "'logs'"), (["rollup", "rnu"], "'run'")],
    ids=["command", "below ingest", "below rollup"],
)
def test_a_misspelt_command_is_a_usage_error(words: list[str], suggestion: str) -> None:
    """Exit code 2 and no traceback; both our own table and click's groups suggest names."""
    done = _run(*words)

    assert 2 == done.returncode
    assert "" == done.stdout
    assert "Traceback" not in done.stderr
    if words[0] != "rollup":
        assert f"Did you mean {suggestion}?" in done.stderr


def test_a_word_that_is_like_nothing_gets_no_suggestion() -> None:
    """A wrong suggestion would be worse than none."""
    done = _run("xyzzy")

    assert 2 == done.returncode
    assert "Unknown command 'xyzzy'." in done.stderr
    assert "Did you mean" not in done.stderr


def test_help_and_version_succeed_on_stdout() -> None:
    """Help and version were requested, so they are data and go to stdout."""
    for words in (["--help"], ["--version"], ["ingest", "--help"], ["-h"]):
        done = _run(*words)
        assert 0 == done.returncode
        assert done.stdout
        assert "" == done.stderr


def test_an_unusable_setting_is_told_with_its_source() -> None:
    """One sentence with the variable, and exit code 2."""
    done = _run("config", "show", WAVEHOUSE_PORT="many")

    assert 2 == done.returncode
    assert "invalid value 'many' of port" in done.stderr
    assert "WAVEHOUSE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_shown_without_starting_a_server(tmp_path: Path) -> None:
    """A password in a URL is masked."""
    home = tmp_path / "home"
    url = "postgresql://me:hunter2@db.example.com/shows"
    done = _run("config", "show", WAVEHOUSE_HOME=str(home), WAVEHOUSE_ANALYTICS_URL=url)

    assert 0 == done.returncode
    assert "me:********@db.example.com" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr
    assert not home.exists()


def test_a_database_that_does_not_answer_is_exit_code_five(tmp_path: Path) -> None:
    """The message has host and database, without the password."""
    urls = {
        f"WAVEHOUSE_{name}_URL": f"postgresql://me:hunter2@127.0.0.1:1/{name.lower()}"
        for name in ("OPERATIONAL", "LEARNING", "LISTENERS", "ANALYTICS")
    }
    done = _run("feeds", "list", WAVEHOUSE_HOME=str(tmp_path), **urls)

    assert 5 == done.returncode
    assert "127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """``wavehouse --help | head -1`` exits quietly."""
    command = f"{sys.executable} -m wavehouse --help | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602

    assert 1 == len(done.stdout.splitlines())
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_what_the_program_writes_is_its_accounts_alone(tmp_path: Path) -> None:
    """Samples, reports and spools have modes 0600 and 0700 under an open umask."""
    out = tmp_path / "sample"
    command = [sys.executable, "-m", "wavehouse", "simulate", "--people", "5", "--days", "2"]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, umask=0)

    assert {0o600} == {path.stat().st_mode & 0o777 for path in out.rglob("*") if path.is_file()}
    assert {0o700} == {path.stat().st_mode & 0o777 for path in (out, out / "logs")}


_STOPPED_IN_A_FINALIZER = """
import os, signal, time
import wavehouse.__main__ as program
import wavehouse.cli.root as root

class Closing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.001)

class Command:
    def main(self, **_):
        closing = Closing()
        del closing
        time.sleep(60)

root.root = Command()
program.main()
"""


def test_a_stop_that_arrives_in_a_finalizer_still_stops_the_program() -> None:
    """Python ignores an exception there and prints a traceback; the stop is repeated instead."""
    done = subprocess.run(
        [sys.executable, "-c", _STOPPED_IN_A_FINALIZER], capture_output=True, text=True, check=False
    )

    assert 143 == done.returncode
    assert "Traceback" not in done.stderr
    assert "Stopped." in done.stderr
