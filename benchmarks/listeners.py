"""Positions over HTTP: durable writes, resuming, a new device; compared with oPodSync.

Eight processes, each with its own listener, connection and session, write one action per request
for some seconds; the server is started by ``wavehouse up``. The peer is a checkout of
https://github.com/kd2org/opodsync under PHP's own server with two workers (``--peer FOLDER``; needs
php-cli and php-sqlite3). Both get the same requests of gpodder's API.
"""

from __future__ import annotations

import argparse
import base64
import functools
import json
import multiprocessing
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import ground

CLIENTS = 8
CHAPTERS, ACTIONS, BATCH = 5_000, 100_000, 500
LARGEST, LONG_CHAPTER = 25_000, 10_000
WARM = 15  # seconds until new tables have statistics: autovacuum runs every ten
PASSWORD = "correct-horse-battery"  # noqa: S105 - of nobody
SHOW = "https://shows.example/one.xml"


@dataclass(frozen=True, slots=True)
class Account:
    """A user, with the session's cookie."""

    name: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a load: responses by status, sorted seconds, and the duration of the load."""

    statuses: Counter[int]
    took: list[float]
    seconds: float
    client_cpu: float

    @property
    def rate(self) -> float:
        """Successful responses per second."""
        return self.statuses[200] / self.seconds

    def at(self, share: float) -> float:
        """The milliseconds within which this share of the responses arrived."""
        return self.took[min(int(len(self.took) * share), len(self.took) - 1)] * 1000

    def told(self) -> str:
        """The result in one line."""
        bad = {code: n for code, n in self.statuses.items() if code != 200}
        return (
            f"{self.rate:7,.0f}/s  P50 {self.at(0.5):6.1f} ms  P95 {self.at(0.95):6.1f} ms  "
            f"P99 {self.at(0.99):6.1f} ms  not 200: {bad or 'none'}  "
            f"(clients used {self.client_cpu / self.seconds:.2f} cores)"
        )


class Connection:
    """A client's connection, opened again when the server closes it after a response."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """The status, headers and body of a response; 0 when the server hung up."""
        try:
            return self._ask(request)
        except OSError:
            self._socket = None
            return 0, b"", b""

    def _ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            got = self._socket.recv(1 << 16)
            if not got:
                self._socket = None
                return 0, b"", b""
            data += got
        head, _, body = data.partition(b"\r\n\r\n")
        lower = head.lower()
        if b"content-length:" in lower:
            length = int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            parts, size = [body], len(body)
            while size < length:
                parts.append(self._socket.recv(1 << 20))
                size += len(parts[-1])
            body = b"".join(parts)
        elif b"connection: close" in lower:
            while got := self._socket.recv(1 << 20):
                body += got
        if b"connection: close" in lower:
            self._socket.close()
            self._socket = None
        return int(head.split(b" ", 2)[1]), head, body


def request(method: str, path: str, account: Account | None = None, body: object = None) -> bytes:
    """A request's bytes."""
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    if account is not None:
        lines.append(f"Cookie: {account.cookie}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def sign_in(port: int, name: str, password: str) -> Account:
    """Open a session as gpodder's clients do."""
    basic = base64.b64encode(f"{name}:{password}".encode()).decode()
    raw = request("POST", f"/api/2/auth/{name}/login.json").replace(
        b"\r\n\r\n", f"\r\nAuthorization: Basic {basic}\r\n\r\n".encode()
    )
    status, head, body = Connection(port).ask(raw)
    if status != 200:
        sys.exit(f"signing in as {name} was answered by {status}: {body[:200]!r}")
    cookies = [
        line.split(b":", 1)[1].split(b";", 1)[0].strip().decode()
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"set-cookie:")
    ]
    return Account(name, cookies[-1])


def said(number: int, at: float, position: int) -> dict[str, object]:
    """An action of gpodder's API."""
    return {
        "podcast": SHOW,
        "episode": f"https://media.example/{number}.mp3",
        "device": "phone",
        "action": "play",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)),
        "started": 0,
        "position": position,
        "total": 3600,
    }


