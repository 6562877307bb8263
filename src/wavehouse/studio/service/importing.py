"""Use cases of ``projects.memories``: import them into agent memory and export them, without loss.

Each value is a memory whose source is its place: ``projects.memories[0]`` of an array,
``projects.memories."key"`` of an object. Importing again adds new values, supersedes changed ones,
ends removed ones, and keeps all others, including those that people corrected meanwhile.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import psycopg

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import OrganizationId, uuid7
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import memory as queries
from wavehouse.studio.queries.projects import lock_project
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.ids import MemoryId, ProjectId
from wavehouse.studio.types.memory import GivenMemory, Imported, Memory, MemoryKind, SourceKind

LARGEST = 4 * 1024 * 1024
_ROOT = "projects.memories"
_INDEX = re.compile(r"projects\.memories\[(\d+)\]")


def import_memories(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    memories: str | None = None,
) -> Imported:
    """Import ``projects.memories``, after replacing it with the JSON text ``memories`` if given.

    InvalidInput when the text is not a JSON array or object of at most 4 MB.
    """
    accounts.require(identity.role, Access.WRITE)
    organization_id, at = identity.organization_id, clock.now()
    project = show_project(tx, identity=identity, project_id=project_id)
    lock_project(tx, organization_id=organization_id, project_id=project_id)
    if memories is not None:
        _replace(tx, organization_id, project_id, memories)
    given = queries.given_memories(tx, organization_id=organization_id, project_id=project_id)
    last = {
        memory.source_id: memory
        for memory in queries.imported_memories(
            tx, organization_id=organization_id, project_id=project_id
        )
    }
    done = [
        _import_value(tx, organization_id, _new(project_id, value, project.created_at, at), last)
        for value in given
    ]
    gone = [last[source_id] for source_id in last.keys() - {value.source_id for value in given}]
    removed = sum(_end(tx, organization_id, memory, at) for memory in gone)
    result = Imported(done.count("added"), done.count("changed"), removed, done.count("unchanged"))
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="memory.imported",
        resource=("project", project_id),
        organization_id=organization_id,
        metadata={"added": result.added, "changed": result.changed, "removed": result.removed},
    )
    return result


def export_memories(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> str:
    """The imported JSON as text, rebuilt from agent memory; null for a forgotten value."""
    show_project(tx, identity=identity, project_id=project_id)
    return queries.exported_memories(
        tx, organization_id=identity.organization_id, project_id=project_id
    )


def erase_imported(tx: Tx[Operational], *, identity: Identity, memory: Memory) -> None:
    """Set the value from which a memory was imported to null, unless it has changed since."""
    source_id = memory.source_id
    given = queries.given_memories(
        tx, organization_id=identity.organization_id, project_id=memory.project_id
    )
    same = GivenMemory(source_id, memory.content or "", memory.content_type)
    if same not in given:
        return
    index = _INDEX.match(source_id)
    key = digest = None
    if source_id.startswith(f"{_ROOT}."):
        key, _ = json.JSONDecoder().raw_decode(source_id, len(_ROOT) + 1)
    elif source_id.startswith(f"{_ROOT}#"):
        digest = source_id[len(_ROOT) + 1 :]
    queries.erase_given(
        tx,
        organization_id=identity.organization_id,
        project_id=memory.project_id,
        path=key,
        index=int(index[1]) if index else None,
        digest=digest,
    )


def _replace(
    tx: Tx[Operational], organization_id: OrganizationId, project_id: ProjectId, memories: str
) -> None:
    if len(memories.encode("utf-8", "replace")) > LARGEST:
        raise InvalidInput("the memories are larger than 4 MB", where="memories")
    try:
        with tx.savepoint():
            queries.set_project_memories(
                tx, organization_id=organization_id, project_id=project_id, memories=memories
            )
    except (psycopg.DataError, psycopg.errors.CheckViolation, UnicodeEncodeError) as error:
        raise InvalidInput(
            "the memories are not a JSON array or object",
            where="memories",
            hint="PostgreSQL stores no NUL character and no lone surrogate.",
        ) from error


def _new(project_id: ProjectId, value: GivenMemory, since: datetime, at: datetime) -> Memory:
    return Memory(
        memory_id=MemoryId(uuid7()),
        project_id=project_id,
        kind=MemoryKind.FACT,
        content=value.content,
        content_type=value.content_type,
        valid_from=min(since, at),
        valid_to=None,
        recorded_at=at,
        superseded_by=None,
        origin_id=None,
        source_kind=SourceKind.IMPORT,
        source_id=value.source_id,
        confidence=Decimal(1),
        forgotten_at=None,
    )


def _import_value(
    tx: Tx[Operational], organization_id: OrganizationId, new: Memory, last: dict[str, Memory]
) -> str:
    """``added``, ``changed`` or ``unchanged``."""
    old = last.get(new.source_id)
    if old is None:
        queries.insert_memory(tx, organization_id=organization_id, memory=new)
        return "added"
    forgotten = old.content is None and (new.content, new.content_type) == ("null", "json")
    if forgotten or (old.content, old.content_type) == (new.content, new.content_type):
        return "unchanged"
    if old.superseded_by is None and new.recorded_at > old.valid_from:
        if old.content is not None:
            _repeat(tx, organization_id, old, new.recorded_at)
        new = replace(new, valid_from=new.recorded_at)
    queries.insert_memory(tx, organization_id=organization_id, memory=new)
    if old.superseded_by is None:
        _supersede(tx, organization_id, old, new)
    return "changed"


def _end(
    tx: Tx[Operational], organization_id: OrganizationId, memory: Memory, at: datetime
) -> bool:
    """Whether a memory whose value was removed ended now; a superseded one is unchanged."""
    if memory.superseded_by is not None or memory.content is None or at <= memory.valid_from:
        return False
    _supersede(tx, organization_id, memory, _repeat(tx, organization_id, memory, at))
    return True


def _repeat(
    tx: Tx[Operational], organization_id: OrganizationId, memory: Memory, until: datetime
) -> Memory:
    row = replace(
        memory,
        memory_id=MemoryId(uuid7()),
        valid_to=until,
        recorded_at=until,
        origin_id=memory.memory_id,
        source_id=f"{memory.source_id}/{uuid7()}",
    )
    queries.insert_memory(tx, organization_id=organization_id, memory=row)
    return row


def _supersede(
    tx: Tx[Operational], organization_id: OrganizationId, old: Memory, new: Memory
) -> None:
    queries.supersede(
        tx,
        organization_id=organization_id,
        memory_id=old.memory_id,
        superseded_by=new.memory_id,
    )
