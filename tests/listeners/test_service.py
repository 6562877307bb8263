"""Positions on a real database: concurrent writers, polling, kills, fuzzing, separation."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from click.testing import CliRunner

from wavehouse.kernel import clock
from wavehouse.kernel.errors import PreconditionFailed
from wavehouse.kernel.ids import ActionId
from wavehouse.listeners import cli
from wavehouse.listeners.service import accounts, positions, recording, subscriptions
from wavehouse.listeners.service.recording import find_chapters
from wavehouse.listeners.types import Caller, Condition, Episode, Kind, NewAction, Status
from wavehouse.store import DATABASES, connect
from wavehouse.workspace import Workspace

SHOW = "https://shows.example/one.xml"


@pytest.fixture
def database(shared_workspace: Workspace) -> Any:
    return shared_workspace.stores.listeners


@pytest.fixture
def caller(database: Any, phone: Any) -> Caller:
    """A caller with the phone's password."""
    return accounts.by_password(database, username=phone.username, password=phone.password)[0]


@pytest.fixture
def chapter(database: Any, caller: Caller) -> str:
    """A chapter of its own."""
    episode = Episode(SHOW, f"https://media.example/{uuid4()}.mp3")
    return find_chapters(database, caller=caller, episodes=[episode])[episode]


def said(chapter: str, ms: int, *, kind: Kind = Kind.PROGRESS, **more: Any) -> NewAction:
    return NewAction(ActionId(uuid4()), chapter, kind, position_ms=ms, **more)


def test_p01_fifty_first_writes_at_once_make_one_row(
    database: Any, caller: Caller, chapter: str
) -> None:
    """One row and fifty actions, whichever was first."""
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda n: recording.record(
                    database, caller=caller, actions=[said(chapter, n * 1000, device_id=f"d{n}")]
                ),
                range(50),
            )
        )
    with database.worker() as tx:
        rows = tx.value(
            "SELECT count(*) FROM listeners.playback_positions WHERE chapter_id = %s", [chapter]
        )
        actions = tx.value(
            "SELECT count(*) FROM listeners.playback_actions WHERE chapter_id = %s", [chapter]
        )
    assert (1, 50) == (rows, actions)


def test_p02_single_sends_and_any_batching_end_the_same(database: Any, caller: Caller) -> None:
    """Five hundred actions one by one, in batches, backwards: the same row."""
    dice = Random(3)
    noon = clock.now() - timedelta(days=2)
    lines = [
        (dice.choice([Kind.PROGRESS, Kind.SEEK, Kind.FINISH]), dice.randrange(3_000_000), n)
        for n in range(60)
    ]
    ends = set()
    for size, backwards in ((1, False), (7, True), (60, False)):
        episode = Episode(SHOW, f"https://media.example/{uuid4()}.mp3")
        chapter = find_chapters(database, caller=caller, episodes=[episode])[episode]
        actions = [
            NewAction(
                ActionId(UUID(int=n + hash(chapter) % 2**100)),
                chapter,
                kind,
                ms,
                duration_ms=3_600_000,
                occurred_at=noon + timedelta(minutes=n),
            )
            for kind, ms, n in lines
        ]
        ordered = actions[::-1] if backwards else actions
        for start in range(0, len(ordered), size):
            recording.record(database, caller=caller, actions=ordered[start : start + size])
        row = positions.position(database, caller=caller, chapter_id=chapter)
        ends.add((row.position_ms, row.furthest_ms, row.state, row.finished_count))
    assert 1 == len(ends)


def test_p12_a_version_that_was_read_must_still_be_there(
    database: Any, caller: Caller, chapter: str
) -> None:
    """If-Match with an old version changes nothing; create only creates."""
    recording.record(database, caller=caller, actions=[said(chapter, 60_000)])
    row = positions.position(database, caller=caller, chapter_id=chapter)
    is_still = Condition(any_of=frozenset({row.version}))
    recording.record(database, caller=caller, actions=[said(chapter, 90_000)], condition=is_still)
    for no in (is_still, Condition(exists=False), Condition(exists=True, none_of=frozenset({2}))):
        with pytest.raises(PreconditionFailed):
            recording.record(database, caller=caller, actions=[said(chapter, 1_000)], condition=no)
    now = positions.position(database, caller=caller, chapter_id=chapter)
    assert (90_000, row.version + 1) == (now.position_ms, now.version)


