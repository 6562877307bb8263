"""The check of retention in ``wavehouse doctor``: what is due now, and when it was planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from wavehouse import governance, schema
from wavehouse.governance import StepState, checks
from wavehouse.governance.jobs import retaining
from wavehouse.governance.service.planning import overdue
from wavehouse.kernel import clock, config
from wavehouse.store import DATABASES, databases_folder, owner_role
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=365 * 30)


@pytest.fixture(scope="module")
def seeded(shared_workspace: Workspace) -> Workspace:
    """A workspace with a sample row in every table."""
    for name in DATABASES:
        place = getattr(shared_workspace.stores, name).place
        schema.seed(place.admin, databases_folder(name) / "seeds", role=owner_role(name))
        with psycopg.connect(place.admin, autocommit=True) as connection:
            connection.execute("DELETE FROM governance.retention_runs")
    return shared_workspace


def _with(workspace: Workspace, mode: str) -> Workspace:
    settings = config.load(
        {"home": str(workspace.settings.home), "retention": mode}, environment={}
    )
    return replace(workspace, settings=settings)


def test_rows_that_are_due_are_reported_though_nothing_was_ever_planned(seeded: Workspace) -> None:
    """Not "no run yet": the plan has rows, and the next command is the one that lists them."""
    with clock.frozen(LATER):
        finding = checks.retention(seeded)

    assert finding.ok
    assert "more policies is older than its limit; no plan was made yet" in finding.message
    assert "wavehouse retention plan" == finding.command


def test_the_check_names_exactly_the_policies_that_a_plan_has_something_for(
    seeded: Workspace,
) -> None:
    """It looks for a first row where the plan counts all of them."""
    for at in (NOW, NOW + timedelta(days=400), LATER):
        with clock.frozen(at):
            steps = governance.plan(seeded.stores, seeded.settings).steps
            assert {s.policy.name for s in steps if s.state is not StepState.NOTHING} == set(
                overdue(seeded.stores, seeded.settings)
            )


def test_a_worker_that_should_remove_and_does_not_run_is_a_problem(seeded: Workspace) -> None:
    """With ``retention = apply`` rows that stay over their limit without a run are a fault."""
    with clock.frozen(LATER):
        finding = checks.retention(_with(seeded, "apply"))
        off = checks.retention(_with(seeded, "off"))

    assert (False, "wavehouse up") == (finding.ok, finding.command)
    assert off.ok
    assert "retention is off (WAVEHOUSE_RETENTION)" in off.message


def test_the_day_of_the_last_plan_is_said(workspace: Workspace) -> None:
    """What was planned then may be more now; and without old rows nothing is due."""
    assert "nothing is older than its limit" == checks.retention(workspace).message
    for name in DATABASES:
        place = getattr(workspace.stores, name).place
        schema.seed(place.admin, databases_folder(name) / "seeds", role=owner_role(name))
    with clock.frozen(LATER):
        planned = retaining(_with(workspace, "plan"))
        assert planned is not None
        planned()
        finding = checks.retention(workspace)

    assert finding.ok
    assert f"last planned {LATER:%Y-%m-%d}" in finding.message
