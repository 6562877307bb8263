"""The installation's site settings: names, cookies, commands."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Site:
    """Settings of the web edge; the defaults suit a single machine.

    ``hosts`` are further names that the ``Host`` header may hold; ``secure`` marks cookies for
    HTTPS only; ``sign_in_command`` prints a new one-time link; ``netloc`` is the host (and port) of
    the site's public address, for a proxy that changes ``Host``; ``provider`` names the provider of
    OpenID Connect to sign in with, if there is one.
    """

    hosts: frozenset[str] = frozenset()
    secure: bool = False
    sign_in_command: str = "wavehouse sign-in-link"
    netloc: str = ""
    provider: str = ""

    def allows(self, host: str) -> bool:
        """Whether a ``Host`` header names this site; protects against DNS rebinding."""
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]") or (host.count(":") > 1 and not host.startswith("[")):
            name, port = host, "0"
        if not port.isdecimal():
            return False
        if name.startswith("["):
            name = name[1:].partition("]")[0]
        name = name.rstrip(".").lower()
        return name in LOCAL_HOSTS or name in self.hosts
