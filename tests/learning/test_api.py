"""The learning API: an application's server with its key, a player with its session's token."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.learning.desk import NOON, TEXT, Desk

from wavehouse import accounts
from wavehouse.accounts import Scope
from wavehouse.web.live import live_app

API = "/api/v1/learning"
PIECE = {"content_id": "a", "title": "Al mercato", "text": TEXT, "audio_url": "/a", "duration": 120}


@pytest.fixture
def client(desk: Desk) -> TestClient:
    """A client with a key that may read and write learning."""
    scopes = [Scope.LEARNING_READ, Scope.LEARNING_WRITE]
    with desk.workspace.stores.operational.app(desk.workspace.identity.organization_id) as tx:
        key = accounts.create_api_key(
            tx, identity=desk.workspace.identity, name="app", scopes=scopes
        )
    made = TestClient(live_app(desk.workspace), base_url="http://127.0.0.1:8000")
    made.headers["Authorization"] = f"Bearer {key.text}"
    return made


def _event(n: int, kind: str, position: float, **more: Any) -> dict[str, Any]:
    at = NOON.replace(minute=n).isoformat()
    return {"event_id": f"e{n}", "content_id": "a", "type": kind, "at": at, "position": position,
            **more}  # fmt: skip


def test_a_learner_from_the_first_session_to_erasure(client: TestClient) -> None:
    """Content, session, events, level, recommendation, claim, erasure."""
    assert 1 == client.post(f"{API}/content", json={"content": [PIECE]}).json()["stored"]
    started = client.post(f"{API}/sessions", json={"preferences": {"difficulty": "beginner"}})
    assert 201 == started.status_code
    session = f"{API}/sessions/{started.json()['session_id']}"
    (choice,) = client.post(f"{session}/recommendations").json()["recommendations"]
    assert "a" == choice["content_id"]

    sent = client.post(
        f"{session}/events", json={"events": [_event(0, "play", 0), _event(2, "complete", 120)]}
    )
    assert {"stored": 2, "duplicates": 0, "refused": 0, "refusals": []} == sent.json()
    known = client.get(session).json()
    assert (["a"], None, 120) == (
        known["content_ids"], known["current_content_id"], known["listening_seconds"],
    )  # fmt: skip
    level = client.get(f"{session}/level").json()
    assert (False, 1, None) == (level["enough_data"], level["outcomes"], level["level"])
    assert "beginner" == client.get(f"{session}/preferences").json()["difficulty"]
    assert 1 == len(client.get(f"{API}/content/a/transcript").json()["sentences"][1:])

    claimed = client.post(f"{session}/claim", json={"account_id": "anna"})
    assert "anna" == claimed.json()["account_id"]
    assert 409 == client.post(f"{session}/claim", json={"account_id": "b"}).status_code
    assert 200 == client.post(f"{session}/end", json={"archive": True}).status_code
    assert 204 == client.delete(f"{API}/learners/anna").status_code
    assert 404 == client.get(session).status_code


def test_an_entry_of_the_wrong_form_is_refused_and_the_rest_stored(client: TestClient) -> None:
    """Each error has its index in the batch."""
    client.post(f"{API}/content", json={"content": [PIECE, {"content_id": "x"}, 7]})
    client.post(f"{API}/sessions", json={"session_id": "s"})
    bad = [{"event_id": "no time"}, "text", _event(1, "play", 0, surprise=1), _event(3, "play", -1)]
    sent = client.post(
        f"{API}/sessions/s/events", json={"events": [*bad, _event(4, "play", 0)]}
    ).json()
    assert (1, 4) == (sent["stored"], sent["refused"])
    assert [0, 1, 2, 3] == [each["index"] for each in sent["refusals"]]
    assert "the position is negative" in sent["refusals"][3]["reason"]


def test_a_player_may_send_the_events_of_its_session_and_of_no_other(client: TestClient) -> None:
    """From any origin, with its token; all else needs a key with the scope."""
    client.post(f"{API}/content", json={"content": [PIECE]})
    one = client.post(f"{API}/sessions", json={"session_id": "one"}).json()["token"]
    other = client.post(f"{API}/sessions", json={"session_id": "other"}).json()["token"]
    body = {"events": [_event(0, "play", 0), _event(2, "complete", 120)]}

    def post(session: str, token: str, path: str = "events") -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return client.post(f"{API}/player/{session}/{path}", json=body, headers=headers)

    sent = post("one", one)
    assert (200, "*") == (sent.status_code, sent.headers["access-control-allow-origin"])
    assert 2 == sent.json()["stored"]
    assert 2 == post("one", one).json()["duplicates"]
    for wrong in (other, "", "whs_", "whs_AAAA", one[:-4] + "AAAA", "x" * 400):
        assert 401 == post("one", wrong).status_code
    assert 405 == client.post(f"{API}/player/one/elsewhere").status_code
    assert (
        1
        == client.get(f"{API}/player/one/level", headers={"Authorization": f"Bearer {one}"}).json()[
            "outcomes"
        ]
    )
    assert (
        401
        == client.get(f"{API}/sessions/one", headers={"Authorization": f"Bearer {one}"}).status_code
    )
    preflight = client.options(f"{API}/player/one/events")
    assert (204, "*") == (
        preflight.status_code, preflight.headers["access-control-allow-origin"],
    )  # fmt: skip
