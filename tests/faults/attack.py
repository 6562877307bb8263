"""Run every known kind of attack on the product, and print what was tried and what broke.

    .venv/bin/python -m tests.faults.attack                    everything, some 30 minutes
    .venv/bin/python -m tests.faults.attack --only bombs       one part; repeat for more
    .venv/bin/python -m tests.faults.attack --out FILE.md      the table as a document, too

Exit code 1 if anything broke. Parts that need root (full disks) say so when they are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults import bombs, hostile, slow
from tests.small_disk import can_mount, small_disk

from wavehouse.catalog.adapters import Limits, Web, WebFeedSource, WebMediaProbe
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.kernel import clock
from wavehouse.kernel.errors import WavehouseError
from wavehouse.measurement.adapters.logfile import LogFile

_SHORT = Limits(largest=300_000, seconds=0.7, patience=0.5)
_TOO_LONG = 20.0
_TOO_LARGE = 700
_DISKS = (60, 90, 120, 160, 220, 300)
_ROOM = 1500


@dataclass(slots=True)
class Part:
    """The attempts of one part of the attack, and what broke."""

    name: str
    tried: int = 0
    broken: list[str] = field(default_factory=list)
    figures: str = ""


def _resolved(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def servers() -> Part:
    """Malicious servers: each fetch ends in time, with an error of ours or a document."""
    part, slowest = Part("hostile servers"), 0.0
    kinds = {**hostile.SLOW, **hostile.FAST, **hostile.MOVES, **hostile.CIRCLES}
    for name, behaviour in kinds.items():
        for what in ("feed", "media file"):
            web = Web(allow_private=True, limits=_SHORT, resolve=_resolved)
            began = time.monotonic()
            try:
                with hostile.server(behaviour) as port:
                    address = f"http://feeds.example:{port}/a.mp3"
                    if what == "feed":
                        WebFeedSource(web).fetch(address)
                    else:
                        WebMediaProbe(web).probe(address)
            except WavehouseError:
                pass
            except Exception as error:
                part.broken.append(f"{name} ({what}): {type(error).__name__}: {error}"[:200])
            took = time.monotonic() - began
            slowest = max(slowest, took)
            if took > _TOO_LONG:
                part.broken.append(f"{name} ({what}): {took:.1f} s")
            part.tried += 1
    part.figures = f"slowest {slowest:.1f} s of {_SHORT.seconds:g} s allowed and the server's end"
    return part


def addresses() -> Part:
    """Spellings of this machine and its network: no client connects to any of them."""
    part = Part("SSRF forms")
    touched: list[object] = []
    with hostile.server(lambda connection, _: touched.append(connection)) as port:
        forms = [f"http://{host}:{port}/" for host in hostile.PRIVATE]
        forms += [f"http://user@{host}:{port}/" for host in hostile.PRIVATE]
        for form in forms:
            before = len(touched)
            try:
                with Web(limits=_SHORT).get(form):
                    touched.append(form)
            except WavehouseError:
                pass
            except Exception as error:
                part.broken.append(f"{form}: {type(error).__name__}")
            if len(touched) > before:
                part.broken.append(f"{form}: connected")
            part.tried += 1
    return part


def _alone(work: Callable[[], str]) -> tuple[str, float, float]:
    """Do some work in a separate process: outcome, CPU seconds, additional megabytes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        began, before = time.process_time(), _peak()
        try:
            outcome = work()
        except WavehouseError as error:
            outcome = f"refused: {error.message[:60]}"
        except BaseException as error:
            outcome = f"BROKEN {type(error).__name__}: {str(error)[:60]}"
        found = (outcome, time.process_time() - began, _peak() - before)
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        return "BROKEN: killed", 0.0, 0.0
    outcome, seconds, megabytes = json.loads(told)
    return str(outcome), float(seconds), float(megabytes)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _read_feed(bomb: bytes) -> str:
    feed = parse_feed(bomb, location="https://a.example/feed.xml")
    return f"{len(feed.episodes)} episodes, {len(feed.dropped)} dropped"


def _read_log(path: Path) -> str:
    log = LogFile(path)
    chunks = sum(1 for _ in log.chunks(0, 1))
    return f"{chunks} chunks"


def bombing(feeds: Sequence[str] = (), logs: Sequence[str] = ()) -> Part:
    """Feeds and logs that expand: read or refused, within limits of time and memory."""
    part, slowest, largest = Part("feed and log bombs"), ("", 0.0), ("", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "access.log")
        for name in (*(feeds or bombs.FEEDS), *(logs or bombs.LOGS)):
            made = (bombs.FEEDS.get(name) or bombs.LOGS[name])()
            if name in bombs.FEEDS:
                outcome, seconds, megabytes = _alone(lambda bomb=made: _read_feed(bomb))  # type: ignore[misc]
            else:
                path.write_bytes(made)
                outcome, seconds, megabytes = _alone(lambda: _read_log(path))
            print(f"  {name:34} {seconds:6.2f} s {megabytes:6.0f} MB  {outcome}", flush=True)
            slowest = max(slowest, (name, seconds), key=lambda each: each[1])
            largest = max(largest, (name, megabytes), key=lambda each: each[1])
            if outcome.startswith("BROKEN") or seconds > _TOO_LONG or megabytes > _TOO_LARGE:
                part.broken.append(f"{name}: {outcome}, {seconds:.1f} s, {megabytes:.0f} MB")
            part.tried += 1
    part.figures = (
        f"slowest {slowest[1]:.1f} s ({slowest[0]}), most {largest[1]:.0f} MB ({largest[0]})"
    )
    return part


