"""Retention that empties a column: the row and its figures stay, the household leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wavehouse import governance
from wavehouse.governance import Action, StepState
from wavehouse.governance.adapters import read_policies
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.workspace import Workspace

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = ("networks of conversions", "networks of conversions, month before")


def _conversions(place: Workspace, *days: int) -> None:
    with place.stores.operational.worker() as tx:
        for number, day in enumerate(days):
            tx.execute(
                "INSERT INTO sponsorship.conversions (organization_id, occurred_at,"
                " conversion_type, conversion_value, currency, order_id, source, source_name,"
                " ingested_at, network_key, network_key_prev) VALUES (%s, %s, 'purchase', 12.50,"
                " 'EUR', %s, 'pixel', 'shop', now(), 7, NULLIF(%s, 0))",
                [place.identity.organization_id, AT - timedelta(days=day), f"o{day}", number],
            )


def _stored(place: Workspace) -> list[tuple[str, int | None, int | None]]:
    with place.stores.operational.worker() as tx:
        return tx.tuples(
            "SELECT order_id, network_key, network_key_prev FROM sponsorship.conversions"
            " ORDER BY occurred_at"
        ).fetchall()


def _steps(place: Workspace, at: datetime) -> dict[str, tuple[StepState, int]]:
    with clock.frozen(at):
        made = governance.plan(place.stores, place.settings)
    return {s.policy.name: (s.state, s.due.rows) for s in made.steps if s.policy.name in NAMES}


def _applied(place: Workspace, at: datetime) -> dict[str, tuple[str, int | None]]:
    with clock.frozen(at):
        digest = governance.plan(place.stores, place.settings).digest
        done = governance.apply(
            place.stores, place.settings, identity=place.identity, digest=digest
        )
    return {run.policy: (run.status, run.rows_removed) for run in done.runs}


def test_rt3_networks_leave_after_90_days_and_the_conversions_stay(workspace: Workspace) -> None:
    """The clock moves: nothing on the last day, then the values of the older row; once."""
    _conversions(workspace, 1, 0)
    last = AT + timedelta(days=89)
    assert dict.fromkeys(NAMES, (StepState.NOTHING, 0)) == _steps(workspace, last)
    due = AT + timedelta(days=90)
    assert {NAMES[0]: (StepState.DUE, 1), NAMES[1]: (StepState.NOTHING, 0)} == _steps(
        workspace, due
    )
    assert ("done", 1) == _applied(workspace, due)[NAMES[0]]
    assert [("o1", None, None), ("o0", 7, 1)] == _stored(workspace)
    assert dict.fromkeys(NAMES, (StepState.NOTHING, 0)) == _steps(workspace, due)
    runs = _applied(workspace, due + timedelta(days=1))
    assert dict.fromkeys(NAMES, ("done", 1)) == {name: runs[name] for name in NAMES}
    assert [("o1", None, None), ("o0", None, None)] == _stored(workspace)
    with workspace.stores.operational.worker() as tx:
        assert "25.00" == tx.value(
            "SELECT sum(conversion_value)::text FROM sponsorship.conversions"
        )


def test_rt5_a_hold_on_the_table_keeps_its_networks(workspace: Workspace) -> None:
    """As it keeps the rows: the hold beats every retention of the table."""
    _conversions(workspace, 0)
    due = AT + timedelta(days=91)
    with clock.frozen(due - timedelta(days=1)), workspace.stores.operational.worker() as tx:
        governance.hold_table(
            tx,
            workspace.settings,
            identity=workspace.identity,
            table="operational.sponsorship.conversions",
            reason="case 15",
            expires_at=due + timedelta(days=1),
        )
    assert (StepState.HELD, 1) == _steps(workspace, due)[NAMES[0]]
    assert ("skipped", 0) == _applied(workspace, due)[NAMES[0]]
    assert [("o0", 7, None)] == _stored(workspace)


def test_rows_that_the_same_plan_deletes_are_not_counted_twice(workspace: Workspace) -> None:
    """After two years the rows go, before their networks would be emptied."""
    _conversions(workspace, 700, 0)
    at = AT + timedelta(days=100)
    with clock.frozen(at):
        made = governance.plan(workspace.stores, workspace.settings)
    due = {s.policy.name: s.due.rows for s in made.steps if s.state is StepState.DUE}
    assert (1, 1) == (due["conversions, evidence and credits"], due[NAMES[0]])
    actions = [step.policy.action for step in made.steps if not step.policy.files]
    assert actions.index(Action.ANONYMISE) > max(
        number for number, action in enumerate(actions) if action is Action.DELETE
    )
    done = _applied(workspace, at)
    assert ("done", 1) == done["conversions, evidence and credits"] == done[NAMES[0]]
    assert [("o0", None, None)] == [(o, k, None) for o, k, _ in _stored(workspace)]


@pytest.mark.parametrize(("action", "more"), [("anonymise", ""), ("delete", 'clear = "email"')])
def test_the_column_belongs_to_anonymising_alone(
    workspace: Workspace, action: str, more: str
) -> None:
    """A policy without it would empty nothing; with another action it would be ignored."""
    text = f"""
        [[policy]]
        name = "x"
        table = "operational.accounts.users"
        clock = "created_at"
        keep = "1 day"
        action = "{action}"
        owner = "platform operations"
        source = "ours"
        {more}
    """
    with pytest.raises(InvalidInput, match="needs clear"):
        read_policies(workspace.settings, text)
