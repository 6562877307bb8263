"""Random sequences of requests: two listeners, three devices each, both dialects.

Hypothesis chooses device, request, body and clock. A device behaves like real apps: it continues
from the cursor of its last answer, including an upload's. `make harness` tries many.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from wavehouse import listeners
from wavehouse.workspace import Workspace

LISTENERS, DEVICES = ("anna", "bo"), ("phone", "car", "web")
WRITES = ("episode_action", "subscription_change")
NEXTCLOUD = "/index.php/apps/gpoddersync"
who = st.tuples(st.sampled_from(LISTENERS), st.sampled_from(DEVICES))
dialect = st.sampled_from(["gpodder", "nextcloud"])
number = st.integers(0, 3)
clocks = st.sampled_from(
    [None, "2026-11-01T10:00:00", "2026-11-01T11:00:00", "1999-01-01T00:00:00",
     "2036-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 0, -1,
     1e30, "yesterday", ""]
)  # fmt: skip
seconds = st.sampled_from([None, -1, 0, 1, 59, 60, 599, 600, 3600, 10.5, -7, 1e9, "5", True, 2**70])
guids = st.sampled_from([None, "g", "h", "", 7])
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
KINDS = st.sampled_from(["play", "PLAY", "download", "delete", "new", "flattr", "explode", ""])


def machine(url: str, workspace: Workspace) -> type[RuleBasedStateMachine]:
    """The machine for a server."""

    class Apps(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.names, self.clients = {}, {}
            self.cursors: dict[tuple[str, str], int] = {}
            self.known: dict[tuple[str, str], set[str]] = {}
            with workspace.stores.listeners.worker() as tx:
                for name in LISTENERS:
                    self.names[name] = f"{uuid4().hex}@example.org"
                    listeners.create(tx, email=self.names[name])
                    made = listeners.new_app_password(tx, email=self.names[name], device="all")
                    for device in DEVICES:  # one password, as a listener types it into each app
                        self.clients[name, device] = httpx2.Client(
                            base_url=url, auth=(made.username, made.text)
                        )

        def ask(self, app: tuple[str, str], method: str, path: str, **more: Any) -> Any:
            path = path.replace("{me}", self.names[app[0]]).replace("{dev}", app[1])
            answer = self.clients[app].request(method, path, **more)
            assert answer.status_code < 500, (method, path, more, answer.text)
            return answer

        @rule(app=who, way=dialect, n=number, kind=KINDS, at=clocks, start=seconds, end=seconds,
              total=seconds, guid=guids)  # fmt: skip
        def play(self, app: Any, way: str, n: int, kind: str, at: Any, guid: Any, **s: Any) -> None:
            """Send an action, valid or not, beside a valid one: 200."""
            action = {
                "podcast": f"http://{app[0]}.example/feed", "guid": guid,
                "episode": f"http://{app[0]}.example/{n}.mp3", "device": DEVICES[n % 3],
                "action": kind, "timestamp": at, "started": s["start"], "position": s["end"],
                "total": s["total"],
            }  # fmt: skip
            path = (
                "/api/2/episodes/{me}.json"
                if way == "gpodder"
                else f"{NEXTCLOUD}/episode_action/create"
            )
            assert 200 == self.ask(app, "POST", path, json=[action]).status_code

        @rule(app=who, way=dialect, body=odd)
        def send_anything(self, app: Any, way: str, body: Any) -> None:
            """Send any JSON: it is a client error, or is skipped."""
            paths = (
                ["/api/2/episodes/{me}.json", "/api/2/subscriptions/{me}/{dev}.json",
                 "/api/2/devices/{me}/{dev}.json", "/api/2/settings/{me}/account.json",
                 "/api/2/sync-devices/{me}.json"]
                if way == "gpodder"
                else [f"{NEXTCLOUD}/{word}/create" for word in WRITES]
            )  # fmt: skip
            for path in paths:
                self.ask(app, "POST", path, json=body)
            for path in ("actions", "chapters", "import"):
                self.ask(app, "POST", f"/api/v1/listener/{path}", json=body)

        @rule(app=who, way=dialect, n=number, is_added=st.booleans())
        def follow(self, app: Any, way: str, n: int, is_added: bool) -> None:
            """Change the shows, and continue from the upload's cursor."""
            url = f"http://{app[0]}.example/feed{n}"
            body = {"add": [url] * is_added, "remove": [url] * (not is_added)}
            path = (
                "/api/2/subscriptions/{me}/{dev}.json"
                if way == "gpodder"
                else f"{NEXTCLOUD}/subscription_change/create"
            )
            self.cursors[app] = self.ask(app, "POST", path, json=body).json()["timestamp"]
            mine = self.known.setdefault(app, set())
            mine.add(url) if is_added else mine.discard(url)

        @rule(app=who, way=dialect, plus=st.integers(0, 1))
        def hear(self, app: Any, way: str, plus: int) -> None:
            """Request others' changes: with the cursor, or with cursor + 1 as Kasts does."""
            path = (
                "/api/2/subscriptions/{me}/{dev}.json"
                if way == "gpodder"
                else f"{NEXTCLOUD}/subscriptions"
            )
            since = self.cursors.get(app, 0)
            result = self.ask(
                app, "GET", path, params={"since": since + plus if since else 0}
            ).json()
            self.cursors[app] = result["timestamp"]
            mine = self.known.setdefault(app, set())
            mine |= set(result["add"])
            mine -= set(result["remove"])
            if app in self.known:
                listed = set(self.ask(app, "GET", "/subscriptions/{me}.json").json())
                assert listed == mine, (listed, mine)

        @rule(app=who, n=number)
        def forget_device(self, app: Any, n: int) -> None:
            """Remove a device; its actions stay."""
            self.ask(app, "DELETE", f"/api/v1/listener/devices/{DEVICES[n % 3]}")

        @invariant()
        def every_device_is_told_the_same_and_nothing_of_anybody_else(self) -> None:
            for name in LISTENERS:
                lines = [
                    self.ask((name, device), "GET", "/api/2/episodes/{me}.json").json()["actions"]
                    for device in DEVICES[:2]
                ]
                assert lines[0] == lines[1]
                assert all(item["episode"].startswith(f"http://{name}.") for item in lines[0])

    return Apps


def test_p30_no_sequence_of_requests_is_a_server_error(
    server_url: str, shared_workspace: Workspace
) -> None:
    """P19, P15, P30, P31: a few sequences; `make harness` tries more."""
    _run(server_url, shared_workspace, examples=3, steps=12)


@pytest.mark.harness
def test_p30_many_sequences_of_requests_are_no_server_error(
    server_url: str, shared_workspace: Workspace
) -> None:
    """The same, 100 sequences of 50 requests."""
    _run(server_url, shared_workspace, examples=100, steps=50)


def _run(url: str, workspace: Workspace, *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine(url, workspace),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
