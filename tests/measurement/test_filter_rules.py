"""R18, R19, R23–R25 by hand: excess, inclusions, referrers, preloading, early requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests import acting

from wavehouse import measurement
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.reference import Preloaders
from wavehouse.measurement import cli
from wavehouse.measurement.rules.inclusions import included_until, network_of
from wavehouse.measurement.rules.referrers import judged
from wavehouse.measurement.service import inclusions
from wavehouse.measurement.types import RULE_VERSION

Run = Callable[..., Result]


@pytest.fixture
def listing(desk: Any) -> Iterator[None]:
    """The inclusion list, empty again afterwards."""
    yield
    with desk.place.stores.operational.worker() as tx:
        tx.connection.execute("DELETE FROM measurement.inclusions")


@pytest.fixture
def run(desk: Any) -> Run:
    """Run a command on the helper's databases."""
    from contextlib import nullcontext

    def invoke(command: Any, *words: str) -> Result:
        return CliRunner().invoke(command, words, obj=lambda: nullcontext(desk.place))

    return invoke


def crowd(hit: Any, agents: int, **changes: Any) -> list[Any]:
    """Requests of this many user agents at one address."""
    return [hit.but(agent=f"Player/{n} (iPhone)", **changes) for n in range(agents)]


def flagged(desk: Any) -> dict[str, int]:
    """Requests by their flags."""
    return acting.operational(
        desk.place, measurement.flagged, first=date(2026, 9, 1), last=date(2026, 11, 20)
    )


def test_r18_more_than_20_agents_behind_one_address_are_filtered(desk: Any, hit: Any) -> None:
    """Twenty are a household or an office, and count; with the twenty-first none of them does."""
    desk.judge(*crowd(hit, 20), hit.but(ip="198.51.100.1"))
    assert 21 == desk.total()

    desk.judge(hit.but(agent="Player/20 (iPhone)", at=hit.at + timedelta(hours=3)))
    assert (1, {"excess_ip": 21}) == (desk.total(), desk.filtered())
    assert () == measurement.reconcile(desk.place.stores).mismatches


def test_r18_is_judged_in_any_order_and_by_utc_day(desk: Any, hit: Any) -> None:
    """R02: in pieces or at once, forwards or backwards; the next day starts at zero."""
    lines = [*crowd(hit, 21), *crowd(hit, 5, at=hit.at + timedelta(days=1))]
    desk.judge(*lines)
    at_once = desk.figures(), desk.filtered()
    desk.clean()
    lines.reverse()
    for start in range(0, len(lines), 7):
        desk.judge(*lines[start : start + 7])

    assert at_once == (desk.figures(), desk.filtered())
    assert {"2026-11-19": 5} == desk.downloads()


def test_r18_more_than_the_set_number_of_episodes_are_filtered(desk: Any, hit: Any) -> None:
    """Fifty by default, here two: three episodes by two agents at one address are too many."""
    with_limit = desk.place.settings.values["excess_downloads"]
    assert (50, 20) == tuple(desk.place.settings[f"excess_{of}"] for of in ("downloads", "agents"))
    object.__setattr__(with_limit, "value", 2)
    try:
        desk.judge(hit, hit.but(path="/two.mp3", agent="Pocket Casts/7.70"))
        assert 2 == desk.total()
        desk.judge(hit.but(path="/short.mp3", size=400_000))
        assert (0, {"excess_ip": 3}) == (desk.total(), desk.filtered())
    finally:
        object.__setattr__(with_limit, "value", 50)


def test_r18_what_is_filtered_already_makes_no_excess(desk: Any, hit: Any) -> None:
    """Bots and HEAD requests at an address have their own reasons."""
    bots = [hit.but(agent=f"Bot/{n}") for n in range(30)]
    desk.judge(*bots, *crowd(hit, 3))

    assert (3, {"bot": 30}) == (desk.total(), desk.filtered())


@pytest.mark.usefixtures("listing")
def test_r19_an_included_network_is_not_filtered_by_r17_and_r18(
    desk: Any, hit: Any, addresses: dict[str, str]
) -> None:
    """A dorm with 30 agents, and an office with a data centre's address."""
    acting.operational(
        desk.place, inclusions.add_inclusion, network="203.0.113.0/24", reason="a dorm"
    )
    acting.operational(
        desk.place, inclusions.add_inclusion, network=addresses["datacenter"], reason="an office"
    )
    desk.judge(*crowd(hit, 30), hit.but(ip=addresses["datacenter"]), hit.but(ip=addresses["vpn"]))

    assert (31, {"vpn": 1}, {"included": 31}) == (desk.total(), desk.filtered(), flagged(desk))


