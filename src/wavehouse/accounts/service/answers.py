"""Responses by Idempotency-Key, so that a retry changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wavehouse.accounts import queries, rules
from wavehouse.accounts.types import Answered, Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.store import Operational, Tx


def answer_once(
    tx: Tx[Operational],
    *,
    identity: Identity,
    key: str | None,
    request: bytes,
    answer: Callable[[], tuple[int, dict[str, Any]]],
) -> Answered:
    """Handle a request, or return the stored response for its Idempotency-Key.

    ``request`` identifies the request (method, path, body). The response is stored in the
    transaction of the effect: after a crash both exist or neither. A second request with the key
    waits for the first. Conflict when the key was used for another request; keys are free again
    after 24 hours.
    """
    if key is None:
        return Answered(*answer())
    now = clock.now()
    queries.delete_old_answers(tx, before=now - rules.ANSWERS_KEPT)
    if not queries.claim_idempotency_key(
        tx,
        identity=identity,
        idempotency_key=key,
        request_hash=rules.request_hash(request),
        at=now,
    ):
        kept = queries.kept_answer(tx, identity=identity, idempotency_key=key)
        if kept.request_hash != rules.request_hash(request):
            raise Conflict(
                "this Idempotency-Key was used for another request",
                hint="Send a new key with a new request.",
            )
        return Answered(kept.status or 200, kept.body or {}, replayed=True)
    status, body = answer()
    queries.keep_answer(tx, identity=identity, idempotency_key=key, status=status, body=body)
    return Answered(status, body)
