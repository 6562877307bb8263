"""Plans: limits on creating things, an event for billing, and the questions of the first start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.accounts.test_members_http import Visitor, _command
from tests.acting import invited, operational
from tests.tenants import member_of

from wavehouse import accounts
from wavehouse.accounts import Limit, Persona, Role, Tier, rules
from wavehouse.kernel.errors import InvalidInput, LimitReached, Refused
from wavehouse.workspace import Workspace


def _invite(workspace: Workspace, number: int) -> str:
    return invited(workspace, f"p{number}@example.org", "viewer")


def _choose(workspace: Workspace, tier: str, persona: str | None = None) -> accounts.Plan:
    return operational(workspace, accounts.choose_plan, tier=tier, persona=persona)


def _events(workspace: Workspace) -> list[tuple[str, dict[str, object]]]:
    with workspace.stores.operational.worker() as tx:
        return tx.tuples(
            "SELECT subject_id, payload FROM queue.outbox WHERE event_type = 'tier.limit_reached'"
        ).fetchall()


def test_every_tier_says_what_each_limit_is() -> None:
    """The registry is complete, and a larger tier never allows less."""
    for limit in Limit:
        counts = [rules.TIERS[tier][limit] for tier in Tier]
        known = [count for count in counts if count is not None]
        assert None is counts[-1]
        assert sorted(known) == known


def test_an_invitation_takes_a_seat_and_the_last_one_is_the_last(workspace: Workspace) -> None:
    """The free plan has three seats: an administrator and two invitations; the message says so."""
    _choose(workspace, "free")
    tokens = [_invite(workspace, number) for number in range(2)]
    with pytest.raises(LimitReached) as caught:
        _invite(workspace, 3)
    # inviting the same address again replaces the invitation and needs no further seat
    _invite(workspace, 1)
    with workspace.stores.operational.worker() as tx:
        accepted = accounts.accept_invitation(tx, token=tokens[0])

    assert "the plan free allows 3 seats; 3 are in use" == caught.value.message
    assert "Remove a member" in str(caught.value.hint)
    assert (3, 3, "seats") == (caught.value.used, caught.value.allowed, caught.value.limit)
    assert accepted.is_new


def test_a_larger_plan_makes_room_and_a_smaller_one_takes_none_away(workspace: Workspace) -> None:
    """Members above a smaller limit stay; an open invitation waits for a free seat."""
    _choose(workspace, "enterprise")
    tokens = [_invite(workspace, number) for number in range(6)]
    _choose(workspace, "free")
    with (
        pytest.raises(LimitReached, match="7 are in use"),
        workspace.stores.operational.worker() as tx,
    ):
        accounts.accept_invitation(tx, token=tokens[0])
    _choose(workspace, "professional")
    with workspace.stores.operational.worker() as tx:
        assert accounts.accept_invitation(tx, token=tokens[0]).is_new


def test_two_invitations_at_a_time_do_not_share_the_last_seat(workspace: Workspace) -> None:
    """Of eight concurrent invitations for two seats, two are sent."""
    _choose(workspace, "free")

    def invite(number: int) -> bool:
        try:
            _invite(workspace, number)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert 2 == sum(pool.map(invite, range(8)))


def test_projects_are_limited_by_the_tier_or_by_what_was_agreed(workspace: Workspace) -> None:
    """The caller counts the projects; an agreed number overrides the tier's."""
    _choose(workspace, "starter")
    operational(workspace, accounts.require_room, limit=Limit.PROJECTS, used=2)
    with pytest.raises(LimitReached, match="starter allows 3 projects; 3 are in use"):
        operational(workspace, accounts.require_room, limit=Limit.PROJECTS, used=3)
    with workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE accounts.organizations SET project_limit = 50")
    operational(workspace, accounts.require_room, limit=Limit.PROJECTS, used=3)


def test_retention_is_as_configured_and_at_most_the_plans(workspace: Workspace) -> None:
    """A setting of 400 days becomes 90 on the free plan, and stays 400 on an unlimited one."""
    days = [
        operational(workspace, accounts.retention_days, configured=configured)
        for configured in (30, 400)
    ]
    _choose(workspace, "enterprise")

    assert [30, 90] == days
    assert 400 == operational(workspace, accounts.retention_days, configured=400)


def test_a_refused_creation_is_an_event_once_a_day(workspace: Workspace) -> None:
    """API, page and command share one event for billing, although nothing was created."""
    admin = Visitor(workspace, workspace)
    member_of(workspace, Role.VIEWER, "Bo")
    first = admin.api("POST", "invitations", {"email": "a@example.org"})
    by_api = admin.api("POST", "invitations", {"email": "b@example.org"})
    by_page = admin.send("/members/invite", email="c@example.org", role="user")
    by_command = _command(workspace, "members", "invite", "d@example.org")

    assert [201, 403, 403] == [a.status_code for a in (first, by_api, by_page)]
    assert ("limit_reached", "wavehouse init --tier starter") == (
        by_api.json()["code"],
        by_api.json()["command"],
    )
    assert isinstance(by_command.exception, LimitReached)
    assert [("seats", {"limit": "seats", "used": 3, "allowed": 3})] == _events(workspace)


def test_the_plan_is_chosen_by_an_administrator_and_audited(workspace: Workspace) -> None:
    """Also on the page; a user is refused, and an unknown plan is named in the error."""
    with pytest.raises(Refused):
        _choose(member_of(workspace, Role.USER, "Bo"), "enterprise")
    with pytest.raises(InvalidInput, match="invalid tier"):
        _choose(workspace, "platinum")
    stored = Visitor(workspace, workspace).send("/members/plan", tier="starter", persona="agency")
    plan = operational(workspace, accounts.plan_of)
    with workspace.stores.operational.worker() as tx:
        actions = tx.values("SELECT action FROM audit.audit_log")
        user = tx.tuples(
            "SELECT subscription_tier, persona_segment FROM accounts.users WHERE role = 'admin'"
        ).fetchall()

    assert 303 == stored.status_code
    assert ("starter", "agency") == (plan.plan_tier, plan.persona)
    assert [("starter", "agency")] == user
    assert "organization.plan_chosen" in actions


def test_a_start_without_a_terminal_takes_the_defaults_once(workspace: Workspace) -> None:
    """The start does not wait for answers, and the second start asks no questions either."""
    from wavehouse.accounts.cli.plans import PERSONAS, TIERS, ask_at_first_start

    ask_at_first_start(workspace)
    first = operational(workspace, accounts.plan_of)
    ask_at_first_start(workspace)
    shown = _command(workspace, "init", "--tier", "professional", "--json")

    assert "free" == first.plan_tier
    assert None is not first.chosen_at
    assert 0 == shown.exit_code
    assert '"seats": 20' in shown.output
    assert [list(Tier), list(Persona)] == [TIERS, PERSONAS]
