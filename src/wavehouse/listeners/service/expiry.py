"""Use case: forget what has expired and signs nobody in any more."""

from __future__ import annotations

from datetime import timedelta

from wavehouse.kernel import clock
from wavehouse.listeners import rules
from wavehouse.listeners.queries import chapters, emails, limits, links, passkeys, sessions
from wavehouse.listeners.types import Forgotten
from wavehouse.store import Database, Listeners

_UNUSED = timedelta(days=30)


def tidy(database: Database[Listeners]) -> Forgotten:
    """Delete expired links, sessions, challenges, changes of address and unused chapters; how many.

    A session goes when it can be used no more. One whose token was replaced stays until every
    token of its sign-in is over, so that a copy of it is still told from a guess (AC5). An app's
    stays 30 days longer: the app that signs in again by its password goes on from its cursor (P19).
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
        )
