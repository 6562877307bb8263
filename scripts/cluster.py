"""Chapter "scale": a Spark cluster of separate processes counts a simulated world.

    make cluster                          a master and three workers, 20,000 people
    make cluster ARGS="--kill"            the same, one worker killed in mid-job
    make cluster ARGS="--workers 1"       the slope: cost per line on 1, 2, 3 workers

Prints the digests of all rollups by DuckDB and by Spark, which must be equal, and the rules that
agree with the simulated truth. Needs Java 17 and ``pip install 'wavehouse[spark]'``; says so
where they are missing. Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse import catalog
from wavehouse.kernel import config
from wavehouse.measurement.adapters import spark
from wavehouse.measurement.service import cluster
from wavehouse.measurement.service.count_only import Known, Wanted, known_from_feeds
from wavehouse.simulation import Settings, simulate

_CLASS = "org.apache.spark.deploy"
_KILL_AFTER = 3.0


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(workers: int, folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A standalone cluster on this machine: its address, and the workers' processes."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port, environment = _free_port(), {**os.environ, "SPARK_HOME": str(home)}
    environment["SPARK_WORKER_DIR"] = str(folder / "work")
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        log = (folder / f"process-{len(started)}.log").open("wb")
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), *arguments],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    address = f"spark://127.0.0.1:{port}"
    try:
        start(f"{_CLASS}.master.Master", "--host", "127.0.0.1", "--port", str(port),
              "--webui-port", "0")  # fmt: skip
        _wait_for(port)
        worker = ("--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0")
        yield address, [start(f"{_CLASS}.worker.Worker", *worker, address) for _ in range(workers)]
    finally:
        for process in started:
            with_group(process, signal.SIGTERM)
        for process in started:
            process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("the master did not start")


def with_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal a process that this script started, with its children."""
    if process.poll() is None:
        os.killpg(process.pid, number)


def world(folder: Path, people: int) -> tuple[dict[str, Any], Known, list[Path]]:
    """A simulated world: its truth, what judges its requests, its logs."""
    truth = simulate(Settings(7, people, 10, date(2026, 11, 28), "cloudfront"), folder)
    media = catalog.read_media_file(folder / "media.json")
    reading = catalog.FeedReading(source=catalog.FileFeedSource(), media=media)
    feeds = [(str(feed), reading) for feed in sorted((folder / "feeds").glob("*.xml"))]
    return dict(truth), known_from_feeds(config.load(), feeds), sorted((folder / "logs").iterdir())


def main() -> None:
    """Count on both engines and compare."""
    options = argparse.ArgumentParser()
    options.add_argument("--workers", type=int, default=3)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--kill", action="store_true")
    given = options.parse_args()
    if spark.java_missing():
        raise SystemExit(spark.java_missing())
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-cluster-"))
    settings, at = config.load(), UUID(int=0)
    try:
        truth, known, logs = world(folder / "world", given.people)
        began = time.monotonic()
        expected = cluster.count_by_duckdb(
            settings, known, logs, Wanted(by="episode"), organization_id=at
        )
        print(f"DuckDB   {time.monotonic() - began:6.1f} s  {expected.figures.read:,} lines")
        with running(given.workers, folder) as (address, workers):
            session = spark.session(
                address, options={"spark.executor.memory": "768m", "spark.executor.cores": "1"}
            )
            if given.kill:
                threading.Timer(_KILL_AFTER, with_group, (workers[0], signal.SIGKILL)).start()
            began = time.monotonic()
            found = cluster.count_on_spark(
                session, settings, known, logs, Wanted(by="episode"), organization_id=at,
                staging=folder, on_step=lambda step: print(f"         {step}", flush=True),
            )  # fmt: skip
            seconds = time.monotonic() - began
            session.stop()
        print(f"Spark    {seconds:6.1f} s  {found.figures.read:,} lines, {given.workers} workers"
              f"{', one killed' if given.kill else ''}, {seconds / found.figures.read * 1e6:.0f} "
              "µs a line")  # fmt: skip
        raise SystemExit(_compared(truth, known, expected, found))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rules_of(known: Known, found: cluster.ClusterFigures) -> dict[str, int]:
    """Downloads of the episodes of the rules' show, by rule."""
    guids = {
        str(version.episode_id): version.guid.removeprefix("sim-")
        for versions in known.lookups.media.versions.values()
        for version in versions
    }
    return {guids.get(row.member, ""): row.downloads for row in found.figures.rows}


def _compared(
    truth: dict[str, Any],
    known: Known,
    expected: cluster.ClusterFigures,
    found: cluster.ClusterFigures,
) -> int:
    for name, text in expected.digests.items():
        equal = "equal" if found.digests[name] == text else "DIFFERS"
        print(f"{name:<36} {text[:16]}  {found.digests[name][:16]}  {equal}")
    same = (
        expected.windows == found.windows
        and expected.figures.filtered == found.figures.filtered
        and expected.digests == found.digests
    )
    episodes = rules_of(known, found)
    agreeing = sum(episodes.get(rule) == number for rule, number in truth["rules"].items())
    total = found.figures.downloads == truth["downloads"]["total"]
    print(f"windows, filters and digests: {'equal' if same else 'DIFFERENT'}")
    print(f"truth: {agreeing} of {len(truth['rules'])} rules; all downloads equal: {total}")
    return 0 if same and total and agreeing == len(truth["rules"]) else 1


if __name__ == "__main__":
    sys.exit(main())
