"""The previous release's code on the present schema: it goes on reading while machines change.

``PREVIOUS=COMMIT`` chooses the code; by default it is that from before the newest migration, by
version. Needs the repository's history.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.harness
ROOT = Path(__file__).parents[2]
COMMANDS = (
    ("downloads", "--from", "2026-11-01", "--to", "2026-11-19"),
    ("campaigns", "list"),
    ("doctor",),
)


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _commit() -> str:
    newest = max(ROOT.glob("src/wavehouse/databases/*/migrations/*.up.sql"), key=lambda f: f.name)
    added = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", str(newest.relative_to(ROOT)))
    return os.environ.get("PREVIOUS") or f"{added}^"


@pytest.fixture
def previous(tmp_path: Path) -> Iterator[Path]:
    """The previous code, in a work tree of its own."""
    folder = tmp_path / "previous"
    _git("worktree", "add", "--quiet", "--detach", str(folder), _commit())
    yield folder / "src"
    _git("worktree", "remove", "--force", str(folder))


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the server's account can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_the_previous_release_reads_a_home_of_this_schema(previous: Path, home: Path) -> None:
    """Its commands answer; only its doctor says that the schema is newer (exit code 3)."""
    applied = _run(ROOT / "src", home, "-q", "schema", "apply")
    assert 0 == applied.returncode, applied.stderr
    for command in COMMANDS:
        done = _run(previous, home, *command)
        codes = (0, 3) if command == ("doctor",) else (0,)
        assert done.returncode in codes, f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr


def _run(source: Path, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(source), "WAVEHOUSE_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "wavehouse", *command],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
