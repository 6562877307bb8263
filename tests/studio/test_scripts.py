"""Scripts keep every revision, with its author (CRE-7)."""

from __future__ import annotations

import pytest
from tests.studio.conftest import Studio

from wavehouse import studio
from wavehouse.kernel.errors import Conflict, InvalidInput
from wavehouse.studio import Author


def test_cre7_a_changed_block_gets_a_revision_and_an_equal_one_does_not(room: Studio) -> None:
    """Each revision has its author; the old text stays."""
    episode = room.episode(room.project())
    room.write(episode, "Ciao.", "Vento.", author=Author.GENERATION)
    script = room.write(episode, "Ciao.", "Vento forte.")
    revisions = room.act(studio.revisions, episode_id=episode.episode_id)

    assert [("Ciao.", 1, None), ("Vento forte.", 2, room.identity.user_id)] == [
        (b.body, b.revision, b.written_by) for b in script
    ]
    assert {("Ciao.", 1), ("Vento.", 1), ("Vento forte.", 2)} == {
        (r.body, r.revision) for r in revisions
    }


def test_cre7_a_removed_block_keeps_its_revisions_and_comes_back_as_the_same(room: Studio) -> None:
    """References to the block stay valid."""
    episode = room.episode(room.project())
    before = room.write(episode, "Ciao.", "Vento.")
    shorter = room.write(episode, "Ciao.")
    after = room.write(episode, "Ciao.", "Vento.")

    assert ["Ciao."] == [b.body for b in shorter]
    assert [b.block_id for b in before] == [b.block_id for b in after]
    assert [1, 3] == [b.revision for b in after]


def test_a_script_with_an_empty_block_or_of_an_archived_episode_is_refused(room: Studio) -> None:
    """Nothing is stored."""
    episode = room.episode(room.project())
    with pytest.raises(InvalidInput, match="the block is empty"):
        room.write(episode, "Ciao.", " ")
    with pytest.raises(InvalidInput, match="at most 500 blocks"):
        room.write(episode, *["Ciao."] * 501)
    room.act(studio.archive_episode, episode_id=episode.episode_id)
    with pytest.raises(Conflict, match="archived"):
        room.write(episode, "Ciao.")

    assert [] == room.act(studio.script, episode_id=episode.episode_id)
