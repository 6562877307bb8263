"""The studio's chapter of the demo is played to its end after an interrupted run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from wavehouse.kernel import clock
from wavehouse.kernel.ids import uuid7
from wavehouse.studio import demo
from wavehouse.studio.queries import leases
from wavehouse.studio.service import generating
from wavehouse.studio.service.generation import running
from wavehouse.studio.service.generation.places import place_of
from wavehouse.workspace import Stage, Workspace

DAY = date(2026, 11, 19)


def _interrupted(workspace: Workspace) -> None:
    """A run that was killed while it generated the first episode: its slot is still leased."""
    operational, dead = workspace.stores.operational, uuid7()
    with clock.frozen(datetime.combine(DAY, time(5), UTC)):
        demo._register(operational, workspace.identity)
        with operational.app(workspace.identity.organization_id) as tx:
            project_id = demo._project(tx, workspace.identity, start=DAY + demo._REST)
            generating.generate_episode(tx, identity=workspace.identity, project_id=project_id)
        with operational.worker() as tx:
            now = clock.now()
            leases.enter_worker(tx, worker_id=dead, host="host", pid=1, release="0", now=now)
            lease = leases.claim_slot(tx, worker_id=dead, now=now)
        assert lease is not None
        running._entered(place_of(operational, workspace.settings), lease)


@pytest.mark.parametrize("taken_back", [False, True])
def test_the_chapter_is_played_while_a_slot_of_an_interrupted_run_is_left(
    workspace: Workspace, tmp_path: Path, taken_back: bool
) -> None:
    """The dead worker's slot counts as running; or today's workers have worked on it."""
    _interrupted(workspace)
    if taken_back:
        with workspace.stores.operational.worker() as tx:
            assert tx.execute(
                "UPDATE queue.organization_queue_state SET turn_at = clock_timestamp(), "
                "low_run_at = array_fill(clock_timestamp(), ARRAY[3]), "
                "rescan_at = clock_timestamp() + interval '10 seconds' "
                "WHERE organization_id = %s AND queue = 'slots'",
                [workspace.identity.organization_id],
            )

    assert demo.studio(Stage(workspace, tmp_path, {}, DAY, tmp_path)).ok


def test_the_chapter_has_the_same_figures_on_the_first_day_of_a_month(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The monthly budget is reset; what the episodes cost stays."""
    stage = Stage(workspace, tmp_path, {}, date(2026, 11, 30), tmp_path)
    first = demo.studio(stage)
    assert first.figures["cost"] != "0"
    with clock.frozen(datetime(2026, 12, 1, 9, tzinfo=UTC)):
        again = demo.studio(stage)
    assert (True, first.figures) == (again.ok, again.figures)
