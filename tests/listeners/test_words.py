"""Control characters from listeners and apps: removed from names, refused in ids."""

from __future__ import annotations

import pytest

from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput, UsageError
from wavehouse.kernel.ids import ListenerId, uuid7
from wavehouse.listeners.http import dialect
from wavehouse.listeners.service import client_settings, reading

STEERING = ["\x1b", "\u202e", "\u2066", "\x85", "\x9b", "\u200f", "\ufeff", "\n"]
ME = ListenerId(uuid7())


def _play(**changed: str) -> dict[str, object]:
    told = {"podcast": "https://a.example/feed", "episode": "https://a.example/1.mp3"}
    return {"action": "play", "position": 5, **told, **changed}


@pytest.mark.parametrize("steering", STEERING)
@pytest.mark.parametrize("name", ["podcast", "episode", "device"])
def test_p15_an_action_whose_address_or_device_steers_is_skipped(name: str, steering: str) -> None:
    """A cleaned address would be another row, so it is refused; the reason is reported."""
    upload = dialect.read_upload([_play(**{name: f"https://a.example/{steering}x"}), _play()])

    assert ([0], 1) == ([one.index for one in upload.skipped], len(upload.actions))


@pytest.mark.parametrize("steering", STEERING)
def test_p29_a_guid_is_cleaned_as_the_feed_reader_cleans_it(steering: str) -> None:
    """Otherwise one episode would be stored as two."""
    upload = dialect.read_upload([_play(guid=f"{steering}a{steering}")])

    assert ["a"] == [one.episode.guid for one in upload.actions]


@pytest.mark.parametrize("steering", STEERING)
def test_ac1_an_address_that_steers_is_not_an_address(steering: str) -> None:
    """It is shown to operators and printed in lists."""
    with pytest.raises(InvalidInput, match="invalid e-mail address"):
        normalised_email(f"an{steering}na@a.example")


@pytest.mark.parametrize("steering", STEERING)
def test_settings_of_a_device_that_steers_are_refused(steering: str) -> None:
    """The device's id is part of the key."""
    with pytest.raises(UsageError, match="device"):
        client_settings.of("device", f"a{steering}b", None, None)


@pytest.mark.parametrize("steering", STEERING)
def test_p39_names_and_titles_of_an_archive_are_cleaned(steering: str) -> None:
    """Anyone can write an archive's JSON."""
    told = {
        "version": 1, "subscriptions": [], "actions": [], "removed": [],
        "devices": [{"device_id": "a", "name": f"a{steering}", "kind": "other"}],
        "episodes": [{
            "chapter_id": "c", "podcast_url": None, "episode_url": None, "guid": f"g{steering}",
            "title": f"t{steering}", "link": None, "published_at": None,
        }],
    }  # fmt: skip

    read = reading.read(told, ME)

    (chapter,) = [each.chapter for each in read.chapters]
    assert [("a", "a", "other")] == read.devices
    assert ("g", "t") == (chapter.guid, chapter.described.title)


@pytest.mark.parametrize("steering", STEERING)
def test_p39_an_id_of_an_archive_that_steers_is_refused(steering: str) -> None:
    """Nothing of the archive is stored then."""
    device = {"device_id": f"a{steering}", "name": "a", "kind": "other"}
    told = {"version": 1, "devices": [device]}

    with pytest.raises(InvalidInput, match="archive"):
        reading.read(told, ME)
