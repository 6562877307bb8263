"""The audit page: the logs with their seals, and the entries of the organization."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.audit import LOGS, LogName, SealFolder, StoredEntry
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import InvalidInput
from wavehouse.queue import is_operator
from wavehouse.store import Operational, Tx
from wavehouse.web.page_context import PageContext
from wavehouse.workspace import Workspace

ROWS = 100


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log with its last checkpoint and its last verification."""

    name: str
    sealed: str
    unsealed: str
    checkpoint: str
    verified: str
    state: str
    tone: str
    reason: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as the page shows it."""

    id: str
    at: str
    actor: str
    who: str
    action: str
    resource: str
    details: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/audit``."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    @routes.get("/audit")
    def show(
        request: Request, action: str = "", actor: str = "", resource: str = "", since: str = ""
    ) -> Response:
        identity = context.visitor(request)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            listed = audit.list_entries(
                tx,
                identity=identity,
                action=action.strip() or None,
                actor=actor.strip() or None,
                resource_id=resource.strip() or None,
                since=_day(since),
                limit=ROWS + 1,
            )
            names = _names(tx, identity)
        operator = is_operator(identity, home=workspace.home)
        return context.page(
            request,
            "audit",
            identity,
            logs=_logs(workspace, identity) if operator else [],
            entries=[_entry(each, names) for each in listed[:ROWS]],
            more=len(listed) > ROWS,
            filters={"action": action, "actor": actor, "resource": resource, "since": since},
            filtered=bool(action or actor or resource or since),
        )

    return routes


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput(
            f"{text[:40]!r} is not a date", where="since", hint="Write it like 2026-11-28."
        ) from None


def _logs(workspace: Workspace, identity: Identity) -> list[LogLine]:
    folder = SealFolder.of(workspace.settings)
    waiting = audit.waiting(workspace.stores, identity=identity)
    return [_log(workspace, identity, folder, log, waiting[log].entries) for log in LOGS]


def _log(
    workspace: Workspace, identity: Identity, folder: SealFolder, log: LogName, unsealed: int
) -> LogLine:
    latest = audit.list_checkpoints(workspace.stores, identity=identity, log=log, limit=1)
    verified = folder.last_verified(log)
    if verified is None:
        state, tone, reason = "not verified yet", "plain", ""
    elif verified.findings:
        state, tone, reason = f"{fmt.count(verified.findings)} findings", "bad", verified.first
    else:
        state, tone, reason = "intact", "good", ""
    return LogLine(
        log,
        fmt.count(latest[0].tree_size if latest else 0),
        fmt.count(unsealed),
        fmt.instant(latest[0].sealed_at if latest else None),
        fmt.instant(verified.at if verified else None),
        state,
        tone,
        reason,
    )


def _names(tx: Tx[Operational], identity: Identity) -> dict[str, str]:
    """Members and keys of the visitor's organization by actor: nobody else has a name here.

    Who left or was erased stays an id, as in the log itself.
    """
    members = accounts.list_members(tx, identity=identity)
    keys = accounts.list_api_keys(tx, identity=identity)
    return {f"user:{each.user_id}": f"{each.name} ({each.email})" for each in members} | {
        f"key:{each.api_key_id}": f"API key {each.name}" for each in keys
    }


def _entry(entry: StoredEntry, names: Mapping[str, str]) -> EntryLine:
    details = json.loads(entry.metadata)
    return EntryLine(
        entry.audit_id,
        fmt.instant(entry.at),
        entry.actor,
        names.get(entry.actor, ""),
        entry.action,
        f"{entry.resource_type} {entry.resource_id}",
        ", ".join(f"{key}: {_text(value)}" for key, value in details.items())[:300],
    )


def _text(value: object) -> str:
    """A value of an entry's metadata; a list by its members."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
