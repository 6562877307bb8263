"""Use cases of identity (R03): merged episodes and path rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.catalog.queries import identity as identities
from wavehouse.catalog.types import ListedEpisode, Merge, StoredPathRule
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.reference import (
    PathRules,
    checked_rule,
    meaning_of,
    media_key,
    path_rules,
)
from wavehouse.store import Operational, Tx


def find_episode(tx: Tx[Operational], *, identity: Identity, name: str) -> ListedEpisode:
    """The episode with an id, a guid, or a title. NotFound or Conflict when it is not one."""
    known = identities.listed_episodes(
        tx, organization_id=identity.organization_id, podcast_id=None
    )
    wanted = name.strip()
    for fits in (
        lambda e: str(e.episode_id) == wanted.lower(),
        lambda e: e.guid == wanted,
        lambda e: wanted in e.former_guids,
        lambda e: e.title.casefold() == wanted.casefold(),
    ):
        episodes = [episode for episode in known if fits(episode)]
        if len(episodes) == 1:
            return episodes[0]
        if episodes:
            ids = ", ".join(str(episode.episode_id) for episode in episodes[:5])
            raise Conflict(
                f"{len(episodes)} episodes are called {name!r}", hint=f"Give an id: {ids}."
            )
    raise NotFound(f"no episode has the id, guid or title {name!r}", command=_LIST)


_LIST = "wavehouse episodes list"


def merge_episodes(tx: Tx[Operational], *, identity: Identity, other: str, into: str) -> Merge:
    """Count one episode's requests for another, including stored ones."""
    other_episode = find_episode(tx, identity=identity, name=other)
    kept = find_episode(tx, identity=identity, name=into)
    if other_episode.episode_id == kept.episode_id:
        raise InvalidInput("an episode cannot be merged into itself", hint="Name two episodes.")
    for episode in (other_episode, kept):
        if episode.merged_into is not None:
            raise Conflict(
                f"{episode.title!r} is already merged into another episode",
                command=f"wavehouse episodes split {episode.episode_id}",
            )
    merges = identities.merges(tx, organization_id=identity.organization_id)
    if any(m.into_episode_id == other_episode.episode_id and m.split_at is None for m in merges):
        raise Conflict(
            f"other episodes are merged into {other_episode.title!r}",
            command=f"wavehouse episodes merge {kept.episode_id} {other_episode.episode_id}",
        )
    merge = identities.insert_merge(
        tx,
        identity=identity,
        episode_id=other_episode.episode_id,
        into_episode_id=kept.episode_id,
        at=clock.now(),
    )
    _join(tx, identity, merge)
    return merge


def split_episode(
    tx: Tx[Operational], *, identity: Identity, episode: str, guid: str | None = None
) -> Merge:
    """Split an episode: end a merge, or make a former guid a separate episode again."""
    known = find_episode(tx, identity=identity, name=episode)
    merges = identities.merges(tx, organization_id=identity.organization_id)
    held = [m for m in merges if m.split_at is None and m.episode_id == known.episode_id]
    if held and guid is None:
        _part(tx, identity, held[0])
        return held[0]
    former = guid or (known.former_guids[0] if len(known.former_guids) == 1 else None)
    if former is None:
        raise Conflict(
            f"{known.title!r} is not merged, and has {len(known.former_guids)} former guids",
            hint="Give one of its former guids with --guid." if known.former_guids else None,
            command=_LIST,
        )
    return _restored(tx, identity, known, former)


def _restored(
    tx: Tx[Operational], identity: Identity, episode: ListedEpisode, former: str
) -> Merge:
    at = clock.now()
    episode_id = identities.restore_former(tx, episode_id=episode.episode_id, guid=former, at=at)
    if episode_id is None:
        raise NotFound(f"{episode.title!r} never had the guid {former!r}", command=_LIST)
    merge = identities.insert_merge(
        tx, identity=identity, episode_id=episode_id, into_episode_id=episode.episode_id, at=at
    )
    identities.change_merge(tx, identity=identity, merge_id=merge.merge_id, split_at=at)
    identities.note_media_change(tx, organization_id=identity.organization_id)
    _record(tx, identity, "episode.split", merge)
    return merge


def undo_identity(tx: Tx[Operational], *, identity: Identity) -> tuple[str, Merge]:
    """Undo the last merge or split. NotFound when there was none."""
    merges = identities.merges(tx, organization_id=identity.organization_id)
    if not merges:
        raise NotFound("no episodes have been merged or split", command=_LIST)
    last = merges[0]
    if last.split_at is None:
        _part(tx, identity, last)
        return "split", last
    identities.change_merge(tx, identity=identity, merge_id=last.merge_id, split_at=None)
    _join(tx, identity, last)
    return "merged", last


