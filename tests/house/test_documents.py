"""Hand-written documents: links have targets, commands exist, examples run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from wavehouse.cli.root import root as program

LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(wavehouse [a-z][^`]*)`")


def _pages(root: Path, tracked: list[str]) -> list[Path]:
    return [root / name for name in tracked if name.endswith(".md") or name == "llms.txt"]


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).strip().replace(" ", "-") for t in titles}


def test_every_link_of_a_document_leads_somewhere(root: Path, tracked: list[str]) -> None:
    """Relative links name an existing file, and an existing heading in it."""
    faults = []
    for page in _pages(root, tracked):
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            path, _, anchor = target.partition("#")
            meant = (page.parent / path).resolve() if path else page
            if not meant.exists() or (anchor and anchor not in _anchors(meant)):
                faults.append(f"{page.relative_to(root)}: {target}")

    assert [] == faults


def test_every_picture_is_there_and_has_words(root: Path, tracked: list[str]) -> None:
    """A picture without alternative text is useless to blind readers."""
    faults = [
        f"{page.relative_to(root)}: {target}"
        for page in _pages(root, tracked)
        for words, target in PICTURE.findall(page.read_text(encoding="utf-8"))
        if not words or not (page.parent / target).is_file()
    ]

    assert [] == faults


def commands_of(text: str) -> list[str]:
    """The program's calls in a page: lines of ``console`` blocks, and inline code."""
    rows = []
    for language, block in FENCE.findall(text):
        lines = block.splitlines() if language == "console" else []
        rows += [x.removeprefix("$ ").strip() for x in lines if x.startswith("$ wavehouse")]
    return rows + INLINE.findall(FENCE.sub("", text))


def refused(command: str) -> str | None:
    """The reason why the program would refuse a command; None when it would accept it.

    A command without its required options is accepted: it is a name, not a call. ``A|B`` means
    either, ``…`` an omission.
    """
    words = shlex.split(command.partition("  #")[0], comments=True)[1:]
    context = click.Context(program, info_name="wavehouse")
    group: click.Command = program
    while words and isinstance(group, click.Group):
        if words[0] in {"…", "-q", "--quiet"}:
            words = words[1:]
            continue
        if words[0].startswith("-"):
            break
        names = words[0].split("|")
        rows = [group.get_command(context, name) for name in names]
        if None in rows:
            return f"no command {words[0]!r}"
        assert rows[0] is not None
        group, words = rows[0], words[1:]
    known = {o for p in group.get_params(context) for o in (*p.opts, *p.secondary_opts)}
    unknown = [
        w.split("=")[0] for w in words if w.startswith("--") and w.split("=")[0] not in known
    ]
    return f"no option {unknown[0]}" if unknown else None


def test_the_check_of_commands_sees_a_wrong_one() -> None:
    """The check refuses wrong commands and accepts correct ones."""
    assert refused("wavehouse ingest logs access.log --json") is None
    assert refused("wavehouse schema apply|rollback|status") is None
    assert refused("wavehouse keys create …") is None
    assert "no command 'logs'" == refused("wavehouse logs")
    assert "no option --form" == refused("wavehouse ingest logs x --form combined")
    assert ["wavehouse up"] == commands_of("```console\n$ wavehouse up\nIt runs.\n```\n")
    assert ["wavehouse up"] == commands_of("Type `wavehouse up` now.")
    assert [] == commands_of("```bash\n$ wavehouse nonsense\n```\n")


def test_every_command_in_a_document_exists(root: Path, tracked: list[str]) -> None:
    """With its options: a command in a page must not be an error."""
    faults = [
        f"{page.relative_to(root)}: {command} ({reason})"
        for page in _pages(root, tracked)
        for command in commands_of(page.read_text(encoding="utf-8"))
        if (reason := refused(command))
    ]

    assert [] == faults


def test_every_target_of_make_in_a_document_exists(root: Path, tracked: list[str]) -> None:
    """``make demo`` and the others."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in _pages(root, tracked)
        for target in re.findall(r"(?:`|\$ )make ([a-z-]+)", page.read_text(encoding="utf-8"))
    }

    assert named >= {"demo", "test", "check"}
    assert set() == named - targets


def test_llms_txt_and_the_changelog_name_this_version(root: Path) -> None:
    """The changelog has an entry for the released version."""
    from wavehouse import __version__

    assert f"## {__version__}" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_decision_is_short_and_has_its_parts(root: Path) -> None:
    """At most forty lines; a question and a decision; the file's number in its title."""
    faults = []
    for path in sorted((root / "docs" / "decisions").glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        parts = all(
            part in text for part in ("**Question.**", "**Decision.**", "**Consequences.**")
        )
        if not (parts and text.startswith(f"# {path.name[:4]} · ") and text.count("\n") <= 45):
            faults.append(path.name)

    assert [] == faults


@pytest.fixture(scope="module")
def told(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of the ten-line example, in a home of its own."""
    home = Path(tempfile.mkdtemp(prefix="wavehouse-test-"))
    home.chmod(0o711)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WAVEHOUSE_")}
    environment |= {"WAVEHOUSE_HOME": str(home), "PYTHONPATH": str(root / "src")}
    try:
        done = subprocess.run(
            [sys.executable, str(root / "examples" / "01_own_log.py"), str(home / "own-log")],
            env=environment,
            cwd=tmp_path_factory.mktemp("example"),
            check=True,
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(home)
    return done.stdout


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (1, "counted"),
        (2, "counted"),
        (3, "counted"),
        (4, "counted"),
        (5, "below_threshold"),
        (6, "counted"),
        (7, "bad_method"),
        (8, "bot"),
        (9, "probe_range"),
        (10, "unknown_path"),
    ],
)
def test_the_ten_lines_count_as_the_guide_says(told: str, line: int, outcome: str) -> None:
    """Each line is identified by its number in the log."""
    rows = [row.split("\t") for row in told.splitlines() if row.startswith(f"access.log:{line}\t")]

    assert [outcome] == [row[5] for row in rows]


def test_the_ten_lines_are_three_downloads_and_reading_again_adds_none(told: str) -> None:
    """One each for Apple's player, Overcast and Spotify; the second run adds none."""
    assert "app\tdownloads\nAppleCoreMedia\t1\nOvercast\t1\nSpotify\t1\n" in told
    assert "nothing new" in told.splitlines()[-1]


def test_the_guide_shows_the_table_that_the_example_prints(told: str, root: Path) -> None:
    """The page and the program's output are equal."""
    guide = (root / "docs" / "guides" / "own-log.md").read_text(encoding="utf-8")
    table = "app\tdownloads\nAppleCoreMedia\t1\nOvercast\t1\nSpotify\t1\n"

    assert table in guide
    assert "access.log\tcombined\t10\t10\t0\t4\t0" in guide
    assert "access.log\tcombined\t10\t10\t0\t4\t0" in told
