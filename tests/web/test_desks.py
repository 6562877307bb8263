"""The pages with actions: only the site's forms, each action reported and audited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser
from starlette.testclient import TestClient
from tests import serving
from tests.web.webvisitor import Theme, faults, visitor

from wavehouse import accounts, catalog, measurement, sponsorship
from wavehouse.catalog.service import identifying
from wavehouse.kernel import clock
from wavehouse.simulation import Settings, simulate
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)
PLACES = ("campaigns", "reports", "sources", "tokens")


@pytest.fixture(scope="module")
def filled(shared_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Seven simulated days, and a log with two unreadable rows."""
    place, folder = shared_workspace, tmp_path_factory.mktemp("simulation")
    with clock.frozen(NOW):
        simulate(Settings(seed=5, people=15, days=7, until=date(2026, 11, 19)), folder)
        media = catalog.read_media_file(folder / "media.json")
        for feed in sorted((folder / "feeds").iterdir()):
            catalog.ingest_feed(
                place.stores.operational,
                identity=place.identity,
                location=str(feed),
                reading=catalog.FeedReading(source=catalog.FileFeedSource(), media=media),
            )
        bad = folder / "bad.log"
        bad.write_text(
            '203.0.113.9 - - [19/Nov/2026:10:00:00 +0000] "GET /a.mp3 HTTP/1.1" 200 9 "-" "x"\n'
            "this is no line\nnor is this\n"
        )
        list(
            measurement.ingest_logs(
                place.stores.operational,
                place.settings,
                identity=place.identity,
                paths=[*sorted((folder / "logs").iterdir()), bad],
            )
        )
        measurement.count(place.stores.operational, place.settings)
        measurement.roll_up(place.stores)
        with place.stores.operational.worker() as tx:
            sponsorship.import_campaigns(
                tx, identity=place.identity, path=folder / "campaigns.json"
            )
    return place


def cookie(workspace: Workspace) -> str:
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        return accounts.sign_in(tx, token=link.token).token


@pytest.fixture(scope="module")
def web(filled: Workspace) -> FastAPI:
    """The application."""
    return live_app(filled)


@pytest.fixture
def client(filled: Workspace, web: FastAPI) -> Iterator[TestClient]:
    """A signed-in visitor, at 14:52 of 20 November 2026."""
    with clock.frozen(NOW):
        yield visitor(web, cookies={"wh_session": cookie(filled)})


def send(client: TestClient, page: str, path: str, **fields: str) -> str:
    """Open a page and submit one of its forms; returns the text of the next page."""
    shown = client.get(f"/{page}")
    found = re.search(r'name="csrf" value="([^"]+)"', shown.text)
    assert found
    ticket = re.search(r'name="ticket" value="([^"]+)"', shown.text)
    hidden = {"csrf": found[1], **({"ticket": ticket[1]} if ticket else {})}
    answer = client.post(f"/{path}", data={**hidden, **fields})
    if answer.status_code == 303:
        answer = client.get(answer.headers["location"])
    return answer.text


def test_nobody_sees_a_desk_without_a_session(web: FastAPI) -> None:
    """Each page requires a session."""
    stranger = visitor(web)
    assert {401} == {stranger.get(f"/{page}").status_code for page in PLACES}


@pytest.mark.parametrize(
    "path",
    ["campaigns/move", "campaigns/advance", "reports", "tokens", "tokens/revoke",
     "sources/replay", "sources/discard"],
)  # fmt: skip
def test_a_form_from_elsewhere_is_refused(client: TestClient, path: str) -> None:
    """Every action needs the token of a page of the site."""
    assert 403 == client.post(f"/{path}", data={"csrf": "forged"}).status_code


def test_a_key_is_shown_once_works_and_is_revoked(client: TestClient, web: FastAPI) -> None:
    """Created on the page, tried at the API, revoked by one click; never shown again."""
    shown = send(client, "tokens", "tokens", name="the shop", **{"scope.campaigns:read": "on"})
    found = re.search(r"wh_live_\w{8}_\w{32}_\w{8}", shown)
    assert found
    assert found[0] not in client.get("/tokens").text
    program = TestClient(web, base_url="http://localhost")
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert 200 == program.get("/api/v1/campaigns", headers=headers).status_code
    assert 403 == program.get("/api/v1/reports", headers=headers).status_code
    prefix = found[0].split("_")[2]
    assert "revoked" in send(client, "tokens", "tokens/revoke", prefix=prefix)
    assert 401 == program.get("/api/v1/campaigns", headers=headers).status_code


def test_the_form_of_keys_offers_every_permission(client: TestClient) -> None:
    """A scope that the page leaves out could only be given on the command line."""
    page = client.get("/tokens").text
    assert [] == [
        scope.value for scope in accounts.Scope if f'name="scope.{scope.value}"' not in page
    ]


