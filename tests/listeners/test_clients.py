"""Clients on a real port: mygpoclient unmodified, AntennaPod's and Nextcloud's requests."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
from mygpoclient.api import EpisodeAction, MygPodderClient
from mygpoclient.http import Unauthorized

from wavehouse.listeners.http.common import COOKIE
from wavehouse.workspace import Workspace

SHOW, OTHER = "https://shows.example/one.xml", "https://shows.example/two.xml"
EPISODE = "https://media.example/1.mp3"


@pytest.fixture(params=["", "/gpodder"])
def root(server_url: str, request: pytest.FixtureRequest) -> str:
    """The API is served at the server's root and at /gpodder."""
    return f"{server_url}{request.param}"


def client(root: str, phone: Any) -> MygPodderClient:
    return MygPodderClient(phone.username, phone.password, root_url=root)


def play(device: str, position: int, stamp: str = "2026-11-20T12:00:00") -> EpisodeAction:
    return EpisodeAction(SHOW, EPISODE, "play", device, stamp, 0, position, 3600)


def test_mygpoclient_syncs_subscriptions_of_two_devices(root: str, phone: Any) -> None:
    """Subscribed on one device, seen by the other; unsubscribed there, seen by the first."""
    item, two = client(root, phone), client(root, phone)
    assert item.update_device_settings("laptop", "My laptop", "laptop")
    assert two.update_device_settings("phone", "My phone", "mobile")
    first = item.update_subscriptions("laptop", [SHOW, OTHER])
    pulled = two.pull_subscriptions("phone", 0)
    assert {SHOW, OTHER} == set(pulled.add)
    two.update_subscriptions("phone", [], [OTHER])
    changed = item.pull_subscriptions("laptop", first.since)
    assert ([], [OTHER]) == (changed.add, changed.remove)
    assert [SHOW] == item.get_subscriptions("laptop")
    assert item.put_subscriptions("laptop", [OTHER])
    assert [OTHER] == two.get_subscriptions("phone")
    assert [("laptop", "My laptop", "laptop", 1), ("phone", "My phone", "mobile", 1)] == [
        (d.device_id, d.caption, d.type, d.subscriptions) for d in item.get_devices()
    ]


def test_mygpoclient_syncs_episode_actions_of_two_devices(root: str, phone: Any) -> None:
    """Each device reads every kind of the other's actions, and none is skipped."""
    first, two = client(root, phone), client(root, phone)
    start = two.download_episode_actions(0).since
    first.upload_episode_actions([play("laptop", 600)])
    first.upload_episode_actions(
        [
            EpisodeAction(SHOW, EPISODE, kind, "laptop", "2026-11-20T13:00:00")
            for kind in ("download", "delete", "new", "flattr")
        ]
    )
    result = two.download_episode_actions(start)
    assert ["play", "download", "delete", "new", "flattr"] == [a.action for a in result.actions]
    assert (600, 3600, "laptop") == (
        result.actions[0].position,
        result.actions[0].total,
        result.actions[0].device,
    )
    assert [] == two.download_episode_actions(result.since).actions
    assert 1 == len(first.download_episode_actions(0, podcast=SHOW).actions)


def test_p18_an_action_an_hour_old_reaches_a_device_that_synced_already(
    root: str, phone: Any
) -> None:
    """The cursor follows the order of arrival, whatever the client's clock."""
    first, two = client(root, phone), client(root, phone)
    first.upload_episode_actions([play("laptop", 600, "2026-11-20T12:00:00")])
    since = two.download_episode_actions(0).since
    first.upload_episode_actions([play("laptop", 500, "2026-11-20T11:00:00")])
    assert [500] == [a.position for a in two.download_episode_actions(since).actions]


def test_p19_the_cursor_of_an_upload_skips_nothing_foreign(
    root: str, phone: Any, other_password: Any
) -> None:
    """GET, a write by another device, POST, GET from the POST's cursor: the write is returned."""
    first = client(root, phone)
    two = client(root, other_password(phone.username, "tablet"))
    first.download_episode_actions(0)
    two.upload_episode_actions([play("tablet", 700)])
    since = first.upload_episode_actions([play("laptop", 800, "2026-11-20T14:00:00")])
    assert 700 in [a.position for a in first.download_episode_actions(since).actions]


