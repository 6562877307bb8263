"""Background work of ``erasure``: carry out approved requests, and resume stopped ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from wavehouse.erasure.service.many.running import run_waiting
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=2), timedelta(days=1)


def erasing(workspace: Workspace) -> Callable[[], str | None]:
    """Carry out pending erasures together, those of each organization as its own.

    A request that stopped is tried again after 2, 4, 8 minutes and so on, at least once a day, and
    when the worker starts: the whole verification every minute would help nobody.
    """
    waits: dict[UUID, timedelta] = {}
    next_try: dict[UUID, datetime] = {}

    def work() -> str | None:
        now = clock.now()
        outcomes, stopped = run_waiting(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            everywhere=True,
            without={request_id for request_id, at in next_try.items() if at > now},
        )
        for outcome in outcomes:
            waits.pop(outcome.request.erasure_request_id, None)
            next_try.pop(outcome.request.erasure_request_id, None)
        lines: list[str] = []
        for each in stopped:
            last = waits.get(each.request_id)
            wait = _FIRST_WAIT if last is None else min(2 * last, _LONGEST_WAIT)
            waits[each.request_id], next_try[each.request_id] = wait, now + wait
            lines.append(
                f"Erasure {each.request_id}: {each.reason}; it is tried again at "
                f"{now + wait:%Y-%m-%d %H:%M} UTC, or now: wavehouse erasure run {each.request_id}"
            )
        return "\n".join(lines) or None

    return work
