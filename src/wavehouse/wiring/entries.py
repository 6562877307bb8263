"""The combined entries of all manifests, from which the product's edges are built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.kernel.manifest import (
    Chapter,
    Check,
    Command,
    Job,
    Page,
    Schedule,
    Section,
)
from wavehouse.wiring.reading import manifests, resolve

if TYPE_CHECKING:
    from wavehouse.accounts import Identity
    from wavehouse.store import Database, Operational
    from wavehouse.workspace import Edge, Reader


def commands(group: str) -> list[Command]:
    """The commands of a group by section; ``""`` is the root."""
    sections = list(Section)
    listed = [c for m in manifests() for c in m.commands if c.group == group]
    return sorted(listed, key=lambda command: sections.index(command.section))


def routers(edge: Edge) -> list[Any]:
    """The FastAPI routers of all contexts."""
    return [
        router for m in manifests() for entry in m.routes for router in resolve(entry.target)(edge)
    ]


def pages() -> list[Page]:
    """The pages of the dashboard, in navigation order."""
    return sorted((p for m in manifests() for p in m.pages), key=lambda page: page.order)


def jobs() -> dict[str, Job]:
    """The jobs, by kind."""
    return {job.kind: job for m in manifests() for job in m.jobs}


def schedules() -> list[Schedule]:
    """The schedules of repeated work."""
    return [schedule for m in manifests() for schedule in m.schedules]


def checks(*, before_opening: bool) -> list[Check]:
    """The checks of ``doctor`` that run before the databases are opened, or after."""
    return [c for m in manifests() for c in m.checks if c.before_opening is before_opening]


def chapters() -> list[Chapter]:
    """The chapters of the demo, in story order."""
    return sorted((c for m in manifests() for c in m.chapters), key=lambda chapter: chapter.order)


def readers() -> Mapping[str, Reader]:
    """The readers of quarantined files by kind, each imported on first call."""
    return {reader.kind: _reader(reader.target) for m in manifests() for reader in m.readers}


def _reader(target: str) -> Reader:
    def read(
        operational: Database[Operational], path: Path, *, identity: Identity
    ) -> frozenset[int]:
        lines: frozenset[int] = resolve(target)(operational, path, identity=identity)
        return lines

    return read
