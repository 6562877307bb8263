"""A whole organization is erased: every table, its files, its keys; the one beside it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.erasing import by_table, dumped, erased
from tests.tenants import member_of
from tests.tenants.rows import Rows
from tests.tenants.world import Tenant, two_tenants

from wavehouse import measurement
from wavehouse.accounts import Role
from wavehouse.erasure import Status, SubjectKind, Wanted
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.workspace import Workspace


def test_an_organization_is_erased_and_the_one_beside_it_keeps_every_row(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Two filled organizations; a raw dump has no word and no id of the erased one."""
    first, second = two_tenants(workspace, tmp_path)
    rows = Rows(first)
    outcome = erased(second.workspace, Wanted(SubjectKind.ORGANIZATION, "zqbirch"))

    assert Status.COMPLETED == outcome.request.status
    document = dict(outcome.certificate or {})
    assert {"nothing found"} == {
        document["levels"][name]["result"] for name in ("typed", "paranoid", "files")
    }
    assert [] == [name for name in rows.changed() if not name.startswith(("audit.", "governance."))]
    rows.close()
    assert sum(each.rows_touched or 0 for each in outcome.done) > 50
    assert {} == _left(second)
    assert first.word in dumped(workspace)
    assert not measurement.reconcile(workspace.stores).mismatches


def test_a_creator_who_made_everything_is_erased_and_the_work_stays(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Shows, campaigns, projects, keys and sessions of one user; a colleague carries it out."""
    first, second = two_tenants(workspace, tmp_path)
    colleague = member_of(second.workspace, Role.ADMIN)
    address = "admin@zqbirch.invalid"
    assert address in dumped(workspace)
    rows = Rows(first)
    outcome = erased(second.workspace, Wanted(SubjectKind.CREATOR, address), by=colleague)

    assert Status.COMPLETED == outcome.request.status
    assert address not in dumped(workspace)
    assert [] == [name for name in rows.changed() if not name.startswith(("audit.", "governance."))]
    rows.close()
    with workspace.stores.operational.worker() as tx:
        shows = tx.value(
            "SELECT count(*) FROM catalog.podcasts WHERE organization_id = %s",
            [second.workspace.identity.organization_id],
        )
    assert shows > 0
    assert not measurement.reconcile(workspace.stores).mismatches


def _left(tenant: Tenant) -> dict[str, list[str]]:
    """The tables that still have the organization's word, or an id of one of its rows.

    The audit log and the request itself are kept as evidence; the tenant's listener belongs to the
    installation, not to the organization.
    """
    ids = {word for words in tenant.ids.values() for word in words}
    ids -= {str(tenant.workspace.identity.organization_id)}
    left: dict[str, list[str]] = {}
    for table, text in by_table(tenant.workspace).items():
        database, schema, _ = table.split(".")
        if database != "listeners" and schema not in ("audit", "governance"):
            words = [word for word in (tenant.word, *sorted(ids)) if word in text]
            if words:
                left[table] = words[:5]
    return left


def test_the_installations_own_organization_is_not_erased(workspace: Workspace) -> None:
    """Its administrators run the installation; another organization's slug is unknown to them."""
    with pytest.raises(Conflict, match="the installation's own organization"):
        erased(workspace, Wanted(SubjectKind.ORGANIZATION, workspace.organization.slug))
    with pytest.raises(NotFound):
        erased(workspace, Wanted(SubjectKind.ORGANIZATION, "nobody"))
