"""Retention over time: rows older than their limit are removed, and no others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests import acting

from wavehouse import accounts, governance, measurement, schema
from wavehouse.governance import Action, Policy, Run, Step, StepState
from wavehouse.governance.jobs import retaining
from wavehouse.governance.service.planning import database_of
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, UsageError
from wavehouse.store import DATABASES, Stores, databases_folder, owner_role
from wavehouse.workspace import Workspace

SETTINGS = config.load({"home": "/nowhere"}, environment={})
TIMED = [p for p in governance.policies(SETTINGS) if p.action is Action.DELETE and p.table]
LINKS = "sign-in links"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def _planned(place: Workspace, name: str, at: datetime, *, large: bool = False) -> Step:
    with clock.frozen(at):
        made = governance.plan(place.stores, place.settings, large=large)
    return next(step for step in made.steps if step.policy.name == name)


def _apply(place: Workspace, *, large: bool = False) -> dict[str, Run]:
    made = governance.plan(place.stores, place.settings, large=large)
    done = governance.apply(
        place.stores, place.settings, identity=place.identity, digest=made.digest, large=large
    )
    return {run.policy: run for run in done.runs}


def _times(place: Workspace, policy: Policy) -> list[datetime]:
    with psycopg.connect(database_of(place.stores, policy).place.admin) as connection:
        rows = connection.execute(
            sql.SQL("SELECT {clock} FROM {table} WHERE {clock} IS NOT NULL ORDER BY 1").format(
                clock=sql.Identifier(policy.clock),
                table=sql.Identifier(*policy.table.split(".")),
            )
        ).fetchall()
    return [each if isinstance(each, datetime) else clock.start_of_day(each) for (each,) in rows]


@pytest.fixture(scope="module")
def seeded(shared_workspace: Workspace) -> Workspace:
    """A workspace with a sample row in every table."""
    for name in DATABASES:
        place = getattr(shared_workspace.stores, name).place
        schema.seed(place.admin, databases_folder(name) / "seeds", role=owner_role(name))
    return shared_workspace


@pytest.mark.parametrize("policy", TIMED, ids=lambda policy: policy.name)
def test_rows_go_when_their_time_has_come_and_not_a_day_earlier(
    seeded: Workspace, policy: Policy
) -> None:
    """The clock moves: the oldest sample row stays through its last day and is due on the next."""
    times = _times(seeded, policy)
    assert times
    assert policy.keep is not None
    day = times[0].replace(hour=0, minute=0, second=0, microsecond=0)
    if policy.keep.unit == "expiry":
        last, next_ = times[0], times[0] + timedelta(microseconds=1)
    else:
        years = policy.keep.number / 12 if policy.keep.unit == "month" else policy.keep.number
        length = {"day": policy.keep.number}.get(policy.keep.unit, round(years * 365.25) - 2)
        last, next_ = day + timedelta(days=length), day + timedelta(days=length + 4)

    assert StepState.NOTHING is _planned(seeded, policy.name, last).state
    due = _planned(seeded, policy.name, next_)
    assert StepState.DUE is due.state
    assert times[0] == due.due.oldest or policy.keep.unit != "expiry"
    assert 1 <= due.due.rows <= len(times)


def test_whatever_has_a_limit_is_gone_in_the_end(workspace: Workspace) -> None:
    """Thirty years later, a row of every table with a limit is removed, as the plan counts."""
    for name in DATABASES:
        place = getattr(workspace.stores, name).place
        schema.seed(place.admin, databases_folder(name) / "seeds", role=owner_role(name))
    with clock.frozen(NOW + timedelta(days=365 * 30)):
        # The samples of raw data and of rollups are independent: they do not agree.
        _settle(workspace.stores)
        _seal(workspace)
        expected = {
            step.policy.name: step.due.rows
            for step in governance.plan(workspace.stores, workspace.settings).steps
            if step.state is StepState.DUE
        }
        done = _apply(workspace)

    assert {p.name for p in TIMED} <= set(expected)
    assert {"listener events", "requests", "hourly rollups", "usage events"} <= set(expected)
    assert {name: ("done", rows) for name, rows in expected.items()} == {
        name: (run.status, run.rows_removed) for name, run in done.items()
    }
    assert [] == [
        time
        for policy in TIMED
        if policy.name != "retention runs of rollups"
        for time in _times(workspace, policy)
        if time < NOW + timedelta(days=365 * 20)
    ]


def _settle(stores: Stores) -> None:
    with stores.operational.worker() as tx:
        tx.execute("DELETE FROM measurement.count_log")
        tx.execute("DELETE FROM measurement.dirty_log")
    measurement.reconcile(stores, repair=True)


def _seal(place: Workspace) -> None:
    assert {""} == {each.reason for each in measurement.seal(place.stores, place.settings)}


def test_a_plan_is_applied_by_its_digest_and_no_other(workspace: Workspace) -> None:
    """A row added meanwhile changes the plan; an abbreviated digest is refused."""
    with clock.frozen(NOW):
        _links(workspace, 3)
        made = governance.plan(workspace.stores, workspace.settings)
        _links(workspace, 1)
        for wrong in (made.digest, made.digest[:12], "", "0" * 64):
            with pytest.raises(Conflict, match="the plan has changed"):
                _applied(workspace, wrong)
        fresh = governance.plan(workspace.stores, workspace.settings)
        with pytest.raises(Conflict, match="the plan has changed"):
            _applied(workspace, fresh.digest[:11])
        done = _applied(workspace, fresh.digest[:12].upper())

    assert [(LINKS, "done", 4)] == [(r.policy, r.status, r.rows_removed) for r in done]


def _applied(place: Workspace, digest: str) -> tuple[Run, ...]:
    return governance.apply(
        place.stores, place.settings, identity=place.identity, digest=digest
    ).runs


def _links(place: Workspace, number: int, *, until: datetime | None = None) -> None:
    """Sign-in links that have expired."""
    with place.stores.operational.worker() as tx:
        tx.execute(
            "INSERT INTO accounts.login_links (token_hash, organization_id, user_id, expires_at) "
            "SELECT sha256(uuidv7()::text::bytea), %s, %s, %s FROM generate_series(1, %s)",
            [
                place.identity.organization_id,
                place.identity.user_id,
                until or NOW - timedelta(hours=1),
                number,
            ],
        )


def test_rows_are_deleted_in_chunks_that_commit_with_their_count(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted run has removed the number that it reports, and the next one continues."""
    from wavehouse.governance.queries import removing
    from wavehouse.governance.service import applying

    monkeypatch.setattr(applying, "CHUNK", 10)
    with clock.frozen(NOW):
        _links(workspace, 35)
        seen: list[int] = []

        def stop_after_two(*arguments: Any, **named: Any) -> int:
            if len(seen) == 2:
                raise psycopg.errors.QueryCanceled("stopped")
            seen.append(deleted(*arguments, **named))
            return seen[-1]

        deleted = removing.delete_some
        monkeypatch.setattr(removing, "delete_some", stop_after_two)
        first = _apply(workspace)[LINKS]
        monkeypatch.setattr(removing, "delete_some", deleted)
        second = _apply(workspace)[LINKS]

    assert ("failed", 20, "stopped") == (first.status, first.rows_removed, first.reason)
    assert ("done", 15) == (second.status, second.rows_removed)


