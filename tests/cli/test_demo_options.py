"""What ``demo`` and ``up`` refuse before they touch anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from wavehouse.cli.demo import demo
from wavehouse.cli.serving import up
from wavehouse.kernel.errors import UsageError


@pytest.mark.parametrize("option", [["--days", "1"], ["--days", "-3"], ["--people", "0"]])
def test_a_world_of_no_days_or_people_is_wrong_usage(
    option: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And an earlier demo's data is still there afterwards: nothing was begun."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(tmp_path / "home"))

    done = CliRunner().invoke(demo, [*option, "--no-serve"])

    assert 2 == done.exit_code
    assert "is not in the range" in done.output
    assert not (tmp_path / "home").exists()


def test_a_port_beyond_the_last_one_is_wrong_usage() -> None:
    """65535 is the last port there is."""
    done = CliRunner().invoke(up, ["--port", "65536"])

    assert isinstance(done.exception, UsageError)
    assert "must be a port, 1 to 65535" in str(done.exception)
