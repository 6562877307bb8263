"""Resuming, displaced and removed positions, coalescing, export, import and erasure."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from click.testing import CliRunner
from tests import erasing

from wavehouse import listeners as door
from wavehouse.erasure.cli.listener import erase as erase_command
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.kernel.ids import ActionId
from wavehouse.listeners import cli
from wavehouse.listeners.service import (
    accounts,
    archives,
    positions,
    recording,
    subscriptions,
)
from wavehouse.listeners.types import (
    Caller,
    Described,
    Episode,
    Kind,
    NewAction,
    ResumePolicy,
    Status,
)
from wavehouse.workspace import Workspace

FEED = "https://feeds.example/show.xml"


@pytest.fixture
def database(shared_workspace: Workspace) -> Any:
    """The listeners' database."""
    return shared_workspace.stores.listeners


def somebody(database: Any) -> Caller:
    email = f"p{uuid4().hex}@example.org"
    with database.worker() as tx:
        made = door.create(tx, email=email)
    return Caller(made.listener_id, email, b"")


@pytest.fixture
def caller(database: Any) -> Caller:
    """A new listener."""
    return somebody(database)


def episode(database: Any, caller: Caller, **words: Any) -> str:
    episode = Episode(words.pop("feed", FEED), f"https://media.example/{uuid4()}.mp3", **words)
    return recording.find_chapters(database, caller=caller, episodes=[episode])[episode]


def said(chapter: str, ms: int | None, kind: Kind = Kind.PROGRESS, **more: Any) -> NewAction:
    return NewAction(ActionId(uuid4()), chapter, kind, position_ms=ms, **more)


def test_p08_the_policy_changes_what_resuming_suggests_and_nothing_else(
    database: Any, caller: Caller
) -> None:
    """Latest, furthest, or both to choose from; the log and the winner are unchanged."""
    chapter = episode(database, caller)
    for ms in (1_800_000, 300_000):
        recording.record(database, caller=caller, actions=[said(chapter, ms, Kind.SEEK)])
    row = positions.position(database, caller=caller, chapter_id=chapter)
    fields = {}
    for policy in ResumePolicy:
        positions.set_resume_policy(database, caller=caller, policy=policy)
        resume = positions.resume(database, caller=caller, chapter_id=chapter)
        assert resume.policy is policy is positions.resume_policy(database, caller=caller)
        fields[policy] = (resume.position_ms, resume.choices)
    assert {
        ResumePolicy.LATEST: (300_000, ()),
        ResumePolicy.FURTHEST: (1_800_000, ()),
        ResumePolicy.ASK: (300_000, (300_000, 1_800_000)),
    } == fields
    assert row == positions.position(database, caller=caller, chapter_id=chapter)


@pytest.mark.parametrize(
    ("before", "after", "duration", "far"),
    [
        (0, 600_000, None, False),
        (0, 600_001, None, True),
        (100_000, 280_000, 3_600_000, False),
        (100_000, 280_001, 3_600_000, True),
        (900_000, 200_000, None, True),
    ],
)
def test_p10_a_move_of_ten_minutes_or_a_twentieth_displaces(
    database: Any, caller: Caller, before: int, after: int, duration: int | None, far: bool
) -> None:
    """The reply has the position that can be restored; the other device gets a hint."""
    chapter = episode(database, caller)
    at = clock.now() - timedelta(minutes=5)
    first = said(chapter, before, duration_ms=duration, device_id="car", occurred_at=at)
    recording.record(database, caller=caller, actions=[first])
    second = said(chapter, after, duration_ms=duration, device_id="phone")
    (done,) = recording.record(database, caller=caller, actions=[second]).results

    hint = positions.resume(
        database, caller=caller, chapter_id=chapter, device_id="car"
    ).conflict_hint
    own = positions.resume(database, caller=caller, chapter_id=chapter, device_id="phone")
    assert own.conflict_hint is None
    if not far:
        assert (None, None) == (done.displaced, hint)
        return
    assert done.displaced is not None
    assert (before, "car", first.action_id) == (
        done.displaced.position_ms,
        done.displaced.device_id,
        done.displaced.action_id,
    )
    assert hint is not None
    assert ("forward" if after > before else "backward") == hint.direction
    assert (after, before) == (hint.position_ms, hint.device_position_ms)


def test_p10_a_device_that_had_seen_the_position_displaces_nothing(
    database: Any, caller: Caller
) -> None:
    """Nor does a device that continues from its own position."""
    chapter = episode(database, caller)
    first = said(chapter, 0, device_id="car")
    recording.record(database, caller=caller, actions=[first])
    for action in (
        said(chapter, 1_200_000, device_id="phone", seen=first.action_id),
        said(chapter, 2_400_000, device_id="phone"),
    ):
        (done,) = recording.record(database, caller=caller, actions=[action]).results
        assert (Status.APPLIED, None) == (done.status, done.displaced)


