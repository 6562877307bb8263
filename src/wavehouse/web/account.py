"""The page of the user's own credentials: passkeys and a password."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from wavehouse import accounts
from wavehouse.accounts import Identity, Passkey
from wavehouse.charts import format as fmt
from wavehouse.credentials.hashing import Hasher
from wavehouse.web.access import BROWSER, SESSION, Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.entering import browser_of, credential_of, remember_browser, site_of
from wavehouse.web.json_body import JsonBody
from wavehouse.web.page_context import PageContext, back


def router(context: PageContext) -> APIRouter:
    """``/account`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    _passwords(routes, context)
    _passkeys(routes, context)
    return routes


def _page(
    context: PageContext, request: Request, identity: Identity, entered: Entered = NOTHING
) -> Response:
    with context.workspace.stores.operational.worker() as tx:
        passkeys = accounts.list_passkeys(tx, identity=identity)
        has_password = accounts.has_password(tx, identity=identity)
    response = context.page(
        request,
        "account",
        identity,
        entered=entered,
        passkeys=[_line(each) for each in passkeys],
        has_password=has_password,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _passwords(routes: APIRouter, context: PageContext) -> None:
    operational, hasher = context.workspace.stores.operational, Hasher()

    @routes.get("/account")
    def show(request: Request) -> Response:
        return _page(context, request, context.visitor(request))

    @routes.post("/account/password")
    def keep(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            accounts.set_password(
                operational,
                hasher,
                identity=identity,
                session=request.cookies.get(SESSION, ""),
                password=fields.get("password", ""),
            )
        except CORRECTABLE as error:
            return _page(context, request, identity, refused({}, error, ()))
        return back("/account", "password_set")

    @routes.post("/account/password/remove")
    def remove(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.worker() as tx:
            accounts.remove_password(
                tx, identity=identity, session=request.cookies.get(SESSION, "")
            )
        return back("/account", "password_removed")


def _passkeys(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    @routes.post("/account/passkeys/options")
    def options(request: Request) -> Response:
        identity, browser = context.visitor(request), browser_of(request)
        with operational.worker() as tx:
            wanted = accounts.passkey_creation(
                tx,
                site_of(context),
                identity=identity,
                session=request.cookies.get(SESSION, ""),
                browser=browser,
            )
        response = JSONResponse(wanted)
        remember_browser(response, browser, context.site)
        return response

    @routes.post("/account/passkeys")
    def add(request: Request, body: JsonBody) -> Response:
        identity = context.visitor(request)
        accounts.add_passkey(
            operational,
            site_of(context),
            identity=identity,
            browser=request.cookies.get(BROWSER, ""),
            name=str(body.get("name", "")),
            credential=credential_of(body),
        )
        return JSONResponse({"to": "/account?did=passkey_added"}, 201)

    @routes.post("/account/passkeys/remove")
    def remove(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.worker() as tx:
            accounts.remove_passkey(
                tx,
                identity=identity,
                session=request.cookies.get(SESSION, ""),
                passkey_id=fields.get("id", ""),
            )
        return back("/account", "passkey_removed")


def _line(passkey: Passkey) -> dict[str, object]:
    return {
        "id": accounts.passkey_id(passkey),
        "name": passkey.name,
        "used": fmt.instant(passkey.last_used_at) if passkey.last_used_at else "not yet",
        "is_flagged": passkey.flagged_at is not None,
    }
