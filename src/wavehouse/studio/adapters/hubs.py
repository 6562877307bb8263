"""WebSub hubs that the studio's feeds name: the ping that a feed has changed."""

from __future__ import annotations

import math
from typing import Protocol
from urllib.parse import urlencode

from wavehouse.fetching import Limits, Web
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused, TooManyRequests, Unreachable
from wavehouse.kernel.retrying import retry_after
from wavehouse.kernel.web_addresses import shown

_SECONDS = 15.0
_LARGEST = 1024
_ORDINARY_WAIT = 60


class Pinger(Protocol):
    """Notifies a hub."""

    def ping(self, hub: str, topic: str) -> None:
        """Notify the hub that the feed ``topic`` has changed; raises when it does not accept."""


class WebPinger:
    """Pings through the guarded client (decision 0203): no redirects, 15 s in total."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._web = Web(
            allow_private=allow_private,
            limits=Limits(largest=_LARGEST, seconds=_SECONDS, patience=_SECONDS, redirects=0),
            hint="The operator allows private addresses with WAVEHOUSE_WEBHOOK_ALLOW_PRIVATE.",
        )

    def ping(self, hub: str, topic: str) -> None:
        """Send the form of a publisher.

        TooManyRequests carries the hub's Retry-After, Unreachable means another attempt, Refused
        that the hub rejects the feed.
        """
        form = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with self._web.post(hub, form.encode(), headers) as answer:
            status = answer.response.status_code
            wait = retry_after(answer.response.headers.get("retry-after"), now=clock.now())
        if 200 <= status < 300:
            return
        if status in (429, 503):
            seconds = _ORDINARY_WAIT if wait is None else math.ceil(wait.total_seconds())
            raise TooManyRequests("the hub is busy", retry_after=max(1, seconds))
        if status >= 500 or status == 408:
            raise Unreachable(f"the hub responded with status {status}", where=shown(hub))
        raise Refused(f"the hub rejected the ping with status {status}", where=shown(hub))
