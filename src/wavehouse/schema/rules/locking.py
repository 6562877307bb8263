"""The table lock that each action of a statement takes, and which locks conflict.

Source: PostgreSQL's documentation, chapter Explicit Locking, and the page of each command. An
unlisted action is assumed to take the strongest lock.
"""

from __future__ import annotations

from wavehouse.schema.rules.parser import Act
from wavehouse.schema.types import LOCKS

_ROW_SHARE, _ROW, _SUX, _SHARE, _SRX, _EXCLUSIVE, _ACCESS = LOCKS[1:]
_CONFLICTS: dict[str, frozenset[str]] = {
    "AccessShareLock": frozenset({_ACCESS}),
    _ROW_SHARE: frozenset({_EXCLUSIVE, _ACCESS}),
    _ROW: frozenset({_SHARE, _SRX, _EXCLUSIVE, _ACCESS}),
    _SUX: frozenset({_SUX, _SHARE, _SRX, _EXCLUSIVE, _ACCESS}),
    _SHARE: frozenset({_ROW, _SUX, _SRX, _EXCLUSIVE, _ACCESS}),
    _SRX: frozenset({_ROW, _SUX, _SHARE, _SRX, _EXCLUSIVE, _ACCESS}),
    _EXCLUSIVE: frozenset(LOCKS[1:]),
    _ACCESS: frozenset(LOCKS),
}
_MODES = {
    "InsertStmt": _ROW,
    "UpdateStmt": _ROW,
    "DeleteStmt": _ROW,
    "MergeStmt": _ROW,
    "CopyStmt": _ROW,
    "IndexStmt": _SHARE,
    "ReindexStmt": _SHARE,
    "CreateTrigStmt": _SRX,
    "CreateStmt": _SRX,
    "CreateTableAsStmt": _ROW_SHARE,
    "VacuumStmt": _SUX,
    "AT_ValidateConstraint": _SUX,
    "AT_SetStatistics": _SUX,
    "AT_SetOptions": _SUX,
    "AT_ResetOptions": _SUX,
    "AT_ClusterOn": _SUX,
    "AT_DropCluster": _SUX,
    "AT_AttachPartition": _SUX,
    "AT_AddConstraint:foreign": _SRX,
    "AT_AddConstraint:primary:index": _ACCESS,
    "AT_EnableTrig": _SRX,
    "AT_DisableTrig": _SRX,
}
_CONCURRENT = {
    "IndexStmt": _SHARE,  # it waits for writers, like a plain build, but does not block them
    "RefreshMatViewStmt": _EXCLUSIVE,
    "ReindexStmt": _SHARE,
}


def lock_of(act: Act) -> str:
    """The lock mode that an action takes on its relation, or waits for."""
    if act.concurrent:
        return _CONCURRENT.get(act.kind, _SUX)
    return _MODES.get(act.kind, _ACCESS)


def lock_of_referenced(act: Act) -> str:
    """The lock mode on the table that a foreign key refers to."""
    return _ROW_SHARE if act.kind == "AT_ValidateConstraint" else _SRX


def conflict(wanted: str, held: str) -> bool:
    """Whether one lock must wait for another session's."""
    return held in _CONFLICTS[wanted]
