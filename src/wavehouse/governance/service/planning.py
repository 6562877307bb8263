"""Use cases: plan the removals of retention, list its runs.

Retention serves the whole installation: its policies are the operator's, and a plan covers the rows
of all organizations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from wavehouse import listeners, measurement
from wavehouse.governance import rules
from wavehouse.governance.adapters import HomeFiles, read_policies
from wavehouse.governance.queries import removing, runs
from wavehouse.governance.types import (
    REMOVING,
    Action,
    Due,
    Guard,
    Hold,
    Plan,
    Policy,
    Run,
    Step,
    StepState,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.store import AnyDatabase, Learning, Listeners, Stores, Tx

OnStep = Callable[[str], None]


def policies(settings: Settings) -> tuple[Policy, ...]:
    """All retention policies, with the periods of this installation."""
    return read_policies(settings)


def plan(
    stores: Stores, settings: Settings, *, on_step: OnStep = lambda _: None, large: bool = False
) -> Plan:
    """The rows that retention would remove now, counted exactly; removes nothing.

    ``large`` allows runs of unusual size. Partitions come first, then rows, then files.
    """
    at = clock.now()
    stops = _Stops.of(stores, at)
    chosen = [policy for policy in read_policies(settings) if policy.action in REMOVING]
    chosen.sort(key=lambda policy: (bool(policy.files), REMOVING.index(policy.action)))
    steps = []
    gone: dict[str, datetime] = {}
    for policy in chosen:
        on_step(policy.name)
        after = gone.get(f"{policy.database}.{policy.table}")
        step = _step(stores, settings, policy, at, stops, after=after, large=large)
        steps.append(step)
        if step.state is StepState.DUE and policy.action in (Action.DROP_PARTITION, Action.DELETE):
            gone[f"{policy.database}.{policy.table}"] = step.keep_from
    return Plan(at, tuple(steps), rules.digest(steps))


def overdue(stores: Stores, settings: Settings) -> list[str]:
    """The names of the policies with something older than its limit, without counting the rows."""
    at = clock.now()
    return [
        policy.name
        for policy in read_policies(settings)
        if policy.action in REMOVING and _is_overdue(stores, settings, policy, at)
    ]


def _is_overdue(stores: Stores, settings: Settings, policy: Policy, at: datetime) -> bool:
    assert policy.keep is not None  # noqa: S101 - read_policies refuses such an entry
    before = rules.keep_from(at, policy.keep)
    if policy.files:
        return HomeFiles(settings.home, policy.files).due(before).rows > 0
    with database_of(stores, policy).worker() as tx:
        if policy.action is Action.DROP_PARTITION:
            return bool(removing.parts_before(tx, table=policy.table, day=before.date()))
        if policy.action in (Action.COMPACT, Action.ARCHIVE):
            return _due(tx, policy, before, None).rows > 0
        return removing.any_older(
            tx,
            table=policy.table,
            clock=policy.clock,
            column=policy.clear or policy.clock,
            before=limit_of(tx, policy, before),
        )


def database_of(stores: Stores, policy: Policy) -> AnyDatabase:
    """The database that a policy's runs are stored in; files belong to the operational one."""
    database: AnyDatabase = getattr(stores, policy.database or "operational")
    return database