def test_p13_p15_each_action_of_a_batch_has_a_status_in_request_order(
    database: Any, caller: Caller, chapter: str
) -> None:
    """Applied, superseded, guarded, duplicate, rejected: none affects the others."""
    at = clock.now() - timedelta(hours=1)
    first = said(chapter, 600_000, occurred_at=at + timedelta(minutes=9))
    recording.record(database, caller=caller, actions=[first])
    done = recording.record(
        database,
        caller=caller,
        actions=[
            first,
            NewAction(first.action_id, chapter, Kind.PROGRESS, 5),
            said(chapter, 300_000, occurred_at=at),
            said(chapter, 0, occurred_at=at + timedelta(minutes=20)),
            said(chapter, 9_000, duration_ms=1_000),
            said(chapter, 700_000, occurred_at=at + timedelta(minutes=30)),
        ],
    )
    assert ["duplicate", "rejected", "superseded", "guarded", "rejected", "applied"] == [
        result.status for result in done.results
    ]


def test_p11_a_displaced_position_is_restored_by_a_new_action(
    database: Any, caller: Caller, chapter: str
) -> None:
    """The history stays; the restored position wins."""
    at = clock.now() - timedelta(hours=2)
    good = said(chapter, 1_800_000, occurred_at=at)
    recording.record(database, caller=caller, actions=[good])
    recording.record(database, caller=caller, actions=[said(chapter, 7_000, kind=Kind.SEEK)])
    done = positions.restore(database, caller=caller, chapter_id=chapter, action_id=good.action_id)
    assert Status.APPLIED is done.results[0].status
    row = positions.position(database, caller=caller, chapter_id=chapter)
    assert 1_800_000 == row.position_ms


def test_p24_p28_p34_resume_begins_anew_after_the_end_and_never_behind_it(
    database: Any, caller: Caller, chapter: str
) -> None:
    """Finished: from zero. A shorter cut: before its end. After a pause: some seconds back."""
    at = clock.now() - timedelta(hours=5)
    recording.record(
        database,
        caller=caller,
        actions=[said(chapter, 900_000, duration_ms=3_600_000, occurred_at=at, device_id="car")],
    )
    resume = positions.resume(database, caller=caller, chapter_id=chapter)
    assert (900_000, 15_000, "car") == (
        resume.position_ms,
        resume.suggested_rewind_ms,
        resume.device,
    )
    recording.record(database, caller=caller, actions=[said(chapter, 3_599_000)])
    ended = positions.resume(database, caller=caller, chapter_id=chapter)
    assert (0, True) == (ended.position_ms, ended.finished)


SCALE = int(os.environ.get("POSITIONS_SCALE", "1"))
"""``make positions`` runs these five times as large: 10,000 actions, 10,000 bodies."""
WRITERS, EACH, BATCH = 8, 250 * SCALE, 10
BODIES = 240 if SCALE == 1 else 2_000 * SCALE