@pytest.mark.usefixtures("listing")
def test_r19_on_day_91_an_entry_is_inactive_and_says_so(run: Run, desk: Any, hit: Any) -> None:
    """It still covers requests from before its end; re-validated, it covers new ones."""
    with clock.frozen(hit.at - timedelta(days=90)):
        acting.operational(
            desk.place, inclusions.add_inclusion, network="203.0.113.0/24", reason="a dorm"
        )
    assert ["203.0.113.0/24"] == [
        e.network for e in acting.operational(desk.place, measurement.expired_inclusions)
    ]
    desk.judge(*crowd(hit, 21, at=hit.at - timedelta(seconds=1)))
    desk.judge(*crowd(hit.but(ip="203.0.113.8"), 21))
    assert {"excess_ip": 21} == desk.filtered()

    told = run(cli.logs, str(desk.log(hit.but(ip="198.51.100.1"))))
    assert "wavehouse inclusions revalidate 203.0.113.0/24" in told.stderr
    listed = run(cli.inclusions, "list")
    assert (3, True) == (listed.exit_code, "expired" in listed.stdout)

    again = run(cli.inclusions, "revalidate", "203.0.113.0/24", "--note", "asked", "--json")
    assert "2027-02-18T12:00:00" in json.loads(again.stdout)["expires_at"]
    assert 0 == run(cli.inclusions, "list").exit_code
    desk.judge(*crowd(hit.but(ip="203.0.113.9"), 21))
    assert {"excess_ip": 21} == desk.filtered()


@pytest.mark.usefixtures("listing")
def test_r19_the_log_of_validations_is_exported(run: Run, desk: Any) -> None:
    """User, time, expiry and reason of every validation, also in the audit log."""
    assert "No network" in run(cli.inclusions, "export").stderr
    run(cli.inclusions, "add", "2001:db8:1::/48", "--reason", "a campus", "--days", "30")
    run(cli.inclusions, "revalidate", "2001:db8:1::/48", "--note", "still there")
    rows = json.loads(run(cli.inclusions, "export", "--json").stdout)["validations"]

    assert ["added", "still there"] == [row["note"] for row in rows]
    assert ["2026-12-20", "2027-02-18"] == [row["expires_at"][:10] for row in rows]
    assert "a campus" in run(cli.inclusions, "export").stdout
    assert {("inclusion.added",), ("inclusion.revalidated",)} == set(
        desk.rows("SELECT action FROM audit.audit_log WHERE resource_type = 'inclusion'")
    )


@pytest.mark.usefixtures("listing")
def test_r19_what_cannot_be_included_is_a_sentence(desk: Any) -> None:
    """An invalid or too wide network, no reason, too long, twice, not listed."""
    for network, days in (("nowhere", 90), ("10.0.0.0/8", 90), ("192.0.2.1", 91)):
        with pytest.raises(InvalidInput):
            acting.operational(
                desk.place, inclusions.add_inclusion, network=network, reason="x", days=days
            )
    with pytest.raises(InvalidInput, match="the reason is missing"):
        acting.operational(desk.place, inclusions.add_inclusion, network="192.0.2.1", reason=" ")
    with pytest.raises(NotFound, match="not on the inclusion list"):
        acting.operational(desk.place, inclusions.revalidate, network="192.0.2.1")
    acting.operational(desk.place, inclusions.add_inclusion, network="192.0.2.1", reason="x")
    with pytest.raises(Conflict, match="already on the inclusion list"):
        acting.operational(desk.place, inclusions.add_inclusion, network="192.0.2.1/32", reason="x")


def test_r19_of_entries_that_overlap_the_latest_end_holds() -> None:
    """IPv6 networks are at most 64 bits, which is all that is stored (R04)."""
    early, late = (clock.start_of_day(date(2026, 11, day)) for day in (1, 9))
    ask = included_until([("192.0.2.0/24", early), ("192.0.2.7", late), ("2001:db8::/32", early)])

    assert (late, early, None) == tuple(
        ask(number, 4) for number in (0xC0000207, 0xC0000208, 0xC0000307)
    )
    assert (early, None) == (ask(0x20010DB8_00000001, 6), ask(0x20010DB8_00000001, 4))
    assert "2001:db8::/64" == str(network_of("2001:db8::1"))
    with pytest.raises(ValueError, match="64 bits"):
        network_of("2001:db8::/96")


