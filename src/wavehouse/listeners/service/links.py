"""Use cases of one-time links: request one, sign in with it (AC2)."""

from __future__ import annotations

import secrets
from datetime import timedelta

from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.queries import accounts, links
from wavehouse.listeners.service import sessions
from wavehouse.listeners.types import Caller
from wavehouse.mail import Mail
from wavehouse.store import Database, Listeners

LIFETIME = timedelta(minutes=15)
_TOKEN_BYTES = 32


def request(
    database: Database[Listeners],
    mail: Mail,
    *,
    email: str,
    browser: str,
    address: str,
    is_open: bool = False,
) -> None:
    """Send a link that signs ``browser`` in for 15 minutes (AC2).

    ``browser`` is the secret of the browser's cookie, ``address`` is the base URL of links. An
    unknown address gets no email and the same response (AC8); with ``is_open`` it gets an account.
    InvalidInput for an invalid address.
    """
    recipient = normalised_email(email)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with database.worker() as tx:
        listener = accounts.listener_by_email(tx, email=recipient)
        if listener is None and is_open:
            listener = accounts.insert_listener(
                tx, email=recipient, display=email.strip(), by_themselves=True
            )
        if listener is None:
            return
        links.insert_link(
            tx,
            token_hash=rules.secret_hash(token),
            listener_id=listener.listener_id,
            browser_hash=rules.secret_hash(browser),
            expires_at=clock.now() + LIFETIME,
        )
    text = f"This link signs you in once, within 15 minutes:\n\n{address}?token={token}\n"
    mail.send(to=listener.email, subject="Your sign-in link", text=text)


def redeem(database: Database[Listeners], *, token: str, browser: str) -> tuple[Caller, str]:
    """Redeem a link and open a session: 30 days sliding, 180 at most (AC2, AC5).

    Having the email proves ownership of the mailbox, so the address is verified. NotSignedIn, the
    same for a link that is unknown, used, expired or of another browser.
    """
    now = clock.now()
    with database.worker() as tx:
        listener = links.use_link(
            tx,
            token_hash=rules.secret_hash(token),
            browser_hash=rules.secret_hash(browser),
            at=now,
        )
        if listener is None:
            raise NotSignedIn(
                "invalid sign-in link: it was used, has expired, or does not exist",
                hint="Request a new one.",
            )
        accounts.verify_email(tx, listener_id=listener.listener_id, at=now)
        session = sessions.begin(tx, listener_id=listener.listener_id)
    return Caller(listener.listener_id, listener.email, rules.secret_hash(session)), session
