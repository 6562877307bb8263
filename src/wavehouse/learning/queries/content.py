"""SQL for content and its derived figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.learning.rules.choosing import Candidate, features_of
from wavehouse.learning.types import Content
from wavehouse.store import Learning, Tx


@dataclass(frozen=True, slots=True)
class Played:
    """The facts about content needed to process events."""

    content_id: str
    duration: int
    difficulty: float
    format: str
    genre: str
    topic: str


def insert_content(
    tx: Tx[Learning], *, organization_id: OrganizationId, row: dict[str, Any]
) -> bool:
    """Store new content; False when its id is in use, here or in another organization."""
    return bool(
        tx.execute(
            """
            INSERT INTO learning.content
              (id, organization_id, title, text_content, audio_url, format, genre, topic,
               template_id, difficulty, difficulty_score, estimated_comprehension_level, duration,
               word_count, model_parameters, generated_at, generated_by, session_id,
               episode_number, series_id, language, lexical_difficulty, discourse_difficulty,
               difficulty_method, metadata)
            VALUES
              (%(content_id)s, %(organization_id)s, %(title)s, %(text)s, %(audio_url)s, %(format)s,
               %(genre)s, %(topic)s, %(template_id)s, %(difficulty_kind)s, %(score)s, %(level)s,
               %(duration)s, %(words)s, %(model_parameters)s, %(at)s, %(generated_by)s,
               %(session_id)s, %(episode_number)s, %(series_id)s, %(language)s, %(lexical)s,
               %(discourse)s, %(method)s, %(metadata)s)
            ON CONFLICT (id) DO NOTHING
            """,
            {**_adapted(row), "organization_id": organization_id},
        )
    )


def update_content(tx: Tx[Learning], *, row: dict[str, Any]) -> bool:
    """Replace content of the organization; False when it has none with this id."""
    return bool(
        tx.execute(
            """
            UPDATE learning.content SET
              title = %(title)s, text_content = %(text)s, audio_url = %(audio_url)s,
              format = %(format)s, genre = %(genre)s, topic = %(topic)s,
              template_id = %(template_id)s, difficulty = %(difficulty_kind)s,
              difficulty_score = %(score)s, estimated_comprehension_level = %(level)s,
              duration = %(duration)s, word_count = %(words)s,
              model_parameters = %(model_parameters)s, generated_by = %(generated_by)s,
              episode_number = %(episode_number)s, series_id = %(series_id)s,
              language = %(language)s, lexical_difficulty = %(lexical)s,
              discourse_difficulty = %(discourse)s, difficulty_method = %(method)s,
              metadata = %(metadata)s
            WHERE id = %(content_id)s
            """,
            _adapted(row),
        )
    )


def _adapted(row: dict[str, Any]) -> dict[str, Any]:
    return {k: Jsonb(v) if isinstance(v, dict) else v for k, v in row.items()}


def played(tx: Tx[Learning], *, content_ids: Sequence[str]) -> dict[str, Played]:
    """Content by id; unknown ids are left out."""
    rows = tx.rows(
        Played,
        """
        SELECT id AS content_id, duration, (difficulty_score * 6 - 3)::float8 AS difficulty,
               format, coalesce(genre, '') AS genre, coalesce(topic, '') AS topic
        FROM learning.content
        WHERE id = ANY (%(ids)s) AND difficulty_score IS NOT NULL
        """,
        {"ids": list(content_ids)},
    )
    return {row.content_id: row for row in rows}


def content(tx: Tx[Learning], *, content_id: str) -> Content | None:
    """One piece of content."""
    return tx.maybe(
        Content,
        """
        SELECT id AS content_id, title, text_content AS text, audio_url, duration, format,
               coalesce(language, 'it') AS language, coalesce(genre, '') AS genre,
               coalesce(topic, '') AS topic, coalesce(series_id, '') AS series_id, episode_number,
               (coalesce(difficulty_score, 0.5) * 6 - 3)::float8 AS difficulty,
               coalesce(difficulty_method, '') AS difficulty_method,
               coalesce(estimated_comprehension_level, '') AS level,
               coalesce(word_count, 0) AS word_count,
               coalesce(engagement_metrics, '{}') AS engagement,
               quality_score::float8 AS quality_score
        FROM learning.content WHERE id = %(content_id)s
        """,
        {"content_id": content_id},
    )


def contents(tx: Tx[Learning], *, after: str, limit: int) -> list[Content]:
    """Content by id, the text left out."""
    return tx.rows(
        Content,
        """
        SELECT id AS content_id, title, '' AS text, audio_url, duration, format,
               coalesce(language, 'it') AS language, coalesce(genre, '') AS genre,
               coalesce(topic, '') AS topic, coalesce(series_id, '') AS series_id, episode_number,
               (coalesce(difficulty_score, 0.5) * 6 - 3)::float8 AS difficulty,
               coalesce(difficulty_method, '') AS difficulty_method,
               coalesce(estimated_comprehension_level, '') AS level,
               coalesce(word_count, 0) AS word_count,
               coalesce(engagement_metrics, '{}') AS engagement,
               quality_score::float8 AS quality_score
        FROM learning.content WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
        """,
        {"after": after, "limit": limit},
    )


def candidates(tx: Tx[Learning], *, learner_id: UUID, language: str, limit: int) -> list[Candidate]:
    """Content in a language that the learner has not heard, next of a series first.

    Returned as tuples because each choice reads a thousand rows.
    """
    features: dict[tuple[str, str, str], tuple[str, ...]] = {}
    rows = tx.tuples(
        """
        WITH heard AS MATERIALIZED (
          SELECT i.content_id FROM learning.session_items i
          JOIN learning.sessions s ON s.id = i.session_id
          WHERE s.learner_id = %(learner_id)s AND i.seconds > 0
        ), begun AS (
          SELECT c.series_id, max(c.episode_number) AS episode
          FROM learning.content c JOIN heard h ON h.content_id = c.id
          WHERE c.series_id <> '' GROUP BY c.series_id
        )
        SELECT c.id, (c.difficulty_score * 6 - 3)::float8, c.format, coalesce(c.genre, ''),
               coalesce(c.topic, ''), coalesce(c.episode_number = b.episode + 1, false) AS is_next
        FROM learning.content c LEFT JOIN begun b ON b.series_id = c.series_id
        WHERE c.language = %(language)s AND c.difficulty_score IS NOT NULL
          AND c.id NOT IN (SELECT content_id FROM heard)
        ORDER BY is_next DESC, c.id LIMIT %(limit)s
        """,
        {"learner_id": learner_id, "language": language, "limit": limit},
    ).fetchall()
    pool = []
    for content_id, difficulty, *about, is_next in rows:
        kind = (about[0], about[1], about[2])
        if kind not in features:
            features[kind] = features_of(*kind)
        pool.append(Candidate(content_id, difficulty, features[kind], is_next))
    return pool


@dataclass(frozen=True, slots=True)
class Named:
    """The part of content shown in a recommendation."""

    content_id: str
    title: str
    audio_url: str


def named(tx: Tx[Learning], *, content_ids: Sequence[str]) -> dict[str, Named]:
    """Titles and audio by content."""
    rows = tx.rows(
        Named,
        """
        SELECT id AS content_id, title, audio_url FROM learning.content WHERE id = ANY (%(ids)s)
        """,
        {"ids": list(content_ids)},
    )
    return {row.content_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a piece."""

    content_id: str
    title: str
    language: str
    text: str


