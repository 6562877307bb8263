"""The audit log: every action is recorded with its change, and never changed afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.audit.exports import entry

from wavehouse import audit
from wavehouse.audit.rules import canonical
from wavehouse.audit.types import Actor
from wavehouse.kernel import clock
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Workspace

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _record(workspace: Workspace) -> None:
    organization = workspace.organization.organization_id
    with workspace.stores.operational.app(organization) as tx:
        audit.record(
            tx,
            actor=Actor("system:test"),
            action="thing.done",
            resource=("thing", "7"),
            organization_id=organization,
            metadata={"count": 3},
        )


@given(st.lists(st.text(max_size=4), min_size=3, max_size=3), st.integers(0, 2))
def test_no_two_entries_share_a_canonical_form(parts: list[str], cut: int) -> None:
    """Lengths come before the fields, so moving text from one to the next shows."""
    kind, thing, request = parts
    made = replace(entry(1), resource_type=kind, resource_id=thing, request_id=request)
    moved = replace(made, resource_type=kind + thing[:cut], resource_id=thing[cut:])

    assert (moved == made) == (canonical.canonical(moved) == canonical.canonical(made))


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    """The canonical form has microseconds since 1970, so a reader in Rome computes the same."""
    here = entry(1)
    rome = replace(here, at=here.at.astimezone(timezone(timedelta(hours=1))))

    assert canonical.hash_of(here) == canonical.hash_of(rome)


def test_an_entry_is_written_with_its_hash_and_its_transaction(workspace: Workspace) -> None:
    """At the clock's instant, in the caller's organization."""
    with clock.frozen(AT):
        _record(workspace)
    with workspace.stores.operational.worker() as tx:
        rows = tx.connection.execute(
            "SELECT at, actor, metadata, length(content_hash), xact_id IS NOT NULL "
            "FROM audit.audit_log WHERE action = 'thing.done'"
        ).fetchall()

    assert [(AT, "system:test", {"count": 3}, 32, True)] == rows


def _fail_after_an_entry(tx: Tx[Operational], organization: OrganizationId) -> None:
    for name in ("thing.failed", "not an action"):
        audit.record(
            tx,
            actor=Actor("system:test"),
            action=name,
            resource=("thing", "7"),
            organization_id=organization,
        )


def test_an_entry_goes_with_the_change_that_it_tells_of(workspace: Workspace) -> None:
    """A transaction that is rolled back leaves no entry."""
    organization = workspace.organization.organization_id
    with (
        pytest.raises(psycopg.errors.CheckViolation),
        workspace.stores.operational.app(organization) as tx,
    ):
        _fail_after_an_entry(tx, organization)
    with workspace.stores.operational.worker() as tx:
        assert 0 == tx.value("SELECT count(*) FROM audit.audit_log WHERE action = 'thing.failed'")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.audit_log SET actor = 'nobody'",
        "DELETE FROM audit.audit_log",
        "TRUNCATE audit.audit_log CASCADE",
    ],
    ids=["UPDATE", "DELETE", "TRUNCATE"],
)
@pytest.mark.parametrize("kind", ["app", "worker", "migrate", "admin"])
def test_the_audit_log_refuses_to_be_changed(
    workspace: Workspace, statement: str, kind: str
) -> None:
    """By the app, the worker, the owner's own login and the administrator alike."""
    _record(workspace)
    database = workspace.stores.operational.place
    conninfo = database.admin if kind == "admin" else database.conninfo(kind)  # type: ignore[arg-type]
    with (
        psycopg.connect(conninfo, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
    with workspace.stores.operational.worker() as tx:
        assert 1 == tx.value("SELECT count(*) FROM audit.audit_log WHERE action = 'thing.done'")


def test_an_action_is_a_thing_and_a_verb(workspace: Workspace) -> None:
    """Anything else cannot be searched for, so the table refuses it."""
    with (
        pytest.raises(psycopg.errors.CheckViolation),
        workspace.stores.operational.worker() as tx,
    ):
        audit.record(
            tx,
            actor=Actor("system:test"),
            action="Did something",
            resource=("thing", "7"),
            organization_id=None,
        )
