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


def request_link(tx: Tx[Operational], *, email: str, browser: str) -> NewLoginLink | None:
    """A link to email to a user: for 15 minutes, once, in the browser that asked (its cookie).

    None for an address that is no active member's; the caller answers the same for both.
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
    """The subject and the text of the email with a link; ``address`` is where links begin."""
    minutes = rules.EMAILED_LINK_LIFETIME.seconds // 60
    return "Sign in to Wavehouse", (
        f"This link signs you in:\n\n{address}/sign-in?token={link.token}\n\n"
        f"It works once, within {minutes} minutes, in the browser that asked for it. If you did "
        "not ask for it, ignore this email.\n"
    )


def begin_session_of(tx: Tx[Operational], *, user_id: UserId) -> NewSession:
    """Begin a session of a user that has just proved who it is, in the home organization first.

    NotSignedIn for a user that is in no organization any more.
    """
    identity = queries.first_identity(tx, user_id=user_id)
    if identity is None:
        raise NotSignedIn("you are not a member of any organization", hint="Ask for an invitation.")
    return begin_session(tx, identity=identity)


def check_fresh(tx: Tx[Operational], *, token: str) -> None:
    """Refused unless the session began within 15 minutes: credentials are about to change."""
    began_at = queries.session_began_at(tx, token_hash=rules.token_hash(token))
    if not rules.is_fresh(began_at, clock.now()):
        raise Refused(
            "this needs a sign-in within the last 15 minutes", hint="Sign out, and in again."
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
            hint="An emailed link works in the browser that asked for it. Ask for another one, or:",
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
