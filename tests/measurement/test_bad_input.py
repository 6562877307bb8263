"""Damaged files: cut, wrongly encoded, malicious. Good rows are stored, bad ones reported."""

from __future__ import annotations

import gzip
import os
import tracemalloc
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests import acting

from wavehouse import measurement
from wavehouse.kernel.errors import NotFound
from wavehouse.measurement.adapters.logfile import MOST_LINES, LogFile
from wavehouse.measurement.service import quarantine


def quarantined(desk: Any) -> list[tuple[int, int, str]]:
    """Line, byte and reason of the waiting rows."""
    rows = acting.operational(desk.place, quarantine.listed)
    return sorted((r.line_number, r.byte_offset, r.reason) for r in rows)


def points_at(desk: Any, path: Path) -> list[bytes]:
    """The bytes at the quarantined position, read by seeking in the file's content."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    rows = acting.operational(desk.place, quarantine.listed)
    found = []
    for row in sorted(rows, key=lambda r: r.line_number):
        assert content[: row.byte_offset].count(b"\n") == row.line_number - 1
        found.append(content[row.byte_offset : row.byte_offset + row.byte_length])
    return found


@pytest.mark.parametrize("content", ["", "\n\n", "#Version: 1.0\n", "\ufeff"])
def test_a_file_without_lines_says_so(desk: Any, content: str) -> None:
    """Empty, blank or only headers: no rows and no error."""
    (result,) = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[desk.write(content)],
    )

    assert ("no lines yet", 0, "") == (result.note, result.tally.read, result.error)


def test_a_file_that_is_no_log_is_named_and_the_others_are_read(desk: Any, hit: Any) -> None:
    """The sentence has the file and the next step; the next file is read."""
    story = desk.write("Once upon a time\nthere was a log.\n", "story.txt")
    good = desk.log(hit)
    first, second = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[story, good],
    )

    assert "unknown log format" in first.error
    assert f"{story}:1" in first.error
    assert ("", 1) == (second.error, second.tally.stored)


def test_utf16_and_pipes_are_refused_with_the_way_out(desk: Any, hit: Any) -> None:
    """A format that no server writes, and an input that cannot be read twice."""
    wide = desk.write(hit.combined().encode("utf-16"), "wide.log")
    pipe = desk.folder / "pipe"
    os.mkfifo(pipe)
    first, second = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[wide, pipe],
    )

    assert "iconv -f UTF-16" in first.error
    assert "not a regular file" in second.error
    assert str(pipe) in second.error


def test_bad_lines_go_to_the_quarantine_with_line_and_byte(desk: Any, hit: Any) -> None:
    """Cut, Latin-1, NUL, too long, not a request: each is reported, the others are counted."""
    good = [hit.but(ip=f"198.51.100.{n}").combined().encode() for n in range(5)]
    bad = [
        good[0][:60],
        "203.0.113.9 caf\xe9".encode("latin-1"),
        good[0][:20] + b"\0" + good[0][20:],
        b"x" * 70_000,
        b"\t\x01\x02",
    ]
    lines = [line for pair in zip(good, bad, strict=True) for line in pair]
    path = desk.write(b"\n".join(lines) + b"\n")
    tally = desk.ingest(path)

    assert {"malformed_line": 2, "bad_encoding": 2, "line_too_long": 1} == tally.faults
    assert (10, 5, 5) == (tally.read, tally.stored, tally.quarantined)
    assert bad == points_at(desk, path)
    assert 5 == desk.total()


def test_bad_lines_of_a_gzip_have_the_offsets_of_its_content(desk: Any, hit: Any) -> None:
    """CloudFront's header and the preceding good rows are included."""
    lines = desk.log(hit, hit.but(ip="198.51.100.4"), form="cloudfront").read_text().splitlines()
    lines.insert(3, lines[3][:-9])
    lines.append("\t".join(["x"] * 33))
    path = desk.write("\n".join(lines) + "\n", "log.gz")
    desk.ingest(path)

    assert [lines[3].encode(), lines[5].encode()] == points_at(desk, path)
    assert 2 == desk.total()


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings_are_no_part_of_a_line(desk: Any, hit: Any, form: str, ending: str) -> None:
    """CRLF, a byte order mark and blank lines give the same rows."""
    text = desk.log(hit, hit.but(ip="198.51.100.4"), form=form).read_text()
    tally = desk.ingest(desk.write("\ufeff" + text.replace("\n", ending + ending)))

    assert (2, {}) == (tally.stored, tally.faults)
    assert {"2026-11-18": 2} == desk.downloads()


