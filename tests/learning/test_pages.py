"""The pages of learning, and the player in a real browser on another site's page."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from tests.learning.desk import Desk
from tests.serving import served
from tests.web.webvisitor import CHROMIUM_FLAGS, chromium, faults, visitor

from wavehouse import accounts, learning
from wavehouse.learning.service import recommending
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "Anna va al mercato. Compra il pane e la frutta. Poi torna a casa."


def _cookie(workspace: Workspace) -> str:
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        return accounts.sign_in(tx, token=link.token).token


def _silence(seconds: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 8000 * seconds)
    return out.getvalue()


def test_pages_show_learners_content_policies_and_why(desk: Desk) -> None:
    """Empty states first; then a level with its interval, and the choices with their reasons."""
    client = visitor(live_app(desk.workspace), cookies={"wh_session": _cookie(desk.workspace)})
    empty = client.get("/learning").text
    assert "No learner yet" in empty
    assert "No content yet" in empty
    assert 404 == client.get("/learning/learners/none").status_code
    assert 404 == client.get("/learning/listen/none").status_code

    names = [f"piece{n}" for n in range(6)]
    desk.content(*names)
    desk.session("s", "<anna>")
    for n, name in enumerate(names[:5]):
        desk.call(recommending.recommend, session_id="s")
        desk.send("s", *desk.heard(name, n * 200))
    page = client.get("/learning").text
    assert "&lt;anna&gt;" in page
    assert "thompson" in page
    assert ">100%<" in page
    learner = client.get("/learning/learners/s").text
    assert "5 of 5 pieces were heard to the end" in learner
    assert 'class="band"' in learner
    assert "understood with" in learner
    assert 401 == visitor(live_app(desk.workspace)).get("/learning").status_code


def test_content_that_thirty_learners_heard_is_calibrated(desk: Desk) -> None:
    """The estimate moves to what listeners show, and says so; fewer move nothing."""
    desk.content("hard", "other", difficulty=-2.0)
    for n in range(30):
        desk.session(f"s{n}", f"l{n}")
        desk.send(f"s{n}", *desk.heard("hard", share=0.1))
        if n < 29:
            desk.send(f"s{n}", *desk.heard("other", 300, share=0.1))
    (line,) = desk.call(learning.calibrate)
    assert "hard" == line.content.content_id
    piece = desk.call(learning.content, content_id="hard")
    assert "listeners-1" == piece.difficulty_method
    assert piece.difficulty > -2.0
    assert [] == desk.call(learning.calibrate)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A Chromium of the system; without one the test is skipped and says how to get it."""
    executable = chromium()
    if executable is None:
        pytest.skip("no Chromium: make chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable,
            args=[*CHROMIUM_FLAGS, "--autoplay-policy=no-user-gesture-required"],
        )
        yield started
        started.close()


PAGE = """<!doctype html><title>app</title><audio></audio>
<script type="module">
import {{ Player }} from "{site}/static/player.js";
window.player = new Player(document.querySelector("audio"),
  {{ endpoint: "{site}", session: "s", token: "{token}", flushSeconds: 1 }});
window.ready = true;
</script>"""


def test_the_player_sends_what_a_learner_does_from_another_site(
    workspace: Workspace, browser: Browser
) -> None:
    """Play, pause, a jump, a like and the end come to an outcome, across two origins."""
    desk = Desk(workspace)
    desk.content("a", duration=6)
    desk.session("s", "anna")
    tokens = learning.Tokens.of(workspace.stores.learning.place)
    token = tokens.token(workspace.identity.organization_id, "s")
    app = FastAPI()
    with ExitStack() as stack:
        site = stack.enter_context(served(live_app(workspace)))

        @app.get("/")
        def page() -> HTMLResponse:
            return HTMLResponse(PAGE.format(site=site, token=token))

        tab = browser.new_page()
        heard: list[Any] = []
        tab.on("pageerror", lambda error: heard.append(error))
        tab.route(
            "**/a.mp3", lambda route: route.fulfill(body=_silence(6), content_type="audio/wav")
        )
        tab.goto(stack.enter_context(served(app)))
        tab.wait_for_function("window.ready")
        (piece,) = tab.evaluate("player.next()")
        assert "a" == piece["content_id"]
        tab.evaluate("piece => { player.load(piece); player.audio.playbackRate = 2; }", piece)
        tab.evaluate("player.audio.play()")
        tab.wait_for_function("player.audio.currentTime > 1.5")
        tab.evaluate("player.audio.pause()")
        tab.evaluate("player.replayFrom(0)")
        tab.evaluate("player.like()")
        tab.evaluate("player.audio.play()")
        tab.wait_for_function("player.audio.ended", timeout=60_000)
        level = tab.evaluate("player.level()")
        waiting = tab.evaluate("[player.waiting.length, localStorage.length]")

    assert [] == heard
    assert [0, 0] == waiting
    assert 1 == level["outcomes"]
    (item,) = desk.rows("SELECT heard::float8 AS heard, liked, closed FROM learning.session_items")
    assert item["heard"] > 0.95
    assert (True, True) == (item["liked"], item["closed"])
    kinds = [row["event_type"] for row in desk.rows(
        "SELECT event_type FROM learning.behavioral_events ORDER BY timestamp, id")]  # fmt: skip
    assert {"play", "pause", "replay", "resume", "like", "complete", "speed_change"} <= set(kinds)


def test_a_person_listens_on_the_page(workspace: Workspace, browser: Browser) -> None:
    """Sentences are pressed, speed and like work, and the page is accessible in 390 pixels."""
    desk = Desk(workspace)
    desk.content("a", duration=6)
    with served(live_app(workspace)) as site:
        context = browser.new_context(viewport={"width": 390, "height": 800})
        context.add_cookies([{"name": "wh_session", "value": _cookie(workspace), "url": site}])
        tab = context.new_page()
        errors: list[Any] = []
        tab.on("pageerror", lambda error: errors.append(error))
        tab.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        tab.route(
            "**/a.mp3", lambda route: route.fulfill(body=_silence(6), content_type="audio/wav")
        )
        tab.goto(f"{site}/learning/listen/a")
        tab.get_by_role("button", name="Like", exact=True).click()
        tab.get_by_role("button", name="Poi torna a casa").click()
        expect(tab.locator("#listen-state")).to_contain_text("a level needs five", timeout=60_000)
        assert [] == faults(tab)
        assert [] == errors
    liked = desk.rows("SELECT liked FROM learning.like_engagement")
    assert [{"liked": True}] == liked


def test_the_player_module_is_one_file_that_other_sites_may_load(workspace: Workspace) -> None:
    """It imports nothing, and its answer says so."""
    client = TestClient(live_app(workspace), base_url="http://localhost")
    answer = client.get("/static/player.js")
    assert "*" == answer.headers["access-control-allow-origin"]
    assert "import " not in answer.text.split("*/", 1)[1]
