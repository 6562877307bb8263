"""The pipeline's resources: the database, the file store, the address of the feeds."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.kernel.config import Settings
from wavehouse.kernel.serving import address_of
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.objects import FolderStore


@dataclass(frozen=True, slots=True)
class Place:
    """The pipeline's database, store and feed address, and the feeds' WebSub hub, if any."""

    operational: Database[Operational]
    store: FolderStore
    address: str
    hub: str = ""


def store_of(settings: Settings) -> FolderStore:
    """The files of the studio, below the home folder."""
    return FolderStore(settings.home / "studio")


def place_of(operational: Database[Operational], settings: Settings) -> Place:
    """The resources of an installation."""
    return Place(
        operational, store_of(settings), address_of(settings), settings["studio_hub"] or ""
    )
