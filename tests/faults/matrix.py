"""Kill the program or its server at every stage, continue, and compare the result with the truth.

    .venv/bin/python -m tests.faults.matrix                    100 kills and more, some minutes
    .venv/bin/python -m tests.faults.matrix --kills 1          one for each cell
    .venv/bin/python -m tests.faults.matrix --out FILE.md      the table as a document, too

A cell is a stage and a fault. The stage's command is started and hit at a random moment of its
usual duration, repeatedly; then the whole job runs once without faults, with the product's own
commands. The result is wrong when a figure, a filter or a report differs from the simulator's
truth, when rollups do not reconcile with raw events, when an issued report cannot be verified, or
when a partial file or a process remains. Exit code 1 if any is.

A command that does its work once (``ONCE``) has less left to do after each kill, so the kills of
such a cell are divided between two homes. ``demo`` begins in an empty home, with the first start
and its migrations, and in a migrated one. ``--stage chapters`` plays the demo's other chapters
after ``measured``; it is run on request, because it takes as long as the others together. Homes
are made once and copied, and two cells run at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

from wavehouse.kernel import clock
from wavehouse.simulation import Settings, simulate

STAGES = ("ingest", "rollup", "report", "demo")
CHAPTERS = "chapters"
ONCE = ("ingest", "demo", CHAPTERS)
BLOWS = ("SIGTERM", "SIGHUP", "SIGKILL", "server SIGKILL", "backend SIGKILL")
_DEMO = ("demo", "--no-serve", "--json", "--people", "100", "--days", "20")
_ROOM = 4 << 30
_POLITE = {"SIGTERM": 128 + signal.SIGTERM, "SIGHUP": 128 + signal.SIGHUP}


@dataclass(slots=True)
class Cell:
    """The results of one stage and one fault."""

    stage: str
    blow: str
    kills: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class World:
    """A simulated folder with its truth."""

    folder: Path
    truth: dict[str, Any]

    @classmethod
    def made(cls, folder: Path, *, people: int, days: int) -> World:
        until = clock.today() - timedelta(days=1)
        truth = simulate(Settings(5, people, days, until, "cloudfront"), folder)
        return cls(folder, json.loads(json.dumps(truth)))

    @property
    def period(self) -> list[str]:
        return ["--from", str(self.truth["from"]), "--to", str(self.truth["until"])]

    def files(self, name: str) -> list[str]:
        return [str(path) for path in sorted((self.folder / name).iterdir())]


class Home:
    """A separate home, with an embedded server that the commands start and stop."""

    def __init__(self, home: Path, world: World) -> None:
        self.home, self.world = home, world

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WAVEHOUSE_")}
        return {**kept, "WAVEHOUSE_HOME": str(self.home), "COLUMNS": "200"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "wavehouse", "--quiet", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = self.start(*words)
        out, error = done.communicate()
        return subprocess.CompletedProcess(words, done.returncode, out, error)

    def register(self) -> None:
        media = str(self.world.folder / "media.json")
        self.done("ingest", "feed", *self.world.files("feeds"), "--media", media)
        self.done("campaigns", "import", str(self.world.folder / "campaigns.json"))
        self.done("ingest", "conversions", str(self.world.folder / "conversions.csv"))

    def done(self, *words: str) -> str:
        """Run a command that must succeed."""
        result = self.run(*words)
        if result.returncode != 0:
            raise AssertionError(f"{words[:2]}: {result.returncode}: {result.stderr[-300:]}")
        return result.stdout

    def words(self, stage: str) -> list[str]:
        """The command of a stage."""
        campaign = str(self.world.truth.get("campaign", "Autumn host-read"))
        reports = str(self.home / "reports")
        forms = ["--format", "pdf", "--format", "json", "--format", "xlsx", "--format", "csv"]
        return {
            "ingest": ["ingest", "logs", *self.world.files("logs")],
            "rollup": ["rollup", "run", "--recount", *self.world.period],
            "report": [
                "report",
                "--campaign",
                campaign,
                *self.world.period,
                *forms,
                "--out",
                reports,
            ],
            "demo": [*_DEMO, "--chapters", "measured"],
            "chapters": list(_DEMO),
        }[stage]

    def postmaster(self) -> int | None:
        """The server of this home; a file that a killed one left may name a stranger by now."""
        for path in self.home.rglob("postmaster.pid"):
            try:
                pid = int(path.read_text().splitlines()[0])
                command = Path(f"/proc/{pid}/cmdline").read_text()
            except (OSError, ValueError, IndexError):
                return None
            return pid if str(self.home) in command else None
        return None

    def backends(self) -> list[int]:
        """The server processes that serve a client."""
        parent = self.postmaster()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                stat = (entry / "stat").read_text() if entry.name.isdigit() else ""
                if stat and int(stat.rpartition(")")[2].split()[1]) == parent:
                    title = (entry / "cmdline").read_text()
                    if "wavehouse_" in title and "postgres" in title:
                        found.append(int(entry.name))
            except (OSError, IndexError, ValueError):
                continue
        return found

    def processes(self) -> list[int]:
        """The programs that run with this home, such as workers whose parent was killed."""
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and f"WAVEHOUSE_HOME={self.home}\0".encode() in (
                    (entry / "environ").read_bytes() + b"\0"
                ):
                    found.append(int(entry.name))
        return found

    def wrong(self, stage: str) -> list[str]:
        """The differences from the truth after everything was run again; empty if none."""
        if stage in ("demo", CHAPTERS):
            return self.wrong_demo(stage)
        found = []
        for words in (self.words("ingest"), ["rollup", "run"], self.words("report")):
            result = self.run(*words)
            if result.returncode != 0:
                found.append(f"{words[0]}: {result.returncode}: {result.stderr[-200:]}")
        told = json.loads(self.done("downloads", *self.world.period, "--json"))
        truth = self.world.truth
        by_day = {row["day"]: row["downloads"] for row in told["rows"]}
        if truth["downloads"]["by_day"] != by_day:
            lost = truth["downloads"]["total"] - told["downloads"]
            found.append(f"downloads: {lost} lost" if lost > 0 else f"downloads: {-lost} double")
        if truth["filtered"] != told["filtered"]:
            found.append("filtered requests differ")
        if self.run("rollup", "reconcile").returncode != 0:
            found.append("rollups do not reconcile")
        if self.run("reports", "verify").returncode != 0:
            found.append("a report cannot be verified")
        found += self.wrong_files()
        return found

    def wrong_demo(self, stage: str) -> list[str]:
        """The demo compares its figures with the truth itself: exit code 3 if they differ."""
        found = []
        # The chapters' home is a copy: its first reports are recorded where it was made.
        verify = [["reports", "verify"]] if stage == "demo" else []
        for words in (self.words(stage), ["rollup", "reconcile"], *verify):
            result = self.run(*words)
            if result.returncode != 0:
                found.append(f"{words[:2]}: {result.returncode}: {result.stderr[-200:]}")
        return found

    def wrong_files(self) -> list[str]:
        """Partial reports, missing reports, lines in the quarantine."""
        found = []
        reports = list((self.home / "reports").iterdir())
        if any(path.name.startswith(".") for path in reports):
            found.append("half a report lies about")
        if {"pdf", "json", "xlsx", "zip"} - {path.suffix.lstrip(".") for path in reports}:
            found.append("a report is missing")
        for path in reports:
            if path.suffix == ".json":
                json.loads(path.read_text())
        if json.loads(self.done("quarantine", "list", "--json"))["rows"]:
            found.append("lines are in the quarantine")
        return found


def strike(home: Home, cell: Cell, dice: Random, usual: float) -> float:
    """Start the stage's command and kill it at a random moment of its usual duration.

    Returns the usual duration for the next one: a command that ended earlier says how much is left.
    """
    began = time.perf_counter()
    process = home.start(*home.words(cell.stage))
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=usual * (0.15 + 0.8 * dice.random()))
    if process.poll() is not None:
        cell.missed += 1
        return time.perf_counter() - began
    if not _blow(home, process, cell.blow):
        process.communicate()
        cell.missed += 1
        return usual
    _, error = process.communicate(timeout=180)
    cell.kills += 1
    if "Traceback" in error or error.count("Error:") > 1:
        cell.wrong.append(f"no plain sentence: {error[-200:]}")
    if cell.blow in _POLITE and process.returncode not in (_POLITE[cell.blow], 0):
        cell.wrong.append(f"exit code {process.returncode}")
    # A chapter whose workers lost their server fails and is named: exit code 3.
    allowed = (0, 3, 5) if cell.stage == CHAPTERS else (0, 5)
    if cell.blow.startswith(("server", "backend")) and process.returncode not in allowed:
        cell.wrong.append(f"exit code {process.returncode}: {error[-200:]}")
    return usual


def _blow(home: Home, process: subprocess.Popen[str], blow: str) -> bool:
    """Send the signal; True when a process was hit."""
    if blow.startswith("SIG"):
        number = getattr(signal, blow)
        while blow in _POLITE and process.poll() is None and not catches(process.pid, number):
            time.sleep(0.01)  # the interpreter has not started yet
        if process.poll() is not None:
            return False
        process.send_signal(number)
        return True
    hit = False
    while not hit and process.poll() is None:
        server = blow.startswith("server")
        target = home.postmaster() if server else next(iter(home.backends()), None)
        if target is None:
            time.sleep(0.01)  # not started yet
            continue
        with suppress(ProcessLookupError):
            os.kill(target, signal.SIGKILL)
            hit = True
    return hit


def catches(pid: int, number: int) -> bool:
    """Whether a process handles a signal (Linux, ``SigCgt``)."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next((line.split()[1] for line in text.splitlines() if line.startswith("SigCgt")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the server's account can enter, removed at the end.

    In memory if possible: a killed process loses nothing that it wrote, on any file system.
    """
    memory = Path("/", "dev", "shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    path = Path(tempfile.mkdtemp(prefix="wavehouse-faults-", dir=memory if roomy else None))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Rig:
    """The prepared homes and the usual durations, which all cells share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._making = Lock()
        self._took: dict[str, float] = {}

    def cell(self, stage: str, blow: str, kills: int, seed: int) -> Cell:
        """Inject faults until enough have hit, then run the whole job and compare."""
        cell, dice = Cell(stage, blow), Random(f"{seed}/{stage}/{blow}")
        homes = min(2, kills) if stage in ONCE else 1
        for number in range(homes):
            goal, missed = kills * (number + 1) // homes, cell.missed
            usual = self._usual(stage)
            with self.prepared(stage, fresh=number == 0) as home:
                while cell.kills < goal and cell.missed < missed + 3 * kills:
                    usual = strike(home, cell, dice, usual)
                cell.wrong += home.wrong(stage)
                cell.wrong += _remaining(home)
        return cell

    @contextmanager
    def prepared(self, stage: str, *, fresh: bool = True) -> Iterator[Home]:
        """A home in which a stage can begin: a copy of one that was made once, with no server.

        ``fresh`` is for the demo: an empty folder instead of a migrated home.
        """
        with folder() as path:
            home = Home(path, self.world)
            made = None if stage == "demo" and fresh else self._made(stage)
            if made is not None:
                subprocess.run(["cp", "-a", f"{made}/.", str(path)], check=True)
            try:
                yield home
            finally:
                end_all(home)

    def _made(self, stage: str) -> Path:
        names = {"ingest": "registered", "demo": "migrated", "chapters": "measured"}
        with self._making:
            return self._home(names.get(stage, "ingested"))

    def _home(self, name: str) -> Path:
        """A home by its name, made if it is missing."""
        made = self.world.folder.parent / name
        if made.exists():
            return made
        unfinished = Home(made.with_suffix(".new"), self.world)
        base = {"registered": "migrated", "ingested": "registered", "measured": "migrated"}
        if name in base:
            subprocess.run(["cp", "-a", str(self._home(base[name])), unfinished.home], check=True)
        if name == "migrated":
            unfinished.done("quarantine", "list")
        elif name == "registered":
            unfinished.register()
        elif name == "measured":
            unfinished.done(*unfinished.words("demo"))
        else:
            unfinished.done(*unfinished.words("ingest"))
        unfinished.home.rename(made)
        return made

    def _usual(self, stage: str) -> float:
        """The stage's usual duration in seconds, measured once."""
        if stage not in self._took:
            with self.prepared(stage) as home:
                began = time.perf_counter()
                home.done(*home.words(stage))
                self._took[stage] = time.perf_counter() - began
        return self._took[stage]


