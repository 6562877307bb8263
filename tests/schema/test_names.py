"""File names and folders of migrations."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.schema.rules.names import pairs
from wavehouse.schema.service.ladder import read_ladder


def test_versions_are_ordered_as_numbers_and_paired_with_their_down_files() -> None:
    """Ten comes after nine, whatever the number of digits; other files are ignored."""
    found = pairs(["10_b.up.sql", "9_a.up.sql", "9_b.down.sql", "9_a.check.sql", "README.md"])
    assert [("9", "9_b.down.sql"), ("10", None)] == [(pair.version, pair.down) for pair in found]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["1_a.up.sql", "1_b.up.sql"], "has the same version"),
        (["1_a.up.sql", "01_a.up.sql"], "has the same version"),
        (["1_a.down.sql"], "has no up file"),
        (["1_a.up.sql", "1_a.down.sql", "1_b.down.sql"], "has the same version"),
        (["create_users.sql"], "not a migration file name"),
        (["1_a.up.go"], "not a migration file name"),
        (["\u0661_a.up.sql"], "not a migration file name"),
    ],
)
def test_names_that_cannot_be_a_ladder_are_refused(names: list[str], reason: str) -> None:
    """Refusing a folder is better than ignoring a migration."""
    with pytest.raises(InvalidInput, match=reason):
        pairs(names)


def test_the_checksum_does_not_depend_on_line_ends_or_a_byte_order_mark(tmp_path: Path) -> None:
    """A checkout on another system is the same migration; any other changed byte is not."""
    for number, raw in enumerate([b"a\nb", b"a\r\nb", b"\xef\xbb\xbfa\nb", b"a\n b"], 1):
        (tmp_path / f"{number}_x.up.sql").write_bytes(raw)
    sums = [migration.up.checksum for migration in read_ladder(tmp_path)]
    assert (1, 2) == (len(set(sums[:3])), len(set(sums)))


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    """With line and byte, and a command that repairs it."""
    (tmp_path / "1_x.up.sql").write_bytes(b"SELECT 1;\n-- caf\xe9\n")
    with pytest.raises(InvalidInput, match="byte 16") as caught:
        read_ladder(tmp_path)
    assert "1_x.up.sql:2" == caught.value.where


def test_a_file_with_a_nul_character_is_refused(tmp_path: Path) -> None:
    """PostgreSQL would cut the statement there."""
    (tmp_path / "1_x.up.sql").write_bytes(b"SELECT 1;\n\nSELECT '\0';\n")
    with pytest.raises(InvalidInput, match="NUL") as caught:
        read_ladder(tmp_path)
    assert "1_x.up.sql:3" == caught.value.where


def test_a_folder_that_does_not_exist_is_said_so(tmp_path: Path) -> None:
    """A misspelt folder must not look empty."""
    with pytest.raises(NotFound):
        read_ladder(tmp_path / "nowhere")
    assert () == read_ladder(tmp_path)