def test_three_times_the_usual_is_refused_unless_it_is_allowed(workspace: Workspace) -> None:
    """The other policies run; the reason is stored."""
    with clock.frozen(NOW):
        _links(workspace, 1)
        assert "done" == _apply(workspace)[LINKS].status
        _links(workspace, 1001)
        refused = _apply(workspace)[LINKS]
        assert "1,001 rows are due" in str(refused.reason)
        allowed = _apply(workspace, large=True)[LINKS]

    assert ("refused", 0) == (refused.status, refused.rows_removed)
    assert ("done", 1001) == (allowed.status, allowed.rows_removed)


def test_rt5_a_legal_hold_beats_retention_until_it_ends(workspace: Workspace) -> None:
    """The hold is for a table, is audited, and ends at its time or earlier by hand."""
    with clock.frozen(NOW):
        _links(workspace, 2)
        with workspace.stores.operational.worker() as tx:
            held = governance.hold_table(
                tx,
                workspace.settings,
                identity=workspace.identity,
                table="operational.accounts.login_links",
                reason="case 12",
                expires_at=NOW + timedelta(days=10),
            )
        skipped = _apply(workspace)[LINKS]
        assert ("skipped", 0) == (skipped.status, skipped.rows_removed)
        assert "case 12" in str(skipped.reason)
    assert StepState.HELD is _planned(workspace, LINKS, NOW + timedelta(days=9)).state
    assert StepState.DUE is _planned(workspace, LINKS, NOW + timedelta(days=10)).state
    hold_id = held.legal_hold_id
    with clock.frozen(NOW):
        governance.release_hold(workspace.stores, identity=workspace.identity, hold_id=hold_id)
        with pytest.raises(NotFound):
            governance.release_hold(workspace.stores, identity=workspace.identity, hold_id=hold_id)
    with workspace.stores.operational.worker() as tx:
        actions = tx.values("SELECT action FROM audit.audit_log WHERE action LIKE 'legal%'")
    assert ["legal_hold.ordered", "legal_hold.released"] == sorted(actions)
    assert StepState.DUE is _planned(workspace, LINKS, NOW).state


