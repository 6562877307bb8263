"""One attempt of a job, as its handler sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import Interrupted
from wavehouse.queue.queries import leases
from wavehouse.queue.types import Lease, LeaseLost
from wavehouse.store import Database, Operational, Tx
from wavehouse.workspace import Reader, Workspace


class Attempt:
    """The interface of a handler that uses many transactions (``Job(transactional=False)``)."""

    def __init__(
        self,
        workspace: Workspace,
        lease: Lease,
        identity: Identity,
        readers: Mapping[str, Reader],
    ) -> None:
        self.workspace = workspace
        self.readers = readers
        self.lease = lease
        self.identity = identity
        self.lost = threading.Event()
        self.stopping = threading.Event()
        self.completed = False

    @property
    def payload(self) -> Mapping[str, Any]:
        """The job's payload."""
        return self.lease.payload

    @property
    def progress(self) -> Mapping[str, Any]:
        """The checkpoint of an earlier attempt or of this one; empty at first."""
        return self.lease.progress or {}

    def check(self) -> None:
        """Call this between two steps.

        LeaseLost when another worker has the job or it was cancelled; Interrupted when this process
        is stopping, so that another one continues.
        """
        if self.lost.is_set():
            raise LeaseLost(
                "the job was cancelled, or its lease was revoked", where=str(self.lease.job_id)
            )
        if self.stopping.is_set():
            raise Interrupted("the worker is stopping")

    def checkpoint(self, progress: Mapping[str, Any]) -> None:
        """Store progress for a later attempt and for people to see. LeaseLost as in ``check``."""
        self.check()
        with self._opened() as tx:
            held = leases.checkpoint(
                tx, job_id=self.lease.job_id, token=self.lease.lease_token, progress=progress
            )
        if not held:
            self.lost.set()
            self.check()

    @contextmanager
    def finishing(self) -> Iterator[Tx[Operational]]:
        """The transaction of the final effect, which also completes the job."""
        with self._opened() as tx:
            yield tx
            complete(tx, self.lease)
        self.completed = True

    def _opened(self) -> Any:
        return opened(self.workspace.stores.operational, self.lease)


def opened(operational: Database[Operational], lease: Lease) -> Any:
    """The transaction of a lease: under row-level security for an organization's job."""
    if lease.organization_id is None:
        return operational.worker()
    return operational.app(lease.organization_id)


def complete(tx: Tx[Operational], *held: Lease) -> None:
    """Complete these jobs in the transaction of their effects.

    LeaseLost rolls both back (Q15, Q19).
    """
    done = leases.complete(
        tx, ids=[each.job_id for each in held], tokens=[each.lease_token for each in held]
    )
    if len(done) != len(held):
        raise LeaseLost(
            "the job was cancelled, or its lease was revoked", where=str(held[0].job_id)
        )
