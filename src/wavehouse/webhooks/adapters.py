"""Adapters of webhooks: encrypting secrets at rest, and sending to other servers."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from wavehouse import __version__
from wavehouse.fetching import Limits, Web
from wavehouse.kernel.errors import Refused, WavehouseError
from wavehouse.store import Place
from wavehouse.webhooks.rules import excerpt_of, seconds_of
from wavehouse.webhooks.types import Sent

USER_AGENT = f"Wavehouse/{__version__} (webhooks; +https://github.com/wavehouse/wavehouse)"
_EXCERPT = 1024
_SECONDS = 15.0
_NONCE = 12
_VERSION = b"\x01"


@dataclass(frozen=True, slots=True)
class Sealer:
    """Encrypts secrets with AES-256-GCM under a key of the installation.

    The key is derived from the secret that the roles' passwords come from. When that changes (a
    new password in the database's URL), stored secrets cannot be decrypted: rotate them.
    """

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, location: Place) -> Sealer:
        """The sealer of an installation."""
        label = b"wavehouse webhook secrets"
        return cls(hmac.new(location.secret.encode(), label, hashlib.sha256).digest())

    def sealed(self, secret: bytes, *, endpoint_id: UUID) -> bytes:
        """Encrypt the secret for one endpoint."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + AESGCM(self.key).encrypt(nonce, secret, endpoint_id.bytes)

    def opened(self, sealed: bytes, *, endpoint_id: UUID) -> bytes:
        """Decrypt the secret. Refused when it belongs to another endpoint or another key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, data = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return AESGCM(self.key).decrypt(nonce, data, endpoint_id.bytes)
        except (InvalidTag, ValueError):
            raise Refused(
                "the endpoint's secret cannot be decrypted: the installation's secret has changed",
                hint="Rotate the secret and give the receiver the new one.",
                command=f"wavehouse webhooks rotate {endpoint_id}",
            ) from None


class Sender(Protocol):
    """Sends a delivery."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        """Send a delivery; returns the outcome, and never raises for a failure of the receiver."""


class WebSender:
    """Sends through the guarded client (decision 0203): no redirects, 15 s in total."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._web = Web(
            allow_private=allow_private,
            limits=Limits(largest=_EXCERPT, seconds=_SECONDS, patience=_SECONDS, redirects=0),
            hint="The operator allows private addresses with WAVEHOUSE_WEBHOOK_ALLOW_PRIVATE.",
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        """Send a delivery and read at most 1 kB of the response."""
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        try:
            with self._web.post(url, body, sent) as answer:
                status = answer.response.status_code
                wait = seconds_of(answer.response.headers.get("retry-after"))
                try:
                    start = self._web.start_of_body(answer, _EXCERPT)
                except WavehouseError as broken:  # the status has arrived and is enough
                    return Sent(status, None, broken.message, wait)
                return Sent(status, excerpt_of(start, _EXCERPT), None, wait)
        except WavehouseError as error:
            return Sent(None, None, error.message)
