"""Lines as real servers write them: read correctly or refused, never with shifted values."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavehouse.kernel.errors import UsageError
from wavehouse.measurement.formats import FIELDS, format_of, formats, layout_of
from wavehouse.measurement.formats.combined import canonical

IPHONE = "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"
TAIL = f'[18/Nov/2026:10:00:00 +0000] "GET /one.mp3 HTTP/1.1" 200 5000 "-" "{IPHONE}"'
PLAIN = f"192.0.2.1 - - {TAIL}"
EXTENDED = f'{PLAIN} "-" "-" "media.example"'


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (f"[2001:db8:5::1] - - {TAIL}", "[2001:db8:5::1]"),
        (f"192.0.2.8 - joe[1] {TAIL}", "192.0.2.8"),
        (f"192.0.2.8 - joe [x] smith {TAIL}", "192.0.2.8"),
    ],
)
def test_brackets_are_not_the_times(reader: Any, line: str, address: str) -> None:
    """Around an IPv6 address or in a user name, in the plain and in the extended form."""
    for text in (line, f'{line} "-" "-" "media.example"'):
        (row,) = reader.rows(f"{text}\n")
        assert (address, 200) == (row["ip"], row["status"])


@pytest.mark.parametrize(
    ("line", "format_", "host"),
    [
        (f"media.example:443 {PLAIN}", "vhost_combined", "media.example"),
        (f"media.example {PLAIN}", "vhost_combined", "media.example"),
        (f"media.example:80 [2001:db8::1] - - {TAIL}", "vhost_combined", "media.example"),
        (f'{PLAIN} "-"', "combined_more", ""),
        (f'{PLAIN} "203.0.113.9, 10.0.0.1"', "combined_more", ""),
        (f"{PLAIN} 0.532", "combined_more", ""),
        (f'{PLAIN} 0.532 "-" [cache HIT] 12', "combined_more", ""),
        (f'{PLAIN} 42 "web@docker" "http://10.0.0.2:80" 532ms', "combined_more", ""),
    ],
)
def test_dialects_of_the_combined_format_are_detected(
    reader: Any, line: str, format_: str, host: str
) -> None:
    """Apache's vhost_combined, nginx's main, times, Traefik; each with correct values."""
    assert format_ == layout_of(line, "auto", "a.log").format
    (row,) = reader.rows(f"{line}\n")

    assert (host, "/one.mp3", 200, 5000, IPHONE) == (
        row["host"], row["uri"], row["status"], row["bytes"], row["agent"],
    )  # fmt: skip


def test_an_absolute_target_names_the_host(reader: Any) -> None:
    """RFC 9112, 3.2.2: it takes precedence over the Host header; the query may name the file."""
    (row,) = reader.rows(EXTENDED.replace("/one.mp3", "http://CDN.example:80/one.mp3?x=/y") + "\n")

    assert ("cdn.example:80", "/one.mp3?x=/y") == (row["host"], row["uri"])


@pytest.mark.parametrize(
    "line",
    [
        EXTENDED.replace('"-" "Apple', '"https://x.example/?q="a"" "Apple'),
        EXTENDED.replace(IPHONE, 'Pod "X" 1.0'),
        EXTENDED.replace(IPHONE, 'Pod " " "X" " " "Y" 1.0'),
        PLAIN.replace(" 200 ", " 200 200 "),
        PLAIN[:-1],
        EXTENDED + ' "more"',
    ],
)
def test_a_raw_quote_is_refused_and_shifts_nothing(reader: Any, line: str) -> None:
    """Both readers refuse it, whatever the resulting number of parts."""
    text = f"{EXTENDED}\n{line}\n{PLAIN}\n"
    layout = layout_of(text, "combined", "a.log")
    refused = reader.read(text, layout)
    rows = reader.fields()

    assert [2] == [reject.line_number for reject in refused]
    assert [IPHONE, IPHONE] == [row["agent"] for row in rows]
    if reader.read_quickly(text, layout):
        assert {1, 3} >= {row["n"] for row in reader.fields() if row["sent_at"] is not None}


_MARKS = st.sampled_from([*"\"'\\ []-|\t{}:/\x7fé€", '" "', '" "-" "', '\\"', " 200 ", ""])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 4), _MARKS), min_size=1, max_size=8))
def test_both_readers_and_the_canonical_one_agree_on_every_line(
    reader: Any, changes: list[tuple[int, int, str]]
) -> None:
    """SQL and the CSV reader give a damaged line the same fields, or both refuse it."""
    line = EXTENDED
    for place, cut, mark in changes:
        at = place % (len(line) + 1)
        line = line[:at] + mark + line[at + cut :]
    if "\n" in line or line.startswith("#") or not line.strip():
        return
    text = f"{EXTENDED}\n{line}\n{EXTENDED}\n"
    layout = layout_of(text, "combined", "a.log")
    reader.read(text, layout)
    slow = {row["n"]: row for row in reader.fields()}
    if reader.read_quickly(text, layout):
        quick = {
            row["n"]: row
            for row in reader.fields()
            if None not in (row["sent_at"], row["status"], row["bytes"]) and row["ip"]
        }
        assert all(slow[n] == row for n, row in quick.items())
    # The canonical reader is in Python: SQL refuses the same lines.
    if canonical(line) is None:
        assert 2 not in slow
    elif 2 in slow:
        request = re.search(r'\] "([^ "]*)', canonical(line) or "")
        assert request is not None
        assert slow[2]["method"] in (request[1], "-")


def _damaged(dice: Random, text: str, marks: str) -> str:
    """The same length of text with one to three other characters."""
    signs = list(text)
    for _ in range(dice.randint(1, 3)):
        signs[dice.randrange(len(signs))] = dice.choice(marks)
    return "".join(signs)


def test_times_and_ranges_without_a_pattern_are_read_as_the_canonical_reader_reads_them(
    reader: Any,
) -> None:
    """The quick way for the usual lines accepts no time, status, size or range that is not one."""
    dice = Random(29)
    lines = []
    for _ in range(4000):
        clock = _damaged(dice, "18/Nov/2026:10:00:00 +0000", " 0123456789/:+-JNovnO\t\x0b\x0c")
        answer = _damaged(dice, "206 5000", " 0123456789-+._e")
        covered = _damaged(dice, "bytes 0-4999/90000", " 0123456789-+._e/*=")
        which = dice.randrange(3)
        lines.append(
            f"192.0.2.1 - - [{clock if which == 0 else '18/Nov/2026:10:00:00 +0000'}] "
            f'"GET /one.mp3 HTTP/1.1" {answer if which == 1 else "206 5000"} "-" "x" '
            f'"-" "{covered if which == 2 else "bytes 0-4999/90000"}" "media.example"'
        )
    text = "\n".join(lines) + "\n"
    reader.read(text, layout_of(EXTENDED, "combined", "a.log"))
    rows = {row["n"]: row for row in reader.fields()}

    assert 1000 < len(rows) < 4000
    for n, line in enumerate(lines, 1):
        match = _WHOLE.fullmatch(line)
        moment = match and _moment(match[1])
        if match is None or moment is None:
            assert n not in rows, line
            continue
        row, range_ = rows[n], _RANGE.fullmatch(match[4])
        expected = tuple(map(int, range_.groups())) if range_ else (None, None, None)
        sent = 0 if match[3] == "-" else int(match[3])
        assert (moment, int(match[2]), sent) == (row["sent_at"], row["status"], row["bytes"]), line
        if range_ is not None or not match[4].startswith(("bytes", "Bytes")):
            found = tuple(row[f"content_{name}"] for name in ("start", "end", "total"))
            assert expected == found, line


_WHOLE = re.compile(
    r"192\.0\.2\.1 - - \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-](?:0\d|1[0-4])[0-5]\d)\] "
    r'"GET /one.mp3 HTTP/1.1" (\d{1,3}) (\d+|-) "-" "x" "-" "([^"]*)" "media.example"',
    re.ASCII,
)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("template", "line"),
    [
        (
            (
                '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" $request_time '
                '"$http_range" "$sent_http_content_range" $host'
            ),
            f'{PLAIN} "203.0.113.9" 0.532 "bytes=0-4999" "bytes 0-4999/9000" media.example',
        ),
        (
            (
                '%h %l %u %t "%r" %>s %B "%{Referer}i" "%{User-Agent}i" "%{Range}i" '
                '"%{Content-Range}o" %v %D'
            ),
            f'{PLAIN} "bytes=0-4999" "bytes 0-4999/9000" media.example 123',
        ),
        (
            "{address}|{time}|{method}|{host}{path}|{status}|{bytes}|{range}|{content_range}|{agent}",
            (
                "192.0.2.1|2026-11-18T10:00:00Z|GET|media.example/one.mp3|200|5000|bytes=0-4999|"
                f"bytes 0-4999/9000|{IPHONE}"
            ),
        ),
        (
            (
                "{unix_time}\t{address}\t{request}\t{status}\t{bytes}\t{host}\t{range}\t"
                "{content_range}\t{agent}"
            ),
            (
                "1794996000.25\t192.0.2.1\tGET /one.mp3 HTTP/1.1\t200\t5000\tmedia.example\t"
                f"bytes=0-4999\tbytes 0-4999/9000\t{IPHONE}"
            ),
        ),
    ],
)
def test_a_template_describes_any_other_format(reader: Any, template: str, line: str) -> None:
    """Nginx's log_format, Apache's LogFormat, names between any characters."""
    (row,) = reader.rows(f"{line}\n", FIELDS + template)

    assert ("192.0.2.1", "GET", "media.example", "/one.mp3", 200, 5000, IPHONE) == (
        row["ip"], row["method"], row["host"], row["uri"], row["status"], row["bytes"],
        row["agent"],
    )  # fmt: skip
    assert ("bytes=0-4999", 0, 4999, 9000) == (
        row["range_header"], row["content_start"], row["content_end"], row["content_total"],
    )  # fmt: skip
    assert "2026-11-18 10:00:00" == str(row["sent_at"])[:19]


def test_a_template_that_lacks_a_value_is_refused() -> None:
    """The sentence names each missing value."""
    with pytest.raises(UsageError, match="lacks the time, the status, the bytes sent"):
        layout_of("", FIELDS + '{address} "{request}" {agent}', "a.log")


def test_what_a_cloudflare_worker_requested_is_internal(reader: Any) -> None:
    """By any of Logpush's three fields for it; the visitor's own request is not internal."""
    line = format_of("cloudflare").sample.strip()
    extra = (
        '"WorkerSubrequest":true', '"ClientRequestSource":"edgeWorkerFetch"',
        '"ParentRayID":"8f1c0de000000002"', '"ParentRayID":"00","ClientRequestSource":"eyeball"',
    )  # fmt: skip
    text = "".join(f"{line[:-1]},{each}}}\n" for each in extra)

    assert [True, True, True, False] == [row["is_internal"] for row in reader.rows(text)]


def test_a_last_line_that_was_cut_is_refused(reader: Any) -> None:
    """Extended lines, and an unfinished last one that looks like a plain line."""
    text = f"{EXTENDED}\n{PLAIN}"
    refused = reader.read(text, layout_of(text, "auto", "a.log"))

    assert [(2, "unfinished_line")] == [(r.line_number, r.fault) for r in refused]
    assert [] == reader.read(f"{text}\n", layout_of(text, "auto", "a.log"))


CUT = {
    **{format_.name: format_.sample for format_ in formats()},
    "fields={address}|{time}|{request}|{status}|{bytes}|{agent}": (
        f"192.0.2.1|2026-11-18T10:00:00Z|GET /one.mp3 HTTP/1.1|200|5000|{IPHONE}\n"
    ),
    "fields={agent}\t{time}\t{request}\t{status}\t{bytes}\t{address}": (
        f"{IPHONE}\t2026-11-18T10:00:00Z\tGET /one.mp3 HTTP/1.1\t200\t5000\t192.0.2.117\n"
    ),
    "fields={agent}|{time}|{address}|{status}|{host}{path}|{bytes}": (
        f"{IPHONE}|2026-11-18T10:00:00Z|192.0.2.1|200|media.example/one.mp3|5000\n"
    ),
}


@pytest.mark.parametrize("name", CUT)
def test_a_line_that_is_cut_anywhere_is_refused_or_says_the_same(reader: Any, name: str) -> None:
    """In every format: no cut changes the listener, path, range or number of bytes."""
    sample = CUT[name]
    layout = layout_of(sample, name if name.startswith(FIELDS) else "auto", "a.log")
    *head, last = sample.removesuffix("\n").split("\n")
    (whole,) = reader.rows(sample, name if name.startswith(FIELDS) else "auto")
    start = "".join(f"{line}\n" for line in head)
    for length in {*range(5, len(last), 41), *range(len(last) - 4, len(last))}:
        refused = reader.read(start + last[:length], layout)
        rows = reader.fields()
        if rows and not refused:
            (row,) = rows
            counted = ("ip", "sent_at", "method", "uri", "status", "agent", "range_header",
                       "content_start", "content_end", "bytes")  # fmt: skip
            assert [whole[each] for each in counted] == [row[each] for each in counted], length


def test_a_whole_last_line_without_its_end_is_read(reader: Any) -> None:
    """When its end proves it, or when its last value occurs in earlier lines."""
    unquoted = f'{PLAIN} "-" "-" media.example'
    for text in (EXTENDED, PLAIN, f"{unquoted}\n{unquoted}", format_of("fastly").sample.strip()):
        assert [] == reader.read(text, layout_of(text, "auto", "a.log"))
