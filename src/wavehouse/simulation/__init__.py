"""The simulation: invented shows, listeners and sponsors, with the known truth about them.

The service is imported on first use, so that importing the context is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wavehouse.simulation.types import Progress, Settings
from wavehouse.simulation.writers import exact as exact_formats
from wavehouse.simulation.writers import names as log_formats

if TYPE_CHECKING:
    from wavehouse.simulation.service import simulate

__all__ = ["Progress", "Settings", "exact_formats", "log_formats", "simulate"]


def __getattr__(name: str) -> Any:
    if name == "simulate":
        from wavehouse.simulation.service import simulate

        return simulate
    raise AttributeError(name)
