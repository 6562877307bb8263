"""The demo's sample data, and other data in the same home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>My own show</title>
<link>https://own.example/</link><description>Mine.</description></channel></rss>"""

SMALL = ("--no-serve", "--people", "5", "--days", "3", "--chapters", "measured")


def _wavehouse(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WAVEHOUSE_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "wavehouse", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_not_of_the_sample_is_never_removed_with_it(
    home_folder: Path, tmp_path: Path
) -> None:
    """Neither --reset nor a demo with another seed, which replaces the sample, removes it."""
    assert 0 == _wavehouse(home_folder, "demo", *SMALL).returncode
    feed = tmp_path / "own.xml"
    feed.write_text(FEED)
    added = _wavehouse(home_folder, "ingest", "feed", str(feed), "--no-probe")
    assert (0, True) == (added.returncode, "Warning: this home holds the demo's" in added.stderr)
    listener = ("listeners", "create", "--email", "anna@own.example")
    assert 0 == _wavehouse(home_folder, *listener).returncode

    for words in (("demo", "--reset"), ("demo", "--seed", "7", *SMALL)):
        refused = _wavehouse(home_folder, *words)
        assert 4 == refused.returncode
        assert "shows (My own show)" in refused.stderr
        assert "listeners (anna@own.example)" in refused.stderr
    assert "My own show" in _wavehouse(home_folder, "feeds", "list").stdout


def test_reset_removes_the_sample_and_nothing_else(home_folder: Path) -> None:
    """Afterwards the home has no databases, and the next demo starts from the beginning."""
    (home_folder / "notes.txt").write_text("mine")
    assert 0 == _wavehouse(home_folder, "demo", *SMALL).returncode
    assert 0 == _wavehouse(home_folder, "demo", "--reset").returncode
    assert not (home_folder / "postgres").exists()
    assert not (home_folder / "sample").exists()
    assert "mine" == (home_folder / "notes.txt").read_text()