def test_a_gzip_that_ends_early_keeps_its_rows_and_is_completed_later(desk: Any, hit: Any) -> None:
    """Its end is reported; of the complete file, only the rest is new."""
    text = "".join(hit.but(ip=f"198.51.100.{n}").combined() + "\n" for n in range(200))
    whole = gzip.compress(text.encode(), 1)
    path = desk.folder / "access.log.gz"
    path.write_bytes(whole[: len(whole) // 2])
    first = desk.ingest(path)
    (row,) = acting.operational(desk.place, quarantine.listed)
    assert {"gzip_truncated": 1} == first.faults
    assert 0 < first.stored < 200
    assert row.byte_offset == sum(len(line) + 1 for line in text.splitlines()[: first.stored])

    path.write_bytes(whole)
    second = desk.ingest(path)
    assert 200 == first.stored + second.stored
    assert [] == quarantined(desk)
    assert 200 == desk.total()


def test_a_gzip_with_a_damaged_middle_keeps_what_came_before(desk: Any, hit: Any) -> None:
    """One quarantined row covers the whole rest; a replay finds it still bad."""
    text = "".join(hit.but(ip=f"198.51.100.{n % 250}").combined() + "\n" for n in range(20_000))
    data = bytearray(gzip.compress(text.encode(), 1))
    data[len(data) // 2 : len(data) // 2 + 60] = b"\xff" * 60
    path = desk.folder / "broken.gz"
    path.write_bytes(data)
    tally = desk.ingest(path)

    assert 1 == tally.faults["gzip_corrupt"]
    assert 2_000 < tally.stored < 20_000
    done = quarantine.replay(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )
    assert done.tried == done.still_bad


def test_joined_gzip_members_are_one_file(desk: Any, hit: Any) -> None:
    """As `cat a.gz b.gz` makes them, with or without zero padding."""
    first, second = (hit.but(ip=ip).combined() + "\n" for ip in ("198.51.100.1", "198.51.100.2"))
    path = desk.folder / "joined.gz"
    path.write_bytes(gzip.compress(first.encode()) + gzip.compress(second.encode()) + bytes(512))
    tally = desk.ingest(path)

    assert (2, {}) == (tally.stored, tally.faults)


def test_a_line_of_300_megabytes_streams_by(desk: Any, hit: Any) -> None:
    """It is quarantined with its length, in little memory, also as the first line."""
    packer = zlib.compressobj(1, wbits=31)
    path = desk.folder / "long.log.gz"
    with path.open("wb") as file:
        for _ in range(300):
            file.write(packer.compress(b"z" * 2**20))
        file.write(packer.compress(f"\n{hit.combined()}\n".encode()))
        file.write(packer.flush())
    tracemalloc.start()
    log = LogFile(path)
    assert "GET /one.mp3" in log.sample()
    assert [300 * 2**20] == [r.byte_length for c in log.chunks(0, 1) for r in c.rejects]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 2**20

    tally = desk.ingest(path)
    assert (1, {"line_too_long": 1}) == (tally.stored, tally.faults)
    assert [(1, 0, "line_too_long")] == quarantined(desk)


@pytest.mark.parametrize(
    ("shift", "fault"),
    [
        (timedelta(hours=60), "in_future"),
        (timedelta(days=3_000), "in_future"),
        (timedelta(days=-2_000), "too_old"),
    ],
)
def test_times_out_of_bounds_are_set_aside(
    desk: Any, hit: Any, form: str, shift: timedelta, fault: str
) -> None:
    """More than an hour in the future, or older than raw retention."""
    tally = desk.tell(hit.but(at=hit.at + shift), hit, form=form)

    assert ({fault: 1}, 1) == (tally.faults, tally.stored)


@pytest.mark.parametrize(
    "when",
    ["31/Feb/2026:10:00:00 +0000", "18/Nov/2026:25:00:00 +0000", "yesterday", "18/Nov/-1:1:1:1 +0"],
)
def test_times_that_do_not_exist_are_malformed(desk: Any, hit: Any, when: str) -> None:
    """An invalid time quarantines only its row."""
    line = hit.combined().replace("18/Nov/2026:10:00:00 +0000", when)
    tally = desk.ingest(desk.write(f"{line}\n{hit.combined()}\n"))

    assert ({"malformed_line": 1}, 1) == (tally.faults, tally.stored)


@pytest.mark.parametrize(
    "size", ["-5", "99999999999999999999999", "9223372036854775807", "1e9", "0x10", "١٢"]
)
def test_numbers_that_are_none_are_malformed(desk: Any, hit: Any, size: str) -> None:
    """Negative, larger than any file, with letters: quarantined, never an overflow."""
    line = hit.combined().replace(" 10000000 ", f" {size} ")
    tally = desk.ingest(desk.write(f"{line}\n{hit.combined()}\n"))

    assert ({"malformed_line": 1}, 1) == (tally.faults, tally.stored)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=9223372036854775807-",
        "bytes=9223372036854775806-9223372036854775807",
        "bytes=" + "9" * 5_000 + "-",
        "bytes=0-9,999999999999999999999-",
        "bytes=" + ",".join(["0-1"] * 5_000),
    ],
)
def test_ranges_beyond_any_file_are_ignored(desk: Any, hit: Any, asked: str) -> None:
    """R14: the header is ignored; the sent bytes count."""
    tally = desk.tell(hit.but(status=206, asked=asked), hit.but(status=404, asked=asked))

    assert (2, {}) == (tally.stored, tally.faults)
    assert 1 == desk.total()


def test_content_ranges_beyond_any_file_are_ignored(desk: Any, hit: Any, form: str) -> None:
    """Both formats: no arithmetic beyond 64 bits, no negative positions."""
    parts = [hit.part(0, 2**63 - 1, sent=5), hit.part(-7, 10**17, sent=5)]
    tally = desk.tell(*parts, form=form)

    assert 2 == tally.stored
    assert [(0,)] == desk.rows("SELECT DISTINCT range_start FROM measurement.requests")


def test_quotes_in_user_agents_are_read_in_every_servers_way(desk: Any, hit: Any) -> None:
    r"""Nginx writes ``\x22``, Apache a backslash and the quote: one agent, one listener."""
    nginx = hit.but(agent=r"Odd \x22Player\x22/1")
    apache = hit.but(agent=r"Odd \"Player\"/1")
    tally = desk.tell(nginx, apache)

    assert (2, {}) == (tally.stored, tally.faults)
    assert 1 == desk.total()


def test_the_last_three_fields_may_be_unquoted_or_absent(desk: Any, hit: Any) -> None:
    """As a hand-written log_format has it; without them, bytes count from the start."""
    line = hit.part(0, 1_199_999).combined()
    bare = line.replace('"bytes=0-1199999"', "bytes=0-1199999").replace(
        '"bytes 0-1199999/10000000"', "bytes 0-1199999/10000000"
    )
    bare = bare.replace('"media.example"', "media.example").replace("203.0.113.7", "198.51.100.1")
    plain = hit.but(status=206, size=1_200_000, ip="198.51.100.2").plain()
    tally = desk.ingest(desk.write(f"{line}\n{bare}\n{plain}\n"))

    assert (3, {}) == (tally.stored, tally.faults)
    assert [(0, 1_200_000)] == desk.rows(
        "SELECT DISTINCT range_start, range_end FROM measurement.requests"
    )


def test_a_request_that_is_none_is_filtered_not_lost(desk: Any, hit: Any) -> None:
    """A dash or TLS bytes in the request's place are stored as an unknown path."""
    line = hit.combined()
    dash = line.replace("GET /one.mp3 HTTP/1.1", "-")
    noise = line.replace("GET /one.mp3 HTTP/1.1", r"\x16\x03\x01\x02")
    tally = desk.ingest(desk.write(f"{dash}\n{noise}\n"))

    assert (2, {"unknown_path": 2}) == (tally.stored, tally.filtered)


def test_separators_and_control_characters_break_nothing(desk: Any, hit: Any, form: str) -> None:
    """Tabs, unit separators, vertical tabs and line separators inside values are kept."""
    agent = "Pl\x1fay\x0ber\u2028\x85/1 \x1c"
    tally = desk.tell(hit.but(agent=agent, path="/o\x1fne.mp3"), hit, form=form)

    assert (2, {}) == (tally.stored, tally.faults)
    assert 1 == desk.total()


def test_hosts_and_paths_of_attackers_are_unknown_not_errors(desk: Any, hit: Any) -> None:
    """Brackets, percent signs, absolute addresses, dots: stored as unknown paths."""
    paths = ["/%", "/%zz", "http://[::1/x", "//", "/../../etc/passwd", "/\\x", "*", "/%00"]
    hosts = ["[::1", "a:b:c", "xn--\u00e9", "..", "%"]
    hits = [hit.but(path=p) for p in paths] + [hit.but(host=h, path="/no") for h in hosts]
    tally = desk.tell(*hits)

    assert {"unknown_path": len(hits)} == tally.filtered


def test_repeated_headers_and_a_subset_of_fields_are_read(desk: Any, hit: Any) -> None:
    """Joined CloudFront logs have repeated headers; a short #Fields line is enough."""
    text = desk.log(hit, form="cloudfront").read_text()
    other = desk.log(hit.but(ip="198.51.100.1"), form="cloudfront").read_text()
    desk.ingest(desk.write(text + other))
    assert 2 == desk.total()

    names = "date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) sc-bytes"
    row = f"2026-11-18\t10:00:00\t198.51.100.2\tGET\t/one.mp3\t200\tOvercast/3.0\t{2 * 10**6}"
    tally = desk.ingest(desk.write(f"#Version: 1.0\n#Fields: {names}\n{row}\n"))
    assert (1, {}) == (tally.stored, tally.faults)
    assert 3 == desk.total()


def test_a_header_that_lacks_a_needed_field_is_named(desk: Any) -> None:
    """Nothing can be counted without an address; the sentence names the missing field."""
    path = desk.write("#Fields: date time cs-method\n2026-11-18\t10:00:00\tGET\n")
    (result,) = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[path],
    )

    assert "lacks c-ip, cs-uri-stem" in result.error


