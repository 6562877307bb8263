"""The demo's sample data, and other data in the same home."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wavehouse import catalog
from wavehouse.cli.demo_measured import measured
from wavehouse.cli.sample import Sample
from wavehouse.cli.sample_removal import SampleRemoval
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>My own show</title>
<link>https://own.example/</link><description>Mine.</description><item><title>One</title><guid>one</guid>
<pubDate>Mon, 02 Nov 2026 06:00:00 GMT</pubDate>
<enclosure url="https://own.example/1.mp3" length="5000000" type="audio/mpeg"/></item>
</channel></rss>"""
DAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
LINE = (
    f"203.0.113.7 - - [{datetime.fromisoformat(DAY):%d/%b/%Y}:10:00:00 +0000] "
    '"GET /1.mp3 HTTP/1.1" 200 5000000 "-" "AppleCoreMedia/1.0.0.21G93 (iPhone; U)"'
)

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


def test_the_samples_rows_are_removed_and_others_stay(workspace: Workspace, tmp_path: Path) -> None:
    """The rows are found by the sample's own names; figures are counted again."""
    until = clock.today() - timedelta(days=1)
    sample = Sample(tmp_path, embedded=True, seed=7, people=2, days=3, until=until)
    stage = sample.stage(workspace)
    assert measured(stage).ok
    feed = tmp_path / "own.xml"
    feed.write_text(FEED)
    reading = catalog.FeedReading(source=catalog.FileFeedSource())
    operational, identity = workspace.stores.operational, workspace.identity
    catalog.ingest_feed(operational, identity=identity, location=str(feed), reading=reading)

    removal = SampleRemoval.of(workspace, sample)
    said = removal.sentence(dry_run=True)
    removal.remove()

    assert "Your own data stays: shows (My own show)." in said
    assert re.search(r"Would remove .* requests, 6 logs, .* 8 campaigns, 6 sponsors, 4 shows", said)
    with operational.worker() as tx:
        left = {
            table: tx.value("SELECT count(*) FROM {table}", table=table)
            for table in (
                "catalog.podcasts",
                "measurement.requests",
                "measurement.downloads",
                "measurement.listener_events",
                "sponsorship.campaigns",
                "sponsorship.conversions",
                "accounts.organizations",
            )
        }
    assert [1, 0, 0, 0, 0, 0, 1] == list(left.values())
    assert not sample.folder.exists()


@pytest.mark.harness
def test_the_sample_is_removed_beside_own_data_which_stays(
    home_folder: Path, tmp_path: Path
) -> None:
    """A demo with another seed replaces its rows, ``--reset`` removes them: nothing else goes."""
    assert 0 == _wavehouse(home_folder, "demo", *SMALL).returncode
    feed, log = tmp_path / "own.xml", tmp_path / "own.log"
    feed.write_text(FEED)
    log.write_text(f"{LINE}\n")
    added = _wavehouse(home_folder, "ingest", "feed", str(feed), "--no-probe")
    assert (0, True) == (added.returncode, "Warning: this home holds the demo's" in added.stderr)
    assert 0 == _wavehouse(home_folder, "ingest", "logs", str(log)).returncode
    listener = ("listeners", "create", "--email", "anna@own.example")
    assert 0 == _wavehouse(home_folder, *listener).returncode

    planned = _wavehouse(home_folder, "demo", "--reset", "--dry-run")
    replaced = _wavehouse(home_folder, "demo", "--seed", "7", *SMALL)
    removed = _wavehouse(home_folder, "demo", "--reset")

    assert (0, 0, 0) == (planned.returncode, replaced.returncode, removed.returncode)
    assert planned.stderr.replace("Would remove", "Removed") in replaced.stderr
    kept = "shows (My own show); logs (own.log); listeners (anna@own.example)"
    assert f"Your own data stays: {kept}." in removed.stderr
    assert ["My own show"] == _titles(home_folder)
    counted = _wavehouse(home_folder, "downloads", "--from", DAY, "--to", DAY, "--json")
    assert 1 == json.loads(counted.stdout)["downloads"]
    assert "anna@own.example" in _wavehouse(home_folder, "listeners", "list").stdout
    assert 0 == _wavehouse(home_folder, "rollup", "reconcile").returncode
    assert "There is no sample data." in _wavehouse(home_folder, "demo", "--reset").stderr


def _titles(home: Path) -> list[str]:
    shown = json.loads(_wavehouse(home, "feeds", "list", "--json").stdout)
    return [feed["title"] for feed in shown["feeds"]]


def test_reset_removes_the_sample_and_nothing_else(home_folder: Path) -> None:
    """Afterwards the home has no databases, and the next demo starts from the beginning."""
    (home_folder / "notes.txt").write_text("mine")
    assert 0 == _wavehouse(home_folder, "demo", *SMALL).returncode
    assert 0 == _wavehouse(home_folder, "demo", "--reset").returncode
    assert not (home_folder / "postgres").exists()
    assert not (home_folder / "sample").exists()
    assert "mine" == (home_folder / "notes.txt").read_text()
