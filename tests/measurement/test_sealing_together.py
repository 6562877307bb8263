"""Two programs that seal at the same time: each day is sealed once, and neither fails."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from click.testing import CliRunner
from tests.measurement.test_sealing import LATER, month

from wavehouse.kernel import clock
from wavehouse.measurement import cli
from wavehouse.measurement.queries import sealing as queries
from wavehouse.measurement.service import sealing
from wavehouse.measurement.types import SealOutcome

__all__ = ["month"]


def test_a_seal_waits_for_another_one_says_so_and_succeeds(month: Any) -> None:
    """The days that the other program has sealed are not an error: exit code 0."""
    place = month.place
    sealed: list[SealOutcome] = []

    @contextmanager
    def opened() -> Any:
        yield place

    with clock.frozen(LATER):
        with place.stores.operational.worker() as lock:
            queries.lock_sealing(lock)
            results: list[Any] = []

            def second() -> None:
                results.append(CliRunner().invoke(cli.warehouse, ["seal"], obj=opened))

            thread = threading.Thread(target=copy_context().run, args=(second,))
            thread.start()
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            pause = threading.Event()
            with place.stores.operational.worker() as watch:
                while not watch.value(waiting):
                    assert thread.is_alive(), results[0].output
                    pause.wait(0.02)
            days = [day.day for day, state in sealing.states(place.stores) if state in sealing.DUE]
            store = sealing.store_of(place.settings)
            with sealing._Sealers(place.stores, store, len(days)) as sealers:
                sealed.extend(sealers.seal(days))
        thread.join()

    assert [5, ""] == [len(sealed), "".join(each.reason for each in sealed)]
    assert 0 == results[0].exit_code, results[0].output
    assert "Another program is sealing" in results[0].output
    assert "5 days were sealed by another program meanwhile" in results[0].output
    assert {1} == {day.generation for day, _ in sealing.states(place.stores)}
