"""``wavehouse work``: a worker process in addition to, or instead of, the one in ``up``."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.queue import Worker
    from wavehouse.workspace import OpenWorkspace


def _stop_at_end_of_input(worker: Worker) -> None:
    """Stop when the program that started this worker has ended, even by kill -9."""
    while os.read(0, 4096):
        continue
    worker.stop()


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Number of concurrent jobs.",
)
@click.option("--once", is_flag=True, help="Exit when nothing is due.")
@click.option(
    "--batch",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Number of short jobs that a thread takes at once.",
)
@click.option("--while-stdin-is-open", "watched", is_flag=True, hidden=True)
@click.pass_obj
def work(
    open_workspace: OpenWorkspace, concurrency: int, once: bool, batch: int, watched: bool
) -> None:
    """Run background jobs until Ctrl-C. `wavehouse up` runs four of them itself.

    SIGTERM and Ctrl-C stop claiming jobs; running jobs may finish within 30 seconds.
    """
    import signal
    from types import FrameType

    from wavehouse.kernel import terminal
    from wavehouse.wiring import working

    with open_workspace() as workspace:
        worker = working.worker_of(workspace, concurrency=concurrency, batch=batch)

        def stop(_: int, __: FrameType | None) -> None:
            terminal.say("Stopping: running jobs may finish.")
            worker.stop()

        if watched:
            threading.Thread(target=_stop_at_end_of_input, args=[worker], daemon=True).start()
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            worker.run(once=once)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
