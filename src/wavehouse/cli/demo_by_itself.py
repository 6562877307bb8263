"""The demo's chapter ``by itself``: three workers poll feeds, and one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

from wavehouse import catalog, queue
from wavehouse.accounts import Identity
from wavehouse.cli.demo_measured import checker
from wavehouse.kernel import ids
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.serving import running_address
from wavehouse.queue import JobStatus, Lane, NewJob
from wavehouse.workspace import ChapterResult, Stage, Workspace

FEEDS, WORKERS = 12, 3
_POLL = "catalog.poll"
_SLOW = 1
_LONGEST = 25.0
_ENDED = {JobStatus.DONE, JobStatus.DEAD, JobStatus.FAILED, JobStatus.CANCELLED}


@dataclass
class _Radio:
    """A web server of feeds on this machine. One feed answers only after ``go_on`` is set."""

    url: str = ""
    episodes: list[int] = field(default_factory=lambda: [1] * FEEDS)
    held: int | None = None
    asked: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def body(self, path: str) -> bytes | None:
        """The feed at a path, or None."""
        name = path.removeprefix("/").removesuffix(".xml")
        if not name.isdecimal() or int(name) >= FEEDS:
            return None
        number = int(name)
        if number == self.held and not self.go_on.is_set():
            self.asked.set()
            self.go_on.wait(_LONGEST)
        return self._feed(number)

    def _feed(self, number: int) -> bytes:
        items = "".join(
            f"<item><title>Bulletin {n}</title><guid>bulletin-{number}-{n}</guid>"
            f"<pubDate>Mon, 02 Nov 2026 0{n}:00:00 GMT</pubDate>"
            f'<enclosure url="{self.url}/{number}-{n}.mp3" length="1" type="audio/mpeg"/></item>'
            for n in range(1, self.episodes[number] + 1)
        )
        guid = UUID(int=0x5EED0000_0000_4000_8000_000000000000 + number)
        return (
            '<?xml version="1.0"?><rss version="2.0" '
            'xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
            f"<title>Radio desk {number + 1}</title><podcast:guid>{guid}</podcast:guid>{items}"
            "</channel></rss>"
        ).encode()


def by_itself(stage: Stage) -> ChapterResult:
    """Poll feeds with worker processes, and kill one in the middle of a job.

    The feeds belong to the self-check organization, which no page lists. They are paused
    afterwards, because their server stops with the chapter.
    """
    workspace = stage.workspace
    if running_address(workspace.settings) is not None:
        line = "Not played: the running dashboard has its own workers (see Jobs)."
        return ChapterResult(True, (line,), {"played": False})
    identity = checker(workspace)
    with _serving() as radio:
        feeds = [_registered(workspace, identity, radio, number) for number in range(FEEDS)]
        jobs = _enqueued(workspace, identity, feeds)
        before = _episodes(workspace, identity, feeds[0])
        radio.episodes[0], radio.held = before + 1, _SLOW
        with _workers(workspace) as workers:
            killed = _kill_the_worker_of(workspace, identity, radio, jobs[_SLOW], workers)
            ended = _wait(lambda: _all_ended(workspace, identity, jobs))
            published = _wait(lambda: _episodes(workspace, identity, feeds[0]) > before)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            catalog.pause_feed(tx, identity=identity, podcast_id=feeds[0])
    return _result(workspace, identity, jobs, killed=killed, complete=ended and published)


def _result(
    workspace: Workspace,
    identity: Identity,
    jobs: Mapping[int, UUID],
    *,
    killed: bool,
    complete: bool,
) -> ChapterResult:
    ends = _ends(workspace, identity, jobs)
    once = sum(number == 1 for number in ends.values())
    again = sum(_attempts(workspace, identity, job_id) > 1 for job_id in jobs.values())
    lines = (
        (
            f"Three workers polled {FEEDS} feeds and one worker was killed: "
            f"{once} of {len(jobs)} jobs ended exactly once, {again} by another worker."
        ),
        "A feed published a new episode: the schedule found it automatically.",
    )
    figures = {
        "played": True,
        "workers": WORKERS,
        "killed": int(killed),
        "jobs": len(jobs),
        "ended_once": once,
        "taken_over": again,
        "new_episodes": 1 if complete else 0,
    }
    ok = killed and complete and once == len(jobs) and again >= 1
    return ChapterResult(ok, lines if ok else (f"The chapter failed: {figures}.",), figures)


@contextmanager
def _serving() -> Iterator[_Radio]:
    radio = _Radio()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = radio.body(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if body:
                self.wfile.write(body)

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the killed worker's connection

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        radio.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield radio
        finally:
            radio.go_on.set()
            server.shutdown()
            thread.join(5)


def _registered(workspace: Workspace, identity: Identity, radio: _Radio, number: int) -> PodcastId:
    """Register a feed; its polls are paused. In another demo it moves to this one's address."""
    with closing(catalog.Web(allow_private=True)) as web:
        done = catalog.ingest_feed(
            workspace.stores.operational,
            identity=identity,
            location=f"{radio.url}/{number}.xml",
            reading=catalog.FeedReading(source=catalog.WebFeedSource(web)),
        )
    with workspace.stores.operational.app(identity.organization_id) as tx:
        catalog.pause_feed(tx, identity=identity, podcast_id=done.podcast_id)
    return done.podcast_id


