"""Sequences that once failed, replayed against the whole server from `sequences/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.listeners.playing import Player, place, read

from wavehouse import listeners
from wavehouse.workspace import Workspace

FOLDER = Path(__file__).parent / "sequences"
WAYS = ("a password each", "one password, cookies", "one password, no cookies")


@pytest.fixture(params=WAYS)
def player(request: Any, server_url: str, shared_workspace: Workspace) -> Player:
    """Clients of new listeners, one for each way of signing in."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    emails: dict[str, str] = {}

    def password(listener: str, device: str) -> tuple[str, str]:
        key = (listener, device if request.param == WAYS[0] else "")
        if key not in known:
            with shared_workspace.stores.listeners.worker() as tx:
                if listener not in emails:
                    emails[listener] = f"{uuid4().hex}@example.org"
                    listeners.create(tx, email=emails[listener])
                made = listeners.new_app_password(tx, email=emails[listener], device=device)
            known[key] = (made.username, made.text)
        return known[key]

    return Player(server_url, password, has_jar=request.param != WAYS[2])


def sequence(name: str) -> list[dict[str, Any]]:
    return list(read((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["steps"])


def actions(answer: Any) -> list[dict[str, Any]]:
    assert 200 == answer.status_code, answer.text
    return list(answer.json()["actions"])


Play = Callable[[str], list[Any]]


@pytest.fixture
def play(player: Player) -> Play:
    """All answers of a sequence."""
    return lambda name: player.play(sequence(name))


@pytest.mark.parametrize(
    ("name", "url"), [("A1", "http://a1.example/by-laptop"), ("A7", "http://a7.example/l")]
)
def test_p19_an_upload_of_subscriptions_skips_nothing(play: Play, name: str, url: str) -> None:
    """A device that continues from its own cursor gets another device's show."""
    assert url in play(name)[-1].json()["add"]


def test_p19_a_client_that_asks_with_its_cursor_plus_one_misses_nothing(play: Play) -> None:
    """As Kasts does: no change has the number after a returned cursor."""
    assert ("http://a2.example/0.mp3", 777, 3600) in map(place, actions(play("A2")[-1]))


def test_p19_a_client_that_asks_by_its_own_clock_misses_nothing(play: Play) -> None:
    """AntennaPod does so after uploads to Nextcloud."""
    assert ("http://a5.example/b.mp3", 50, 3600) in map(place, actions(play("A5")[-1]))


def test_p29_a_private_address_is_told_to_nobody_else(play: Play) -> None:
    """It is neither in the feed nor in the export."""
    *_, feed, export = play("B1")
    expected = "http://cdn.example/1.mp3?auth=TOKEN-OF-B"
    assert [(expected, 222, 3600)] == list(map(place, actions(feed)))
    assert expected in export.text
    assert "TOKEN-OF-A" not in feed.text + export.text


def test_p29_nobody_else_decides_which_file_an_app_is_told(play: Play) -> None:
    """Chapters that look the same are separate for each listener."""
    assert [("http://b3.example/1.mp3", 60, 600)] == list(map(place, actions(play("B3")[-1])))


def test_p29_the_newest_address_of_a_file_that_moved_is_told(play: Play) -> None:
    """Clients that know no guid would find nothing at the old one."""
    assert [("http://b4.example/new.mp3", 50, 100)] == list(map(place, actions(play("B4")[-1])))


def test_p29_an_episode_with_and_without_its_guid_in_one_upload_is_one(play: Play) -> None:
    """Batching changes nothing (P2)."""
    assert [("http://b5.example/m.mp3", 900, 3600)] == list(map(place, actions(play("B5")[-1])))


def test_p28_finishing_an_episode_that_has_become_longer(player: Player) -> None:
    """It is not a permanent server error; the new length is stored."""
    answers = player.play(sequence("C1"))
    assert [200] * 3 == [answer.status_code for answer in answers]
    row = player.step(
        {"who": "va.phone", "method": "GET", "path": "/api/v1/listener/positions/{c}"}
    )
    assert ("finished", 150_000, 150_000, True) == tuple(
        row.json()[name] for name in ("state", "position_ms", "duration_ms", "duration_changed")
    )


def test_p30_a_body_that_is_not_utf8_is_the_clients_error(play: Play) -> None:
    """The answer is 400."""
    assert [400] == [text.status_code for text in play("C3")]


def test_p39_a_chapter_that_an_app_names_by_its_own_id_is_known_and_carried_along(
    player: Player,
) -> None:
    """Another listener can import the archive of the first."""
    stored, _, imported = player.play(sequence("C5"))
    assert (200, "applied") == (stored.status_code, stored.json()["results"][0]["status"])
    assert (200, 1) == (imported.status_code, imported.json()["actions"])
    export = {"method": "GET", "path": "/api/v1/listener/export"}
    item, other = (player.step({"who": who, **export}).json() for who in ("ve.phone", "vf.phone"))
    assert ["no-such-chapter"] == [each["chapter_id"] for each in item["episodes"]]
    assert item == other


def test_p15_an_address_that_is_too_long_stops_nothing(player: Player) -> None:
    """1,001 characters are stored; 4,097 are skipped and reported."""
    steps = sequence("D1")
    for length, count in ((1_001, 2), (4_097, 2)):
        steps[0]["body"][1]["episode"] = f"http://d1.example/{'q' * (length - 22)}.mp3"
        uploaded, feed = player.play(steps)
        assert 200 == uploaded.status_code
        assert count == len(actions(feed))
    assert "episode longer than 4096" in uploaded.headers["wavehouse-skipped"]


@pytest.mark.parametrize(("name", "good", "odd"), [("D3", 100, None), ("D4", 100, 10)])
def test_p15_one_odd_action_stops_no_app(
    player: Player, name: str, good: int, odd: int | None
) -> None:
    """The valid one is stored; -1 is "unknown", fractions of a second are cut off."""
    (uploaded,) = player.play(sequence(name))
    assert 200 == uploaded.status_code
    feed = player.step({"who": "ve.phone", "method": "GET", "path": "/api/2/episodes/{me}.json"})
    values = {action["episode"][-8:]: action["position"] for action in actions(feed)}
    assert (good, odd) == (values["good.mp3"], values.get("le/x.mp3"))


def test_p24_what_an_app_finished_is_told_as_a_play_to_the_end(play: Play) -> None:
    """A read from the start and the log both return it."""
    *_, whole, log = play("E1")
    assert ("http://e1.example/1.mp3", 3600, 3600) == place(actions(whole)[-1])
    assert ("http://e1.example/1.mp3", 3600, 3600) == place(actions(log)[-1])


def test_p09_a_player_that_begins_at_zero_resets_nothing(play: Play) -> None:
    """A play says nothing about the position that its device had seen."""
    assert [("http://e3.example/z.mp3", 1800, 3600)] == list(map(place, actions(play("E3")[-1])))


def test_feeds_are_kept_in_one_spelling_which_is_told(play: Play) -> None:
    """Lower-case scheme and host, feed: as http:, a path."""
    changed, listed = play("E6")
    assert {
        ("HTTP://P.example/a", "http://p.example/a"),
        ("feed://p.example/b", "http://p.example/b"),
        ("http://p.example", "http://p.example/"),
    } == set(map(tuple, changed.json()["update_urls"]))
    assert [
        "http://p.example/a", "https://p.example/a", "http://p.example/b", "http://p.example/",
    ] == listed.json()["add"]  # fmt: skip


def test_nextcloud_keeps_a_show_that_was_left_and_never_followed(play: Play) -> None:
    """Nextcloud's app does the same."""
    assert ["http://i3.example/x"] == play("I3")[-1].json()["remove"]


def test_kasts_links_devices(play: Play) -> None:
    """All devices follow the same shows, so they are synchronized."""
    assert [200, 200] == [text.status_code for text in play("I1")]
    assert {"synchronized", "not-synchronized"} == set(play("I1")[0].json())


def test_what_common_clients_ask_for_is_there(play: Play) -> None:
    """Lists in every form, favourites, settings, updates, addresses with an extra slash."""
    assert [200] * 7 == [text.status_code for text in play("I4")]


def test_p12_if_match_with_a_star_needs_a_position(play: Play) -> None:
    """RFC 9110, section 13.1.1 requires it."""
    assert 412 == play("J1")[-1].status_code


def test_p12_a_list_of_tags_is_compared_strongly(play: Play) -> None:
    """One match in a list is enough; a weak tag matches nothing."""
    assert [200, 412] == [text.status_code for text in play("J2")[-2:]]


def test_p12_a_failed_precondition_gives_the_current_position(play: Play) -> None:
    """With its tag, so that the client can decide and retry."""
    answer = play("J3")[-1]
    assert (412, 1, '"v1"') == (
        answer.status_code,
        answer.json()["position_ms"],
        answer.headers["etag"],
    )


def test_a_password_counts_more_than_another_ones_cookie(player: Player) -> None:
    """One cookie jar for two accounts, as in AntennaPod: the password's owner is used."""
    player.has_jar = True
    anna, bo = player.client("va.phone"), player.client("vb.phone")
    name = player.filled("{me}", "va.phone")
    assert 200 == anna.post(f"/api/2/auth/{name}/login.json").status_code
    bo.cookies.update(anna.cookies)
    assert 200 == bo.get(player.filled("/api/2/devices/{me}.json", "vb.phone")).status_code
    url = "http://f1.example/1.mp3"
    action = {"podcast": "http://f1.example/f", "episode": url, "action": "play", "position": 9}
    assert (
        200
        == bo.post("/index.php/apps/gpoddersync/episode_action/create", json=[action]).status_code
    )
    feed = "/index.php/apps/gpoddersync/episode_action?since=0"
    assert [] == actions(anna.get(feed))
    assert [url] == [action["episode"] for action in actions(bo.get(feed))]


@pytest.mark.parametrize("sent", ["Basic !!!", "Basic", "basic OmI=", "Basic w6k6eA"])
def test_a_password_that_cannot_be_read_is_not_replaced_by_a_cookie(
    player: Player, sent: str
) -> None:
    """401: the cookie in the same jar may be another account's."""
    player.has_jar = True
    anna = player.client("va.phone")
    name = player.filled("{me}", "va.phone")
    assert 200 == anna.post(f"/api/2/auth/{name}/login.json").status_code
    path = f"/api/2/devices/{name}.json"
    cookie = "; ".join(f"{key}={value}" for key, value in anna.cookies.items())
    assert 200 == httpx2.get(f"{player.url}{path}", headers={"Cookie": cookie}).status_code
    headers = {"Authorization": sent, "Cookie": cookie}
    assert 401 == httpx2.get(f"{player.url}{path}", headers=headers).status_code
