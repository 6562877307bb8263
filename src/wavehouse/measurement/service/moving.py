"""Use case: sealed files follow a home that was moved or copied.

A seal names its store by an absolute address. In another folder than before, the home's databases
still name the old one: figures of cold days would fail, and in a copy of a home, sealing would
remove the files of the original.
"""

from __future__ import annotations

import hashlib

from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.sealed_store import FolderStore
from wavehouse.measurement.queries import sealing
from wavehouse.measurement.types import Seal
from wavehouse.store import Stores


def follow_home(stores: Stores, settings: Settings) -> int:
    """Give seals whose files are in this home its present address; returns their number.

    Only for databases of the embedded server, which are in the home themselves. A seal whose
    manifest is not in the home, or is another one, keeps its address.
    """
    if settings.url_of("operational") is not None:
        return 0
    own = FolderStore(settings.home / "sealed")
    with stores.operational.worker() as tx:
        moved = [
            each for each in sealing.seals_elsewhere(tx, store=own.location) if _is_in(own, each)
        ]
        for each in moved:
            sealing.move_seal(tx, day=each.day, generation=each.generation, store=own.location)
    return len(moved)


def _is_in(own: FolderStore, seal: Seal) -> bool:
    """Whether the home has the manifest with this hash."""
    try:
        content = own.read(seal.manifest)
    except (NotFound, Refused, OSError):
        return False
    return hashlib.sha256(content).digest() == seal.manifest_sha256
