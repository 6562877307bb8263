"""Access requests, and other kinds of subjects: buyers, learners, organizations."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.erasing import Person, dumped, erased

from wavehouse import audit, erasure
from wavehouse.erasure import Channel, Purpose, Status, SubjectKind, Wanted
from wavehouse.erasure.adapters.home_search import search_folder
from wavehouse.erasure.rules.identifiers import pattern
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def test_a_copy_has_the_persons_rows_and_nobody_elses(workspace: Workspace, person: Make) -> None:
    """Two people with addresses like each other's, and a payer that both have: a gift."""
    anna, other = person("anna@example.org"), person("joanna@example.org")
    with workspace.stores.listeners.worker() as tx:
        tx.execute(
            "UPDATE listeners.entitlements SET stripe_customer_id = %s WHERE listener_id = %s",
            [anna.payer, other.listener_id],
        )
    filed = erasure.file(
        workspace.stores,
        workspace.settings,
        identity=workspace.identity,
        wanted=Wanted(SubjectKind.LISTENER, other.email),
        purpose=Purpose.ACCESS,
        channel=Channel.SESSION,
    )
    made = erasure.export(
        workspace.stores,
        workspace.settings,
        identity=workspace.identity,
        request_id=filed.request.erasure_request_id,
    )

    archive = zipfile.ZipFile(io.BytesIO(made.content))
    text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    assert {"index.html", "listeners.listeners.devices.csv"} < set(archive.namelist())
    assert other.email in text
    assert str(anna.listener_id) not in text
    assert "anna@example.org" not in text.replace(other.email, "")
    assert 1 == made.rows["listeners.listeners.entitlements"]
    assert "listeners.listeners.external_events" not in made.rows
    assert "secret_hash" not in text
    rows = json.loads(archive.read("listeners.listeners.devices.json"))
    assert [str(other.listener_id)] == [row["listener_id"] for row in rows]
    ended = erasure.get(
        workspace.stores,
        identity=workspace.identity,
        request_id=filed.request.erasure_request_id,
    )
    assert (Status.COMPLETED, None) == (ended.status, ended.subject_id)


def test_erasing_one_of_two_people_with_a_shared_payer_leaves_the_others_payments(
    workspace: Workspace, person: Make
) -> None:
    """The giver's events keep their content when the person who got the gift is forgotten."""
    anna, other = person("anna@example.org"), person("berta@example.org")
    with workspace.stores.listeners.worker() as tx:
        tx.execute(
            "UPDATE listeners.entitlements SET stripe_customer_id = %s WHERE listener_id = %s",
            [anna.payer, other.listener_id],
        )
    assert (
        Status.COMPLETED
        == erased(workspace, Wanted(SubjectKind.LISTENER, other.email)).request.status
    )
    with workspace.stores.listeners.worker() as tx:
        assert 1 == tx.value(
            "SELECT count(*) FROM listeners.external_events"
            " WHERE %s = ANY (object_ids) AND payload IS NOT NULL",
            [anna.payer],
        )


def test_a_learner_is_erased_with_sessions_and_another_one_stays(workspace: Workspace) -> None:
    """By the account's id, in the organization that knows it."""
    organization = workspace.identity.organization_id
    with workspace.stores.learning.worker() as tx:
        for account in ("account-anna", "account-joanna"):
            learner = tx.value(
                "INSERT INTO learning.learners (organization_id, learner_id, kind, account_id)"
                " VALUES (%s, uuidv7(), 'account', %s) RETURNING learner_id",
                [organization, account],
            )
            tx.execute(
                "INSERT INTO learning.sessions (id, organization_id, learner_id, started_at,"
                " last_activity_at) VALUES (%s, %s, %s, now(), now())",
                [f"session-{account}", organization, learner],
            )
    outcome = erased(workspace, Wanted(SubjectKind.LEARNER, "account-anna"))
    assert Status.COMPLETED == outcome.request.status
    with workspace.stores.learning.worker() as tx:
        assert ["session-account-joanna"] == tx.values("SELECT id FROM learning.sessions")
    assert "account-anna" not in dumped(workspace)


