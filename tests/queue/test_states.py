"""The queue's state machine under random actions, with a virtual clock (Q30)."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.queue_family import JOBS, SLOTS, START, Family, Names
from tests.queue_simulation import ACTS, Simulation

from wavehouse.kernel import clock
from wavehouse.store import Stores


@pytest.mark.parametrize("names", [JOBS, SLOTS], ids=["jobs", "slots"])
def test_q30_no_row_is_lost_doubled_or_written_by_a_stale_lease(
    stores: Stores, names: Names
) -> None:
    """Three workers with skewed clocks, killed and paused: invariants hold after every step.

    ``make queue-states`` runs 10,000 steps for each of 200 seeds.
    """
    import psycopg

    with psycopg.connect(stores.operational.place.admin, autocommit=True) as db:
        for month in range(14):
            db.execute("SELECT queue.ensure_months(%s)", [START + 31 * month * clock.DAY])

        @settings(
            max_examples=6,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(
            seed=st.integers(0, 2**32),
            acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=20, max_size=60),
        )
        def walk(seed: int, acts: list[str]) -> None:
            db.execute(
                f"TRUNCATE {names.live}, {names.done}, queue.workers, queue.leader, queue.pauses, "
                "queue.organization_queue_state"
            )
            run = Simulation(Family(db, names), random.Random(seed))
            for act in ("add", "add", "add", "claim", *acts):
                run.step(act)
            run.drain()

        walk()
