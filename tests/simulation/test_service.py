from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.simulation import Settings, log_formats, simulate
from wavehouse.simulation.rules.scenes import SCENES

UNTIL = date(2026, 11, 19)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def log_lines(folder: Path) -> list[str]:
    lines: list[str] = []
    for path in sorted((folder / "logs").iterdir()):
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("ascii")
        lines += [line for line in text.splitlines() if not line.startswith("#")]
    return lines


@pytest.mark.parametrize("log_format", log_formats())
def test_the_same_settings_write_the_same_bytes(tmp_path: Path, log_format: str) -> None:
    """All files are equal, compressed ones included; another seed gives other logs."""
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(Settings(seed, 25, 9, UNTIL, log_format), tmp_path / name)
    first = everything(tmp_path / "a")
    assert first == everything(tmp_path / "b")
    assert first["truth.json"] != everything(tmp_path / "c")["truth.json"]


def test_the_sums_of_the_truth_agree(truth: dict[str, Any]) -> None:
    """Downloads by day, episode, app and country are the same downloads."""
    downloads = truth["downloads"]
    for part in ("by_day", "by_episode", "by_app", "by_country"):
        assert downloads["total"] == sum(downloads[part].values())
    listeners = truth["listeners"]
    assert max(listeners["by_day"].values()) <= listeners["last_28_days"]
    assert all(listeners["by_day"][d] <= n for d, n in downloads["by_day"].items())


def test_every_line_is_in_the_truth_and_inside_the_period(
    folder: Path, truth: dict[str, Any]
) -> None:
    """The number of lines is the stated one, and no time is outside the days."""
    lines = log_lines(folder)
    assert truth["lines"] == len(lines)
    if truth["format"] == "cloudfront":
        days = {line[:10] for line in lines}
    else:
        stamps = (line.split("[", 1)[1][:11] for line in lines)
        days = {str(datetime.strptime(s, "%d/%b/%Y").date()) for s in stamps}  # noqa: DTZ007
    expected = {str(UNTIL - timedelta(days=n)) for n in range(30)}
    assert expected == days


def test_some_lines_come_in_a_later_file(folder: Path) -> None:
    """A reader must not derive the day from a file's name."""
    late = 0
    for path in sorted((folder / "logs").glob("access-*.log")):
        day = date.fromisoformat(path.stem.removeprefix("access-"))
        late += sum(f"[{day:%d}/" not in line for line in path.read_text().splitlines())
    for path in sorted((folder / "logs").glob("*.gz")):
        name = path.name.split(".")[1][:10]
        text = gzip.decompress(path.read_bytes()).decode()
        late += sum(not line.startswith((name, "#")) for line in text.splitlines())
    assert late > 0


def test_every_rule_has_an_episode_and_a_count(folder: Path, truth: dict[str, Any]) -> None:
    """R01 to R41: the feed has ``sim-Rxx`` and the truth has its expected downloads."""
    feed = (folder / "feeds" / "simrules.xml").read_text()
    assert list(SCENES) == list(truth["rules"])
    for rule, expected in truth["rules"].items():
        assert f">sim-{rule}</guid>" in feed
        assert 0 < expected == truth["downloads"]["by_episode"][f"sim-{rule}"]


def test_every_reason_is_exercised(truth: dict[str, Any]) -> None:
    """Each filter reason and each outcome of a candidate occurs."""
    reasons = "bad_ip unknown_path bad_method not_modified bad_status probe_range empty_agent watch"
    assert set(truth["filtered"]) == {
        *reasons.split(),
        "bot",
        "malformed_agent",
        "datacenter",
        "vpn",
        "preload",
        "excess_ip",
    }
    assert {"implausible_referrer", "pre_release", "rendition_dup"} == set(truth["flagged"])
    assert set(truth["outcomes"]) == {"below_threshold", "prefix_estimate"}


def test_conversions_agree_with_the_rows(folder: Path, truth: dict[str, Any]) -> None:
    """AT02, AT05: matched, unmatched, repeated and refunded rows add up to all rows."""
    text = truth["conversions"]
    rows = (folder / "conversions.csv").read_text().splitlines()[1:]
    parts = text["total"] + text["unmatched"] + text["duplicates"] + text["refunds"]
    assert len(rows) == text["rows"] == parts
    assert text["total"] == sum(text["by_campaign"].values())
    money = truth["revenue"]
    assert Decimal(money["total"]) == sum(map(Decimal, money["by_campaign"].values()))


def test_orders_by_link_and_page_agree_with_their_truth(
    folder: Path, truth: dict[str, Any]
) -> None:
    """AT06, AT09, AT10: every order has links or a pixel; both models credit the same cents."""
    orders = [json.loads(line) for line in (folder / "orders.jsonl").read_text().splitlines()]
    text = truth["web"]
    assert text["utm"] == sum("clicks" in order for order in orders)
    assert text["pixel"] == sum("pixel" in order for order in orders)
    assert text["utm"] + text["pixel"] == len(orders) > 0
    cents = sum(round(float(order["conversion_value"]) * 100) for order in orders)
    assert cents == sum(text["last_touch_cents"].values()) == sum(text["linear_cents"].values())
    for order in orders:
        assert all(click["at"] < order["occurred_at"] for click in order.get("clicks", ()))


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    """Without --force nothing is overwritten; with it only an earlier simulation is."""
    settings = Settings(1, 2, 2, UNTIL)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        simulate(settings, tmp_path)
    with pytest.raises(Refused, match="not written by a simulation"):
        simulate(settings, tmp_path, force=True)
    out = tmp_path / "out"
    simulate(settings, out)
    (out / "note.txt").write_text("mine too")
    simulate(Settings(2, 2, 2, UNTIL, "combined"), out, force=True)
    assert "mine too" == (out / "note.txt").read_text()
    assert [] == list((out / "logs").glob("*.gz"))
    assert 2 == json.loads((out / "truth.json").read_text())["seed"]


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    """The path and the reason, without a traceback."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput, match="not a folder"):
        simulate(Settings(1, 2, 2, UNTIL), tmp_path / "file")
    with pytest.raises(InvalidInput, match="cannot be written"):
        simulate(Settings(1, 2, 2, UNTIL), tmp_path / "file" / "out")
