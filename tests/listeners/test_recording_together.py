"""Concurrent uploads share a transaction, with the same result as one after another."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests import erasing, looping

from wavehouse import listeners
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn, PreconditionFailed
from wavehouse.kernel.ids import ActionId
from wavehouse.listeners.queries import recording as queries
from wavehouse.listeners.service import accounts, positions, recording, subscriptions
from wavehouse.listeners.types import Batch, Caller, Condition, Kind, NewAction, Status, Upload
from wavehouse.workspace import Workspace


@pytest.fixture
def database(shared_workspace: Workspace) -> Any:
    return shared_workspace.stores.listeners


@pytest.fixture
def three(database: Any) -> list[Caller]:
    """Three listeners, each with a session."""
    callers = []
    for _ in range(3):
        email = f"{uuid4().hex}@example.org"
        with database.worker() as tx:
            listeners.create(tx, email=email)
            made = listeners.new_app_password(tx, email=email, device="phone")
        callers.append(accounts.by_password(database, username=email, password=made.text)[0])
    return callers


@pytest.fixture
def chapter() -> str:
    """A chapter named by an app's own id."""
    return str(uuid4())


def said(chapter: str, ms: int, **more: Any) -> NewAction:
    return NewAction(ActionId(uuid4()), chapter, Kind.SEEK, position_ms=ms, **more)


def upload(who: Caller, *actions: NewAction, **more: Any) -> Upload:
    return Upload(who, actions, **more)


def told(outcome: Batch | recording.Refusal) -> Batch:
    assert isinstance(outcome, Batch)
    return outcome


def place(database: Any, who: Caller, chapter: str) -> int:
    return positions.position(database, caller=who, chapter_id=chapter).position_ms


def test_p15_each_upload_has_its_own_statuses_cursor_and_rows(
    database: Any, three: list[Caller], chapter: str
) -> None:
    """Three listeners in one chapter; one repeats an action, another contradicts itself."""
    a, b, c = three
    first, second = said(chapter, 10_000), said(chapter, 20_000)
    recording.record(database, caller=b, actions=[second])
    other = NewAction(second.action_id, chapter, Kind.SEEK, position_ms=1)

    done = [
        told(item)
        for item in recording.record_all(
            database,
            [upload(a, first, first), upload(b, other), upload(c, said(chapter, 30_000))],
        )
    ]

    assert [[result.status for result in each.results] for each in done] == [
        [Status.APPLIED, Status.DUPLICATE],
        [Status.REJECTED],
        [Status.APPLIED],
    ]
    assert [place(database, who, chapter) for who in three] == [10_000, 20_000, 30_000]
    assert [each.versions for each in done] == [{chapter: 1}] * 3
    for who, each in zip(three, done, strict=True):
        seen = positions.changes(database, caller=who, after=each.cursor - 5).actions
        assert {item.position_ms for item in seen} == {place(database, who, chapter)}


def test_p12_who_had_read_an_old_version_is_refused_alone(
    database: Any, three: list[Caller], chapter: str
) -> None:
    a, b, _ = three
    recording.record(database, caller=a, actions=[said(chapter, 10_000)])

    first, second = recording.record_all(
        database,
        [
            upload(a, said(chapter, 90_000), condition=Condition(exists=False)),
            upload(b, said(chapter, 20_000), condition=Condition(exists=False)),
        ],
    )

    assert isinstance(first, PreconditionFailed)
    assert told(second).results[0].status is Status.APPLIED
    assert [place(database, who, chapter) for who in (a, b)] == [10_000, 20_000]


def test_p02_late_and_new_actions_of_several_listeners_are_folded_apart(
    database: Any, three: list[Caller], chapter: str
) -> None:
    """One has an action older than the stored ones: only its own chapter is folded again."""
    a, b, _ = three
    now = clock.now()
    for who in (a, b):
        recording.record(
            database,
            caller=who,
            actions=[said(chapter, 50_000, occurred_at=now - timedelta(minutes=1))],
        )

    late, new = recording.record_all(
        database,
        [
            upload(a, said(chapter, 70_000, occurred_at=now - timedelta(hours=1))),
            upload(b, said(chapter, 80_000, occurred_at=now)),
        ],
    )

    assert told(late).results[0].status is Status.SUPERSEDED
    assert told(new).results[0].status is Status.APPLIED
    assert [place(database, who, chapter) for who in (a, b)] == [50_000, 80_000]
    row = positions.position(database, caller=a, chapter_id=chapter)
    assert row.furthest_ms == 70_000


