"""From feeds and logs to figures, which equal the simulator's truth for every rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests import acting
from tests.clones import Clones

from wavehouse import app, catalog, measurement
from wavehouse.kernel import clock, config
from wavehouse.measurement.service import count_only
from wavehouse.simulation import Settings, exact_formats, simulate
from wavehouse.workspace import Workspace


class World(NamedTuple):
    """A simulated folder, counted."""

    workspace: Workspace
    truth: dict[str, Any]
    read: measurement.Tally
    folder: Path

    @property
    def first(self) -> date:
        return date.fromisoformat(self.truth["from"])

    @property
    def last(self) -> date:
        return date.fromisoformat(self.truth["until"])

    def figures(self, by: Any) -> dict[str, int]:
        result = acting.both(
            self.workspace, measurement.figures, by=by, first=self.first, last=self.last
        )
        return {f.member: f.downloads for f in result}

    def by_guid(self) -> dict[str, int]:
        """Downloads by the episodes' guids."""
        with self.workspace.stores.operational.worker() as tx:
            rows = tx.connection.execute("SELECT episode_id::text, guid FROM catalog.episodes")
            guids = dict(rows.fetchall())
        return {guids[member]: count for member, count in self.figures("episode").items()}


# Seed, format, people, days, last day: the periods cross the end of a month, one that of a year.
WORLDS = [
    (seed, form, until)
    for seed, until, forms in (
        (1, date(2026, 11, 8), exact_formats()),
        (2, date(2026, 3, 5), ("cloudfront", "combined")),
        (3, date(2026, 1, 9), ("cloudfront", "combined")),
    )
    for form in forms
]


def _register(workspace: Workspace, folder: Path) -> None:
    reading = catalog.FeedReading(
        source=catalog.FileFeedSource(), media=catalog.read_media_file(folder / "media.json")
    )
    for feed in sorted((folder / "feeds").iterdir()):
        catalog.ingest_feed(
            workspace.stores.operational,
            identity=workspace.identity,
            location=str(feed),
            reading=reading,
        )


GATED = [
    pytest.param(w, marks=[pytest.mark.harness] if w[0] != WORLDS[0][0] else []) for w in WORLDS
]
"""The other seeds run in ``make harness`` only, to keep the gate short."""


