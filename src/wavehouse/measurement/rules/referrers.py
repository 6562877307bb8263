"""Where a request says it comes from: plausible, or not (R23), or a page that preloads (R24).

A referrer is asked for by its site, scheme and host: what matters, and few distinct ones. It is
implausible when no browser or app could have sent it: no address at all, another scheme than the
web's or an app's, a host that is none, or one that nobody else can reach.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

from wavehouse.kernel.reference import Preloaders

Finding = Literal["", "implausible", "preload"]

_WEB = frozenset({"http:", "https:"})
_APPS = frozenset({"android-app:", "ios-app:", "app:", "capacitor:", "ionic:", "file:"})


def judged(site: str, preloaders: Preloaders) -> Finding:
    """What a site (``https://host:port``, or any other text) says of its requests."""
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
    """True for a name with a dot that is not a machine's own, and for an address of the web."""
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