def test_p17_a_poller_under_eight_writers_loses_nothing(
    database: Any, caller: Caller, other_password: Any
) -> None:
    """Each action once, in the cursor's order, while actions are being written."""
    episodes = [Episode(SHOW, f"https://media.example/{uuid4()}.mp3") for _ in range(5)]
    chapters = list(find_chapters(database, caller=caller, episodes=episodes).values())
    start = positions.changes(database, caller=caller, after=1).cursor
    poller = accounts.by_password(
        database,
        username=caller.email,
        password=other_password(caller.email, "poller").password,
    )[0]
    seen: list[tuple[int, UUID]] = []
    done = threading.Event()

    def write(writer: int) -> list[UUID]:
        lines = [
            said(chapters[n % 5], n * 1000, device_id=f"writer{writer}", kind=Kind.SEEK)
            for n in range(EACH)
        ]
        for index in range(0, EACH, BATCH):
            recording.record(database, caller=caller, actions=lines[index : index + BATCH])
        return [item.action_id for item in lines]

    def poll() -> None:
        cursor = start
        while True:
            last = done.is_set()
            result = positions.changes(database, caller=poller, after=cursor, limit=137)
            seen.extend((action.seq, action.action_id) for action in result.actions)
            cursor = result.cursor
            if last and not result.has_more:
                return

    polling = threading.Thread(target=poll)
    polling.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        written = [action for answer in pool.map(write, range(WRITERS)) for action in answer]
    done.set()
    polling.join(60 * SCALE)
    counts = Counter(action for _, action in seen)
    print(f"{len(written)} written by {WRITERS}, {len(seen)} polled")
    assert set(written) == set(counts)
    assert {1} == set(counts.values())
    assert all(a < b for (a, _), (b, _) in pairwise(seen))


def test_p20_the_cursor_is_a_second_of_now_or_one_more_than_the_last(
    database: Any, caller: Caller, chapter: str
) -> None:
    """Clients that use their own clock as a cursor continue to work."""
    own = replace(caller, is_shared=False)  # like a client that has a cookie
    before = int(clock.now().timestamp())
    cursors = [
        recording.record(database, caller=own, actions=[said(chapter, n * 1_000)]).cursor
        for n in range(1, 6)
    ]
    assert cursors[0] >= before
    assert sorted(set(cursors)) == cursors


def test_p21_a_page_says_that_there_is_more_and_a_cursor_from_the_future_starts_anew(
    database: Any, caller: Caller
) -> None:
    """Never an empty success: a client restored from another server gets the whole state."""
    episodes = [Episode(SHOW, f"https://media.example/{uuid4()}.mp3") for _ in range(5)]
    made = find_chapters(database, caller=caller, episodes=episodes)
    begun = positions.changes(database, caller=caller, after=0).cursor
    for episode in episodes:
        recording.record(database, caller=caller, actions=[said(made[episode], 60_000)])
    pages, after, more = [], begun, True
    while more:
        page = positions.changes(database, caller=caller, after=after, limit=2)
        pages.append(len(page.actions))
        after, more = page.cursor, page.has_more
    assert ([2, 2, 1], False) == (pages, more)
    future = positions.changes(database, caller=caller, after=after + 10**9)
    assert set(made.values()) <= {action.chapter_id for action in future.actions}
    assert after == future.cursor


def test_p29_an_episode_is_known_by_its_guid_then_by_its_file(
    database: Any, caller: Caller
) -> None:
    """A moved file keeps its chapter; a later guid is added; feeds are separate."""
    file, moved = (f"https://media.example/{uuid4()}.mp3" for _ in range(2))
    guid = str(uuid4())

    def chapter_of(episode: Episode) -> str:
        return find_chapters(database, caller=caller, episodes=[episode])[episode]

    first = chapter_of(Episode(SHOW, file))
    assert first == chapter_of(Episode(SHOW, file, guid))
    assert first == chapter_of(Episode(SHOW, moved, guid))
    assert first != chapter_of(Episode("https://shows.example/two.xml", file, guid))


def test_p36_a_device_that_is_removed_leaves_the_position_it_won(
    database: Any, caller: Caller, chapter: str
) -> None:
    """Its row is deleted; its winning position stays."""
    recording.record(database, caller=caller, actions=[said(chapter, 42_000, device_id="old")])
    with database.listener(caller.listener_id) as tx:
        accounts.delete_device(tx, caller=caller, device_id="old")
    left = subscriptions.devices(database, caller=caller)
    assert "old" not in {device.device_id for device in left}
    row = positions.position(database, caller=caller, chapter_id=chapter)
    assert 42_000 == row.position_ms


