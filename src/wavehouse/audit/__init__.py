"""Public interface of ``audit``: the append-only record of actions, sealed in a tree."""

from wavehouse.audit.adapters import SealFolder
from wavehouse.audit.service.recording import (
    record,
    record_for_listeners,
    redact,
    redact_many,
)
from wavehouse.audit.service.sealing import seal, set_back
from wavehouse.audit.service.verifying import list_checkpoints, list_entries, verify, waiting
from wavehouse.audit.types import (
    LOGS,
    Actor,
    Checkpoint,
    Entry,
    Finding,
    LastVerified,
    LogName,
    Sealed,
    StoredEntry,
    Unsealed,
    Verified,
)

__all__ = [
    "LOGS",
    "Actor",
    "Checkpoint",
    "Entry",
    "Finding",
    "LastVerified",
    "LogName",
    "SealFolder",
    "Sealed",
    "StoredEntry",
    "Unsealed",
    "Verified",
    "list_checkpoints",
    "list_entries",
    "record",
    "record_for_listeners",
    "redact",
    "redact_many",
    "seal",
    "set_back",
    "verify",
    "waiting",
]
