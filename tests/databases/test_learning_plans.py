"""The queries that learning runs use their indexes: the functions themselves, under row security.

Rows are inserted in one transaction that is rolled back; only plans are read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from wavehouse.learning.queries import content, events, generations, model, overview, sessions
from wavehouse.store import Tx

LEARNER, ORGANIZATION = UUID(int=7), UUID(int=1)
AT = datetime(2026, 11, 1, tzinfo=UTC)
IDS = ["c10", "c11"]
FILL = f"""
  INSERT INTO learning.learners (learner_id, organization_id, kind, account_id)
  SELECT lpad(to_hex(n), 32, '0')::uuid, '{ORGANIZATION}', 'account', 'a' || n
  FROM generate_series(1, 400) n;
  INSERT INTO learning.content (id, organization_id, title, text_content, audio_url, format,
    template_id, difficulty, difficulty_score, duration, model_parameters, generated_at,
    session_id, series_id, episode_number, language)
  SELECT 'c' || n, '{ORGANIZATION}', 'T', 'x', '/a', 'podcast', 't', 'lexical-heavy',
         (n % 100) / 100.0, 60, '{{}}', '2026-11-01Z', 's', 'series' || n % 20, 1 + n / 20,
         CASE WHEN n % 4 = 0 THEN 'en' ELSE 'it' END
  FROM generate_series(1, 1500) n;
  INSERT INTO learning.sessions (id, organization_id, learner_id, started_at, last_activity_at,
    archived_at)
  SELECT 's' || n, '{ORGANIZATION}', lpad(to_hex(1 + n % 400), 32, '0')::uuid, '2026-01-01Z',
         timestamptz '2026-01-01Z' + n * interval '1 hour',
         CASE WHEN n % 3 = 0 THEN timestamptz '2026-11-01Z' END
  FROM generate_series(1, 4000) n;
  INSERT INTO learning.behavioral_events (id, organization_id, content_id, event_type, timestamp,
    playback_position, session_id, content_characteristics)
  SELECT 'e' || n, '{ORGANIZATION}', 'c' || 1 + n % 1500,
         CASE WHEN n % 9 = 0 THEN 'like' ELSE 'progress' END,
         timestamptz '2026-01-01Z' + n * interval '1 minute', 1, 's' || 1 + n % 4000, '{{}}'
  FROM generate_series(1, 24000) n;
  INSERT INTO learning.session_items (session_id, content_id, organization_id, first_at, last_at,
    seconds, heard, replays, liked, closed, outcome, difficulty)
  SELECT 's' || 1 + n % 4000, 'c' || 1 + n / 8, '{ORGANIZATION}', '2026-01-01Z',
         timestamptz '2026-01-01Z' + n * interval '1 minute', 9, 1, 0, false, n % 200 > 0,
         CASE WHEN n % 200 > 0 THEN 0 END, 0
  FROM generate_series(1, 11000) n;
  INSERT INTO learning.learner_counters (learner_id, bucket, organization_id, outcomes)
  SELECT learner_id, date '2026-01-01' + m * interval '1 month', organization_id,
         array_fill(0, ARRAY[60])
  FROM learning.learners, generate_series(0, 9) m WHERE organization_id = '{ORGANIZATION}';
  INSERT INTO learning.recommendations (organization_id, learner_id, slot, content_id, candidates,
    propensity, reasons, model_version, decided_at)
  SELECT organization_id, learner_id, n, 'c' || 1 + n, '[]', 1, '["r"]', 'm', '2026-11-01Z'
  FROM learning.learners, generate_series(0, 14) n WHERE organization_id = '{ORGANIZATION}';
  INSERT INTO learning.generation_status (generation_id, organization_id, session_id, status,
    started_at, error_message)
  SELECT 'g' || n, '{ORGANIZATION}', 's' || 1 + n % 4000,
         CASE WHEN n % 300 = 0 THEN 'generating' ELSE 'failed' END, '2026-11-01Z', 'e'
  FROM generate_series(1, 3000) n;