def test_rt5_a_hold_on_a_person_stops_that_persons_database(workspace: Workspace) -> None:
    """Retention does not know which rows belong to the person, so all of them stay."""
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "INSERT INTO governance.legal_holds (subject_hash, reason, ordered_by, starts_at, "
            "expires_at) VALUES (sha256('x'), 'case 13', 'court', %s, %s)",
            [NOW - timedelta(days=1), NOW + timedelta(days=1)],
        )
    _links(workspace, 1)

    assert StepState.HELD is _planned(workspace, LINKS, NOW).state
    assert StepState.DUE is _planned(workspace, LINKS, NOW + timedelta(days=2)).state


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"table": "operational.nowhere.table"}, "no retention policy covers"),
        ({"reason": " \u202e "}, "needs a reason"),
        ({"expires_at": NOW}, "in the future"),
    ],
)
def test_a_hold_without_table_reason_or_future_is_refused(
    workspace: Workspace, words: dict[str, Any], message: str
) -> None:
    """A hold always needs an end and a reason."""
    given = {
        "table": "operational.sponsorship.reports",
        "reason": "case 12",
        "expires_at": NOW + timedelta(days=1),
    }
    with (
        clock.frozen(NOW),
        workspace.stores.operational.worker() as tx,
        pytest.raises(InvalidInput, match=message),
    ):
        governance.hold_table(
            tx, workspace.settings, identity=workspace.identity, **{**given, **words}
        )


def test_the_daily_run_reports_by_default_and_removes_where_it_is_set(
    workspace: Workspace,
) -> None:
    """``plan`` stores the due numbers; ``apply`` removes the rows; ``off`` runs nothing."""

    def of(mode: str) -> Workspace:
        flags = {"home": str(workspace.settings.home), "retention": mode}
        return replace(workspace, settings=config.load(flags, environment={}))

    with clock.frozen(NOW):
        _links(workspace, 2)
        assert retaining(of("off")) is None
        planning, applying = retaining(of("plan")), retaining(of("apply"))
        assert planning is not None
        assert applying is not None
        assert "Retention: 2 rows are due." == planning()
        assert "Retention: 2 rows removed." == applying()
        assert (None, None) == (planning(), applying())
        runs = [(run.policy, run.status) for _, run in governance.list_runs(workspace.stores)]

    assert [(LINKS, "done"), (LINKS, "planned")] == sorted(runs)


