"""A client of the gpodder protocol that returns every response unchecked."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from wavehouse.kernel.errors import Unreachable

_PATIENCE = httpx.Timeout(20.0, connect=5.0)
_LARGEST = 8 * 2**20


class GpodderClient:
    """One device of one account on any server, with its own session."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.username = username
        self._user = quote(username, safe="@")
        self._url = url.rstrip("/")
        self._http = httpx.Client(
            auth=(username, password), timeout=_PATIENCE, headers={"Accept": "application/json"}
        )

    def __enter__(self) -> GpodderClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    @property
    def has_session(self) -> bool:
        """Whether the server set a session cookie."""
        return len(self._http.cookies) > 0

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
        user: str | None = None,
    ) -> httpx.Response:
        """Send one request; ``{user}`` in the path is the account.

        Unreachable when the server does not respond.
        """
        target = path.replace("{user}", quote(user, safe="@") if user else self._user)
        try:
            return self._http.request(
                method, f"{self._url}{target}", json=body, params=params, follow_redirects=False
            )
        except httpx.HTTPError as error:
            raise Unreachable(
                f"the server does not respond: {type(error).__name__}",
                where=self._url,
                hint="Check the address: use the part before /api/2.",
            ) from error

    def sign_in(self) -> httpx.Response:
        """Sign in and keep the session cookie."""
        return self.ask("POST", "/api/2/auth/{user}/login.json")

    def upload(self, *actions: Mapping[str, Any]) -> httpx.Response:
        """Upload episode actions."""
        return self.ask("POST", "/api/2/episodes/{user}.json", body=list(actions))

    def actions(self, since: int = 0, **params: str | int) -> tuple[list[dict[str, Any]], int]:
        """Episode actions after a cursor, and the next one; ([], 0) for an unexpected response."""
        answer = self.ask("GET", "/api/2/episodes/{user}.json", params={"since": since, **params})
        document = json_of(answer)
        if not isinstance(document, dict) or not isinstance(document.get("actions"), list):
            return [], 0
        cursor = document.get("timestamp")
        return document["actions"], cursor if isinstance(cursor, int) else 0


def json_of(answer: httpx.Response) -> Any:
    """The body as JSON; None when it is not JSON or nested too deeply."""
    if len(answer.content) > _LARGEST:
        return None
    try:
        return answer.json()
    except ValueError:
        return None
