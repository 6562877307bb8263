"""``wavehouse entitlements``: grants, events, offers, policy."""

from wavehouse.entitlements.cli.grants import entitlements
from wavehouse.entitlements.cli.upkeep import offers, policy  # noqa: F401 - they add themselves

__all__ = ["entitlements"]
