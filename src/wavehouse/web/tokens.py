"""The API keys page: create one (shown once), list their scopes, revoke at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import accounts
from wavehouse.accounts import ApiKey, Identity, Scope
from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.spelling import day_of
from wavehouse.web.access import SESSION, Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.once import Once
from wavehouse.web.page_context import PageContext, back

_MEANINGS = {
    Scope.CATALOG_READ: "shows and episodes",
    Scope.STATS_READ: "downloads and listeners",
    Scope.SOURCES_READ: "files and quarantine",
    Scope.SOURCES_WRITE: "replay and discard quarantined rows",
    Scope.CAMPAIGNS_READ: "sponsors, campaigns, results",
    Scope.CAMPAIGNS_WRITE: "add and move campaigns",
    Scope.CONVERSIONS_READ: "conversions and their credits",
    Scope.CONVERSIONS_WRITE: "send conversions",
    Scope.REPORTS_READ: "reports and their files",
    Scope.REPORTS_WRITE: "make reports",
    Scope.WEBHOOKS_READ: "webhook endpoints and deliveries",
    Scope.WEBHOOKS_WRITE: "manage webhook endpoints, send again",
    Scope.JOBS_READ: "background jobs",
    Scope.JOBS_WRITE: "retry, cancel, discard, pause jobs",
    Scope.LEARNING_READ: "content, learners, their levels",
    Scope.LEARNING_WRITE: "content, sessions, events of learners",
    Scope.ENTITLEMENTS_READ: "listeners' grants and payment events (administrators)",
    Scope.ENTITLEMENTS_WRITE: "grant and revoke access (administrators)",
    Scope.ERASURES_READ: "see erasure and access requests (administrators)",
    Scope.ERASURES_WRITE: "file and decide erasure requests (administrators)",
    Scope.STUDIO_READ: "projects, episodes, schedules, notes",
    Scope.STUDIO_WRITE: "make and change projects and episodes",
    Scope.USAGE_READ: "usage and cost of models, budgets",
    Scope.USAGE_WRITE: "budgets, models, prices",
    Scope.GATEWAY_USE: "call models within the budgets",
    Scope.MEMBERS_READ: "members and invitations",
    Scope.MEMBERS_WRITE: "invite, change roles, remove (administrators)",
}
_ORDER = (
    '{"occurred_at": "2026-11-01T10:00:00Z", "promo_code": "NORD15", "conversion_value": "49.90", '
    '"currency": "EUR", "order_id": "A-1"}'
)
_TRIES = {
    Scope.CONVERSIONS_WRITE: (
        f" -H 'Content-Type: application/json' -d '{_ORDER}' ",
        "/api/v1/conversions",
    ),
    Scope.STATS_READ: (" ", "/api/v1/downloads?from=2026-11-01&to=2026-11-07"),
    Scope.CAMPAIGNS_READ: (" ", "/api/v1/campaigns"),
    Scope.REPORTS_READ: (" ", "/api/v1/reports"),
    Scope.SOURCES_READ: (" ", "/api/v1/sources/files"),
    Scope.CONVERSIONS_READ: (" ", "/api/v1/conversions"),
}


_FIELDS = ("name", "expires", "scopes")


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as the page shows it."""

    prefix: str
    name: str
    shown: str
    scopes: str
    expires: str
    used: str
    state: str
    tone: str
    live: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A new key, whose text is only shown this once."""

    text: str
    example: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/tokens`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    once = Once()

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with workspace.stores.operational.app(identity.organization_id) as tx:
            keys = accounts.list_api_keys(tx, identity=identity)
        response = context.page(
            request,
            "tokens",
            identity,
            lines=[line(key, clock.now()) for key in keys],
            entered=entered,
            scopes=[
                (scope.value, meaning)
                for scope, meaning in _MEANINGS.items()
                if accounts.role_allows(identity.role, accounts.access_of(scope))
            ],
            tomorrow=(clock.today() + clock.DAY).isoformat(),
            new=made(request),
            ticket=once.ticket(),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def made(request: Request) -> Shown | None:
        """The key that this visitor has just created, if not yet shown."""
        query = request.query_params
        text = once.take(query.get("new", ""), _session(request))
        scopes = query.get("scopes", "").split(",")
        return Shown(text, _example(request, text, scopes)) if text else None

    @routes.get("/tokens")
    def show(request: Request) -> Response:
        return page(request, context.visitor(request))

    @routes.post("/tokens")
    def make(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        ticket = fields.get("ticket", "")

        def create() -> str:
            with workspace.stores.operational.app(identity.organization_id) as tx:
                return accounts.create_api_key(
                    tx,
                    identity=identity,
                    name=fields.get("name", ""),
                    scopes=_scopes(fields),
                    expires_at=_expiry(fields.get("expires", "")),
                ).text

        try:
            once.make(ticket, _session(request), create)
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _FIELDS))
        scopes = ",".join(_scopes(fields))
        return back("/tokens", "made_key", new=ticket, scopes=scopes)

    @routes.post("/tokens/revoke")
    def revoke(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            accounts.revoke_api_key(tx, identity=identity, key_prefix=fields.get("prefix", ""))
        return back("/tokens", "revoked")

    return routes


def _session(request: Request) -> str:
    return request.cookies.get(SESSION, "")


def _scopes(fields: dict[str, str]) -> list[Scope]:
    scopes = [scope for scope in Scope if f"scope.{scope}" in fields]
    if not scopes:
        raise InvalidInput("Tick at least one scope.", where="scopes")
    return scopes


def _expiry(text: str) -> datetime | None:
    """The end of a key's last valid day, UTC; empty for a key that does not expire."""
    if not text:
        return None
    last = day_of(text, "expires")
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + clock.DAY


def _example(request: Request, text: str, scopes: Sequence[str]) -> str:
    """An example command that uses the key."""
    options, path = next(
        (tried for scope, tried in _TRIES.items() if scope in scopes), (" ", "/api/v1/podcasts")
    )
    host = request.headers.get("host", "localhost:8420")
    scheme = request.url.scheme
    return f"curl -H 'Authorization: Bearer {text}'{options}'{scheme}://{host}{path}'"


def line(key: ApiKey, now: datetime) -> KeyLine:
    """A key's line, starting with its state."""
    expired = key.expires_at is not None and key.expires_at <= now
    state, tone = ("live", "good")
    if key.revoked_at is not None:
        state, tone = "revoked", "plain"
    elif expired:
        state, tone = "expired", "warn"
    return KeyLine(
        key.key_prefix,
        key.name,
        f"wh_live_{key.key_prefix}_…{key.last4}",
        ", ".join(key.scopes),
        fmt.day_and_year((key.expires_at - clock.DAY).date()) if key.expires_at else "never",
        fmt.instant(key.last_used_at) if key.last_used_at else "not yet",
        state,
        tone,
        state == "live",
    )
