"""Late rows from four concurrent processes, some killed; the result compared with a rebuild.

    .venv/bin/python -m tests.faults.late                  100,000 late rows over 90 days
    .venv/bin/python -m tests.faults.late --out FILE.md    the table as a document, too

A simulated world's lines of every third hour are held back, the others ingested, counted and rolled
up. Then four programs ingest what was held back: each file goes to two of them, and every other run
is killed and started again. At the end the figures must equal the simulator's truth, hours without
a late row must not have been computed again, and counting everything again must change nothing.
Exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.faults import matrix
from tests.faults.matrix import Home, World

from wavehouse import app, measurement
from wavehouse.kernel import clock, config
from wavehouse.simulation import Settings, simulate
from wavehouse.store import open_stores

WRITERS = 4
TABLES = (
    "listener_events_hourly",
    "listener_events_hourly_platform",
    "listener_events_hourly_country",
    "listener_events_hourly_device",
    "listener_events_daily",
    "listener_events_daily_platform",
    "listener_events_daily_country",
    "listener_events_daily_device",
    "audience_daily",
)


KEPT = {"raw_retention_days": 400}


class LongHome(Home):
    """A home that keeps raw events for longer than the simulated period."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "WAVEHOUSE_RAW_RETENTION_DAYS": "400"}


@dataclass(slots=True)
class Outcome:
    """What was done, and the result."""

    lines: int = 0
    late: int = 0
    late_hours: int = 0
    hours: int = 0
    recomputed: int = 0
    kills: int = 0
    took: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def document(self) -> str:
        """The results as a table, and the wrong ones."""
        rows = [
            ("lines in all", f"{self.lines:,}"),
            ("of them late", f"{self.late:,}, each told twice"),
            ("writers at once, starts killed", f"{WRITERS}, {self.kills}"),
            ("hours with late rows", f"{self.late_hours:,} of {self.hours:,}"),
            ("hours computed again", f"{self.recomputed:,}"),
            ("from the first late line to the last rollup", f"{self.took:.0f} s"),
            ("mismatches", str(len(self.wrong))),
        ]
        lines = [
            f"Measured {clock.today()} (`make late`).",
            "",
            "| what | figure |",
            "|---|---|",
            *(f"| {name} | {figure} |" for name, figure in rows),
            "",
            *(f"- {text}" for text in self.wrong),
        ]
        return "\n".join(lines).rstrip() + "\n"


def run(folder: Path, *, people: int, days: int, late: int, seed: int = 3) -> Outcome:
    """Run the whole scenario in a folder."""
    outcome, dice = Outcome(), Random(seed)
    until = clock.today() - timedelta(days=1)
    truth = simulate(Settings(seed, people, days, until, "cloudfront"), folder / "world")
    world = World(folder / "world", json.loads(json.dumps(truth)))
    held = _hold_back(world, folder / "late", late, outcome)
    home = LongHome(folder / "home", world)
    home.home.mkdir(mode=0o711)
    home.register()
    home.done("ingest", "logs", *world.files("logs"))
    with _stores(home) as workspace:
        before = _computed(workspace)
    began = time.perf_counter()
    _write_at_once(home, held, dice, outcome)
    home.done("rollup", "run")
    outcome.took = time.perf_counter() - began
    _judge(home, world, before, outcome)
    return outcome


def _hold_back(world: World, out: Path, most: int, outcome: Outcome) -> list[Path]:
    """Move the lines of every third hour from the logs into separate files."""
    out.mkdir()
    written = []
    for path in map(Path, world.files("logs")):
        head: list[bytes] = []
        kept: list[bytes] = []
        late: list[bytes] = []
        for line in gzip.decompress(path.read_bytes()).splitlines(keepends=True):
            if line.startswith(b"#"):
                head.append(line)
                continue
            day, clock_time = line.split(b"\t", 2)[:2]
            at = datetime.fromisoformat(f"{day.decode()}T{clock_time.decode()}+00:00")
            is_late = int(at.timestamp()) // 3600 % 3 == 0 and outcome.late + len(late) < most
            (late if is_late else kept).append(line)
        outcome.lines += len(kept) + len(late)
        outcome.late += len(late)
        path.write_bytes(gzip.compress(b"".join(head + kept), 1, mtime=0))
        if late:
            written.append(out / path.name)
            written[-1].write_bytes(gzip.compress(b"".join(head + late), 1, mtime=0))
    return written


