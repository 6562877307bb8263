"""Use case: delete links, sessions and challenges that have expired."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from wavehouse.kernel import clock
from wavehouse.listeners import rules
from wavehouse.listeners.queries import (
    accounts,
    chapters,
    devices,
    emails,
    limits,
    links,
    passkeys,
    sessions,
)
from wavehouse.listeners.types import Forgotten
from wavehouse.mail import forget_late_emails
from wavehouse.store import Database, Listeners

_UNUSED = timedelta(days=30)
UNSEEN = timedelta(days=400)
_UNVERIFIED = timedelta(days=7)
EMAILS = timedelta(minutes=15)


def tidy(database: Database[Listeners], *, outbox: Path | None = None) -> Forgotten:
    """Delete expired links, sessions, challenges, changes and chapters; returns how many.

    A session is deleted when it can no longer be used. One whose token was replaced stays until
    every token of its sign-in has ended, so that a copied token can still be distinguished from a
    guess (AC5). An app's session stays 30 days longer, so that the app continues from its cursor
    when it signs in again (P19).

    App passwords and devices unused for 400 days are removed; open sign-up accounts that were never
    signed in to after 7 days; emails in the folder ``outbox`` after 15 minutes.
    """
    now = clock.now()
    with database.worker() as tx:
        return Forgotten(
            links=links.forget_late_links(tx, at=now),
            sessions=sessions.forget_late_sessions(tx, at=now, apps_before=now - rules.SLIDING),
            challenges=passkeys.forget_challenges(tx, before=now),
            email_changes=emails.forget_late_changes(tx, at=now),
            chapters=chapters.collect(tx, before=now - _UNUSED),
            limits=limits.forget(tx, before=now - clock.DAY),
            app_passwords=accounts.end_unused_passwords(tx, before=now - UNSEEN, at=now),
            devices=devices.forget_unseen(tx, before=now - UNSEEN),
            accounts=accounts.delete_unverified(tx, before=now - _UNVERIFIED),
            emails=forget_late_emails(outbox, now - EMAILS) if outbox else 0,
        )
