"""What an edge works with: settings, open databases, and the user who acts.

Only edges (commands, routes, pages, jobs, the demo) see a workspace. They take an identity from
it, or from a key or a session, open transactions, and call services with both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from wavehouse.accounts import Identity, Organization, Scope
from wavehouse.kernel.config import Settings
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Database, Operational, Stores


@dataclass(frozen=True, slots=True)
class Workspace:
    """The settings, the open databases, and the organization and the user that act.

    These are the installation's own organization and its administrator, unless a command names
    others. ``owner`` is the installation's own organization when another one acts.
    """

    settings: Settings
    stores: Stores
    organization: Organization
    identity: Identity
    owner: OrganizationId | None = None

    @property
    def home(self) -> OrganizationId:
        """The installation's own organization: its administrators are the operators."""
        return self.owner or self.organization.organization_id


class OpenWorkspace(Protocol):
    """Opens the workspace; every command gets one as click's object (``app.open_workspace``)."""

    def __call__(self) -> AbstractContextManager[Workspace]:
        """The databases started, migrated and open while the block lasts."""


class Gate(Protocol):
    """Authenticates API requests; built by the web and handed to each context's routes.

    ``gate(scope)`` is a FastAPI dependency: the identity of an API key that has the scope and is
    within its rate. ``gate.answers(scope, 404)`` documents the problems that a route may return.
    """

    def __call__(self, scope: Scope) -> Callable[..., Identity]:
        """The dependency of a route that needs this scope."""
        ...

    def answers(self, scope: Scope, *statuses: int) -> dict[int | str, dict[str, Any]]:
        """The problems of a route, for the OpenAPI document."""
        ...


class Reader(Protocol):
    """Reads a quarantined file of its kind again, for the organization of the identity."""

    def __call__(
        self, operational: Database[Operational], path: Path, *, identity: Identity
    ) -> frozenset[int]:
        """The numbers of the lines that still cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class Edge:
    """What the HTTP routes of a context are built with (``kernel.manifest.Routes``)."""

    workspace: Workspace
    gate: Gate
    readers: Mapping[str, Reader] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a chapter of the demo plays on (``kernel.manifest.Chapter``).

    ``folder`` holds the simulated files, ``truth`` what their simulation knows, ``until`` its last
    day. ``output`` is a folder for files that the chapter makes; removing the sample removes it.
    """

    workspace: Workspace
    folder: Path
    truth: Mapping[str, Any]
    until: date
    output: Path


@dataclass(frozen=True, slots=True)
class ChapterResult:
    """What a chapter of the demo has shown: one or two lines for people, and its figures."""

    ok: bool
    lines: tuple[str, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
