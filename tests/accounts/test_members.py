"""Invitations and members on a real database: single use, one address, the last administrator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.acting import invited, operational
from tests.tenants import key_of, member_of, second_organization, session_of

from wavehouse import accounts
from wavehouse.accounts import Identity, Role, Scope
from wavehouse.kernel import clock
from wavehouse.kernel.errors import (
    Conflict,
    Gone,
    InvalidInput,
    NotFound,
    NotSignedIn,
    Refused,
    WavehouseError,
)
from wavehouse.workspace import Workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _invited(workspace: Workspace, email: str = "anna@example.org", role: str = "user") -> str:
    return invited(workspace, email, role)


def _accept(workspace: Workspace, token: str, visitor: Identity | None = None) -> accounts.Accepted:
    with workspace.stores.operational.worker() as tx:
        return accounts.accept_invitation(tx, token=token, name="Anna", visitor=visitor)


def _roles(workspace: Workspace) -> dict[str, str]:
    members = operational(workspace, accounts.list_members)
    return {member.email: member.role for member in members}


def _audited(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace.stores.operational.worker() as tx:
        return tx.tuples("SELECT action, actor FROM audit.audit_log ORDER BY at, action").fetchall()


def test_an_invitation_makes_a_new_user_a_member(workspace: Workspace) -> None:
    """The user has the email's normalized address and the invitation's role."""
    accepted = _accept(workspace, _invited(workspace, "  Anna@Example.org ", "viewer"))

    assert accepted.is_new
    assert "viewer" == _roles(workspace)["anna@example.org"]


def test_an_invitation_works_once(workspace: Workspace) -> None:
    """A second use is refused as used; an unknown token is not found."""
    token = _invited(workspace)
    _accept(workspace, token)

    with pytest.raises(Gone, match="already used"):
        _accept(workspace, token)
    with pytest.raises(NotFound):
        _accept(workspace, "no such token")


def test_an_invitation_that_many_accept_at_once_makes_one_member(workspace: Workspace) -> None:
    """Twenty requests with one token: one joins, nineteen are refused."""
    token = _invited(workspace)

    def accept(_: int) -> str:
        try:
            return f"joined {_accept(workspace, token).is_new}"
        except WavehouseError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        results = sorted(pool.map(accept, range(20)))

    assert ["gone"] * 19 + ["joined True"] == results


def test_an_invitation_is_for_one_address(workspace: Workspace) -> None:
    """A visitor signed in with another address cannot use it, and the invitation stays open."""
    token = _invited(workspace)
    other = member_of(workspace, Role.USER, "Bo")

    with pytest.raises(Refused, match="another address"):
        _accept(workspace, token, other.identity)
    assert _accept(workspace, token).is_new


def test_an_invitation_expires_after_seven_days(workspace: Workspace) -> None:
    """It works until then and has expired from then on."""
    with clock.frozen(NOON):
        token = _invited(workspace)
    with (
        clock.frozen(NOON + timedelta(days=7)),
        pytest.raises(Gone, match="expired"),
    ):
        _accept(workspace, token)
    with clock.frozen(NOON + timedelta(days=7) - timedelta(seconds=1)):
        assert _accept(workspace, token).is_new


def test_a_revoked_or_replaced_invitation_is_gone(workspace: Workspace) -> None:
    """Inviting again replaces the older invitation; revoking ends the newer one."""
    first = _invited(workspace)
    second = _invited(workspace)
    with pytest.raises(Gone, match="revoked or replaced"):
        _accept(workspace, first)
    operational(workspace, accounts.revoke_invitation, wanted="Anna@example.org")

    with pytest.raises(Gone, match="revoked"):
        _accept(workspace, second)
    with pytest.raises(NotFound):
        operational(workspace, accounts.revoke_invitation, wanted="anna@example.org")


def test_a_member_is_not_invited_again(workspace: Workspace) -> None:
    """The conflict names the field."""
    _accept(workspace, _invited(workspace))

    with pytest.raises(Conflict) as caught:
        _invited(workspace, "ANNA@example.org")
    assert "email" == caught.value.where


def test_an_invitation_and_its_email_are_one_transaction(workspace: Workspace) -> None:
    """The job is added with the invitation; rolled back, there is neither; no secret is in it."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        accounts.invite(tx, identity=workspace.identity, email="bo@example.org", role="user")
        tx.connection.rollback()
    made = operational(workspace, accounts.invite, email="anna@example.org", role="user")
    with workspace.stores.operational.worker() as tx:
        jobs = tx.tuples("SELECT kind, payload FROM queue.jobs").fetchall()

    assert ["anna@example.org"] == [
        each.email for each in operational(workspace, accounts.list_invitations)
    ]
    assert [("accounts.invite", {"invitation_id": str(made.invitation_id)})] == jobs


def test_a_repeated_email_has_another_link_and_an_ended_invitation_has_none(
    workspace: Workspace,
) -> None:
    """The newest email works; nothing is sent once the invitation is revoked."""
    first = _invited(workspace)
    (invitation,) = operational(workspace, accounts.list_invitations)
    given = {"invitation_id": invitation.invitation_id, "address": "http://here"}
    again = operational(workspace, accounts.invitation_email, **given)
    with pytest.raises(NotFound):
        _accept(workspace, first)
    operational(workspace, accounts.revoke_invitation, wanted=invitation.invitation_id)

    assert again is not None
    assert "anna@example.org" == again.to
    assert None is operational(workspace, accounts.invitation_email, **given)


@pytest.mark.parametrize("wrong", ["", "anna", "anna@", "a@b.example\nBcc: c@d.example"])
def test_an_invalid_address_is_not_invited(workspace: Workspace, wrong: str) -> None:
    """Only a single valid address reaches an email's header."""
    with pytest.raises(InvalidInput):
        _invited(workspace, wrong)