def _enqueued(workspace: Workspace, identity: Identity, feeds: list[PodcastId]) -> dict[int, UUID]:
    """Add a job for each feed but the first, which the schedule handles."""
    with workspace.stores.operational.app(identity.organization_id) as tx:
        catalog.resume_feed(tx, identity=identity, podcast_id=feeds[0])
        for job in queue.list_jobs(
            tx, identity=identity, statuses=[JobStatus.PENDING], kind=_POLL, limit=200
        ):
            queue.cancel_job(tx, identity=identity, job_id=job.job_id)
        # The jobs of an interrupted demo may still be leased: they do not replace these ones.
        run = ids.uuid7()
        new = [
            NewJob(
                _POLL,
                payload={"podcast_id": str(feed), "by_hand": True},
                unique_key=f"{feed}/{run}",
                lane=Lane.INTERACTIVE,
            )
            for feed in feeds[1:]
        ]
        return dict(enumerate(queue.enqueue(tx, *new, identity=identity), start=1))


@contextmanager
def _workers(workspace: Workspace) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run three ``wavehouse work`` processes, which end with the block or with this program."""
    home = str(workspace.settings.home)
    environment = {**os.environ, "WAVEHOUSE_HOME": home, "WAVEHOUSE_FEED_ALLOW_PRIVATE": "on"}
    command = [
        sys.executable,
        "-m",
        "wavehouse",
        "-q",
        "work",
        "--concurrency",
        "2",
        "--while-stdin-is-open",
    ]
    started = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(WORKERS)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _kill_the_worker_of(
    workspace: Workspace,
    identity: Identity,
    radio: _Radio,
    job_id: UUID,
    workers: list[subprocess.Popen[bytes]],
) -> bool:
    """Kill the process that is waiting for the slow feed; True when it was one of the workers."""
    if not radio.asked.wait(_LONGEST):
        return False
    running: list[subprocess.Popen[bytes]] = []

    def runs() -> bool:
        with workspace.stores.operational.worker() as tx:
            job = queue.show_job(tx, identity=identity, job_id=job_id)
            listed = queue.stats(tx, identity=identity, system=True).workers
        pids = {worker.pid for worker in listed if worker.worker_id == job.worker_id}
        running.extend(process for process in workers if process.pid in pids)
        return bool(running)

    if not _wait(runs):  # a job of an interrupted demo may have asked first
        return False
    running[0].send_signal(signal.SIGKILL)
    running[0].wait(10)
    radio.go_on.set()
    return True


def _all_ended(workspace: Workspace, identity: Identity, jobs: Mapping[int, UUID]) -> bool:
    return len(_ends(workspace, identity, jobs)) == len(jobs)


def _ends(workspace: Workspace, identity: Identity, jobs: Mapping[int, UUID]) -> Counter[UUID]:
    """The number of times that each of these jobs is listed as ended."""
    with workspace.stores.operational.app(identity.organization_id) as tx:
        listed = queue.list_jobs(tx, identity=identity, statuses=sorted(_ENDED), limit=200)
    wanted = set(jobs.values())
    return Counter(job.job_id for job in listed if job.job_id in wanted)


def _attempts(workspace: Workspace, identity: Identity, job_id: UUID) -> int:
    with workspace.stores.operational.app(identity.organization_id) as tx:
        return queue.show_job(tx, identity=identity, job_id=job_id).attempts


def _episodes(workspace: Workspace, identity: Identity, podcast_id: PodcastId) -> int:
    with workspace.stores.operational.app(identity.organization_id) as tx:
        for show in catalog.list_podcasts(tx, identity=identity):
            if show.podcast_id == podcast_id:
                return show.episodes
    raise NotFound("the chapter's feed is gone")


def _wait(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; False when it does not come true within a chapter's longest time."""
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False