def slowness(number: int = 500) -> Part:
    """Slow connections of every kind, while a user works."""
    from tests.serving import served
    from tests.web.websample import SampleServices

    from wavehouse.web.app import create_app
    from wavehouse.web.serve import server

    part = Part("slow connections")
    app = create_app(SampleServices())
    with served(app, server(app)) as url:
        place = urlsplit(url)
        address = (place.hostname or "", place.port or 0)
        seen = slow.beside(f"{url}/health/live", address, number, asks=30)
    part.tried = seen.opened
    if seen.answered != seen.asked:
        part.broken.append(f"{seen.asked - seen.answered} of {seen.asked} requests unanswered")
    part.figures = f"{seen.answered} of {seen.asked} answered, slowest {seen.slowest:.2f} s"
    return part


def kills(each: int = 6) -> Part:
    """Run `make faults`: every stage with every fault, the result compared with the truth."""
    from tests.faults import matrix

    def tell(cell: matrix.Cell) -> None:
        print(f"  {cell.stage:8} {cell.blow:16} {cell.kills} kills, {cell.wrong}", flush=True)

    cells = matrix.run_matrix(matrix.STAGES, matrix.BLOWS, each, people=300, days=6, tell=tell)
    wrong = [f"{cell.stage}, {cell.blow}: {text}" for cell in cells for text in cell.wrong]
    return Part("kills", sum(cell.kills for cell in cells), wrong)


def full_disks(sizes: Sequence[int] = _DISKS) -> Part:
    """Run the demo on too small disks: an error without a traceback; with space it succeeds."""
    part = Part("full disks")
    if os.geteuid() != 0 or not can_mount():
        part.figures = "left out: only root can mount a small disk"
        return part
    for size in sizes:
        with small_disk(size) as folder:
            words = [sys.executable, "-m", "wavehouse", "demo", "--no-serve", "--people", "60"]
            first = _demo(words, folder)
            grown = f"remount,size={_ROOM}M"
            subprocess.run(["mount", "-o", grown, str(folder)], check=True, capture_output=True)
            second = _demo(words, folder)
        part.tried += 1
        sentence = [line for line in first.stderr.splitlines() if line.startswith("Error:")]
        outcome = sentence[-1] if sentence else f"exit {first.returncode}"
        print(f"  {size:4} MB  {outcome}", flush=True)
        if "Traceback" in first.stderr or first.returncode < 0:
            part.broken.append(f"{size} MB: {first.stderr[-200:]}")
        elif first.returncode != 0 and not sentence:
            part.broken.append(f"{size} MB: exit {first.returncode} without a sentence")
        if second.returncode != 0:
            part.broken.append(f"{size} MB, then with room: {second.stderr[-200:]}")
    return part


def _demo(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WAVEHOUSE_")}
    environment = {**kept, "WAVEHOUSE_HOME": str(folder / "home"), "TMPDIR": str(folder)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def _tests(name: str, *paths: str) -> Part:
    """An attack that is a test of the suite: pytest counts its cases."""
    part, root = Part(name), Path(__file__).parents[2]
    there = [path for path in paths if (root / path.partition("::")[0]).exists()]
    if not there:
        part.figures = "left out: not in this version"
        return part
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *there],  # one -q is set; a second hides the counts
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    part.figures = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "no output"
    words = part.figures.split()
    part.tried = next((int(n) for n, what in pairwise(words) if what.startswith("passed")), 0)
    if done.returncode != 0:
        part.broken.append(part.figures)
    return part


PARTS: dict[str, Callable[[], Part]] = {
    "tenants": lambda: _tests("walk of tenants", "tests/journeys/test_tenants.py"),
    "addresses": addresses,
    "servers": servers,
    "bombs": bombing,
    "slow": slowness,
    "rotation": lambda: _tests("rotation of logs", "tests/measurement/test_rotation.py"),
    "kills": kills,
    "disks": full_disks,
}


def document(parts: Sequence[Part], seconds: float) -> str:
    """The results as a table, and the failures."""
    broken = sum(len(part.broken) for part in parts)
    lines = [
        f"Measured {clock.today()} in {seconds:.0f} s: {broken} broken, 0 wanted (`make attack`).",
        "",
        "| part | tried | broken | figures |",
        "|---|---|---|---|",
        *(f"| {p.name} | {p.tried} | {len(p.broken)} | {p.figures} |" for p in parts),
        "",
        *(f"- {part.name}: {text}" for part in parts for text in part.broken),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Run the parts; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", action="append", choices=PARTS, help="only this; repeat")
    parser.add_argument("--out", type=Path, help="write the table there as Markdown")
    options = parser.parse_args()
    began, parts = time.monotonic(), []
    for name in options.only or PARTS:
        print(f"{name} …", flush=True)
        parts.append(PARTS[name]())
        last = parts[-1]
        print(f"  {last.tried} tried, {len(last.broken)} broken; {last.figures}", flush=True)
    text = document(parts, time.monotonic() - began)
    print(text)
    if options.out:
        options.out.write_text(f"# Attack\n\n{text}", encoding="utf-8")
    return 1 if any(part.broken for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
