"""A server with the OpenAI API: our own gateway, Ollama, vLLM, a provider.

The operator configured it as an upstream (``wavehouse usage upstreams``). Names are resolved and
checked by ``fetching``; redirects and proxies are not followed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wavehouse.fetching import Limits, Web
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused, TooManyRequests, Unreachable
from wavehouse.kernel.retrying import retry_after

_LARGEST = 64 * 1024 * 1024
_LONGEST_WAIT = 21_600
_ORDINARY_WAIT = 30


@dataclass(frozen=True, slots=True)
class Server:
    """The address to call, the key, and the timeout."""

    base_url: str
    key: str | None = field(default=None, repr=False)
    allow_private: bool = False
    seconds: int = 120

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """The body of a successful response.

        TooManyRequests carries the server's Retry-After; Unreachable for its failures, Refused for
        any other response.
        """
        web = Web(
            allow_private=self.allow_private,
            hint="The operator can allow this with --allow-private.",
            limits=Limits(
                largest=_LARGEST, seconds=self.seconds, patience=self.seconds, redirects=0
            ),
        )
        headers = {"Content-Type": "application/json", "Accept": "*/*"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        url = f"{self.base_url.rstrip('/')}/{path}"
        with web.post(url, json.dumps(body, ensure_ascii=False).encode(), headers) as answer:
            status = answer.response.status_code
            if status == 200:
                return web.body(answer)
            wait = retry_after(answer.response.headers.get("retry-after"), now=clock.now())
        if status in (429, 503):
            seconds = _ORDINARY_WAIT if wait is None else math.ceil(wait.total_seconds())
            raise TooManyRequests(
                "the provider is busy", retry_after=max(1, min(seconds, _LONGEST_WAIT))
            )
        if status >= 500 or status == 408:
            raise Unreachable(f"the provider responded with status {status}")
        raise Refused(f"the provider refused the request: {status}", where=path)