def test_old_files_of_reports_go_and_links_are_not_followed(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Files are selected by modification time; empty folders are removed with them."""
    reports = workspace.settings.home / "reports"
    (reports / "2020").mkdir(parents=True)
    old, new, outside = reports / "2020" / "old.pdf", reports / "new.pdf", tmp_path / "mine.pdf"
    for path in (old, new, outside):
        path.write_bytes(b"12345")
        stamp = (NOW - timedelta(days=365 * (0 if path is new else 6))).timestamp()
        os.utime(path, (stamp, stamp))
    (reports / "link.pdf").symlink_to(outside)
    (reports / "linked").symlink_to(tmp_path)
    with clock.frozen(NOW):
        run = _apply(workspace)["files of reports"]

    assert ("done", 1, 5) == (run.status, run.rows_removed, run.bytes_freed)
    assert (False, False, True, True) == (
        old.exists(),
        old.parent.exists(),
        new.exists(),
        outside.exists(),
    )


def _day(stores: Stores, day: date, events: int) -> None:
    """A day of raw events of one show, as counting stores them: rolled up."""
    with stores.operational.worker() as tx:
        tx.execute("SELECT measurement.ensure_day(%s)", [day])
        tx.execute(
            "INSERT INTO measurement.listener_events (podcast_id, timestamp, event_id, "
            "organization_id, episode_id, event_type, listener_key) "
            "SELECT '0190a6f0-0000-7000-8000-000000000001', %s::date + n * interval '1 minute', "
            "uuidv7(), '0190a6f0-0000-7000-8000-000000000002', "
            "'0190a6f0-0000-7000-8000-000000000003', 'download', n "
            "FROM generate_series(1, %s) n",
            [day, events],
        )
        tx.execute(
            "INSERT INTO measurement.dirty_log (hour) SELECT h FROM generate_series("
            "%s::timestamptz, %s::timestamptz + interval '23 hours', interval '1 hour') h",
            [clock.start_of_day(day), clock.start_of_day(day)],
        )


def _downloads(stores: Stores) -> dict[str, int]:
    with stores.analytics.worker() as tx:
        rows = tx.dicts(
            "SELECT day::text, sum(downloads)::int AS n FROM analytics.listener_events_daily "
            "GROUP BY 1 ORDER BY 1"
        )
    return {row["day"]: row["n"] for row in rows}


@pytest.fixture
def two_days(workspace: Workspace) -> Iterator[Workspace]:
    """Raw events of an old and of a recent day, not yet rolled up, at noon of 29 November."""
    with clock.frozen(NOW):
        _day(workspace.stores, date(2026, 8, 1), 5)
        _day(workspace.stores, date(2026, 11, 1), 7)
        yield workspace


def test_raw_days_stay_until_their_figures_are_settled(two_days: Workspace) -> None:
    """Marked hours and differing rollups block the removal; settled days are dropped whole."""
    name, stores = "listener events", two_days.stores
    assert "wait to be counted" in _planned(two_days, name, NOW).reason
    measurement.roll_up(stores)
    with stores.analytics.worker() as tx:
        tx.execute("UPDATE analytics.listener_events_daily SET downloads = 4 WHERE downloads = 5")
    assert "differ from the raw events" in _planned(two_days, name, NOW).reason
    measurement.reconcile(stores, repair=True)
    assert "are not sealed" in _planned(two_days, name, NOW).reason
    _seal(two_days)
    done = _apply(two_days)[name]

    assert ("done", 5) == (done.status, done.rows_removed)
    assert int(done.bytes_freed or 0) > 0
    assert {"2026-08-01": 5, "2026-11-01": 7} == _downloads(stores)


@pytest.mark.parametrize("lost", [False, True])
def test_figures_of_dropped_days_are_computed_again_from_their_files_only(
    two_days: Workspace, lost: bool
) -> None:
    """A mark on such a day changes no figure; without its files its rollups are the only record."""
    stores = two_days.stores
    measurement.roll_up(stores)
    _seal(two_days)
    _apply(two_days)
    if lost:
        shutil.rmtree(two_days.settings.home / "sealed" / "dt=2026-08-01")
    with stores.operational.worker() as tx:
        tx.execute("INSERT INTO measurement.dirty_log (hour) VALUES ('2026-08-01T00:00Z')")
        tx.execute("INSERT INTO measurement.dirty_log (hour) VALUES ('2026-11-01T00:00Z')")
    rolled = measurement.roll_up(stores)

    assert (1 if lost else 2) == rolled.hours
    assert {"2026-08-01": 5, "2026-11-01": 7} == _downloads(stores)
    assert () == measurement.reconcile(stores).mismatches


def test_figures_that_need_dropped_data_say_so(two_days: Workspace) -> None:
    """Of days dropped before any was sealed: listeners are unknown, audience is refused."""
    stores, identity = two_days.stores, two_days.identity
    acting.operational(two_days, accounts.choose_plan, tier="enterprise", persona=None)
    measurement.roll_up(stores)
    old, kept = date(2026, 8, 1), date(2026, 8, 31)
    with stores.operational.app(identity.organization_id) as tx:
        assert 0 == measurement.listeners(tx, identity=identity, first=old, last=old)
    _seal(two_days)
    _apply(two_days)
    with stores.operational.app(identity.organization_id) as tx:
        assert 0 == measurement.listeners(tx, identity=identity, first=old, last=old)
    with stores.operational.worker() as tx:
        tx.execute("DELETE FROM measurement.sealed_days")
    with stores.operational.app(identity.organization_id) as tx:
        assert measurement.listeners(tx, identity=identity, first=old, last=old) is None
        assert 0 == measurement.listeners(tx, identity=identity, first=kept, last=kept)
        for asked in (measurement.audience, measurement.by_window):
            with pytest.raises(UsageError, match="removed the raw data before 2026-08-31"):
                asked(tx, identity=identity, first=old, last=old)
            assert asked(tx, identity=identity, first=kept, last=kept) is not None


def test_a_partition_of_the_last_week_is_never_dropped(two_days: Workspace) -> None:
    """The database refuses whatever the caller requests; also a table that is not a partition."""
    drop = "SELECT governance.drop_partition('measurement.listener_events', %s::regclass, %s)"
    for part, day in [
        ("measurement.listener_events_20261101", date(2026, 11, 28)),
        ("measurement.listener_events_20261101", date(2026, 11, 1)),
        ("measurement.requests_20260801", date(2026, 11, 1)),
        ("accounts.users", date(2026, 11, 1)),
    ]:
        with (
            pytest.raises(psycopg.Error, match=r"never dropped|is not a partition"),
            two_days.stores.operational.worker() as tx,
        ):
            tx.execute(drop, [part, day])


def test_a_killed_run_is_ended_by_the_next(workspace: Workspace) -> None:
    """SIGKILL leaves a run in state running; the policy's next run marks it as interrupted."""
    with clock.frozen(NOW):
        _links(workspace, 1)
        made = governance.plan(workspace.stores, workspace.settings)
        with workspace.stores.operational.worker() as tx:
            tx.execute(
                "INSERT INTO governance.retention_runs (policy, table_name, action, plan_digest, "
                "keep_from, rows_removed, status, started_at) VALUES (%s, 'accounts.login_links', "
                "'delete', sha256('x'), %s, 7, 'running', %s)",
                [LINKS, NOW, NOW - timedelta(hours=1)],
            )
        _applied(workspace, made.digest)
        runs = [
            (run.status, run.rows_removed, run.reason)
            for _, run in governance.list_runs(workspace.stores)
        ]

    assert [("done", 1, None), ("failed", 7, "the program stopped")] == runs