def _remaining(home: Home) -> list[str]:
    """The programs that still run in a home a while after everything ended."""
    until = time.monotonic() + 20
    while home.processes() and time.monotonic() < until:
        time.sleep(0.2)
    return [f"{len(home.processes())} processes remain"] if home.processes() else []


def end_all(home: Home) -> None:
    """Kill the programs and the server of a home that will be removed."""
    for pid in (*home.processes(), home.postmaster()):
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def run_matrix(
    stages: tuple[str, ...],
    blows: tuple[str, ...],
    kills: int,
    *,
    people: int = 1500,
    days: int = 10,
    seed: int = 1,
    at_once: int = 2,
    tell: Callable[[Cell], None] = lambda _: None,
) -> list[Cell]:
    """Run every stage with every fault, so many cells at once."""
    with folder() as path, ThreadPoolExecutor(at_once) as pool:
        rig = Rig(World.made(path / "world", people=people, days=days))

        def work(stage: str, blow: str) -> Cell:
            cell = rig.cell(stage, blow, kills, seed)
            tell(cell)
            return cell

        futures = [pool.submit(work, stage, blow) for stage in stages for blow in blows]
        return [future.result() for future in futures]


def document(cells: list[Cell], seconds: float, today: date) -> str:
    """The results as a table, and the wrong ones."""
    lines = [
        (
            f"Measured {today} in {seconds:.0f} s: {sum(c.kills for c in cells)} kills, "
            f"{sum(bool(c.wrong) for c in cells)} cells wrong, 0 wanted (`make faults`)."
        ),
        "",
        "| stage | " + " | ".join(BLOWS) + " |",
        "|---|" + "---|" * len(BLOWS),
    ]
    for stage in dict.fromkeys((*STAGES, *(c.stage for c in cells))):
        found = {c.blow: c for c in cells if c.stage == stage}
        told = [_told(found.get(blow)) for blow in BLOWS]
        lines.append(f"| {stage} | " + " | ".join(told) + " |")
    lines += ["", "A cell says kills / ends that were wrong.", ""]
    lines += [f"- {c.stage}, {c.blow}: {'; '.join(c.wrong)}" for c in cells if c.wrong]
    return "\n".join(lines).rstrip() + "\n"


