"""An episode from plan to feed: steps that are kept, notes that count, failures with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.studio.conftest import Studio
from tests.studio.making import Maker

from wavehouse import studio


@pytest.fixture
def maker(room: Studio, tmp_path: Path) -> Maker:
    return Maker(room, tmp_path / "studio")


def test_an_episode_is_written_spoken_published_and_in_the_catalogue(maker: Maker) -> None:
    """Every step is completed once, and the slot is done."""
    project = maker.project()

    outcome = maker.make(project)
    print(outcome)

    assert ("done", "published") == (outcome.status, outcome.message)
    assert outcome.episode_id is not None
    episode = maker.room.act(studio.show_episode, episode_id=outcome.episode_id)
    assert ("published", 1) == (episode.status, episode.generation_attempts)
    assert episode.catalog_episode_id is not None
    assert {"completed"} == {row.status for row in maker.steps(outcome.episode_id).values()}
