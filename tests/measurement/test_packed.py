"""A compressed log has the same lines at the same positions as its content."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.logfile import LINE_LIMIT, LogFile
from wavehouse.measurement.formats import layout_of
from wavehouse.measurement.types import Fault

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}
LENGTHS = st.sampled_from([0, 1, 7, 100, 5_000, LINE_LIMIT - 1, LINE_LIMIT])


def _content(lengths: list[int], *, ended: bool) -> bytes:
    lines = [(f"{n}" * length)[:length].encode() for n, length in enumerate(lengths)]
    return b"\n".join(lines) + (b"\n" if ended else b"")


@settings(max_examples=25, deadline=None)
@given(st.lists(LENGTHS, min_size=1, max_size=40), st.booleans(), st.randoms())
def test_every_line_is_found_at_its_place_however_it_is_packed(
    lengths: list[int], ended: bool, dice: object
) -> None:
    """At any offset in plain, gzip, bzip2, xz and zstd; nothing where no line begins."""
    data = _content(lengths, ended=ended)
    starts = [0, *(n + 1 for n, byte in enumerate(data) if byte == 10)]
    expected = {at: data[at:].split(b"\n", 1)[0] for at in starts}
    inside = [at + 1 for at in starts if at + 1 not in expected and at + 1 < len(data)]
    with tempfile.TemporaryDirectory() as folder:
        for name, pack in PACKED.items():
            path = Path(folder) / name
            path.write_bytes(pack(data))
            found = dict(LogFile(path).lines_at([*starts, *inside]))
            for at, line in expected.items():
                is_last = at == starts[-1]
                assert found[at] == (line if line or not is_last else None), (name, at)
            assert {None} >= {found[at] for at in inside}
            for at in starts[::7]:
                chunks = LogFile(path).chunks(at, 1)
                assert data[at:] == b"".join(chunk.text.encode() for chunk in chunks)


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_a_cut_stream_gives_what_it_has_and_says_so(tmp_path: Path, name: str) -> None:
    """The last line of a truncated stream is known to be cut, and is not read."""
    data = b"".join(f"line {n} {n * 7919 % 10_007}\n".encode() for n in range(50_000))
    packed = PACKED[name](data)
    path = tmp_path / "cut"
    path.write_bytes(packed[: len(packed) // 2])
    log = LogFile(path)
    text = "".join(chunk.text for chunk in log.chunks(0, 1))

    assert log.fault is not None
    assert Fault.GZIP_TRUNCATED == log.fault.fault
    assert data.startswith(text.encode())
    assert text == "" or text.endswith("\n")


def test_streams_one_after_another_are_one_log(tmp_path: Path) -> None:
    """``cat a.xz b.xz`` makes such files."""
    for name, pack in PACKED.items():
        path = tmp_path / name
        path.write_bytes(pack(b"one\n") + pack(b"two\n"))
        assert "one\ntwo\n" == "".join(chunk.text for chunk in LogFile(path).chunks(0, 1))


def test_a_parquet_file_is_read_as_the_json_of_its_rows(tmp_path: Path) -> None:
    """CloudFront's names with underscores; a damaged file is refused with a sentence."""
    path = tmp_path / "log.parquet"
    with duckdb.connect() as database:
        database.execute(
            f"""
            COPY (SELECT '2026-11-18' AS date, '10:00:00' AS time, '192.0.2.1' AS c_ip,
                'GET' AS cs_method, '/one.mp3' AS cs_uri_stem, '200' AS sc_status,
                'Pod%201' AS cs_user_agent, n::VARCHAR AS sc_bytes FROM range(5000) t(n))
            TO '{path}' (FORMAT parquet)
            """
        )
    log = LogFile(path)
    head = log.head().content.decode()

    assert "cloudfront_json" == layout_of(head, "auto", "log.parquet").format
    assert 5000 == sum(chunk.lines for chunk in log.chunks(0, 1))
    damaged = path.read_bytes()[:-50]
    path.write_bytes(damaged)
    with pytest.raises(InvalidInput, match="Parquet"):
        LogFile(path).head()
