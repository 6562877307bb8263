"""Logs that are rotated, copied, truncated and compressed while they are read: each line once."""

from __future__ import annotations

import gzip
import itertools
import shutil
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wavehouse.measurement.service.watching import Watch

NUMBERS = itertools.count()
STEPS = st.lists(
    st.sampled_from(["append", "half", "rename", "copy", "copytruncate", "pack", "look"]),
    min_size=4,
    max_size=14,
)


class Server:
    """A web server with a log, and an administrator who keeps rotating it."""

    def __init__(self, folder: Path, hit: Any) -> None:
        self.folder, self.hit = folder, hit
        self.written, self.old = 0, 0
        self.path = folder / "access.log"
        self.rest = ""

    def _line(self) -> str:
        self.written += 1
        # unique among all examples, because a file is identified by its first bytes
        page = f"https://page.example/{next(NUMBERS)}"
        other = self.hit.but(ip=f"198.51.100.{self.written % 250 + 1}", referer=page)
        return str(other.combined()) + "\n"

    def append(self) -> None:
        with self.path.open("a") as file:
            file.write(self.rest + self._line() + self._line())
        self.rest = ""

    def half(self) -> None:
        """A line whose second half is still in the server's buffer."""
        if not self.rest:
            line = self._line()
            with self.path.open("a") as file:
                file.write(line[:40])
            self.rest = line[40:]

    def _whole(self) -> None:
        if self.rest:
            with self.path.open("a") as file:
                file.write(self.rest)
            self.rest = ""

    def rename(self) -> None:
        self._whole()
        if self.path.exists():
            self.old += 1
            self.path.rename(self.folder / f"access.log.{self.old}")

    def copy(self) -> None:
        if self.path.exists():
            (self.folder / "below").mkdir(exist_ok=True)
            shutil.copy(self.path, self.folder / "below" / "copy.log")

    def copytruncate(self) -> None:
        """Like logrotate: a copy, then the same file from its beginning."""
        self._whole()
        if self.path.exists() and self.path.stat().st_size:
            self.old += 1
            shutil.copy(self.path, self.folder / f"access.log.{self.old}")
            self.path.write_text("")

    def pack(self) -> None:
        for path in self.folder.glob("access.log.?"):
            packed = path.with_name(path.name + ".gz")
            packed.write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_each_line_of_a_log_is_stored_once_whatever_becomes_of_its_file(
    desk: Any, hit: Any, steps: list[str]
) -> None:
    """Appended in halves, renamed, copied, truncated, compressed, between any two passes."""
    folder = desk.folder / f"in-{next(NUMBERS)}"
    folder.mkdir()
    server, stored = Server(folder, hit), 0
    watching = Watch(
        desk.place.stores, desk.place.settings, identity=desk.place.identity, folders=[folder]
    )
    for step in steps:
        if step == "look":
            stored += watching.look().tally.stored
        else:
            getattr(server, step)()
    server._whole()
    for _ in range(3):
        stored += watching.look().tally.stored

    assert server.written == stored, steps