def test_p29_two_of_date_link_and_title_are_one_episode(database: Any, caller: Caller) -> None:
    """A new file of a republished episode; one match is not enough, nor one in another feed."""
    feed, day = f"https://feeds.example/{uuid4()}", clock.now()
    first = episode(
        database, caller, feed=feed, described=Described("One", "https://e.example/1", day)
    )
    same = [
        Described("One", "https://e.example/1", None),
        Described("One", None, day),
        Described("Uno", "https://e.example/1", day),
    ]
    other = [
        Described("One", "https://e.example/2", None),
        Described(None, None, day),
        Described(),
    ]
    for described in same:
        assert first == episode(database, caller, feed=feed, described=described)
    for described in other:
        assert first != episode(database, caller, feed=feed, described=described)
    assert first != episode(database, caller, feed=feed + "/b", described=same[0])


def test_p32_an_entitlement_that_is_lost_takes_no_position_away(
    database: Any, caller: Caller
) -> None:
    """Granted, revoked, granted again: the position stays, is visible, and can be updated."""
    chapter = episode(database, caller)
    with database.worker() as tx:
        entitlement = tx.value(
            """
            INSERT INTO listeners.entitlements (listener_id, type, resource, scope_kind, scope,
              status, granted_at, starts_at, is_permanent, created_by, grant_reason)
            VALUES (%s, 'audiobook', 'a-book', 'manual', 'test', 'active', now(), now(), true,
              'test', 'a gift') RETURNING entitlement_id
            """,
            [caller.listener_id],
        )
    recording.record(database, caller=caller, actions=[said(chapter, 1_200_000)])
    before = positions.resume(database, caller=caller, chapter_id=chapter).position_ms

    def becomes(status: str, revoked: bool) -> None:
        with database.worker() as tx:
            changed = tx.execute(
                """
                UPDATE listeners.entitlements
                SET status = %s, revoked_at = CASE WHEN %s THEN now() END,
                    revoke_reason = CASE WHEN %s THEN 'refund' END
                WHERE entitlement_id = %s
                """,
                [status, revoked, revoked, entitlement],
            )
        assert 1 == changed

    becomes("revoked", True)
    assert before == positions.resume(database, caller=caller, chapter_id=chapter).position_ms
    answer = positions.changes(database, caller=caller, after=0)
    assert [chapter] == [action.chapter_id for action in answer.actions]
    recording.record(database, caller=caller, actions=[said(chapter, 1_260_000)])
    becomes("active", False)
    after = positions.resume(database, caller=caller, chapter_id=chapter).position_ms
    assert (1_200_000, 1_260_000) == (before, after)


def test_p33_progress_within_five_seconds_is_one_change(database: Any, caller: Caller) -> None:
    """The last one is kept; another device's, a later one and other kinds are separate changes."""
    chapter, start = episode(database, caller), clock.now() - timedelta(hours=1)
    cursor = recording.record(
        database, caller=caller, actions=[said(chapter, 1, Kind.SEEK, occurred_at=start)]
    ).cursor

    def after(seconds: float, ms: int, device: str = "phone") -> NewAction:
        at = start + timedelta(seconds=seconds)
        return said(chapter, ms, occurred_at=at, device_id=device)

    ticks = [after(1, 1_000), after(2, 2_000), after(5.9, 6_000), after(11, 11_000)]
    ticks.append(after(11.5, 20_000, "car"))
    recording.record(database, caller=caller, actions=ticks)
    feed = positions.changes(database, caller=caller, after=cursor)
    row = positions.position(database, caller=caller, chapter_id=chapter)

    assert [6_000, 11_000, 20_000] == [action.position_ms for action in feed.actions]
    assert 20_000 == row.position_ms


def test_p35_what_was_written_is_read(server_url: str, phone: Any) -> None:
    """After each 2xx a GET returns at least that version."""
    with httpx2.Client(base_url=f"{server_url}/api/v1/listener", auth=phone.auth) as api:
        episode_url = f"https://media.example/{uuid4()}.mp3"
        made = api.post("/chapters", json={"podcast_url": FEED, "episode_url": episode_url})
        text = f"/positions/{made.json()['chapter_id']}"
        for ms in range(1_000, 21_000, 1_000):
            body = {"action_id": str(uuid4()), "kind": "seek", "position_ms": ms}
            wrote = api.put(text, json=body)
            read = api.get(text)
            assert (200, ms) == (wrote.status_code, read.json()["position_ms"])
            assert wrote.headers["etag"] == read.headers["etag"]