def texts(tx: Tx[Learning], *, content_ids: Sequence[str]) -> list[Text]:
    """The texts of content; unknown ids are left out."""
    return tx.rows(
        Text,
        """
        SELECT id AS content_id, title, coalesce(language, 'it') AS language, text_content AS text
        FROM learning.content WHERE id = ANY (%(ids)s)
        """,
        {"ids": list(content_ids)},
    )


def derive_engagement(tx: Tx[Learning], *, since: datetime) -> int:
    """Compute the figures of content heard since a given time; returns how many pieces."""
    return tx.execute(
        """
        WITH changed AS (
          SELECT DISTINCT content_id FROM learning.session_items WHERE updated_at >= %(since)s
        ), figures AS (
          SELECT c.id, count(i.*) FILTER (WHERE i.seconds > 0) AS plays,
                 count(DISTINCT s.learner_id) FILTER (WHERE i.seconds > 0) AS learners,
                 count(*) FILTER (WHERE i.outcome IN (0, 1, 2)) AS completions,
                 count(i.outcome) AS outcomes,
                 coalesce(sum(i.replays), 0) AS replays,
                 count(*) FILTER (WHERE i.liked) AS likes,
                 coalesce(sum(i.seconds), 0) AS seconds
          FROM learning.content c JOIN changed ON changed.content_id = c.id
          LEFT JOIN learning.session_items i ON i.content_id = c.id
          LEFT JOIN learning.sessions s ON s.id = i.session_id
          GROUP BY c.id
        )
        UPDATE learning.content c SET
          engagement_metrics = jsonb_build_object('plays', plays, 'learners', learners,
            'outcomes', outcomes, 'completions', completions, 'replays', replays, 'likes', likes,
            'listening_seconds', round(seconds)),
          quality_score = CASE WHEN outcomes > 0
            THEN round(((completions + 1.0) / (outcomes + 2.0) + (likes + 1.0) / (outcomes + 3.0))
                       / 2, 2) END
        FROM figures f WHERE f.id = c.id
        """,
        {"since": since},
    )
