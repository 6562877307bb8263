"""WebSub hubs, behind a Protocol: subscription requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode

from wavehouse.fetching import Web
from wavehouse.kernel.errors import Unreachable
from wavehouse.kernel.web_addresses import shown


class Hub(Protocol):
    """A hub that accepts subscription requests."""

    def request(self, url: str, form: Mapping[str, str]) -> None:
        """Send the form; raises an error of the tree when the hub rejects it."""
        ...


class WebHub:
    """Hubs over http and https, through the guarded client (decision 0203)."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def request(self, url: str, form: Mapping[str, str]) -> None:
        """Send the form; Unreachable when the hub's status is not 2xx."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with self._web.post(url, urlencode(form).encode(), headers) as answer:
            status = answer.response.status_code
        if not 200 <= status < 300:
            raise Unreachable(f"the hub responded with status {status}", where=shown(url))
