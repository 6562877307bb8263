"""Use case: notify a feed's WebSub hub of a new episode.

The ping is a job that is added in the transaction that completes the slot: it exists if, and only
if, the episode was announced, and the queue retries it (Q18). Private feeds are not announced.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.queue import Lane, NewJob, enqueue
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.adapters.hubs import Pinger
from wavehouse.studio.service.production import production_of
from wavehouse.studio.service.publishing import feed_url
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.production import Visibility

PING = "studio.ping"
_MOST_ATTEMPTS = 8
_TIME_LIMIT = timedelta(minutes=1)


def order_ping(tx: Tx[Operational], *, identity: Identity, project_id: UUID, key: UUID) -> None:
    """Add the ping about a project's feed; ``key`` is the slot, whose ping is sent once."""
    job = NewJob(
        PING,
        payload={"project_id": str(project_id)},
        unique_key=str(key),
        lane=Lane.INTERACTIVE,
        max_attempts=_MOST_ATTEMPTS,
        time_limit=_TIME_LIMIT,
        keep_done=False,
    )
    enqueue(tx, job, identity=identity)


def ping(
    operational: Database[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    address: str,
    hub: str,
    pinger: Pinger,
) -> str | None:
    """Ping the hub unless the feed has become private; returns the reason for no ping."""
    with operational.app(identity.organization_id) as tx:
        production = production_of(tx, identity=identity, project_id=project_id)
    if not hub:
        return "no hub is configured any more"
    if production.visibility == Visibility.PRIVATE:
        return "the feed is private now"
    pinger.ping(hub, feed_url(address, project_id))
    return None