def test_p13_an_upload_that_is_repeated_adds_nothing(root: str, phone: Any) -> None:
    """Three retries store one action."""
    first, two = client(root, phone), client(root, phone)
    start = two.download_episode_actions(0).since
    for _ in range(3):
        first.upload_episode_actions([play("laptop", 900)])
    assert 1 == len(two.download_episode_actions(start).actions)


def test_p22_a_new_device_gets_the_current_state_only(root: str, phone: Any) -> None:
    """One play for each chapter, however long the history is."""
    item = client(root, phone)
    for minute in range(20):
        item.upload_episode_actions([play("laptop", minute * 60, f"2026-11-20T12:{minute:02}:00")])
    assert [19 * 60] == [a.position for a in item.download_episode_actions(0).actions]


def test_a_wrong_password_is_unauthorized_and_says_no_more(root: str, phone: Any) -> None:
    """An unknown address gets the same answer (AC8)."""
    for name, word in ((phone.username, "no"), ("nobody@example.org", phone.password)):
        with pytest.raises(Unauthorized):
            MygPodderClient(name, word, root_url=root).get_devices()


def test_p31_another_ones_path_is_refused(root: str, phone: Any) -> None:
    """403, without the other listener's data."""
    with httpx2.Client(auth=phone.auth) as web:
        answer = web.get(f"{root}/api/2/devices/other@example.org.json")
    assert 403 == answer.status_code


def test_a_revoked_password_ends_at_once_with_its_sessions(
    root: str, phone: Any, shared_workspace: Workspace
) -> None:
    """AC7: the next request with either is refused."""
    from wavehouse import listeners

    with httpx2.Client() as web:
        path = f"{root}/api/2/devices/{phone.username}.json"
        assert 200 == web.get(path, auth=phone.auth).status_code
        assert web.cookies.get(COOKIE)
        assert 200 == web.get(path).status_code
        with shared_workspace.stores.listeners.worker() as tx:
            listeners.revoke_app_password(tx, email=phone.username, device="phone")
        assert 401 == web.get(path).status_code
        assert 401 == web.get(path, auth=phone.auth).status_code


def test_signing_out_ends_the_session_for_whoever_holds_its_cookie(root: str, phone: Any) -> None:
    """The cookie's token is invalid afterwards; signing in again starts a new session."""
    devices = f"{root}/api/2/devices/{phone.username}.json"
    sign_in, sign_out = (
        f"{root}/api/2/auth/{phone.username}/{word}.json" for word in ("login", "logout")
    )
    with httpx2.Client() as web, httpx2.Client() as thief:
        assert 200 == web.post(sign_in, auth=phone.auth).status_code
        thief.cookies.set(COOKIE, str(web.cookies.get(COOKIE)))
        assert 200 == thief.get(devices).status_code
        assert 200 == web.post(sign_out).status_code
        assert [401, 401] == [item.get(devices).status_code for item in (web, thief)]
        assert 200 == web.post(sign_in, auth=phone.auth).status_code
        assert 200 == web.get(devices).status_code


def test_antennapods_exchange(root: str, phone: Any) -> None:
    """Login, subscriptions, then actions in bulk; unknown values are -1."""
    user = phone.username
    with httpx2.Client() as web:
        assert 200 == web.post(f"{root}/api/2/auth/{user}/login.json", auth=phone.auth).status_code
        assert (
            200
            == web.put(
                f"{root}/api/2/devices/{user}/antenna.json", json={"caption": "x", "type": "mobile"}
            ).status_code
        )
        answer = web.get(f"{root}/api/2/subscriptions/{user}/antenna.json?since=0").json()
        sent = web.post(
            f"{root}/api/2/subscriptions/{user}/antenna.json", json={"add": [SHOW], "remove": []}
        ).json()
        assert sent["timestamp"] >= answer["timestamp"]
        action = {"podcast": SHOW, "episode": EPISODE, "guid": "g-1", "device": "antenna"}
        bulk = [
            {**action, "action": "play", "timestamp": "2026-11-20T12:00:00", "started": 5,
             "position": 65, "total": 3600},
            {**action, "action": "download", "timestamp": "2026-11-20T12:01:00", "started": -1,
             "position": -1, "total": -1},
        ]  # fmt: skip
        done = web.post(f"{root}/api/2/episodes/{user}.json", json=bulk)
        assert 200 == done.status_code
        result = web.get(f"{root}/api/2/episodes/{user}.json?since=0").json()
    (item,) = result["actions"]
    assert item["started"] >= 0
    assert (65, 3600, "g-1") == (item["position"], item["total"], item["guid"])


