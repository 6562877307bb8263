"""API authentication: keys, rate limits, and every route's error responses.

Without ``from __future__ import annotations``: FastAPI must see the dependency's types.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from wavehouse import accounts
from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.kernel.limits import Rate
from wavehouse.workspace import Workspace

BURST = 100
SECONDS = 0.1
_SAYS = {
    401: "The request has no valid API key.",
    403: "The API key lacks the scope {scope}.",
    404: "Not found, or belongs to another organization.",
    409: "Conflict with the current state, or the Idempotency-Key was used for another request.",
    410: "The file is gone or was changed since it was made.",
    412: "The resource has changed since it was read (`If-Match`).",
    413: "The body is too large.",
    422: "A field is invalid.",
    429: f"More than {BURST} requests at once, or {1 / SECONDS:.0f} a second, by one key.",
}
_ALWAYS = (401, 403, 429)
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}


class ApiGate:
    """``accounts.Gate`` on the operational database; all processes share the rate of a key."""

    def __init__(self, workspace: Workspace) -> None:
        self._database = workspace.stores.operational
        self._rate = accounts.SharedRate(
            self._database, workspace.settings, Rate("api", BURST, SECONDS)
        )
        self._bearer = HTTPBearer(auto_error=False, description="An API key: wh_live_…")

    def __call__(self, scope: Scope) -> Callable[..., Identity]:
        """The dependency of a route that requires this scope."""

        def admitted(
            sent: Annotated[HTTPAuthorizationCredentials | None, Depends(self._bearer)],
        ) -> Identity:
            if sent is None:
                raise NotSignedIn(
                    "missing API key: send Authorization: Bearer <key>",
                    command="wavehouse keys create",
                )
            with self._database.worker() as tx:
                identity = accounts.verify_api_key(tx, text=sent.credentials, scope=scope)
            # After the check: nobody else can use up a key's rate by its prefix.
            self._rate.check(sent.credentials, "too many requests with this API key")
            return identity

        admitted.scope = scope  # type: ignore[attr-defined] # tests read what a route needs
        return admitted

    def answers(self, scope: Scope, *statuses: int) -> dict[int | str, dict[str, Any]]:
        """The error responses of a route, for the OpenAPI document."""
        return {
            status: {
                "description": _SAYS.get(status, HTTPStatus(status).phrase).format(scope=scope),
                **_PROBLEM,
            }
            for status in sorted({*_ALWAYS, *statuses})
        }