WRITER = """
import sys
from uuid import uuid4
from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.service import positions, recording
from wavehouse.listeners.types import Caller, Kind, NewAction
from wavehouse.store import Database, Listeners, Place
from uuid import UUID
place = Place("listeners", sys.argv[1], sys.argv[2], make_database=False)
database = Database[Listeners](place)
caller = Caller(ListenerId(UUID(sys.argv[3])), "", b"x" * 32)
print("ready", flush=True)
while True:
    recording.record(database, caller=caller, actions=[
        NewAction(ActionId(uuid4()), sys.argv[4], Kind.SEEK, n * 1000) for n in range(50)])
"""


def test_p16_killed_in_a_batch_an_action_is_whole_or_absent(
    database: Any, caller: Caller, chapter: str
) -> None:
    """Log and row agree after each of five kills, and batches are whole."""
    location = database.place
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, location.admin, location.secret,
             str(caller.listener_id), chapter],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.3)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    time.sleep(0.3)
    with database.worker() as tx:
        total = tx.value(
            "SELECT count(*) FROM listeners.playback_actions WHERE chapter_id = %s", [chapter]
        )
        newest = tx.value(
            "SELECT action_id FROM listeners.playback_actions WHERE chapter_id = %s"
            " ORDER BY effective_at DESC, action_id DESC LIMIT 1",
            [chapter],
        )
    assert total > 0
    assert 0 == total % 50
    row = positions.position(database, caller=caller, chapter_id=chapter)
    assert newest == row.action_id


def fuzzed(dice: Random) -> Any:
    """A body that is nearly valid, or not at all."""
    values: list[object] = [None,
              True, -1, 0, 5, 1e308, 2**70, "x", "a\0b", "", [], {}, "2026-11-20T12:00:00Z",
              str(uuid4()), "9" * 400, {"a": 1}]  # fmt: skip
    keys = ["action_id", "chapter_id", "kind", "position_ms", "duration_ms", "occurred_at",
            "podcast", "episode", "action", "timestamp", "position", "total", "device"]  # fmt: skip
    item = {
        key: dice.choice([*values, "progress", "play", SHOW])
        for key in dice.sample(keys, dice.randrange(1, len(keys)))
    }
    return dice.choice(
        [item, [item], {"actions": [item]}, {"actions": item}, [item, item], "text", 7]
    )


def test_p30_fuzzed_bodies_never_break_the_server(server_url: str, phone: Any) -> None:
    """Hundreds of bodies at every route: no 5xx, and the server still answers."""
    dice = Random(11)
    doors = [
        ("POST", f"/api/2/episodes/{phone.username}.json"),
        ("POST", f"/api/2/subscriptions/{phone.username}/fuzz.json"),
        ("PUT", f"/subscriptions/{phone.username}/fuzz.opml"),
        ("POST", "/index.php/apps/gpoddersync/episode_action/create"),
        ("POST", "/api/v1/listener/actions"),
        ("PUT", "/api/v1/listener/positions/some-chapter"),
    ]
    answers: Counter[int] = Counter()
    with httpx2.Client(base_url=server_url, auth=phone.auth) as web:
        for n in range(BODIES):
            method, path = doors[n % len(doors)]
            body = json.dumps(fuzzed(dice)).encode()
            if dice.random() < 0.1:
                body = dice.randbytes(40)
            answers[web.request(method, path, content=body).status_code] += 1
        assert 200 == web.get(f"/api/2/devices/{phone.username}.json").status_code
    print(f"{BODIES} bodies: {dict(sorted(answers.items()))}")
    assert [] == [code for code in answers if code >= 500]


PARTS = ("devices", "subscriptions", "episodes", "actions", "removed")
URLS = ["https://a.example/\ud800"]
SAYINGS: list[tuple[str, Any]] = [
    ("/api/v1/listener/actions", {"actions": [{"action_id": str(uuid4()), key: "\ud800"}]})
    for key in ("chapter_id", "device_id", "kind")
] + [
    (
        "/api/v1/listener/import",
        {"version": 1, **{part: [] for part in PARTS}, "subscriptions": URLS},
    ),
    ("/subscriptions/{user}/phone.json", URLS),
]


