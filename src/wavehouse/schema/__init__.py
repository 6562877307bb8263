"""The door of ``schema``: apply, roll back and compare ladders of migrations."""

from wavehouse.schema.service.use_cases import apply, rollback, status
from wavehouse.schema.types import (
    ApplyResult,
    Direction,
    EntryState,
    MigrationFailed,
    Patience,
    RollbackResult,
    SchemaBusy,
    StatusEntry,
    StatusResult,
    Step,
    Target,
)

__all__ = [
    "ApplyResult",
    "Direction",
    "EntryState",
    "MigrationFailed",
    "Patience",
    "RollbackResult",
    "SchemaBusy",
    "StatusEntry",
    "StatusResult",
    "Step",
    "Target",
    "apply",
    "rollback",
    "status",
]
