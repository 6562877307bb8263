"""The operator's custom lists: prefixes, agents and client parameters beside the bundled ones.

They are files: those of a setting, and those that ``wavehouse lists`` stores below
``<home>/lists/<kind>``. Every process reads them when it starts, and again when it calls
``refresh``; a changed file is another version of its list.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("prefixes", "agents", "parameters", "paths")
FOLDER_NAME = "lists"
ENDINGS = (".txt", ".json")


@dataclass(frozen=True, slots=True)
class OwnFile:
    """One file of a list, as it was when read."""

    path: Path
    sha256: str


@dataclass(slots=True)
class _State:
    home: Path | None = None
    settings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: dict[str, tuple[OwnFile, ...]] = field(default_factory=dict)


_state = _State()
_lock = threading.Lock()


def use_home(home: Path, settings: dict[str, tuple[str, ...]]) -> None:
    """Use the lists of this home and of these settings (kind to file names) from now on."""
    with _lock:
        _state.home, _state.settings = home, settings
    refresh()


def refresh() -> None:
    """Check again which files exist, and their content."""
    with _lock:
        _state.files = {kind: _found(kind) for kind in KINDS}


def own_files(kind: str) -> tuple[OwnFile, ...]:
    """The files of a list, those of the setting first."""
    return _state.files.get(kind, ())


def own_versions() -> dict[str, str]:
    """List name to a version derived from its content; empty without custom lists (R52)."""
    versions = {}
    for kind in KINDS:
        if files := own_files(kind):
            together = "".join(sorted(file.sha256 for file in files))
            versions[f"own_{kind}"] = hashlib.sha256(together.encode()).hexdigest()[:12]
    return versions


def kept_folder(home: Path, kind: str) -> Path:
    """The folder where ``wavehouse lists`` stores the files of a kind."""
    return home / FOLDER_NAME / kind


def _found(kind: str) -> tuple[OwnFile, ...]:
    paths = [Path(name) for name in _state.settings.get(kind, ())]
    if _state.home is not None:
        folder = kept_folder(_state.home, kind)
        kept = folder.iterdir() if folder.is_dir() else ()
        paths += sorted(path for path in kept if path.suffix in ENDINGS)
    return tuple(_in_its_state(path) for path in paths)


def _in_its_state(path: Path) -> OwnFile:
    try:
        return OwnFile(path, hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError:
        return OwnFile(path, "")  # its reader reports the error
