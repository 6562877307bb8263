"""The pages of governance: classification, audit log, backups; filled and empty."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient
from tests import serving
from tests.erasing import erased, make_person
from tests.tenants import member_of, second_organization
from tests.web.test_desks import cookie
from tests.web.webvisitor import Theme, faults, visitor

from wavehouse import accounts, audit, governance
from wavehouse.accounts import Role, Scope
from wavehouse.audit import Actor, SealFolder
from wavehouse.audit.checks import audit_log
from wavehouse.audit.jobs import verifying
from wavehouse.backups import adapters
from wavehouse.backups.service import restoring
from wavehouse.backups.types import Backup, Checked, Restored
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.kernel import clock
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

AT = datetime(2026, 11, 1, 3, tzinfo=UTC)
PAGES = ("classification", "audit", "backups", "retention", "erasures", "entitlements")
PICTURES = os.environ.get("PICTURES", "")
"""A folder for screenshots, to look at."""


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    """An operator's visit."""
    return visitor(live_app(workspace), cookies={"wh_session": cookie(workspace)})


def act(workspace: Workspace, action: str, resource: str, actor: str = "system:test") -> None:
    """Add an entry to the audit log."""
    with workspace.stores.operational.worker() as tx:
        audit.record(
            tx,
            actor=Actor(actor),
            action=action,
            resource=("thing", resource),
            organization_id=workspace.identity.organization_id,
            metadata={"rows": 7},
        )


def add_backup(home: Path, at: datetime) -> str:
    """A finished backup's description, as far as the catalogue reads it."""
    name = f"{at:%Y%m%dT%H%M%SZ}"
    folder = adapters.backups_folder(home) / name
    folder.mkdir(parents=True)
    segment = "000000010000000000000004"
    adapters.write_manifest(
        folder,
        Backup(name, "wavehouse-backup/1", at, at, "0.1.0", "18", {}, segment, 3 * 2**20),
    )
    return name


def test_the_pages_need_a_session_and_the_operator(workspace: Workspace) -> None:
    """Strangers see none of them."""
    stranger = visitor(live_app(workspace))

    assert {401} == {stranger.get(f"/{page}").status_code for page in PAGES}


def test_ops3_who_classified_what_when_and_why(client: TestClient) -> None:
    """All tables at first; filters list single columns, and say so when nothing matches."""
    everything = client.get("/classification").text
    table = client.get("/classification?table=listeners.listeners.listeners").text
    emails = client.get("/classification?category=user.contact&database=listeners").text
    none = client.get("/classification?level=public&category=user.payment").text

    assert "Every column has a class" in everything
    assert everything.count("/classification?table=") > 200
    assert re.search(r"<b>email</b>.*?confidential.*?user\.contact\.email", table, re.DOTALL)
    assert re.search(r"\d+ Nov 2026<span class=\"line\">by ", table)
    assert {"listeners"} == set(re.findall(r'"soft line">(\w+)\.\w+\.\w+</span></th><td><', emails))
    assert "user.contact.email" in emails
    assert "No column matches" in none


def test_ops3_a_column_without_a_class_comes_first(
    client: TestClient, workspace: Workspace
) -> None:
    """It is above everything else, with the command that writes its entry."""
    with psycopg.connect(workspace.stores.operational.place.admin) as connection:
        connection.execute("ALTER TABLE usage.models ADD nickname text")
    page = client.get("/classification").text

    assert "operational.usage.models.nickname" in page.partition("Find</h2>")[0]
    assert "wavehouse classify skeleton" in page


def test_audit_entries_are_filtered_and_an_invalid_day_is_refused(
    client: TestClient, workspace: Workspace
) -> None:
    """By the action's beginning, the resource, the day; with their details."""
    act(workspace, "thing.made", "a-1")
    act(workspace, "thing.removed", "b-2")
    made = client.get("/audit?action=thing.made").text
    other = client.get("/audit?action=thing&resource=b-2").text
    none = client.get("/audit?action=thing&since=2999-01-01").text
    wrong = client.get("/audit?since=soon")

    assert ("<b>thing.made</b>" in made, "<b>thing.removed</b>" in made) == (True, False)
    assert "rows: 7" in made
    assert ("thing a-1" in other, "thing b-2" in other) == (False, True)
    assert "No entry matches" in none
    assert 422 >= wrong.status_code >= 400
    assert "is not a date" in wrong.text


def test_audit_entries_name_members_and_keys_of_the_organization_alone(
    client: TestClient, workspace: Workspace
) -> None:
    """Who left, and members of another organization, stay ids; the id is always there."""
    here = member_of(workspace, Role.USER, "Mara Member").identity.user_id
    left = member_of(workspace, Role.USER, "Lee Left").identity.user_id
    other = second_organization(workspace, "Other House")
    stranger = member_of(other, Role.USER, "Sam Stranger").identity.user_id
    for each in (here, left, stranger):
        act(workspace, "thing.made", "a-1", f"user:{each}")
    with workspace.stores.operational.worker() as tx:
        accounts.remove_member(tx, identity=workspace.identity, wanted=left)
        new = accounts.create_api_key(
            tx, identity=workspace.identity, name="Night upload", scopes=[Scope.CATALOG_READ]
        )
    act(workspace, "thing.made", "a-2", f"key:{new.key.api_key_id}")
    page = client.get("/audit?action=thing").text

    assert f">Mara Member (mara.member@members.example)</span>user:{here}<" in page
    assert f">API key Night upload</span>key:{new.key.api_key_id}<" in page
    assert all(f">user:{each}<" in page for each in (left, stranger))
    assert not [name for name in ("Lee Left", "Sam Stranger") if name in page]


