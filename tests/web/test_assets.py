"""Third-party assets of the pages: pinned, licensed, listed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

from wavehouse.web import pages

STATIC = Path(str(pages.STATIC))
MANIFEST = tomllib.loads((STATIC / "assets.toml").read_text(encoding="utf-8"))
LISTED = {file["to"]: file["sha256"] for asset in MANIFEST["asset"] for file in asset["file"]}


def test_every_vendored_file_is_what_the_manifest_pins() -> None:
    """A changed or replaced file fails."""
    sums = {to: hashlib.sha256((STATIC / to).read_bytes()).hexdigest() for to in LISTED}
    assert LISTED == sums


def test_no_vendored_file_is_unlisted() -> None:
    """Only the Unicode licence is added by hand: its data came in no package."""
    names = {str(p.relative_to(STATIC)) for p in (STATIC / "vendor").rglob("*") if p.is_file()}
    assert {"vendor/licences/unicode.txt"} == names - set(LISTED)


def test_every_asset_names_its_licence_and_brings_its_text() -> None:
    """0BSD, OFL and ISC: all may be distributed, with their texts."""
    for asset in MANIFEST["asset"]:
        assert asset["licence"] in {"0BSD", "OFL-1.1", "ISC"}
        assert [] != [file for file in asset["file"] if "licences/" in file["to"]]


def test_pages_load_nothing_from_elsewhere() -> None:
    """Templates, style sheet and scripts contain no address of another host."""
    templates = STATIC.parent / "templates"
    ours = [*templates.glob("*.html"), *STATIC.glob("*.css"), *STATIC.glob("*.js")]
    assert 8 <= len(ours)
    assert [] == [path.name for path in ours if "//" in _without_comments(path)]


def _without_comments(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.strip().startswith("//"))
    return re.sub(r'placeholder="[^"]*"', "", text)


def test_the_code_of_a_page_is_small() -> None:
    """A limit for the download of a first visit, without the font."""
    total = sum((STATIC / name).stat().st_size for name in ("wavehouse.css", "wavehouse.js"))
    assert total < 40_000
    assert (STATIC / "vendor/htmx.min.js").stat().st_size < 45_000
