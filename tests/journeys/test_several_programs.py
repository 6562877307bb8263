"""Several hosts on one PostgreSQL: programs with separate homes act as one installation."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from tests.journeys.working import KIND
from tests.stopping import reachable_folder

from wavehouse import queue
from wavehouse.store import Stores

PATIENCE = 120.0


class Host(NamedTuple):
    """A home of its own, with the addresses of the shared databases."""

    home: Path
    environment: dict[str, str]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "wavehouse", "--quiet", *words],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def work(self, seconds: float, begun: Path, *, apart: bool) -> subprocess.Popen[bytes]:
        """A worker whose job takes this long; ``apart``: with process ids of its own."""
        command = [sys.executable, "-m", "tests.journeys.working", str(seconds), str(begun)]
        unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] if apart else []
        return subprocess.Popen([*unshare, *command], env=self.environment)

    def up(self) -> tuple[subprocess.Popen[str], str]:
        """Serve, and the address once it is ready."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        program = subprocess.Popen(
            [sys.executable, "-m", "wavehouse", "up", "--port", str(port)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        address, ends = f"http://localhost:{port}", time.monotonic() + PATIENCE
        while time.monotonic() < ends and program.poll() is None:
            try:
                if httpx2.get(f"{address}/health/ready").status_code == 200:
                    break
            except httpx2.TransportError:
                time.sleep(0.1)
        return program, address


@pytest.fixture
def hosts(stores: Stores) -> list[Host]:
    """Three hosts: two serve, one is an operator's."""
    urls = {f"WAVEHOUSE_{p.database.upper()}_URL": p.admin for p in stores.places}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WAVEHOUSE_")}
    homes = [reachable_folder() for _ in range(3)]
    return [Host(home, {**kept, **urls, "WAVEHOUSE_HOME": str(home)}) for home in homes]


def session(host: Host, address: str) -> dict[str, str]:
    """Sign in at an address by a link that the host's command printed; the session's cookie."""
    token = re.findall(r"token=([\w-]+)", host.run("sign-in-link"))[0]
    with httpx2.Client(base_url=address) as visitor:
        page = visitor.get("/sign-in", params={"token": token})
        form = {"csrf": page.cookies["wh_csrf"], "token": token}
        browser = dict(page.cookies.items())
        entered = visitor.post(
            "/sign-in",
            data=form,
            headers={"Cookie": "; ".join(f"{k}={v}" for k, v in browser.items())},
        )
        assert 303 == entered.status_code, entered.text
        return {"Cookie": entered.headers["set-cookie"].split(";")[0]}


@pytest.mark.harness
def test_two_hosts_and_an_operator_act_as_one_installation(
    hosts: list[Host], tmp_path: Path
) -> None:
    """A link of the third host signs in at the first; its session and key are valid at the second.

    The first is killed (SIGKILL): the second goes on, and so does a worker.
    """
    first, second, operator = hosts
    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<rss version='2.0'><channel><title>Shared</title><item><title>One</title><guid>one</guid>"
        "<enclosure url='https://media.example/one.mp3' length='1000' type='audio/mpeg'/>"
        "</item></channel></rss>"
    )
    operator.run("ingest", "feed", str(feed))
    program, one = first.up()
    other, two = second.up()
    try:
        cookie = session(operator, one)
        assert "Shared" in httpx2.get(two, headers=cookie).text
        key = re.findall(
            r"wh_live_\w+",
            operator.run("keys", "create", "--name", "both", "--scope", "catalog:read"),
        )[0]
        shows = {"Authorization": f"Bearer {key}"}
        assert [200, 200] == [
            httpx2.get(f"{address}/api/v1/podcasts", headers=shows).status_code
            for address in (one, two)
        ]
        program.send_signal(signal.SIGKILL)
        program.wait()
        operator.run("work", "--once")
        assert "Shared" in httpx2.get(two, headers=cookie).text
        prefix = key.removeprefix("wh_live_").split("_")[0]
        operator.run("keys", "revoke", prefix)
        assert 401 == httpx2.get(f"{two}/api/v1/podcasts", headers=shows).status_code
    finally:
        for each in (program, other):
            each.kill()
            each.wait()


@pytest.mark.harness
def test_two_hosts_count_attempts_to_sign_in_together(hosts: list[Host]) -> None:
    """Five passwords for an email, whichever host is asked; then both refuse."""
    started = [host.up() for host in hosts[:2]]
    statuses = []
    try:
        for attempt in range(8):
            _, address = started[attempt % 2]
            page = httpx2.get(f"{address}/sign-in")
            statuses.append(
                httpx2.post(
                    f"{address}/sign-in/password",
                    data={
                        "csrf": page.cookies["wh_csrf"],
                        "email": "ada@example.com",
                        "password": f"wrong {attempt}",
                    },
                    headers={"Cookie": f"wh_csrf={page.cookies['wh_csrf']}"},
                ).status_code
            )
    finally:
        for program, _ in started:
            program.kill()
            program.wait()

    assert [401] * 5 + [429] * 3 == statuses


@pytest.mark.harness
@pytest.mark.skipif(
    bool(subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode),
    reason="not run here: no right to make a namespace of process ids",
)
def test_q20_a_host_takes_over_the_job_of_a_host_that_was_killed(
    hosts: list[Host], stores: Stores, tmp_path: Path
) -> None:
    """After the lease of 45 seconds, since the other host's process cannot be seen: one effect."""
    first, second, _ = hosts
    with stores.operational.worker() as tx:
        (job,) = queue.enqueue(tx, queue.NewJob(KIND, payload={"number": "1"}))
    slow = first.work(600, tmp_path / "begun", apart=True)
    quick = None
    try:
        _until(lambda: (tmp_path / "begun").exists())
        quick = second.work(0, tmp_path / "done", apart=False)
        slow.kill()
        slow.wait()
        _until(lambda: _jobs_done(stores) == [str(job)])
    finally:
        for program in filter(None, (slow, quick)):
            program.kill()
            program.wait()

    with stores.operational.worker() as tx:
        assert ["1"] == tx.values(
            "SELECT subject_id FROM queue.outbox WHERE event_type = 'hosts.effect'"
        )


def _jobs_done(stores: Stores) -> list[str]:
    with stores.operational.worker() as tx:
        return [str(each) for each in tx.values("SELECT job_id FROM queue.jobs_done")]


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "nothing happened in two minutes"
        time.sleep(0.2)
