"""Kill program and server while eight clients write positions; no acknowledged one may be lost.

    .venv/bin/python -m tests.faults.writes                  200 kills; some 20 minutes
    .venv/bin/python -m tests.faults.writes --kills 6        a taste of it
    .venv/bin/python -m tests.faults.writes --out FILE.md    the figures as a document, too

Each client is a listener with an app password that writes one action a request and sends it again,
with the same id, until it is acknowledged. Program and PostgreSQL are killed in turn with SIGKILL,
at random moments; `wavehouse up` is started again, and nothing is repaired by hand. In the end
every acknowledged action must be in its listener's export, once. Exit code 1 if one is lost or
twice.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import uuid4

from wavehouse import listeners
from wavehouse.app import open_workspace

CLIENTS, CHAPTERS = 8, 5
_START = 120.0


@dataclass(slots=True)
class Client:
    """A listener: the ids of its acknowledged actions, and its number of repeats."""

    email: str
    authorization: str
    acknowledged: list[str] = field(default_factory=list)
    repeated: int = 0

    def ask(self, port: int, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Send one request on a new connection; OSError when the server is away."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            headers = {
                "Authorization": self.authorization,
                "Content-Type": "application/json",
                "Accept": "application/json",
            }
            content = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1/listener/{path}", content, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def write(self, port: int, stop: threading.Event) -> None:
        """Write until told to stop; the last action is acknowledged too."""
        number = 0
        while not stop.is_set():
            number += 1
            action = {"action_id": str(uuid4()), "position_ms": number % 3500 * 1000 + 1000,
                      "duration_ms": 3_600_000, "device_id": "phone"}  # fmt: skip
            while True:
                status = 0
                with suppress(OSError):
                    path = f"positions/chapter-{number % CHAPTERS}-of-{self.email[:9]}"
                    status, _ = self.ask(port, "PUT", path, action)
                if status == 200:
                    break
                if 400 <= status < 500 and status != 429:
                    raise AssertionError(f"a write was answered by {status}")
                self.repeated += 1
                time.sleep(0.05)
            self.acknowledged.append(action["action_id"])  # type: ignore[arg-type]

    def stored(self, port: int) -> Counter[str]:
        """The ids of the actions in the listener's export, with their numbers."""
        status, body = self.ask(port, "GET", "export")
        assert status == 200, body[:200]
        return Counter(one["action_id"] for one in json.loads(body)["actions"])


@dataclass(slots=True)
class Outcome:
    """What was done, and the problems at the end."""

    kills: Counter[str]
    acknowledged: int
    repeated: int
    lost: int
    twice: int
    seconds: float

    def document(self) -> str:
        """The figures as a table."""
        rows = {**{f"kills of the {what}": n for what, n in self.kills.items()},
                "acknowledged writes": self.acknowledged, "requests sent again": self.repeated,
                "lost": self.lost, "twice": self.twice, "seconds": round(self.seconds)}  # fmt: skip
        lines = [f"| {name} | {number:,} |" for name, number in rows.items()]
        return "\n".join(["| what | number |", "|---|---|", *lines]) + "\n"


class Program:
    """``wavehouse up`` with a separate home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.environment = {**os.environ, "WAVEHOUSE_HOME": str(home)}
        self.log = (home / "up.log").open("a")
        self.start()

    def start(self) -> None:
        """Start the program, and wait until it responds."""
        self.running = subprocess.Popen(
            [sys.executable, "-m", "wavehouse", "up", "--port", str(self.port)],
            env=self.environment, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        end = time.monotonic() + _START
        while time.monotonic() < end:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            if self.running.poll() is not None:
                self.start()
                return
            time.sleep(0.1)
        raise AssertionError("the program did not start within two minutes; see up.log")

    def kill(self, what: str) -> None:
        """Kill the program or its server, and start the program again."""
        if what == "server":
            with suppress(OSError, ValueError, IndexError):
                file = next(self.home.glob("postgres/**/postmaster.pid"))
                os.kill(int(file.read_text().split("\n")[0]), signal.SIGKILL)
            time.sleep(0.5)
        self.running.kill()
        self.running.wait()
        self.start()


def new_clients(home: Path) -> list[Client]:
    """Create listeners in a new home, each with an app password."""
    made = []
    with (
        open_workspace({"home": str(home)}) as workspace,
        workspace.stores.listeners.worker() as tx,
    ):
        for number in range(CLIENTS):
            email = f"writer{number}@example.org"
            listeners.create(tx, email=email)
            key = listeners.new_app_password(tx, email=email, device="phone")
            basic = base64.b64encode(f"{key.username}:{key.text}".encode()).decode()
            made.append(Client(email, f"Basic {basic}"))
    return made


@contextmanager
def _program() -> Iterator[tuple[Program, list[Client]]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)
        clients = new_clients(home)
        program = Program(home)
        try:
            yield program, clients
        finally:
            program.running.terminate()
            program.running.wait(60)
            program.log.close()


def run(kills: int, seed: int = 1) -> Outcome:
    """Write, kill, and compare the acknowledged with the stored actions."""
    random, began, done = Random(seed), time.monotonic(), Counter[str]()
    with _program() as (program, clients):
        stop = threading.Event()
        threads = [threading.Thread(target=c.write, args=(program.port, stop)) for c in clients]
        for thread in threads:
            thread.start()
        for number in range(kills):
            time.sleep(random.uniform(0.1, 1.5))
            what = ("program", "server")[number % 2]
            program.kill(what)
            done[what] += 1
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join()
        found = [(c, c.stored(program.port)) for c in clients]
    return Outcome(
        done,
        sum(len(c.acknowledged) for c in clients),
        sum(c.repeated for c in clients),
        sum(action not in stored for c, stored in found for action in c.acknowledged),
        sum(number - 1 for _, stored in found for number in stored.values()),
        time.monotonic() - began,
    )


def main() -> int:
    """Run it with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    outcome = run(chosen.kills)
    print(outcome.document())
    if chosen.out:
        chosen.out.write_text(outcome.document())
    return int(bool(outcome.lost or outcome.twice))


if __name__ == "__main__":
    raise SystemExit(main())