def test_p19_a_cursor_skips_nothing_of_one_s_own_and_nothing_of_others_counts(
    database: Any, three: list[Caller], chapter: str
) -> None:
    a, b, _ = three
    recording.record(database, caller=a, actions=[said(chapter, 1_000, device_id="phone")])
    recording.record(database, caller=b, actions=[said(chapter, 1_000, device_id="phone")])
    desk = replace(b, session=b"another session")
    recording.record(database, caller=desk, actions=[said(chapter, 2_000, device_id="desk")])

    done = [
        told(item)
        for item in recording.record_all(
            database,
            [
                upload(a, said(chapter, 9_000, device_id="phone")),
                upload(b, said(chapter, 9_000, device_id="phone")),
            ],
        )
    ]

    seen = [
        [
            action.position_ms
            for action in positions.changes(database, caller=who, after=each.cursor).actions
        ]
        for who, each in zip((a, b), done, strict=True)
    ]
    assert [] == seen[0]
    assert 2_000 in seen[1]


def test_p37_who_was_erased_meanwhile_is_a_stranger_and_harms_nobody(
    shared_workspace: Workspace, database: Any, three: list[Caller], chapter: str
) -> None:
    a, b, c = three
    erasing.listener(shared_workspace, b.email)

    first, gone, third = recording.record_all(
        database, [upload(who, said(chapter, 40_000)) for who in three]
    )

    assert isinstance(gone, NotSignedIn)
    assert [told(item).results[0].status for item in (first, third)] == [Status.APPLIED] * 2
    assert [place(database, who, chapter) for who in (a, c)] == [40_000] * 2
    with pytest.raises(NotSignedIn):
        subscriptions.change(database, caller=b, device_id=None, add=["https://a.example/feed"])


def test_nobody_fails_by_what_another_sent(
    database: Any, three: list[Caller], chapter: str
) -> None:
    """An upload refused by PostgreSQL ends the shared transaction; the others are written alone."""
    a, b, c = three
    uploads = [upload(who, said(chapter, 40_000)) for who in three]
    uploads[1] = upload(b, said("a\0b", 40_000))
    with pytest.raises(psycopg.DataError):
        recording.record_all(database, uploads)

    async def together() -> list[Any]:
        recorder = recording.recorder(database)
        return await asyncio.gather(*map(recorder.ask, uploads), return_exceptions=True)

    first, bad, third = looping.run(together())

    assert isinstance(bad, psycopg.DataError)
    assert [told(item).results[0].status for item in (first, third)] == [Status.APPLIED] * 2
    assert [place(database, who, chapter) for who in (a, c)] == [40_000] * 2


def test_the_rows_of_a_listener_who_is_not_named_are_not_seen(
    database: Any, three: list[Caller], chapter: str
) -> None:
    """Row security in a transaction for several listeners."""
    for who in three:
        recording.record(database, caller=who, actions=[said(chapter, 10_000)])
    wanted = [(who.listener_id, chapter) for who in three]

    with database.listener(*(who.listener_id for who in three[:2])) as tx:
        seen = queries.current_rows(tx, chapters=wanted)()

    assert set(seen) == set(wanted[:2])


WRITER = """
import sys
from uuid import UUID, uuid4
from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.service import recording
from wavehouse.listeners.types import Caller, Kind, NewAction, Upload
from wavehouse.store import Database, Listeners, Place
database = Database[Listeners](Place("listeners", sys.argv[1], sys.argv[2], make_database=False))
chapter, *ids = sys.argv[3:]
callers = [Caller(ListenerId(UUID(one)), "", one.encode()) for one in ids]
print("ready", flush=True)
while True:
    recording.record_all(database, [
        Upload(who, tuple(NewAction(ActionId(uuid4()), chapter, Kind.SEEK, n) for n in range(20)))
        for who in callers])
"""


