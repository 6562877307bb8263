"""``wavehouse ingest feed`` and ``wavehouse feeds list``, as typed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from wavehouse.catalog.cli import feed, feeds
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FEEDS = Path(__file__).parent / "feeds"
PLAIN, SLOPPY = str(FEEDS / "plain.xml"), str(FEEDS / "sloppy.xml")


@pytest.fixture
def run(workspace: Workspace) -> Callable[..., Result]:
    """Run a command on this test's workspace."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    def ran(command: object, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj=opened)  # type: ignore[arg-type]

    return ran


def test_a_good_feed_is_told_in_one_line(run: Callable[..., Result]) -> None:
    """Exit code 0, the counts on stdout."""
    result = run(feed, PLAIN, "--no-probe")
    assert (0, "") == (result.exit_code, result.stderr)
    assert result.stdout.startswith("Harbour Lights: 2 new, 0 changed, 0 unchanged, 0 dropped")


def test_dropped_items_have_their_file_and_line_and_exit_code_3(run: Callable[..., Result]) -> None:
    """Dropped items are reported on stderr; the others are kept."""
    result = run(feed, SLOPPY, "--no-probe")
    assert 3 == result.exit_code
    assert f"{SLOPPY}:23: dropped, it has no enclosure" in result.stderr
    assert "2 new, 0 changed, 0 unchanged, 4 dropped" in result.stdout


def test_one_bad_feed_does_not_stop_the_others(run: Callable[..., Result], tmp_path: Path) -> None:
    """The error names the file, the next feed is read, and the exit code is the error's."""
    page = tmp_path / "page.xml"
    page.write_text("<html></html>")
    result = run(feed, str(page), PLAIN, "--no-probe")
    assert 1 == result.exit_code
    assert f"Error: the document is a web page, not a feed ({page})" in result.stderr
    assert "Harbour Lights: 2 new" in result.stdout


def test_a_private_address_is_refused_with_exit_code_4(run: Callable[..., Result]) -> None:
    """The hint says how to allow it."""
    result = run(feed, "http://127.0.0.1:1/feed.xml")
    assert 4 == result.exit_code
    assert "add --allow-private" in result.stderr


def test_json_says_everything_in_one_object(run: Callable[..., Result], tmp_path: Path) -> None:
    """The object has the counts, the dropped items and the described files."""
    media = tmp_path / "media.json"
    facts = {"bytes": 1000, "header_bytes": 10, "duration_ms": 60000}
    media.write_text(json.dumps({"https://media.harbour.example/1.mp3": facts}))
    result = run(feed, PLAIN, "--no-probe", "--media", str(media), "--json")
    (load,) = json.loads(result.stdout)["feeds"]
    assert (PLAIN, 2, 1, []) == (
        load["location"],
        load["new"],
        load["described"],
        load["dropped"],
    )


def test_the_list_of_feeds_begins_empty_and_says_what_to_type(run: Callable[..., Result]) -> None:
    """After a feed is added it has one row per show."""
    assert "wavehouse ingest feed" in run(feeds, "list").stderr
    run(feed, PLAIN, "--no-probe")
    lines = run(feeds, "list").stdout.splitlines()
    assert ["title", "Harbour Lights"] == [line.split("\t")[0] for line in lines]
    (load,) = json.loads(run(feeds, "list", "--json").stdout)["feeds"]
    assert (2, "active") == (load["episodes"], load["ingestion_status"])
