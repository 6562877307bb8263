"""Use cases: seal days as Parquet, list their states, verify them, remove keys from them.

A day is sealed from one snapshot. Its files are written under temporary names, read back, renamed,
and registered in one transaction: if the program is killed, the previous generation stays current.
Like counting, this serves all organizations at once and takes no identity.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from contextvars import copy_context
from datetime import date, timedelta
from functools import cache
from queue import SimpleQueue
from uuid import UUID

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import WavehouseError
from wavehouse.measurement.adapters.roller import unordered
from wavehouse.measurement.adapters.sealed_store import (
    FolderStore,
    SealedStore,
    sha256_of,
    store_at,
)
from wavehouse.measurement.adapters.sealer import RollupSelect, Sealer
from wavehouse.measurement.queries import sealing
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY
from wavehouse.measurement.queries.sealing import AudienceRow, RollupRow
from wavehouse.measurement.rules.sealing import (
    KINDS,
    file_name,
    manifest_name,
    manifest_text,
    seal_state,
)
from wavehouse.measurement.service.lookups import list_version
from wavehouse.measurement.service.manifests import is_registered, manifest_at
from wavehouse.measurement.service.owning import claim, is_others
from wavehouse.measurement.service.rolling import select_of
from wavehouse.measurement.types import (
    RULE_VERSION,
    Seal,
    SealedDay,
    SealedFile,
    SealFinding,
    SealManifest,
    SealOutcome,
    SealState,
)
from wavehouse.store import Analytics, Operational, Stores, Tx

OnDay = Callable[[date], None]
DUE = (SealState.UNSEALED, SealState.STALE)
_COPIES = {
    "requests": sealing.copy_requests,
    "downloads": sealing.copy_downloads,
    "events": sealing.copy_events,
}
_ROLLUPS = (*HOURLY, *DAILY)
_AT_ONCE = 4
"""Days that are sealed at the same time, at most one more than cores: each waits for the disk."""
_DAYS_LOCKED = 16
"""Days after which another program may get the lock of sealing."""
_NOT_SEALED = {
    SealState.WAITING: "wait to be counted or rolled up",
    SealState.STALE: "have changed since they were sealed",
    SealState.UNSEALED: "are not sealed",
    SealState.OPEN: "are too young to be sealed",
}


def store_of(settings: Settings) -> SealedStore:
    """The store for new seals: the setting ``sealed_store``, or a folder of the home."""
    location = settings["sealed_store"]
    return store_at(location) if location else FolderStore(settings.home / "sealed")


def states(stores: Stores) -> list[tuple[SealedDay, SealState]]:
    """Every UTC day with raw rows, in partitions or sealed, with its state; oldest first."""
    with stores.operational.worker() as tx:
        days = sealing.sealed_days(tx)
    today = clock.today()
    return [(day, seal_state(day, today=today)) for day in days]


def seal(
    stores: Stores,
    settings: Settings,
    *,
    first: date | None = None,
    last: date | None = None,
    dry_run: bool = False,
    on_day: OnDay = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
) -> list[SealOutcome]:
    """Seal every day that is due, or those of them in a period; each is committed separately.

    A day that cannot be sealed is returned with its reason, and the others are sealed.
    ``dry_run`` returns the days without sealing them. ``on_wait`` is called before waiting for
    another program that seals; the days that it has sealed are returned as sealed by another.
    Refused when the store is another installation's.
    """
    due = [
        day
        for day, state in states(stores)
        if state in DUE and (first or day.day) <= day.day <= (last or day.day)
    ]
    if dry_run:
        return [SealOutcome(day.day, day.generation, reason="due") for day in due]
    store, done = store_of(settings), []
    with _Sealers(stores, store, len(due)) as sealers:
        for n in range(0, len(due), _DAYS_LOCKED):
            with stores.operational.worker() as lock:
                if not sealing.is_sealing_free(lock):
                    on_wait()
                    sealing.lock_sealing(lock)
                claim(lock, stores, store)
                store.sweep()
                with closing(sealers.seal([d.day for d in due[n : n + _DAYS_LOCKED]])) as outcomes:
                    for outcome in outcomes:
                        done.append(outcome)
                        on_day(outcome.day)
    remove_superseded(stores)
    return done


class _Sealers:
    """Threads that seal a day each, with a database each: one day keeps one core busy."""

    def __init__(self, stores: Stores, store: SealedStore, days: int) -> None:
        self._stores, self._store = stores, store
        number = max(1, min(days, _AT_ONCE, (os.cpu_count() or 1) + 1))
        # One day alone is worked on by two threads of DuckDB.
        self._free: SimpleQueue[Sealer] = SimpleQueue()
        self._all = [
            Sealer(threads=1 if number > 1 else 2, memory=80 // number) for _ in range(number)
        ]
        for sealer in self._all:
            self._free.put(sealer)
        self._pool = ThreadPoolExecutor(number, "seal")

    def __enter__(self) -> _Sealers:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for sealer in self._all:
            sealer.close()

    def seal(self, days: Iterable[date]) -> Generator[SealOutcome, None, None]:
        """Seal these days; the outcomes are in their order. No day is worked on after its end."""
        # A copy of the context each: the clock may be frozen in it.
        coming = [self._pool.submit(copy_context().run, self._seal, day) for day in days]
        try:
            for each in coming:
                yield each.result()
        finally:
            for each in coming:
                each.cancel()
            wait(coming)

    def _seal(self, day: date) -> SealOutcome:
        sealer = self._free.get()
        try:
            with telemetry.span("seal.day"):
                return _seal_day(self._stores, self._store, sealer, day)
        finally:
            self._free.put(sealer)


def _seal_day(stores: Stores, store: SealedStore, sealer: Sealer, day: date) -> SealOutcome:
    """Seal a day, while the caller has the lock of sealing."""
    first = clock.start_of_day(day)
    last = first + clock.DAY
    with stores.operational.worker(snapshot=True) as source:
        current = next(iter(sealing.sealed_days(source, day=day)), None)
        state = None if current is None else seal_state(current, today=clock.today())
        if current is not None and state in (SealState.SEALED, SealState.COLD):
            return SealOutcome(day, current.generation, by_another=True)
        if current is None or state not in DUE:
            return SealOutcome(day, reason="its rows have changed meanwhile: seal it again")
        for kind in KINDS:
            with tempfile.TemporaryFile(buffering=2**20) as rows:
                sent = _COPIES[kind](source, first=first, last=last, into=rows)
                rows.flush()
                if sealer.take(kind, rows) != sent:
                    raise WavehouseError(f"not all {kind} of {day} could be read")
        generation = sealing.last_generation(source, day=day) + 1
    return write_seal(
        stores, store, sealer, day=day, generation=generation, changes=current.changes
    )


def write_seal(
    stores: Stores,
    store: SealedStore,
    sealer: Sealer,
    *,
    day: date,
    generation: int,
    changes: int,
    rollups: str | None = None,
) -> SealOutcome:
    """Write the rows that the sealer holds, compare them, and register them.

    The rollups computed from the file must have the digest ``rollups``; by default that of the
    stored ones.
    """
    files = {kind: sealer.put(kind, store, day=day, generation=generation) for kind in KINDS}
    computed = rollups_of_file(sealer, store, files["events"], day)
    if rollups is None:
        with stores.analytics.worker() as target:
            rollups = _stored_rollups(target, sealer, day)
    if computed != rollups:
        for file in files.values():
            store.remove(file.name)
        return SealOutcome(
            day, reason="its rollups differ from its events: wavehouse rollup reconcile --repair"
        )
    manifest = SealManifest(
        day=day.isoformat(),
        generation=generation,
        sealed_at=clock.now().isoformat(),
        rule_version=RULE_VERSION,
        list_version=list_version(),
        changes=changes,
        rollups_sha256=computed,
        files=files,
    )
    content = manifest_text(manifest)
    scratch = store.scratch()
    scratch.write_bytes(content)
    store.put(manifest_name(day, generation), scratch)
    with stores.operational.worker() as tx:
        register(tx, manifest, store=store.location, content=content)
    rows = sum(file.rows for file in files.values())
    return SealOutcome(day, generation, rows, manifest.bytes)


def register(tx: Tx[Operational], manifest: SealManifest, *, store: str, content: bytes) -> None:
    """Make a generation the current one of its day."""
    day, at = date.fromisoformat(manifest.day), clock.now()
    sealing.supersede(tx, day=day, at=at)
    sealing.insert_seal(
        tx,
        day=day,
        generation=manifest.generation,
        store=store,
        manifest=manifest_name(day, manifest.generation),
        manifest_sha256=hashlib.sha256(content).digest(),
        requests=manifest.files["requests"].rows,
        downloads=manifest.files["downloads"].rows,
        events=manifest.files["events"].rows,
        size=manifest.bytes,
        rollups_sha256=bytes.fromhex(manifest.rollups_sha256),
        rule_version=manifest.rule_version,
        list_version=manifest.list_version,
        changes=manifest.changes,
        at=at,
    )


def rollups_of_file(
    sealer: Sealer,
    store: SealedStore,
    events: SealedFile,
    day: date,
    *,
    without: UUID | None = None,
) -> str:
    """The digest of the rollups computed from a file, or of those but an organization's."""
    return sealer.computed_digest(
        store.local(events.name), rollup_selects(), day=day, without=without
    )


