"""WebSub, the subscriber's side (W3C): secrets, signatures, leases, Link headers."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
LEASE = timedelta(days=10)
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(minutes=5), timedelta(days=30)
LONGEST_CHALLENGE = 1000
_LINK = re.compile(
    r"<([^<>]{1,2000})>"
    r'((?:\s*;\s*[\w*!#$&+.^`|~-]+\s*(?:=\s*(?:"[^"]*"|[^",;\s]*))?)*)'
)
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))', re.IGNORECASE)


def links_of(header: str | None) -> tuple[tuple[str, str], ...]:
    """The relation and address of every ``Link`` header (RFC 8288), in order."""
    return tuple(_links((header or "")[:4000]))


def _links(header: str) -> Iterator[tuple[str, str]]:
    for address, parameters in _LINK.findall(header):
        if rel := _REL.search(parameters):
            for relation in (rel[1] or rel[2] or "").lower().split():
                yield relation, address


def secret_of(installation: str, subscription_id: UUID) -> bytes:
    """The secret of a subscription: derived, so it is not stored anywhere."""
    message = b"wavehouse websub " + subscription_id.bytes
    return hmac.new(installation.encode(), message, hashlib.sha256).hexdigest().encode()


def method_and_digest(header: str | None) -> tuple[str, str] | None:
    """The parts of ``X-Hub-Signature``; None when WebSub does not define the method."""
    method, _, digest = (header or "").strip().partition("=")
    method = method.strip().lower()
    return (method, digest.strip().lower()) if method in METHODS else None


def subscription_form(*, callback: str, topic: str, secret: bytes) -> dict[str, str]:
    """The form that a subscriber sends to a hub."""
    return {
        "hub.mode": "subscribe",
        "hub.callback": callback,
        "hub.topic": topic,
        "hub.lease_seconds": str(round(LEASE.total_seconds())),
        "hub.secret": secret.decode(),
    }


def lease_of(query: Mapping[str, str]) -> timedelta:
    """The lease granted by a hub, limited to 5 minutes to 30 days; ten days when not stated."""
    stated = query.get("hub.lease_seconds", "")
    if not (stated.isascii() and stated.isdecimal() and len(stated) < 12):
        return LEASE
    return min(max(timedelta(seconds=int(stated)), _SHORTEST_LEASE), _LONGEST_LEASE)