def test_the_daily_verification_is_shown_and_a_finding_reaches_doctor(
    client: TestClient, workspace: Workspace
) -> None:
    """Not verified, then intact, then a changed entry by its id."""
    act(workspace, "thing.made", "a-1")
    before = client.get("/audit").text
    audit.seal(
        workspace.stores,
        identity=workspace.identity,
        folder=SealFolder.of(workspace.settings),
    )
    work = verifying(workspace)
    quiet = work()
    intact, health = client.get("/audit").text, audit_log(workspace)
    with psycopg.connect(workspace.stores.operational.place.admin) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE audit.audit_log SET actor = 'system:other' WHERE action = 'thing.made'"
        )
    report = work()
    changed, alarm = client.get("/audit").text, audit_log(workspace)

    assert 3 == before.count("not verified yet")
    assert quiet is None
    assert 3 == intact.count(">intact<")
    assert health.ok
    assert report
    assert "the entry differs from its sealed leaf" in report
    assert "the entry differs from its sealed leaf" in changed
    assert (False, "wavehouse audit verify") == (alarm.ok, alarm.command)


def test_backups_are_listed_with_their_last_trial_and_their_expiry(
    client: TestClient, workspace: Workspace
) -> None:
    """Empty, then two: one compared, one restored on trial; a comparison keeps the trial."""
    home = workspace.settings.home
    empty = client.get("/backups").text
    old, new = add_backup(home, AT), add_backup(home, AT + timedelta(days=2))
    listed = client.get("/backups").text
    restored = Restored(home, new, None, None, (Checked("rows", True, ""),), "")
    with clock.frozen(AT + timedelta(days=3)):
        restoring.note_verified(home, old, ok=False, restored=None)
        restoring.note_verified(home, new, ok=True, restored=restored)
    with clock.frozen(AT + timedelta(days=4)):
        restoring.note_verified(home, new, ok=True, restored=None)
    verified = client.get("/backups").text

    assert "No backups yet" in empty
    assert listed.index(new) < listed.index(old)
    assert "None was restored on trial yet" in listed
    assert "3.0 MiB" in listed
    assert "Last restored on trial: 4 Nov 2026" in verified
    assert ("damaged" in verified, "restored on trial</span>" in verified) == (True, True)
    failed = replace(restored, checks=(Checked("rows", False, ""),))
    restoring.note_verified(home, new, ok=True, restored=failed)
    assert "trial failed" in client.get("/backups").text


@pytest.mark.browser
def test_the_pages_fit_a_desk_and_a_phone_and_have_no_faults(
    workspace: Workspace, browser: Browser
) -> None:
    """Axe finds nothing serious; the content is never wider than the screen."""
    act(workspace, "thing.made", "a-1")
    add_backup(workspace.settings.home, AT)
    session = cookie(workspace)
    sizes: list[tuple[int, Theme]] = [(1440, "light"), (390, "dark")]
    with serving.served(live_app(workspace)) as url:
        for width, theme in sizes:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=theme
            )
            context.add_cookies([{"name": "wh_session", "value": session, "url": url}])
            page = context.new_page()
            for path in (*PAGES, "classification?table=listeners.listeners.listeners"):
                page.goto(f"{url}/{path}")
                assert [] == faults(page), (path, width)
                overflow = page.evaluate("document.documentElement.scrollWidth") - width
                assert 0 >= overflow, (path, width)
                if PICTURES:
                    name = path.partition("?")[0] + ("-table" if "?" in path else "")
                    page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=False)
            context.close()


def test_the_retention_page_lists_holds_and_sets_commands_in_their_font(
    workspace: Workspace, client: TestClient
) -> None:
    """Holds on tables and on persons, each with the command that ends it."""
    empty = client.get("/retention").text
    assert "No table and no person is on hold" in empty
    assert "<code>wavehouse backup prune</code>" in empty
    assert "`" not in empty
    with workspace.stores.operational.worker() as tx:
        held = governance.hold_table(
            tx,
            workspace.settings,
            identity=workspace.identity,
            table="operational.sponsorship.reports",
            reason="case <12>",
            expires_at=clock.now() + timedelta(days=3),
        )

    page = client.get("/retention").text

    assert f"<code>wavehouse retention release {held.legal_hold_id}</code>" in page
    assert "case &lt;12&gt;" in page


def test_a_certificate_is_on_the_page_as_pdf_and_as_signed_json(
    workspace: Workspace, client: TestClient
) -> None:
    """And the line says what happened in words."""
    make_person(workspace, "anna@example.org")
    outcome = erased(workspace, Wanted(SubjectKind.LISTENER, "anna@example.org"))
    path = f"/erasures/{outcome.request.erasure_request_id}/certificate"

    page = client.get("/erasures").text

    assert "Erasure of a listener" in page
    assert "administrator, administrator" not in page
    for ending, kind in (("pdf", "application/pdf"), ("json", "application/json")):
        assert f'href="{path}.{ending}"' in page
        got = client.get(f"{path}.{ending}")
        assert (200, kind) == (got.status_code, got.headers["content-type"])
    assert client.get(f"{path}.pdf").content.startswith(b"%PDF-")