def _write_at_once(home: Home, files: list[Path], dice: Random, outcome: Outcome) -> None:
    """Run four processes; each file goes to two of them; every other run is killed and repeated."""
    dealt: list[list[str]] = [[] for _ in range(WRITERS)]
    for number, path in enumerate(files):
        dealt[number % WRITERS].append(str(path))
        dealt[(number + 1) % WRITERS].append(str(path))

    def write(own: list[str], wait: float) -> int:
        killed = 0
        for start in range(0, len(own), 12):
            words = ["ingest", "logs", *own[start : start + 12]]
            struck = home.start(*words)
            try:
                struck.communicate(timeout=wait * (1 + start % 24 / 12))
            except subprocess.TimeoutExpired:
                struck.send_signal(signal.SIGKILL)
                struck.communicate()
                killed += 1
            home.done(*words)
        return killed

    with ThreadPoolExecutor(WRITERS) as pool:
        waits = [0.8 + dice.random() for _ in dealt]
        outcome.kills = sum(pool.map(write, dealt, waits))


def _stores(home: Home) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[Any]:
        settings = config.load({"home": str(home.home), **KEPT}, environment={})
        with open_stores(settings) as stores:
            yield app.entered(settings, stores)

    return opened()


def _computed(place: Any) -> dict[datetime, datetime]:
    """When each hour was last computed."""
    with place.stores.analytics.worker() as tx:
        return dict(
            tx.connection.execute(
                "SELECT hour, max(computed_at) FROM analytics.listener_events_hourly GROUP BY hour"
            ).fetchall()
        )


def _digest(place: Any) -> dict[str, str]:
    """Every rollup's rows without their time of computation, as a hash."""
    found = {}
    with place.stores.analytics.worker() as tx:
        for table in TABLES:
            rows = tx.values(
                f"SELECT (to_jsonb(r) - 'computed_at')::text FROM analytics.{table} r ORDER BY 1"
            )
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
    return found


def _judge(home: Home, world: World, before: dict[datetime, datetime], outcome: Outcome) -> None:
    told = json.loads(home.done("downloads", *world.period, "--json"))
    if world.truth["downloads"]["by_day"] != {r["day"]: r["downloads"] for r in told["rows"]}:
        outcome.wrong.append("the days differ from the simulator's truth")
    with _stores(home) as workspace:
        after = _computed(workspace)
        changed = {hour for hour in after if after[hour] != before.get(hour)}
        late = {hour for hour in after if int(hour.timestamp()) // 3600 % 3 == 0}
        outcome.hours, outcome.recomputed = len(after), len(changed)
        outcome.late_hours = len(late)
        # A late first request removes a download from a later hour of its day (R41).
        days = {hour.astimezone(UTC).date() for hour in late}
        if stray := [hour for hour in changed if hour.astimezone(UTC).date() not in days]:
            outcome.wrong.append(f"{len(stray)} hours were computed again without a reason")
        found = _digest(workspace)
        measurement.recount(
            workspace.stores.operational,
            workspace.settings,
            first=min(after).date(),
            last=max(after).date(),
        )
        with workspace.stores.operational.worker() as tx:
            tx.connection.execute(
                "INSERT INTO measurement.dirty_log (hour) SELECT unnest(%s::timestamptz[])",
                [list(after)],
            )
        measurement.roll_up(workspace.stores)
        rebuilt = _digest(workspace)
        outcome.wrong += [f"{t} differs from a rebuild" for t in TABLES if found[t] != rebuilt[t]]
        mismatches = measurement.reconcile(workspace.stores).mismatches
        outcome.wrong += [f"{len(mismatches)} mismatches with raw events"] * bool(mismatches)


def main() -> int:
    """Run the scenario; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=2600)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--late", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="write the table there as Markdown")
    chosen = parser.parse_args()
    with matrix.folder() as folder:
        outcome = run(folder, people=chosen.people, days=chosen.days, late=chosen.late)
    text = outcome.document()
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
