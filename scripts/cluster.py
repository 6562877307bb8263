"""Chapter "scale": a Spark cluster of separate processes counts a simulated world.

    make cluster                          a master and three workers, 3,000 people
    make cluster ARGS="--people 300"      a small world; 20,000 are some 370,000 lines
    make cluster ARGS="--kill"            one worker killed while it reads; "--kill counting": later
    make cluster ARGS="--workers 1"       fewer workers
    make cluster ARGS="--slope"           1, 2 and 3 workers: the cost per line, what N would need

Prints the digests of all rollups by DuckDB and by Spark, which must be equal, and the rules that
agree with the simulated truth. Needs Java 17 and ``pip install 'wavehouse[spark]'``; says so
where they are missing. Exit code 1 when anything differs.

A worker has one core. Processor time is that of the workers with their executors and Python
processes; it says what a line costs, also where all of them share this machine's cores.
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
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse import catalog
from wavehouse.engines import java_missing, spark_session
from wavehouse.kernel import config
from wavehouse.measurement.service import cluster
from wavehouse.measurement.service.count_only import Known, Wanted, known_from_feeds
from wavehouse.simulation import Settings, simulate

_CLASS = "org.apache.spark.deploy"


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


@dataclass(frozen=True, slots=True)
class Run:
    """A count on a cluster; seconds are wall-clock ``seconds`` and processor time."""

    workers: int
    lines: int
    seconds: float
    worker_seconds: float
    driver_seconds: float
    exit_code: int

    def __str__(self) -> str:
        per_line = self.worker_seconds / self.lines * 1e6
        return (
            f"Spark    {self.seconds:6.1f} s  {self.lines:,} lines, {self.workers} workers; "
            f"processor time: workers {self.worker_seconds:.1f} s ({per_line:.0f} µs a line), "
            f"driver {self.driver_seconds:.1f} s"
        )


def processor_seconds(session: int) -> float:
    """The processor time of a session's processes, in seconds, with children that ended."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            total += _seconds(fields)
    return total


def _own_seconds(gateway: int) -> float:
    """The processor time of this process and of its Java process."""
    fields = Path(f"/proc/{gateway}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + _seconds(fields)


def _seconds(fields: list[str]) -> float:
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _kill_while_reading(folder: Path, worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker as soon as a first part of the logs was written."""
    for _ in range(3000):
        if any(folder.glob("wavehouse-cluster-*/taken/part-*")):
            break
        time.sleep(0.1)
    with_group(worker, signal.SIGKILL)


def count(folder: Path, people: int, workers: int, kill: str | None) -> Run:
    """Count a world on both engines, print what differs, and the cost."""
    settings, at, wanted = config.load(), UUID(int=0), Wanted(by="episode")
    truth, known, logs = world(Path(tempfile.mkdtemp(dir=folder)) / "world", people)
    began = time.monotonic()
    expected = cluster.count_by_duckdb(settings, known, logs, wanted, organization_id=at)
    print(f"DuckDB   {time.monotonic() - began:6.1f} s  {expected.figures.read:,} lines")
    with running(workers, folder) as (address, processes):
        session = spark_session(
            address, options={"spark.executor.memory": "768m", "spark.executor.cores": "1"}
        )

        def step(name: str) -> None:
            print(f"         {name}", flush=True)
            if kill == "counting" == name:
                threading.Timer(2, with_group, (processes[0], signal.SIGKILL)).start()

        if kill == "reading":
            threading.Thread(
                target=_kill_while_reading, args=(folder, processes[0]), daemon=True
            ).start()
        gateway = session.sparkContext._gateway.proc.pid
        began, driver = time.monotonic(), _own_seconds(gateway)
        computed = cluster.count_on_spark(
            session, settings, known, logs, wanted, organization_id=at, staging=folder, on_step=step
        )
        run = Run(
            workers,
            computed.figures.read,
            time.monotonic() - began,
            sum(processor_seconds(process.pid) for process in processes),
            _own_seconds(gateway) - driver,
            _compared(truth, known, expected, computed),
        )
        session.stop()
    print(f"{run}{f'; one killed while {kill}' if kill else ''}\n")
    return run


def slope(folder: Path, people: int) -> int:
    """The cost per line on 1, 2, 3 workers, and what more would need: extrapolated."""
    small = count(folder, max(people // 10, 1), 3, None)
    runs = [count(folder, people, workers, None) for workers in (1, 2, 3)]
    for run in runs:
        print(run)
    last = runs[-1]
    line = (last.worker_seconds - small.worker_seconds) / (last.lines - small.lines)
    fixed = max(0.0, small.worker_seconds - line * small.lines)
    print(
        f"a further line costs {line * 1e6:.1f} µs of a worker's core (from {small.lines:,} to "
        f"{last.lines:,} lines); the rest, {fixed:.0f} s of processor time, is the start of "
        "programs and of statements"
    )
    for cores in (8, 32, 100):
        print(
            f"extrapolated, not run: {cores} cores read {cores / line:,.0f} lines/s; "
            f"1,000,000,000 lines take {line * 1e9 / cores / 60:.0f} minutes"
        )
    return max(run.exit_code for run in (small, *runs))


def main() -> None:
    """Count on both engines and compare."""
    options = argparse.ArgumentParser()
    options.add_argument("--workers", type=int, default=3)
    options.add_argument("--people", type=int, default=3_000)
    options.add_argument("--kill", nargs="?", const="reading", choices=("reading", "counting"))
    options.add_argument("--slope", action="store_true")
    given = options.parse_args()
    if java_missing():
        raise SystemExit(java_missing())
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-cluster-"))
    try:
        if given.slope:
            raise SystemExit(slope(folder, given.people))
        raise SystemExit(count(folder, given.people, given.workers, given.kill).exit_code)
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