def test_a_buyer_is_forgotten_and_the_sums_of_conversions_stay(workspace: Workspace) -> None:
    """The order's id is gone; value, currency and time are as they were."""
    organization = workspace.identity.organization_id
    order, other = f"order-{uuid4().hex}", f"order-{uuid4().hex}"
    with workspace.stores.operational.worker() as tx:
        for each in (order, other):
            tx.execute(
                "INSERT INTO sponsorship.conversions (organization_id, occurred_at,"
                " conversion_type, conversion_value, currency, order_id, source, source_name,"
                " ingested_at) VALUES (%s, now(), 'purchase', 12.50, 'EUR', %s, 'api', 'shop',"
                " now())",
                [organization, each],
            )
    outcome = erased(workspace, Wanted(SubjectKind.BUYER, order))
    assert Status.COMPLETED == outcome.request.status
    with workspace.stores.operational.worker() as tx:
        sums = tx.value("SELECT sum(conversion_value)::text FROM sponsorship.conversions")
        orders = tx.values("SELECT order_id FROM sponsorship.conversions ORDER BY 1")
    assert "25.00" == sums
    assert [True, True] == [orders[0].startswith("erased:"), orders[1] == other]
    assert order not in dumped(workspace)


@pytest.mark.parametrize("letters", [11, 32])
def test_deep_verification_leaves_no_byte_of_the_person_in_the_servers_files(
    workspace: Workspace, person: Make, letters: int
) -> None:
    """Deleted rows stay in pages, statistics and the log until they are rewritten.

    An address of 23 characters is preceded by its length, which looks like the digit 1.
    """
    anna = person(f"{uuid4().hex[:letters]}@example.org")
    values = dict(workspace.settings.values)
    values["erasure_verification"] = replace(values["erasure_verification"], value="deep")
    deeply = replace(workspace, settings=replace(workspace.settings, values=values))
    server = workspace.stores.server
    assert server is not None
    needle = ((anna.email, re.escape(anna.email)),)
    own = [(anna.email, pattern(anna.email))]
    assert not search_folder(server.data, own, name="the product's own").is_clean
    assert not search_folder(server.data, needle, name="before").is_clean

    own_id = [anna.listener_id.bytes]
    assert not search_folder(server.data, (), name="the id's bytes", ids=own_id).is_clean

    outcome = erased(deeply, Wanted(SubjectKind.LISTENER, anna.email))

    assert search_folder(server.data, (), name="the id's bytes", ids=own_id).is_clean
    assert outcome.certificate is not None
    assert "nothing found" == outcome.certificate["levels"]["deep"]["result"]
    assert search_folder(server.data, needle, name="after").is_clean
    unsearched = outcome.certificate["levels"]["deep"]["not_scanned"]
    assert [] == [line for line in unsearched if line.startswith("ids as bytes")]


def test_ids_as_bytes_are_not_searched_when_a_row_that_stays_has_them(
    workspace: Workspace, person: Make
) -> None:
    """An entry of the audit log about the person: the certificate says so, and nothing fails."""
    anna = person(f"{uuid4().hex[:9]}@example.org")
    with workspace.stores.listeners.worker() as tx:
        audit.record_for_listeners(
            tx,
            actor=audit.Actor("system:test"),
            action="listener.noted",
            resource=("note", uuid4()),
            subject_pseudonym=anna.listener_id,
        )
    values = dict(workspace.settings.values)
    values["erasure_verification"] = replace(values["erasure_verification"], value="deep")
    deeply = replace(workspace, settings=replace(workspace.settings, values=values))

    outcome = erased(deeply, Wanted(SubjectKind.LISTENER, anna.email))

    document = dict(outcome.certificate or {})
    assert ["listeners.audit.audit_log"] == [
        each["where"] for each in document["levels"]["paranoid"]["kept"]
    ]
    assert ["ids as bytes: rows that stay have them (listeners.audit.audit_log)"] == document[
        "levels"
    ]["deep"]["not_scanned"][-1:]