def test_a_header_that_changes_in_the_middle_is_refused_at_its_line(desk: Any, hit: Any) -> None:
    """The same number of fields in another order must not be confused."""
    text = desk.log(hit, form="cloudfront").read_text()
    turned = "#Fields: " + " ".join(reversed(text.splitlines()[1].split()[1:]))
    path = desk.write(f"{text}{turned}\n")
    (result,) = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[path],
    )

    assert f"{path}:4" in result.error
    assert "changes in the middle" in result.error


def test_a_gzip_that_is_damaged_from_the_start_is_an_error(desk: Any) -> None:
    """An unreadable file is reported as an error."""
    path = desk.folder / "noise.gz"
    path.write_bytes(b"\x1f\x8b" + b"noise" * 50)
    (result,) = measurement.ingest_logs(
        desk.place.stores.operational,
        desk.place.settings,
        identity=desk.place.identity,
        paths=[path],
    )

    assert "damaged from the beginning" in result.error


def test_no_full_address_is_stored_anywhere(own_desk: Any, hit: Any) -> None:
    """Good, filtered and quarantined rows: every text of every table is searched."""
    desk = own_desk
    addresses = ["203.0.113.77", "198.51.100.88", "2001:db8:aa:bb:cc:dd:ee:ff"]
    lines = [hit.but(ip=ip).combined() for ip in addresses]
    lines += [hit.but(ip=ip, path="/no", agent="").combined() for ip in addresses]
    lines += [f"{ip}{ip} broken {ip}" for ip in addresses]
    lines += [f"word{ip}word" for ip in addresses]
    wide = "\0".join(addresses[0])
    desk.ingest(desk.write("\n".join([*lines, wide]) + "\n"))
    desk.tell(*(hit.but(ip=ip, forwarded=ip) for ip in addresses), form="cloudfront")

    held = ""
    for database in (desk.place.stores.operational, desk.place.stores.analytics):
        with database.worker() as tx:
            tables = tx.connection.execute(
                """
                SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
                WHERE has_table_privilege(relid, 'SELECT')
                """
            ).fetchall()
            for (table,) in tables:
                rows = tx.connection.execute(f"SELECT to_jsonb(t)::text FROM {table} AS t")
                held += "\n".join(text for (text,) in rows)
    assert "x.x.x.x" in held
    assert [] == [ip for ip in addresses if ip in held]
    assert "cc:dd:ee:ff" not in held
    assert "2·0·3" not in held


