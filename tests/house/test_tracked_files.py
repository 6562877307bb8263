"""Content that must never be committed: addresses in locks, local paths, unfinished work."""

from __future__ import annotations

import re
from pathlib import Path

# Paths of one machine; letters in brackets, so that this file does not match.
MACHINE_PATH = re.compile(r"(?<![\w.<>{}/])/(?:[r]oot|[w]ork|[U]sers)/[\w.]+")
CONFLICT = re.compile(r"^(?:[<]{7} |[>]{7} |[|]{7} |[=]{7}$)", re.MULTILINE)
UNFINISHED = re.compile(r"\b([T]ODO|[F]IXME|[X]XX|pytest\.[s]kip|[x]fail)\b")

# Tests that need Chromium or gPodder skip without it, with the way to install it.
OUTSIDE = (
    "tests/web/conftest.py",
    "tests/listeners/test_gpodder_engine.py",
    "tests/listeners/test_behind_nginx.py",
)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_lock_names_the_address_of_a_registry(root: Path, tracked: list[str]) -> None:
    """A lock has names, versions and hashes; the user chooses the source of packages."""
    locks = [name for name in tracked if name.endswith(".lock")]

    assert ["requirements-build.lock", "requirements-dev.lock", "requirements.lock"] == locks
    assert [] == [name for name in locks if "://" in _text(root / name)]


def test_every_requirement_of_a_lock_has_a_hash(root: Path, tracked: list[str]) -> None:
    """The installed packages are the locked ones, byte for byte; pip refuses others."""
    faults = []
    for name in (n for n in tracked if n.endswith(".lock")):
        joined = _text(root / name).replace("\\\n", " ")
        lines = [line for line in joined.splitlines() if line.strip() and line.strip()[0] != "#"]
        faults += [f"{name}: {line.split()[0]}" for line in lines if "--hash=sha256:" not in line]

    assert [] == faults


def test_the_locks_agree_on_every_version(root: Path) -> None:
    """A package has the same version in all three locks, so the tested one is the one that runs.

    One lock may name several versions of it, each for some versions of Python.
    """
    pinned: dict[str, set[frozenset[str]]] = {}
    for lock in sorted(root.glob("requirements*.lock")):
        here: dict[str, set[str]] = {}
        for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)", _text(lock), re.MULTILINE):
            here.setdefault(name, set()).add(version)
        for name, versions in here.items():
            pinned.setdefault(name, set()).add(frozenset(versions))

    assert len(pinned) > 30
    assert {} == {name: versions for name, versions in pinned.items() if len(versions) > 1}


def test_no_lock_that_carries_addresses_is_tracked(tracked: list[str]) -> None:
    """``uv.lock`` and ``pylock.toml`` name a registry on every line: they stay ignored."""
    names = [Path(name).name for name in tracked]

    assert [] == [n for n in names if n == "uv.lock" or re.fullmatch(r"pylock.*\.toml", n)]


def test_no_tracked_file_names_a_path_of_one_machine(root: Path, tracked: list[str]) -> None:
    """Commands and documents must work on every machine."""
    faults = [
        f"{name}: {match.group(0)}"
        for name in tracked
        for match in MACHINE_PATH.finditer(_text(root / name))
    ]

    assert [] == faults


def test_nothing_is_left_unfinished_or_left_out(root: Path, tracked: list[str]) -> None:
    """A skipped test proves nothing; a note to oneself belongs in an issue."""
    faults = [
        f"{name}: {match.group(0)}"
        for name in tracked
        if name.startswith(("src/", "tests/")) and name.endswith(".py")
        if name not in OUTSIDE
        for match in UNFINISHED.finditer(_text(root / name))
    ]

    assert [] == faults


def conflicts(text: str) -> list[str]:
    """The conflict markers of a text; a line of ``=`` alone underlines a heading."""
    rows = [match.group(0).strip() for match in CONFLICT.finditer(text)]
    return rows if any(marker[0] != "=" for marker in rows) else []


def test_no_tracked_file_has_a_conflict_marker(root: Path, tracked: list[str]) -> None:
    """A merge was committed unfinished."""
    assert ["<" * 7, "=" * 7, ">" * 7] == conflicts(
        f"{'<' * 7} HEAD\nmine\n{'=' * 7}\ntheirs\n{'>' * 7} main\n"
    )
    assert [] == conflicts(f"Heading\n{'=' * 7}\n\ntext {'<' * 7} HEAD\n")
    faults = [f"{n}: {marker}" for n in tracked for marker in conflicts(_text(root / n))]

    assert [] == faults


def test_a_module_of_the_package_has_at_most_500_lines(root: Path, tracked: list[str]) -> None:
    """A longer one has more than one subject: split it by these."""
    modules = [name for name in tracked if name.startswith("src/") and name.endswith(".py")]

    assert len(modules) > 500
    assert [] == [name for name in modules if len(_text(root / name).splitlines()) > 500]
