"""The queue's two families of functions behind one interface: jobs, and the slots of studio.

The rule tests run on both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

START = datetime(2026, 11, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NIL = UUID(int=0)
KIND = "toy.wind"


@dataclass(frozen=True)
class Names:
    """The names of a family's functions and tables."""

    schema: str
    suffix: str
    live: str
    done: str
    key: str
    queue: str


JOBS = Names("queue", "", "queue.jobs", "queue.jobs_done", "job_id", "jobs")
SLOTS = Names(
    "studio",
    "_slots",
    "studio.episode_schedule_queue",
    "studio.episode_schedule_done",
    "slot_id",
    "slots",
)


class LiveRow(NamedTuple):
    """A row that has not ended: its share of the queue, and its lease's token."""

    id: UUID
    organization_id: UUID
    running: bool
    token: UUID | None


class Family:
    """Calls of one family with explicit times; ``db`` is an administrator's connection."""

    def __init__(self, db: psycopg.Connection[Any], names: Names) -> None:
        self.db, self.names = db, names
        self.organizations: list[UUID] = []
        self._project: dict[UUID, UUID] = {}
        self._slots = 0

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows as mappings."""
        with self.db.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, values).fetchall()

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row."""
        row = self.db.execute(statement, values).fetchone()
        return row[0] if row else None

    def call(self, name: str, *values: Any) -> Any:
        """A scalar function of the family."""
        marks = ", ".join(["%s"] * len(values))
        return self.value(f"SELECT {self.names.schema}.{name}{self.names.suffix}({marks})", *values)

    def organization(self) -> UUID:
        """A new organization with a project."""
        made: UUID = self.value(
            "INSERT INTO accounts.organizations (name, slug) VALUES ('Toys', %s) "
            "RETURNING organization_id",
            f"toys-{uuid4()}",
        )
        user = self.value(
            "INSERT INTO accounts.users (organization_id, email, password_hash, name) "
            "VALUES (%s, %s, '!', 'Ada') RETURNING user_id",
            made,
            f"{uuid4()}@toys.example",
        )
        self._project[made] = self.value(
            "INSERT INTO studio.projects (organization_id, owner_id, title, language) "
            "VALUES (%s, %s, 'Toys', 'en') RETURNING project_id",
            made,
            user,
        )
        self.organizations.append(made)
        return made

    def project(self, organization: UUID) -> UUID:
        """The organization's project."""
        return self._project[organization]

    def add(
        self,
        organization: UUID,
        *,
        now: datetime = START,
        run_at: datetime | None = None,
        lane: int = 1,
        most: int = 5,
        projects: bool = False,
    ) -> UUID:
        """A row that is due at once, or at ``run_at``."""
        if self.names is JOBS:
            job = {
                "kind": KIND,
                "organization_id": str(organization),
                "lane": lane,
                "max_attempts": most,
                "run_at": (run_at or now).isoformat(),
                "project_id": str(self.project(organization)) if projects else None,
            }
            added: UUID = self.value("SELECT queue.enqueue_many(%s, %s)", Jsonb([job]), now)
            return added
        self._slots += 1
        made: UUID = self.value(
            "INSERT INTO studio.episode_schedule_queue (organization_id, project_id, local_date, "
            "local_time, ordinal, timezone, tzdata_version, slot_at, run_at, lane, max_attempts) "
            "VALUES (%s, %s, '2026-11-10', '06:00', %s, 'UTC', 't', %s, %s, %s, %s) "
            "RETURNING slot_id",
            organization,
            self.project(organization),
            self._slots,
            START + self._slots * SECOND,
            run_at or now,
            lane,
            most,
        )
        self.value("SELECT studio.wake_slots(%s, %s)", organization, run_at or now)
        return made

    def enter(self, *, now: datetime = START) -> UUID:
        """A new worker."""
        worker = uuid4()
        self.value(
            "SELECT queue.enter(%s, 'w', 'host', 1, '{toy.wind}', '{0,1,2}', 'test', %s)",
            worker,
            now,
        )
        return worker

    def beat(self, worker: UUID, *, now: datetime) -> bool:
        """A heartbeat."""
        alive: bool = self.value("SELECT queue.heartbeat(%s, false, 0, %s)", worker, now)
        return alive

    def claim(
        self, worker: UUID, limit: int = 1, *, now: datetime, lanes: tuple[int, ...] = (0, 1, 2)
    ) -> list[dict[str, Any]]:
        """Claimed rows; ``id`` is the row's key."""
        found = self.rows(
            f"SELECT * FROM {self.names.schema}.claim{self.names.suffix}"
            "(%s, %s, %s::smallint[], NULL, NULL, %s)",
            worker,
            limit,
            list(lanes),
            now,
        )
        return [{**row, "id": row[self.names.key]} for row in found]

    def complete(self, *leases: dict[str, Any], now: datetime) -> list[UUID]:
        """The ids that were completed."""
        found = self.db.execute(
            f"SELECT {self.names.schema}.complete{self.names.suffix}(%s, %s, %s)",
            [[r["id"] for r in leases], [r["lease_token"] for r in leases], now],
        ).fetchall()
        return [row[0] for row in found]

    def fail(
        self,
        lease: dict[str, Any],
        *,
        now: datetime,
        kind: str = "transient",
        retry_after: timedelta | None = None,
        jitter: float = 1.0,
    ) -> str | None:
        """End an attempt with an error; its new status."""
        status: str | None = self.call(
            "fail",
            lease["id"],
            lease["lease_token"],
            Jsonb({"message": "broken"}),
            kind,
            retry_after,
            jitter,
            now,
        )
        return status

    def lead(self, worker: UUID, *, now: datetime) -> int | None:
        """The term, or None."""
        term: int | None = self.value(
            "SELECT queue.lead(%s, interval '10 seconds', %s)", worker, now
        )
        return term

    def rescue(self, term: int, *, now: datetime) -> dict[UUID, str]:
        """The rows that the leader took back, and their outcomes."""
        found = self.rows(
            f"SELECT * FROM {self.names.schema}.rescue{self.names.suffix}(%s, 0, %s)", term, now
        )
        return {row[self.names.key]: row["outcome"] for row in found}

    def live(self, row: UUID) -> dict[str, Any] | None:
        """A live row."""
        found = self.rows(f"SELECT * FROM {self.names.live} WHERE {self.names.key} = %s", row)
        return found[0] if found else None

    def done(self, row: UUID) -> dict[str, Any] | None:
        """A row that has ended."""
        found = self.rows(f"SELECT * FROM {self.names.done} WHERE {self.names.key} = %s", row)
        return found[0] if found else None

    def running(self) -> dict[UUID, int]:
        """The running rows by the organizations' counters."""
        found = self.db.execute(
            "SELECT organization_id, running FROM queue.organization_queue_state WHERE queue = %s",
            [self.names.queue],
        ).fetchall()
        return dict(found)

    def leases(self) -> list[LiveRow]:
        """The rows that have not ended."""
        share = "share" if self.names is JOBS else "organization_id"
        rows = self.db.execute(
            f"SELECT {self.names.key}, {share}, status = 'running', lease_token "
            f"FROM {self.names.live}"
        )
        return [LiveRow(*row) for row in rows]

    def counted(self) -> Counter[UUID]:
        """The running rows of each organization, by counting."""
        return Counter(row.organization_id for row in self.leases() if row.running)
