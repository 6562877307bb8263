"""Sealed days in a bucket: a real server of the S3 protocol (moto) in a process of its own."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests import acting
from tests.buckets import use_bucket

from wavehouse import accounts, governance, measurement
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import NotFound, Unreachable, UsageError
from wavehouse.measurement.adapters.sealed_store import store_at
from wavehouse.measurement.service import sealing

MISSING = [name for name in ("obstore", "moto", "flask") if importlib.util.find_spec(name) is None]
needs_server = pytest.mark.skipif(
    bool(MISSING),
    reason=f"not run here: no {', '.join(MISSING)} (pip install obstore moto[server])",
)
DAY = date(2026, 11, 12)
LATER = datetime(2027, 2, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server, with an empty bucket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = "from moto.server import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", program, "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                httpx2.put(f"http://127.0.0.1:{port}/archive")
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def location(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of an empty store, with credentials in the environment."""
    use_bucket(monkeypatch, endpoint=endpoint, cache=tmp_path / "cache")
    return f"s3://archive/{tmp_path.name}"


def test_a_bucket_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A usage error with the name to install."""
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(UsageError, match="extra that is not installed") as error:
        store_at("s3://archive/sealed")
    assert error.value.hint is not None
    assert "wavehouse[s3]" in error.value.hint


@needs_server
def test_pod12_an_object_is_put_read_held_and_removed(location: str, tmp_path: Path) -> None:
    """As in a folder: whole or missing; a leftover of the same name is replaced."""
    store, other = store_at(location), store_at(location)
    name, newer = "dt=2026-11-12/manifest-000001.json", "dt=2026-11-12/manifest-000002.json"
    for content in (b"leftover", b"{}"):
        scratch = store.scratch()
        scratch.write_bytes(content)
        store.put(name, scratch)
        assert not scratch.exists()
        assert content == store.read(name) == store.local(name).read_bytes()
    scratch = store.scratch()
    scratch.write_bytes(b"[]")
    store.put(newer, scratch)
    with ExitStack() as stack:
        stack.enter_context(store.holding(name))
        assert other.in_use(name)
        with other.holding(newer):
            assert store.local(name).exists()
    assert not other.in_use(name)
    cached = store.local(name)
    with other.holding(newer):
        assert not cached.exists()
    store.remove(name)
    store.remove(name)
    for attempt in (store.read, store.local):
        with pytest.raises(NotFound, match="missing"):
            attempt(name)
    store.scratch().write_bytes(b"left by a kill")
    assert 1 == store.sweep()


@needs_server
def test_a_store_that_does_not_respond_is_unreachable(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 5, with the object's address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unreachable, match="does not respond") as error:
        store_at(location).read("dt=2026-11-12/manifest-000001.json")
    assert 5 == error.value.exit_code
    assert f"{location}/dt=2026-11-12/manifest-000001.json" == error.value.where


@needs_server
def test_pod12_figures_of_days_in_a_bucket_are_those_of_their_rows(
    own_desk: Any, hit: Any, location: str, tmp_path: Path
) -> None:
    """Sealed, sealed again after late data, dropped by retention, verified: figures stay."""
    place = own_desk.place
    settings = config.load(
        {"home": str(place.settings.home), "sealed_store": location}, environment={}
    )
    acting.operational(place, accounts.choose_plan, tier=accounts.Tier.ENTERPRISE, persona=None)
    at = datetime(2026, 11, 12, 8, tzinfo=UTC)
    own_desk.tell(*(hit.but(at=at.replace(hour=8 + n), ip=f"198.51.100.{n}") for n in range(4)))
    measurement.seal(place.stores, settings)
    own_desk.tell(hit.but(at=at.replace(hour=3), ip="203.0.113.9"))
    (again,) = measurement.seal(place.stores, settings)
    assert (2, "") == (again.generation, again.reason)
    with clock.frozen(LATER):
        before = own_desk.listeners(DAY, DAY)
        made = governance.plan(place.stores, settings, large=True)
        governance.apply(
            place.stores, settings, identity=place.identity, digest=made.digest, large=True
        )
        assert {"cold"} == {state.value for _, state in sealing.states(place.stores)}
        assert before == own_desk.listeners(DAY, DAY) == 5
        assert {""} == {finding.problem for finding in sealing.verify(place.stores)}
    cached = {path.name.split(".")[0] for path in (tmp_path / "cache").rglob("*-00000*")}
    assert {"-000002"} == {name[-7:] for name in cached}
    store_at(location).remove("dt=2026-11-12/events-000002.parquet")
    with clock.frozen(LATER), pytest.raises(NotFound, match="missing"):
        own_desk.listeners(DAY, DAY)


@needs_server
def test_r43_the_audience_index_in_a_bucket_is_replaced_and_so_is_its_copy(
    own_desk: Any, hit: Any, location: str, tmp_path: Path
) -> None:
    """Figures are those of the days; no older copy, which may have erased keys, stays."""
    place = own_desk.place
    settings = config.load(
        {"home": str(place.settings.home), "sealed_store": location}, environment={}
    )
    at = datetime(2026, 11, 12, 8, tzinfo=UTC)
    counts = []
    for n in range(3):
        own_desk.tell(hit.but(at=at.replace(hour=8 + n), ip=f"198.51.100.{n}"))
        measurement.seal(place.stores, settings)
        assert date(2026, 11, 1) in measurement.index_listeners(place.stores)
        counts.append(own_desk.listeners(DAY, DAY))
    copies = [*(tmp_path / "cache").rglob("2026-11.*.parquet")]
    store_at(location).remove("dt=2026-11-12/events-000003.parquet")

    assert [1, 2, 3] == counts
    assert 1 == len(copies)
    assert 3 == own_desk.listeners(DAY, DAY)
