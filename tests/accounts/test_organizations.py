"""One person in several organizations: switching on the page and on the command line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from tests.accounts.test_members_http import Visitor
from tests.tenants import member_of, second_organization

from wavehouse import accounts, app
from wavehouse.accounts import Role, queries
from wavehouse.cli.root import root
from wavehouse.kernel.errors import NotFound
from wavehouse.workspace import Workspace


def _guest(workspace: Workspace, other: Workspace, role: Role) -> Workspace:
    """A user of the workspace who is also a member of the other organization."""
    person = member_of(workspace, Role.ADMIN, "Bo")
    with workspace.stores.operational.worker() as tx:
        queries.join_organization(
            tx,
            organization_id=other.identity.organization_id,
            user_id=person.identity.user_id,
            role=role,
        )
    return person


def test_a_session_switches_between_its_users_organizations(workspace: Workspace) -> None:
    """After the switch the page shows the other organization, with the user's role there."""
    other = second_organization(workspace)
    bo = Visitor(workspace, _guest(workspace, other, Role.VIEWER))
    offered = bo.client.get("/organizations")
    before = bo.client.get("/members")
    switched = bo.send("/organizations/switch", id=str(other.identity.organization_id))
    after = bo.client.get("/members")
    refused = bo.send("/members/invite", email="x@example.org", role="admin")

    assert "Other Media" in offered.text
    assert "Send the invitation" in before.text
    assert 303 == switched.status_code
    assert "Administrator of Other Media" in after.text
    assert "Administrator of Other Media" not in before.text
    assert 403 == refused.status_code


def test_nobody_switches_to_an_organization_of_others(workspace: Workspace) -> None:
    """An id of another organization is 404, and the session stays in its organization."""
    other = second_organization(workspace)
    bo = Visitor(workspace, member_of(workspace, Role.ADMIN, "Bo"))
    refused = bo.send("/organizations/switch", id=str(other.identity.organization_id))

    assert 404 == refused.status_code
    assert "Administrator of Other Media" not in bo.client.get("/members").text


def test_a_removed_guest_is_signed_out_and_may_come_back_at_home(workspace: Workspace) -> None:
    """Removal from the session's organization ends the session; the first membership remains."""
    other = second_organization(workspace)
    guest = _guest(workspace, other, Role.USER)
    bo = Visitor(workspace, guest)
    bo.send("/organizations/switch", id=str(other.identity.organization_id))
    with other.stores.operational.app(other.identity.organization_id) as tx:
        accounts.remove_member(tx, identity=other.identity, wanted=guest.identity.user_id)

    assert 401 == bo.client.get("/members").status_code
    assert 200 == Visitor(workspace, guest).client.get("/members").status_code


def test_a_command_acts_for_another_organization_and_member(workspace: Workspace) -> None:
    """The slug and the address select them; an address that is not a member there is not found."""
    other = second_organization(workspace)
    guest = _guest(workspace, other, Role.VIEWER)
    acting = app.acting_as(workspace, app.Acting("other-media", "bo@members.example"))

    assert ("Other Media", "viewer") == (acting.organization.name, acting.identity.role)
    assert guest.identity.user_id == acting.identity.user_id
    assert workspace.organization.organization_id == acting.home
    assert other.identity == app.acting_as(workspace, app.Acting("other-media")).identity
    for wrong in (app.Acting("no-such"), app.Acting("other-media", "nobody@members.example")):
        with pytest.raises(NotFound):
            app.acting_as(workspace, wrong)
    assert workspace == app.acting_as(workspace, app.INSTALLATION)
    assert workspace.home == replace(workspace, owner=None).home


def test_a_command_of_the_operator_takes_no_organization() -> None:
    """Such a command acts for the whole installation, so the option is refused, not ignored."""
    refused = CliRunner().invoke(root, ["--organization", "a", "doctor"])

    assert 2 == refused.exit_code
    assert "acts for the whole installation" in refused.output
