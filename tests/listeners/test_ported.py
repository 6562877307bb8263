"""Behaviour that the suites of other servers check, in our words; docs/measured has the table.

One request a line: method, path, body; ``{me}`` is the user. The expected value is of the last
response.
"""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.listeners.conftest import Phone

FEED, OTHER = "https://example.com/feed1.xml", "https://example.com/feed2.xml"
DEVICE = ("POST", "/api/2/devices/{me}/d1.json", {"caption": "My device", "type": "mobile"})
FOLLOW = ("POST", "/api/2/subscriptions/{me}/d1.json", {"add": [FEED], "remove": []})
ACTIONS: list[dict[str, Any]] = [
    {
        "podcast": "http://example.com/feed.rss",
        "episode": "http://example.com/files/s01e20.mp3",
        "device": "gpodder_abcdef123",
        "action": "download",
        "timestamp": "2009-12-12T09:00:00",
    },
    {
        "podcast": "http://example.org/podcast.php",
        "episode": "http://ftp.example.org/foo.ogg",
        "action": "play",
        "started": 15,
        "position": 120,
        "total": 500,
    },
]
NESTED = f"""<opml><body><outline text="a"><outline xmlUrl="{FEED}"/></outline>
<outline xmlUrl="{OTHER}"/></body></opml>"""
SETTINGS = (
    "account.json",
    "device.json?device=d1",
    "podcast.json?podcast=http%3A%2F%2Fexample.com%2Fp.rss",
    "episode.json?podcast=http%3A%2F%2Fexample.com%2Fp.rss&episode=http%3A%2F%2Fexample.com%2F1.mp3",
)


@pytest.fixture
def ask(server_url: str, phone: Phone) -> Any:
    """Sends steps as a new listener; returns the last response."""

    def send(*steps: tuple[Any, ...], auth: bool = True) -> httpx2.Response:
        answer: httpx2.Response | None = None
        with httpx2.Client(base_url=server_url, auth=phone.auth if auth else None) as client:
            for method, path, *body in steps:
                content: dict[str, Any] = {}
                if body:
                    content["content" if isinstance(body[0], str) else "json"] = body[0]
                answer = client.request(method, path.format(me=phone.username), **content)
        assert answer is not None
        return answer

    return send


@pytest.mark.parametrize("scope", SETTINGS)
def test_settings_are_set_changed_and_removed_in_every_scope(ask: Any, scope: str) -> None:
    """As mygpo usersettings (four tests), PodFetch test_settings_remove_keys."""
    path = f"/api/2/settings/{{me}}/{scope}"
    set_first = ("POST", path, {"set": {"a": "b", "c": "d", "e": True}})
    change = ("POST", path, {"set": {"a": 99}, "remove": ["c"]})
    assert {"a": 99, "e": True} == ask(set_first, change).json()
    assert {"a": 99, "e": True} == ask(("GET", path)).json()


def test_settings_of_one_device_are_not_those_of_another(ask: Any) -> None:
    """PodFetch test_settings_device_scope."""
    path = "/api/2/settings/{me}/device.json?device="
    assert {} == ask(("POST", f"{path}d1", {"set": {"a": 1}}), ("GET", f"{path}d2")).json()


def test_a_device_is_saved_with_its_name_and_kind(ask: Any) -> None:
    """As oPodSync 11_gpodder_devices."""
    assert [] == ask(("GET", "/api/2/devices/{me}.json")).json()
    assert [("d1", "My device", "mobile")] == [
        (item["id"], item["caption"], item["type"])
        for item in ask(DEVICE, ("GET", "/api/2/devices/{me}.json")).json()
    ]