def _stored_rollups(tx: Tx[Analytics], sealer: Sealer, day: date) -> str:
    """The digest of the stored ones."""
    first = clock.start_of_day(day)
    with ExitStack() as files:
        stored = []
        for rollup, select in zip(_ROLLUPS, rollup_selects(), strict=False):
            rows = files.enter_context(tempfile.TemporaryFile(buffering=2**20))
            sealing.copy_rollup(tx, rollup, first=first, last=first + clock.DAY, into=rows)
            stored.append((select, rows))
        rows = files.enter_context(tempfile.TemporaryFile())
        sealing.copy_audience(tx, first=day, last=day + timedelta(days=1), into=rows)
        stored.append((rollup_selects()[-1], rows))
        for _, written in stored:
            written.flush()
        return sealer.stored_digest(stored)


@cache
def rollup_selects() -> tuple[RollupSelect, ...]:
    """Every rollup of a day; the two audiences, the last ones, are one table."""
    made = []
    for rollup in (*_ROLLUPS, *AUDIENCE):
        columns: tuple[str, ...] = ("day", *AudienceRow._fields[1:])
        if rollup.dimension is not None:
            named = {"member": rollup.dimension.column}
            columns = tuple(named.get(name, name) for name in RollupRow._fields)
        select = select_of(rollup, unordered)
        made.append(RollupSelect(rollup.table, select, rollup.grain, columns))
    return tuple(made)


