"""Agent memory: two times, append-only, imported without loss (CRE-4)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.studio.conftest import NOW, Studio

from wavehouse import studio
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput
from wavehouse.studio import Imported, Memory, NewMemory, Project

DAY = timedelta(days=1)


def recalled(room: Studio, project: Project, **times: Any) -> list[str | None]:
    """The recalled memories, in order."""
    rows: list[Memory] = room.act(studio.recalled, project_id=project.project_id, **times)
    return [row.content for row in rows]


def remember(room: Studio, project: Project, content: str, **more: Any) -> Memory:
    """Store a memory of a person."""
    memory: Memory = room.act(
        studio.remember, project_id=project.project_id, new=NewMemory(content, **more)
    )
    return memory


def test_cre4_a_correction_supersedes_and_both_times_can_be_asked(room: Studio) -> None:
    """The state then as known now, and as known then."""
    project = room.project()
    old = remember(room, project, "Anna hosts.", valid_from=NOW - 10 * DAY)
    with clock.frozen(NOW + DAY):
        room.act(
            studio.correct,
            memory_id=old.memory_id,
            content="Bea hosts.",
            valid_from=NOW - 2 * DAY,
        )

        assert ["Bea hosts."] == recalled(room, project)
        assert ["Anna hosts."] == recalled(room, project, at=NOW - 5 * DAY)
        assert ["Anna hosts."] == recalled(room, project, at=NOW, known_at=NOW)
        assert [] == recalled(room, project, at=NOW - 20 * DAY)
        assert [] == recalled(room, project, known_at=NOW - DAY)


def test_cre4_a_correction_without_a_time_says_that_the_old_never_held(room: Studio) -> None:
    """It is superseded once; a superseded memory cannot be corrected again."""
    project = room.project()
    old = remember(room, project, "Ten minutes.", valid_from=NOW - 10 * DAY)
    with clock.frozen(NOW + DAY):
        room.act(studio.correct, memory_id=old.memory_id, content="Eight minutes.")

        assert ["Eight minutes."] == recalled(room, project, at=NOW - 5 * DAY)
        assert 2 == len(room.act(studio.memory_history, project_id=project.project_id))
        with pytest.raises(Conflict, match="superseded"):
            room.act(studio.correct, memory_id=old.memory_id, content="Nine minutes.")


def test_cre4_a_memory_that_ended_holds_until_then(room: Studio) -> None:
    """A correction cannot start before the memory."""
    project = room.project()
    memory = remember(room, project, "Advent music.", valid_from=NOW)
    with pytest.raises(InvalidInput, match="starts before"):
        room.act(studio.correct, memory_id=memory.memory_id, content="No.", valid_from=NOW - DAY)
    with clock.frozen(NOW + 5 * DAY):
        room.act(studio.end_memory, memory_id=memory.memory_id, valid_to=NOW + 2 * DAY)

        assert [] == recalled(room, project)
        assert ["Advent music."] == recalled(room, project, at=NOW + DAY)


def test_cre4_forgetting_erases_the_content_everywhere_and_keeps_a_tombstone(room: Studio) -> None:
    """Copies and imported values are erased too; a second import does not restore them."""
    project = room.project()
    imported(room, project, '["Lives in Turin.", "Likes wind."]')
    memory = room.act(studio.recalled, project_id=project.project_id)[0]
    with clock.frozen(NOW + DAY):
        room.act(
            studio.correct,
            memory_id=memory.memory_id,
            content="Lives in Rome.",
            valid_from=NOW + DAY,
        )
    assert 2 == room.act(studio.forget, memory_id=memory.memory_id)
    rows = room.act(studio.memory_history, project_id=project.project_id)
    again = imported(room, project)

    assert {None, "Likes wind.", "Lives in Rome."} == {row.content for row in rows}
    assert 2 == sum(row.forgotten_at is not None for row in rows)
    assert Imported(added=0, changed=0, removed=0, unchanged=2) == again
    assert '[null, "Likes wind."]' == exported(room, project)
    with room.workspace.stores.operational.worker() as tx:
        memories = tx.value("SELECT memories::text FROM studio.projects")
    assert '[null, "Likes wind."]' == memories


def test_cre4_the_database_refuses_to_change_a_memory(room: Studio) -> None:
    """No program can change content, times or confidence."""
    project = room.project()
    remember(room, project, "Ten minutes.")

    for change in ("content = 'x'", "valid_to = now()", "confidence = 0.1", "kind = 'style'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            room.execute(f"UPDATE studio.agent_memory SET {change}")


def imported(room: Studio, project: Project, memories: str | None = None) -> Imported:
    """Import ``projects.memories``."""
    result: Imported = room.act(
        studio.import_memories, project_id=project.project_id, memories=memories
    )
    return result


def exported(room: Studio, project: Project) -> str:
    """The JSON text of the export."""
    text: str = room.act(studio.export_memories, project_id=project.project_id)
    return text


def test_cre4_an_import_that_is_repeated_adds_only_what_changed(room: Studio) -> None:
    """Changed values supersede, removed ones end, a corrected one stays corrected."""
    project = room.project()
    first = imported(room, project, '{"host": "Anna", "length": 10, "old": true}')
    rows = {m.source_id: m for m in room.act(studio.recalled, project_id=project.project_id)}
    with clock.frozen(NOW + DAY):
        host = rows['projects.memories."host"']
        room.act(studio.correct, memory_id=host.memory_id, content="Bea")
        same = imported(room, project)
    with clock.frozen(NOW + 2 * DAY):
        second = imported(room, project, '{"host": "Anna", "length": 8}')

        assert {"Bea", "8"} == set(recalled(room, project))
        assert {"host": "Anna", "length": 8} == json.loads(exported(room, project))
    assert Imported(3, 0, 0, 0) == first
    assert Imported(0, 0, 0, 3) == same
    assert Imported(0, 1, 1, 1) == second


@pytest.mark.parametrize("memories", ['"text"', "12", "{", "", '["\\u0000"]', '["\\ud800"]'])
def test_cre4_memories_that_are_no_array_or_object_are_refused(room: Studio, memories: str) -> None:
    """The error has the fault; existing memories stay."""
    project = room.project()
    with pytest.raises(InvalidInput, match="not a JSON array or object"):
        imported(room, project, memories)

    assert "[]" == exported(room, project)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=20).map(float)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
LISTS = st.lists(VALUES, max_size=5)
OBJECTS = st.dictionaries(TEXTS | st.just("k" * 3000), VALUES, max_size=5)


@pytest.mark.parametrize("number", ["1e400", "0.1000000000000000055511151231257827", "-0.0"])
def test_cre4_numbers_keep_all_their_digits(room: Studio, number: str) -> None:
    """Numbers beyond a float's precision are returned unchanged."""
    project = room.project()
    imported(room, project, f'[{number}, {{"deep": [{number}]}}]')

    with room.workspace.stores.operational.worker() as tx:
        original = tx.value("SELECT memories::text FROM studio.projects")
    assert original == exported(room, project)


def test_cre4_the_export_of_an_import_equals_the_original(room: Studio) -> None:
    """The property holds for any JSON; importing it twice stores it once."""
    projects = [room.project("Objects"), room.project("Arrays")]
    moment = [NOW]

    @settings(max_examples=40)
    @given(LISTS | OBJECTS)
    def check(value: object) -> None:
        project = projects[isinstance(value, list)]
        moment[0] += timedelta(seconds=1)
        with clock.frozen(moment[0]):
            text = json.dumps(value)
            imported(room, project, text)
            again = imported(room, project)
            with room.workspace.stores.operational.worker() as tx:
                original = tx.value(
                    "SELECT memories::text FROM studio.projects WHERE project_id = %s",
                    [project.project_id],
                )

            assert json.loads(original, parse_float=Decimal) == json.loads(
                exported(room, project), parse_float=Decimal
            )
            assert (0, 0, 0) == (again.added, again.changed, again.removed)

    check()
