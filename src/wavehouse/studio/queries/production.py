"""SQL of a project's production settings and publications."""

from __future__ import annotations

from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.generation import Publication
from wavehouse.studio.types.production import Production


def production(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID
) -> Production | None:
    """The stored production settings of a project."""
    return tx.maybe(
        Production,
        """
        SELECT project_id, level, voices, review, text_provider, text_model, speech_provider,
               speech_model, visibility, feed_token_hash, author,
               owner_email, explicit, for_learners, cover_ref, cover_type
        FROM studio.productions
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def put_production(
    tx: Tx[Operational], *, organization_id: OrganizationId, production: Production
) -> None:
    """Store the production settings of a project."""
    tx.execute(
        """
        INSERT INTO studio.productions (project_id, organization_id, level, voices, review,
          text_provider, text_model, speech_provider, speech_model, visibility, feed_token_hash,
          author, owner_email, explicit, for_learners, cover_ref, cover_type)
        VALUES (%(project_id)s, %(organization_id)s, %(level)s, %(voices)s, %(review)s,
          %(text_provider)s, %(text_model)s, %(speech_provider)s, %(speech_model)s, %(visibility)s,
          %(feed_token_hash)s, %(author)s, %(owner_email)s, %(explicit)s, %(for_learners)s,
          %(cover_ref)s, %(cover_type)s)
        ON CONFLICT (project_id) DO UPDATE SET level = %(level)s, voices = %(voices)s,
          review = %(review)s, text_provider = %(text_provider)s, text_model = %(text_model)s,
          speech_provider = %(speech_provider)s, speech_model = %(speech_model)s,
          visibility = %(visibility)s, feed_token_hash = %(feed_token_hash)s,
          author = %(author)s, owner_email = %(owner_email)s, explicit = %(explicit)s,
          for_learners = %(for_learners)s, cover_ref = %(cover_ref)s,
          cover_type = %(cover_type)s
        WHERE studio.productions.organization_id = %(organization_id)s
        """,
        {
            "project_id": production.project_id,
            "organization_id": organization_id,
            "level": production.level,
            "voices": Jsonb(production.voices),
            "review": production.review,
            "text_provider": production.text_provider,
            "text_model": production.text_model,
            "speech_provider": production.speech_provider,
            "speech_model": production.speech_model,
            "visibility": production.visibility,
            "feed_token_hash": production.feed_token_hash,
            "author": production.author,
            "owner_email": production.owner_email,
            "explicit": production.explicit,
            "for_learners": production.for_learners,
            "cover_ref": production.cover_ref,
            "cover_type": production.cover_type,
        },
    )


def publications(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID
) -> list[Publication]:
    """The latest 500 published episodes of a project, newest first."""
    return tx.rows(
        Publication,
        """
        SELECT p.episode_id, p.project_id, p.generation_id, p.season, p.number, p.title,
               p.description, p.language, p.speakers, p.audio_ref, p.audio_bytes, p.duration_ms,
               p.timeline_ref, p.published_at
        FROM studio.publications p JOIN studio.episodes e USING (episode_id, organization_id)
        WHERE p.organization_id = %(organization_id)s AND p.project_id = %(project_id)s
          AND e.status <> 'archived'
        ORDER BY p.published_at DESC, p.episode_id LIMIT 500
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def publication(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> Publication | None:
    """A published episode."""
    return tx.maybe(
        Publication,
        """
        SELECT episode_id, project_id, generation_id, season, number, title, description, language,
               speakers, audio_ref, audio_bytes, duration_ms, timeline_ref, published_at
        FROM studio.publications
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def put_publication(
    tx: Tx[Operational], *, organization_id: OrganizationId, publication: Publication
) -> None:
    """Publish an episode, or update its publication; time and number are kept."""
    tx.execute(
        """
        INSERT INTO studio.publications (episode_id, organization_id, project_id, generation_id,
          season, number, title, description, language, speakers, audio_ref, audio_bytes,
          duration_ms, timeline_ref, published_at)
        VALUES (%(episode_id)s, %(organization_id)s, %(project_id)s, %(generation_id)s, %(season)s,
          %(number)s, %(title)s, %(description)s, %(language)s, %(speakers)s, %(audio_ref)s,
          %(audio_bytes)s, %(duration_ms)s, %(timeline_ref)s, %(published_at)s)
        ON CONFLICT (episode_id) DO UPDATE SET generation_id = %(generation_id)s,
          title = %(title)s, description = %(description)s, language = %(language)s,
          speakers = %(speakers)s, audio_ref = %(audio_ref)s, audio_bytes = %(audio_bytes)s,
          duration_ms = %(duration_ms)s, timeline_ref = %(timeline_ref)s
        WHERE studio.publications.organization_id = %(organization_id)s
        """,
        {
            "episode_id": publication.episode_id,
            "organization_id": organization_id,
            "project_id": publication.project_id,
            "generation_id": publication.generation_id,
            "season": publication.season,
            "number": publication.number,
            "title": publication.title,
            "description": publication.description,
            "language": publication.language,
            "speakers": publication.speakers,
            "audio_ref": publication.audio_ref,
            "audio_bytes": publication.audio_bytes,
            "duration_ms": publication.duration_ms,
            "timeline_ref": publication.timeline_ref,
            "published_at": publication.published_at,
        },
    )


def set_published(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    publication: Publication,
) -> None:
    """Mark an episode as published, under its title."""
    tx.execute(
        """
        UPDATE studio.episodes SET status = 'published', title = %(title)s,
          published_at = coalesce(published_at, %(published_at)s)
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {
            "organization_id": organization_id,
            "episode_id": publication.episode_id,
            "title": publication.title,
            "published_at": publication.published_at,
        },
    )


def set_catalog_episode(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: UUID,
    catalog_episode_id: UUID | None,
) -> None:
    """Store the catalog's id of an episode."""
    tx.execute(
        """
        UPDATE studio.episodes SET catalog_episode_id = %(catalog_episode_id)s
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {
            "organization_id": organization_id,
            "episode_id": episode_id,
            "catalog_episode_id": catalog_episode_id,
        },
    )


def organization_of_project(tx: Tx[Operational], *, project_id: UUID) -> UUID | None:
    """The organization of a project: the feed's address names only the project."""
    organization_id: UUID | None = tx.value(
        """
        SELECT organization_id FROM studio.projects
        WHERE project_id = %(project_id)s AND status <> 'archived'
        """,
        {"project_id": project_id},
    )
    return organization_id


def next_number(tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID) -> int:
    """The number of a project's next episode in its feed; the project stays locked."""
    tx.execute(
        """
        SELECT FROM studio.projects
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        FOR NO KEY UPDATE
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )
    return int(
        tx.value(
            """
            SELECT coalesce(max(number), 0) + 1 FROM studio.publications
            WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
              AND season = 1
            """,
            {"organization_id": organization_id, "project_id": project_id},
        )
    )
