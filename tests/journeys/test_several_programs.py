"""Several hosts on one PostgreSQL: programs with separate homes act as one installation."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from tests.stopping import reachable_folder

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
