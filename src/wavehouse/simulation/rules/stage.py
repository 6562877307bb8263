"""The stage for a rule's scene: it records requests and their expected outcomes.

A scene *states* the result of a correct counter; nothing here counts. Every listener with a request
must be concluded by ``counts`` or ``fails`` (or be filtered), or the scene is refused: an
expectation cannot be forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from wavehouse.simulation.types import (
    UNSEEN,
    Episode,
    Expected,
    Listener,
    Rendition,
    Request,
    Staged,
)
from wavehouse.simulation.writers import Writer

MEBIBYTE = 1_048_576


class Cast(Protocol):
    """The source of a scene's listeners. Every call returns a new address."""

    def listener(self, agent: str | None = None) -> Listener:
        """A listener with a separate IPv4 address."""

    def listener6(self, agent: str | None = None) -> Listener:
        """A listener in a separate IPv6 /64."""

    def neighbour(self, listener: Listener) -> Listener:
        """Another host of the same /64: by R04 the same listener."""

    def datacentre(self) -> Listener:
        """An ordinary user agent in a data centre."""

    def vpn(self) -> Listener:
        """An ordinary user agent behind a VPN."""

    def relay(self) -> Listener:
        """A person behind a privacy relay."""

    def agents(self, count: int) -> list[tuple[str, str]]:
        """A number of different user agents, each with its app."""

    def bot(self) -> str:
        """The user agent of a known bot."""


@dataclass(slots=True)
class Stage:
    """One performance of a scene."""

    episode: Episode
    cast: Cast
    writer: Writer
    base: int = 36_000
    staged: list[Staged] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    filtered: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    _open: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def ask(
        self,
        who: Listener,
        *,
        at: int = 0,
        day: int = 0,
        first: int = -1,
        last: int = -1,
        sent: int | None = None,
        status: str = "200",
        method: str = "GET",
        header: str | None = None,
        query: str = "",
        media: Rendition | None = None,
        path: str | None = None,
        host: str | None = None,
        reason: str | None = None,
        referer: str = "",
        flag: str = "",
        copies: int = 1,
        shuffled: bool = False,
        clock: int | None = None,
    ) -> None:
        """Add a request, ``at`` seconds into the scene, with its expected outcome.

        ``reason`` is set when it must be filtered, ``flag`` when it must be flagged.
        """
        file = media or self.episode.media
        second = self.base + at if clock is None else clock
        length = last - first + 1 if first >= 0 else file.bytes
        asked = header if header is not None else (f"bytes={first}-{last}" if first >= 0 else "")
        body = 0 if method == "HEAD" else length if sent is None else sent
        has_file = status in ("200", "000", "304") or first >= 0
        size = file.bytes if has_file else body
        request = Request(
            second, who.address, who.agent, who.country, method, host or file.host,
            path or file.path, query, status, asked, first, last, size, body, file.kind,
            "" if reason and reason not in UNSEEN else who.key, referer,
        )  # fmt: skip
        self.staged.append(Staged(day, request, copies, shuffled))
        if flag and not (flag == "rendition_dup" and self.writer.redirects):  # R32 needs bytes
            self.flagged[flag] += 1
        if reason:
            self.filtered[reason] += 1
        else:
            self._open.setdefault((day, who.key), []).append(second)

    def whole(self, who: Listener, *, at: int = 0, day: int = 0, reason: str | None = None) -> None:
        """Request the whole file in one 200."""
        self.ask(who, at=at, day=day, reason=reason)

    def span(
        self,
        who: Listener,
        first: int,
        last: int,
        *,
        at: int = 0,
        day: int = 0,
        sent: int | None = None,
        reason: str | None = None,
    ) -> None:
        """Request first..last with a 206, of which ``sent`` bytes were sent (all, by default)."""
        self.ask(
            who, at=at, day=day, first=first, last=last, sent=sent, status="206", reason=reason
        )

    def counts(self, who: Listener, *, day: int = 0) -> None:
        """This listener's requests of that day are exactly one download."""
        seconds = self._open.pop((day, who.key))
        self.expected.append(Expected(day, self.episode.guid, min(seconds), who))

    def fails(self, who: Listener, *, day: int = 0, outcome: str = "below_threshold") -> None:
        """This listener's requests of that day are not a download."""
        self.outcomes[outcome] += len(self._open.pop((day, who.key)))

    def close(self) -> None:
        """Refuse a scene that leaves a listener without a conclusion."""
        if self._open:
            raise AssertionError(
                f"the scene of {self.episode.guid} has listeners without a conclusion: "
                f"{sorted(self._open)}"
            )
