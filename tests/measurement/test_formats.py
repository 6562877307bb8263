"""JSON lines of Fastly and Cloudflare, and OP3's hits."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests import acting

from wavehouse import measurement
from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.formats import op3
from wavehouse.measurement.service import quarantine


def test_a_format_is_told_by_the_first_lines(desk: Any, hit: Any) -> None:
    """Plain or gzip, without --format."""
    for form in ("combined", "cloudfront", "fastly", "cloudflare", "op3"):
        for name, ip in ((f"{form}.log", "198.51.100.1"), (f"{form}.log.gz", "198.51.100.2")):
            path = desk.log(hit.but(ip=ip), form=form, name=name)
            (found,) = measurement.ingest_logs(
                desk.place.stores.operational,
                desk.place.settings,
                identity=desk.place.identity,
                paths=[path],
            )
            assert (form, "", 1) == (found.format, found.error, found.tally.read)


@pytest.mark.parametrize(
    "when",
    [
        "2026-11-18T10:00:00Z", "2026-11-18T10:00:00.5Z", "2026-11-18T10:00:00.123456789Z",
        "2026-11-18T12:00:00+02:00", 1_795_082_400, 1_795_082_400_000, 1_795_082_400 * 10**9,
        "1795082400.25",
    ],
)  # fmt: skip
def test_times_of_json_logs_are_rfc3339_or_unix(desk: Any, hit: Any, when: object) -> None:
    """Seconds, milliseconds and nanoseconds, as a number or as text: the same hour."""
    desk.ingest(desk.write(hit.cloudflare(when) + "\n"))

    assert [(10,)] == desk.rows(
        "SELECT extract(hour FROM requested_at AT TIME ZONE 'UTC')::int FROM measurement.requests"
    )


@pytest.mark.parametrize("form", ["fastly", "cloudflare"])
def test_bad_lines_of_json_logs_go_to_the_quarantine(desk: Any, hit: Any, form: str) -> None:
    """Cut JSON, other JSON, no time, no status: reported with line and byte; good ones count."""
    good = getattr(hit, form)()
    when = "timestamp" if form == "fastly" else "EdgeStartTimestamp"
    status = "response_status" if form == "fastly" else "EdgeResponseStatus"
    bad = [
        good[:70],
        "[1, 2]",
        json.dumps({**json.loads(good), when: "yesterday"}),
        json.dumps({**json.loads(good), status: None}),
    ]
    tally = desk.ingest(desk.write("\n".join([good, *bad]) + "\n"))

    assert ({"malformed_line": 4}, 1) == (tally.faults, desk.total())
    assert [2, 3, 4, 5] == sorted(
        r.line_number for r in acting.operational(desk.place, quarantine.listed)
    )


@pytest.mark.parametrize("form", ["fastly", "cloudflare"])
def test_json_may_escape_anything_into_an_agent(desk: Any, hit: Any, form: str) -> None:
    """Line ends and our separator inside a value are kept (R08), and break no other value."""
    odd = hit.but(agent="AppleCoreMedia/1.0 (iPhone\n; \x1f U)", ip="198.51.100.9")
    desk.judge(odd, hit, form=form)

    assert 2 == desk.total()
    assert ("AppleCoreMedia/1.0 (iPhone;   U)",) in desk.rows(
        "SELECT user_agent FROM measurement.user_agents"
    )


def test_r01_a_ray_that_comes_again_in_another_file_is_one_request(desk: Any, hit: Any) -> None:
    """Logpush may deliver a line twice; RayID identifies it."""
    desk.judge(hit.but(native="8f1"), form="cloudflare")
    again = desk.judge(hit.but(native="8f2"), hit.but(native="8f1"), form="cloudflare")

    assert (1, 1) == (again.stored, again.duplicate)


def test_r28_bytes_without_the_body_alone_are_at_most_the_range(desk: Any, hit: Any) -> None:
    """Cloudflare's EdgeResponseBytes includes the header; the body's bytes are preferred."""
    told = json.loads(hit.part(0, 999_999).cloudflare())
    short = {**told, "RayID": "2", "EdgeResponseBodyBytes": 500}
    del told["EdgeResponseBodyBytes"]
    desk.ingest(desk.write(f"{json.dumps(told)}\n{json.dumps(short)}\n"))

    assert [(500,), (1_000_000,)] == desk.rows(
        "SELECT range_end FROM measurement.requests ORDER BY 1"
    )


def test_r30_hits_of_op3_are_estimates_by_hash_and_agent(desk: Any, hit: Any) -> None:
    """Two hashes and two agents: three estimates, no download; the country is OP3's."""
    lines = [
        hit.op3(),
        hit.but(at=hit.at + timedelta(hours=1)).op3(),
        hit.but(agent="Pocket Casts/7.70").op3(),
        hit.op3(hashed="b" * 40, country="US"),
    ]
    head = desk.log(form="op3").read_text()
    desk.ingest(desk.write(head + "\n".join(lines) + "\n"))

    assert 0 == desk.total()
    assert 3 == acting.operational(
        desk.place, measurement.estimates, first=hit.at.date(), last=hit.at.date()
    )
    assert [("IT", None), ("IT", None), ("US", None)] == desk.rows(
        "SELECT country_code, network FROM measurement.downloads ORDER BY 1"
    )


def test_hits_of_op3_are_filtered_by_what_they_tell(desk: Any, hit: Any) -> None:
    """Method, agent, probe, unknown path, no hash; a cut line is quarantined."""
    lines = [
        hit.but(method="HEAD").op3(),
        hit.but(agent="Googlebot/2.1").op3(),
        hit.but(asked="bytes=0-1").op3(),
        hit.but(path="/nowhere.mp3").op3(),
        hit.op3(hashed=""),
        hit.op3()[:80],
    ]
    head = desk.log(form="op3").read_text()
    tally = desk.ingest(desk.write(head + "\n".join(lines) + "\n"))

    reasons = ("bad_method", "bot", "probe_range", "unknown_path", "bad_ip")
    assert dict.fromkeys(reasons, 1) == tally.filtered
    assert {"malformed_line": 1} == tally.faults


def test_columns_of_op3_are_found_by_name(hit: Any) -> None:
    """In any order, preferring the hash that OP3 counts by; a missing column is named."""
    head = "userAgent\turl\ttime\thashedIpAddressForDownload\thashedIpAddress\tmethod"
    found = op3.columns(head, "hits.tsv")

    assert (3, 4, 1, 7) == (found["time"], found["hash"], found["useragent"], found["range"])
    with pytest.raises(InvalidInput, match="lacks"):
        op3.columns("time\tmethod\turl", "hits.tsv")
