"""Seal the logs: ended transactions' entries become leaves, and the new root is signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wavehouse.audit.adapters import AnyLog, SealFolder, database_of
from wavehouse.audit.queries import sealing
from wavehouse.audit.queries.entries import AnyTx
from wavehouse.audit.rules import notes
from wavehouse.audit.rules.tree import HASH_BYTES, Frontier
from wavehouse.audit.types import LOGS, Checkpoint, Head, LogName, Sealed
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.store import Stores

if TYPE_CHECKING:
    from wavehouse.accounts import Identity

BATCH = 20_000
_CHUNK = 50_000
_VERIFY = "wavehouse audit verify"


def seal(
    stores: Stores, *, identity: Identity, folder: SealFolder, logs: Sequence[LogName] = LOGS
) -> list[Sealed]:
    """Seal all entries of ended transactions, and publish the checkpoints outside the databases.

    Refused when a published checkpoint is larger than the tree: entries were removed, or an older
    copy of the database was restored without `wavehouse restore`.
    """
    return [_seal_log(database_of(stores, log), log, folder) for log in logs]


def set_back(stores: Stores, *, identity: Identity, folder: SealFolder) -> None:
    """After a restore, set aside published checkpoints that are newer than the trees."""
    stamp = f"{clock.now():%Y%m%dT%H%M%S%fZ}"
    for log in LOGS:
        with database_of(stores, log).worker() as tx:
            last = sealing.last_checkpoint(tx)
        folder.set_back(log, last.tree_size if last else 0, stamp)


def _seal_log(database: AnyLog, log: LogName, folder: SealFolder) -> Sealed:
    key, seed = folder.signing_key()
    total = 0
    while True:
        with database.worker() as tx:
            sealing.lock_sealing(tx)
            added = _seal_batch(tx, log, folder, key, seed)
            last = sealing.last_checkpoint(tx)
        total += added
        if added < BATCH:
            break
    with database.worker() as tx:
        new = sealing.checkpoints(tx, above=folder.last_size(log))
    folder.publish(log, [each.signed_note for each in new])
    return Sealed(log, total, last)


def _seal_batch(
    tx: AnyTx, log: LogName, folder: SealFolder, key: notes.PublicKey, seed: bytes
) -> int:
    last = sealing.last_checkpoint(tx)
    frontier = frontier_of(tx, last)
    if folder.last_size(log) > frontier.size:
        raise Refused(
            f"a published checkpoint of the {log} log has more entries than the log",
            where=str(folder.checkpoint_file(log)),
            hint="Entries were removed, or an older copy of the database was restored.",
            command=_VERIFY,
        )
    below = sealing.horizon(tx)
    since = last.sealed_below if last else None
    if since is not None and sealing.is_behind(tx, sealed_below=since):
        since = None
    at = clock.now()
    leaves = sealing.add_leaves(
        tx, first=frontier.size, sealed_below=since, below=below, at=at, limit=BATCH
    )
    if not leaves:
        return 0
    for leaf in leaves:
        frontier.append(leaf.leaf_hash)
    head = Head(f"{key.name}/{log}", frontier.size, frontier.root(), at)
    checkpoint = Checkpoint(
        tree_size=head.size,
        root_hash=head.root,
        origin=head.origin,
        key_id=key.key_id,
        signed_note=notes.signed(notes.body(head), key, seed),
        sealed_at=at,
        frontier=frontier.encoded(),
        sealed_below=leaves[-1].xact_id if len(leaves) == BATCH else below,
    )
    sealing.insert_checkpoint(tx, checkpoint=checkpoint, published_to=folder.places)
    return len(leaves)


def frontier_of(tx: AnyTx, last: Checkpoint | None) -> Frontier:
    """The current tree, from the last checkpoint's frontier or else from the leaves.

    Refused when the leaves do not match the root of the last checkpoint.
    """
    size = sealing.tree_size(tx)
    if last is None:
        return _grown(tx, size)
    frontier = None
    if last.frontier is not None and last.tree_size == size:
        frontier = Frontier.decoded(size, bytes(last.frontier))
    elif last.tree_size <= size:
        frontier = _grown(tx, last.tree_size)
    if frontier is None or frontier.root() != bytes(last.root_hash):
        raise Refused(
            "the leaves of the audit log do not match the root of its last checkpoint",
            where=f"checkpoint {last.tree_size}",
            hint="Leaves were changed or removed.",
            command=_VERIFY,
        )
    return frontier if last.tree_size == size else _grown(tx, size)


def leaves_of(tx: AnyTx, size: int) -> Iterator[bytes]:
    """The hashes of the first ``size`` leaves in order."""
    for first in range(0, size, _CHUNK):
        data = sealing.hashes_between(tx, first=first, stop=min(size, first + _CHUNK))
        for at in range(0, len(data), HASH_BYTES):
            yield data[at : at + HASH_BYTES]


def _grown(tx: AnyTx, size: int) -> Frontier:
    frontier = Frontier()
    for leaf in leaves_of(tx, size):
        frontier.append(leaf)
    return frontier
