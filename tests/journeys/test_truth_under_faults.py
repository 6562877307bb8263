"""After kills, concurrent runs and a stopped server, a further run gives the true figures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from tests.faults.matrix import catches

from wavehouse import app
from wavehouse.kernel import clock, config
from wavehouse.simulation import Settings, simulate
from wavehouse.store import Stores, open_stores


class Shop(NamedTuple):
    """A home with its server running, and a simulated folder."""

    home: Path
    folder: Path
    urls: dict[str, str]
    truth: dict[str, Any]

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "wavehouse", "--quiet", *words]

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WAVEHOUSE_")}
        # A zone far from UTC, so that the machine's own zone would show.
        return {**kept, **self.urls, "WAVEHOUSE_HOME": str(self.home), "TZ": "America/New_York"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, check=False
        )

    @property
    def logs(self) -> list[str]:
        return sorted(str(path) for path in (self.folder / "logs").iterdir())

    def by_day(self) -> dict[str, int]:
        words = ("--from", self.truth["from"], "--to", self.truth["until"], "--json")
        done = self.run("downloads", *words)
        assert done.returncode == 0, done.stderr
        return {row["day"]: row["downloads"] for row in json.loads(done.stdout)["rows"]}


def opened(home: Path, folder: Path, urls: dict[str, str]) -> Shop:
    """Register the shows of a simulated folder."""
    until = clock.today() - timedelta(days=1)
    truth = simulate(Settings(5, 60, 6, until, "cloudfront"), folder)
    made = Shop(home, folder, urls, json.loads(json.dumps(truth)))
    feeds = [str(path) for path in sorted((made.folder / "feeds").iterdir())]
    done = made.run("ingest", "feed", *feeds, "--media", str(made.folder / "media.json"))
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def shop(stores: Stores, home_folder: Path, tmp_path: Path) -> Shop:
    """Databases for this test on the test run's server, named by their addresses."""
    urls = {f"WAVEHOUSE_{p.database.upper()}_URL": p.admin for p in stores.places}
    return opened(home_folder, tmp_path / "sample", urls)


def test_killed_at_any_moment_and_run_again_nothing_is_lost_or_doubled(shop: Shop) -> None:
    """SIGKILL while reading, counting or rolling up; the last run is not killed."""
    dice = Random(3)
    killed = 0
    for words in [("ingest", "logs", *shop.logs)] * 4 + [("rollup", "run")] * 2:
        process = shop.start(*words)
        time.sleep(0.5 + dice.random() * 1.5)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
    assert killed > 0
    done = shop.run("ingest", "logs", *shop.logs, "--json")

    assert (0, "") == (done.returncode, done.stderr)
    assert shop.truth["downloads"]["by_day"] == shop.by_day()
    assert 0 == shop.run("rollup", "reconcile").returncode


def test_two_programs_on_the_same_files_add_nothing_twice(shop: Shop) -> None:
    """Each line is stored by one of two concurrent programs, and both report their counts."""
    both = [shop.start("ingest", "logs", *shop.logs, "--json") for _ in range(2)]
    lines = [process.communicate() for process in both]

    assert [0, 0] == [process.returncode for process in both], lines
    results = [json.loads(out) for out, _ in lines]
    filtered = sum(shop.truth["filtered"].values())
    assert shop.truth["lines"] >= sum(result["stored"] for result in results) > filtered
    assert shop.truth["downloads"]["by_day"] == shop.by_day()


def test_a_server_that_stops_meanwhile_is_one_sentence_and_exit_code_5(
    home_folder: Path, tmp_path: Path
) -> None:
    """Committed rows stay; the next run stores the rest."""
    settings = config.load({"home": str(home_folder)}, environment={})
    with open_stores(settings) as stores:
        app.migrate(stores)
        shop = opened(home_folder, tmp_path / "sample", {})
        process = shop.start("ingest", "logs", *shop.logs)
        with stores.operational.worker() as tx:
            while process.poll() is None and not tx.value(
                "SELECT count(*) FROM measurement.ingest_batches"
            ):
                time.sleep(0.01)
        assert stores.server is not None
        pid = int((stores.server.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
        _, error = process.communicate()
        stores.close()

    assert (5, 1) == (process.returncode, error.count("Error:")), error
    assert "Traceback" not in error
    assert 0 == shop.run("ingest", "logs", *shop.logs).returncode
    assert shop.truth["downloads"]["by_day"] == shop.by_day()


def test_a_watch_that_is_killed_or_stopped_goes_on_where_it_was(shop: Shop) -> None:
    """SIGKILL during some passes, SIGTERM and SIGINT during others; `--once` reads the rest."""
    logs = shop.folder / "logs"
    dice, ends = Random(4), []
    for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        process = shop.start("ingest", "watch", str(logs), "--interval", "0.1")
        while process.poll() is None and not catches(process.pid, signal.SIGTERM):
            time.sleep(0.01)  # the interpreter has not started yet
        time.sleep(1.0 + dice.random() * 1.5)
        process.send_signal(number)
        _, error = process.communicate()
        assert "Traceback" not in error
        ends.append(process.returncode)
    assert ends[0] == -signal.SIGKILL
    assert ends[2:] == [128 + signal.SIGTERM, 128 + signal.SIGINT]

    done = shop.run("ingest", "watch", str(logs), "--once", "--interval", "0.1")
    assert (0, "") == (done.returncode, done.stderr)
    assert shop.truth["downloads"]["by_day"] == shop.by_day()
    assert 0 == shop.run("rollup", "reconcile").returncode
