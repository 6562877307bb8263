"""The background work of a process: handlers and schedules from all manifests, and a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from wavehouse.kernel.manifest import Job, Schedule
from wavehouse.queue import Handler, Plan, Worker, kind_of
from wavehouse.wiring import contexts
from wavehouse.wiring.entries import jobs, readers
from wavehouse.wiring.reading import manifests, resolve
from wavehouse.workspace import Workspace

CONCURRENCY = 4
_JOIN_SECONDS = 40.0
Repeating = tuple[str, Schedule]
"""A schedule and the context that declares it."""


def repeating() -> list[Repeating]:
    """The schedules of all contexts."""
    listed = zip(contexts.CONTEXTS, manifests(), strict=True)
    return [(context, schedule) for context, manifest in listed for schedule in manifest.schedules]


def handlers_of(
    workspace: Workspace, listed: Sequence[Repeating] | None = None
) -> tuple[dict[str, Handler], list[Plan]]:
    """The job kinds that this process handles, and their schedules."""
    handlers = {kind: _handler(job) for kind, job in jobs().items()}
    plans = []
    for context, schedule in repeating() if listed is None else listed:
        work = resolve(schedule.target)(workspace)
        if work is None:
            continue
        kind = kind_of(context, schedule.name)
        every = timedelta(seconds=schedule.seconds)
        first = None if schedule.first is None else timedelta(seconds=schedule.first)
        handlers[kind] = Handler(
            kind=kind, call=_repeated(work), transactional=False, retry=every, name=schedule.name
        )
        plans.append(Plan(name=schedule.name, kind=kind, every=every, first=first))
    return handlers, plans


def _repeated(work: Callable[[], str | None]) -> Callable[[object], str | None]:
    return lambda _: work()


def _handler(job: Job) -> Handler:
    def call(*arguments: object, **named: object) -> str | None:
        line: str | None = resolve(job.target)(*arguments, **named)
        return line

    return Handler(kind=job.kind, call=call, transactional=job.transactional, together=job.together)


def worker_of(
    workspace: Workspace,
    *,
    concurrency: int = CONCURRENCY,
    batch: int = 1,
    name: str = "work",
    listed: Sequence[Repeating] | None = None,
) -> Worker:
    """A worker for all job kinds that this process handles."""
    handlers, plans = handlers_of(workspace, listed)
    return Worker(
        workspace,
        handlers,
        plans,
        concurrency=concurrency,
        batch=batch,
        name=name,
        readers=readers(),
    )


@contextmanager
def running(
    workspace: Workspace, *, name: str = "up", listed: Sequence[Repeating] | None = None
) -> Iterator[Worker]:
    """Run a worker during the block; at the end, wait for jobs in progress."""
    worker = worker_of(workspace, name=name, listed=listed)
    thread = threading.Thread(target=worker.run, name="queue worker", daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(timeout=_JOIN_SECONDS)
