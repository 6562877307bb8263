"""Recurring jobs of ``learning``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from wavehouse import accounts
from wavehouse.kernel import clock
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.service import behavior, generating, library, recording, sessions
from wavehouse.studio import place_of
from wavehouse.workspace import Workspace

_LOOKING_BACK = timedelta(minutes=30)


def closing(workspace: Workspace) -> Callable[[], str | None]:
    """Close pieces left half an hour ago, and compute the figures of content listened to."""
    stores = workspace.stores

    def work() -> str | None:
        with stores.learning.worker() as tx:
            organizations = recording.organizations_at_work(tx, since=clock.now() - _LOOKING_BACK)
        for organization_id in organizations:
            with stores.operational.worker() as tx:
                identity = accounts.acting_for(tx, organization_id=organization_id)
            with stores.learning.app(organization_id) as tx:
                recording.close_left(tx, identity=identity)
                library.derive_engagement(tx, identity=identity, since=clock.now() - _LOOKING_BACK)
        return None

    return work


def making(workspace: Workspace) -> Callable[[], str | None]:
    """Follow the pieces that the studio generates for learners; announce finished ones."""
    stores = workspace.stores

    def work() -> str | None:
        with stores.learning.worker() as tx:
            organizations = generating.organizations_waiting(tx)
        workshop = place_of(stores.operational, workspace.settings)
        for organization_id in organizations:
            with stores.operational.worker() as operational:
                identity = accounts.acting_for(operational, organization_id=organization_id)
            generating.advance_generations(stores, identity=identity, workshop=workshop)
        return None

    return work


def archiving(workspace: Workspace) -> Callable[[], str | None]:
    """Archive sessions that have been idle for two months."""
    stores = workspace.stores

    def work() -> str | None:
        with stores.learning.worker() as tx:
            organizations = session_queries.organizations_with_idle(
                tx, before=clock.now() - sessions.ARCHIVED_AFTER
            )
        archived = 0
        for organization_id in organizations:
            with stores.operational.worker() as operational:
                identity = accounts.acting_for(operational, organization_id=organization_id)
            while True:
                with stores.learning.app(organization_id) as tx:
                    number = sessions.archive_idle(tx, identity=identity)
                archived += number
                if not number:
                    break
        return f"{archived} idle learning sessions were archived" if archived else None

    return work


def recent_behavior(workspace: Workspace) -> Callable[[], str | None]:
    """Compute the rollup of behavioural events of the last three days."""
    return _behavior(workspace, behavior.RECENT_DAYS)


def whole_behavior(workspace: Workspace) -> Callable[[], str | None]:
    """Compute the rollup of every day that may change: late events, erased learners."""
    return _behavior(workspace, behavior.ALL_DAYS)


def _behavior(workspace: Workspace, days: int) -> Callable[[], str | None]:
    stores = workspace.stores

    def work() -> str | None:
        behavior.roll_up_behavior(stores, days=days)
        return None

    return work