def test_replay_takes_lines_that_were_mended_in_place(desk: Any, hit: Any) -> None:
    """At the same position and length, while the file's first bytes identify it."""
    bad = hit.combined().replace("[18/Nov", "[98/Nov")
    path = desk.write(f"{hit.but(path='/two.mp3').combined()}\n{bad}\n")
    desk.ingest(path)
    path.write_text(path.read_text().replace("[98/Nov", "[18/Nov"))
    done = quarantine.replay(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )
    desk.count()

    assert (1, 1, 0) == (done.tried, done.stored, done.still_bad)
    assert {"one": 1, "two": 1} == desk.downloads("episode")
    assert [] == quarantined(desk)
    # The file is still known: nothing of it is read twice.
    assert (0, 0) == (
        desk.ingest(path).stored,
        quarantine.replay(
            desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
        ).tried,
    )


def test_replay_does_not_take_another_files_lines(desk: Any, hit: Any) -> None:
    """After a rotation, the line at that position is another one."""
    path = desk.write(f"{hit.combined()}\n{hit.combined()[:50]}\n")
    desk.ingest(path)
    path.write_text(f"{hit.but(ip='198.51.100.1').combined()}\n" * 3)
    done = quarantine.replay(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )

    assert (0, 1) == (done.stored, done.still_bad)
    assert [(1,)] == desk.rows("SELECT count(*) FROM measurement.requests")


