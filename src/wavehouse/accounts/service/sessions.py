"""Signing in by a one-time link, and sessions."""

from __future__ import annotations

import secrets
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import user_actor
from wavehouse.accounts.types import Identity, Membership, NewLoginLink, NewSession
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, NotSignedIn
from wavehouse.store import Operational, Tx


def create_login_link(tx: Tx[Operational], *, identity: Identity) -> NewLoginLink:
    """A one-time link for a user; only its hash is kept."""
    queries.delete_expired_sign_ins(tx, at=clock.now())
    link = NewLoginLink(secrets.token_urlsafe(32), clock.now() + rules.LINK_LIFETIME)
    queries.insert_login_link(
        tx,
        token_hash=rules.token_hash(link.token),
        identity=identity,
        expires_at=link.expires_at,
    )
    return link


def sign_in(tx: Tx[Operational], *, token: str) -> NewSession:
    """Consume a one-time link and begin a session. NotSignedIn when it is used, old or unknown."""
    identity = queries.use_login_link(tx, token_hash=rules.token_hash(token), at=clock.now())
    if identity is None:
        raise NotSignedIn(
            "invalid sign-in link: it was used, has expired, or does not exist",
            command="wavehouse sign-in-link",
        )
    return begin_session(tx, identity=identity)


def begin_session(tx: Tx[Operational], *, identity: Identity) -> NewSession:
    """Begin a session of a user that has just proved who it is."""
    session = NewSession(secrets.token_urlsafe(32), clock.now() + rules.SESSION_LIFETIME, identity)
    queries.insert_session(
        tx,
        token_hash=rules.token_hash(session.token),
        identity=identity,
        at=clock.now(),
        expires_at=session.expires_at,
    )
    audit.record(
        tx,
        actor=user_actor(identity),
        action="session.began",
        resource=("user", identity.user_id),
        organization_id=identity.organization_id,
    )
    return session


def session_of(tx: Tx[Operational], *, token: str) -> Identity | None:
    """The user of a session cookie, or None."""
    return queries.session_identity(tx, token_hash=rules.token_hash(token), at=clock.now())


def organizations_of(tx: Tx[Operational], *, identity: Identity) -> list[Membership]:
    """The organizations that the identity's user works in, by name."""
    return queries.memberships(tx, user_id=identity.user_id)


def switch_organization(
    tx: Tx[Operational], *, identity: Identity, token: str, wanted: UUID | str
) -> Membership:
    """Let the session act for another organization of its user, by its id or slug.

    NotFound for one that the user is not a member of.
    """
    membership = membership_of(tx, identity=identity, wanted=wanted)
    organization_id = membership.organization_id
    queries.move_session(tx, token_hash=rules.token_hash(token), organization_id=organization_id)
    audit.record(
        tx,
        actor=user_actor(identity),
        action="session.switched",
        resource=("user", identity.user_id),
        organization_id=organization_id,
    )
    return membership


def membership_of(tx: Tx[Operational], *, identity: Identity, wanted: UUID | str) -> Membership:
    """The membership of the identity's user in an organization. NotFound when there is none."""
    for membership in queries.memberships(tx, user_id=identity.user_id):
        if wanted in (membership.organization_id, membership.slug):
            return membership
    raise NotFound("you are not a member of this organization")


def sign_out(tx: Tx[Operational], *, token: str) -> None:
    """End a session; harmless if it has ended."""
    queries.delete_session(tx, token_hash=rules.token_hash(token))