def _join(tx: Tx[Operational], identity: Identity, merge: Merge) -> None:
    identities.give_files(
        tx, episode_id=merge.episode_id, into_episode_id=merge.into_episode_id, at=clock.now()
    )
    identities.note_media_change(tx, organization_id=identity.organization_id)
    _record(tx, identity, "episode.merged", merge)


def _part(tx: Tx[Operational], identity: Identity, merge: Merge) -> None:
    at = clock.now()
    identities.take_files_back(tx, episode_id=merge.episode_id, at=at)
    identities.change_merge(tx, identity=identity, merge_id=merge.merge_id, split_at=at)
    identities.note_media_change(tx, organization_id=identity.organization_id)
    _record(tx, identity, "episode.split", merge)


def _record(tx: Tx[Operational], identity: Identity, action: str, merge: Merge) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("episode", merge.episode_id),
        organization_id=identity.organization_id,
        metadata={"into": str(merge.into_episode_id)},
    )


def add_path_rule(
    tx: Tx[Operational], *, identity: Identity, rule: str, note: str | None = None
) -> StoredPathRule:
    """Add a path rule; stored requests are checked again."""
    stored = identities.insert_path_rule(
        tx,
        identity=identity,
        rule=checked_rule(rule).text,
        note=words.line(note or "") or None,
        at=clock.now(),
    )
    identities.note_media_change(tx, organization_id=identity.organization_id)
    audit.record(
        tx,
        actor=user_actor(identity),
        action="path_rule.added",
        resource=("path_rule", stored.path_rule_id),
        organization_id=identity.organization_id,
        metadata={"rule": stored.rule},
    )
    return stored


def list_path_rules(tx: Tx[Operational], *, identity: Identity) -> list[StoredPathRule]:
    """The organization's own rules in the order in which they are tried."""
    return identities.path_rules(tx, organization_id=identity.organization_id)


def remove_path_rule(tx: Tx[Operational], *, identity: Identity, rule: str) -> None:
    """Remove a rule by its text or id. NotFound when there is no such rule.

    Requests already counted stay; only new requests are affected.
    """
    if not identities.delete_path_rule(tx, organization_id=identity.organization_id, rule=rule):
        raise NotFound(f"unknown rule {rule!r}", command="wavehouse paths list")
    identities.note_media_change(tx, organization_id=identity.organization_id)
    audit.record(
        tx,
        actor=user_actor(identity),
        action="path_rule.removed",
        resource=("organization", identity.organization_id),
        organization_id=identity.organization_id,
        metadata={"rule": rule},
    )


@dataclass(frozen=True, slots=True)
class FileMeant:
    """The file that an address means, and the rule used; ``title`` is None when there is none."""

    address: str
    means: str
    rule: str | None
    title: str | None

    @property
    def message(self) -> str:
        """One line for people."""
        by = f" by the rule {self.rule}" if self.rule else ""
        if self.title is None:
            return f"{self.address}: no registered file; it is {self.means}{by}"
        return f'{self.address}: "{self.title}", {self.means}{by}'


def files_meant(
    tx: Tx[Operational],
    *,
    identity: Identity,
    addresses: Sequence[str],
    trying: str | None = None,
) -> list[FileMeant]:
    """The files that addresses mean under the organization's rules, plus one trial rule."""
    own = [rule.rule for rule in list_path_rules(tx, identity=identity)]
    rules = path_rules([trying, *own] if trying else own)
    places = identities.places(tx, organization_id=identity.organization_id)
    titles: dict[str, str] = {}
    for file in places:
        address = f"{file.media_host}{file.media_path}"
        titles[address] = file.title
        titles[f"guid:{file.guid}"] = file.title
        if meaning := meaning_of(rules, f"https://{address}"):
            titles.setdefault(meaning[0], file.title)
    return [_meant(address, rules, titles) for address in addresses]


def _meant(address: str, rules: PathRules, titles: Mapping[str, str]) -> FileMeant:
    key = media_key(address)
    for path in (key.path, key.bare.path):
        if title := titles.get(f"{key.host}{path}"):
            return FileMeant(address, f"{key.host}{path}", None, title)
    match = meaning_of(rules, address)
    if match is None:
        return FileMeant(address, f"{key.host}{key.path}", None, None)
    meaning, rule = match
    return FileMeant(address, meaning, rule.text, titles.get(meaning))
