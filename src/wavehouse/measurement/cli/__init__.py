"""Commands of ``measurement``: read logs, show downloads, and trace requests."""

from wavehouse.measurement.cli import engines, reopening  # noqa: F401 - commands of the group warehouse
from wavehouse.measurement.cli.audience import audience
from wavehouse.measurement.cli.figures import downloads, requests
from wavehouse.measurement.cli.inclusions import inclusions
from wavehouse.measurement.cli.indexes import indexes
from wavehouse.measurement.cli.logs import logs
from wavehouse.measurement.cli.quarantine import REPLAY_READERS, quarantine
from wavehouse.measurement.cli.rollups import rollup
from wavehouse.measurement.cli.warehouse import warehouse
from wavehouse.measurement.cli.watch import watch

__all__ = [
    "REPLAY_READERS",
    "audience",
    "downloads",
    "inclusions",
    "indexes",
    "logs",
    "quarantine",
    "requests",
    "rollup",
    "warehouse",
    "watch",
]