@pytest.mark.parametrize(("path", "body"), SAYINGS)
def test_p30_half_a_character_is_no_fault_of_the_server(
    server_url: str, phone: Any, path: str, body: Any
) -> None:
    """A lone surrogate is valid JSON but not text."""
    content = json.dumps(body).encode()
    url = server_url + path.format(user=phone.username)
    answer = httpx2.post(url, content=content, auth=phone.auth)
    assert answer.status_code in (400, 422)


def test_the_api_of_our_own_keeps_versions_and_tells_changes(
    server_url: str, phone: Any, chapter: str
) -> None:
    """ETag, If-Match, a batch, the feed, resume, devices: over HTTP."""
    with httpx2.Client(base_url=f"{server_url}/api/v1/listener", auth=phone.auth) as web:
        assert 404 == web.get(f"/positions/{chapter}").status_code
        start = web.get("/changes").json()["cursor"]
        body = {"action_id": str(uuid4()), "position_ms": 60_000, "device_id": "car"}
        made = web.put(f"/positions/{chapter}", json=body, headers={"If-None-Match": "*"})
        assert (200, '"v1"') == (made.status_code, made.headers["etag"])
        assert "duplicate" == web.put(f"/positions/{chapter}", json=body).json()["status"]
        other = {**body, "position_ms": 61_000}
        assert 409 == web.put(f"/positions/{chapter}", json=other).status_code
        new = {"action_id": str(uuid4()), "position_ms": 90_000, "device_id": "car"}
        stale = web.put(f"/positions/{chapter}", json=new, headers={"If-Match": '"v7"'})
        assert 412 == stale.status_code
        assert (
            200
            == web.put(f"/positions/{chapter}", json=new, headers={"If-Match": '"v1"'}).status_code
        )
        assert 90_000 == web.get(f"/resume/{chapter}").json()["position_ms"]
        answer = web.get("/changes", params={"after": start}).json()
        # P33: within one moment
        assert [90_000] == [item["position_ms"] for item in answer["actions"]]
        assert ["car"] == [item["device_id"] for item in web.get("/devices").json()]
        assert 204 == web.delete("/devices/car").status_code
        assert 90_000 == web.get(f"/positions/{chapter}").json()["position_ms"]
    assert 401 == httpx2.get(f"{server_url}/api/v1/listener/devices").status_code


def test_p12_a_repeated_request_is_a_duplicate_whatever_came_after(
    server_url: str, phone: Any, chapter: str
) -> None:
    """Its answer was lost, so its condition names the version before itself (RFC 9110, 13.1.1)."""
    with httpx2.Client(base_url=f"{server_url}/api/v1/listener", auth=phone.auth) as web:
        path = f"/positions/{chapter}"
        sent = {"action_id": str(uuid4()), "position_ms": 60_000, "device_id": "car"}
        headers = {"If-None-Match": "*"}
        assert '"v1"' == web.put(path, json=sent, headers=headers).headers["etag"]
        for other in (None, {**sent, "action_id": str(uuid4()), "position_ms": 90_000}):
            if other:
                assert 200 == web.put(path, json=other, headers={"If-Match": '"v1"'}).status_code
            again = web.put(path, json=sent, headers=headers)
            assert (200, "duplicate") == (again.status_code, again.json()["status"])
            assert "etag" not in again.headers  # the client has not seen the current position
        changed = web.put(path, json={**sent, "position_ms": 1}, headers=headers)
        assert 409 == changed.status_code
        assert 90_000 == web.get(path).json()["position_ms"]


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "download"},
        {"kind": "play", "position_ms": 5, "occurred_at": "1970-01-01T00:00:00Z"},
    ],
)
def test_p06_a_stored_action_that_is_no_position_is_no_error(
    server_url: str, phone: Any, chapter: str, sent: dict[str, Any]
) -> None:
    """A write that was stored is never answered by 404: the app would send it forever."""
    with httpx2.Client(base_url=f"{server_url}/api/v1/listener", auth=phone.auth) as web:
        body = {"action_id": str(uuid4()), "device_id": "car"} | sent
        answer = web.put(f"/positions/{chapter}", json=body)
        assert 200 == answer.status_code, answer.text
        assert "etag" not in answer.headers
        assert 404 == web.get(f"/positions/{chapter}").status_code
        again = web.put(f"/positions/{chapter}", json=body)
        assert "duplicate" == again.json()["status"]


