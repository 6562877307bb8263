"""Replay of quarantined lines: half of the lines of a log were damaged, and are good now.

Stored are all of them, de-duplicated, in the same way as an ingest; the rate counts quarantined
rows, on the wall clock and per second of CPU of this process and of the server.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import ground
from measuring import Figure, main, per_second, stopwatch

from wavehouse import measurement
from wavehouse.kernel import clock

LINES = 200_000
GOAL = 10_000


def figures(size: float) -> Iterator[Figure]:
    """A plain log, then a compressed one."""
    lines = round(LINES * size)
    for ending in ("log", "log.gz"):
        with ground.workspace() as workspace:
            path = workspace.settings.home / f"access.{ending}"
            _write(path, lines, damaged=True)
            ground.ingest(workspace, [path])
            _write(path, lines, damaged=False)
            with stopwatch(workspace.settings.home / "postgres") as took:
                replayed = measurement.replay(
                    workspace.stores.operational, workspace.settings, identity=workspace.identity
                )
        assert replayed.stored == lines // 2, replayed
        rate = replayed.stored / took.wall
        yield Figure(
            f"replay of {replayed.stored:,} rows of a {ending} file",
            per_second(replayed.stored, took.wall),
            f"per second of CPU {per_second(replayed.stored, took.cpu)}",
            goal=f">= {per_second(GOAL, 1)}",
            met=rate >= GOAL,
        )


def _write(path: Path, lines: int, *, damaged: bool) -> None:
    start = datetime.combine(clock.today() - timedelta(days=3), time(), UTC)
    content = "".join(_line(n, start, damaged=damaged and n % 2 == 1) for n in range(lines))
    raw = content.encode()
    path.write_bytes(gzip.compress(raw, 1) if path.suffix == ".gz" else raw)


def _line(number: int, start: datetime, *, damaged: bool) -> str:
    at = f"{start + timedelta(seconds=number % 80_000):%d/%b/%Y:%H:%M:%S +0000}"
    if damaged:
        at = f"99{at[2:]}"
    address = f"198.51.{number // 250 % 250}.{number % 250 + 1}"
    agent = f"AntennaPod/3.{number % 7}.0"
    path = f"/show/{number % 9}.mp3"
    return f'{address} - - [{at}] "GET {path} HTTP/1.1" 200 48000000 "-" "{agent}"\n'


if __name__ == "__main__":
    main(__doc__.split("\n\n", 1)[0], figures)