@pytest.mark.parametrize("role", ["user", "viewer"])
def test_only_an_administrator_manages_members(workspace: Workspace, role: str) -> None:
    """The services refuse it, whichever edge calls them."""
    acting = member_of(workspace, Role(role))
    admin = operational(workspace, accounts.find_member, wanted=workspace.identity.user_id)

    with pytest.raises(Refused):
        _invited(acting)
    with pytest.raises(Refused):
        operational(acting, accounts.change_role, wanted=admin.email, role="viewer")
    with pytest.raises(Refused):
        operational(acting, accounts.remove_member, wanted=admin.email)


def test_the_last_administrator_stays(workspace: Workspace) -> None:
    """The last administrator cannot be demoted, removed or leave; a second one can."""
    own = workspace.identity.user_id
    for use_case, more in (
        (accounts.change_role, {"wanted": own, "role": "user"}),
        (accounts.remove_member, {"wanted": own}),
        (accounts.leave, {}),
    ):
        with pytest.raises(Conflict, match="no administrator"):
            operational(workspace, use_case, **more)
    second = member_of(workspace, Role.ADMIN, "Second")
    operational(workspace, accounts.leave)

    assert [second.identity.user_id] == [
        member.user_id for member in operational(second, accounts.list_members)
    ]


def test_two_administrators_that_remove_each_other_leave_one(workspace: Workspace) -> None:
    """Both remove each other at the same moment, ten times: one administrator always remains."""
    for number in range(10):
        second = member_of(workspace, Role.ADMIN, f"Second {number}")
        pairs = [(workspace, second), (second, workspace)]

        def demote(pair: tuple[Workspace, Workspace]) -> bool:
            try:
                operational(
                    pair[0], accounts.change_role, wanted=pair[1].identity.user_id, role="user"
                )
            except (Conflict, Refused):
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(demote, pairs))
        admins = [email for email, role in _roles(workspace).items() if role == "admin"]
        assert admins
        for each in (workspace, second):
            with workspace.stores.operational.worker() as tx:
                tx.execute(
                    "UPDATE accounts.memberships SET role = 'admin' WHERE user_id = %(user_id)s",
                    {"user_id": each.identity.user_id},
                )


def test_a_demoted_member_has_less_at_once(workspace: Workspace) -> None:
    """The same key and session have only the rights of the current role."""
    acting = member_of(workspace, Role.ADMIN, "Bo")
    key, cookie = key_of(acting), session_of(acting)
    operational(workspace, accounts.change_role, wanted=acting.identity.user_id, role="viewer")
    with workspace.stores.operational.worker() as tx:
        identity = accounts.session_of(tx, token=cookie)
        reading = accounts.verify_api_key(tx, text=key, scope=Scope.STATS_READ)
        with pytest.raises(Refused, match="the role viewer"):
            accounts.verify_api_key(tx, text=key, scope=Scope.CAMPAIGNS_WRITE)

    assert identity is not None
    assert "viewer" == identity.role == reading.role


def test_a_removed_member_has_nothing_at_once_and_later(workspace: Workspace) -> None:
    """Sessions, keys and links end, and inviting the person again does not restore them."""
    acting = member_of(workspace, Role.USER, "Bo")
    key, cookie = key_of(acting), session_of(acting)
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=acting.identity)
    member = operational(workspace, accounts.remove_member, wanted=acting.identity.user_id)
    _accept(workspace, _invited(workspace, member.email))
    with workspace.stores.operational.worker() as tx:
        assert None is accounts.session_of(tx, token=cookie)
        with pytest.raises(NotSignedIn):
            accounts.verify_api_key(tx, text=key, scope=Scope.STATS_READ)
        with pytest.raises(NotSignedIn):
            accounts.sign_in(tx, token=link.token)

    assert "user" == _roles(workspace)[member.email]


def test_a_user_joins_a_second_organization_and_keeps_the_first(workspace: Workspace) -> None:
    """One person, two memberships with a role in each; removal from one leaves the other."""
    other = second_organization(workspace)
    person = member_of(workspace, Role.ADMIN, "Bo")
    email = operational(workspace, accounts.find_member, wanted=person.identity.user_id).email
    accepted = _accept(other, _invited(other, email, "viewer"), person.identity)
    guest = replace(other, identity=accepted.identity)

    assert not accepted.is_new
    assert person.identity.user_id == accepted.identity.user_id
    assert "viewer" == _roles(other)[email]
    assert "admin" == _roles(workspace)[email]
    operational(other, accounts.remove_member, wanted=guest.identity.user_id)
    assert email not in _roles(other)
    assert "admin" == _roles(workspace)[email]


def test_members_of_another_organization_are_not_found(workspace: Workspace) -> None:
    """An id of another organization gets the same answer as an unknown id."""
    other = second_organization(workspace)

    with pytest.raises(NotFound):
        operational(workspace, accounts.remove_member, wanted=other.identity.user_id)
    with pytest.raises(NotFound):
        operational(workspace, accounts.change_role, wanted=other.identity.user_id, role="viewer")


def test_every_change_of_members_is_audited_as_who_did_it(workspace: Workspace) -> None:
    """The administrator invites, changes roles and removes; the invited person accepts."""
    accepted = _accept(workspace, _invited(workspace))
    member = accepted.identity.user_id
    operational(workspace, accounts.change_role, wanted=member, role="viewer")
    operational(workspace, accounts.remove_member, wanted=member)
    admin = f"user:{workspace.identity.user_id}"

    assert {
        ("invitation.created", admin),
        ("invitation.accepted", f"user:{member}"),
        ("member.role_changed", admin),
        ("member.removed", admin),
    } <= set(_audited(workspace))
