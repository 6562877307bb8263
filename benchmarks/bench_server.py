"""The embedded server: a first start, a second one, migrations, a whole command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import ground
import measuring
from measuring import Figure, milliseconds, stopwatch, times

from wavehouse import app
from wavehouse.kernel import config
from wavehouse.store import open_stores


def figures(size: float) -> Iterator[Figure]:
    """Run in a new folder; ``size`` has no effect here."""
    del size
    with ground.folder() as home:
        settings = config.load({"home": str(home)}, environment={})
        with stopwatch() as made, open_stores(settings):
            pass
        with stopwatch() as opened, open_stores(settings):
            pass
        yield Figure(
            "first start and stop (initdb)",
            f"{made.wall:.2f} s",
            f"second start and stop {opened.wall:.2f} s",
            times(made.wall / opened.wall),
        )
        with open_stores(settings) as stores:
            with stopwatch() as first:
                app.migrate(stores)
            with stopwatch() as second:
                app.migrate(stores)
        yield Figure(
            "make databases and roles, migrate all three",
            f"{first.wall:.2f} s",
            f"when nothing is pending {milliseconds(second.wall)}",
            times(first.wall / second.wall),
        )
        yield from _commands(str(home), settings)


def _commands(home: str, settings: config.Settings) -> Iterator[Figure]:
    environment = {"PATH": os.environ.get("PATH", ""), "WAVEHOUSE_HOME": home}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    command = [sys.executable, "-m", "wavehouse", "sign-in-link"]

    def run() -> float:
        with stopwatch() as took:
            subprocess.run(command, check=True, env=environment, capture_output=True)
        return took.wall

    alone = measuring.best(run, 2)
    with open_stores(settings):
        beside = measuring.best(run, 3)
    yield Figure(
        "wavehouse sign-in-link, starting and stopping the server",
        f"{alone:.2f} s",
        f"while the server runs {beside:.2f} s",
        times(alone / beside),
    )


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
