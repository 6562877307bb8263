"""The player in a real browser: on another site, and on the listening page."""

from __future__ import annotations

import io
import wave
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import expect
from tests.learning.desk import Desk
from tests.serving import served
from tests.web.webvisitor import faults

from wavehouse import accounts, learning
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


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
    """Play, pause, a jump, a like and the end give an outcome, across two origins."""
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
        tab.mouse.click(5, 5)  # a browser plays nothing before the user touches the page
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
    """Sentences can be pressed, speed and like work, and the page is accessible at 390 pixels."""
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
