"""Use case: watch folders for logs. Each pass reads new lines, counts them and rolls them up.

A pass is `ingest_logs` for the files that have settled, so it is as safe: after a kill at any
moment, the next pass continues after the last transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wavehouse.accounts import Identity
from wavehouse.kernel import telemetry
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Conflict
from wavehouse.measurement.adapters.folders import looked_at
from wavehouse.measurement.rules.settling import Seen, Settling
from wavehouse.measurement.service.counting import count
from wavehouse.measurement.service.ingest import ingest_logs
from wavehouse.measurement.service.rolling import roll_up
from wavehouse.measurement.types import FileResult, Tally
from wavehouse.store import Stores

Wait = Callable[[float], bool]
"""Waits for a number of seconds; True when it is time to stop."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The result of one scan of the folders."""

    files: tuple[FileResult, ...] = ()
    tally: Tally = field(default_factory=Tally)
    downloads: int = 0

    @property
    def found_faults(self) -> bool:
        """True when a file or a row could not be used."""
        return bool(self.tally.quarantined or self.tally.faults or any(f.error for f in self.files))


class Watch:
    """The scans of one process over its folders."""

    def __init__(
        self,
        stores: Stores,
        settings: Settings,
        folders: Sequence[Path],
        *,
        identity: Identity,
        format: str = "auto",  # noqa: A002 - the option's name
    ) -> None:
        self._stores = stores
        self._settings = settings
        self._identity = identity
        self._folders = tuple(folders)
        self._format = format
        self._settling = Settling()

    def look(self) -> Pass:
        """Read, count and roll up new lines of files unchanged since the previous scan."""
        now = looked_at(self._folders)
        ready = self._settling.ready(now)
        if not ready:
            return Pass()
        with telemetry.span("watch.pass", files=len(ready)):
            return self._read(ready, now)

    def _read(self, ready: list[str], now: dict[str, Seen]) -> Pass:
        results, tally = [], Tally()
        try:
            for result in ingest_logs(
                self._stores.operational,
                self._settings,
                [Path(name) for name in ready],
                identity=self._identity,
                format=self._format,
            ):
                results.append(result)
                tally.add(result.tally)
                self._settling.was_read(now[result.name])
        except Conflict:
            pass  # another process reads the same file; scan it again later
        counted = count(self._stores.operational, self._settings)
        roll_up(self._stores)
        return Pass(tuple(results), tally, counted.downloads_added - counted.downloads_removed)


def watch(
    stores: Stores,
    settings: Settings,
    folders: Sequence[Path],
    *,
    identity: Identity,
    interval: float,
    wait: Wait,
    format: str = "auto",  # noqa: A002 - the option's name
) -> Iterator[Pass]:
    """Scan repeatedly, every ``interval`` seconds, until stopped."""
    looks = Watch(stores, settings, folders, identity=identity, format=format)
    while True:
        done = looks.look()
        if done.files:
            yield done
        if wait(interval):
            return


def watch_once(
    stores: Stores,
    settings: Settings,
    folders: Sequence[Path],
    *,
    identity: Identity,
    wait: Wait,
    patience: float,
    format: str = "auto",  # noqa: A002 - the option's name
) -> Iterator[Pass]:
    """Read every existing file, with two scans ``patience`` seconds apart, then end.

    A file that changes between the two scans is skipped.
    """
    looks = Watch(stores, settings, folders, identity=identity, format=format)
    looks.look()
    if wait(patience):
        return
    done = looks.look()
    if done.files:
        yield done