@pytest.fixture(scope="module", params=GATED, ids=lambda w: f"seed {w[0]} {w[1]}")
def world(
    request: pytest.FixtureRequest,
    clones: Clones,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """A small simulation, its feeds registered and its logs counted."""
    seed, form, until = request.param
    folder = tmp_path_factory.mktemp("world") / "sample"
    truth = simulate(Settings(seed, 40, 12, until, form), folder)
    settings = config.load({"home": str(folder)}, environment={})
    with (
        clones.lent() as opened,
        clock.frozen(clock.start_of_day(until + timedelta(days=1))),
    ):
        workspace = app.entered(settings, opened)
        _register(workspace, folder)
        read = measurement.Tally()
        # In reverse order: the order does not matter, and late days are counted like any other.
        logs = sorted((folder / "logs").iterdir(), reverse=True)
        for result in measurement.ingest_logs(
            workspace.stores.operational,
            workspace.settings,
            identity=workspace.identity,
            paths=logs,
        ):
            read.add(result.tally)
        measurement.count(workspace.stores.operational, workspace.settings)
        measurement.roll_up(workspace.stores)
        yield World(workspace, json.loads(json.dumps(truth)), read, folder)


def test_downloads_equal_the_truth_by_every_member(world: World) -> None:
    """The figures are equal in total, by day, episode, app and country."""
    answer = world.truth["downloads"]

    assert answer["by_day"] == world.figures("day")
    assert answer["by_episode"] == world.by_guid()
    assert answer["by_app"] == world.figures("app")
    assert answer["by_country"] == world.figures("country")
    assert answer["total"] == sum(world.figures("day").values())


def test_listeners_equal_the_truth_across_the_border_of_a_month(world: World) -> None:
    """R43: by day, and over the last 28 days, although keys change every month."""
    days = acting.analytics(world.workspace, measurement.days, first=world.first, last=world.last)
    first = world.last - timedelta(days=27)

    assert world.first.month != world.last.month
    assert world.truth["listeners"]["by_day"] == {str(d.day): d.listeners for d in days}
    assert world.truth["listeners"]["last_28_days"] == acting.operational(
        world.workspace, measurement.listeners, first=first, last=world.last
    )


def test_what_does_not_count_equals_the_truth(world: World) -> None:
    """Every filtered request has its reason, every other its outcome; all of them are stored."""
    first, last = world.first, world.last
    outcomes = acting.operational(world.workspace, measurement.outcomes, first=first, last=last)
    counted = outcomes.pop("counted", 0)

    assert world.truth["filtered"] == acting.operational(
        world.workspace, measurement.filtered, first=first, last=last
    )
    assert world.truth["outcomes"] == outcomes
    assert world.truth["flagged"] == acting.operational(
        world.workspace, measurement.flagged, first=first, last=last
    )
    filtered = sum(world.truth["filtered"].values())
    assert world.read.stored == counted + filtered + sum(world.truth["outcomes"].values())
    assert world.truth["lines"] == world.read.read
    assert {} == world.read.faults


def test_every_rules_own_episode_has_its_count(world: World) -> None:
    """R01 to R41: the downloads of ``sim-R…`` are those that the rule expects."""
    result = world.by_guid()

    rules: dict[str, int] = world.truth["rules"]
    assert {"R01", "R14", "R27", "R18", "R25", "R31", "R34", "R41"} <= set(rules)
    assert rules == {rule: result.get(f"sim-{rule}", 0) for rule in rules}


def test_r41_the_hours_equal_the_truth(world: World) -> None:
    """A download counts in the hour of its first contributing request."""
    with world.workspace.stores.operational.worker() as tx:
        (episode,) = tx.values("SELECT episode_id FROM catalog.episodes WHERE guid = 'sim-R41'")
    with world.workspace.stores.analytics.worker() as analytics:
        hours = analytics.connection.execute(
            """
            SELECT to_char(hour, 'YYYY-MM-DD"T"HH24'), downloads
            FROM analytics.listener_events_hourly WHERE episode_id = %s
            """,
            [episode],
        ).fetchall()

    assert world.truth["hours"]["R41"] == dict(hours)


def test_r30_estimates_equal_the_truth_and_are_no_downloads(world: World) -> None:
    """OP3's hits are redirects: each listener, episode and day redirected is an estimate."""
    result = acting.operational(
        world.workspace, measurement.estimates, first=world.first, last=world.last
    )
    if world.truth["format"] == "op3":
        assert result == world.truth["estimates"]["total"] > 0
        assert 0 == sum(world.figures("day").values())


def test_counting_without_storing_equals_the_truth(world: World) -> None:
    """``downloads --from-logs --feed``: the same figures, filters and estimates, no database."""
    media = catalog.read_media_file(world.folder / "media.json")
    feeds = sorted((world.folder / "feeds").iterdir())
    reading = catalog.FeedReading(source=catalog.FileFeedSource(), media=media)
    known = count_only.known_from_feeds(
        world.workspace.settings, [(str(feed), reading) for feed in feeds]
    )
    logs = sorted((world.folder / "logs").iterdir())
    answer = world.truth["downloads"]
    for by in ("day", "app", "country"):
        figures = count_only.count_logs(
            world.workspace.settings, known, logs, count_only.Wanted(by=by)
        )
        rows = {row.member: row.downloads for row in figures.rows}
        assert {k: n for k, n in answer[f"by_{by}"].items() if n} == rows

    assert answer["total"] == figures.downloads
    assert world.truth["filtered"] == figures.filtered
    assert world.truth["flagged"] == figures.flagged
    assert world.truth["lines"] == figures.read
    estimates = acting.operational(
        world.workspace, measurement.estimates, first=world.first, last=world.last
    )
    assert estimates == figures.prefix_estimates


def test_the_rollups_reconcile(world: World) -> None:
    """Every hour and day of every rollup equals the raw events."""
    assert () == measurement.reconcile(world.workspace.stores).mismatches