def test_replay_of_a_file_that_is_gone_says_so(desk: Any, hit: Any) -> None:
    """One sentence with the file's name; the rows stay."""
    path = desk.write(f"{hit.combined()}\nrubbish\n")
    desk.ingest(path)
    path.unlink()
    done = quarantine.replay(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )

    assert (1, 1) == (done.tried, done.still_bad)
    assert str(path) in done.unreadable[0]
    assert 1 == len(quarantined(desk))


def test_discarding_rows_is_audited(own_desk: Any, hit: Any) -> None:
    """The audit log has the number of discarded rows; they are no longer listed."""
    own_desk.ingest(own_desk.write(f"{hit.combined()}\nrubbish\nmore\n"))
    first, _ = acting.operational(own_desk.place, quarantine.listed)

    assert 1 == acting.operational(own_desk.place, quarantine.discard, ids=[first.quarantine_id])
    with pytest.raises(NotFound):
        acting.operational(own_desk.place, quarantine.discard, ids=[first.quarantine_id])
    assert 1 == acting.operational(own_desk.place, quarantine.discard)
    assert [("quarantine.discarded", 1)] * 2 == own_desk.rows(
        """
        SELECT action, (metadata ->> 'rows')::int FROM audit.audit_log
        WHERE action LIKE 'quarantine%%'
        """
    )


def test_a_file_of_bad_lines_is_cut_into_parts_that_fit_into_memory(tmp_path: Path) -> None:
    """Each bad line keeps its position and an excerpt: 8 MB of the shortest used 440 MB."""
    path = tmp_path / "access.log"
    path.write_bytes(b"\xe2\x80\n" * 400_000 + "�\n".encode())

    chunks = list(LogFile(path).chunks(0, 1))

    assert max(chunk.lines for chunk in chunks) <= MOST_LINES
    rejects = [reject for chunk in chunks for reject in chunk.rejects]
    assert [(n + 1, 3 * n) for n in range(400_000)] == [
        (reject.line_number, reject.byte_offset) for reject in rejects
    ]
    assert (400_001, 1_200_004) == (sum(c.lines for c in chunks), sum(c.bytes for c in chunks))