Asking = Callable[[Account, int], bytes]


def upload(account: Account, number: int) -> bytes:
    """Write one action with gpodder's API; ten chapters in turn."""
    action = said(number % 10, time.time(), number % 3500 + 1)
    return request("POST", f"/api/2/episodes/{account.name}.json", account, [action])


def write(account: Account, number: int) -> bytes:
    """Write one action with our own API."""
    body = {
        "action_id": str(uuid4()),
        "position_ms": (number % 3500 + 1) * 1000,
        "duration_ms": 3_600_000,
        "device_id": "phone",
    }
    path = f"/api/v1/listener/positions/chapter-{account.name[:9]}-{number % 10}"
    return request("PUT", path, account, body)


def resume(account: Account, number: int) -> bytes:
    """Ask where to resume."""
    return request(
        "GET", f"/api/v1/listener/resume/chapter-{account.name[:9]}-{number % 10}", account
    )


def poll(cursors: dict[str, int], account: Account, _: int) -> bytes:
    """The poll of a device when nothing is new."""
    since = cursors[account.name]
    return request("GET", f"/api/2/episodes/{account.name}.json?since={since}", account)


def cursor(port: int, account: Account) -> int:
    """The cursor after everything so far. Some of the peer's responses are errors: retry."""
    while True:
        raw = request("GET", f"/api/2/episodes/{account.name}.json?since=0", account)
        status, _, body = Connection(port).ask(raw)
        if status == 200:
            return int(json.loads(body)["timestamp"])


def _client(
    port: int, account: Account, asking: Asking, seconds: float
) -> tuple[Counter[int], list[float], float]:
    connection, statuses, took = Connection(port), Counter[int](), []
    number, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        raw = asking(account, number)
        began = time.perf_counter()
        status, _, _ = connection.ask(raw)
        took.append(time.perf_counter() - began)
        statuses[status] += 1
        number += 1
    return statuses, took, time.process_time()


def load(port: int, accounts: list[Account], asking: Asking, seconds: float) -> Load:
    """Run eight clients concurrently."""
    with multiprocessing.get_context("fork").Pool(len(accounts)) as pool:
        found = pool.starmap(_client, [(port, one, asking, seconds) for one in accounts])
    statuses = sum((one[0] for one in found), Counter[int]())
    took = sorted(t for one in found for t in one[1])
    return Load(statuses, took, seconds, sum(one[2] for one in found))


