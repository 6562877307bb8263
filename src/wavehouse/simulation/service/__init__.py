"""Use cases of the simulation: there is one, ``simulate``."""

from __future__ import annotations

from wavehouse.simulation.service.simulate import simulate

__all__ = ["simulate"]