def remove_superseded(stores: Stores) -> int:
    """Remove replaced generations that no reader holds; returns their number.

    Files that are not the registered ones stay: after a restore, a later generation of the same
    installation may have their name. So do those of another installation.
    """
    removed = 0
    with stores.operational.worker() as tx:
        sealing.lock_sealing(tx)
        for old in sealing.superseded(tx):
            store = store_at(old.store)
            if store.in_use(old.manifest):
                continue
            if is_registered(store, old) and not is_others(tx, stores, store):
                for kind in KINDS:
                    store.remove(file_name(old.day, kind, old.generation))
                store.remove(old.manifest)
            sealing.forget(tx, day=old.day, generation=old.generation)
            removed += 1
    return removed


def verify(
    stores: Stores,
    *,
    first: date | None = None,
    last: date | None = None,
    on_day: OnDay = lambda _: None,
) -> list[SealFinding]:
    """Read every sealed file of a period again, and compare it with its manifest and its seal."""
    with stores.operational.worker() as tx:
        listed = sealing.seals(tx, first=first or date.min, last=last or date.max)
    findings = []
    with closing(Sealer()) as sealer:
        for each in listed:
            findings.append(_verify(sealer, each))
            on_day(each.day)
    return findings


def _verify(sealer: Sealer, of: Seal) -> SealFinding:
    rows = 0
    try:
        store = store_at(of.store)
        with store.holding(of.manifest):
            manifest = manifest_at(store, of)
            for kind, file in manifest.files.items():
                path = store.local(file.name)
                if sha256_of(path) != file.sha256:
                    return SealFinding(of.day, of.generation, rows, f"{file.name} was changed")
                if sealer.facts_of_file(kind, path) != (file.rows, file.first, file.last):
                    return SealFinding(
                        of.day, of.generation, rows, f"{file.name} differs from its sealed state"
                    )
                rows += file.rows
            events = manifest.files["events"]
            if rollups_of_file(sealer, store, events, of.day) != manifest.rollups_sha256:
                return SealFinding(
                    of.day, of.generation, rows, "its rollups differ from their sealed state"
                )
    except (WavehouseError, OSError) as error:
        where = getattr(error, "where", None)
        return SealFinding(of.day, of.generation, rows, f"{error}{f': {where}' if where else ''}")
    return SealFinding(of.day, of.generation, rows)


def not_sealed(stores: Stores, *, before: date) -> str:
    """The reason why raw rows before a limit must stay (not all sealed), or an empty string."""
    listed = [(day, state) for day, state in states(stores) if day.has_rows and day.day < before]
    for state, message in _NOT_SEALED.items():
        days = [day.day for day, its in listed if its is state]
        if days:
            return f"{len(days)} days from {days[0]} on {message}: wavehouse warehouse seal"
    return ""