def list_runs(stores: Stores, *, limit: int = 100) -> list[tuple[DatabaseName, Run]]:
    """The latest runs of all databases, latest first."""
    latest: list[tuple[DatabaseName, Run]] = []
    for name in DATABASES:
        database: AnyDatabase = getattr(stores, name)
        with database.worker() as tx:
            latest += [(name, run) for run in runs.listed(tx, limit=limit)]
    return sorted(latest, key=lambda each: each[1].started_at, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class _Stops:
    """Legal holds: the names of held tables, and the number of held subjects by database."""

    tables: Mapping[str, Hold]
    subjects: Mapping[DatabaseName, int]

    @classmethod
    def of(cls, stores: Stores, at: datetime) -> _Stops:
        subjects: dict[DatabaseName, int] = {}
        for name in DATABASES:
            if name != "analytics":  # rollups do not refer to people
                database: AnyDatabase = getattr(stores, name)
                with database.worker() as tx:
                    subjects[name] = runs.subject_holds(tx, at=at)
        with stores.operational.worker() as tx:
            tables = {hold.table_name: hold for hold in runs.table_holds(tx, at=at)}
        return cls(tables, subjects)

    def reason(self, policy: Policy) -> str:
        """The reason why a policy is held, or an empty string.

        A hold on a subject stops its whole database; a hold on a table, its files too.
        """
        hold = self.tables.get(policy.held_with or f"{policy.database}.{policy.table}")
        if hold is not None:
            return f"legal hold until {hold.expires_at:%Y-%m-%d}: {hold.reason}"
        database: DatabaseName = policy.database or "operational"  # files belong to this one
        if self.subjects.get(database, 0):
            return f"legal hold on {self.subjects[database]} persons of this database"
        return ""


def _step(
    stores: Stores,
    settings: Settings,
    policy: Policy,
    at: datetime,
    stops: _Stops,
    *,
    after: datetime | None,
    large: bool,
) -> Step:
    assert policy.keep is not None  # noqa: S101 - read_policies refuses such an entry
    before = rules.keep_from(at, policy.keep)
    if policy.files:
        due, usual = HomeFiles(settings.home, policy.files).due(before), None
    else:
        with database_of(stores, policy).worker() as tx:
            due = _due(tx, policy, before, after)
            usual = runs.largest(tx, policy=policy.name)
    if not due.rows and not due.parts:
        return Step(policy, before, due, StepState.NOTHING)
    held = stops.reason(policy)
    if held:
        return Step(policy, before, due, StepState.HELD, held)
    refused = (
        measurement.not_rolled_up(stores, before=before)
        or measurement.not_sealed(stores, before=before.date())
        if policy.guard is Guard.SEALED
        else ""
    ) or ("" if large else rules.unusual(due, usual))
    return Step(policy, before, due, StepState.REFUSED if refused else StepState.DUE, refused)


def _due(tx: removing.AnyTx, policy: Policy, before: datetime, after: datetime | None) -> Due:
    """The rows of a policy; of an anonymising one from ``after`` on: earlier ones are removed."""
    if policy.action is Action.DROP_PARTITION:
        parts = removing.parts_before(tx, table=policy.table, day=before.date())
        rows = sum(removing.rows_of(tx, part=part.name) for part in parts)
        return Due(
            rows, None, sum(part.bytes for part in parts), tuple(part.name for part in parts)
        )
    if policy.action is Action.COMPACT:
        compactable = listeners.compactable(cast("Tx[Listeners]", tx), before=before)
        return Due(compactable.rows, compactable.oldest)
    if policy.action is Action.ARCHIVE:
        archivable = removing.archivable(cast("Tx[Learning]", tx), before=before)
        return Due(archivable.rows, archivable.oldest)
    limit = limit_of(tx, policy, before)
    if policy.action is Action.ANONYMISE:
        older = removing.filled(
            tx,
            table=policy.table,
            clock=policy.clock,
            column=policy.clear,
            after=after,
            before=limit,
        )
    else:
        older = removing.older(tx, table=policy.table, clock=policy.clock, before=limit)
    oldest = older.oldest
    if oldest is not None and not isinstance(oldest, datetime):
        oldest = clock.start_of_day(oldest)
    return Due(older.rows, oldest)


def limit_of(tx: removing.AnyTx, policy: Policy, before: datetime) -> datetime | date:
    """The limit in the type of the policy's column: an instant, or a day of UTC."""
    if removing.is_date(tx, table=policy.table, clock=policy.clock):
        return before.date()
    return before