def test_p16_killed_in_a_group_all_of_it_is_there_or_nothing(
    database: Any, three: list[Caller], chapter: str
) -> None:
    """Five kills: every listener of a group has whole uploads, and as many as the others."""
    ids = [str(who.listener_id) for who in three]
    words = [database.place.admin, database.place.secret, chapter, *ids]
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, *words], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.3)
        writer.kill()
        writer.wait()
    with database.worker() as tx:
        counted = tx.values(
            "SELECT count(*) FROM listeners.playback_actions WHERE chapter_id = %s"
            " GROUP BY listener_id",
            [chapter],
        )
        newest = dict(
            tx.connection.execute(
                "SELECT DISTINCT ON (listener_id) listener_id, action_id"
                " FROM listeners.playback_actions WHERE chapter_id = %s"
                " ORDER BY listener_id, effective_at DESC, action_id DESC",
                [chapter],
            ).fetchall()
        )
    assert len(counted) == 3
    assert len(set(counted)) == 1
    assert counted[0] % 20 == 0
    for who in three:
        row = positions.position(database, caller=who, chapter_id=chapter)
        assert row.action_id == newest[who.listener_id]


def test_p37_erasing_and_recording_wait_for_each_other_in_one_order(
    shared_workspace: Workspace, database: Any, three: list[Caller], chapter: str
) -> None:
    """Two writers of overlapping groups and a concurrent erasure never deadlock.

    PostgreSQL would end one of them with an error after a second.
    """
    gone = threading.Event()

    def write(callers: list[Caller]) -> int:
        written = 0
        while not gone.is_set():
            outcomes = recording.record_all(
                database, [upload(who, said(chapter, 10_000)) for who in callers]
            )
            written += sum(isinstance(outcome, Batch) for outcome in outcomes)
        return written

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, three), pool.submit(write, three[::-1])]
        try:
            for who in three:
                time.sleep(0.2)
                erasing.listener(shared_workspace, who.email)
        finally:
            gone.set()
        written = [writer.result() for writer in writers]

    assert min(written) > 0
    with database.worker() as tx:
        left = tx.value(
            "SELECT count(*) FROM listeners.playback_actions WHERE chapter_id = %s", [chapter]
        )
    assert left == 0


def test_p02_a_late_action_is_folded_from_a_checkpoint_as_from_the_whole_history(
    database: Any, three: list[Caller], chapter: str
) -> None:
    """450 actions, then late ones at several places: the same row as from a single fold."""
    dice, start = Random(7), clock.now() - timedelta(days=3)
    actions = [
        NewAction(
            ActionId(uuid4()), chapter, dice.choice([Kind.PROGRESS, Kind.SEEK, Kind.FINISH]),
            dice.randrange(3_600_000), duration_ms=3_600_000, device_id=f"d{n % 3}",
            occurred_at=start + timedelta(minutes=n),
        )
        for n in range(450)
    ]  # fmt: skip
    late = [actions.pop(n) for n in (440, 433, 390, 120, 3, 0)]
    rows = []
    for who, order in zip(
        three[:2], ([*actions, *late], sorted([*late, *actions], key=at)), strict=True
    ):
        for first in range(0, 444, 200):
            recording.record(database, caller=who, actions=order[first : min(first + 200, 444)])
        for item in order[444:]:
            recording.record(database, caller=who, actions=[item])
        row = positions.position(database, caller=who, chapter_id=chapter)
        rows.append(
            (row.position_ms, row.furthest_ms, row.state, row.finished_count, row.action_id)
        )
    assert rows[0] == rows[1]
    with database.worker() as tx:
        assert 0 < tx.value("SELECT count(*) FROM listeners.playback_checkpoints")


def at(action: NewAction) -> Any:
    return action.occurred_at


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("chapter_keys", "key_hash = '\\x00'::bytea"),
        ("chapters", "chapter_id = 'c'"),
        ("playback_actions", "action_id = listener_id"),
        ("playback_positions", "chapter_id = 'c'"),
    ],
)
def test_p15_a_lookup_by_key_does_not_search_by_the_policy(
    database: Any, three: list[Caller], table: str, key: str
) -> None:
    """The planner would take any index of the listener's column for as good as that of the key."""
    who = three[0].listener_id
    with database.listener(who) as tx:
        tx.execute("SET LOCAL enable_seqscan = off")  # small tables are read whole
        plan = tx.values(
            f"EXPLAIN SELECT 1 FROM listeners.{table} WHERE listener_id = '{who}' AND {key}"
        )

    searched = [line for line in plan if "Index Cond" in line]
    assert searched, plan
    assert not any("ANY" in line for line in searched), plan
