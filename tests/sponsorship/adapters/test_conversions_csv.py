from pathlib import Path

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.adapters import conversions_csv
from wavehouse.sponsorship.rules.rows import COLUMNS
from wavehouse.sponsorship.types import BadRow, RawRow

HEADER = b"occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
ROW = b"2026-11-01T10:00:00Z,NORD15,purchase,49.90,EUR,A-1\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "conversions.csv"
    path.write_bytes(content)
    return path


def read(folder: Path, content: bytes) -> list[RawRow | BadRow]:
    return list(conversions_csv.read_rows(written(folder, content), COLUMNS))


def test_rows_come_with_their_line_and_offset(tmp_path: Path) -> None:
    """The quarantine needs the position to read the row again."""
    rows = read(tmp_path, HEADER + ROW + ROW)
    assert [(2, len(HEADER)), (3, len(HEADER) + len(ROW))] == [(r.line, r.offset) for r in rows]


def test_columns_may_come_in_any_order_with_semicolons_and_a_byte_order_mark(
    tmp_path: Path,
) -> None:
    """Files from spreadsheets are accepted; further columns are ignored."""
    header = b"\xef\xbb\xbfpromo_code;note;occurred_at;conversion_type;conversion_value;currency;"
    header += b"order_id\r\n"
    rows = read(tmp_path, header + b"NORD15;x;2026-11-01T10:00:00Z;purchase;49.90;EUR;A-1\r\n")
    assert isinstance(rows[0], RawRow)
    assert ("NORD15", "A-1", 6) == (
        rows[0].cells["promo_code"],
        rows[0].cells["order_id"],
        len(rows[0].cells),
    )


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"2026-11-01T10:00:00Z,NORD15,purch\n", "has 3 columns, the header 6"),
        (b"2026-11-01T10:00:00Z,NORD\xff15,purchase,49.90,EUR,A-1\n", "not UTF-8 (byte 26)"),
        (b'2026-11-01T10:00:00Z,"NORD15,purchase,49.90,EUR,A-1\n', "quote is not closed"),
        (b"2026-11-01T10:00:00Z,NORD\x0015,purchase,49.90,EUR,A-1\n", "NUL"),
        (b"x" * 200_000 + b"\n", "longer than 65536 bytes"),
    ],
)
def test_a_bad_line_is_told_with_its_place_and_the_next_is_read(
    tmp_path: Path, bad: bytes, reason: str
) -> None:
    """Good rows before and after a bad one are stored."""
    first, second, third = read(tmp_path, HEADER + ROW + bad + ROW)
    assert isinstance(second, BadRow)
    assert (3, len(HEADER) + len(ROW)) == (second.line, second.offset)
    assert reason in second.reason
    assert isinstance(first, RawRow)
    assert isinstance(third, RawRow)
    assert (4, len(HEADER) + len(ROW) + len(bad)) == (third.line, third.offset)


def test_a_last_line_without_its_end_is_read(tmp_path: Path) -> None:
    """Many programs omit the last line break."""
    assert 1 == len(read(tmp_path, HEADER + ROW.rstrip(b"\n")))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no header"),
        (b"\xff\xfeo\x00\n", "not UTF-8"),
        (b"occurred_at,promo_code\n", "is missing the column conversion_type"),
    ],
)
def test_a_file_without_a_usable_header_is_refused_with_its_place(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    """Without a header no column is known, so no row is guessed."""
    with pytest.raises(InvalidInput, match=sentence) as refused:
        read(tmp_path, content)
    assert str(refused.value.where).endswith("conversions.csv:1")
    assert ",".join(COLUMNS) in str(refused.value.hint)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """A wrong path gives no traceback."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(conversions_csv.read_rows(tmp_path / "none.csv", COLUMNS))
