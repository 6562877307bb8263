"""Runs the schedules of all manifests while a program serves; one thread each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from wavehouse.kernel import terminal
from wavehouse.kernel.manifest import Schedule
from wavehouse.wiring.entries import schedules
from wavehouse.wiring.reading import resolve
from wavehouse.workspace import Workspace

Work = Callable[[], str | None]
_JOIN_SECONDS = 30


@contextmanager
def running(workspace: Workspace, listed: Sequence[Schedule] | None = None) -> Iterator[None]:
    """Repeat the scheduled work until the block ends; a run in progress is waited for."""
    stop = threading.Event()
    threads = []
    for schedule in schedules() if listed is None else listed:
        work: Work | None = resolve(schedule.target)(workspace)
        if work is not None:
            arguments = (schedule, work, stop)
            threads.append(
                threading.Thread(target=_repeat, args=arguments, name=schedule.name, daemon=True)
            )
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=_JOIN_SECONDS)


def _repeat(schedule: Schedule, work: Work, stop: threading.Event) -> None:
    delay = schedule.seconds if schedule.first is None else schedule.first
    while not stop.wait(delay):
        delay = schedule.seconds
        try:
            line = work()
        except Exception as error:  # whatever it was: the next run may succeed
            line = (
                f"{schedule.name} failed, next try in {delay:g} s: {type(error).__name__}: {error}"
            )
        if line:
            terminal.say(line)