def test_antennapods_first_synchronisation_and_the_next(root: str, phone: Any) -> None:
    """Everything played is uploaded as started = position = total, 30 at a time, for a new device.

    The cursor of the last upload is its next ``since``, for both lists: another device's actions
    between two uploads are not skipped (P19). Its parser fails on a missing ``update_urls``,
    ``add`` or ``remove``.
    """
    user, bulk, count = phone.username, 30, 70
    episodes = f"{root}/api/2/episodes/{user}.json"
    follows = f"{root}/api/2/subscriptions/{user}/antenna.json"
    other = client(root, phone)
    with httpx2.Client() as web:
        assert 200 == web.post(f"{root}/api/2/auth/{user}/login.json", auth=phone.auth).status_code
        device = {"caption": "AntennaPod", "type": "mobile"}
        made = web.post(f"{root}/api/2/devices/{user}/antenna.json", json=device)
        assert 200 == made.status_code
        answer = web.get(follows, params={"since": 0}).json()
        assert {"add", "remove", "timestamp"} <= answer.keys()
        sent = web.post(follows, json={"add": [SHOW], "remove": []}).json()
        assert {"update_urls", "timestamp"} <= sent.keys()
        followed = sent["timestamp"]
        assert [] == web.get(episodes, params={"since": 0}).json()["actions"]
        played = [
            {"podcast": SHOW, "episode": f"https://media.example/{n}.mp3", "device": "antenna",
             "action": "play", "timestamp": "2026-11-20T12:00:00",
             "started": 1800, "position": 1800, "total": 1800}
            for n in range(count)
        ]  # fmt: skip
        for first in range(0, count, bulk):
            sent = web.post(episodes, json=played[first : first + bulk]).json()
            assert {"update_urls", "timestamp"} <= sent.keys()
            if first == 0:
                other.upload_episode_actions([play("laptop", 77, "2026-11-21T08:00:00")])
                other.update_subscriptions("laptop", [OTHER])
        result = web.get(episodes, params={"since": sent["timestamp"]}).json()["actions"]
        assert 77 in [item["position"] for item in result if item["device"] == "laptop"]
        assert [OTHER] == web.get(follows, params={"since": followed}).json()["add"]
    state = {
        action.episode: action.position for action in other.download_episode_actions(0).actions
    }
    assert count == len([url for url in state if url != EPISODE]) + 1
    assert (77, 1800) == (state[EPISODE], state["https://media.example/2.mp3"])


def test_p20_antennapods_nextcloud_mode_asks_by_the_phones_own_clock(root: str, phone: Any) -> None:
    """It ignores our cursor: later actions have later seconds than its own time."""
    base, before = f"{root}/index.php/apps/gpoddersync", int(time.time()) - 1
    action = {"podcast": SHOW, "episode": EPISODE, "action": "PLAY", "position": 30,
              "started": 0, "total": 600, "timestamp": "2026-11-20T12:00:00"}  # fmt: skip
    with httpx2.Client(auth=phone.auth) as web:
        for asked in ("episode_action", "subscriptions"):
            web.get(f"{base}/{asked}", params={"since": before})
        client(root, phone).upload_episode_actions([play("laptop", 90)])
        web.post(f"{base}/episode_action/create", json=[action])
        result = web.get(f"{base}/episode_action", params={"since": before}).json()["actions"]
        assert {90, 30} == {item["position"] for item in result}


