"""Shared parts of benchmarks: a figure beside its peer, the table, the command line.

A benchmark is a file ``bench_<promise>.py`` with a function ``figures(size)`` that yields a
``Figure`` for each thing it promises. Ours and the peer's are measured in the same run, so that the
ratio is meaningful on any machine; the absolute figure is less so.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise: our figure, the peer's figure, and the goal."""

    what: str
    ours: str
    peer: str = "–"
    ratio: str = "–"
    goal: str = "–"
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """``met``, ``MISSED``, or empty without a goal."""
        return {True: "met", False: "MISSED", None: ""}[self.met]


Runnable = Callable[[], object]
Figures = Callable[[float], Iterator[Figure]]
HEADINGS = ("what", "ours", "peer or limit", "ratio", "goal", "verdict")


@dataclass(slots=True)
class Took:
    """Wall-clock seconds, and CPU seconds of this process and the server.

    The wall clock is what counts, but other programs on the machine distort it; CPU time shows what
    it would be without them.
    """

    wall: float = 0.0
    own: float = 0.0
    server: float = 0.0

    @property
    def cpu(self) -> float:
        """CPU seconds in total."""
        return self.own + self.server


@contextlib.contextmanager
def stopwatch(data: Path | None = None) -> Iterator[Took]:
    """Measure the block, and the server of a data folder; garbage is collected first."""
    gc.collect()
    took = Took()
    server = server_cpu(data)
    wall, own = time.perf_counter(), time.process_time()
    try:
        yield took
    finally:
        took.wall, took.own = time.perf_counter() - wall, time.process_time() - own
        took.server = server_cpu(data) - server


def server_cpu(data: Path | None) -> float:
    """CPU seconds used by a PostgreSQL server: its current and former processes."""
    if data is None or not Path("/proc").is_dir():
        return 0.0
    postmaster = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii")
    ticks = sum(_ticks(postmaster))  # its own, and those of ended children
    for child in children.split():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            ticks += sum(_ticks(child)[:2])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process: str) -> list[int]:
    """User and system time of a process and its ended children."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return [int(fields[n]) for n in (11, 12, 13, 14)]


def best(run: Callable[[], float], times: int) -> float:
    """The minimum of several runs: the machine's speed without disturbance."""
    return min(run() for _ in range(times))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def child_cpu(command: Sequence[str], times: int = 5) -> float:
    """The minimum CPU seconds of a whole process, user and system, including its children."""
    import subprocess

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    return best(once, times)


def per_second(count: float, seconds: float) -> str:
    """A rate, in thousands when it is large."""
    rate = count / seconds
    return f"{rate / 1000:,.0f} k/s" if rate >= 10_000 else f"{rate:,.0f} /s"


def milliseconds(seconds: float) -> str:
    """A short time."""
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def percent(share: float) -> str:
    """A share of one as a percentage."""
    return f"{share * 100:.0f} %"


def times(factor: float) -> str:
    """A factor."""
    return f"{factor:.2f} x"


@dataclass(slots=True)
class Table:
    """Figures as they arrive, and all together."""

    rows: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        """Add a figure and print it at once, so that progress is visible."""
        self.rows.append(figure)
        cells = (figure.what, figure.ours, f"beside {figure.peer}", figure.ratio)
        goal = f"goal {figure.goal}: {figure.verdict}" if figure.met is not None else ""
        print("  " + " · ".join(cell for cell in (*cells, goal) if cell), flush=True)

    def text(self) -> str:
        """The figures under their headings, as Markdown that reads well in a terminal."""
        cells = [(f.what, f.ours, f.peer, f.ratio, f.goal, f.verdict) for f in self.rows]
        widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
        rule = tuple("-" * width for width in widths)
        return "\n".join(
            "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
            for row in (HEADINGS, rule, *cells)
        )


def machine() -> str:
    """The machine of the measurement."""
    model = "processor unknown"
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line for line in lines if line.startswith("model name")).partition(": ")[2]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}; load {load:.1f} when it began"
    )


def options(description: str) -> argparse.ArgumentParser:
    """The command line of every benchmark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--size", type=float, default=1.0, help="how much data: 1 is the default, 0.1 a taste of it"
    )
    return parser


def main(description: str, figures: Figures) -> None:
    """Run one benchmark alone."""
    chosen = options(description).parse_args()
    print(machine())
    table = Table()
    for figure in figures(chosen.size):
        table.add(figure)
    print("\n" + table.text())
    print(f"\nAgain: .venv/bin/python benchmarks/{Path(sys.argv[0]).name} --size {chosen.size:g}")
