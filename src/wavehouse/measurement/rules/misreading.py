"""Detects a log that lacks required data: most of its lines have the same reason.

This only uses the requests for known files in the first chunk of a file, as the log of a whole web
site has many other requests. It needs at least ten lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wavehouse.measurement.types import Reason

_ENOUGH = 10
_REFUSED: Mapping[str, tuple[str, str]] = {
    Reason.BAD_IP: (
        "have an unreadable address (bad_ip, R06)",
        "Turn off HostnameLookups, or describe the line with --fields.",
    ),
    Reason.EMPTY_AGENT: (
        "have no user agent (empty_agent, R16)",
        "Log it, as the combined format does, or describe the line with --fields.",
    ),
    Reason.BAD_METHOD: (
        "are not GET requests (bad_method, R09)",
        "Use the log of the server that sends the files, or describe the line with --fields.",
    ),
    Reason.BAD_STATUS: (
        "have a status other than 200 and 206 (bad_status, R11)",
        "Use the log of the server that sends the files: a server that redirects has no downloads.",
    ),
}
_ORDINARY = frozenset({Reason.BAD_METHOD, Reason.BAD_STATUS})
"""Reasons of single requests, not of a log: an outage or a monitor may make them the majority of a
quiet hour, so that a file is refused for them only if hardly any other request is in it."""
_DOUBTED: Mapping[str, str] = {
    Reason.DATACENTER: "come from data centres (R17): is the address that of a proxy "
    "or CDN in front of the server? See the setting trusted_proxies",
    Reason.VPN: "come from VPNs (R17): is the address that of a proxy in front of the server?",
    Reason.EXCESS_IP: "come from addresses with too many requests (R18): is the address that of a "
    "proxy in front of the server? See the setting trusted_proxies",
    Reason.MALFORMED_AGENT: "have a malformed user agent (R22): is a different field in its place?",
    Reason.INTERNAL: "are requests of the server to itself (R17)",
    Reason.PROBE_RANGE: "are probes of one or two bytes (R14): is the range in the right field?",
}


@dataclass(frozen=True, slots=True)
class Misread:
    """The common problem of most lines. A file is refused if there is a ``hint``."""

    message: str
    hint: str = ""


def misread(rows: int, filtered: Mapping[str, int]) -> Misread | None:
    """The reason that most of these requests share; None when there is none."""
    unknown = filtered.get(Reason.UNKNOWN_PATH, 0)
    for reason in (*_REFUSED, *_DOUBTED):
        judged = rows if reason == Reason.BAD_IP else rows - unknown
        number = filtered.get(reason, 0)
        if judged < _ENOUGH or number * 2 <= judged:
            continue
        said, hint = _REFUSED.get(reason, (_DOUBTED.get(reason, ""), ""))
        if reason in _ORDINARY and number * 10 <= judged * 9:
            hint = ""
        return Misread(f"most lines ({number:,} of {judged:,}) {said}", hint)
    return None
