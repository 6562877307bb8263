"""Public interface of ``schema``: apply, roll back and compare ladders of migrations."""

from wavehouse.schema.service.documents import (
    catalogue,
    check_documents,
    reserved_tables,
    write_documents,
)
from wavehouse.schema.service.seeding import seed
from wavehouse.schema.service.use_cases import apply, history, recover, rollback, status
from wavehouse.schema.types import (
    Catalogue,
    Direction,
    DocumentsCheck,
    EntryState,
    Expected,
    ForeignKey,
    MigrationFailed,
    Patience,
    RecoverResult,
    SchemaBusy,
    SeedResult,
    StatusEntry,
    StatusResult,
    Step,
    Table,
    Target,
    WalkResult,
)

__all__ = [
    "Catalogue",
    "Direction",
    "DocumentsCheck",
    "EntryState",
    "Expected",
    "ForeignKey",
    "MigrationFailed",
    "Patience",
    "RecoverResult",
    "SchemaBusy",
    "SeedResult",
    "StatusEntry",
    "StatusResult",
    "Step",
    "Table",
    "Target",
    "WalkResult",
    "apply",
    "catalogue",
    "check_documents",
    "history",
    "recover",
    "reserved_tables",
    "rollback",
    "seed",
    "status",
    "write_documents",
]
