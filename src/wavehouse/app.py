"""Opens the databases, brings their schemas up to date, and makes the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from wavehouse import accounts, governance, measurement, schema
from wavehouse.kernel import config
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import PartlyApplied
from wavehouse.kernel.terminal import say
from wavehouse.store import Stores, databases_folder, open_stores, owner_role, provision
from wavehouse.workspace import Workspace


def targets_of(stores: Stores) -> list[schema.Target]:
    """The product's ladders, each with its database and owner."""
    return [
        schema.Target(
            name=location.database,
            conninfo=location.conninfo("migrate"),
            folder=databases_folder(location.database) / "migrations",
            role=owner_role(location.database),
            code=Path(str(files("wavehouse"))),
            classes=partial(governance.column_classes, location.database),
        )
        for location in stores.places
    ]


@contextmanager
def schema_targets() -> Iterator[list[schema.Target]]:
    """The product's own databases, created and open, for ``wavehouse schema`` without ``--dir``."""
    with open_stores(config.load(), say) as stores:
        for location in stores.places:
            provision(location)
        yield targets_of(stores)


@dataclass(frozen=True, slots=True)
class Acting:
    """The organization (slug) and the member (email address) that a command acts for."""

    organization: str | None = None
    email: str | None = None


INSTALLATION = Acting()
"""The installation's own organization and its first administrator."""


@contextmanager
def open_workspace(
    flags: dict[str, Any] | None = None, *, acting: Acting = INSTALLATION
) -> Iterator[Workspace]:
    """The workspace during the block, with its databases started and migrated.

    Seals in the home's own folder follow it when it was moved.
    """
    settings = config.load(flags)
    with open_stores(settings, say) as stores:
        migrate(stores)
        measurement.follow_home(stores, settings)
        yield acting_as(entered(settings, stores), acting)


def migrate(stores: Stores) -> None:
    """Create databases and roles, and apply pending migrations.

    A file that a killed start left partly applied is finished first. PartlyApplied for an
    interrupted rollback, which the operator finishes.
    """
    for location in stores.places:
        provision(location)
    for target in targets_of(stores):
        try:
            changed = _apply(target)
        except PartlyApplied:
            if not _finished(target):
                raise
            _apply(target)
            changed = True
        if changed:
            schema.write_classes(target)


def _apply(target: schema.Target) -> bool:
    """Apply pending migrations; whether there were any."""
    done = schema.apply(target.conninfo, target.folder, role=target.role, hash_each=False)
    return bool(done.steps)


def _finished(target: schema.Target) -> bool:
    """Finish the file of an interrupted start; False if it is another one's to finish."""
    interrupted = schema.recover(target.conninfo, target.folder, role=target.role, dry_run=True)
    if interrupted.direction is not schema.Direction.UP:
        return False
    say(f"Finishing migration {interrupted.recovered} of {target.name}, which was interrupted.")
    schema.recover(target.conninfo, target.folder, role=target.role)
    return True


def entered(settings: Settings, stores: Stores) -> Workspace:
    """The workspace of the installation's organization."""
    with stores.operational.worker() as tx:
        organization, identity = accounts.ensure_organization(tx, name=settings["organization"])
    return Workspace(settings, stores, organization, identity)


def acting_as(workspace: Workspace, acting: Acting) -> Workspace:
    """The workspace for another organization or member. NotFound when it does not exist."""
    if acting == INSTALLATION:
        return workspace
    with workspace.stores.operational.worker() as tx:
        organization, identity = accounts.acting_in(
            tx, slug=acting.organization, email=acting.email
        )
    return replace(workspace, organization=organization, identity=identity, owner=workspace.home)