def test_a_key_is_made_once_however_often_its_form_is_sent(
    client: TestClient, filled: Workspace
) -> None:
    """Redirect after POST: Reload shows the page without the key, a second click makes no key."""
    page = client.get("/tokens").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert csrf
    assert ticket
    form = {"csrf": csrf[1], "ticket": ticket[1], "name": "twice", "scope.stats:read": "on"}
    answers = [client.post("/tokens", data=form) for _ in range(2)]
    assert [303, 303] == [answer.status_code for answer in answers]
    address = answers[0].headers["location"]
    assert "wh_live_" not in address
    assert re.search(r"wh_live_\w{8}_\w{32}_\w{8}", client.get(address).text)
    assert not re.search(r"wh_live_\w{8}_\w{32}_\w{8}", client.get(address).text)
    with filled.stores.operational.worker() as tx:
        keys = accounts.list_api_keys(tx, identity=filled.identity)
    assert 1 == [key.name for key in keys].count("twice")


def test_a_form_keeps_what_was_entered_and_shows_the_error_beside_the_field(
    client: TestClient,
) -> None:
    """422 and the same page, with the entered values."""
    page = send(client, "tokens", "tokens", name="the shop", expires="soon")
    assert 'value="the shop"' in page
    assert 'role="alert">Tick at least one scope.' in page.partition("<legend>")[2][:200]
    page = send(
        client, "tokens", "tokens", name="the shop", expires="soon", **{"scope.stats:read": "on"}
    )
    assert 'name="scope.stats:read" checked' in page
    assert 'value="soon" aria-invalid="true" aria-describedby="wrong-expires"' in page
    assert "&#39;soon&#39; is not a date" in page
    assert "Write it like 2026-11-28." in page


def test_a_rule_for_unknown_files_is_corrected_beside_its_field_and_then_listed(
    client: TestClient, filled: Workspace
) -> None:
    """An invalid rule stays in the form; a valid one is stored and its paths are counted again."""
    page = send(client, "sources", "sources/paths", rule="cdn.example/{show} to nowhere")
    assert 'value="cdn.example/{show} to nowhere" aria-invalid="true"' in page
    assert 'id="wrong-rule" role="alert"' in page
    rule = "cdn.example/{show}/{digest}/{file} => lalanterna.example/{file}"
    page = send(client, "sources", "sources/paths", rule=rule)
    assert "wrong-rule" not in page
    with filled.stores.operational.app(filled.identity.organization_id) as tx:
        rules = [each.rule for each in identifying.list_path_rules(tx, identity=filled.identity)]
        assert [rule] == rules
        identifying.remove_path_rule(tx, identity=filled.identity, rule=rule)


def test_what_cannot_be_undone_asks_first(client: TestClient) -> None:
    """Revoking a key, discarding rows: a second button confirms."""
    send(client, "tokens", "tokens", name="asks", **{"scope.stats:read": "on"})
    for page, action in (("tokens", "/tokens/revoke"), ("sources", "/sources/discard")):
        text = client.get(f"/{page}").text
        before = text.partition(action)[0]
        assert action in text
        assert before.rindex('<details class="sure">') > before.rfind("</details>")


def test_a_campaign_is_moved_by_a_way_that_there_is(client: TestClient, filled: Workspace) -> None:
    """The buttons are the allowed transitions; a forged one is refused with the allowed ones."""
    with filled.stores.operational.worker() as tx:
        cards = sponsorship.list_campaigns(tx, identity=filled.identity)
    draft = next(card for card in cards if card.status == "draft")
    campaign = str(draft.campaign_id)
    refused = send(client, "campaigns", "campaigns/move", campaign=campaign, status="paused")
    assert "cannot become paused" in refused
    assert "All campaigns" in refused
    moved = send(client, "campaigns", "campaigns/move", campaign=campaign, status="scheduled")
    assert "The status of the campaign was changed." in moved


def test_a_campaign_delivers_on_its_page_what_its_report_counts(
    client: TestClient, filled: Workspace
) -> None:
    """Not the downloads of days on which it was a draft or paused."""
    identity = filled.identity
    expected = []
    with (
        filled.stores.analytics.app(identity.organization_id) as analytics,
        filled.stores.operational.app(identity.organization_id) as tx,
        clock.frozen(NOW),
    ):
        for card in sponsorship.list_campaigns(tx, identity=identity):
            report = sponsorship.report_data(
                tx,
                identity=identity,
                card=card,
                first=card.start_date,
                last=max(min(card.end_date, NOW.date()), card.start_date),
                delivery=sponsorship.from_rollups(analytics, tx, identity=identity),
            )
            expected.append(f"{report.figure('impressions').value:,}")
            assert "draft" != card.status or "0" == expected[-1]
    page = client.get("/campaigns").text
    assert sorted(expected) == sorted(re.findall(r'data-label="Delivered"><b>([^<]+)', page))


