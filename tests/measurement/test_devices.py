"""Downloads by device: equal from the rollups, from log files alone, and on the card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wavehouse.measurement.service import count_only
from wavehouse.web.live import LiveServices
from wavehouse.web.services import Span

ECHO = "AlexaMediaPlayer/2.1.4676.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9"
MAC = "Podcasts/1530.2 CFNetwork/1220.1 Darwin/20.3.0 (x86_64)"


def test_downloads_are_split_by_device(desk: Any, hit: Any) -> None:
    """Two phones, a speaker, a computer; an unknown device is the empty value."""
    hits = [
        hit,
        hit.but(ip="198.51.100.1"),
        hit.but(ip="198.51.100.2", agent=ECHO),
        hit.but(ip="198.51.100.3", agent=MAC),
        hit.but(ip="198.51.100.4", agent="Unheard/1.0"),
    ]
    log = desk.log(*hits)
    desk.ingest(log)
    known = count_only.known_from_catalog(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )
    counted = count_only.count_logs(
        desk.place.settings, known, [log], count_only.Wanted(by="device")
    )
    expected = {"phone": 2, "speaker": 1, "desktop": 1, "": 1}
    day = Span(hit.at.date(), hit.at.date())
    shown = LiveServices(desk.place).figures(desk.place.identity, day, None)
    card = next(split for split in shown.splits if split.dimension.name == "device")

    assert expected == desk.downloads("device")
    assert "Devices" == (card.dimension.card and card.dimension.card.title)
    assert expected == {figure.member: figure.downloads for figure in card.figures}
    assert expected == {row.member: row.downloads for row in counted.rows}
    assert {} == desk.downloads("device", last=hit.at.date() - timedelta(days=1))
