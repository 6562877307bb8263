"""gPodder's own engine, unmodified and not installed, on two devices with separate homes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from wavehouse.workspace import Workspace

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EPISODES = 250
HOUR = 3600


@pytest.fixture(scope="module")
def engine() -> str:
    """The folder with gPodder's engine. Without it the test is skipped, with the way to get it."""
    result = subprocess.run(
        [str(ROOT / "scripts" / "find_gpodder")], capture_output=True, text=True, check=False
    )
    if result.returncode:
        pytest.skip(result.stderr.strip())
    return result.stdout.strip()


class Feeds(BaseHTTPRequestHandler):
    """Two shows, as real feeds at /one.xml and /two.xml."""

    def do_GET(self) -> None:
        show = self.path.removeprefix("/").removesuffix(".xml")
        items = "".join(
            f"<item><title>{show} {n}</title><guid>{show}-{n}</guid>"
            f"<pubDate>Fri, 20 Nov 2026 12:{n // 60:02}:{n % 60:02} GMT</pubDate>"
            f'<enclosure url="{episode(show, n)}" length="1000" type="audio/mpeg"/></item>'
            for n in range(EPISODES if show == "one" else 3)
        )
        body = f'<rss version="2.0"><channel><title>{show}</title>{items}</channel></rss>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


def episode(show: str, number: int) -> str:
    return f"https://media.example/{show}/{number}.mp3"


@pytest.fixture(scope="module")
def feeds() -> Iterator[str]:
    """The address of the shows' feeds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Device:
    """A process with the engine and its own home."""

    def __init__(self, engine: str, home: Path) -> None:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(home),
            "GPODDER_HOME": str(home / "gPodder"),
            "PYTHONPATH": engine,
            "PYTHONWARNINGS": "ignore",
        }
        home.mkdir()
        self._log = home / "log"
        log = self._log.open("w")
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "gpodder_device.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        log.close()

    def __getattr__(self, command: str) -> Callable[..., Any]:
        return lambda **arguments: self._ask(command, arguments)

    @property
    def positions(self) -> dict[str, int]:
        return dict(self._ask("state", {})["positions"])

    def _ask(self, command: str, arguments: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([command, arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._log.read_text()
        return json.loads(answer)

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.stdout.close()


@pytest.fixture
def two(
    engine: str, server_url: str, phone: Any, other_password: Any, tmp_path: Path
) -> Iterator[tuple[Device, Device]]:
    """A laptop and a desktop of one listener, each with its own app password."""
    devices = []
    for name, keys in (("laptop", phone), ("desktop", other_password(phone.username, "desktop"))):
        device = Device(engine, tmp_path / name)
        devices.append(device)
        device.sign_in(
            server=server_url, username=keys.username, password=keys.password, device=name
        )
    yield devices[0], devices[1]
    for device in devices:
        device.end()


def test_subscriptions_and_positions_go_both_ways_between_two_engines(
    two: tuple[Device, Device], feeds: str, phone: Any, server_url: str
) -> None:
    """Subscribed and played on one, seen on the other, and back; unsubscribing is synced too."""
    laptop, desktop = two
    text, other = f"{feeds}/one.xml", f"{feeds}/two.xml"
    laptop.subscribe(url=text)
    # The engine's clock has whole seconds, and of two actions in one second it keeps its own.
    laptop.play(url=episode("one", 1), start=0, end=600, total=3600, ago=60)
    laptop.sync()
    desktop.sync()
    assert [text] == desktop.state()["subscriptions"]
    assert {episode("one", 1): 600} == desktop.positions

    desktop.subscribe(url=other)
    desktop.play(url=episode("two", 2), start=0, end=90, total=1800)
    desktop.play(url=episode("one", 1), start=600, end=1200, total=3600)
    desktop.sync()
    laptop.sync()
    assert sorted([text, other]) == laptop.state()["subscriptions"]
    assert {episode("one", 1): 1200, episode("two", 2): 90} == laptop.positions

    laptop.unsubscribe(url=other)
    laptop.delete(url=episode("one", 1))
    laptop.sync()
    desktop.sync()
    assert [text] == desktop.state()["subscriptions"]
    assert 1200 == desktop.positions[episode("one", 1)]
    with httpx2.Client(auth=phone.auth) as web:
        answer = web.get(f"{server_url}/api/2/devices/{phone.username}.json").json()
    assert {("laptop", "gPodder on laptop"), ("desktop", "gPodder on desktop")} == {
        (d["id"], d["caption"]) for d in answer
    }
    for device in two:
        state = device.state()
        assert (True, 0, []) == (state["enabled"], state["waiting"], state["complaints"])


def test_p18_an_action_of_an_hour_ago_reaches_an_engine_that_synced_already(
    two: tuple[Device, Device], feeds: str
) -> None:
    """A laptop was offline; its plays arrive late, and undo nothing newer (P2)."""
    laptop, desktop = two
    laptop.subscribe(url=f"{feeds}/two.xml")
    laptop.sync()
    desktop.sync()
    desktop.play(url=episode("two", 0), start=0, end=500, total=3600, ago=60)
    desktop.sync()
    laptop.play(url=episode("two", 0), start=0, end=50, total=3600, ago=HOUR)
    laptop.play(url=episode("two", 1), start=0, end=900, total=3600, ago=HOUR)
    laptop.sync()
    desktop.sync()
    laptop.sync()
    expected = {episode("two", 0): 500, episode("two", 1): 900}
    assert [expected, expected] == [laptop.positions, desktop.positions]


def test_250_actions_come_in_batches_of_100_and_all_arrive(
    two: tuple[Device, Device], feeds: str, phone: Any, shared_workspace: Workspace
) -> None:
    """The server receives three uploads; synchronizing again adds nothing."""
    laptop, desktop = two
    laptop.subscribe(url=f"{feeds}/one.xml")
    for n in range(EPISODES):
        laptop.play(url=episode("one", n), start=0, end=60 + n, total=3600)
    laptop.sync()
    desktop.sync()
    expected = {episode("one", n): 60 + n for n in range(EPISODES)}
    assert expected == desktop.positions
    laptop.sync()
    desktop.sync()
    assert [expected, expected] == [laptop.positions, desktop.positions]
    with shared_workspace.stores.listeners.worker() as tx:
        batches = tx.connection.execute(
            "SELECT count(*) FROM listeners.playback_actions JOIN listeners.listeners"
            " USING (listener_id) WHERE email = %s GROUP BY received_at ORDER BY received_at",
            [phone.username],
        ).fetchall()
    assert [(100,), (100,), (50,)] == batches


def test_an_engine_whose_password_is_revoked_is_told_so_and_keeps_what_it_has(
    two: tuple[Device, Device], feeds: str, phone: Any, shared_workspace: Workspace
) -> None:
    """AC7: it disables synchronization and loses none of the waiting actions."""
    from wavehouse import listeners

    laptop, _ = two
    laptop.subscribe(url=f"{feeds}/two.xml")
    laptop.sync()
    with shared_workspace.stores.listeners.worker() as tx:
        listeners.revoke_app_password(tx, email=phone.username, device="phone")
    laptop.play(url=episode("two", 0), start=0, end=500, total=3600)
    laptop.sync()
    state = laptop.state()
    assert (False, 1) == (state["enabled"], state["waiting"])
    assert {episode("two", 0): 500} == state["positions"]
