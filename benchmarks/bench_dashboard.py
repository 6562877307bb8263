"""The dashboard: the server's time for a page, in process, on the demo's data."""

from __future__ import annotations

import re
from collections.abc import Iterator

import ground
import measuring
from measuring import Figure, milliseconds, quantile, stopwatch, times
from starlette.testclient import TestClient

from wavehouse import accounts
from wavehouse.web import live_app
from wavehouse.workspace import Workspace

PEOPLE = 1000
ROUNDS = 30
GOAL = 0.2
PAGES = ("/", "/?range=91d", "/?range=today", "/?metric=revenue&compare=off")


def figures(size: float) -> Iterator[Figure]:
    """Each page without the browser's ETag; and a liveness check through the same edge."""
    with ground.demonstration(max(50, round(PEOPLE * size))) as workspace:
        client = _signed_in(workspace)
        edge = _seconds(client, "/health/live")
        for page in PAGES:
            found = _seconds(client, page)
            middle, slow = quantile(found, 0.5), quantile(found, 0.95)
            yield Figure(
                f"GET {page}",
                f"P50 {milliseconds(middle)}, P95 {milliseconds(slow)}",
                f"/health/live {milliseconds(quantile(edge, 0.5))}",
                times(middle / quantile(edge, 0.5)),
                f"P95 < {milliseconds(GOAL)}",
                slow < GOAL,
            )


def _signed_in(workspace: Workspace) -> TestClient:
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
    client = TestClient(
        live_app(workspace), base_url="http://localhost", headers={"Accept": "text/html"}
    )
    page = client.get("/sign-in", params={"token": link.token}).text
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    answer = client.post("/sign-in", data=dict(hidden))
    assert answer.status_code == 200, answer.status_code
    return client


def _seconds(client: TestClient, page: str) -> list[float]:
    found = []
    for n in range(ROUNDS + 3):
        with stopwatch() as took:
            answer = client.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
        if n >= 3:
            found.append(took.wall)
    return found


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
