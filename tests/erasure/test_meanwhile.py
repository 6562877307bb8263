"""What happens beside an erasure: rollups, retention, locks; archives with other people beside."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from tests.erasing import Person, dumped, erased
from tests.tenants import second_organization

from wavehouse import erasure, governance, measurement, schema
from wavehouse.erasure import Channel, Purpose, Status, SubjectKind, Wanted
from wavehouse.store import DATABASES, databases_folder, owner_role
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]
SEEDED = {
    SubjectKind.LISTENER: ("email", "listeners", "SELECT email FROM listeners.listeners"),
    SubjectKind.LEARNER: (
        "account_id",
        "learning",
        "SELECT account_id FROM learning.learners WHERE account_id IS NOT NULL",
    ),
}


@pytest.fixture
def seeded(workspace: Workspace) -> Workspace:
    """A workspace with the sample rows of every table of every database."""
    for name in DATABASES:
        schema.seed(
            getattr(workspace.stores, name).place.admin,
            databases_folder(name) / "seeds",
            role=owner_role(name),
        )
    return workspace


@pytest.mark.parametrize("kind", [SubjectKind.LISTENER, SubjectKind.LEARNER])
def test_an_archive_never_has_another_persons_rows(
    seeded: Workspace, person: Make, kind: SubjectKind
) -> None:
    """Sample rows of every table, and more people beside: each archive has its own words alone."""
    extra = [person("carla@example.org"), person("joanna@example.org")]
    by, database, statement = SEEDED[kind]
    with getattr(seeded.stores, database).worker() as tx:
        everybody = tx.values(statement)
        owners = dict(
            tx.tuples(
                "SELECT account_id, organization_id FROM learning.learners"
                if kind is SubjectKind.LEARNER
                else "SELECT email, NULL FROM listeners.listeners"
            ).fetchall()
        )
    if kind is SubjectKind.LISTENER:
        assert {each.email for each in extra} < set(everybody)
    tables: set[str] = set()
    for value in everybody:
        place = seeded
        if owners[value] is not None:
            place = replace(
                seeded, identity=replace(seeded.identity, organization_id=owners[value])
            )
        filed = erasure.file(
            place.stores,
            place.settings,
            identity=place.identity,
            wanted=Wanted(kind, value, by),
            purpose=Purpose.ACCESS,
            channel=Channel.SESSION,
        )
        made = erasure.export(
            place.stores,
            place.settings,
            identity=place.identity,
            request_id=filed.request.erasure_request_id,
        )
        archive = zipfile.ZipFile(io.BytesIO(made.content))
        text = "\n".join(archive.read(name).decode() for name in archive.namelist())
        assert value in text
        others = [each for each in everybody if each != value and each not in value]
        assert [] == [each for each in others if f'"{each}"' in text or f",{each}," in text]
        tables |= set(made.rows)
    assert len(tables) >= (15 if kind is SubjectKind.LISTENER else 8), sorted(tables)


def test_rollups_and_retention_may_run_during_an_erasure(
    workspace: Workspace, person: Make
) -> None:
    """Both in the middle of the steps; it completes, and every figure still reconciles."""
    anna = person("anna@example.org")
    ran: list[str] = []

    def work(name: str) -> None:
        if len(ran) < 3 and name.startswith("listeners."):
            ran.append(name)
            measurement.roll_up(workspace.stores)
            made = governance.plan(workspace.stores, workspace.settings)
            governance.apply(
                workspace.stores,
                workspace.settings,
                identity=workspace.identity,
                digest=made.digest,
            )

    outcome = _run(workspace, anna.email, work)
    assert (3, Status.COMPLETED) == (len(ran), outcome.request.status)
    assert not measurement.reconcile(workspace.stores).mismatches
    assert [] == [word for word in anna.words if word in dumped(workspace)]


def test_a_table_that_is_locked_holds_up_no_other_table(workspace: Workspace, person: Make) -> None:
    """Steps that share a transaction are done one by one then; the lock's end lets the rest go."""
    anna = person("anna@example.org")
    place = workspace.stores.listeners.place
    with psycopg.connect(place.admin) as blocker:
        timer = threading.Timer(8, blocker.rollback)
        began = threading.Event()

        def lock(name: str) -> None:
            if name.startswith("listeners.") and not began.is_set():
                began.set()
                blocker.execute("LOCK TABLE listeners.chapters IN ACCESS EXCLUSIVE MODE")
                timer.start()

        outcome = _run(workspace, anna.email, lock)
    timer.join()
    assert Status.COMPLETED == outcome.request.status
    rows = {each.table_name: each.rows_touched for each in outcome.done}
    assert (1, 1, 1) == tuple(
        rows[f"listeners.{table}"] for table in ("chapters", "devices", "listeners")
    )


def _run(place: Workspace, email: str, work: Callable[[str], None]) -> erasure.Outcome:
    request = erasure.file(
        place.stores,
        place.settings,
        identity=place.identity,
        wanted=Wanted(SubjectKind.LISTENER, email),
        channel=Channel.SESSION,
    ).request
    return erasure.run(
        place.stores,
        place.settings,
        identity=place.identity,
        request_id=request.erasure_request_id,
        on_step=work,
    )


def test_an_order_of_two_organizations_is_held_and_erased_in_one_of_them(
    workspace: Workspace,
) -> None:
    """The same order id elsewhere: its row, and the hold on it, are another organization's."""
    other = second_organization(workspace, "Other shop")
    for place in (workspace, other):
        with place.stores.operational.worker() as tx:
            tx.execute(
                "INSERT INTO sponsorship.conversions (organization_id, occurred_at,"
                " conversion_type, conversion_value, currency, order_id, source, source_name,"
                " ingested_at) VALUES (%s, now(), 'purchase', 12.50, 'EUR', 'order-1001', 'api',"
                " 'shop', now())",
                [place.identity.organization_id],
            )
    outcome = erased(workspace, Wanted(SubjectKind.BUYER, "order-1001"))
    assert Status.COMPLETED == outcome.request.status
    again = erasure.replay(workspace.stores, workspace.settings, identity=workspace.identity)
    assert () == again.erased
    with workspace.stores.operational.worker() as tx:
        left = tx.values(
            "SELECT organization_id FROM sponsorship.conversions WHERE order_id = 'order-1001'"
        )
    assert [other.identity.organization_id] == left