def test_p38_p26_a_removed_position_is_a_tombstone(database: Any, caller: Caller) -> None:
    """Every other device sees it; older progress that arrives later does not restore it."""
    chapter = episode(database, caller)
    old = said(chapter, 500_000, occurred_at=clock.now() - timedelta(hours=3), device_id="attic")
    cursor = recording.record(database, caller=caller, actions=[said(chapter, 90_000)]).cursor
    positions.remove(database, caller=caller, chapter_id=chapter)
    for when in ("at once", "after an older action"):
        with pytest.raises(NotFound):
            positions.position(database, caller=caller, chapter_id=chapter)
        if when == "at once":
            recording.record(database, caller=caller, actions=[old])
    answer = positions.changes(database, caller=caller, after=cursor)
    assert ["reset", "progress"] == [action.kind for action in answer.actions]
    assert () == positions.changes(database, caller=caller, after=0).actions
    with pytest.raises(NotFound):
        positions.remove(database, caller=caller, chapter_id=chapter)
    recording.record(database, caller=caller, actions=[said(chapter, 70_000)])
    row = positions.position(database, caller=caller, chapter_id=chapter)
    assert 70_000 == row.position_ms


def state(database: Any, who: Caller) -> dict[str, Any]:
    """A listener's state that an archive must keep, without versions and cursors."""
    result = archives.archive(database, listener_id=who.listener_id)
    with database.listener(who.listener_id) as tx:
        rows = tx.connection.execute(
            "SELECT chapter_id, position_ms, duration_ms, furthest_ms, state, finished_at,"
            " finished_count, effective_at, action_id, device_id, deleted_at IS NULL"
            " FROM listeners.playback_positions WHERE listener_id = %s ORDER BY 1",
            [who.listener_id],
        ).fetchall()
    return {**result, "positions": rows}


def test_p39_an_archive_that_is_brought_in_is_the_same_again(database: Any, caller: Caller) -> None:
    """Finished, re-cut, removed and guarded chapters, shows, devices; importing twice is fine."""
    subscriptions.change(database, caller=caller, device_id="phone", add=[FEED, FEED + "?b"])
    past = clock.now() - timedelta(days=2)
    for number in range(6):
        chapter = episode(database, caller, guid=f"g{uuid4()}")
        kinds = list(permutations([Kind.PROGRESS, Kind.SEEK, Kind.FINISH]))[number]
        for index, kind in enumerate(kinds):
            at = past + timedelta(hours=index)
            item = said(
                chapter, 900_000 - 300_000 * index, kind, duration_ms=3_600_000 + number,
                occurred_at=at, device_id=("phone", "car")[index % 2],
            )  # fmt: skip
            recording.record(database, caller=caller, actions=[item])
        recording.record(database, caller=caller, actions=[said(chapter, 1_000)])
    positions.remove(database, caller=caller, chapter_id=chapter)
    before = state(database, caller)
    other = somebody(database)
    for _ in range(2):
        archives.bring_in(
            database,
            caller=other,
            document=archives.archive(database, listener_id=caller.listener_id),
        )
        assert before == state(database, other)
    assert 25 == len(before["actions"])


@pytest.mark.parametrize("told", [{}, [], {"version": 2}, {"version": 1, "devices": 3}, "x"])
def test_p39_what_is_no_archive_is_refused_whole(
    database: Any, caller: Caller, told: object
) -> None:
    """The error has the command that makes an archive."""
    with pytest.raises(InvalidInput, match="this is not a listener") as caught:
        archives.bring_in(database, caller=caller, document=told)
    assert "wavehouse listeners export" in str(caught.value.next_steps())


def test_p39_export_in_three_forms_over_http(server_url: str, phone: Any) -> None:
    """JSON that can be imported, gpodder's actions, OPML."""
    with httpx2.Client(base_url=f"{server_url}/api/v1/listener", auth=phone.auth) as api:
        chapter = api.post(
            "/chapters", json={"podcast_url": FEED, "episode_url": f"https://m.example/{uuid4()}"}
        ).json()["chapter_id"]
        body = {"action_id": str(uuid4()), "kind": "progress", "position_ms": 61_000}
        api.put(f"/positions/{chapter}", json=body)
        whole = api.get("/export").json()
        gpodder = api.get("/export", params={"form": "gpodder"}).json()["actions"]
        opml = api.get("/export", params={"form": "opml"})
        again = api.post("/import", json=whole)
        assert [61_000] == [item["position_ms"] for item in whole["actions"]]
        assert [("play", 61)] == [(item["action"], item["position"]) for item in gpodder]
        assert opml.headers["content-type"].startswith("text/x-opml")
        assert (200, 1) == (again.status_code, again.json()["actions"])
        assert whole == api.get("/export").json()
        assert 422 == api.post("/import", json={"version": 7}).status_code


