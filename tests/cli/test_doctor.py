"""``doctor`` reports every state, and does not fail because of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wavehouse.cli.doctor import doctor


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_a_home_that_is_no_folder_is_a_finding(
    home: str, home_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a command to type, and the exit code for findings."""
    (home_folder / "file").write_text("")
    monkeypatch.setenv("WAVEHOUSE_HOME", str(home_folder / home))

    done = CliRunner().invoke(doctor, ["--json"])

    assert 3 == done.exit_code, done.output
    last = json.loads(done.stdout)["checks"][-1]
    assert ("databases", False) == (last["name"], last["ok"])
    assert "WAVEHOUSE_HOME" in last["says"]
    assert "WAVEHOUSE_HOME" in last["type"]


def test_what_nobody_foresaw_is_a_finding_too(
    home_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``doctor`` must not fail because of the fault that it reports."""

    def broken() -> None:
        raise OverflowError

    monkeypatch.setenv("WAVEHOUSE_HOME", str(home_folder))
    monkeypatch.setattr("wavehouse.app.open_workspace", broken)

    done = CliRunner().invoke(doctor, ["--json"])

    assert 3 == done.exit_code, done.output
    assert "OverflowError" in json.loads(done.stdout)["checks"][-1]["says"]
