"""Make a restored home ready: repeat erasures, and check what was restored."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wavehouse import app, audit, measurement, schema
from wavehouse.accounts import Identity, user_actor
from wavehouse.audit import SealFolder
from wavehouse.backups.queries import AnyTx, count_rows, readable_tables
from wavehouse.backups.types import Checked, Pending
from wavehouse.kernel import config
from wavehouse.kernel.config import Settings, Value
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import WavehouseError
from wavehouse.store import Stores, open_stores

_ERASURE = "wavehouse.erasure"


def settings_of(home: Path) -> Settings:
    """The settings for a home, with the embedded server, even if URLs are set."""
    loaded = config.load({"home": str(home)})
    values = dict(loaded.values)
    for name in DATABASES:
        key = f"{name}_url"
        values[key] = Value(values[key].option, None, "restore")
    return replace(loaded, values=values)


@contextmanager
def _opened(home: Path) -> Iterator[tuple[Settings, Stores]]:
    settings = settings_of(home)
    with open_stores(settings, restoring=True) as stores:
        yield settings, stores


def finish(home: Path, pending: Pending) -> tuple[list[Checked], str]:
    """Repeat the erasures since the backup, then check the databases; in this order.

    Returns the checks, and a line about the erasures. An error leaves the home not ready.
    """
    with _opened(home) as (settings, stores):
        checks = [_schema(stores)]
        app.migrate(stores)
        identity = app.entered(settings, stores).identity
        folder = SealFolder.of(settings)
        audit.set_back(stores, identity=identity, folder=folder)
        sealed = _sealed(stores)  # before the erasures, which rewrite sealed files
        replayed = _replay(stores, settings, identity)
        with stores.operational.worker() as tx:
            audit.record(
                tx,
                actor=user_actor(identity),
                action="backup.restored",
                resource=("backup", pending.backup_id),
                organization_id=identity.organization_id,
                metadata={"erasures": replayed},
            )
        checks += [
            _audit(stores, identity, folder),
            sealed,
            _rollups(stores),
            _rows(stores),
        ]
    return checks, replayed


def repeat_erasures(home: Path, *, verification: str) -> str:
    """Repeat the erasures alone, with this level of verification; a line about them."""
    with _opened(home) as (settings, stores):
        known = settings.values["erasure_verification"]
        values = {**settings.values, known.option.name: replace(known, value=verification)}
        identity = app.entered(settings, stores).identity
        return _replay(stores, replace(settings, values=values), identity)


def _replay(stores: Stores, settings: Settings, identity: Identity) -> str:
    """Repeat the erasures of the ledger in the home."""
    ledger = settings.home / "erasure" / "ledger.ndjson"
    if importlib.util.find_spec(_ERASURE) is None:
        if ledger.exists():
            raise WavehouseError("this version cannot repeat the erasures", where=str(ledger))
        return "no erasures to repeat"
    erasure = importlib.import_module(_ERASURE)
    result = erasure.replay(stores, settings, identity=identity)
    return f"{result.entries} in the ledger, {result.summary}"


def _schema(stores: Stores) -> Checked:
    """Which migrations the backup lacked; they are applied next."""
    pending = 0
    for target in app.targets_of(stores):
        status = schema.status(target.conninfo, target.folder, role=target.role)
        pending += sum(e.state != schema.EntryState.APPLIED for e in status.entries)
    message = f"{pending} migrations were applied after the restore" if pending else "up to date"
    return Checked("schema", True, message)


def _audit(stores: Stores, identity: Identity, folder: SealFolder) -> Checked:
    results = audit.verify(stores, identity=identity, folder=folder)
    findings = [finding for each in results for finding in each.findings]
    if findings:
        return Checked("audit log", False, f"{findings[0].where}: {findings[0].message}")
    return Checked("audit log", True, f"{sum(each.entries for each in results):,} sealed entries")


def _sealed(stores: Stores) -> Checked:
    """The sealed days. Files outside the home are in no backup, and may be from after it.

    What can be repaired is repaired.
    """
    name = "sealed days"
    try:
        made = measurement.repair_seals(stores)
    except (WavehouseError, OSError) as error:
        return Checked(name, False, f"their files could not be read: {error}")
    measurement.roll_up(stores)
    if made.lost:
        message = f"{len(made.lost)} of {made.sealed} lack their files, the first is {made.lost[0]}"
        return Checked(name, False, f"{message}: wavehouse warehouse verify")
    parts = [str(made.sealed)]
    if made.later:
        parts.append(f"{len(made.later)} have later files than the backup")
    if made.again:
        parts.append(f"{len(made.again)} are sealed again by the next wavehouse warehouse seal")
    return Checked(name, True, ", ".join(parts))


def _rollups(stores: Stores) -> Checked:
    result = measurement.reconcile(stores)
    count = len(result.mismatches)
    message = f"{result.raw_events:,} events in {result.hours:,} hours"
    if count:
        return Checked("rollups", False, f"{count} hours differ from the raw events")
    return Checked("rollups", True, message)


def _rows(stores: Stores) -> Checked:
    """Read every row of every table once, which checks the checksums of its pages."""
    counts = []
    with stores.operational.worker() as tx:
        counts += _counts(tx)
    with stores.learning.worker() as tx_of_learning:
        counts += _counts(tx_of_learning)
    with stores.listeners.worker() as tx_of_listeners:
        counts += _counts(tx_of_listeners)
    with stores.analytics.worker() as tx_of_analytics:
        counts += _counts(tx_of_analytics)
    rows = sum(counts)
    return Checked("rows", rows > 0, f"{rows:,} rows of {len(counts):,} tables read")


def _counts(tx: AnyTx) -> list[int]:
    return [count_rows(tx, table=table) for table in readable_tables(tx)]