def test_a_wrong_password_is_refused_and_signing_out_ends_the_session(
    ask: Any, phone: Phone, server_url: str
) -> None:
    """As oPodSync 10_gpodder_login; PodFetch test_login, test_logout (403 there, 401 here)."""
    with httpx2.Client(base_url=server_url) as client:
        path = f"/api/2/auth/{phone.username}"
        assert 401 == client.post(f"{path}/login.json", auth=(phone.username, "wrong")).status_code
        assert 200 == client.post(f"{path}/login.json", auth=phone.auth).status_code
        assert client.cookies.get("sessionid")
        devices = f"/api/2/devices/{phone.username}.json"
        assert 200 == client.get(devices).status_code
        cookie = {"Cookie": f"sessionid={client.cookies['sessionid']}"}
        assert 200 == client.post(f"{path}/logout.json").status_code
        assert 401 == client.get(devices, headers=cookie).status_code


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("json", f'["{FEED}", "{OTHER}"]'),
        ("txt", f"{FEED}\n{OTHER}"),
        ("txt", f"\ufeff{FEED}\r\n\r\n{OTHER}\r\n"),
        ("opml", NESTED),
    ],
)  # fmt: skip
def test_a_list_replaces_all_shows_and_is_read_in_every_form(
    ask: Any, form: str, content: str
) -> None:
    """As oPodSync 12_gpodder_subscriptions, mygpo SimpleAPITests, PodFetch's seven."""
    put = ("PUT", f"/subscriptions/{{me}}/d1.{form}", content)
    assert 200 == ask(FOLLOW, ("PUT", "/subscriptions/{me}/d1.json", "[]"), put).status_code
    assert [FEED, OTHER] == ask(("GET", "/subscriptions/{me}.json")).json()
    assert f"{FEED}\n{OTHER}\n" == ask(("GET", "/subscriptions/{me}/d1.txt")).text
    assert f'xmlUrl="{FEED}"' in ask(("GET", "/subscriptions/{me}/d1.opml")).text


@pytest.mark.parametrize("form", ["json", "opml", "txt"])
def test_a_list_that_cannot_be_read_is_400_and_changes_nothing(ask: Any, form: str) -> None:
    """As oPodSync 12_gpodder_subscriptions (501 for OPML there).

    A page saved as text would end all subscriptions.
    """
    assert 400 == ask(FOLLOW, ("PUT", f"/subscriptions/{{me}}/d1.{form}", "invalid")).status_code
    assert [FEED] == ask(("GET", "/subscriptions/{me}.json")).json()


def test_following_twice_is_once_and_updates_list_it(ask: Any) -> None:
    """Mygpo test_set_get_subscriptions, test_duplicate_subscribe; PodFetch test_device_updates."""
    changed = ask(FOLLOW, FOLLOW, ("GET", "/api/2/subscriptions/{me}/d1.json?since=0")).json()
    assert ([FEED], []) == (changed["add"], changed["remove"])
    updates = ask(DEVICE, ("GET", "/api/2/updates/{me}/d1.json?since=0")).json()
    assert [FEED] == [item["url"] if isinstance(item, dict) else item for item in updates["add"]]


def test_a_local_folder_of_antennapod_is_not_followed(ask: Any) -> None:
    """nextcloud-gpodder testNonUrisAreOmmited, testSubscriptionChangeCreateAction."""
    base = "/index.php/apps/gpoddersync"
    add = [FEED, "antennapod_local:content://com.android.externalstorage.documents/tree/podcast"]
    done = ask(
        ("POST", f"{base}/subscription_change/create", {"add": add, "remove": []}),
        ("GET", f"{base}/subscriptions"),
    )
    assert [FEED] == done.json()["add"]


def test_uploaded_actions_come_back(ask: Any) -> None:
    """As mygpo test_episode_actions, oPodSync 13_gpodder_episodes: all of them there.

    Here, from 0, only the current state (P22); later devices get the download after their cursor.
    """
    path = "/api/2/episodes/{me}.json"
    known = ask(("GET", f"{path}?since=0")).json()["timestamp"]
    uploaded = ask(("POST", path, ACTIONS), ("GET", f"{path}?since=0")).json()
    assert [(120, 15, 500)] == [
        (item["position"], item["started"] or 15, item["total"]) for item in uploaded["actions"]
    ]
    every = ask(("GET", f"{path}?since={known}")).json()["actions"]
    assert [item["episode"] for item in ACTIONS] == [item["episode"] for item in every]
    assert "2009-12-12T09:00:00" == every[0]["timestamp"]


