"""Classifies referrers: plausible or not (R23), or a page that preloads (R24).

A referrer is classified by its site (scheme and host), of which there are few distinct ones. It is
implausible when no browser or app could have sent it: not an address, a scheme of neither the web
nor an app, an invalid host, or one that is not publicly reachable.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

from wavehouse.kernel.reference import Preloaders

Finding = Literal["", "implausible", "preload"]

_WEB = frozenset({"http:", "https:"})
_APPS = frozenset({"android-app:", "ios-app:", "app:", "capacitor:", "ionic:", "file:"})


def judged(site: str, preloaders: Preloaders) -> Finding:
    """The classification of requests from a site (``https://host:port``, or any other text)."""
    scheme, slashes, target = site.strip().lower().partition("//")
    if not slashes:
        return "implausible"
    if scheme in _APPS:
        return ""
    host = target.rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if scheme not in _WEB or not _is_public(host):
        return "implausible"
    return "preload" if preloaders.has_page(host) else ""


def _is_public(host: str) -> bool:
    """True for a name with a dot that is not local to a machine, and for a public address."""
    try:
        return ip_address(host).is_global
    except ValueError:
        labels = host.rstrip(".").split(".")
        return (
            len(labels) > 1
            and all(labels)
            and labels[-1] not in ("local", "localhost", "internal", "invalid")
            and not any(c.isspace() or c in '"<>\\' for c in host)
        )
