"""``wavehouse episodes``, ``paths`` and ``lists`` as typed, and the figures that follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from wavehouse.catalog import checks
from wavehouse.catalog.adapters.list_files import OWN
from wavehouse.catalog.cli import episodes, lists, paths

Run = Callable[..., Result]
TWINS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Twins</title>
<description>None</description>{}</channel></rss>"""
TWIN = (
    "<item><guid>{0}</guid><title>Twin {0}</title><pubDate>Sun, 01 Nov 2026 06:00:00 GMT</pubDate>"
    '<enclosure url="https://media.example/twin.mp3" length="10000000" type="audio/mpeg"/></item>'
)


@pytest.fixture
def run(own_desk: Any) -> Run:
    """Run a command with the helper."""

    def typed(command: click.Command, *words: str) -> Result:
        return CliRunner().invoke(command, words, obj=lambda: nullcontext(own_desk.place))

    return typed


def moved(desk: Any) -> dict[str, int]:
    """Downloads by episode after stored requests have been moved."""
    desk.count()
    return dict(desk.downloads("episode"))


def test_r03_stored_requests_follow_a_merge_a_split_and_their_undo(
    own_desk: Any, run: Run, hit: Any
) -> None:
    """Each command suggests the next one, and the figures change with the next count."""
    own_desk.tell(hit, hit.but(path="/two.mp3", ip="203.0.113.8"))
    assert {"one": 1, "two": 1} == own_desk.downloads("episode")

    merged = run(episodes, "merge", "Episode one", "two")
    assert (0, True) == (merged.exit_code, "wavehouse rollup run" in merged.stdout)
    assert {"two": 2} == moved(own_desk)
    assert "are split again" in run(episodes, "undo").stdout
    assert {"one": 1, "two": 1} == moved(own_desk)
    assert "are merged again" in run(episodes, "undo").stdout
    assert {"two": 2} == moved(own_desk)
    assert "is a separate episode again" in run(episodes, "split", "one").stdout
    assert {"one": 1, "two": 1} == moved(own_desk)


def test_r03_episodes_are_listed_and_those_with_one_file_noticed(
    own_desk: Any, run: Run, tmp_path: Path
) -> None:
    """The command, its JSON and the doctor report them."""
    assert checks.shared_files(own_desk.place).ok
    feed = tmp_path / "twins.xml"
    feed.write_text(TWINS.format(TWIN.format("a") + TWIN.format("b")))
    from wavehouse.catalog.cli import feed as ingest

    assert 0 == run(ingest, str(feed), "--no-probe").exit_code
    listed = run(episodes, "list", "--show", "twins").stdout
    assert ("Twin a" in listed, "Twin b" in listed, "Episode one" in listed) == (True, True, False)
    shared = json.loads(run(episodes, "list", "--shared", "--json").stdout)
    assert ["Twin a", "Twin b"] == sorted(one["title"] for one in shared["episodes"])
    finding = checks.shared_files(own_desk.place)
    assert (False, "wavehouse episodes list --shared") == (finding.ok, finding.command)
    unknown = run(episodes, "list", "--show", "nobody's")
    assert "there are no episodes" in str(unknown.exception)


def test_r03_a_path_rule_maps_requests_that_were_stored_before(
    own_desk: Any, run: Run, hit: Any
) -> None:
    """The rule is tried first, then added, counted, listed and removed."""
    own_desk.tell(hit.but(path="/0a1b2c/one.mp3", host="edge.example"))
    assert {} == own_desk.downloads("episode")
    rule = "edge.example/{digest:hex}/{file} => media.example/{file}"
    address = "https://edge.example/0a1b2c/one.mp3"

    assert 3 == run(paths, "test", address).exit_code
    tried = run(paths, "test", address, "--rule", rule)
    assert (0, True) == (tried.exit_code, "Episode one" in tried.stdout)
    assert 0 == run(paths, "add", rule, "--note", "the edge signs").exit_code
    assert {"one": 1} == moved(own_desk)
    listed = json.loads(run(paths, "list", "--json").stdout)
    assert [(rule, "the edge signs")] == [(one["rule"], one["note"]) for one in listed["rules"]]
    assert listed["bundled"]
    assert 0 == run(paths, "remove", rule).exit_code
    assert 3 == run(paths, "test", address).exit_code


def test_a_list_of_ones_own_is_added_listed_and_removed(
    own_desk: Any, run: Run, tmp_path: Path
) -> None:
    """As a line and as a file; an invalid entry is refused."""
    named = run(lists, "add", "prefixes", "trk.example/p/*", "--name", "ours")
    assert "--name is for files and addresses" in str(named.exception)
    added = run(lists, "add", "prefixes", "trk.example/p/*")
    assert (0, True) == (added.exit_code, added.stdout.startswith(f"prefixes/{OWN}: 1 entries"))
    file = tmp_path / "mine.txt"
    file.write_text("other.example/r/*\n")
    assert 0 == run(lists, "add", "prefixes", str(file)).exit_code
    listed = json.loads(run(lists, "list", "--json").stdout)
    assert sorted(["mine", OWN]) == sorted(one["name"] for one in listed["own"])
    assert run(lists, "add", "prefixes", "no prefix at all").exception
    for name in ("prefixes/mine", f"prefixes/{OWN}"):
        assert 0 == run(lists, "remove", name).exit_code
    assert [] == json.loads(run(lists, "list", "--json").stdout)["own"]
