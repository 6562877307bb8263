"""The demo's ``people`` chapter: a listener buys, resumes on another device, and is erased.

A backup from before is then restored beside: its people are erased again before it is ready.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wavehouse import audit, entitlements, erasure, listeners, measurement
from wavehouse.backups.service import checking, creating, restoring
from wavehouse.backups.types import Checked, Pending
from wavehouse.entitlements import Endpoint, Offer
from wavehouse.erasure import Outcome
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
        erasure.erase_listener(stores, workspace.settings, identity=identity, email=EMAIL)
    caller = _bought(workspace)
    with stores.listeners.worker() as tx:
        has_access = entitlements.access_of(
            tx, listener_id=caller.listener_id, access_type="feed", resource=RESOURCE
        ).granted
        money = entitlements.totals(tx, identity=identity)
    resumed = _resumed(workspace, caller)
    settings = _deeply(workspace.settings, has_files=stores.server is not None)
    with _copied(workspace) as copy:
        outcome = erasure.erase_listener(stores, settings, identity=identity, email=EMAIL)
        restored = _restored(workspace, copy)
    left = _left(workspace)
    with stores.listeners.worker() as tx:
        same_money = money == entitlements.totals(tx, identity=identity)
    agrees = not measurement.reconcile(stores).mismatches
    rows = sum(each.rows_touched or 0 for each in outcome.done)
    heard = has_access and resumed == 20 * _MINUTE
    gone = not left and (restored is None or (restored.before > 0 and not restored.after))
    proved = _proved(workspace)
    ok = heard and gone and same_money and agrees and proved
    figures = _figures(outcome, rows, left) | {"audit_log_verified": proved}
    if restored is not None:
        figures |= {"in_the_backup": restored.before > 0, "files_after_replay": restored.after}
    return ChapterResult(ok, _lines(rows, left, same_money and agrees, proved, restored), figures)


def _proved(workspace: Workspace) -> bool:
    """Seal what the demo did in the audit log, and verify the whole log."""
    folder = audit.SealFolder.of(workspace.settings)
    audit.seal(workspace.stores, identity=workspace.identity, folder=folder)
    results = audit.verify(workspace.stores, identity=workspace.identity, folder=folder)
    return all(each.ok for each in results)


@dataclass(frozen=True, slots=True)
class Again:
    """How many files of a restored backup contain Frieda's address, before and after the replay."""

    before: int
    after: int


@contextlib.contextmanager
def _copied(workspace: Workspace) -> Iterator[Path | None]:
    """A backup of the databases during the block; None for servers that others back up."""
    if workspace.stores.server is None:
        yield None
        return
    with restoring.scratch_home(workspace.settings.home) as folder:
        yield creating.copy_databases(
            workspace.stores, workspace.settings, folder, identity=workspace.identity
        )


def _restored(workspace: Workspace, copy: Path | None) -> Again | None:
    """Restore the backup beside: nothing of her may be in it once the erasures are repeated."""
    if copy is None:
        return None
    before = erasure.files_with(copy, email=EMAIL)

    def finish(home: Path, _pending: Pending) -> tuple[list[Checked], str]:
        return [], checking.repeat_erasures(home, verification="deep")

    with restoring.scratch_home(workspace.settings.home) as home:
        restoring.restore(workspace.settings, str(copy), into=home, lasting=False, finish=finish)
        return Again(before, erasure.files_with(home, email=EMAIL))


def _lines(
    rows: int, left: int, reconciles: bool, proved: bool, restored: Again | None
) -> tuple[str, ...]:
    figures = "every figure still reconciles" if reconciles else "FIGURES DIFFER"
    figures += "; the audit log is verified" if proved else "; THE AUDIT LOG HAS FINDINGS"
    bought = "Frieda bought a feed and listened on her phone, then on a kitchen speaker."
    gone = f"Her data is erased: {rows} rows changed; {left} files on disk contain her address"
    if restored is None:
        return bought, f"{gone}; {figures}."
    again = (
        f"A backup from before had her in {restored.before} files; restored, it erases her again: "
        f"{restored.after} files."
    )
    return bought, f"{gone}; {figures}.", again


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
    """How many files of the disk have Frieda's address in them; the trial is removed by then."""
    server = workspace.stores.server
    folder = workspace.settings.home if server is None else server.home
    return erasure.files_with(folder, email=EMAIL)
