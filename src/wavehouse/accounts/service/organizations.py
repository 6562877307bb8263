"""Organizations and their first administrators."""

from __future__ import annotations

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import user_actor
from wavehouse.accounts.types import Identity, Organization, Role
from wavehouse.kernel import words
from wavehouse.store import Operational, Tx


def ensure_organization(tx: Tx[Operational], *, name: str) -> tuple[Organization, Identity]:
    """The installation's organization and its first administrator, made at first start."""
    organization = queries.first_organization(tx) or _created(tx, name, audit.Actor("system:up"))
    return organization, _administrator(tx, organization)


def further_organization(
    tx: Tx[Operational], *, identity: Identity, name: str
) -> tuple[Organization, Identity]:
    """The organization of this name, made by a user of the installation's own if there is none."""
    slug = rules.slug_of(name)
    organization = queries.organization_by_slug(tx, slug=slug) or _created(
        tx, name, user_actor(identity)
    )
    return organization, _administrator(tx, organization)


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
