"""The entitlements page: every grant, one listener's history with reasons; grant and revoke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import entitlements
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.entitlements import Entitlement, LedgerEntry, NewGrant, ScopeKind
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, UsageError
from wavehouse.kernel.ids import ListenerId
from wavehouse.kernel.money import rounded, smallest
from wavehouse.web.access import Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back

PATH = "/entitlements"
_TONES = {
    "active": "good",
    "grace": "warn",
    "cancelled": "warn",
    "suspended": "bad",
    "revoked": "plain",
    "expired": "plain",
}
_FIELDS = ("email", "resource", "reason", "until")
_SHOWN = 200


def router(context: PageContext) -> APIRouter:
    """Routes of ``/entitlements`` and its forms, for administrators of the installation."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace
    database = workspace.stores.listeners

    def at_home(identity: Identity) -> Identity:
        """NotFound for other organizations: listeners belong to the installation."""
        if identity.organization_id != workspace.home:
            raise NotFound("there is no such page")
        return identity

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with database.worker() as tx:
            grants = entitlements.list_grants(tx, identity=identity, limit=_SHOWN)
            waiting = entitlements.list_events(
                tx, identity=identity, status=entitlements.EventStatus.PENDING_PARENT, limit=20
            )
            anomalies = entitlements.list_events(
                tx, identity=identity, status=entitlements.EventStatus.ANOMALY, limit=20
            )
            totals = entitlements.totals(tx, identity=identity)
        return context.page(
            request,
            "entitlements",
            identity,
            entered=entered,
            grants=[_line(grant) for grant in grants],
            limit=_SHOWN,
            events=[_event(each) for each in [*waiting, *anomalies]],
            totals=[
                f"{t.kind} {rounded(t.amount, smallest(t.currency)):f} {t.currency}" for t in totals
            ],
            kinds=[kind.value for kind in (ScopeKind.MANUAL, ScopeKind.PROMO, ScopeKind.GIFT)],
        )

    @routes.get(PATH)
    def show(request: Request) -> Response:
        return page(request, at_home(context.visitor(request)))

    @routes.get(f"{PATH}/{{listener_id}}")
    def listener(request: Request, listener_id: UUID) -> Response:
        identity = at_home(context.visitor(request))
        with database.worker() as tx:
            histories = entitlements.history(
                tx, identity=identity, listener_id=ListenerId(listener_id)
            )
        if not histories:
            raise NotFound("this listener has no grants")
        return context.page(
            request,
            "entitlements_listener",
            identity,
            email=histories[0].grant.email or "an erased listener",
            histories=[(_line(h.grant), [_entry(e) for e in h.entries]) for h in histories],
        )

    @routes.post(f"{PATH}/grant")
    def grant(request: Request, fields: Form) -> Response:
        identity = at_home(context.editor(request, fields))
        try:
            with database.worker() as tx:
                who = entitlements.listener_of(tx, identity=identity, email=fields.get("email", ""))
                entitlements.grant(tx, identity=identity, new=_new(who, fields))
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _FIELDS))
        return back(PATH, "granted_access")

    @routes.post(f"{PATH}/revoke")
    def revoke(request: Request, fields: Form) -> Response:
        identity = at_home(context.editor(request, fields))
        try:
            entitlement_id = UUID(fields.get("entitlement", ""))
        except ValueError:
            raise NotFound("there is no such grant") from None
        with database.worker() as tx:
            gone = entitlements.revoke(
                tx,
                identity=identity,
                entitlement_id=entitlement_id,
                reason=fields.get("reason", ""),
            )
        return back(f"{PATH}/{gone.listener_id}", "revoked_access")

    return routes


def _new(who: ListenerId, fields: dict[str, str]) -> NewGrant:
    until, text = None, fields.get("until", "")
    if text:
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise UsageError("invalid end date", hint="Write it like 2026-12-31.") from None
        until = day + timedelta(days=1)
    kinds = {kind.value: kind for kind in ScopeKind}
    return NewGrant(
        who,
        "feed",
        fields.get("resource", "").strip(),
        kinds.get(fields.get("kind", ""), ScopeKind.MANUAL),
        fields.get("scope", "").strip() or "operator",
        fields.get("reason", ""),
        expires_at=until,
        is_permanent="permanent" in fields,
    )


def _line(grant: Entitlement) -> dict[str, Any]:
    status = grant.status_at(clock.now())
    return {
        "entitlement_id": str(grant.entitlement_id),
        "listener_id": str(grant.listener_id or ""),
        "email": grant.email or "erased listener",
        "resource": grant.resource,
        "type": grant.type,
        "by": "manual" if grant.scope == "operator" else f"{grant.scope_kind} {grant.scope}",
        "status": status,
        "tone": _TONES.get(status, "plain"),
        "until": fmt.instant(grant.expires_at) if grant.expires_at else "no end",
        "reason": grant.revoke_reason or grant.grant_reason or "–",
        "can_revoke": bool(grant.listener_id) and status not in {"revoked", "expired"},
    }


def _entry(entry: LedgerEntry) -> dict[str, str]:
    status, end = str(entry.state_after.get("status")), entry.state_after.get("expires_at")
    return {
        "at": fmt.instant(entry.effective_at or entry.recorded_at),
        "status": status,
        "tone": _TONES.get(status, "plain"),
        "until": fmt.instant(datetime.fromisoformat(end)) if end else "no end",
        "reason": entry.reason,
        "actor": entry.actor,
    }


def _event(event: Any) -> dict[str, str]:
    return {
        "at": fmt.instant(event.received_at),
        "type": event.type,
        "status": event.status.replace("_", " "),
        "tone": "bad" if event.status == "anomaly" else "warn",
        "note": " ".join(filter(None, [event.note, event.parent_ref])) or "–",
        "event_id": event.event_id,
    }
