"""The workspace of an edge: settings, open databases, and the acting user.

Only edges (commands, routes, pages, jobs, the demo) see a workspace. They take an identity from it,
or from a key or a session, open transactions, and pass both to services.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from wavehouse.accounts import Identity, Organization, Role, Scope
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Refused
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Database, Operational, Stores


@dataclass(frozen=True, slots=True)
class Workspace:
    """The settings, the open databases, and the organization and user that act.

    By default these are the installation's own organization and its administrator. ``owner`` is the
    installation's own organization when another one acts.
    """

    settings: Settings
    stores: Stores
    organization: Organization
    identity: Identity
    owner: OrganizationId | None = None

    @property
    def home(self) -> OrganizationId:
        """The installation's own organization, whose administrators are the operators."""
        return self.owner or self.organization.organization_id

    def require_operator(self) -> None:
        """Refused unless the identity is an administrator of the installation's organization."""
        if self.identity.role != Role.ADMIN or self.identity.organization_id != self.home:
            raise Refused("only the operator may do this")


class OpenWorkspace(Protocol):
    """Opens the workspace; commands get it as click's object (``app.open_workspace``)."""

    def __call__(self) -> AbstractContextManager[Workspace]:
        """The databases, started, migrated and open during the block."""


class Gate(Protocol):
    """Authenticates API requests; built by the web and passed to each context's routes.

    ``gate(scope)`` is a FastAPI dependency: the identity of an API key that has the scope and is
    within its rate. ``gate.answers(scope, 404)`` documents the problems that a route may return.
    """

    def __call__(self, scope: Scope) -> Callable[..., Identity]:
        """The dependency of a route that requires this scope."""
        ...

    def answers(self, scope: Scope, *statuses: int) -> dict[int | str, dict[str, Any]]:
        """The problems of a route, for the OpenAPI document."""
        ...


class Reader(Protocol):
    """Reads a quarantined file of its kind again, for the identity's organization."""

    def __call__(
        self, operational: Database[Operational], path: Path, *, identity: Identity
    ) -> frozenset[int]:
        """The numbers of the lines that still cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class Edge:
    """The arguments with which HTTP routes of a context are built (``kernel.manifest.Routes``)."""

    workspace: Workspace
    gate: Gate
    readers: Mapping[str, Reader] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage of a demo chapter (``kernel.manifest.Chapter``).

    ``folder`` has the simulated files, ``truth`` the simulation's expected results, ``until`` its
    last day. ``output`` is a folder for files created by the chapter; removing the sample removes
    it.
    """

    workspace: Workspace
    folder: Path
    truth: Mapping[str, Any]
    until: date
    output: Path


@dataclass(frozen=True, slots=True)
class ChapterResult:
    """The result of a demo chapter: one or two lines for people, and its figures."""

    ok: bool
    lines: tuple[str, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
