"""Use cases: legal holds on tables and persons (RT5).

A hold beats retention, is audited, and always ends.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.governance.adapters import read_policies
from wavehouse.governance.queries import runs
from wavehouse.governance.types import Hold
from wavehouse.kernel import clock, words
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DatabaseName
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import AnyDatabase, Operational, Stores, Tx

_WITH_PEOPLE: tuple[DatabaseName, ...] = ("operational", "learning", "listeners")
"""Databases with persons; rollups refer to none."""


def list_holds(tx: Tx[Operational], *, identity: Identity) -> list[Hold]:
    """The holds on tables that have not ended."""
    _ = identity
    return runs.table_holds(tx, at=clock.now())


def list_person_holds(stores: Stores, *, identity: Identity) -> list[Hold]:
    """The holds on persons that have not ended, of all databases with people."""
    _ = identity
    at = clock.now()
    listed: list[Hold] = []
    for name in _WITH_PEOPLE:
        database: AnyDatabase = getattr(stores, name)
        with database.worker() as tx:
            listed += [replace(hold, database=name) for hold in runs.person_holds(tx, at=at)]
    return listed


def hold_table(
    tx: Tx[Operational],
    settings: Settings,
    *,
    identity: Identity,
    table: str,
    reason: str,
    expires_at: datetime,
) -> Hold:
    """Keep the rows of a table, such as ``operational.sponsorship.reports``, until a time.

    InvalidInput for a table without a retention policy, an empty reason or a time in the past.
    """
    known = {f"{each.database}.{each.table}" for each in read_policies(settings) if each.table}
    if table not in known:
        raise InvalidInput(
            f"no retention policy covers the table {table!r}",
            where="table",
            command="wavehouse retention policies",
        )
    if not words.line(reason):
        raise InvalidInput("a legal hold needs a reason", where="reason")
    if expires_at <= clock.now():
        raise InvalidInput("the end of a legal hold must be in the future", where="until")
    held = runs.put_hold(
        tx,
        table=table,
        reason=words.line(reason),
        ordered_by=identity.name,
        at=clock.now(),
        expires_at=expires_at,
    )
    _record(tx, identity, "legal_hold.ordered", held.legal_hold_id, {"table": table})
    return held


def release_hold(stores: Stores, *, identity: Identity, hold_id: UUID) -> None:
    """End a hold on a table or a person early. NotFound for an unknown or released hold."""
    at = clock.now()
    for name in _WITH_PEOPLE:
        database: AnyDatabase = getattr(stores, name)
        with database.worker() as tx:
            if runs.release_hold(tx, hold_id=hold_id, at=at):
                break
    else:
        raise NotFound("no such legal hold is in force", command="wavehouse retention holds")
    with stores.operational.worker() as operational:
        _record(operational, identity, "legal_hold.released", hold_id, {"database": name})


def _record(
    tx: Tx[Operational], identity: Identity, action: str, hold_id: UUID, metadata: dict[str, str]
) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("legal hold", hold_id),
        organization_id=identity.organization_id,
        metadata=metadata,
    )
