"""The demo's ``people`` chapter: a listener buys, resumes on another device, and is erased."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

from wavehouse import entitlements, listeners, measurement
from wavehouse.entitlements import Endpoint, Offer
from wavehouse.erasure.adapters.home_search import search_folder
from wavehouse.erasure.rules.identifiers import needles
from wavehouse.erasure.service import at_once
from wavehouse.erasure.types import Identifier, LedgerKind, Outcome
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import ActionId, uuid7
from wavehouse.listeners import Caller, Episode, Kind, NewAction
from wavehouse.workspace import ChapterResult, Stage, Workspace

EMAIL = "frieda.demo@example.org"
PRICE, RESOURCE = "price_demo_plus", "demo-plus"
_SECRET = "whsec_of_the_demo"  # noqa: S105 - the demo's own endpoint, which nobody can reach
_MINUTE = 60_000


def people(stage: Stage) -> ChapterResult:
    """Frieda pays, listens on a phone, continues in the kitchen, and requests erasure."""
    workspace = stage.workspace
    stores, identity = workspace.stores, workspace.identity
    with contextlib.suppress(NotFound):
        at_once.erase_listener(stores, workspace.settings, identity=identity, email=EMAIL)
    caller = _bought(workspace)
    with stores.listeners.worker() as tx:
        has_access = entitlements.access_of(
            tx, listener_id=caller.listener_id, access_type="feed", resource=RESOURCE
        ).granted
        money = entitlements.totals(tx, identity=identity)
    resumed = _resumed(workspace, caller)
    settings = _deeply(workspace.settings, has_files=stores.server is not None)
    outcome = at_once.erase_listener(stores, settings, identity=identity, email=EMAIL)
    left = _left(workspace)
    with stores.listeners.worker() as tx:
        same_money = money == entitlements.totals(tx, identity=identity)
    agrees = not measurement.reconcile(stores).mismatches
    rows = sum(each.rows_touched or 0 for each in outcome.done)
    ok = has_access and resumed == 20 * _MINUTE and not left and same_money and agrees
    return ChapterResult(
        ok, _lines(rows, left, same_money and agrees), _figures(outcome, rows, left)
    )


def _lines(rows: int, left: int, reconciles: bool) -> tuple[str, ...]:
    figures = "every figure still reconciles" if reconciles else "FIGURES DIFFER"
    bought = "Frieda bought a feed and listened on her phone, then on a kitchen speaker."
    gone = f"Her data is erased: {rows} rows changed; {left} files on disk contain her address"
    return bought, f"{gone}; {figures}."


def _figures(outcome: Outcome, rows: int, left: int) -> dict[str, Any]:
    return {"rows": rows, "files_with_her_address": left, "status": outcome.request.status}


def _bought(workspace: Workspace) -> Caller:
    """A listener with a subscription, by signed events of the payment provider."""
    database, at = workspace.stores.listeners, int(clock.now().timestamp())
    with database.worker() as tx:
        made = listeners.create(tx, email=EMAIL)
        entitlements.set_offer(
            tx, identity=workspace.identity, offer=Offer(PRICE, "feed", RESOURCE)
        )
    # The provider's own ids: an event keeps its id, so it must not name the listener.
    key = uuid7().hex
    payer = f"cus_{key}"
    period = {"current_period_start": at, "current_period_end": at + 30 * 86_400}
    item = {"id": "si_demo", **period, "price": {"id": PRICE, "product": "prod_demo"}}
    customer = {
        "id": payer,
        "object": "customer",
        "email": EMAIL,
        "name": "Frieda",
        "metadata": {"listener_id": str(made.listener_id)},
    }
    subscription = {
        "id": f"sub_{key}",
        "object": "subscription",
        "customer": payer,
        "status": "active",
        "cancel_at_period_end": False,
        "start_date": at,
        "metadata": {},
        "items": {"object": "list", "data": [item]},
    }
    events: tuple[tuple[str, dict[str, Any]], ...] = (
        ("customer.created", customer),
        ("customer.subscription.created", subscription),
    )
    for number, (kind, body) in enumerate(events):
        _deliver(workspace, kind, body, f"evt_{key}_{number}", at)
    entitlements.process(database, organization_id=workspace.home)
    return Caller(made.listener_id, EMAIL, b"")


def _deliver(workspace: Workspace, kind: str, body: dict[str, Any], key: str, at: int) -> None:
    content = {
        "id": key,
        "object": "event",
        "type": kind,
        "created": at,
        "livemode": True,
        "data": {"object": body},
    }
    text = json.dumps(content).encode()
    header = entitlements.signature_header(text, at, _SECRET)
    endpoint = Endpoint((_SECRET,))
    entitlements.receive(workspace.stores.listeners, endpoint=endpoint, body=text, header=header)


def _resumed(workspace: Workspace, caller: Caller) -> int:
    """The position, in milliseconds, at which another device goes on."""
    database = workspace.stores.listeners
    episode = Episode("https://demo.example/feed.xml", "https://demo.example/plus.mp3")
    chapter = listeners.find_chapters(database, caller=caller, episodes=[episode])[episode]
    heard = NewAction(ActionId(uuid7()), chapter, Kind.PROGRESS, position_ms=20 * _MINUTE)
    listeners.record(database, caller=caller, actions=[heard])
    return listeners.position(database, caller=caller, chapter_id=chapter).position_ms


def _deeply(settings: Settings, *, has_files: bool) -> Settings:
    """The settings, with deep verification where the server's files are ours."""
    known = settings.values["erasure_verification"]
    level = "deep" if has_files else "paranoid"
    return replace(
        settings, values={**settings.values, known.option.name: replace(known, value=level)}
    )


def _left(workspace: Workspace) -> int:
    """How many files of the disk have Frieda's address in them."""
    searched = needles([Identifier(LedgerKind.EMAIL, EMAIL)])
    server = workspace.stores.server
    folder = workspace.settings.home if server is None else server.home
    return len(search_folder(folder, searched, name="disk").findings)
