"""Files of erasure in the home: half of a key or of a line is never taken for a whole one."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from wavehouse.erasure.adapters import keys, ledger_file
from wavehouse.erasure.adapters.ledger_file import LedgerLine
from wavehouse.erasure.rules.certificates import canonical
from wavehouse.erasure.service import certifying
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, WavehouseError

HASH = b"b" * 32
LINE = LedgerLine(clock.now(), UUID(int=1), "listener", "intent", "0" * 16, None, (("a", HASH),))


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """No file of this process grows beyond a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_of_the_ledger_is_whole_or_an_error(tmp_path: Path) -> None:
    """The system takes the part of a line that has room, and says so by its length only."""
    ledger_file.append(tmp_path, LINE)
    path = ledger_file.ledger_path(tmp_path)
    with _largest_file(path.stat().st_size + 20), pytest.raises(OSError, match="too large"):
        ledger_file.append(tmp_path, LINE)
    later = replace(LINE, purpose="done")
    ledger_file.append(tmp_path, later)

    assert ["intent", "done"] == [line.purpose for line in ledger_file.read(path)]


def test_a_line_with_half_a_hash_is_damaged(tmp_path: Path) -> None:
    """Not an unexpected error of the database in the middle of a replay."""
    ledger_file.append(tmp_path, LINE, LINE, LINE)
    path = ledger_file.ledger_path(tmp_path)
    path.write_bytes(path.read_bytes().replace(HASH.hex().encode(), HASH.hex()[:20].encode(), 1))
    with pytest.raises(InvalidInput, match="damaged"):
        list(ledger_file.read(path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"status"', '{"status": "forged", "status"'),
        ('"signature": {', '"signature": {"by": "the court", '),
        ("Ed25519", "none"),
    ],
)
def test_a_certificate_has_one_value_of_a_name_and_one_kind_of_signature(
    tmp_path: Path, old: str, new: str
) -> None:
    """What the signature does not cover would be read as if it did."""
    key = keys.signing_key(tmp_path)
    value, public = keys.sign(key, canonical({"status": "completed"}))
    signature = {"algorithm": "Ed25519", "key": public, "value": value}
    path = tmp_path / "certificate.json"
    text = json.dumps({"status": "completed", "signature": signature})
    path.write_text(text)
    assert ({"status": "completed"}, True) == certifying.check(path, home=tmp_path)
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidInput, match="not a certificate"):
        certifying.check(path, home=tmp_path)


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "é"])
def test_a_damaged_key_of_certificates_is_a_sentence_with_the_way_out(
    tmp_path: Path, content: str
) -> None:
    """Moved away, the next certificate is signed by a new key."""
    path = tmp_path / "erasure" / "certificate.key"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(WavehouseError, match="is damaged"):
        keys.signing_key(tmp_path)
    path.unlink()
    key = keys.signing_key(tmp_path)

    assert key.private_bytes_raw() == keys.signing_key(tmp_path).private_bytes_raw()
    assert [path] == list(path.parent.iterdir())
