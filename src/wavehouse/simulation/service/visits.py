"""One visit of one listener to one episode: fetched whole, in parts, streamed, or aborted.

Each kind is planned completely before it is written, and returns whether it reaches the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from wavehouse.simulation.rules.stage import MEBIBYTE
from wavehouse.simulation.types import Episode, Rendition, Request

DAY_END = 86_399
SLACK = 4_096
"""A cut keeps this distance from a threshold, so that a log's header bytes cannot decide."""


@dataclass(slots=True)
class Visit:
    """One session: the listener, the address, the time, and the list for its requests."""

    out: list[Request]
    address: str
    agent: str
    country: str
    second: int
    who: str = ""

    def ask(
        self,
        file: Rendition,
        status: str,
        *,
        after: int = 0,
        first: int = -1,
        last: int = -1,
        sent: int = -1,
        method: str = "GET",
        seen: bool = True,
    ) -> None:
        """Add a request, ``after`` seconds into the session; not ``seen``: filtered anywhere."""
        length = last - first + 1 if first >= 0 else file.bytes
        self.out.append(Request(
            min(self.second + after, DAY_END), self.address, self.agent, self.country, method,
            file.host, file.path, "", status, f"bytes={first}-{last}" if first >= 0 else "",
            first, last, file.bytes, length if sent < 0 else sent, file.kind,
            self.who if seen else "",
        ))  # fmt: skip


def fetch(visit: Visit, episode: Episode, dice: Random) -> bool:
    """An automatic download: one 200, several 206, or aborted early."""
    file = episode.media
    chance = dice.random()
    if chance < 0.07:
        sent = int(file.threshold * (0.05 + 0.8 * dice.random()))
        if chance < 0.035:
            visit.ask(file, "200", sent=sent)
        else:
            visit.ask(file, "206", first=0, last=file.bytes - 1, sent=sent)
        return False
    if chance < 0.25:
        parts = 2 + int(dice.random() * 3)
        edges = [file.bytes * part // parts for part in range(parts + 1)]
        for turn in range(parts):
            visit.ask(file, "206", after=turn * 9, first=edges[turn], last=edges[turn + 1] - 1)
    elif chance < 0.33 and episode.alternates:
        visit.ask(episode.alternates[0], "200")
    else:
        visit.ask(file, "200")
    return True


def stream(visit: Visit, episode: Episode, dice: Random) -> bool:
    """Play in ranges of one MiB: start, perhaps pause and resume, and stop somewhere."""
    file = episode.media
    chunks = -(-file.bytes // MEBIBYTE)
    begin = int(dice.random() * chunks * 0.6) if dice.random() < 0.08 else 0
    count = 1 + int(dice.random() ** 1.5 * (chunks - begin))
    pause_at = int(dice.random() * count) if dice.random() < 0.25 else -1
    gap = 300 + int(dice.random() * 3000) if pause_at >= 0 else 0
    visit.second = min(visit.second, DAY_END - count * 62 - gap)
    heard, after = 0, 0
    for index in range(begin, min(begin + count, chunks)):
        first, last = index * MEBIBYTE, min((index + 1) * MEBIBYTE, file.bytes) - 1
        sent = last - first + 1
        if index == begin + count - 1 and dice.random() < 0.5:
            cut = int(sent * dice.random())
            if cut and abs(heard + cut - file.threshold) > SLACK:
                sent = cut
        visit.ask(file, "206", after=after, first=first, last=last, sent=sent)
        if index == begin + pause_at:
            after += gap
            visit.ask(file, "206", after=after, first=first, last=last, sent=sent)
        heard += sent
        after += 55 + int(dice.random() * 7)
    return heard >= file.threshold
