"""The demo as a whole process: from nothing to a filled dashboard and a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import ground
import measuring
from measuring import Figure, stopwatch, times

GOAL = 40.0


def figures(size: float) -> Iterator[Figure]:
    """Run it in a new folder; then again, without new data. ``size`` scales the people."""
    with ground.folder() as home:
        again = ["--people", str(max(50, round(2000 * size)))]
        first, found = _run(str(home), again)
        second, _ = _run(str(home), again)
    held = [rule for rule, one in found["truth"].items() if one["expected"] == one["counted"]]
    yield Figure(
        f"wavehouse demo --no-serve, {found['downloads']:,} downloads, "
        f"{len(held)} of {len(found['truth'])} rules held",
        f"{first:.1f} s",
        f"again, nothing new {second:.1f} s",
        times(first / second),
        f"< {GOAL:.0f} s",
        first < GOAL,
    )


def _run(home: str, options: list[str]) -> tuple[float, dict[str, dict[str, dict[str, int]]]]:
    environment = {"PATH": os.environ.get("PATH", ""), "WAVEHOUSE_HOME": home}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    command = [sys.executable, "-m", "wavehouse", "demo", "--no-serve", "--json", *options]
    with stopwatch() as took:
        done = subprocess.run(command, check=True, env=environment, capture_output=True)
    return took.wall, json.loads(done.stdout)


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