@pytest.mark.parametrize(
    ("site", "finding"),
    [
        ("https://podcasts.example", ""), ("http://example.org:8080", ""),
        ("android-app://com.x", ""),
        ("https://1.1.1.1", ""), ("https://xn--bcher-kva.example", ""),
        ("referer", "implausible"), ("ftp://a.example", "implausible"), ("https://", "implausible"),
        ("http://localhost:3000", "implausible"), ("http://192.168.1.4", "implausible"),
        ("http://[::1]", "implausible"), ("https://a b.example", "implausible"),
        ("https://player.preload.example", "preload"), ("https://notpreload.example", ""),
    ],
)  # fmt: skip
def test_r23_a_referrer_is_implausible_when_nobody_could_have_sent_it(
    site: str, finding: str
) -> None:
    """No address, not on the web, or unreachable for others; R24: a page that preloads."""
    assert finding == judged(site, Preloaders((), frozenset({"preload.example"})))


def test_r23_an_implausible_referrer_is_flagged_and_counted(
    run: Run, desk: Any, hit: Any, form: str
) -> None:
    """In every format with referrers; `wavehouse requests` and `downloads` report it."""
    pages = ("-", "https://show.example/1?a=b", "nonsense", "http://127.0.0.1/x")
    hits = [hit.but(ip=f"198.51.100.{n}", referer=page) for n, page in enumerate(pages)]
    desk.judge(*hits, form=form)

    assert (4, {"implausible_referrer": 2}) == (desk.total(), flagged(desk))
    words = ("--from", "2026-11-18", "--to", "2026-11-18")
    assert 2 == run(cli.requests, *words).stdout.count("its referrer is implausible (R23)")
    assert {"implausible_referrer": 2} == json.loads(run(cli.downloads, *words, "--json").stdout)[
        "flagged"
    ]


def test_r24_players_known_to_preload_are_filtered(desk: Any, hit: Any) -> None:
    """By the bundled list; other preloading is judged by the threshold only."""
    desk.judge(
        hit.but(agent="Chrome Privacy Preserving Prefetch Proxy"),
        hit.but(size=200_000),
    )

    assert (0, {"preload": 1}) == (desk.total(), desk.filtered())
    assert {"below_threshold": 1} == desk.outcomes()


def test_r24_an_operators_own_list_is_added(tmp_path: Any) -> None:
    """By agent or by page; an invalid line is reported."""
    from wavehouse.kernel.reference import preloaders

    own = tmp_path / "own.txt"
    own.write_text("agent WebPlayer/2  # ours\nreferrer Player.Example\n")
    found = preloaders(own)
    assert (True, True, False) == (
        found.has_agent("Mozilla WebPlayer/2.1"),
        found.has_page("a.player.example"),
        found.has_page("example"),
    )
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("\nplayer x\n")
    with pytest.raises(InvalidInput, match=r"wrong\.txt:2"):
        preloaders(wrong)


def test_r25_requests_before_the_release_are_counted_and_flagged(desk: Any, hit: Any) -> None:
    """The episode was released on 1 November at 06:00; R25 also applies to late feeds."""
    early = hit.but(at=hit.at.replace(day=1, hour=5, minute=59))
    desk.judge(early, early.but(ip="198.51.100.1", at=early.at + timedelta(minutes=1)))

    assert (2, {"pre_release": 1}) == (desk.total(), flagged(desk))


def test_r15_a_status_of_000_passes_every_other_filter_or_is_filtered(desk: Any, hit: Any) -> None:
    """Akamai's prematurely ended 206: too few bytes, enough, and enough but from a bot."""
    desk.judge(
        hit.part(0, 9_999_999, sent=1_000_000).but(status=0),
        hit.part(0, 9_999_999, sent=1_200_000).but(status=0, ip="198.51.100.1"),
        hit.part(0, 9_999_999, sent=1_200_000).but(status=0, agent="Bot/1"),
    )

    assert (1, {"bot": 1}, {"below_threshold": 1}) == (
        desk.total(),
        desk.filtered(),
        {k: n for k, n in desk.outcomes().items() if k != "counted"},
    )


def test_r25_is_told_of_requests_that_were_read_before_the_feed(own_desk: Any, hit: Any) -> None:
    """An unknown path is adopted with the flag that it would have had."""
    early = hit.but(path="/new.mp3", at=hit.at.replace(day=1, hour=5))
    own_desk.judge(early)
    assert {"unknown_path": 1} == own_desk.filtered()

    from tests.measurement.conftest import FACTS, ITEMS, MEDIA, item

    own_desk.register(
        ITEMS + item("new", "https://media.example/new.mp3"),
        {**MEDIA, "https://media.example/new.mp3": FACTS},
    )
    own_desk.count()
    assert (1, {"pre_release": 1}) == (own_desk.total(), flagged(own_desk))


def test_the_rule_version_is_raised() -> None:
    """R18 and R24 change figures, and comparisons must show that."""
    assert RULE_VERSION > "PTMG-2.3/1"