def test_an_invalid_device_stops_only_its_action(ask: Any) -> None:
    """As mygpo test_invalid_client_id answers 400; here `@` is a valid character (P15)."""
    odd = [{**ACTIONS[0], "device": ""}, {**ACTIONS[1], "device": "gpodder@\x00"}, ACTIONS[1]]
    answer = ask(("POST", "/api/2/episodes/{me}.json", odd))
    assert (200, "1; 1: invalid device id") == (
        answer.status_code, answer.headers["wavehouse-skipped"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-12-01T16:29:56", "16:29:56"), ("2024-12-01T16:29:56Z", "16:29:56"),
        ("2024-12-01T16:29:56+01", "15:29:56"), ("2024-12-01T16:29:56+00:00", "16:29:56"),
        ("2024-12-01T16:29:56+02:00", "14:29:56"), ("2024-12-01T16:29:56.789+0200", "14:29:56"),
        (1733070596, "16:29:56"), ("1733070596", "16:29:56"), (1733070596789, "16:29:56"),
    ],
)  # fmt: skip
def test_times_with_and_without_a_zone_are_the_same_instant(
    ask: Any, text: Any, expected: str
) -> None:
    """nextcloud-gpodder testTimestampsWithTimezones; also milliseconds and numbers."""
    base = "/apps/gpoddersync/episode_action"
    sent = [{**ACTIONS[1], "timestamp": text, "action": "PLAY"}]
    done = ask(("POST", f"{base}/create", sent), ("GET", f"{base}?since=0")).json()
    assert [f"2024-12-01T{expected}"] == [item["timestamp"][:19] for item in done["actions"]]


def test_an_incomplete_action_stops_only_itself(ask: Any) -> None:
    """nextcloud-gpodder testCreateWithFaultyData refuses the upload; P15 does not."""
    base = "/apps/gpoddersync/episode_action"
    faulty = {"podcast": FEED, "action": "download", "timestamp": "2021-10-03T12:03:17"}
    done = ask(("POST", f"{base}/create", [faulty, ACTIONS[1]]))
    assert (200, "1; 0: missing episode") == (
        done.status_code, done.headers["wavehouse-skipped"],
    )  # fmt: skip


def test_devices_are_always_one_group(ask: Any) -> None:
    """PodFetch test_sync_devices_…, mygpo test_group: groups there, one group of all here."""
    other = ("POST", "/api/2/devices/{me}/d2.json", {"caption": "x", "type": "laptop"})
    wanted = {"synchronize": [["d1", "d2"]]}
    done = ask(DEVICE, other, ("POST", "/api/2/sync-devices/{me}.json", wanted)).json()
    assert ([["d1", "d2"]], []) == (done["synchronized"], done["not-synchronized"])


def test_without_a_password_the_api_answers_401(ask: Any) -> None:
    """As mygpo test_unauth_request, test_queries_failed_auth."""
    path = "/api/2/subscriptions/{me}/d1.json?since=0"
    assert 401 == ask(("GET", path), auth=False).status_code


@pytest.mark.parametrize("since", ["", " ", "0", "-1", "9" * 30, "-" + "9" * 30])
def test_a_cursor_that_no_server_gave_is_answered(ask: Any, since: str) -> None:
    """Apps without a cursor send an empty one, others their clock in other units (P19b)."""
    for path in ("/api/2/episodes/{me}.json", "/api/2/subscriptions/{me}/d1.json"):
        answer = ask(FOLLOW, ("GET", f"{path}?since={since}"))
        assert 200 == answer.status_code, answer.text
        assert 0 < answer.json()["timestamp"] < 2**40
