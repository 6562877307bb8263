"""The backups page: sizes, until when each can be restored, what was verified, expiry."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import backups
from wavehouse.backups import Listed
from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.queue import check_operator
from wavehouse.web.page_context import PageContext

_OLD_DAYS = 8


@dataclass(frozen=True, slots=True)
class BackupLine:
    """A backup as the page shows it."""

    name: str
    size: str
    made: str
    until: str
    expires: str
    state: str
    tone: str
    verified: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/backups``."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    @routes.get("/backups")
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        check_operator(identity, home=workspace.home)
        embedded = workspace.stores.server is not None
        listed = backups.catalogue(workspace.settings) if embedded else []
        restored = [
            each.verification.restored_at
            for each in listed
            if each.verification and each.verification.restored_at and each.verification.restored_ok
        ]
        newest = listed[-1].backup.finished_at if listed else None
        return context.page(
            request,
            "backups",
            identity,
            backups=[_line(each) for each in reversed(listed)],
            embedded=embedded,
            total=_size(sum(each.backup.size for each in listed)),
            newest=fmt.instant(newest),
            is_old=newest is not None and (clock.now() - newest).days >= _OLD_DAYS,
            restored=fmt.instant(max(restored)) if restored else "",
            keep_days=workspace.settings["backup_keep_days"],
            mode=workspace.settings["backups"],
        )

    return routes


def _line(each: Listed) -> BackupLine:
    verification = each.verification
    if verification is None:
        state, tone, verified = "not verified", "plain", fmt.NOTHING
    elif verification.restored_at is not None and verification.compared_ok:
        passed = verification.restored_ok
        state, tone = ("restored on trial", "good") if passed else ("trial failed", "bad")
        verified = fmt.instant(verification.restored_at)
    else:
        intact = verification.compared_ok
        state, tone = ("files intact", "good") if intact else ("damaged", "bad")
        verified = fmt.instant(verification.compared_at)
    return BackupLine(
        each.backup.backup_id,
        _size(each.backup.size),
        fmt.instant(each.backup.finished_at),
        fmt.instant(each.until),
        fmt.day_and_year(each.expires_at.date()),
        state,
        tone,
        verified,
    )


def _size(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
