"""Use cases of an address's change, which both mailboxes must agree to (AC9)."""

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
    """The address to be, normalised (AC1). InvalidInput for none and for the one that is."""
    address = normalised_email(new_email)
    if address == caller.email:
        raise InvalidInput("the account already has this address")
    return address


def ask(
    database: Database[Listeners], mail: Mail, *, caller: Caller, new_email: str, address: str
) -> None:
    """Write to both mailboxes; each email's link agrees, within 24 hours (AC9).

    ``address`` is where links begin. An address that has an account gets no email, so the change
    cannot be made, without saying why (AC8). A further call forgets the one before.
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
        subject="Your address is to be changed",
        text=f"Somebody who is signed in to your account wants to change its address to\n\n{text}\n"
        f"\nIf that is you, agree within 24 hours, here and in the other mailbox:\n\n"
        f"{address}?token={old}\n\nIf not, do nothing, and sign out everywhere.\n",
    )
    if not taken:
        mail.send(
            to=text,
            subject="Is this your address?",
            text="This is to become the address of an account. If it is yours, agree within 24 "
            f"hours, here and in the old mailbox:\n\n{address}?token={new}\n",
        )


def agree(database: Database[Listeners], *, token: str) -> bool:
    """One mailbox agrees; True when it was the second, and the address is changed (AC9).

    The mailbox that agrees twice agrees once. With the change emails that were sent to the old
    address sign nobody in, and every session of it ends but those of apps (AC7). NotSignedIn for
    a token that is unknown, late or of a change that was made; Conflict when somebody else has
    come to have the address meanwhile.
    """
    now, token_hash = clock.now(), rules.secret_hash(token)
    with database.worker() as tx:
        email_change = queries.change_of(tx, token_hash=token_hash, at=now)
        if email_change is None:
            raise NotSignedIn(
                "invalid link: it was used, has expired, or does not exist",
                hint="Ask for the change again.",
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
    """Forget a change that waits; returns how many."""
    with database.worker() as tx:
        return queries.forget_changes(tx, listener_id=caller.listener_id)
