"""Whose the files of a store are: one installation seals into a folder or a prefix of a bucket.

Days have the same names everywhere, so two installations would replace and remove each other's
files. A copy of a home, or a backup restored beside it, is another installation that reads the
original's files.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.sealed_store import SealedStore, scratch_file
from wavehouse.measurement.queries import sealing
from wavehouse.store import Operational, Stores, Tx

OWNER = "owner/installation"


def claim(tx: Tx[Operational], stores: Stores, store: SealedStore) -> None:
    """Note whose store this is. Refused when it is another installation's."""
    mine = _name(tx, stores, store)
    owner = _owner(store)
    if owner is None:
        with scratch_file(store) as path:
            path.write_text(f"{mine}\n", encoding="utf-8")
            store.put(OWNER, path)
        owner = _owner(store)
    if owner != mine:
        raise Refused(
            f"the sealed files here belong to another installation: {owner}",
            where=f"{store.location}/{OWNER}",
            hint="Set WAVEHOUSE_SEALED_STORE to a folder, or to a prefix of the bucket, that no "
            f"other has. If that installation was moved and is now this one ({mine}), remove that "
            "file.",
        )


def is_others(tx: Tx[Operational], stores: Stores, store: SealedStore) -> bool:
    """Whether another installation seals there: its files are read, and never changed."""
    owner = _owner(store)
    return owner is not None and owner != _name(tx, stores, store)


def _owner(store: SealedStore) -> str | None:
    try:
        return store.read(OWNER).decode(errors="replace").strip()
    except NotFound:
        return None


def _name(tx: Tx[Operational], stores: Stores, store: SealedStore) -> str:
    """The server and database; of an embedded server the home too, which tells copies apart.

    Not for a store in the home, which is moved and copied with it.
    """
    database = sealing.installation(tx)
    if stores.server is None:
        return database
    home, parts = stores.server.home.resolve(), urlsplit(store.location)
    if parts.scheme == "file" and Path(unquote(parts.path)).resolve().is_relative_to(home):
        return database
    return f"{database} {home}"
