"""Backup, erase three people, restore: nobody is back, in no dump and in no file (some 30 s)."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.erasing import Person, dumped, erased, make_person
from tests.learning.desk import Desk
from tests.migrated import copy_home
from tests.stopping import reachable_folder

from wavehouse import app, erasure, measurement, sponsorship
from wavehouse.backups import adapters
from wavehouse.backups.service import checking, creating, restoring
from wavehouse.backups.types import Checked, Pending
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.erasure.adapters.home_search import search_folder
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import Refused
from wavehouse.sponsorship.types import ConversionInput, ConversionType
from wavehouse.workspace import Workspace

LISTENER, LEARNER, ORDER = "Frieda.Nord@Example.org", "account-frieda-77", "order-frieda-77"
KEPT = ("berta@example.org", "account-berta-88", "order-berta-88")


@pytest.fixture
def homes() -> Iterator[tuple[Path, Path]]:
    """A home, and a folder for the restored one."""
    made = (reachable_folder(), reachable_folder())
    copy_home(made[0])
    yield made
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_restored_backup_brings_nobody_back(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused until the erasures are repeated; then no row, no word in a dump, no byte on disk.

    Nor is Gerda, who was erased in the original after the copy was made and before it was ready.
    """
    home, folder = homes
    target = folder / "restored"
    with app.open_workspace({"home": str(home)}) as workspace:
        frieda = make_person(workspace, LISTENER.lower())
        gerda = make_person(workspace, "gerda@example.org")
        make_person(workspace, KEPT[0])
        for account, order in ((LEARNER, ORDER), KEPT[1:]):
            _learned(workspace, account)
            _bought(workspace, order)
        words = _spellings(frieda)
        assert [] == [word for word in words[:2] if word not in dumped(workspace).lower()]
        name = creating.create(
            workspace.stores, workspace.settings, identity=workspace.identity
        ).backup.backup_id
        for kind, value in (
            (SubjectKind.LISTENER, LISTENER),
            (SubjectKind.LEARNER, LEARNER),
            (SubjectKind.BUYER, ORDER),
        ):
            outcome = erased(workspace, Wanted(kind, value))
            assert "1 backup from before" in dict(outcome.certificate or {})["backups"]

    def stopped(_home: Path, _pending: Pending) -> tuple[list[Checked], str]:
        raise InterruptedError("power cut")

    settings = config.load({"home": str(home)}, environment={})
    with pytest.raises(InterruptedError):
        restoring.restore(settings, name, into=target, finish=stopped)
    with pytest.raises(Refused, match="erasures since the backup were not repeated"):
        app.open_workspace({"home": str(target)}).__enter__()
    with app.open_workspace({"home": str(home)}) as workspace:
        erased(workspace, Wanted(SubjectKind.LISTENER, gerda.email))
        figures = _figures(workspace)
    monkeypatch.setenv("WAVEHOUSE_ERASURE_VERIFICATION", "deep")
    pending = adapters.read_pending(target)
    assert pending is not None
    restored = restoring.complete(target, pending, finish=checking.finish)

    assert restored.ok, restored.checks
    assert restored.replayed.endswith("4 erased again")
    with app.open_workspace({"home": str(target)}) as workspace:
        stores, identity = workspace.stores, workspace.identity
        again = erasure.replay(stores, workspace.settings, identity=identity)
        assert () == again.erased
        text = dumped(workspace).lower()
        assert [] == [word for word in (*words, *gerda.words) if word in text]
        assert [] == [word for word in KEPT if word not in text]
        assert figures == _figures(workspace)
        assert not measurement.reconcile(stores).mismatches
        left = search_folder(target, [(word, "") for word in (*words, *gerda.words)], name="disk")
    assert [] == [(each.where, each.rows) for each in left.findings]


def _spellings(person: Person) -> list[str]:
    """Exact, lower, percent-encoded, the hash of the address; ids with and without dashes."""
    email, key = LISTENER.lower(), str(person.listener_id)
    return [
        email,
        key,
        key.replace("-", ""),
        quote(email, safe="").lower(),
        hashlib.sha256(email.encode()).hexdigest(),
        person.payer,
        LEARNER,
        ORDER,
    ]


def _learned(place: Workspace, account: str) -> None:
    desk = Desk(place)
    desk.content(f"piece of {account[-2:]}")
    desk.session(f"session-of-{account}", account)
    desk.send(f"session-of-{account}", *desk.heard(f"piece of {account[-2:]}"))


def _bought(place: Workspace, order: str) -> None:
    for value in ("12.50", "-2.50"):
        with place.stores.operational.app(place.identity.organization_id) as tx:
            sponsorship.record_conversion(
                tx,
                identity=place.identity,
                conversion=ConversionInput(
                    occurred_at=clock.now() - timedelta(days=1),
                    promo_code="SAVE10",
                    conversion_type=ConversionType.PURCHASE,
                    value=Decimal(value),
                    currency="EUR",
                    order_id=order,
                ),
                source_name="shop",
            )


def _figures(place: Workspace) -> tuple[str, int]:
    with place.stores.operational.worker() as tx:
        sums: str = tx.value("SELECT sum(conversion_value)::text FROM sponsorship.conversions")
    with place.stores.listeners.worker() as listeners:
        grants: int = listeners.value("SELECT count(*) FROM listeners.entitlements")
    return sums, grants
