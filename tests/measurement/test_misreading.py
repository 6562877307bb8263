"""Files whose lines mostly have one reason: refused, or stored with a warning."""

from __future__ import annotations

from typing import Any

import pytest

from wavehouse import measurement
from wavehouse.measurement.rules.misreading import misread
from wavehouse.measurement.types import FileResult, Reason


@pytest.mark.parametrize(
    ("rows", "filtered", "is_refused"),
    [
        (10, {Reason.EMPTY_AGENT: 6}, True),
        (10, {Reason.EMPTY_AGENT: 5}, None),
        (9, {Reason.EMPTY_AGENT: 9}, None),
        (1000, {Reason.UNKNOWN_PATH: 990, Reason.BAD_METHOD: 10}, True),
        (1000, {Reason.UNKNOWN_PATH: 990, Reason.BAD_METHOD: 9}, False),
        (100, {Reason.BAD_STATUS: 91}, True),
        (100, {Reason.BAD_STATUS: 90}, False),
        (100, {Reason.BAD_STATUS: 50}, None),
        (1000, {Reason.UNKNOWN_PATH: 995, Reason.BAD_METHOD: 5}, None),
        (1000, {Reason.UNKNOWN_PATH: 1000}, None),
        (100, {Reason.UNKNOWN_PATH: 30, Reason.BAD_IP: 51}, True),
        (100, {Reason.BOT: 90}, None),
        (100, {Reason.DATACENTER: 90}, False),
    ],
)
def test_more_than_half_of_ten_requests_for_known_files_are_judged(
    rows: int, filtered: dict[str, int], is_refused: bool | None
) -> None:
    """Bots and unknown paths may be most of a valid log; methods and statuses nine tenths."""
    found = misread(rows, filtered)

    assert is_refused == (None if found is None else bool(found.hint))


def results(desk: Any, *paths: Any) -> list[FileResult]:
    """The results of ingesting these files."""
    return list(
        measurement.ingest_logs(
            desk.place.stores.operational,
            desk.place.settings,
            identity=desk.place.identity,
            paths=paths,
        )
    )


def test_a_log_without_user_agents_is_refused_and_the_others_are_stored(
    desk: Any, hit: Any
) -> None:
    """Nothing of it is stored; after adding agents, all of it is."""
    bad = desk.log(*(hit.but(ip=f"198.51.100.{n}", agent="") for n in range(1, 13)))
    good = desk.log(hit)
    refused, read = results(desk, bad, good)

    assert "most lines (12 of 12) have no user agent" in refused.error
    assert (0, 1) == (refused.tally.stored, read.tally.stored)
    assert [(1,)] == desk.rows("SELECT count(*)::int FROM measurement.requests")


def test_r11_a_quiet_hour_with_an_outage_is_stored_and_said(desk: Any, hit: Any) -> None:
    """Nine errors and two downloads: both downloads count."""
    hits = [hit.but(ip=f"198.51.100.{n}", status=503, size=218) for n in range(1, 10)]
    hits += [hit.but(ip=f"203.0.113.{n}") for n in (1, 2)]
    (result,) = results(desk, desk.log(*hits))
    desk.count()

    assert "most lines (9 of 11) have a status other than 200 and 206" in result.doubt
    assert 2 == desk.total()


def test_what_may_be_a_proxy_in_front_is_stored_and_said(
    desk: Any, hit: Any, addresses: dict[str, str]
) -> None:
    """The lines are stored: with trusted_proxies set, a new ingest reads them otherwise."""
    start = addresses["datacenter"].rsplit(".", 1)[0]
    (result,) = results(desk, desk.log(*(hit.but(ip=f"{start}.{n}") for n in range(1, 13))))

    assert "trusted_proxies" in result.doubt
    assert 12 == result.tally.stored
