"""Use cases of changing an email address, which both mailboxes must confirm (AC9)."""

from __future__ import annotations

import secrets
from datetime import timedelta

from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import Conflict, InvalidInput, NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.queries import accounts
from wavehouse.listeners.queries import emails as queries
from wavehouse.listeners.queries import sessions as session_queries
from wavehouse.listeners.types import Caller
from wavehouse.mail import Mail
from wavehouse.store import Database, Listeners

LIFETIME = timedelta(hours=24)
_TOKEN_BYTES = 32


def checked(caller: Caller, new_email: str) -> str:
    """The new address, normalised (AC1). InvalidInput when it is invalid or the current one."""
    address = normalised_email(new_email)
    if address == caller.email:
        raise InvalidInput("the account already has this address")
    return address


def ask(
    database: Database[Listeners], mail: Mail, *, caller: Caller, new_email: str, address: str
) -> None:
    """Email both mailboxes; each email's link confirms, within 24 hours (AC9).

    ``address`` is the base URL of links. An address that has an account gets no email, so the
    change cannot be completed, and no reason is given (AC8). Another call replaces the previous
    one.
    """
    text = checked(caller, new_email)
    old, new = (secrets.token_urlsafe(_TOKEN_BYTES) for _ in range(2))
    now = clock.now()
    with database.worker() as tx:
        queries.forget_late_changes(tx, at=now)
        taken = accounts.listener_by_email(tx, email=text) is not None
        queries.replace_change(
            tx,
            listener_id=caller.listener_id,
            new_email=text,
            display=new_email.strip(),
            old_token_hash=rules.secret_hash(old),
            new_token_hash=rules.secret_hash(new),
            expires_at=now + LIFETIME,
        )
    mail.send(
        to=caller.email,
        subject="Confirm your change of address",
        text=f"Someone signed in to your account requested a change of its address to\n\n{text}\n"
        f"\nIf this was you, confirm within 24 hours, here and in the other mailbox:\n\n"
        f"{address}?token={old}\n\nIf not, do not confirm, and sign out everywhere.\n",
    )
    if not taken:
        mail.send(
            to=text,
            subject="Confirm your new address",
            text="Someone requested this as the address of an account. If this was you, "
            "confirm within 24 hours, here and in the old "
            f"mailbox:\n\n{address}?token={new}\n",
        )


def agree(database: Database[Listeners], *, token: str) -> bool:
    """Record one mailbox's confirmation; True when it was the second and the address changed (AC9).

    Confirming twice from one mailbox counts once. The change invalidates sign-in links sent to the
    old address and ends every session except those of apps (AC7). NotSignedIn for a token that is
    unknown, expired or of a completed change; Conflict when another account has taken the address
    meanwhile.
    """
    now, token_hash = clock.now(), rules.secret_hash(token)
    with database.worker() as tx:
        email_change = queries.change_of(tx, token_hash=token_hash, at=now)
        if email_change is None:
            raise NotSignedIn(
                "invalid link: it was used, has expired, or does not exist",
                hint="Request the change again.",
            )
        if not email_change.other_agreed:
            queries.agree(tx, token_hash=token_hash, at=now)
            return False
        session_queries.take_turns(tx, listener_id=email_change.listener_id)
        queries.forget_changes(tx, listener_id=email_change.listener_id)
        if not queries.set_email(
            tx,
            listener_id=email_change.listener_id,
            email=email_change.new_email,
            display=email_change.new_email_display,
            at=now,
        ):
            raise Conflict("another account already has this address")
        queries.void_links(tx, listener_id=email_change.listener_id, at=now)
        session_queries.revoke_all(tx, listener_id=email_change.listener_id, at=now)
    return True


def withdraw(database: Database[Listeners], *, caller: Caller) -> int:
    """Delete a pending change; returns how many."""
    with database.worker() as tx:
        return queries.forget_changes(tx, listener_id=caller.listener_id)
