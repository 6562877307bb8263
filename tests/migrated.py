"""A home folder whose databases are migrated, built once and copied for each test run.

Creating and migrating a server takes ten times as long as copying it. The copy is stored below the
temporary folder under a digest of its sources, so a changed migration creates a new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavehouse import app
from wavehouse.kernel import config
from wavehouse.store import open_stores

SOURCE = Path(__file__).parents[1] / "src" / "wavehouse"
_MADE_FROM = (
    "databases/*/migrations/*.sql",
    "store/*.py",
    "schema/queries/*.py",
    "app.py",
    "schema/rules/hints.py",
    "schema/service/hinting.py",
    "governance/data-classification.yml",
    "kernel/databases.py",
)


def copy_home(folder: Path) -> None:
    """Fill an empty folder with a migrated WAVEHOUSE_HOME, its server stopped."""
    kept = _kept()
    subprocess.run(["cp", "-a", f"{kept}/.", str(folder)], check=True)


def _kept() -> Path:
    """The folder to copy from, created when there is none with this digest."""
    root = Path(tempfile.gettempdir()) / f"wavehouse-test-{os.getuid()}"
    root.mkdir(mode=0o711, exist_ok=True)
    if root.lstat().st_uid != os.getuid():
        raise RuntimeError(f"{root} belongs to another account")
    found = root / _digest()
    with _alone(root / "lock"):
        if not found.exists():
            for old in root.iterdir():
                if old.is_dir() and not _is_recent(old, found):
                    shutil.rmtree(old, ignore_errors=True)
            _make(found)
    return found


def _make(found: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="making-", dir=found.parent))
    folder.chmod(0o711)
    with open_stores(config.load({"home": str(folder)}, environment={})) as stores:
        app.migrate(stores)
    folder.rename(found)


def _is_recent(old: Path, new: Path) -> bool:
    """Whether a copy is at most a day old: another worktree may use it."""
    day = 86_400
    return new.parent.stat().st_mtime - old.stat().st_mtime < day


def _digest() -> str:
    digest = hashlib.sha256()
    for pattern in _MADE_FROM:
        for path in sorted(SOURCE.glob(pattern)):
            digest.update(f"{path.relative_to(SOURCE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
