"""Reserve and settle per second, and the time the gateway adds to a call (decisions 1301, 1302).

``make usage-bench``. Prints rates and medians of this machine; the direct call and the one through
the gateway take turns in the same run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.serving import served
from tests.stopping import reachable_folder
from tests.tenants import key_of, second_organization
from tests.usage.upstream import upstream

from wavehouse import app, usage
from wavehouse.accounts import Scope
from wavehouse.usage import NewBudget, Unit, Used
from wavehouse.usage.http import gateway
from wavehouse.usage.service import gateway as service
from wavehouse.web.gate import ApiGate
from wavehouse.webhooks import Sealer
from wavehouse.workspace import Edge, Workspace

BODY = {"model": "writer", "max_tokens": 100, "messages": [{"role": "user", "content": "Ciao"}]}


def prepared(workspace: Workspace) -> None:
    """A budget for an organization."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        usage.set_budget(
            tx, identity=workspace.identity, new=NewBudget(limit="1000000", currency="EUR")
        )


def pair(workspace: Workspace) -> None:
    """Reserve in one transaction, settle in another."""
    database, identity = workspace.stores.operational, workspace.identity
    with database.app(identity.organization_id) as tx:
        held = usage.reserve(
            tx, identity=identity, model="writer", bound={Unit.OUTPUT: 100}, operation="bench"
        )
    with database.app(identity.organization_id) as tx:
        used = Used({Unit.INPUT: Decimal(10), Unit.OUTPUT: Decimal(50)})
        usage.settle(tx, identity=identity, reservation_id=held.reservation_id, used=used)


def rate(workspaces: list[Workspace], seconds: float, threads: int) -> float:
    """Pairs per second over these organizations."""
    done, stop = [0] * threads, threading.Event()

    def work(number: int) -> None:
        step = number
        while not stop.is_set():
            pair(workspaces[step % len(workspaces)])
            step += threads
            done[number] += 1

    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        futures = [pool.submit(work, number) for number in range(threads)]
        time.sleep(seconds)
        stop.set()
        for future in futures:
            future.result()
        return sum(done) / (time.perf_counter() - began)


def added(workspace: Workspace, calls: int) -> dict[str, float]:
    """Medians in milliseconds of a direct call and of one through the gateway, alternating."""
    web = FastAPI()
    web.include_router(gateway.router(Edge(workspace, ApiGate(workspace))))
    key = key_of(workspace, Scope.GATEWAY_USE)
    with upstream() as server, served(web) as url, httpx.Client() as client:
        with workspace.stores.operational.worker() as tx:
            service.set_upstream(
                tx,
                identity=workspace.identity,
                sealer=Sealer.of(workspace.stores.operational.place),
                provider="local",
                base_url=server.url,
                allow_private=True,
            )
        times: dict[str, list[float]] = {"direct": [], "gateway": []}
        targets = {"direct": server.url, "gateway": f"{url}/gateway/v1"}
        for number in range(calls + 50):
            for name, base in targets.items():
                began = time.perf_counter()
                answer = client.post(
                    f"{base}/chat/completions",
                    json=BODY,
                    headers={"Authorization": f"Bearer {key}"},
                )
                took = (time.perf_counter() - began) * 1000
                answer.raise_for_status()
                if number >= 50:
                    times[name].append(took)
    direct, through = (statistics.median(times[name]) for name in ("direct", "gateway"))
    return {"direct_ms": direct, "gateway_ms": through, "added_ms": through - direct}


def main() -> None:
    """Measure on a separate server and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--calls", type=int, default=500)
    given = parser.parse_args()
    folder = reachable_folder()
    try:
        with app.open_workspace({"home": str(folder)}) as workspace:
            workspace.stores.operational.most_connections = given.threads
            with workspace.stores.operational.worker() as tx:
                usage.add_model(tx, identity=workspace.identity, name="writer", provider="local")
                for unit in (Unit.INPUT, Unit.OUTPUT):
                    usage.add_price(
                        tx,
                        identity=workspace.identity,
                        model="writer",
                        unit=unit,
                        price="0.000001",
                        currency="EUR",
                    )
            many = [second_organization(workspace, f"Bench {n}") for n in range(50)]
            for each in (workspace, *many):
                prepared(each)
            result: dict[str, Any] = {
                "one_organization_pairs_per_second": rate(
                    [workspace], given.seconds, given.threads
                ),
                "fifty_organizations_pairs_per_second": rate(many, given.seconds, given.threads),
                **added(workspace, given.calls),
            }
        print(json.dumps({name: round(value, 2) for name, value in result.items()}, indent=2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
