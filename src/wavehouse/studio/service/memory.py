"""Use cases of agent memory: remember, correct, end, forget, recall as of any time (CRE-4).

A memory has two times: its validity (``valid_from`` to ``valid_to``) and its recording. Rows are
never changed: a correction appends the new content and supersedes the old row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import uuid7
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import memory as queries
from wavehouse.studio.queries.projects import lock_project
from wavehouse.studio.rules import entered
from wavehouse.studio.service.importing import erase_imported
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.ids import MemoryId, ProjectId
from wavehouse.studio.types.memory import Memory, NewMemory, SourceKind

_LONGEST = 4_000
_LONGEST_SOURCE = 400


def recalled(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Memory]:
    """The memories of a project that are valid at ``at``, oldest first; at most 2,000.

    ``known_at`` restricts them to those recorded until then; both default to now. Forgotten
    memories are never returned.
    """
    show_project(tx, identity=identity, project_id=project_id)
    now = clock.now()
    return queries.recalled(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        valid_at=_aware(at, "at") or now,
        known_at=_aware(known_at, "known_at") or now,
    )


def memory_history(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId
) -> list[Memory]:
    """The latest 5,000 rows of a project's memory, superseded and forgotten ones included."""
    show_project(tx, identity=identity, project_id=project_id)
    return queries.history(tx, organization_id=identity.organization_id, project_id=project_id)


def remember(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, new: NewMemory
) -> Memory:
    """Append a memory that is valid from ``valid_from`` (default: now) on."""
    accounts.require(identity.role, Access.WRITE)
    if not lock_project(tx, organization_id=identity.organization_id, project_id=project_id):
        show_project(tx, identity=identity, project_id=project_id)
    if new.source_kind == SourceKind.IMPORT:
        raise InvalidInput("imported memories can only be stored by an import", where="source_kind")
    if not 0 <= new.confidence <= 1:
        raise InvalidInput("confidence must be from 0 to 1", where="confidence")
    now = clock.now()
    memory = Memory(
        memory_id=MemoryId(uuid7()),
        project_id=project_id,
        kind=new.kind,
        content=entered.text_of(new.content, "memory", longest=_LONGEST),
        content_type="text",
        valid_from=_aware(new.valid_from, "valid_from") or now,
        valid_to=_aware(new.valid_to, "valid_to"),
        recorded_at=now,
        superseded_by=None,
        origin_id=None,
        source_kind=new.source_kind,
        source_id=(new.source_id or f"{identity.user_id}/{uuid7()}")[:_LONGEST_SOURCE],
        confidence=new.confidence.quantize(Decimal("0.01")),
        forgotten_at=None,
    )
    _check_validity(memory)
    return _appended(tx, identity, memory, "memory.recorded")


def correct(
    tx: Tx[Operational],
    *,
    identity: Identity,
    memory_id: MemoryId,
    content: str,
    valid_from: datetime | None = None,
) -> Memory:
    """Replace a memory's content; returns the new memory.

    With ``valid_from`` the old content is valid until then; without it, it was never valid.
    Conflict when the memory is already superseded or forgotten.
    """
    accounts.require(identity.role, Access.WRITE)
    old = _current(tx, identity, memory_id)
    start = _aware(valid_from, "valid_from") or old.valid_from
    new = replace(
        old,
        memory_id=MemoryId(uuid7()),
        content=entered.text_of(content, "memory", longest=_LONGEST),
        content_type="text",
        valid_from=start,
        recorded_at=clock.now(),
        origin_id=None,
        source_kind=SourceKind.PERSON,
        source_id=f"{identity.user_id}/{uuid7()}",
        confidence=Decimal(1),
    )
    _check_validity(new)
    if start < old.valid_from:
        raise InvalidInput("the correction starts before the memory", where="valid_from")
    if start > old.valid_from:
        _repeat(tx, identity, old, until=start)
    _appended(tx, identity, new, "memory.corrected")
    _supersede(tx, identity, old, new)
    return new


def end_memory(
    tx: Tx[Operational],
    *,
    identity: Identity,
    memory_id: MemoryId,
    valid_to: datetime | None = None,
) -> Memory:
    """End the validity of a memory at ``valid_to`` (default: now)."""
    accounts.require(identity.role, Access.WRITE)
    old = _current(tx, identity, memory_id)
    ended = _repeat(tx, identity, old, until=_aware(valid_to, "valid_to") or clock.now())
    _supersede(tx, identity, old, ended)
    return ended


def forget(tx: Tx[Operational], *, identity: Identity, memory_id: MemoryId) -> int:
    """Erase the content of a memory everywhere; returns the number of new tombstones.

    The rows that repeat it with another validity are erased too, and the value of
    ``projects.memories`` from which it was imported. Other memories that mention it are not.
    """
    accounts.require(identity.role, Access.WRITE)
    memory = _memory(tx, identity, memory_id)
    root = memory if memory.origin_id is None else _memory(tx, identity, memory.origin_id)
    if root.source_kind == SourceKind.IMPORT and root.content is not None:
        erase_imported(tx, identity=identity, memory=root)
    erased = queries.forget(
        tx, organization_id=identity.organization_id, memory_id=root.memory_id, at=clock.now()
    )
    _record(tx, identity, root.memory_id, "memory.forgotten")
    return erased


def _memory(tx: Tx[Operational], identity: Identity, memory_id: MemoryId) -> Memory:
    row = queries.lock_memory(tx, organization_id=identity.organization_id, memory_id=memory_id)
    if row is None:
        raise NotFound("there is no such memory", command="wavehouse studio memory list")
    return row


def _current(tx: Tx[Operational], identity: Identity, memory_id: MemoryId) -> Memory:
    memory = _memory(tx, identity, memory_id)
    if memory.content is None:
        raise Conflict("the memory was forgotten")
    if memory.superseded_by is not None:
        raise Conflict("the memory is superseded", where=str(memory.superseded_by))
    return memory


def _repeat(tx: Tx[Operational], identity: Identity, old: Memory, *, until: datetime) -> Memory:
    """The same memory, valid until then."""
    row = replace(
        old,
        memory_id=MemoryId(uuid7()),
        valid_to=until,
        recorded_at=clock.now(),
        origin_id=old.origin_id or old.memory_id,
        source_id=f"{old.source_id}/{uuid7()}",
    )
    _check_validity(row)
    if old.valid_to is not None and until > old.valid_to:
        raise InvalidInput("the memory already ended before that time", where="valid_to")
    return _appended(tx, identity, row, "memory.ended")


def _supersede(tx: Tx[Operational], identity: Identity, old: Memory, new: Memory) -> None:
    queries.supersede(
        tx,
        organization_id=identity.organization_id,
        memory_id=old.memory_id,
        superseded_by=new.memory_id,
    )


def _appended(tx: Tx[Operational], identity: Identity, memory: Memory, action: str) -> Memory:
    queries.insert_memory(tx, organization_id=identity.organization_id, memory=memory)
    _record(tx, identity, memory.memory_id, action)
    return memory


def _check_validity(memory: Memory) -> None:
    if memory.valid_to is not None and memory.valid_to <= memory.valid_from:
        raise InvalidInput("a memory must end after it begins", where="valid_to")


def _aware(value: datetime | None, where: str) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidInput("a time needs its UTC offset", where=where)
    return value


def _record(tx: Tx[Operational], identity: Identity, memory_id: MemoryId, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("memory", memory_id),
        organization_id=identity.organization_id,
    )
