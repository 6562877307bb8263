"""Runs claimed jobs: effect and completion in one transaction, errors by class."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import Interrupted
from wavehouse.kernel.ids import OrganizationId
from wavehouse.queue import rules
from wavehouse.queue.queries import leases
from wavehouse.queue.service.attempt import Attempt, complete, opened
from wavehouse.queue.types import ErrorClass, Handler, Held, Lease, LeaseLost, Snooze
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Reader, Workspace

NO_WAIT = timedelta(0)


class Runner:
    """The attempts of one worker process."""

    def __init__(
        self,
        workspace: Workspace,
        handlers: Mapping[str, Handler],
        say: Callable[[str], None],
        readers: Mapping[str, Reader],
    ) -> None:
        self._workspace = workspace
        self._handlers = handlers
        self._say = say
        self._readers = readers
        self._lock = threading.Lock()
        self._attempts: dict[UUID, Attempt] = {}
        self.lost = 0
        """Leases lost since this was last read."""

    def groups(self, claimed: Iterable[Lease]) -> list[list[Lease]]:
        """The jobs for one thread: grouped if they may share a transaction, otherwise single."""
        together: dict[tuple[UUID | None, str], list[Lease]] = {}
        groups: list[list[Lease]] = []
        for lease in claimed:
            if self._handlers[lease.kind].together:
                key = (lease.organization_id, lease.kind)
                if key not in together:
                    together[key] = []
                    groups.append(together[key])
                together[key].append(lease)
            else:
                groups.append([lease])
        return groups

    def run(self, group: Sequence[Lease]) -> None:
        """Run a group; if it fails as a whole, run each job on its own."""
        handler = self._handlers[group[0].kind]
        try:
            with telemetry.span("queue.attempt", kind=handler.kind, jobs=len(group)):
                line = self._done(handler, group)
        except BaseException as error:
            if len(group) == 1:
                self._ended(handler, group[0], error)
            else:
                for lease in group:
                    self.run([lease])
            return
        if line:
            self._say(line)

    def _done(self, handler: Handler, group: Sequence[Lease]) -> str | None:
        line = None
        if not handler.transactional:
            return self._long(handler, group[0])
        with opened(self._workspace.stores.operational, group[0]) as tx:
            for lease in group:
                identity = self._identity(tx, lease)
                line = handler.call(tx, identity=identity, payload=lease.payload) or line
            complete(tx, *group)
        return line

    def _long(self, handler: Handler, lease: Lease) -> str | None:
        with opened(self._workspace.stores.operational, lease) as tx:
            identity = self._identity(tx, lease)
        attempt = Attempt(self._workspace, lease, identity, self._readers)
        with self._lock:
            self._attempts[lease.lease_token] = attempt
        try:
            line = handler.call(attempt)
            if not attempt.completed:
                with opened(self._workspace.stores.operational, lease) as tx:
                    complete(tx, lease)
            return line
        finally:
            with self._lock:
                self._attempts.pop(lease.lease_token, None)

    def _identity(self, tx: Tx[Operational], lease: Lease) -> Identity:
        if lease.organization_id is None:
            return self._workspace.identity
        if (
            lease.user_id is None
            and lease.organization_id == self._workspace.identity.organization_id
        ):
            return self._workspace.identity
        return accounts.acting_for(
            tx, organization_id=OrganizationId(lease.organization_id), user_id=lease.user_id
        )

    def _ended(self, handler: Handler, lease: Lease, error: BaseException) -> None:
        """Write the outcome of an attempt."""
        if isinstance(error, Snooze | Interrupted):
            wait = error.wait if isinstance(error, Snooze) else NO_WAIT
            self.release([lease], wait)
            return
        if isinstance(error, LeaseLost):
            self.lost += 1
        with self._workspace.stores.operational.worker() as tx:
            status = leases.fail(
                tx,
                job_id=lease.job_id,
                token=lease.lease_token,
                error=rules.described(error),
                error_class=rules.class_of(error),
                retry_after=rules.wait_of(error) or handler.retry,
            )
        if status in {"pending", "dead", "failed", "blocked_budget"}:
            self._say(_line(handler, status, error))

    def release(self, unstarted: Iterable[Lease], wait: timedelta = NO_WAIT) -> None:
        """Release leases without counting an attempt (Q24)."""
        with self._workspace.stores.operational.worker() as tx:
            for lease in unstarted:
                leases.snooze(tx, job_id=lease.job_id, token=lease.lease_token, wait=wait)

    def compare(self, held: Iterable[Held]) -> None:
        """Signal handlers whose lease is lost, cancelled or expired (Q15, Q22)."""
        valid = {each.lease_token for each in held if not each.cancelled and not each.overdue}
        with self._lock:
            for token, attempt in self._attempts.items():
                if token not in valid:
                    attempt.lost.set()

    def give_up(self, orphans: Iterable[Held]) -> None:
        """End attempts whose outcome could not be written because the server was unavailable."""
        for lease in orphans:
            with self._workspace.stores.operational.worker() as tx:
                leases.fail(
                    tx,
                    job_id=lease.job_id,
                    token=lease.lease_token,
                    error={"type": "Unknown", "message": "the attempt's end was not recorded"},
                    error_class=ErrorClass.TRANSIENT,
                    retry_after=NO_WAIT,
                )

    def stop(self) -> None:
        """Signal handlers that the process is stopping (Q24)."""
        with self._lock:
            for attempt in self._attempts.values():
                attempt.stopping.set()


def _line(handler: Handler, status: str, error: BaseException) -> str:
    what = handler.name or handler.kind
    reason = f"{type(error).__name__}: {error}"
    if status == "pending":
        later = f"next try in {handler.retry.total_seconds():g} s" if handler.retry else "retried"
        return f"{what} failed, {later}: {reason}"
    return f"{what} failed, job is {status}: {reason}"