def test_nextclouds_dialect(root: str, phone: Any) -> None:
    """The same data by other paths, with upper-case kinds."""
    base = f"{root}/index.php/apps/gpoddersync"
    with httpx2.Client(auth=phone.auth) as web:
        web.post(f"{base}/subscription_change/create", json={"add": [SHOW], "remove": []})
        assert [SHOW] == web.get(f"{base}/subscriptions").json()["add"]
        action = {"podcast": SHOW, "episode": EPISODE, "action": "PLAY", "position": 30,
                  "started": 0, "total": 600, "timestamp": "2026-11-20T12:00:00"}  # fmt: skip
        cursor = web.post(f"{base}/episode_action/create", json=[action]).json()["timestamp"]
        answer = web.get(f"{base}/episode_action", params={"since": 0}).json()
    assert (["PLAY"], cursor) == ([a["action"] for a in answer["actions"]], answer["timestamp"])


@pytest.mark.parametrize("form", ["opml", "json", "txt"])
def test_a_list_comes_back_as_it_went(root: str, phone: Any, form: str) -> None:
    """OPML, JSON and plain text; an OPML with an entity bomb is refused."""
    bodies = {
        "json": f'["{SHOW}", "{OTHER}"]',
        "txt": f"{SHOW}\n{OTHER}\n",
        "opml": f'<opml version="2.0"><body><outline xmlUrl="{SHOW}"/><outline text="x">'
        f'<outline xmlUrl="{OTHER}"/></outline></body></opml>',
    }
    path = f"{root}/subscriptions/{phone.username}/laptop.{form}"
    with httpx2.Client(auth=phone.auth) as web:
        assert 200 == web.put(path, content=bodies[form]).status_code
        shown = web.get(path).text
        again = web.put(path, content=shown)
        assert 200 == again.status_code
        assert sorted([SHOW, OTHER]) == web.get(path.replace(f".{form}", ".json")).json()
        bomb = '<!DOCTYPE x [<!ENTITY a "b">]><opml>&a;</opml><'
        assert 400 == web.put(path.replace(f".{form}", ".opml"), content=bomb).status_code


ODD: list[Any] = [
    1, None, {}, {"podcast": SHOW},
    {"podcast": SHOW, "episode": EPISODE, "action": "explode"},
    {"podcast": SHOW, "episode": EPISODE, "action": "play"},
    {"podcast": SHOW, "episode": EPISODE, "action": "play", "position": "5"},
    {"podcast": SHOW, "episode": EPISODE, "action": "play", "position": True},
    {"podcast": SHOW, "episode": EPISODE, "action": "play", "position": -7},
    {"podcast": SHOW, "episode": EPISODE, "action": "play", "position": 1e10},
    {"podcast": SHOW, "episode": EPISODE, "action": "new", "timestamp": "yesterday"},
    {"podcast": SHOW, "episode": EPISODE, "action": "new", "timestamp": 10**40},
    {"podcast": SHOW, "episode": EPISODE, "action": "new", "timestamp": "0001-01-01T00:00+14:00"},
    {"podcast": "x" * 5000, "episode": EPISODE, "action": "new"},
    {"podcast": "a\0b", "episode": EPISODE, "action": "new"},
    {"podcast": SHOW, "episode": EPISODE, "action": "new", "device": 7},
]  # fmt: skip


def test_p15_only_a_body_that_is_not_a_list_is_refused(root: str, phone: Any) -> None:
    """Each invalid action is skipped and reported; the valid one beside it is stored."""
    good = {"podcast": SHOW, "episode": EPISODE, "action": "new", "device": "laptop"}
    path = f"{root}/api/2/episodes/{phone.username}.json"
    with httpx2.Client(auth=phone.auth) as web:
        since = web.get(path).json()["timestamp"]
        bodies: tuple[object, ...] = (None, {}, "x", 5)
        for body in bodies:
            assert 400 == web.post(path, json=body).status_code
        answer = web.post(path, json=[*ODD, good])
        assert 200 == answer.status_code, answer.text
        assert answer.headers["wavehouse-skipped"].startswith(f"{len(ODD)}; 0: not an object; 1")
        result = web.get(path, params={"since": since}).json()["actions"]
        assert ["new"] == [item["action"] for item in result]


