"""Organizations and their first administrators."""

from __future__ import annotations

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import user_actor
from wavehouse.accounts.types import Identity, Organization, Role
from wavehouse.kernel import words
from wavehouse.kernel.errors import NotFound
from wavehouse.store import Operational, Tx


def ensure_organization(tx: Tx[Operational], *, name: str) -> tuple[Organization, Identity]:
    """The installation's organization and its first administrator; created at first start."""
    organization = queries.first_organization(tx) or _created(tx, name, audit.Actor("system:up"))
    return organization, _administrator(tx, organization)


def set_timezone(tx: Tx[Operational], *, identity: Identity, timezone: str) -> None:
    """Set the organization's time zone; the caller has checked that it exists."""
    queries.set_timezone(tx, organization_id=identity.organization_id, timezone=timezone)
    audit.record(
        tx,
        actor=user_actor(identity),
        action="organization.timezone_changed",
        resource=("organization", identity.organization_id),
        organization_id=identity.organization_id,
        metadata={"timezone": timezone},
    )


def further_organization(
    tx: Tx[Operational], *, identity: Identity, name: str
) -> tuple[Organization, Identity]:
    """The organization with this name; created by the operator if it does not exist."""
    slug = rules.slug_of(name)
    organization = queries.organization_by_slug(tx, slug=slug) or _created(
        tx, name, user_actor(identity)
    )
    return organization, _administrator(tx, organization)


def acting_in(
    tx: Tx[Operational], *, slug: str | None, email: str | None
) -> tuple[Organization, Identity]:
    """The organization with this slug and its member with this address, for the command line.

    Defaults: the installation's own organization and its first administrator. NotFound when the
    organization or the member does not exist.
    """
    organization = (
        queries.first_organization(tx)
        if slug is None
        else queries.organization_by_slug(tx, slug=slug)
    )
    if organization is None:
        raise NotFound(f"there is no organization {slug!r}")
    organization_id = organization.organization_id
    if email is None:
        identity = queries.first_administrator(tx, organization_id=organization_id)
    else:
        identity = queries.user_by_email(tx, organization_id=organization_id, email=email)
    if identity is None or not identity.role:
        raise NotFound("there is no such member in the organization", where=email)
    return organization, identity


def _created(tx: Tx[Operational], name: str, actor: audit.Actor) -> Organization:
    organization = queries.insert_organization(tx, name=words.line(name), slug=rules.slug_of(name))
    audit.record(
        tx,
        actor=actor,
        action="organization.created",
        resource=("organization", organization.organization_id),
        organization_id=organization.organization_id,
    )
    return organization


def _administrator(tx: Tx[Operational], organization: Organization) -> Identity:
    organization_id = organization.organization_id
    return queries.first_administrator(tx, organization_id=organization_id) or queries.insert_user(
        tx,
        organization_id=organization_id,
        email=f"admin@{organization.slug}.invalid",
        name="Administrator",
        role=Role.ADMIN,
        password_hash=rules.UNUSABLE_PASSWORD,
    )
