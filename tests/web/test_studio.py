"""The studio's pages: the site's forms only, errors beside fields, usable without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.studio.conftest import NOW, Studio, room
from tests.tenants import session_of

from wavehouse import studio
from wavehouse.web.live import live_app

__all__ = ["room"]
CSRF = "studio-studio-studio-studio-studio-studio"


@pytest.fixture
def client(room: Studio) -> TestClient:
    """A signed-in visitor."""
    return TestClient(
        live_app(room.workspace),
        base_url="http://localhost",
        cookies={"wh_session": session_of(room.workspace), "wh_csrf": CSRF},
        headers={"Accept": "text/html", "Origin": "http://localhost"},
    )


def sent(client: TestClient, path: str, **fields: str) -> str:
    """Submit a form; returns the next page."""
    answer = client.post(path, data={"csrf": CSRF, **fields})
    assert answer.status_code in {200, 422}
    return answer.text


def test_a_first_visit_says_what_a_project_is_and_creates_one(client: TestClient) -> None:
    """An error is beside its field, with the entered text; the second try succeeds."""
    empty = client.get("/studio").text
    wrong = sent(client, "/studio/projects", title="Mattina", language="Italiano!")
    made = sent(client, "/studio/projects", title="Mattina <b>", language="it", brief="Vento.")

    assert "No projects yet" in empty
    assert re.search(r'value="Italiano!".*?aria-invalid="true".*?id="wrong-language"', wrong)
    assert 'value="Mattina"' in wrong
    assert "The project was created." in made
    assert "<h1>Mattina &lt;b&gt;</h1>" in made


def test_a_project_without_room_in_the_plan_is_refused_with_a_sentence(
    room: Studio, client: TestClient
) -> None:
    """The sentence is on the page itself, not on an error page."""
    room.execute("UPDATE accounts.organizations SET plan_tier = 'free'")
    room.project()

    assert "the plan free allows 1 projects" in sent(
        client, "/studio/projects", title="Sera", language="it"
    ).replace("The plan", "the plan")


def test_cre3_the_page_of_an_episode_says_which_note_changed_it(
    room: Studio, client: TestClient
) -> None:
    """With evidence from the prompt's manifest, and the episode that a new note will reach."""
    project = room.project()
    episode = room.episode(project, "Oggi", scheduled_for=NOW)
    room.episode(project, "Domani", scheduled_for=NOW + timedelta(days=1))
    note = room.note(project, "Meno musica.").note
    room.act(studio.open_notes, project_id=project.project_id, for_episode_id=episode.episode_id)
    room.act(
        studio.consume,
        episode_id=episode.episode_id,
        decisions=[studio.Decision(note.note_id, applied=True)],
    )
    room.execute(
        "INSERT INTO studio.generation_steps (generation_id, step, organization_id, episode_id,"
        " input_hash, status, output_ref, prompt_manifest, cost) VALUES (uuidv7(), 'plan', %s, %s,"
        " sha256('x'), 'completed', 'x', jsonb_build_object('notes', jsonb_build_array(%s::text)),"
        " 0.002)",
        room.identity.organization_id,
        episode.episode_id,
        note.note_id,
    )
    shown = client.get(f"/studio/episodes/{episode.episode_id}").text

    assert "note:</b> Meno musica." in shown
    assert "listed in the prompt" in shown
    assert "Open notes reach “Domani”" in shown
    assert "0.002 in total" in shown


def test_cre7_a_script_is_edited_on_the_page_and_shown_beside_its_last_revision(
    room: Studio, client: TestClient
) -> None:
    """Removed and added words are marked; a long script fits."""
    episode = room.episode(room.project())
    long = "vento " * 3_000
    sent(client, "/studio/script", episode_id=f"{episode.episode_id}", **{"block-new": long})
    shown = sent(
        client, "/studio/script", episode_id=f"{episode.episode_id}", **{"block-0": "Un mare."}
    )
    edited = sent(
        client, "/studio/script", episode_id=f"{episode.episode_id}", **{"block-0": "Il mare."}
    )

    assert "stored as a new revision" in shown
    assert "<del>Un</del> mare." in edited
    assert "<ins>Il</ins> mare." in edited
    assert "revision 3, by Administrator" in edited


def test_cre8_a_question_is_answered_without_javascript(room: Studio, client: TestClient) -> None:
    """The answer is on the next page; an empty question is refused beside its field."""
    episode = room.episode(room.project())
    room.write(episode, "Il vento soffia da nord.")
    shown = sent(
        client, "/studio/chats", episode_id=f"{episode.episode_id}", question="Soffia il vento?"
    )
    (chat,) = room.act(studio.list_chats)
    wrong = sent(client, "/studio/chats/ask", chat_session_id=f"{chat.chat_session_id}",
                 question=" ")  # fmt: skip
    stream = client.get(f"/studio/chats/{chat.chat_session_id}/stream?seq=2&position=3")

    assert "“Il vento soffia da nord.”" in shown
    assert 'id="wrong-question"' in wrong
    assert "event: end" in stream.text
    assert 404 == client.get(f"/studio/chats/{chat.chat_session_id}/stream?seq=9").status_code


def test_a_calendar_shows_the_slots_of_its_month(room: Studio, client: TestClient) -> None:
    """In the project's zone; an invalid month shows the current one."""
    project = room.project()
    room.execute(
        "INSERT INTO studio.episode_schedule_queue (organization_id, project_id, local_date,"
        " local_time, ordinal, timezone, tzdata_version, slot_at, run_at) VALUES"
        " (%s, %s, '2026-12-01', '06:00', 0, 'Europe/Rome', '2026c', %s, %s)",
        room.identity.organization_id,
        project.project_id,
        NOW,
        NOW,
    )
    page = f"/studio/projects/{project.project_id}"

    assert "<b>06:00</b>" in client.get(f"{page}?month=2026-12").text
    assert "November 2026" in client.get(f"{page}?month=nonsense").text
    assert "No slots in these weeks" in client.get(f"{page}?month=2027-06").text


def test_a_source_needs_a_text_or_a_public_address(room: Studio, client: TestClient) -> None:
    """A private one is refused on the page."""
    project_id = f"{room.project().project_id}"
    private = sent(client, "/studio/documents", project_id=project_id, url="http://127.0.0.1/")
    both = sent(client, "/studio/documents", project_id=project_id, url="https://a.example",
                text="x")  # fmt: skip
    added = sent(client, "/studio/documents", project_id=project_id, text="Le barche partono.")

    assert "private network" in private
    assert "either a text or a web address" in both
    assert "The source was added" in added


def test_the_usage_page_has_an_empty_state_until_something_is_used(client: TestClient) -> None:
    """It has no line at zero."""
    shown = client.get("/usage").text

    assert "Nothing to show yet" in shown
    assert "timeseries" not in shown
