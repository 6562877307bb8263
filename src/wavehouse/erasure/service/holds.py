"""Use case: the people whose erasure a legal hold stopped, once the hold has ended (RT5)."""

from __future__ import annotations

from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.erasure.queries import ledger
from wavehouse.erasure.service import requesting
from wavehouse.erasure.service.planning import table_holds
from wavehouse.erasure.service.subjects import database_of
from wavehouse.kernel import clock
from wavehouse.store import Stores


def ended(stores: Stores, *, identity: Identity) -> list[UUID]:
    """The organization's partially held requests without a current hold, oldest first.

    They have ended and no longer know their person, so the request must be filed again.
    """
    held_tables = set(table_holds(stores, identity=identity))
    ids: list[UUID] = []
    for name in requesting.KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            for each in ledger.held_requests(
                tx, organization_id=identity.organization_id, at=clock.now()
            ):
                steps = {f"{s['store']}.{s['table']}" for s in each.plan if s.get("held")}
                if not each.is_person_held and not steps & held_tables:
                    ids.append(each.request_id)
    return ids
