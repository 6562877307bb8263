"""Use cases of production settings: voices, level, providers, the feed's visibility."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import words
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput
from wavehouse.store import Operational, Tx
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.queries import production as queries
from wavehouse.studio.rules.covers import checked_cover, plain_cover
from wavehouse.studio.rules.id3 import Picture
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.production import (
    Level,
    Production,
    ProductionChange,
    Provider,
    Visibility,
    Voice,
)

WRITER, VOICE = "studio-writer", "studio-voice"
"""Names of the offline models, which are metered when registered, and free otherwise."""
_PACE = {Level.BEGINNER: 140, Level.INTERMEDIATE: 160, Level.ADVANCED: 180}
_MOST_VOICES = 8
_TOKEN_BYTES = 24


def production_of(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> Production:
    """The production settings of a project, or the defaults. NotFound without the project."""
    show_project(tx, identity=identity, project_id=project_id)
    stored = queries.production(tx, organization_id=identity.organization_id, project_id=project_id)
    return stored or Production(
        project_id=project_id,
        level=Level.INTERMEDIATE,
        voices=[],
        review=False,
        text_provider=Provider.LOCAL,
        text_model=WRITER,
        speech_provider=Provider.LOCAL,
        speech_model=VOICE,
        visibility=Visibility.PUBLIC,
        feed_token_hash=None,
        author="",
        owner_email="",
        explicit=False,
    )


def change_production(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, change: ProductionChange
) -> Production:
    """Change the given settings of a project. InvalidInput names the invalid field."""
    accounts.require(identity.role, Access.WRITE)
    old = production_of(tx, identity=identity, project_id=project_id)
    given = {
        name: value
        for name, value in ((field, getattr(change, field)) for field in change.__slots__)
        if value is not None
    }
    if "voices" in given:
        given["voices"] = [asdict(voice) for voice in _checked_voices(given["voices"])]
    for name in ("text_model", "speech_model"):
        if name in given and not words.line(given[name]):
            raise InvalidInput("the model's name is empty", where=name)
    if "author" in given:
        given["author"] = words.line(given["author"])[:255]
    if given.get("owner_email"):
        given["owner_email"] = normalised_email(given["owner_email"])
    new = replace(old, **given)
    return _stored(tx, identity, new, "production.changed")


def set_visibility(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, visibility: Visibility
) -> str | None:
    """Make a feed public, or private under a new token; returns the token, which is not stored.

    Calling it again for a private feed replaces the token: the old address ends.
    """
    accounts.require(identity.role, Access.WRITE)
    old = production_of(tx, identity=identity, project_id=project_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES) if visibility is Visibility.PRIVATE else None
    new = replace(old, visibility=visibility, feed_token_hash=token_hash(token) if token else None)
    _stored(tx, identity, new, f"feed.made_{visibility}")
    return token


def set_cover(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    content: bytes | None,
    store: FolderStore,
) -> Production:
    """Set the cover of a project; None returns to the generated one.

    Episodes get it when they are generated or generated again. InvalidInput for an unusable file.
    """
    accounts.require(identity.role, Access.WRITE)
    old = production_of(tx, identity=identity, project_id=project_id)
    ref, media_type = None, None
    if content is not None:
        media_type = checked_cover(content).media_type
        ref = store.put(content)
    new = replace(old, cover_ref=ref, cover_type=media_type)
    return _stored(tx, identity, new, "production.cover_changed")


def cover_of(production: Production, *, title: str, store: FolderStore) -> Picture:
    """The cover of a project, by default a generated one. NotFound when its file is missing."""
    if production.cover_ref is None or production.cover_type is None:
        return plain_cover(title)
    return Picture(production.cover_type, store.get(production.cover_ref))


def token_hash(token: str) -> bytes:
    """The stored form of a feed's token: it has 192 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def voices_of(production: Production) -> tuple[Voice, ...]:
    """The voices of the speakers; two by default, at the level's pace."""
    if production.voices:
        return tuple(Voice(**voice) for voice in production.voices)
    pace = _PACE[Level(production.level)]
    return (
        Voice("Giulia", variant="f2", speed=pace, pitch=55),
        Voice("Marco", variant="m3", speed=pace, pitch=45),
    )


def voice_of(text: str) -> Voice:
    """A voice as it is typed: ``NAME[:VARIANT[:SPEED[:PITCH]]]``. InvalidInput otherwise."""
    name, *rest = (part.strip() for part in text.split(":"))
    variant, speed, pitch = [*rest, "", "", ""][:3]
    if len(rest) > 3 or not all(part.isdecimal() for part in (speed, pitch) if part):
        raise InvalidInput(
            f"invalid voice {words.line(text)[:60]!r}",
            where="voices",
            hint="Write name:variant:words per minute:pitch, such as Giulia:f2:150:55.",
        )
    voice = Voice(name, variant=variant)
    return replace(voice, speed=int(speed or voice.speed), pitch=int(pitch or voice.pitch))


def _checked_voices(voices: Sequence[Voice]) -> Sequence[Voice]:
    names = [words.line(voice.speaker) for voice in voices]
    if not 0 < len(voices) <= _MOST_VOICES or len({n.casefold() for n in names}) != len(names):
        raise InvalidInput(
            f"there must be 1 to {_MOST_VOICES} speakers with different names", where="voices"
        )
    for name, voice in zip(names, voices, strict=True):
        if not 0 < len(name) <= 60 or set(":*\n") & set(name):
            raise InvalidInput("invalid speaker name", where="voices")
        if not 60 <= voice.speed <= 400 or not 0 <= voice.pitch <= 100:
            raise InvalidInput(
                "a speed must be 60 to 400 words a minute, and a pitch 0 to 100", where="voices"
            )
        if not all(part.replace("-", "").isalnum() for part in (voice.name, voice.variant) if part):
            raise InvalidInput("invalid voice name", where="voices")
    return [replace(voice, speaker=name) for name, voice in zip(names, voices, strict=True)]


def _stored(
    tx: Tx[Operational], identity: Identity, production: Production, action: str
) -> Production:
    queries.put_production(tx, organization_id=identity.organization_id, production=production)
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("project", production.project_id),
        organization_id=identity.organization_id,
    )
    return production
