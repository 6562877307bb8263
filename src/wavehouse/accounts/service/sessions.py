"""Signing in by a one-time link, and sessions."""

from __future__ import annotations

import secrets
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import user_actor
from wavehouse.accounts.types import Identity, Membership, NewLoginLink, NewSession
from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import NotFound, NotSignedIn, Refused
from wavehouse.kernel.ids import UserId
from wavehouse.store import Operational, Tx


def create_login_link(tx: Tx[Operational], *, identity: Identity) -> NewLoginLink:
    """Create a one-time link for a user; only its hash is stored."""
    queries.delete_expired_sign_ins(tx, at=clock.now())
    link = NewLoginLink(secrets.token_urlsafe(32), clock.now() + rules.LINK_LIFETIME)
    queries.insert_login_link(
        tx,
        token_hash=rules.token_hash(link.token),
        identity=identity,
        expires_at=link.expires_at,
    )
    return link


def request_link(tx: Tx[Operational], *, email: str, browser: str) -> NewLoginLink | None:
    """Create a one-time link to email: valid for 15 minutes, in the browser that requested it.

    None when the address belongs to no active member; the caller's response is the same.
    """
    user_id = queries.active_user_id(tx, email=normalised_email(email))
    identity = None if user_id is None else queries.first_identity(tx, user_id=user_id)
    if identity is None:
        return None
    queries.delete_expired_sign_ins(tx, at=clock.now())
    link = NewLoginLink(secrets.token_urlsafe(32), clock.now() + rules.EMAILED_LINK_LIFETIME)
    queries.insert_login_link(
        tx,
        token_hash=rules.token_hash(link.token),
        identity=identity,
        expires_at=link.expires_at,
        browser_hash=rules.token_hash(browser),
    )
    return link


def link_email(link: NewLoginLink, address: str) -> tuple[str, str]:
    """The subject and text of an email with a link; ``address`` is the site's base URL."""
    minutes = rules.EMAILED_LINK_LIFETIME.seconds // 60
    return "Sign in to Wavehouse", (
        f"This link signs you in:\n\n{address}/sign-in?token={link.token}\n\n"
        f"It works once, within {minutes} minutes, in the browser that requested it. If "
        "you did not request it, ignore this email.\n"
    )


def begin_session_of(tx: Tx[Operational], *, user_id: UserId) -> NewSession:
    """Begin a session for a user that has just been verified, preferably at home.

    NotSignedIn when the user is no longer in any organization.
    """
    identity = queries.first_identity(tx, user_id=user_id)
    if identity is None:
        raise NotSignedIn("you are not a member of any organization", hint="Ask for an invitation.")
    return begin_session(tx, identity=identity)


def check_fresh(tx: Tx[Operational], *, token: str) -> None:
    """Refused unless the session began within 15 minutes; required to change credentials."""
    began_at = queries.session_began_at(tx, token_hash=rules.token_hash(token))
    if not rules.is_fresh(began_at, clock.now()):
        raise Refused(
            "this requires a sign-in within the last 15 minutes",
            hint="Sign out, then sign in again.",
        )


def sign_in(tx: Tx[Operational], *, token: str, browser: str = "") -> NewSession:
    """Consume a one-time link and begin a session.

    NotSignedIn when it is used, old, unknown, or was emailed to another browser (its cookie).
    """
    identity = queries.use_login_link(
        tx,
        token_hash=rules.token_hash(token),
        browser_hash=rules.token_hash(browser),
        at=clock.now(),
    )
    if identity is None:
        raise NotSignedIn(
            "invalid sign-in link: it was used, has expired, or does not exist",
            hint="An emailed link only works in the browser that requested it. Request another "
            "one, or run:",
            command="wavehouse sign-in-link",
        )
    return begin_session(tx, identity=identity)


def begin_session(tx: Tx[Operational], *, identity: Identity) -> NewSession:
    """Begin a session for a user that has just been verified."""
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
    """The organizations of the identity's user, by name."""
    return queries.memberships(tx, user_id=identity.user_id)


def switch_organization(
    tx: Tx[Operational], *, identity: Identity, token: str, wanted: UUID | str
) -> Membership:
    """Switch the session to another organization of its user, by id or slug.

    NotFound when the user is not a member.
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
    """The user's membership in an organization. NotFound when there is none."""
    for membership in queries.memberships(tx, user_id=identity.user_id):
        if wanted in (membership.organization_id, membership.slug):
            return membership
    raise NotFound("you are not a member of this organization")


def sign_out(tx: Tx[Operational], *, token: str) -> None:
    """End a session; does nothing if it has already ended."""
    queries.delete_session(tx, token_hash=rules.token_hash(token))
