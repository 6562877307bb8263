from decimal import Decimal
from uuid import UUID

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import EpisodeId
from wavehouse.sponsorship.rules import episodes
from wavehouse.sponsorship.types import EpisodeName

KNOWN = [
    EpisodeName(EpisodeId(UUID(int=1)), "g-1", "Dialects that refuse", Decimal(83)),
    EpisodeName(EpisodeId(UUID(int=2)), "84", "The subtitle hunters", Decimal(84)),
    EpisodeName(EpisodeId(UUID(int=3)), "g-3", "Trailer", None),
    EpisodeName(EpisodeId(UUID(int=4)), "g-4", "Trailer", None),
    EpisodeName(EpisodeId(UUID(int=5)), "g-5", "1984", Decimal(85)),
]


@pytest.mark.parametrize(
    ("expected", "wanted"),
    [
        (1, "g-1"),
        (1, "83"),
        (1, "#83"),
        (1, " dialects THAT refuse "),
        (1, str(UUID(int=1))),
        (2, "84"),
        (5, "1984"),
        (5, "85.0"),
    ],
)
def test_an_episode_is_found_by_guid_number_or_title(expected: int, wanted: str) -> None:
    """A guid that looks like a number is matched as a guid first."""
    assert UUID(int=expected) == episodes.find_episode(wanted, KNOWN)


def test_an_unknown_episode_has_the_nearest_title_and_a_shared_one_its_guids() -> None:
    """The message has the text to type."""
    with pytest.raises(InvalidInput) as unknown:
        episodes.find_episode("The subtitle hunter", KNOWN)
    with pytest.raises(InvalidInput) as shared:
        episodes.find_episode("trailer", KNOWN)
    assert "Did you mean 'The subtitle hunters'?" == unknown.value.hint
    assert ("2 episodes of the show are called 'trailer'", "Name the guid: 'g-3', 'g-4'.") == (
        shared.value.message,
        shared.value.hint,
    )
