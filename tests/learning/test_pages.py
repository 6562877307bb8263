"""The pages of learning, and the player in a browser on another site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.testclient import TestClient
from tests.learning.desk import Desk
from tests.web.webvisitor import visitor

from wavehouse import accounts, learning
from wavehouse.learning.service import recommending
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    pass

LONG = "Anna va al mercato. Compra il pane e la frutta. Poi torna a casa."


def _cookie(workspace: Workspace) -> str:
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        return accounts.sign_in(tx, token=link.token).token


def test_pages_show_learners_content_policies_and_why(desk: Desk) -> None:
    """Empty states first; then a level with its interval, and the choices with their reasons."""
    client = visitor(live_app(desk.workspace), cookies={"wh_session": _cookie(desk.workspace)})
    empty = client.get("/learning").text
    assert "No learners yet" in empty
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
    assert "chance of being understood" in learner
    assert 401 == visitor(live_app(desk.workspace)).get("/learning").status_code


def test_content_that_thirty_learners_heard_is_calibrated(desk: Desk) -> None:
    """The estimate moves towards the outcomes and says so; with fewer learners it does not."""
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


def test_the_player_module_is_one_file_that_other_sites_may_load(workspace: Workspace) -> None:
    """It imports nothing, and its headers allow other sites."""
    client = TestClient(live_app(workspace), base_url="http://localhost")
    answer = client.get("/static/player.js")
    assert "*" == answer.headers["access-control-allow-origin"]
    assert "import " not in answer.text.split("*/", 1)[1]
