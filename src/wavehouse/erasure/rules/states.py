"""The states of a request, and the transitions between them."""

from __future__ import annotations

from collections.abc import Mapping

from wavehouse.erasure.types import ENDED, Status
from wavehouse.kernel.errors import Conflict

NEXT: Mapping[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.VERIFIED, Status.REJECTED}),
    Status.IDENTITY_PENDING: frozenset({Status.VERIFIED, Status.REJECTED}),
    Status.VERIFIED: frozenset({Status.SOFT_DELETED, Status.EXECUTING, Status.REJECTED}),
    Status.SOFT_DELETED: frozenset({Status.EXECUTING, Status.REJECTED}),
    Status.EXECUTING: frozenset({Status.VERIFYING, Status.FAILED}),
    Status.VERIFYING: frozenset({Status.COMPLETED, Status.PARTIALLY_HELD, Status.FAILED}),
    Status.FAILED: frozenset({Status.EXECUTING}),
    Status.COMPLETED: frozenset(),
    Status.PARTIALLY_HELD: frozenset(),
    Status.REJECTED: frozenset(),
}
"""The states that may follow a state. Once rows are being removed, nothing can be undone."""


def check_change(before: str, after: Status) -> None:
    """Conflict when a request in the state ``before`` cannot change to ``after``."""
    if after in NEXT[Status(before)]:
        return
    if Status(before) in ENDED:
        raise Conflict(f"the request has ended: it is {before}")
    if Status(before) is Status.RECEIVED and after is Status.EXECUTING:
        raise Conflict(
            "the request waits for the approval of another administrator",
            command='wavehouse erasure approve REQUEST --reason "…"',
        )
    raise Conflict(
        f"the request is {before.replace('_', ' ')}: it cannot become {after.replace('_', ' ')}",
        command="wavehouse erasure list",
    )
