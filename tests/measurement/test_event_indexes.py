"""The full and the slim set of indexes on raw listener events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import psycopg
import pytest

from wavehouse.kernel.errors import Conflict, Refused
from wavehouse.measurement.service import event_indexes as service
from wavehouse.workspace import Workspace

SLIM = ["listener_events_campaign_id_idx", "listener_events_episode_id_idx"]
FULL = [f"listener_events_{column}_timestamp_idx" for column in service.OPTIONAL]


def _make_days(workspace: Workspace, *days: int) -> None:
    with workspace.stores.operational.worker() as tx:
        for day in days:
            tx.execute("SELECT measurement.ensure_day(%s)", [date(2026, 11, day)])


def _full(workspace: Workspace) -> int:
    return service.use_full_set(workspace.stores.operational, identity=workspace.identity)


def _sets(workspace: Workspace) -> dict[str, tuple[bool, int]]:
    found = service.event_indexes(workspace.stores.operational, identity=workspace.identity)
    return {index.name: (index.is_complete, index.days) for index in found}


def test_the_full_set_is_built_for_old_days_and_new_ones(workspace: Workspace) -> None:
    """Three more valid indexes on each day's partition; later partitions get them at creation."""
    _make_days(workspace, 1, 2)
    slim = _sets(workspace)
    made = _full(workspace)
    _make_days(workspace, 3)
    full = _sets(workspace)
    again = _full(workspace)

    assert dict.fromkeys(SLIM, (True, 2)) == slim
    assert (6, 0) == (made, again)
    assert dict.fromkeys([*SLIM, *FULL], (True, 3)) == full


def test_a_run_that_was_stopped_goes_on_where_it_was(workspace: Workspace) -> None:
    """A writer locks one day: the rest is built, and the error names the command."""
    _make_days(workspace, 1, 2)
    with psycopg.connect(workspace.stores.operational.place.admin) as other:
        other.execute("LOCK TABLE measurement.listener_events_20261101 IN ROW EXCLUSIVE MODE")
        with pytest.raises(Conflict, match="1 days were indexed") as stopped:
            _full(workspace)
    half = _sets(workspace)[FULL[0]]
    made = _full(workspace)

    assert "wavehouse indexes full" == stopped.value.command
    assert (False, 1) == half
    assert 5 == made
    assert {(True, 2)} == set(_sets(workspace).values())


def test_the_slim_set_comes_back(workspace: Workspace) -> None:
    """Dropping leaves the two indexes of the migrations."""
    _make_days(workspace, 1)
    _full(workspace)
    service.use_slim_set(workspace.stores.operational, identity=workspace.identity)

    assert SLIM == list(_sets(workspace))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT measurement.begin_event_index('metadata')",
        "SELECT measurement.index_event_day('platform', 'accounts.users'::regclass)",
    ],
)
def test_no_other_index_and_no_other_table_can_be_had(workspace: Workspace, statement: str) -> None:
    """The functions run as the owner, so they check their arguments."""
    with workspace.stores.operational.worker() as tx:
        tx.execute("SELECT measurement.begin_event_index('platform')")
        with pytest.raises(psycopg.DatabaseError, match=r"no optional index|not a day"):
            tx.execute(statement)
        tx.connection.rollback()


def test_a_viewer_changes_no_index(workspace: Workspace) -> None:
    """A viewer cannot list them either: indexes belong to the installation."""
    viewer = replace(workspace.identity, role="viewer")
    for use_case in (service.event_indexes, service.use_full_set, service.use_slim_set):
        with pytest.raises(Refused):
            use_case(workspace.stores.operational, identity=viewer)
