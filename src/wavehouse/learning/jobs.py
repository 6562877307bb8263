"""Recurring jobs of ``learning``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from wavehouse import accounts
from wavehouse.kernel import clock
from wavehouse.learning.service import library, recording
from wavehouse.workspace import Workspace

_LOOKING_BACK = timedelta(minutes=30)


def closing(workspace: Workspace) -> Callable[[], str | None]:
    """Close pieces left half an hour ago, and compute the figures of content that was heard."""
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
