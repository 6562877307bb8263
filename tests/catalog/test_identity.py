"""Merged episodes, merged feeds and path rules, on a real database (R03)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.test_service import RecordedWeb

from wavehouse.catalog import (
    FeedReading,
    FileFeedSource,
    IngestedFeed,
    MediaFacts,
    ingest_feed,
    list_podcasts,
)
from wavehouse.catalog.service import (
    add_path_rule,
    files_meant,
    files_of_several,
    list_path_rules,
    listed_episodes,
    merge_episodes,
    remove_path_rule,
    split_episode,
    undo_identity,
)
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.workspace import Workspace

FILE = "https://cdn.example/h.mp3"
FACTS = {FILE: MediaFacts(5_000_000, 100, 300_000)}


def document(*items: tuple[str, str, str], link: str = "") -> bytes:
    """A feed with items of guid, title and address."""
    texts = (
        f"<item><title>{title}</title>"
        + (f"<guid>{guid}</guid>" if guid else "")
        + "<pubDate>Mon, 05 Oct 2026 06:00:00 GMT</pubDate>"
        f'<enclosure url="{url}" length="5000000" type="audio/mpeg"/></item>'
        for guid, title, url in items
    )
    return f"<rss><channel><title>Show</title>{link}{''.join(texts)}</channel></rss>".encode()


def read(workspace: Workspace, source: Path | str, content: bytes) -> IngestedFeed:
    """Read a feed from a file or from an address of a recorded web."""
    web = RecordedWeb({str(source): content})
    if isinstance(source, Path):
        source.write_bytes(content)
    return ingest_feed(
        workspace.stores.operational,
        identity=workspace.identity,
        location=str(source),
        reading=FeedReading(
            source=FileFeedSource() if isinstance(source, Path) else web, media=FACTS
        ),
    )


def titles(workspace: Workspace) -> list[tuple[str, str, bool]]:
    """Guid, title and merged flag of every episode."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        episodes = listed_episodes(tx, identity=workspace.identity)
    return sorted((e.guid, e.title, e.merged_into is not None) for e in episodes)


def test_r03_without_guid_a_new_prefix_makes_no_new_episode(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The file without prefix and volatile parameters identifies the episode."""
    at = tmp_path / "n.xml"
    read(workspace, at, document(("", "N1", f"{FILE}?token=2")))
    again = read(workspace, at, document(("", "N1", f"https://op3.dev/e/{FILE[8:]}?token=3")))

    assert (0, 1) == (again.new, len(titles(workspace)))


def test_r03_a_changed_guid_keeps_its_episode_and_is_noticed(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A person can split the episode, and undo that."""
    at = tmp_path / "g.xml"
    read(workspace, at, document(("H-old", "H", FILE)))
    again = read(workspace, at, document(("H-new", "H", FILE)))

    (changed,) = again.changed_guids
    assert ("H-old", "H-new", 0) == (changed.before, changed.after, again.new)
    assert [("H-new", "H", False)] == titles(workspace)
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        split_episode(tx, identity=workspace.identity, episode="H-new")
    assert [("H-new", "H", False), ("H-old", "H", False)] == titles(workspace)
    assert () == read(workspace, at, document(("H-new", "H", FILE))).changed_guids
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        assert "merged" == undo_identity(tx, identity=workspace.identity)[0]
    assert [("H-new", "H", False), ("H-old", "H", True)] == titles(workspace)


def test_r03_merging_and_splitting_can_be_undone(workspace: Workspace, tmp_path: Path) -> None:
    """Two items with one file are reported, merged, split and merged again."""
    identity = workspace.identity
    read(workspace, tmp_path / "m.xml", document(("a", "A", FILE), ("b", "B", FILE)))
    with workspace.stores.operational.app(identity.organization_id) as tx:
        (shared,) = files_of_several(tx, identity=identity)
        assert ["A", "B"] == sorted(shared.titles)
        merge_episodes(tx, identity=identity, other="B", into="a")
        assert [] == files_of_several(tx, identity=identity)
    assert [("a", "A", False), ("b", "B", True)] == titles(workspace)
    # the feed still names it: its files stay where a person put them
    read(workspace, tmp_path / "m.xml", document(("a", "A", FILE), ("b", "B2", FILE)))
    with workspace.stores.operational.app(identity.organization_id) as tx:
        assert [] == files_of_several(tx, identity=identity)
        with pytest.raises(Conflict):
            merge_episodes(tx, identity=identity, other="b", into="a")
        assert "split" == undo_identity(tx, identity=identity)[0]
        assert 1 == len(files_of_several(tx, identity=identity))
        assert "merged" == undo_identity(tx, identity=identity)[0]
        with pytest.raises(NotFound):
            split_episode(tx, identity=identity, episode="a title that nobody has")


@pytest.mark.parametrize("file_first", [True, False])
def test_r03_a_feed_by_file_and_by_address_is_one_feed(
    workspace: Workspace, tmp_path: Path, file_first: bool
) -> None:
    """In either order; the feed is polled by its address."""
    content = document(("a", "A", FILE), ("b", "B", "https://cdn.example/b.mp3"))
    sources: list[Path | str] = [tmp_path / "f.xml", "https://show.example/feed.xml"]
    for source in sources if file_first else reversed(sources):
        read(workspace, source, content)
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        (show,) = list_podcasts(tx, identity=workspace.identity)
    assert ("https://show.example/feed.xml", 2) == (show.feed_url, show.episodes)


def test_r03_two_addresses_are_two_feeds_and_their_files_are_noticed(workspace: Workspace) -> None:
    """One may be a copy published by somebody else."""
    content = document(("a", "A", FILE))
    for url in ("https://one.example/feed.xml", "https://two.example/feed.xml"):
        read(workspace, url, content)
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        assert 2 == len(list_podcasts(tx, identity=workspace.identity))
        (shared,) = files_of_several(tx, identity=workspace.identity)
    assert (2, 2) == (shared.episodes, shared.podcasts)


def test_r03_path_rules_are_added_tried_listed_and_removed(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A rule maps an address to a registered file."""
    identity = workspace.identity
    read(workspace, tmp_path / "p.xml", document(("a", "A", FILE)))
    rule = "edge.example/{digest:hex}/{file} => cdn.example/{file}"
    address = "https://edge.example/0a1b/h.mp3"
    with workspace.stores.operational.app(identity.organization_id) as tx:
        (tried,) = files_meant(tx, identity=identity, addresses=[address], trying=rule)
        assert "A" == tried.title
        assert files_meant(tx, identity=identity, addresses=[address])[0].title is None
        add_path_rule(tx, identity=identity, rule=rule, note="the edge signs its paths")
        add_path_rule(tx, identity=identity, rule=rule)
        (stored,) = list_path_rules(tx, identity=identity)
        assert (rule, "the edge signs its paths") == (stored.rule, stored.note)
        assert "A" == files_meant(tx, identity=identity, addresses=[address])[0].title
        remove_path_rule(tx, identity=identity, rule=str(stored.path_rule_id))
        with pytest.raises(NotFound):
            remove_path_rule(tx, identity=identity, rule=rule)