def test_p37_an_erased_listener_leaves_nothing_and_a_late_upload_makes_nothing(
    server_url: str, phone: Any, shared_workspace: Workspace, database: Any
) -> None:
    """A receipt counts the rows; the phone that was offline gets 401."""
    with database.worker() as tx:
        who = accounts.find(tx, email=phone.username).listener_id
    with httpx2.Client(base_url=server_url, auth=phone.auth) as api:
        url = f"/api/2/episodes/{phone.username}.json"
        upload = [{"podcast": FEED, "episode": "https://m.example/e.mp3", "device": "phone",
                   "action": "play", "position": 60, "started": 0, "total": 600}]  # fmt: skip
        assert 200 == api.post(url, json=upload).status_code
        rows = erasing.listener(shared_workspace, phone.username)
        late = httpx2.post(f"{server_url}{url}", json=upload, auth=phone.auth)
        same_session = api.post(url, json=upload)
    assert (401, 401) == (late.status_code, same_session.status_code)
    assert (1, 1, 1) == tuple(
        rows[f"listeners.{table}"]
        for table in ("listeners", "playback_actions", "playback_positions")
    )
    with database.worker() as tx:
        assert 0 == tx.value(
            "SELECT count(*) FROM listeners.playback_actions WHERE listener_id = %s", [who]
        )


def test_p37_a_dump_after_erasure_holds_nothing_of_a_private_feed(
    server_url: str, phone: Any, shared_workspace: Workspace, database: Any
) -> None:
    """Every table is searched as text for the token, the address and the id."""
    token = f"SECRET{uuid4().hex}"
    feed = f"https://private.example/{token}/feed.xml"
    with database.worker() as tx:
        who = accounts.find(tx, email=phone.username).listener_id
    with httpx2.Client(base_url=server_url, auth=phone.auth) as api:
        upload = [{"podcast": feed, "episode": f"https://private.example/e.mp3?auth={token}",
                   "guid": f"{token}-guid", "device": "phone", "action": "play", "position": 60,
                   "started": 0, "total": 600}]  # fmt: skip
        url = f"/api/2/subscriptions/{phone.username}/phone.json"
        assert 200 == api.post(url, json={"add": [feed], "remove": []}).status_code
        assert 200 == api.post(f"/api/2/episodes/{phone.username}.json", json=upload).status_code
    words = (token, phone.username, str(who))
    before = _dumped(database)
    assert [True, True, True] == [word in before for word in words]
    erasing.listener(shared_workspace, phone.username)
    after = _dumped(database)
    assert [False, False, False] == [word in after for word in words]


def _dumped(database: Any) -> str:
    """Every row of every table of the listeners' database, as text."""
    with database.worker() as tx:
        names = tx.connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname = 'listeners' ORDER BY 1"
        ).fetchall()
        return "\n".join(
            row
            for (name,) in names
            for (row,) in tx.connection.execute(f"SELECT t::text FROM {name} t").fetchall()
        )


def test_p39_an_archive_of_several_megabytes_is_brought_in_over_http(
    server_url: str, phone: Any
) -> None:
    """Years of listening need several batches; more than 32 MiB is 413."""
    with httpx2.Client(base_url=f"{server_url}/api/v1/listener", auth=phone.auth) as api:
        archive = api.get("/export").json()
        archive["padding"] = "x" * 2_000_000
        assert 200 == api.post("/import", json=archive).status_code
        assert 413 == api.post("/import", content=b'"' + b"x" * 33 * 2**20 + b'"').status_code


def test_the_commands_carry_away_bring_in_and_erase(
    shared_workspace: Workspace, database: Any, caller: Caller, tmp_path: Path
) -> None:
    """Export to a file, import for another listener, erase both; --yes skips the question."""
    from contextlib import nullcontext

    recording.record(database, caller=caller, actions=[said(episode(database, caller), 90_000)])
    other, file = somebody(database), tmp_path / "archive.json"

    def run(*words: object, input_: str | None = None) -> Any:
        opened = lambda: nullcontext(shared_workspace)  # noqa: E731
        return CliRunner().invoke(cli.listeners, [str(w) for w in words], obj=opened, input=input_)

    assert 0 == run("export", "--email", caller.email, "--out", file).exit_code
    done = run("import", "--email", other.email, file, "--json")
    assert {"devices": 0, "subscriptions": 0, "actions": 1, "rejected": 0} == json.loads(
        done.stdout
    )

    def erase(*words: str, answer: str | None = None) -> Any:
        opened = lambda: nullcontext(shared_workspace)  # noqa: E731
        return CliRunner().invoke(erase_command, words, obj=opened, input=answer)

    assert 1 == erase("--email", other.email, answer="n\n").exit_code
    erased = erase("--email", other.email, "--yes", "--json")
    assert 1 == json.loads(erased.stdout)["rows"]["listeners.playback_positions"]
    assert "playback_actions\t1" in erase("--email", caller.email, "--yes").stdout
    file.write_text("nonsense")
    assert "not JSON" in str(run("import", "--email", caller.email, file).exception)