def test_a_report_is_made_and_its_file_fetched(client: TestClient, filled: Workspace) -> None:
    """All formats at once; the download equals the file byte for byte."""
    with filled.stores.operational.worker() as tx:
        card = sponsorship.list_campaigns(tx, identity=filled.identity)[0]
    page = send(
        client,
        "reports",
        "reports",
        campaign=str(card.campaign_id),
        type="sponsor_report",
        **{"from": "2026-11-13", "to": "2026-11-19", "format.pdf": "on", "format.xlsx": "on"},
    )
    assert "2 files were created." in page
    for href in re.findall(r'href="(/reports/[^"]+/file)"', page)[:2]:
        file = client.get(href)
        assert 200 == file.status_code
        assert "filename*=UTF-8''" in file.headers["content-disposition"]


def test_the_period_of_a_report_follows_the_campaign(client: TestClient, filled: Workspace) -> None:
    """From its flight, up to today; choosing another campaign replaces only the two days."""
    with filled.stores.operational.worker() as tx:
        cards = sponsorship.list_campaigns(tx, identity=filled.identity)
    for card in cards:
        page = client.get("/reports", params={"campaign": str(card.campaign_id)}).text
        period = page.partition('id="period"')[2].partition("</div>")[0]
        last = min(card.end_date, clock.today())
        assert [card.start_date.isoformat(), last.isoformat()] == re.findall(
            r'value="([0-9-]{10})"', period
        )
        assert f'value="{card.campaign_id}" selected' in page
    assert re.search(
        r'<select name="campaign" hx-get="/reports" hx-trigger="change" hx-target="#period" '
        r'hx-select="#period"',
        page,
    )


def test_a_report_without_a_form_says_so(client: TestClient) -> None:
    """The error is beside the boxes, and the other choices are kept."""
    page = send(client, "reports", "reports", type="roi_report", **{"from": "2026-11-13"})
    assert "Tick PDF" in page.partition("<legend>")[2][:200]
    assert 'value="roi_report" selected' in page
    assert 'name="from" value="2026-11-13"' in page


def test_rows_that_wait_are_shown_read_again_and_discarded(client: TestClient) -> None:
    """With file, line and reason; still bad after a replay, closed after a discard."""
    assert "bad.log:2" in client.get("/sources").text
    assert "read again in the background" in send(client, "sources", "sources/replay")
    assert "measurement.replay" in client.get("/jobs").text
    assert "2 rows were discarded." in send(client, "sources", "sources/discard")
    assert "The quarantine is empty" in client.get("/sources").text


def test_an_address_cannot_put_words_into_a_page(client: TestClient) -> None:
    """The message comes from a fixed list."""
    page = client.get("/campaigns", params={"did": "<b>pay me</b>", "n": "<i>"}).text
    assert "pay me" not in page


@pytest.fixture
def served(filled: Workspace) -> Iterator[str]:
    """The pages' address on a real port, with the clock frozen at ``NOW``."""
    with ExitStack() as stack:
        with clock.frozen(NOW):
            url = stack.enter_context(serving.served(live_app(filled)))
        yield url


@pytest.mark.browser
def test_the_desks_are_accessible_in_both_themes_and_on_a_phone(
    browser: Browser, served: str, filled: Workspace
) -> None:
    """No serious finding of axe, nothing wider than the phone, no message on the console."""
    complaints: list[str] = []
    with clock.frozen(NOW):
        session = cookie(filled)
    looks: tuple[tuple[Theme, int], ...] = (("light", 1360), ("dark", 1360), ("light", 390))
    for theme, width in looks:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        context.add_cookies([{"name": "wh_session", "value": session, "url": served}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        for place in PLACES:
            page.goto(f"{served}/{place}")
            assert [] == faults(page), (place, theme, width)
            assert 0 >= page.evaluate("document.documentElement.scrollWidth - innerWidth"), place
        context.close()
    assert [] == complaints


@pytest.mark.browser
def test_g_and_a_letter_go_to_a_page(browser: Browser, served: str, filled: Workspace) -> None:
    """Every page can be reached with two keys."""
    with clock.frozen(NOW):
        session = cookie(filled)
    context = browser.new_context()
    context.add_cookies([{"name": "wh_session", "value": session, "url": served}])
    page = context.new_page()
    page.goto(f"{served}/campaigns")
    for letter, place in (("r", "reports"), ("s", "sources"), ("a", "tokens"), ("o", "")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"{served}/{place}")
    context.close()
