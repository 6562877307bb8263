"""The use case of the simulation: ``simulate``."""

from __future__ import annotations

from wavehouse.simulation.service.simulate import simulate

__all__ = ["simulate"]
