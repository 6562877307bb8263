"""Every manifest is read, and all its references exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import wavehouse
from wavehouse import wiring
from wavehouse.kernel import manifest
from wavehouse.web.pages import STATIC


def _entries() -> Iterator[manifest.Entry]:
    for each in wiring.manifests():
        for name in manifest.Manifest.__dataclass_fields__:
            yield from getattr(each, name)


def test_every_folder_with_a_manifest_is_listed() -> None:
    """A manifest that is not in ``wiring/contexts.py`` would not be read."""
    package = Path(wavehouse.__path__[0])
    files = [path for path in package.glob("*/manifest.py") if path.parent.name != "kernel"]

    assert sorted(path.parent.name for path in files) == sorted(wiring.CONTEXTS)


@pytest.mark.parametrize(
    "entry", [e for e in _entries() if e.target], ids=lambda e: f"{type(e).__name__} {e.target}"
)
def test_every_target_can_be_imported(entry: manifest.Entry) -> None:
    """A command's target is a command, all others are callable."""
    assert entry.target
    target = wiring.resolve(entry.target)

    assert isinstance(target, click.Command) if isinstance(entry, manifest.Command) else True
    assert callable(target)


def test_every_summary_is_a_sentence() -> None:
    """Summaries are lines of ``--help`` or ``demo --list``."""
    summaries = [
        e.summary for e in _entries() if isinstance(e, manifest.Command | manifest.Chapter)
    ]

    assert [] == [s for s in summaries if not (s.endswith(".") and s[0].isupper())]


def test_no_two_entries_have_the_same_name() -> None:
    """A second one would replace the first, or never be reached."""
    names = Counter(
        (type(e).__name__, getattr(e, "group", ""), name)
        for e in _entries()
        for field in ("name", "path", "kind")
        if (name := getattr(e, field, ""))
    )
    keys = Counter(page.key for page in wiring.pages() if page.key)

    assert [] == [name for name, times in names.items() if times > 1]
    assert [] == [key for key, times in keys.items() if times > 1]


def test_every_page_of_the_navigation_has_an_icon_and_a_key() -> None:
    """The icon is a vendored file, the key is one letter."""
    listed = [page for page in wiring.pages() if page.title]
    icons = [STATIC / "vendor" / "icons" / f"{page.icon}.svg" for page in listed]

    assert [] == [str(icon) for icon in icons if not icon.is_file()]
    assert [] == [page.title for page in listed if len(page.key) != 1]


def test_a_chapter_needs_only_chapters_that_come_before_it() -> None:
    """Otherwise the story could not run in its order."""
    places = {chapter.name: chapter.order for chapter in wiring.chapters()}

    late = [
        (chapter.name, needed)
        for chapter in wiring.chapters()
        for needed in chapter.needs
        if places[needed] >= chapter.order
    ]

    assert [] == late
