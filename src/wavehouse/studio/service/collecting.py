"""Use case: delete stored files that nothing references any more.

Files are named by their content and shared by episodes, generations and projects, so they are not
deleted with a row: unreferenced ones are collected. A file is kept while it is younger than
``YOUNG``, and younger than the oldest generation that has not ended: a step writes its file before
the row that references it, and holds a file that it reuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.queries import files as queries

YOUNG = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Collected:
    """The files of the store: all, the unreferenced ones, and those deleted; sizes in bytes.

    ``missing`` are published audio files that are not in the store.
    """

    files: int
    bytes: int
    unreferenced: int
    unreferenced_bytes: int
    deleted: int
    missing: tuple[str, ...]
    before: datetime


def collect(
    operational: Database[Operational],
    store: FolderStore,
    *,
    identity: Identity,
    apply: bool = False,
) -> Collected:
    """Count the files that nothing references; with ``apply``, delete them.

    Refused when the database references none of the stored files: it is probably another one.

    Maintenance of the installation: it works for all organizations.
    """
    now = clock.now()
    with operational.worker() as tx:
        oldest = queries.oldest_open(tx)
        before = min(now - YOUNG, oldest or now)
        kept = _with_named(store, queries.referenced(tx, before=before))
        published = queries.published_files(tx)
    files = total = unreferenced = freed = deleted = 0
    if apply:
        _check_belonging(store, kept)
    for ref, size, held in store.stored():
        files, total = files + 1, total + size
        if ref in kept or held >= before.timestamp():
            continue
        unreferenced, freed = unreferenced + 1, freed + size
        if apply:
            deleted += store.remove(ref, before=before.timestamp())
    if deleted:
        with operational.worker() as tx:
            audit.record(
                tx,
                actor=accounts.user_actor(identity),
                action="studio.files_collected",
                resource=("folder", store.folder.name),
                organization_id=identity.organization_id,
                metadata={"files": deleted},
            )
    missing = tuple(sorted(ref for ref in published if not store.has(ref)))
    return Collected(files, total, unreferenced, freed, deleted, missing, before)


def _check_belonging(store: FolderStore, kept: set[str]) -> None:
    stored = [ref for ref, _, _ in store.stored()]
    if stored and not kept.intersection(stored):
        raise Refused(
            "the database references none of the stored files; is it the database of this home?",
            where=str(store.folder),
        )


def _with_named(store: FolderStore, refs: list[str]) -> set[str]:
    """References and the files that their documents name, to any depth."""
    kept: set[str] = set()
    open_refs = [ref for ref in refs if ref.startswith("sha256:")]
    while open_refs:
        ref = open_refs.pop()
        if ref not in kept:
            kept.add(ref)
            open_refs += store.named_by(ref)
    return kept