def fill(port: int, account: Account) -> float:
    """Write 100,000 actions in 5,000 chapters, 500 per request; returns the seconds."""
    connection, began = Connection(port), time.perf_counter()
    for first in range(0, ACTIONS, BATCH):
        at = time.time() - ACTIONS + first
        told = [
            said(n % CHAPTERS, at + n - first, n // CHAPTERS * 100 + 10)
            for n in range(first, first + BATCH)
        ]
        raw = request("POST", f"/api/2/episodes/{account.name}.json", account, told)
        status, _, body = connection.ask(raw)
        if status != 200:
            sys.exit(f"an upload was answered by {status}: {body[:300]!r}")
    return time.perf_counter() - began


def first_sync(port: int, account: Account) -> tuple[float, int, int]:
    """The first sync of a new device: seconds (median of five), actions, bytes."""
    took, count, size = [], 0, 0
    for _ in range(5):
        began = time.perf_counter()
        raw = request("GET", f"/api/2/episodes/{account.name}.json?since=0", account)
        status, _, body = Connection(port).ask(raw)
        took.append(time.perf_counter() - began)
        if status != 200:
            sys.exit(f"a new device was answered by {status}")
        count, size = len(json.loads(body)["actions"]), len(body)
    return statistics.median(took), count, size


def at_once(account: Account, first: int, count: int, chapters: int) -> bytes:
    """One upload of many actions, a second apart."""
    at = time.time() - ACTIONS - first
    actions = [said(n % chapters, at + n, (n // chapters * 100 + 10) % 3500) for n in range(count)]
    return request("POST", f"/api/2/episodes/{account.name}.json", account, actions)


def _seconds_of(port: int, raw: bytes) -> float:
    connection, began = Connection(port), time.perf_counter()
    status, _, body = connection.ask(raw)
    if status != 200:
        sys.exit(f"an upload was answered by {status}: {body[:300]!r}")
    return time.perf_counter() - began


def late(port: int, account: Account, before: int) -> float:
    """The milliseconds of an action older than the last ``before`` of its chapter; median of 20."""
    took = []
    for number in range(20):
        action = said(0, time.time() - ACTIONS + LONG_CHAPTER - before - number, number + 1)
        raw = request("POST", f"/api/2/episodes/{account.name}.json", account, [action])
        took.append(_seconds_of(port, raw))
    return statistics.median(took) * 1000


def beside(port: int, large: Account, other: Account) -> tuple[float, float, float]:
    """Milliseconds of one listener's upload alone, and beside one of 25,000; that one's seconds."""
    alone = _until(port, other, time.monotonic() + 5)
    raw = at_once(large, 10**6, LARGEST, CHAPTERS)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        running = pool.apply_async(_seconds_of, (port, raw))
        took: list[float] = []
        while not running.ready():
            took += _until(port, other, time.monotonic() + 0.1)
        return statistics.median(alone) * 1000, statistics.median(took) * 1000, running.get()


def _until(port: int, account: Account, end: float) -> list[float]:
    connection = Connection(port)
    took: list[float] = []
    while time.monotonic() < end:
        raw = upload(account, len(took))
        began = time.perf_counter()
        connection.ask(raw)
        took.append(time.perf_counter() - began)
        time.sleep(0.02)
    return took


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(3_000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not start within five minutes")


@contextmanager
def wavehouse() -> Iterator[tuple[int, list[Account]]]:
    """Our server as a user starts it, with nine listeners."""
    with ground.folder() as home:
        port = _free_port()
        environment = {**os.environ, "WAVEHOUSE_HOME": str(home)}
        command = [sys.executable, "-m", "wavehouse"]
        with (home.parent / f"{home.name}.log").open("w") as log:
            running = subprocess.Popen(
                [*command, "up", "--port", str(port)], env=environment, stdout=log, stderr=log
            )
        try:
            _wait(port)
            accounts = []
            for n in range(CLIENTS + 1):
                email = f"listener{n}@example.org"
                for more in (["create"], ["app-password", "--device", "phone"]):
                    told = subprocess.run(
                        [*command, "listeners", *more, "--email", email, "--json"],
                        env=environment,
                        check=True,
                        capture_output=True,
                    )
                keys = json.loads(told.stdout)
                accounts.append(sign_in(port, keys["username"], keys["password"]))
            yield port, accounts
        finally:
            running.terminate()
            running.wait(30)
            Path(log.name).unlink()


@contextmanager
def opodsync(checkout: Path) -> Iterator[tuple[int, list[Account]]]:
    """The peer with its default configuration, with nine users."""
    with ground.folder() as data:
        port = _free_port()
        environment = {
            **os.environ,
            "DATA_ROOT": str(data),
            "PHP_CLI_SERVER_WORKERS": "2",
        }
        server = str(checkout / "server")
        php = ["php", "-d", "variables_order=EGPCS", "-S", f"127.0.0.1:{port}"]
        running = subprocess.Popen(
            [*php, "-t", server, f"{server}/index.php"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            Connection(port).ask(request("GET", "/"))
            hashed = subprocess.run(
                ["php", "-r", "echo password_hash($argv[1], PASSWORD_DEFAULT);", PASSWORD],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            with sqlite3.connect(data / "data.sqlite") as database:
                database.executemany(
                    "INSERT INTO users (name, password) VALUES (?, ?)",
                    [(f"listener{n}", hashed) for n in range(CLIENTS + 1)],
                )
            database.close()
            yield port, [sign_in(port, f"listener{n}", PASSWORD) for n in range(CLIENTS + 1)]
        finally:
            running.terminate()
            running.wait(30)


def _both(port: int, accounts: list[Account], seconds: float, *, large: bool) -> dict[str, float]:
    """The measurements on both servers."""
    found = {}
    done = load(port, accounts[:CLIENTS], upload, seconds)
    print(f"  one action a request, gpodder's API  {done.told()}")
    found["upload"] = done.rate
    cursors = {one.name: cursor(port, one) for one in accounts[:CLIENTS]}
    done = load(port, accounts[:CLIENTS], functools.partial(poll, cursors), seconds / 2)
    print(f"  a device asks, nothing is new        {done.told()}")
    found["poll"] = done.rate
    if large:
        filled = fill(port, accounts[CLIENTS])
        took, count, size = first_sync(port, accounts[CLIENTS])
        print(f"  {ACTIONS:,} actions, {BATCH} a request: {ACTIONS / filled:,.0f}/s")
        print(f"  a new device: {took:.2f} s for {count:,} actions, {size / 1e6:.1f} MB")
        found["fill"], found["new"] = ACTIONS / filled, took
    _seconds_of(port, at_once(accounts[0], 0, LONG_CHAPTER, 1))
    found["late"], oldest = late(port, accounts[0], 50), late(port, accounts[0], 2 * LONG_CHAPTER)
    print(f"  an action older than 50 of its chapter's 10,000: {found['late']:.1f} ms")
    print(f"  an action older than all of them: {oldest:.1f} ms")
    alone, delayed, seconds = beside(port, accounts[1], accounts[2])
    found["large"] = LARGEST / seconds
    print(f"  {LARGEST:,} actions in one request: {found['large']:,.0f}/s")
    print(f"  another listener's upload: alone {alone:.1f} ms, meanwhile {delayed:.1f} ms", end="")
    print(f" ({delayed / alone:.1f} x, goal 2 x: {'met' if delayed <= 2 * alone else 'MISSED'})")
    return found


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help="a checkout of oPodSync")
    parser.add_argument("--seconds", type=float, default=15, help="of each load; default 15")
    parser.add_argument("--small", action="store_true", help="without the 100,000 actions")
    options = parser.parse_args()
    with wavehouse() as (port, accounts):
        print("wavehouse (PostgreSQL: fsync and synchronous_commit are on)")
        load(port, accounts[:CLIENTS], write, WARM)
        done = load(port, accounts[:CLIENTS], write, options.seconds)
        print(f"  one position a request, our API      {done.told()}")
        verdict = "met" if done.rate >= 1000 and done.at(0.95) <= 20 else "MISSED"
        print(f"    goal 1,000/s, P95 20 ms: {verdict}")
        read = load(port, accounts[:CLIENTS], resume, options.seconds / 2)
        print(f"  resume, eight clients                {read.told()}")
        one = load(port, accounts[:1], resume, options.seconds / 3)
        print(f"  resume, one client                   {one.told()}")
        for told, clients in ((read, "eight clients"), (one, "one client")):
            print(
                f"    goal P95 10 ms: {'met' if told.at(0.95) <= 10 else 'MISSED'} with {clients}"
            )
        ours = _both(port, accounts, options.seconds, large=not options.small)
        if "new" in ours:
            print(f"    goal 1 s: {'met' if ours['new'] <= 1 else 'MISSED'}")
    if options.peer:
        with opodsync(options.peer) as (port, accounts):
            print("oPodSync (SQLite: its defaults, journal TRUNCATE, synchronous NORMAL)")
            theirs = _both(port, accounts, options.seconds, large=not options.small)
        print("ours / theirs: " + ", ".join(f"{k} {ours[k] / theirs[k]:.2f} x" for k in theirs))


if __name__ == "__main__":
    main()
