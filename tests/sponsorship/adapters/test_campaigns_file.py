import json
from pathlib import Path

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.adapters.campaigns_file import read_campaigns


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{"version": 2, "campaigns": []}', "version 2, expected 1"),
        ('{"version":', "truncated"),
        ('{"version": 1, "campaigns": [{"key": 7}]}', r"at `\$.campaigns\[0\].key`"),
        ('{"version": 1, "campaigns": [{"key": "a"}]}', "missing required field `sponsor`"),
    ],
)
def test_a_file_that_is_no_list_of_campaigns_is_refused(
    tmp_path: Path, content: str, sentence: str
) -> None:
    """Empty, cut, of another version or shape: the fault, its position, and the right form."""
    path = tmp_path / "campaigns.json"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=sentence) as refused:
        read_campaigns(path)
    assert str(path) == refused.value.where
    assert '{"version": 1' in str(refused.value.hint)


def test_amounts_are_read_as_decimals_whether_text_or_number(tmp_path: Path) -> None:
    """Amounts never pass through binary fractions."""
    path = tmp_path / "campaigns.json"
    entry = {
        "key": "a",
        "sponsor": {"name": "Nordlys"},
        "podcast_guid": "g",
        "name": "n",
        "status": "active",
        "start_date": "2026-10-21",
        "end_date": "2026-11-19",
        "currency": "EUR",
    }
    lines = [{**entry, "campaign_value": "0.10"}, {**entry, "campaign_value": 0.1}]
    path.write_text(json.dumps({"version": 1, "campaigns": lines}))
    assert ["0.10", "0.1"] == [str(campaign.campaign_value) for campaign in read_campaigns(path)]


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """A wrong path gives no traceback."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_campaigns(tmp_path / "none.json")
