"""Invariants for any input: order, files, pieces and re-reading change nothing."""

from __future__ import annotations

import gzip
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import acting
from tests.measurement.conftest import LENGTHS, MINUTE

from wavehouse.measurement import trace
from wavehouse.measurement.rules.ranges import multirange, sent
from wavehouse.measurement.rules.thresholds import threshold_bytes

SIZES = {
    "/one.mp3": ("one", 1_090_000),
    "/one.opus": ("one", 436_000),
    "/two.mp3": ("two", 1_090_000),
    "/short.mp3": ("short", 400_000),
    "/vague.mp3": ("vague", 5_000_000),
}
DAYS = [datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]
ADDRESSES = [
    "203.0.113.7", "::ffff:203.0.113.7", "2001:db8:1:2::1", "2001:db8:1:2::2", "198.51.100.3",
    "198.51.100.4", "nobody",
]  # fmt: skip
AGENTS = ["Overcast/3.0", "Pocket Casts/7.70", "Castro/1.0", "", "Googlebot/2.1"]


def requests(dice: Random, hit: Any, number: int) -> list[Any]:
    """Random requests, most of them near a threshold."""
    found = []
    for n in range(number):
        path = dice.choice([*SIZES, "/one.mp3", "/one.mp3", "/nowhere.mp3"])
        at = dice.choice(DAYS) + timedelta(seconds=dice.randrange(86_400))
        base = hit.but(
            at=at, path=path, ip=dice.choice(ADDRESSES), agent=dice.choice(AGENTS), native=f"n{n}"
        )
        size = dice.choice([200, 500_000, SIZES.get(path, ("", 9))[1], 9_000_000])
        # No server sends more than the file: such a length is ignored (R29).
        first = dice.choice([0, 0, 300_000, 545_000, 1_000_000])
        if path in LENGTHS:
            first = min(first, LENGTHS[path] - 1)
            size = min(size, LENGTHS[path] - first)
        found.append(
            dice.choice(
                [
                    base.part(first, first + size - 1),
                    base.part(first, first + size - 1, sent=size // 2),
                    base.part(0, 1),
                    base.but(size=size),
                    base.but(size=size, status=dice.choice([304, 404, 206])),
                ]
            )
        )
    return found


def reference(hits: list[Any], extra: int) -> dict[str, Any]:
    """A plain reference count. ``extra``: bytes of headers in a log's sizes."""
    spans: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    firsts: dict[Any, list[datetime]] = defaultdict(list)
    for hit in hits:
        if hit.path not in SIZES or hit.ip == "nobody" or hit.agent in ("", "Googlebot/2.1"):
            continue
        if hit.status not in (200, 206) or hit.content == (0, 1):
            continue
        who: Any = ip_address(hit.ip)
        if who.version == 6:
            who = who.ipv4_mapped or int(who) >> 64
        start = hit.content[0] if hit.content else 0
        length = hit.size + extra
        if hit.content:
            length = min(length, hit.content[1] - start + 1)
        elif extra:
            length = min(length, LENGTHS.get(hit.path, hit.size))  # sc-content-len
        key = (hit.at.date(), str(who), hit.agent, hit.path)
        spans[key].append((start, start + length))
        if length:
            firsts[key].append(hit.at)
    counted: dict[Any, datetime] = {}
    for (day, who, agent, path), covered in spans.items():
        episode, threshold = SIZES[path]
        if sum(b - a for a, b in merged(covered)) >= threshold:
            at = min(firsts[day, who, agent, path])
            unit = (day, who, agent, episode)
            counted[unit] = min(at, counted.get(unit, at))
    hours: dict[datetime, int] = defaultdict(int)
    days: dict[str, int] = defaultdict(int)
    episodes: dict[str, int] = defaultdict(int)
    for (day, _, _, episode), at in counted.items():
        hours[at.replace(minute=0, second=0)] += 1
        days[str(day)] += 1
        episodes[episode] += 1
    people = {(who, agent) for _, who, agent, _ in counted}
    return {
        "hours": dict(hours),
        "days": dict(days),
        "episodes": dict(episodes),
        "all": len(people),
    }


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans merged where they touch, in order."""
    found: list[tuple[int, int]] = []
    for first, after in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(after, found[-1][1]))
        else:
            found.append((first, after))
    return found


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.harness)])
def test_the_count_equals_a_reference_that_shares_no_code(
    desk: Any, hit: Any, form: str, seed: int
) -> None:
    """R26–R34 and R41 on random requests: SQL against twenty lines of Python."""
    hits = requests(Random(seed), hit, 250)
    desk.tell(*hits, form=form)
    told = reference(hits, 450 if form == "cloudfront" else 0)
    hours = desk.rollup_rows(
        "SELECT hour, sum(downloads)::int FROM analytics.listener_events_hourly GROUP BY 1"
    )

    assert sum(told["days"].values()) > 10
    assert told["hours"] == dict(hours)
    assert told["days"] == desk.downloads()
    assert told["episodes"] == desk.downloads("episode")
    assert told["all"] == desk.listeners(DAYS[0].date(), DAYS[1].date())


def everything(desk: Any) -> dict[str, Any]:
    return {**desk.figures(), "filtered": desk.filtered(), "outcomes": desk.outcomes()}


@pytest.fixture
def lines(hit: Any, form: str, cloudfront_head: str) -> tuple[str, list[str]]:
    """The header and the lines of some requests, in one of the formats."""
    hits = requests(Random(11), hit, 60)
    if form == "combined":
        return "", [f"{one.combined()}\n" for one in hits]
    return cloudfront_head, [f"{one.cloudfront()}\n" for one in hits]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.harness)])
def test_r02_any_order_any_files_any_packing_gives_the_same_figures(
    desk: Any, clean: Any, lines: tuple[str, list[str]], seed: int
) -> None:
    """Lines are shuffled, split into files, compressed or not, read in any order, and again."""
    head, rows = lines
    desk.ingest(desk.write(head + "".join(rows)))
    expected = everything(desk)
    clean()

    dice = Random(seed)
    dealt = dice.sample(rows, len(rows))
    cuts = sorted(dice.sample(range(1, len(rows)), 3))
    pieces = [dealt[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    files = [
        desk.write(head + "".join(piece), f"piece-{n}.log" + dice.choice(["", ".gz"]))
        for n, piece in enumerate(pieces)
    ]
    dice.shuffle(files)
    for file in files:
        desk.ingest(file)
    again = dice.choice(files)
    desk.ingest(again, again.rename(again.with_name(f"moved-{again.name}")))

    assert expected == everything(desk)


@pytest.mark.parametrize("seed", [0])
def test_a_file_that_grows_in_pieces_gives_the_same_figures(
    desk: Any, clean: Any, lines: tuple[str, list[str]], seed: int
) -> None:
    """It is read after every piece, cut anywhere, even in the middle of a line or a number."""
    head, rows = lines
    data = (head + "".join(rows)).encode()
    desk.ingest(desk.write(data))
    expected = everything(desk)
    clean()

    dice = Random(seed)
    # Near the ends of lines, where a cut line may still look valid.
    ends = [n for n, byte in enumerate(data) if byte == 10]
    cuts = sorted({max(1, dice.choice(ends) - dice.randrange(60)) for _ in range(6)})
    path = desk.folder / "growing.log"
    for cut in [*cuts, len(data)]:
        path.write_bytes(data[:cut])
        desk.ingest(path)

    assert expected == everything(desk)
    assert [] == desk.rows("SELECT * FROM measurement.quarantine WHERE status = 'open'")


def test_a_file_and_its_gzip_are_one_file(desk: Any, lines: tuple[str, list[str]]) -> None:
    """After rotation and compression, lines read from the plain file are not read again."""
    head, rows = lines
    text = head + "".join(rows)
    plain = desk.write(text[: len(text) // 2], "access.log")
    first = desk.ingest(plain).stored
    packed = desk.folder / "access.log.1.gz"
    packed.write_bytes(gzip.compress(text.encode()))

    # The cut line is read again, whole.
    assert len(rows) - first <= desk.ingest(packed).stored <= len(rows) - first + 1
    assert [(len(rows),)] == desk.rows("SELECT count(*) FROM measurement.requests")


def test_r07_the_secret_of_the_keys_changes_no_figure(
    desk: Any, clean: Any, lines: tuple[str, list[str]]
) -> None:
    """Other keys are stored, but the counts are equal."""
    head, rows = lines
    path = desk.write(head + "".join(rows))
    desk.ingest(path)
    expected = everything(desk)
    keys = desk.rows("SELECT DISTINCT listener_key FROM measurement.downloads")
    clean()
    desk.ingest(path)

    assert expected == everything(desk)
    assert set(keys).isdisjoint(
        desk.rows("SELECT DISTINCT listener_key FROM measurement.downloads")
    )


def parts_of(dice: Random, hit: Any, visitor: int) -> tuple[list[Any], int]:
    """Ranges of one file by one listener, and the covered bytes: a bit for each position.

    Overlapping, touching, repeated, nested, most of them near the threshold.
    """
    base = hit.but(ip=f"198.51.100.{visitor}", native=f"v{visitor}")
    covered, hits, edges = 0, [], [0, 400_000, 1_090_000]
    for _ in range(dice.randrange(1, 6)):
        first = dice.choice([*edges, dice.randrange(0, 1_000_000)])
        last = first + dice.choice([5, 90_000, 545_000, 1_089_999, dice.randrange(2, 900_000)])
        edges += [first, last, last + 1]
        covered |= ((1 << (last - first + 1)) - 1) << first
        hits.append(base.part(first, last))
    return hits, covered.bit_count()


def test_r27_the_databases_union_is_that_of_a_set_of_positions(desk: Any, hit: Any) -> None:
    """The SQL counts each position once, whatever the order of the ranges."""
    dice = Random(27)
    asked = {visitor: parts_of(dice, hit, visitor) for visitor in range(1, 61)}
    lines = [(visitor, part) for visitor, (parts, _) in asked.items() for part in parts]
    dice.shuffle(lines)
    desk.tell(*(part for _, part in lines))
    day = hit.at.date()
    traced = acting.operational(desk.place, trace, first=day, last=day, limit=1000)
    sizes = {visitor: size for visitor, (_, size) in asked.items()}
    counted = [size for size in sizes.values() if size >= MINUTE]

    assert 10 < len(counted) < 50
    assert sorted(counted) == sorted(
        size for (size,) in desk.rows("SELECT bytes FROM measurement.downloads")
    )
    assert sizes == {lines[row.line_number - 1][0]: row.unit_bytes for row in traced}


def test_r27_several_ranges_in_one_answer_are_a_union_too(desk: Any, hit: Any) -> None:
    """Each range of a multipart answer has separate positions."""
    dice = Random(3)
    covered, hits = ((1 << 395_000) - 1) << 5_000, [hit.part(5_000, 399_999, path="/short.mp3")]
    for _ in range(12):
        first, more, other = dice.randrange(5_000), dice.randrange(1, 2_000), dice.randrange(5_000)
        covered |= ((1 << more) - 1) << first | ((1 << 50) - 1) << other
        asked = f"bytes={first}-{first + more - 1},{other}-{other + 49}"
        hits.append(hit.but(status=206, size=more + 50, asked=asked, path="/short.mp3"))
    desk.tell(*hits)
    traced = acting.operational(desk.place, trace, first=hit.at.date(), last=hit.at.date(), limit=1)

    assert covered.bit_count() == traced[0].unit_bytes


sizes_of_files = st.integers(1, 2**40)


@given(
    st.lists(
        st.tuples(
            st.none() | sizes_of_files,
            st.none() | st.integers(0, 2**40),
            st.none() | st.sampled_from([0, 59_999, 60_000, 60_001]) | st.integers(0, 10**9),
        ),
        max_size=50,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_r26_r29_the_databases_threshold_is_that_of_the_rule(
    desk: Any, facts: list[tuple[int | None, int | None, int | None]]
) -> None:
    """Decision 0610: the generated column and the Python rule agree on every file.

    The column's expression is read from the catalog, so this fails when a migration changes it.
    """
    ((expression,),) = desk.rows(
        """
        SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = 'catalog.enclosures'::regclass AND a.attname = 'threshold_bytes'
        """
    )
    # No header is larger than its file: the reader of media refuses such facts.
    known = [
        (size, header if size is None or header is None else min(header, size), duration)
        for size, header, duration in facts
    ]
    rows = desk.rows(
        f"""
        SELECT {expression} FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
          WITH ORDINALITY AS f(bytes, header_bytes, duration_ms, n) ORDER BY n
        """,
        *([list(column) for column in zip(*known, strict=True)] or [[], [], []]),
    )

    assert [threshold_bytes(*each) for each in known] == [value for (value,) in rows]


@given(
    st.lists(st.tuples(st.integers(0, 999), st.integers(1, 99)), min_size=1), st.integers(0, 9_999)
)
def test_r28_what_was_sent_never_exceeds_bytes_nor_ranges(
    asked: list[tuple[int, int]], size: int
) -> None:
    """Ranges are filled in turn; surplus bytes are dropped."""
    header = "bytes=" + ", ".join(f"{first}-{first + more}" for first, more in asked)
    found = sent(header, size)

    assert min(size, sum(more + 1 for _, more in asked)) == sum(b - a for a, b in found)
    assert all(a >= first for (a, _), (first, _) in zip(found, asked, strict=False))
    assert (multirange(found) is None) == (found == [])


@given(st.text(max_size=60))
def test_r14_no_header_breaks_the_reader(header: str) -> None:
    """For any header, the spans are within the sent bytes."""
    assert sum(b - a for a, b in sent(header, 100)) <= 100
    assert sum(b - a for a, b in sent(f"bytes={header}", 100)) <= 100
