"""Verify the logs in the databases, export them, and prove single entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from wavehouse.audit.adapters import SealFolder, database_of
from wavehouse.audit.queries import entries, sealing
from wavehouse.audit.queries.entries import AnyTx
from wavehouse.audit.rules import checking, notes, tree
from wavehouse.audit.service.sealing import leaves_of
from wavehouse.audit.types import (
    LOGS,
    Checkpoint,
    Fault,
    Finding,
    LogName,
    StoredEntry,
    Unsealed,
    Verified,
)
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, Refused, UsageError
from wavehouse.store import Stores

if TYPE_CHECKING:
    from wavehouse.accounts import Identity

_LIMIT = 100
_MESSAGES = {
    "removed": (Fault.REMOVED, "a sealed entry is missing"),
    "leaf": (Fault.CHANGED, "the entry differs from its sealed leaf"),
    "hash": (Fault.CHANGED, "the entry does not match its stored hash"),
    "inserted": (Fault.INSERTED, "the entry appeared before the last seal"),
}


def verify(
    stores: Stores, *, identity: Identity, folder: SealFolder, logs: Sequence[LogName] = LOGS
) -> list[Verified]:
    """Compare entries, leaves and checkpoints of the logs, and the published checkpoints.

    The result is stored in the folder, so that the page and doctor can show it.
    """
    at = clock.now()
    results = [_verify_log(stores, log, folder) for log in logs]
    folder.note_verified(at, results)
    return results


def _verify_log(stores: Stores, log: LogName, folder: SealFolder) -> Verified:
    with database_of(stores, log).worker(snapshot=True) as tx:
        stored = sealing.checkpoints(tx)
        signed = [(f"{log} database", each.signed_note) for each in stored]
        keys = folder.public_keys()
        heads = checking.Heads([*signed, *folder.published(log)], keys, None)
        size = sealing.tree_size(tx)
        for leaf in leaves_of(tx, size):
            heads.append(leaf)
        heads.finish()
        findings = [*heads.findings, *_altered_checkpoints(log, stored)]
        if heads.frontier.size != size:
            message = f"{size - heads.frontier.size:,} leaves are missing"
            findings.append(Finding(Fault.REMOVED, f"{log} database", message))
        findings += _differences(tx)
        waiting = sealing.unsealed(tx)
    return Verified(
        log,
        heads.frontier.size,
        len(stored),
        waiting.entries,
        tuple(findings[: checking.MOST_FINDINGS]),
        tuple(key.key_id for key in keys),
    )


def _altered_checkpoints(log: LogName, stored: Sequence[Checkpoint]) -> Iterator[Finding]:
    for each in stored:
        try:
            head = notes.read(each.signed_note)
        except ValueError:
            continue  # already reported
        if (head.size, head.root, head.origin) != (
            each.tree_size,
            bytes(each.root_hash),
            each.origin,
        ):
            message = "the columns of the checkpoint differ from its signed text"
            yield Finding(Fault.CHANGED, f"{log} database, checkpoint {each.tree_size}", message)


def _differences(tx: AnyTx) -> list[Finding]:
    findings = []
    for row in sealing.different_entries(tx, limit=_LIMIT):
        fault, message = _MESSAGES[row.what]
        findings.append(Finding(fault, f"entry {row.audit_id}", message))
    for row in sealing.different_commitments(tx, limit=_LIMIT):
        message = f"the personal value {row.what} does not match the entry's commitment"
        findings.append(Finding(Fault.COMMITMENT, f"entry {row.audit_id}", message))
    return findings


def export(
    stores: Stores,
    *,
    identity: Identity,
    folder: SealFolder,
    log: LogName,
    write: Callable[[bytes], object],
) -> int:
    """Write all sealed entries of a log as NDJSON; returns how many. No personal values."""
    with database_of(stores, log).worker(snapshot=True) as tx:
        stored = sealing.checkpoints(tx)
        size = stored[-1].tree_size if stored else 0
        header = checking.Header(
            format=checking.FORMAT,
            log=log,
            origin=stored[-1].origin if stored else "",
            size=size,
            unsealed=sealing.unsealed(tx).entries,
            exported_at=clock.now().isoformat(),
            keys=[str(key) for key in folder.public_keys()],
            checkpoints=[each.signed_note for each in stored],
        )
        write(msgspec.json.encode(header) + b"\n")
        encode = msgspec.json.Encoder().encode
        for entry in sealing.sealed_entries(tx, size=size):
            write(encode(entry) + b"\n")
    return size


def prove_entry(
    stores: Stores, *, identity: Identity, log: LogName, audit_id: UUID
) -> dict[str, Any]:
    """The proof that an entry is in the tree of the latest checkpoint, as a JSON object."""
    with database_of(stores, log).worker(snapshot=True) as tx:
        entry = entries.entry_of(tx, audit_id=audit_id)
        index = sealing.leaf_index_of(tx, audit_id=audit_id)
        last = sealing.last_checkpoint(tx)
        if entry is None:
            raise NotFound("no such entry", where=str(audit_id), command="wavehouse audit list")
        if index is None or last is None:
            raise Refused(
                "the entry is not sealed yet",
                where=str(audit_id),
                hint="Entries are sealed every minute; the command seals them at once.",
                command="wavehouse audit seal",
            )
        leaves = list(leaves_of(tx, last.tree_size))
    proof = tree.inclusion_proof(leaves, index)
    return {
        "format": checking.INCLUSION,
        "entry": msgspec.to_builtins(entry),
        "leaf_index": index,
        "proof": [step.hex() for step in proof],
        "checkpoint": last.signed_note,
    }


def prove_growth(
    stores: Stores, *, identity: Identity, log: LogName, old: int, new: int | None = None
) -> dict[str, Any]:
    """The proof that the tree of one checkpoint grew from the tree of an earlier one."""
    with database_of(stores, log).worker(snapshot=True) as tx:
        stored = {each.tree_size: each for each in sealing.checkpoints(tx)}
        size = max(stored, default=0) if new is None else new
        for each in (old, size):
            if each not in stored:
                raise UsageError(
                    f"there is no checkpoint with {each} entries",
                    command=f"wavehouse audit checkpoints --log {log}",
                )
        leaves = list(leaves_of(tx, size))
    return {
        "format": checking.CONSISTENCY,
        "old": stored[old].signed_note,
        "new": stored[size].signed_note,
        "proof": [step.hex() for step in tree.consistency_proof(leaves, old)],
    }


def list_entries(
    tx: AnyTx,
    *,
    identity: Identity,
    action: str | None = None,
    actor: str | None = None,
    resource_id: str | None = None,
    since: Any = None,
    limit: int = 50,
) -> list[StoredEntry]:
    """The latest entries that the transaction may see, latest first."""
    return entries.list_entries(
        tx, action=action, actor=actor, resource_id=resource_id, since=since, limit=limit
    )


def show_entry(tx: AnyTx, *, identity: Identity, audit_id: UUID) -> StoredEntry:
    """One entry. NotFound when it does not exist or the transaction may not see it."""
    entry = entries.entry_of(tx, audit_id=audit_id)
    if entry is None:
        raise NotFound("no such entry", where=str(audit_id), command="wavehouse audit list")
    return entry


def list_checkpoints(
    stores: Stores, *, identity: Identity, log: LogName, limit: int
) -> list[Checkpoint]:
    """The latest checkpoints of a log, latest first."""
    with database_of(stores, log).worker() as tx:
        return sealing.latest_checkpoints(tx, limit=limit)


def waiting(stores: Stores, *, identity: Identity) -> dict[LogName, Unsealed]:
    """The entries of each log that are not sealed yet."""
    counted: dict[LogName, Unsealed] = {}
    for log in LOGS:
        with database_of(stores, log).worker() as tx:
            counted[log] = sealing.unsealed(tx)
    return counted
