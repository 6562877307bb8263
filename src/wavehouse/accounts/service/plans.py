"""The plan of an organization: the limits of its tier, and the first-start questions."""

from __future__ import annotations

from datetime import date, timedelta

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import require, user_actor
from wavehouse.accounts.types import Access, Identity, Limit, Persona, Plan, Tier
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, LimitReached
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


def plan_of(tx: Tx[Operational], *, identity: Identity) -> Plan:
    """The plan of the identity's organization."""
    return queries.plan(tx, organization_id=identity.organization_id, at=clock.now())


def require_room(
    tx: Tx[Operational],
    *,
    identity: Identity,
    limit: Limit,
    used: int | None = None,
    more: int = 1,
) -> None:
    """LimitReached unless the plan allows ``more``; called before creating something.

    Seats are counted here; for projects and days the caller passes ``used``. The organization's row
    stays locked until the transaction ends, so that concurrent calls cannot both take the last
    seat.
    """
    check_room(tx, organization_id=identity.organization_id, limit=limit, used=used, more=more)


def check_room(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    limit: Limit,
    used: int | None = None,
    more: int = 1,
) -> None:
    """Like ``require_room``, without an acting user: for accepting an invitation."""
    queries.lock_organization(tx, organization_id=organization_id)
    plan = queries.plan(tx, organization_id=organization_id, at=clock.now())
    count = plan.seats if used is None else used
    most = rules.allowed(plan, limit)
    if most is None or count + more <= most:
        return
    raise LimitReached(
        f"the plan {plan.plan_tier} allows {most} {limit.replace('_', ' ')}; {count} are in use",
        hint=rules.remedy(limit),
        command="wavehouse init --tier starter",
        organization_id=organization_id,
        limit=limit,
        used=count,
        allowed=most,
    )


def retained_from(tx: Tx[Operational], *, identity: Identity) -> date | None:
    """The first UTC day whose raw data the plan includes; None means all of it."""
    days = rules.allowed(plan_of(tx, identity=identity), Limit.RETENTION_DAYS)
    return None if days is None else clock.today() - timedelta(days=days)


def require_retained(tx: Tx[Operational], *, identity: Identity, first: date) -> None:
    """LimitReached when raw data from this day on is needed and the plan does not include it."""
    earliest = retained_from(tx, identity=identity)
    if earliest is None or first >= earliest:
        return
    plan, today = plan_of(tx, identity=identity), clock.today()
    raise LimitReached(
        f"the plan {plan.plan_tier} includes the raw data since {earliest}",
        hint=rules.remedy(Limit.RETENTION_DAYS),
        command="wavehouse init --tier starter",
        organization_id=identity.organization_id,
        limit=Limit.RETENTION_DAYS,
        used=(today - first).days,
        allowed=(today - earliest).days,
    )


def choose_plan(tx: Tx[Operational], *, identity: Identity, tier: str, persona: str | None) -> Plan:
    """Store the tier and the persona. Usage above the new limits stays but cannot grow.

    Refused unless the user is an administrator; InvalidInput for an unknown tier or persona.
    """
    require(identity.role, Access.ADMIN)
    before = plan_of(tx, identity=identity)
    queries.set_plan(
        tx,
        organization_id=identity.organization_id,
        plan_tier=_member(Tier, tier, "tier"),
        persona=_member(Persona, persona, "persona") if persona else None,
        at=clock.now(),
    )
    audit.record(
        tx,
        actor=user_actor(identity),
        action="organization.plan_chosen",
        resource=("organization", identity.organization_id),
        organization_id=identity.organization_id,
        metadata={"from": before.plan_tier, "to": tier},
    )
    return plan_of(tx, identity=identity)


def _member(kind: type[Tier] | type[Persona], text: str, field: str) -> str:
    if text not in {each.value for each in kind}:
        choices = ", ".join(each.value for each in kind)
        raise InvalidInput(f"invalid {field}", where=field, hint=f"Choose one of {choices}.")
    return text
