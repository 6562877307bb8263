"""The command line in use: days, missing files, readers that close early, ids, links."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
import pytest
from click.testing import CliRunner, Result

from wavehouse.cli.root import root
from wavehouse.kernel import config, serving, terminal
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.options import DAY
from wavehouse.workspace import Workspace


def _invoke(workspace: Workspace, *words: str) -> Result:
    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    return CliRunner().invoke(root, list(words), obj=opened)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-31", "2026-11-31 does not exist: use an existing date"),
        ("2026-02-29", "2026-02-29 does not exist: use an existing date"),
        ("28/11/2026", "'28/11/2026' is not a date: write it like 2026-11-28"),
        (
            "1.2.2026",
            "'1.2.2026' is not a date: write the year first, then month and day, like 2026-10-21",
        ),
        ("soon", "'soon' is not a date: write it like 2026-11-28"),
        ("2026-W48-6", "'2026-W48-6' is not a date: write it like 2026-11-28"),
    ],
)
def test_a_wrong_day_gets_a_sentence_that_says_how_to_write_it(text: str, message: str) -> None:
    """A day that does not exist gets another message than a wrong format."""
    with pytest.raises(click.BadParameter) as raised:
        DAY.convert(text, None, None)

    assert message == raised.value.message


@pytest.mark.parametrize(
    "words",
    [
        ["ingest", "feed", "missing.xml"],
        ["ingest", "feed", "--media", "missing.json", "https://example.com/feed.xml"],
        ["ingest", "logs", "missing.log"],
        ["ingest", "conversions", "missing.csv"],
        ["campaigns", "import", "missing.json"],
        ["downloads", "--from-logs", "missing.log"],
    ],
    ids=" ".join,
)
def test_a_missing_file_is_wrong_usage_in_every_command(
    workspace: Workspace, words: list[str]
) -> None:
    """Exit code 2 with the file's name, before anything is opened."""
    done = _invoke(workspace, *words)

    assert 2 == done.exit_code
    assert "missing." in done.output
    assert "does not exist" in done.output


@pytest.mark.parametrize("words", ["--help", "config show", "demo --list"])
def test_a_reader_that_leaves_early_is_no_failure(words: str, tmp_path: Path) -> None:
    """``| head -1`` exits with 0, silently; also when click sees the broken pipe first."""
    command = f"set -o pipefail; {sys.executable} -m wavehouse {words} | true"
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        env={**os.environ, "WAVEHOUSE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_a_reader_of_messages_that_leaves_early_does_not_stop_the_work() -> None:
    """``2>&1 | head`` ended a long command in the middle, with exit code 0."""
    program = (
        "from wavehouse.kernel import terminal\n"
        "for day in range(20_000):\n"
        "    terminal.say(f'day {day}')\n"
        "terminal.out('all done')\n"
    )
    done = subprocess.run(
        ["/bin/bash", "-c", f'{sys.executable} -c "$0" 2> >(head -1 >/dev/null)', program],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "all done\n") == (done.returncode, done.stdout)


def test_no_help_shows_the_mark_of_lines_that_are_not_joined(workspace: Workspace) -> None:
    """In a raw docstring click's mark is a text, and examples of commands run into each other."""
    for words in (["backup"], ["erasure"], ["access"], ["audit"], ["retention"], ["classify"]):
        done = _invoke(workspace, *words, "--help")
        assert "\\b" not in done.output
        assert "\n    wavehouse " in done.output


def test_a_list_without_rows_says_so(workspace: Workspace) -> None:
    """On stderr, so that a pipe gets the header alone."""
    done = _invoke(workspace, "listeners", "list")

    assert "No rows.\n" == done.stderr
    assert done.stdout.startswith("email\t")


def test_a_table_never_breaks_an_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids are there to be copied; other columns are shortened instead."""
    wanted = UUID("0193f6a8-7d0c-7e60-8f0a-3c5d8a1b2c3d")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")

    terminal.print_table(["campaign", "id"], [["A name that is much longer than it was", wanted]])

    assert str(wanted) in capsys.readouterr().out


def test_a_wrong_name_gets_the_nearest_one(workspace: Workspace) -> None:
    """An unknown show is an error, not an empty table."""
    done = _invoke(workspace, "downloads", "--show", "Nobody")

    assert isinstance(done.exception, NotFound)
    assert "there is no show 'Nobody'" == done.exception.message


def test_a_link_leads_to_the_program_that_serves(workspace: Workspace) -> None:
    """It has the port of the running program and localhost, which cookies and passkeys use."""
    address = serving.address_of(workspace.settings, port=9000)
    assert "http://localhost:9000" == address
    with serving.announced(workspace.settings, address):
        done = _invoke(workspace, "sign-in-link")
    assert done.output.startswith("http://localhost:9000/sign-in?token=")

    done = _invoke(workspace, "sign-in-link")
    assert "http://localhost:8420/sign-in?token=" in done.output
    assert "not running" in done.output


def test_what_a_dead_program_left_is_no_address(tmp_path: Path) -> None:
    """A killed program leaves its file; the process is checked."""
    settings = config.load({"home": str(tmp_path)}, environment={})
    (tmp_path / "serving.json").write_text('{"address": "http://localhost:1", "pid": 4194300}')

    assert None is serving.running_address(settings)


def test_a_sites_own_address_is_used_everywhere(tmp_path: Path) -> None:
    """Behind a proxy, links and emails have the public name."""
    settings = config.load(
        {"home": str(tmp_path), "site_url": "https://pod.example"}, environment={}
    )

    assert "https://pod.example" == serving.address_of(settings, port=9000)