@pytest.mark.parametrize(
    "bad",
    [
        *(
            f'{{"podcast": "{SHOW}", "episode": "{EPISODE}", "action": "new", "{key}": "\\ud83d"}}'
            for key in ("podcast", "episode", "device", "guid", "timestamp", "unknown")
        ),
        *(
            f'{{"podcast": "{SHOW}", "episode": "{EPISODE}", "action": "play", "position": {n}}}'
            for n in ("NaN", "-Infinity", "1e999")
        ),
        '"\\udc00"',
    ],
)
def test_p15_text_and_numbers_that_cannot_be_stored_stop_only_their_action(
    root: str, phone: Any, bad: str
) -> None:
    """Half of an emoji and NaN are sent by apps; JSON parsers differ on whether they are JSON."""
    good = f'{{"podcast": "{SHOW}", "episode": "{EPISODE}", "action": "new"}}'
    path = f"{root}/api/2/episodes/{phone.username}.json"
    with httpx2.Client(auth=phone.auth) as web:
        since = web.get(path).json()["timestamp"]
        answer = web.post(path, content=f"[{bad}, {good}]".encode())
        assert 200 == answer.status_code, answer.text
        assert answer.headers["wavehouse-skipped"].startswith("1; 0: ")
        result = web.get(path, params={"since": since}).json()["actions"]
        assert ["new"] == [item["action"] for item in result]


def test_p15_half_a_character_in_an_address_stops_only_that_address(root: str, phone: Any) -> None:
    """The other show is followed, and the header says what was skipped."""
    path = f"{root}/api/2/subscriptions/{phone.username}/phone.json"
    with httpx2.Client(auth=phone.auth) as web:
        since = web.get(path, params={"since": 0}).json()["timestamp"]
        body = b'{"add": ["https://a.example/\\ud800", "https://whole.example/feed"], "remove": []}'
        answer = web.post(path, content=body)
        assert 200 == answer.status_code, answer.text
        assert "1; 0: not an address" == answer.headers["wavehouse-skipped"]
        result = web.get(path, params={"since": since}).json()["add"]
        assert ["https://whole.example/feed"] == result


@pytest.mark.parametrize("body", [b"[", b'[{"a": 1,}]', b'["\xff"]', b"[" * 20_000, b"[1] [2]"])
def test_p15_a_body_that_is_not_json_is_refused(root: str, phone: Any, body: bytes) -> None:
    """400 for the whole body: where its actions end is unknown."""
    path = f"{root}/api/2/episodes/{phone.username}.json"
    assert 400 == httpx2.post(path, content=body, auth=phone.auth).status_code


def test_p03_a_date_in_2036_does_not_come_back_on_every_poll(root: str, phone: Any) -> None:
    """Its time of arrival is used; the next poll is empty."""
    item = client(root, phone)
    since = item.download_episode_actions(0).since
    item.upload_episode_actions([play("laptop", 60, "2036-01-01T00:00:00")])
    result = item.download_episode_actions(since)
    assert 1 == len(result.actions)
    assert [] == item.download_episode_actions(result.since).actions


@pytest.mark.parametrize("prefix", ["", "/gpodder"])
def test_nextclouds_login_flow_gives_the_app_its_password_once(
    server_url: str, phone: Any, prefix: str
) -> None:
    """AntennaPod's requests: start, poll in vain, grant in the browser, poll once."""
    with httpx2.Client(base_url=f"{server_url}{prefix}") as web:
        asked = web.post("/index.php/login/v2").json()
        endpoint, token = asked["poll"]["endpoint"], asked["poll"]["token"]
        assert endpoint == f"{server_url}{prefix}/index.php/login/v2/poll"
        assert 404 == web.post(endpoint, data={"token": token}).status_code
        page = web.get(asked["login"])
        assert (200, True) == (page.status_code, "App password" in page.text)
        wrong = {"email": phone.username, "password": "wrong"}
        assert 401 == web.post(asked["login"], data=wrong).status_code
        assert 404 == web.post(endpoint, data={"token": token}).status_code
        right = {"email": phone.username, "password": phone.password}
        assert 200 == web.post(asked["login"], data=right).status_code
        assert 404 == web.post(endpoint, data={"token": "x" * 43}).status_code
        answer = web.post(endpoint, data={"token": token}).json()
        assert 404 == web.post(endpoint, data={"token": token}).status_code
        assert 404 == web.get(asked["login"]).status_code
        assert f"{server_url}{prefix}" == answer["server"]
        auth = (answer["loginName"], answer["appPassword"])
        path = "/index.php/apps/gpoddersync/subscriptions"
        assert 200 == web.get(path, params={"since": 0}, auth=auth).status_code