"""
CONTENT_BY_ID = ("content_pkey|content_organization_id_id_key",)
HELD = {"session_id": "s10", "content_ids": IDS}
QUERIES: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[str, ...]]] = {
    "the events of pieces in a session": (events.events, HELD, ("behavioral_events_item_idx",)),
    "the pieces of a session": (
        events.touched,
        {"session_id": "s10"},
        ("behavioral_events_item_idx",),
    ),
    "known events": (
        events.stored_ids,
        {"session_id": "s10", "event_ids": ["e9", "e4009"]},
        ("behavioral_events_pkey|behavioral_events_item_idx",),
    ),
    "the results of a session": (events.items, HELD, ("session_items_pkey",)),
    "likes from events": (events.derive_likes, HELD, ("behavioral_events_item_idx",)),
    "the outcomes of a learner": (
        events.outcomes_of,
        {"learner_id": LEARNER},
        ("sessions_learner_id_idx", "session_items_pkey"),
    ),
    "pieces that were left": (
        events.left,
        {"before": AT, "learner_id": None, "limit": 200},
        ("session_items_open_idx",),
    ),
    "pieces that one learner left": (
        events.left,
        {"before": AT, "learner_id": LEARNER, "limit": 200},
        ("session_items_open_idx",),
    ),
    "a session": (sessions.session, {"session_id": "s10"}, ("sessions_pkey", "learners_pkey")),
    "a session's counters": (
        sessions.derive_session,
        {"session_id": "s10"},
        ("session_items_pkey", "sessions_pkey"),
    ),
    "the sessions of a learner": (
        sessions.sessions_of,
        {"learner_id": LEARNER},
        ("sessions_learner_id_idx",),
    ),
    "idle sessions": (
        sessions.idle_sessions,
        {"before": datetime(2026, 1, 3, tzinfo=UTC), "limit": 200},
        ("sessions_last_activity_at_idx",),
    ),
    "the learner of an account": (
        sessions.learner_of,
        {"account_id": "a7"},
        ("learners_organization_id_account_id_key",),
    ),
    "the preferences of a learner": (
        sessions.preferences,
        {"learner_id": LEARNER},
        ("learners_pkey",),
    ),
    "the counters of a learner": (
        model.counters,
        {"learner_id": LEARNER},
        ("learner_counters_pkey",),
    ),
    "the choices of a learner": (
        model.recommendations,
        {"learner_id": LEARNER, "limit": 50},
        ("recommendations_learner_id_slot_model_version_key",),
    ),
    "the next choice's number": (
        model.next_slot,
        {"learner_id": LEARNER},
        ("recommendations_learner_id_slot_model_version_key",),
    ),
    "candidates": (
        content.candidates,
        {"learner_id": LEARNER, "language": "it", "limit": 1000},
        ("content_candidates_idx", "sessions_learner_id_idx", "session_items_pkey"),
    ),
    "the played content": (
        content.played,
        {"content_ids": IDS},
        CONTENT_BY_ID,
    ),
    "content by id": (
        content.contents,
        {"after": "c5", "limit": 50},
        CONTENT_BY_ID,
    ),
    "the titles of a choice": (
        content.named,
        {"content_ids": IDS},
        CONTENT_BY_ID,
    ),
    "who heard a piece": (
        overview.heard,
        {"content_ids": IDS},
        ("session_items_content_id_idx",),
    ),
    "the counters of learners": (
        overview.counters_of,
        {"learner_ids": [LEARNER]},
        ("learner_counters_pkey",),
    ),
    "the generations of a session": (
        generations.generations,
        {"session_id": "s10", "limit": 20},
        ("generation_status_session_id_idx",),
    ),
    "the last generation of a learner": (
        generations.last_of_learner,
        {"learner_id": LEARNER, "language": "it"},
        ("sessions_learner_id_idx", "generation_status_session_id_idx"),
    ),
    "organizations that wait for the studio": (
        generations.organizations_waiting,
        {},
        ("generation_status_unfinished_idx",),
    ),
    "unfinished generations": (
        generations.unfinished,
        {"organization_id": ORGANIZATION, "limit": 20},
        ("generation_status_unfinished_idx",),
    ),
}
"""What runs at every batch, read and choice: the function, its arguments, the indexes it needs.

``a|b`` accepts one of several.
"""


class Planned(Exception):
    """The plan of the statement that a function ran."""

    def __init__(self, plan: str) -> None:
        self.plan = plan


class Explaining(Tx[Any]):
    """A transaction that plans the first statement instead of running it."""

    def _planned(self, statement: Any, params: Any) -> Any:
        cursor = self.connection.execute("EXPLAIN (FORMAT JSON) " + statement, params)
        raise Planned(json.dumps(cursor.fetchone()))

    def rows(self, row: Any, statement: Any, params: Any = None, **names: str) -> Any:
        return self._planned(statement, params)

    def maybe(self, row: Any, statement: Any, params: Any = None) -> Any:
        return self._planned(statement, params)

    def value(self, statement: Any, params: Any = None, **names: str) -> Any:
        return self._planned(statement, params)

    def values(self, statement: Any, params: Any = None) -> Any:
        return self._planned(statement, params)

    def tuples(self, statement: Any, params: Any = None) -> Any:
        return self._planned(statement, params)

    def execute(self, statement: Any, params: Any = None, **names: str) -> Any:
        return self._planned(statement, params)


@pytest.fixture(scope="module")
def filled(seeded: dict[str, str]) -> Any:
    """A connection as the app, to a database with rows that matter."""
    with psycopg.connect(seeded["learning"]) as connection:
        connection.execute(FILL)
        connection.execute("ANALYZE")
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL ROLE wavehouse_learning_app")
        connection.execute(
            "SELECT set_config('wavehouse.organization_id', %s, true)", [str(ORGANIZATION)]
        )
        yield connection
        connection.rollback()


@pytest.mark.parametrize("name", QUERIES)
def test_lrn3_a_query_of_learning_uses_its_index(filled: Any, name: str) -> None:
    """Row security may not hide the index, and a composite one may not be replaced by a scan."""
    function, arguments, wanted = QUERIES[name]

    with pytest.raises(Planned) as planned:
        function(Explaining(filled), **arguments)

    plan = planned.value.plan
    for alternatives in wanted:
        assert any(f'"{index}"' in plan for index in alternatives.split("|")), plan
    assert '"Seq Scan"' not in plan
