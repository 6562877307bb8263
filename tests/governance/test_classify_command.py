"""``wavehouse classify`` and ``wavehouse lineage`` on migrated databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from click.testing import CliRunner, Result

from wavehouse.cli.root import root
from wavehouse.governance.checks import classification
from wavehouse.workspace import Workspace

Run = Callable[..., Result]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """The command line on this workspace."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    return lambda *words: CliRunner().invoke(root, list(words), obj=opened)


def test_ops3_our_own_databases_agree_with_the_classification(run: Run) -> None:
    """Columns, references, policies, lineage and values: nothing is found."""
    done = run("classify", "check", "--json")
    report = json.loads(done.stdout)

    assert [] == report["findings"]
    assert 0 == done.exit_code
    assert ["operational", "learning", "listeners", "analytics"] == report["databases"]
    assert report["columns"] > 2_500


def test_ops3_a_new_column_is_found_and_gets_a_skeleton_that_is_refused(
    run: Run, workspace: Workspace
) -> None:
    """Check and doctor name it; the skeleton says UNCLASSIFIED; values contradict their class."""
    with psycopg.connect(workspace.stores.operational.place.admin) as connection:
        connection.execute("ALTER TABLE usage.models ADD nickname jsonb")
        connection.execute("CREATE TABLE usage.guests (email text)")
        connection.execute(
            "INSERT INTO usage.models (provider, name, version, modality, status)"
            " VALUES ('ann@wavehouse.audio', 'm', '1', 'text', 'active')"
        )
    done = run("classify", "check", "--database", "operational")
    skeleton = run("classify", "skeleton", "--database", "operational")
    health = classification(workspace)

    assert 3 == done.exit_code
    for expected in ("C01\toperational.usage.models.nickname", "C01\toperational.usage.guests"):
        assert expected in done.stdout
    assert "C14\toperational.usage.models.provider\t1 of 1 values" in done.stdout
    assert '      nickname: {category: UNCLASSIFIED, level: UNCLASSIFIED, json: {"*"' in (
        skeleton.stdout
    )
    assert "  operational.usage.guests:\n    owner: UNCLASSIFIED" in skeleton.stdout
    assert not health.ok
    assert "usage.guests.email is not classified; 1 more" in health.message


def test_the_classification_is_listed_and_shown(run: Run) -> None:
    """By level, category and subject; with who, when and why."""
    listed = json.loads(
        run(
            "classify", "list", "--subject", "listener", "--category", "user.contact", "--json"
        ).stdout
    )
    shown = run("classify", "show", "listeners.listeners.listeners.email").stdout
    history = json.loads(run("classify", "history", "--json").stdout)["tables"]

    assert {"user.contact.email"} == {row["category"] for row in listed["columns"]}
    assert "listener: through listener_id, erasure: delete" in shown
    assert "email\tuser.contact.email\tconfidential" in shown
    assert all(entry["on"] and entry["by"] and entry["why"] for entry in history)
    assert 1 == run("classify", "show", "listeners.listeners.nothing").exit_code
    assert "C16\tcascade-destroys-kept" in run("classify", "rules", "c16").stdout
    assert "category\tuser.contact.email" in run("classify", "vocabulary").stdout


def test_ops3_sensitivity_can_be_followed_in_both_directions(run: Run) -> None:
    """From a raw column to the rollups, and back."""
    raw = "operational.measurement.listener_events.country_code"
    rolled = "analytics.analytics.listener_events_daily_country.country_code"
    onwards = json.loads(run("lineage", "impact", raw, "--json").stdout)["edges"]
    backwards = json.loads(run("lineage", "upstream", rolled, "--json").stdout)["edges"]

    assert {rolled, "operational.asked.listener_events.country_code"} <= {e["to"] for e in onwards}
    assert {raw} == {edge["from"] for edge in backwards}
