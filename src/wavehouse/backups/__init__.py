"""Public interface of ``backups``: the catalogue of backups, their creation and removal."""

from wavehouse.backups.service.creating import catalogue, create, prune
from wavehouse.backups.types import Backup, Listed, Restored, Verification

__all__ = [
    "Backup",
    "Listed",
    "Restored",
    "Verification",
    "catalogue",
    "create",
    "prune",
]
