"""Public interface of ``backups``: the catalogue, and how long backups may contain erased data."""

from wavehouse.backups.service.creating import catalogue, create, latest_expiry, prune
from wavehouse.backups.types import Backup, Listed, Restored, Verification

__all__ = [
    "Backup",
    "Listed",
    "Restored",
    "Verification",
    "catalogue",
    "create",
    "latest_expiry",
    "prune",
]
