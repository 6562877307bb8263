"""The members page: invite, change a role, remove, leave; and the page to accept an invitation."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wavehouse import accounts
from wavehouse.accounts import Access, Identity, Invitation, Limit, Member, Persona, Role, Tier
from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import InvitationId
from wavehouse.kernel.limits import Rate
from wavehouse.web import access, pages
from wavehouse.web.access import SESSION, Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back

_FIELDS = ("email", "role")
_MEANINGS = {
    Role.VIEWER: "reads figures and reports",
    Role.USER: "also changes data",
    Role.ADMIN: "also manages members",
}
_TONES = {"open": "info", "expired": "warn", "accepted": "good", "revoked": "plain"}
_SEE_OTHER = 303


def router(context: PageContext) -> APIRouter:
    """Routes of ``/members`` and its forms; ``/join`` accepts an invitation."""
    routes = APIRouter(include_in_schema=False)
    _managing(routes, context)
    _joining(routes, context)
    return routes


def _managing(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with operational.app(identity.organization_id) as tx:
            people = accounts.list_members(tx, identity=identity)
            invited = accounts.list_invitations(tx, identity=identity)
            plan = accounts.plan_of(tx, identity=identity)
        return context.page(
            request,
            "members",
            identity,
            entered=entered,
            members=[_member(each, identity) for each in people],
            invitations=[_invitation(each) for each in invited[:50]],
            roles=list(_MEANINGS.items()),
            plan=plan,
            seats=accounts.allowed(plan, Limit.SEATS),
            tiers=[each.value for each in Tier],
            personas=[each.value for each in Persona],
            manages=accounts.role_allows(identity.role, Access.ADMIN),
        )

    @routes.get("/members")
    def show(request: Request) -> Response:
        return page(request, context.visitor(request))

    @routes.post("/members/invite")
    def invite(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            with operational.app(identity.organization_id) as tx:
                accounts.invite(
                    tx,
                    identity=identity,
                    email=fields.get("email", ""),
                    role=fields.get("role", ""),
                )
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _FIELDS))
        return back("/members", "invited")

    def form(path: str, done: str, use_case: Callable[[Identity, dict[str, str]], None]) -> None:
        @routes.post(f"/members/{path}", name=f"members_{path}")
        def change(request: Request, fields: Form) -> Response:
            identity = context.editor(request, fields)
            try:
                use_case(identity, fields)
            except CORRECTABLE as error:
                return page(request, identity, refused(fields, error, ()))
            return back("/members", done)

    def role(identity: Identity, fields: dict[str, str]) -> None:
        with operational.app(identity.organization_id) as tx:
            accounts.change_role(
                tx, identity=identity, wanted=_id(fields), role=fields.get("role", "")
            )

    def remove(identity: Identity, fields: dict[str, str]) -> None:
        with operational.app(identity.organization_id) as tx:
            accounts.remove_member(tx, identity=identity, wanted=_id(fields))

    def revoke(identity: Identity, fields: dict[str, str]) -> None:
        with operational.app(identity.organization_id) as tx:
            accounts.revoke_invitation(tx, identity=identity, wanted=InvitationId(_id(fields)))

    def leave(identity: Identity, fields: dict[str, str]) -> None:
        with operational.app(identity.organization_id) as tx:
            accounts.leave(tx, identity=identity)

    def choose(identity: Identity, fields: dict[str, str]) -> None:
        with operational.app(identity.organization_id) as tx:
            accounts.choose_plan(
                tx,
                identity=identity,
                tier=fields.get("tier", ""),
                persona=fields.get("persona") or None,
            )

    form("plan", "plan_chosen", choose)
    form("role", "role_changed", role)
    form("remove", "removed_member", remove)
    form("revoke", "invitation_revoked", revoke)
    form("leave", "removed_member", leave)


def _joining(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational
    rate = accounts.SharedRate(operational, context.workspace.settings, Rate("join"))

    def visitor(request: Request) -> Identity | None:
        cookie = request.cookies.get(SESSION, "")
        if not cookie:
            return None
        with operational.worker() as tx:
            return accounts.session_of(tx, token=cookie)

    def slow_down(request: Request) -> None:
        rate.check(request.client.host if request.client else "")

    @routes.get("/join")
    def invited(request: Request, token: str = "") -> Response:
        slow_down(request)
        with operational.worker() as tx:
            invitation, organization = accounts.invitation_of(tx, token=token)
        csrf = access.csrf_token(request)
        body = pages.join(
            invitation=invitation,
            organization=organization,
            meaning=_MEANINGS[Role(invitation.role)],
            token=token,
            csrf=csrf,
        )
        response = HTMLResponse(body, headers={"Referrer-Policy": "no-referrer"})
        access.remember_csrf(request, response, csrf, context.site)
        return response

    @routes.post("/join")
    def accept(request: Request, fields: Form) -> Response:
        access.check_csrf(request, fields)
        slow_down(request)
        cookie = request.cookies.get(SESSION, "")
        known = visitor(request)
        with operational.worker() as tx:
            accepted = accounts.accept_invitation(
                tx, token=fields.get("token", ""), name=fields.get("name", ""), visitor=known
            )
            if known is None and not accepted.is_new:
                return RedirectResponse("/sign-in?did=joined", status_code=_SEE_OTHER)
            accounts.sign_out(tx, token=cookie)
            session = accounts.begin_session(tx, identity=accepted.identity)
        response = RedirectResponse("/members?did=joined", status_code=_SEE_OTHER)
        access.remember_session(response, session.token, session.expires_at, context.site)
        return response


def _id(fields: dict[str, str]) -> UUID:
    try:
        return UUID(fields.get("id", ""))
    except ValueError:
        raise NotFound("there is no such member or invitation") from None


def _member(member: Member, identity: Identity) -> dict[str, object]:
    return {
        "member": member,
        "is_self": member.user_id == identity.user_id,
        "joined": fmt.instant(member.joined_at),
        "seen": fmt.instant(member.last_login) if member.last_login else "not yet",
    }


def _invitation(invitation: Invitation) -> dict[str, object]:
    state = accounts.invitation_state(invitation, clock.now())
    return {
        "invitation": invitation,
        "state": state,
        "tone": _TONES[state],
        "until": fmt.instant(invitation.expires_at),
        "can_revoke": state in {"open", "expired"},
    }
