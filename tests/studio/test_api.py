"""The API and the pages of making: schedules, generations, reviews, PDFs, highlights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.studio.conftest import Studio
from tests.studio.making import Maker
from tests.studio.test_documents import pdf
from tests.tenants import key_of, session_of

from wavehouse import studio
from wavehouse.accounts import Scope
from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.service.highlights import highlight_text
from wavehouse.web.live import live_app
from wavehouse.web.upload import Upload, parsed

CADENCE = {"days": ["MO", "TH"], "times": ["06:00"], "tz": "Europe/Rome"}
CSRF = "a-token-of-the-forms-that-is-long-enough"


@pytest.fixture
def api(room: Studio) -> TestClient:
    """A client with a key that may read and write the studio."""
    key = key_of(room.workspace, Scope.STUDIO_READ, Scope.STUDIO_WRITE)
    return TestClient(
        live_app(room.workspace),
        base_url="http://localhost/api/v1/studio",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_q6_a_schedule_is_previewed_set_skipped_and_cleared_over_the_api(
    room: Studio, api: TestClient
) -> None:
    """A cadence that cannot be planned names its field; a preview stores nothing."""
    path = f"/projects/{room.project().project_id}"
    preview = api.post(f"{path}/schedule/preview", json=CADENCE)
    before = api.get(f"{path}/slots").json()
    wrong = api.put(f"{path}/schedule", json={**CADENCE, "tz": "Mars/Olympus"})
    planned = api.put(f"{path}/schedule", json=CADENCE).json()
    skipped = api.post(f"{path}/schedule/skip", json={"day": preview.json()[0]["local_date"]})
    slots = api.get(f"{path}/slots").json()
    cancelled = api.post(f"/slots/{slots[0]['slot_id']}/cancel").json()
    retried = api.post(f"/slots/{slots[0]['slot_id']}/retry").json()
    cleared = api.delete(f"{path}/schedule").json()

    assert ([], 422) == (before, wrong.status_code)
    assert "tz" in wrong.text
    assert (len(preview.json()), 1) == (planned["added"], skipped.json()["removed"])
    assert planned["added"] - 1 == len(slots)
    assert ("cancelled", "pending") == (cancelled["outcome"], retried["status"])
    assert 0 < cleared["removed"]


def test_an_episode_is_started_reviewed_edited_and_approved_over_the_api(
    room: Studio, api: TestClient, tmp_path: Path
) -> None:
    """A retry with the same Idempotency-Key makes no second episode; the edited script is used."""
    maker = Maker(room, tmp_path / "studio")
    project = maker.project()
    maker.change(project, review=True)
    path = f"/projects/{project.project_id}/generations"
    first = api.post(path, headers={"Idempotency-Key": "one"})
    again = api.post(path, headers={"Idempotency-Key": "one"})
    (outcome,) = maker.work()
    episode = f"/episodes/{outcome.episode_id}"
    waiting = {row["step"]: row["status"] for row in api.get(f"{episode}/generation").json()}
    blocks = [{"body": row["body"]} for row in api.get(f"{episode}/script").json()]
    blocks[0]["body"] += "\n\nGiulia: Una frase aggiunta a mano."
    edited = api.put(f"{episode}/script", json={"blocks": blocks})
    approved = api.post(f"{episode}/approval")
    twice = api.post(f"{episode}/approval")
    (done,) = maker.work()
    slot = api.get(f"/slots/{first.json()['slot_id']}").json()
    remade = api.post(f"{episode}/generations")
    (kept,) = maker.work()

    assert (202, 202, "true") == (
        first.status_code, again.status_code, again.headers["Idempotent-Replayed"]
    )  # fmt: skip
    assert first.json() == again.json()
    assert ("waiting", "waits for a review") == (waiting["review"], outcome.message)
    assert (200, 204, 409) == (edited.status_code, approved.status_code, twice.status_code)
    assert ("done", "done") == (done.status, slot["status"])
    assert 202 == remade.status_code
    assert kept.steps_kept > 0


def test_a_pdf_is_uploaded_by_api_and_page_within_20_mb(room: Studio, api: TestClient) -> None:
    """A large one is refused while it arrives; what is not a PDF is refused with the reason."""
    project_id = room.project().project_id
    path = f"/projects/{project_id}/documents/pdf"
    kind = {"Content-Type": "application/pdf"}
    added = api.post(path, content=pdf("The boats leave at five."), headers=kind)
    large = api.post(path, content=(b"%PDF-1.7" + bytes(2**20) for _ in range(21)), headers=kind)
    text = api.post(path, content=b"hello", headers=kind)
    form = api.post(path, content=b"hello")
    page = TestClient(
        live_app(room.workspace),
        base_url="http://localhost",
        cookies={"wh_session": session_of(room.workspace), "wh_csrf": CSRF},
        headers={"Origin": "http://localhost"},
        follow_redirects=False,
    )
    fields = {"csrf": CSRF, "project_id": str(project_id)}

    def send(name: str, content: bytes) -> Any:
        files = {"pdf": (name, content, "application/pdf")}
        return page.post("/studio/documents/pdf", data=fields, files=files)

    good, bad = send("wind.pdf", pdf("Wind from the north.")), send("wind.pdf", b"hello")
    documents = room.act(studio.list_documents, project_id=project_id)

    assert (201, 413, 422, 422) == (
        added.status_code, large.status_code, text.status_code, form.status_code
    )  # fmt: skip
    assert 303 == good.status_code
    assert "The file is not a PDF" in bad.text
    assert ["pdf", "pdf"] == [row.kind for row in documents]


def test_a_form_with_a_file_is_parsed_exactly_or_refused() -> None:
    """A file keeps every byte; a cut, nested or nameless form is refused."""
    content = bytes(range(256)) + b"\r\n--other\r\n--"
    body = (
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="pdf"; filename="a.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n" + content + b"\r\n--b--\r\n"
    )

    assert Upload({"csrf": "x"}, "a.pdf", content) == parsed(body, b"b")
    for wrong in (b"", body[:-7], body.replace(b"form-data; name", b"form-data; nome"), b"--b"):
        with pytest.raises(InvalidInput):
            parsed(wrong, b"b")


def test_cre9_a_passage_is_highlighted_by_its_text(room: Studio, api: TestClient) -> None:
    """Text that the script does not contain is refused."""
    episode = room.episode(room.project())
    room.write(episode, "Oggi il vento soffia da nord.")
    made = room.act(highlight_text, episode_id=episode.episode_id, text="il vento")
    (listed,) = api.get(f"/episodes/{episode.episode_id}/highlights").json()
    long = api.put(
        f"/episodes/{episode.episode_id}/script", json={"blocks": [{"body": "vento " * 20_000}]}
    )

    assert ("il vento", 5, 13) == (made.exact, made.start, made.end)
    assert "il vento" == listed["exact"]
    assert 200 == long.status_code