def test_ac11_a_listeners_role_reads_no_creators_table_and_the_other_way_round(
    shared_workspace: Workspace,
) -> None:
    """Each login role tries every table of every other database, and cannot even connect."""
    stores = shared_workspace.stores
    places = {name: getattr(stores, name).place for name in DATABASES}
    tried = 0
    for name, location in places.items():
        for other, its in places.items():
            if name == other:
                continue
            for kind in ("app", "worker", "migrate"):
                own = psycopg.conninfo.conninfo_to_dict(location.conninfo(kind))
                there = psycopg.conninfo.conninfo_to_dict(its.conninfo(kind))
                crossing = psycopg.conninfo.make_conninfo("", **{**own, "dbname": there["dbname"]})
                tried += 1
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    psycopg.connect(crossing)
    with connect(places["listeners"].admin) as admin:
        grants = admin.execute(
            "SELECT grantee, table_name FROM information_schema.table_privileges"
            " WHERE table_schema = 'listeners' AND grantee NOT LIKE 'wavehouse_listeners%'"
            " AND grantee <> 'wavehouse_root'"
        ).fetchall()
    print(f"{tried} crossings tried, none succeeded")
    assert [] == grants


def test_p40_no_table_of_playback_has_a_network_or_an_agent(shared_workspace: Workspace) -> None:
    """Columns are checked by name and by type."""
    with shared_workspace.stores.listeners.worker() as tx:
        odd = tx.values(
            "SELECT table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'listeners' AND (data_type IN ('inet', 'cidr')"
            " OR column_name ~ '(^|_)(ip|agent|network|address)(_|$)')"
        )
    assert [] == odd


def test_row_security_shows_a_listener_their_own_rows_only(
    database: Any, caller: Caller, chapter: str, other_password: Any
) -> None:
    """Another listener's transaction does not see the rows."""
    recording.record(database, caller=caller, actions=[said(chapter, 60_000)])
    with database.listener(uuid4()) as tx:
        assert 0 == tx.value("SELECT count(*) FROM listeners.playback_positions")
        assert 0 == tx.value("SELECT count(*) FROM listeners.playback_actions")


def test_the_commands_make_a_listener_and_a_password(shared_workspace: Workspace) -> None:
    """As JSON for scripts; a used address is a conflict and makes no second account."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Any:
        yield shared_workspace

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli.listeners, list(words), obj=opened)

    email = f"{uuid4().hex}@example.org"
    made = json.loads(run("create", "--email", email.upper(), "--json").stdout)
    assert email == made["email"]
    assert run("create", "--email", email).exception is not None
    answer = json.loads(run("app-password", "--email", email, "--device", "x", "--json").stdout)
    assert {"username", "password", "device"} == set(answer)
    database: Any = shared_workspace.stores.listeners
    result, _ = accounts.by_password(
        database, username=answer["username"], password=answer["password"]
    )
    assert made["listener_id"] == str(result.listener_id)
    assert {"revoked": 1} == json.loads(
        run("revoke", "--email", email, "--device", "x", "--json").stdout
    )


def test_no_password_is_kept_in_clear(database: Any, phone: Any) -> None:
    """Only hashes: no column of the database contains the text."""
    with database.worker() as tx:
        for table in ("app_passwords", "login_sessions", "listeners", "devices"):
            rows = tx.values(f"SELECT to_jsonb(t)::text FROM listeners.{table} t")
            assert not [row for row in rows if phone.password in row]