def _told(cell: Cell | None) -> str:
    return "–" if cell is None else f"{cell.kills} / {len(cell.wrong)}"


def main() -> int:
    """Run the matrix; 1 when a result was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=6, help="for each cell; default 6")
    parser.add_argument(
        "--stage", action="append", choices=(*STAGES, CHAPTERS), help="only this; repeat"
    )
    parser.add_argument("--seed", type=int, default=1, help="other moments")
    parser.add_argument("--people", type=int, default=1500, help="of the simulation; default 1500")
    parser.add_argument("--days", type=int, default=10, help="of the simulation; default 10")
    parser.add_argument("--at-once", type=int, default=2, help="cells at the same time; default 2")
    parser.add_argument("--out", type=Path, help="write the table there as Markdown")
    chosen = parser.parse_args()
    began = time.perf_counter()

    def tell(cell: Cell) -> None:
        print(
            f"{cell.stage:8} {cell.blow:16} {cell.kills} kills, {cell.missed} missed, "
            f"{time.perf_counter() - began:.0f} s, "
            f"wrong: {cell.wrong}",
            flush=True,
        )

    stages = tuple(chosen.stage or STAGES)
    cells = run_matrix(
        stages,
        BLOWS,
        chosen.kills,
        people=chosen.people,
        days=chosen.days,
        seed=chosen.seed,
        at_once=chosen.at_once,
        tell=tell,
    )
    text = document(cells, time.perf_counter() - began, clock.today())
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    return 1 if any(cell.wrong for cell in cells) else 0


if __name__ == "__main__":
    raise SystemExit(main())
