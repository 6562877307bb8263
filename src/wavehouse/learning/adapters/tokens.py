"""Session tokens: a player may send the events of one session, and nothing else.

A token is a keyed hash, so it is not stored. It expires with its session: an archived or erased
session accepts no events.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from wavehouse.kernel.errors import NotSignedIn
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Place

_PREFIX = "whs_"
_ORGANIZATION = 16
_MAC = 24


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and verifies tokens with a key of the installation."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, location: Place) -> Tokens:
        """The tokens of an installation."""
        label = b"wavehouse learning sessions"
        return cls(hmac.new(location.secret.encode(), label, hashlib.sha256).digest())

    def token(self, organization_id: OrganizationId, session_id: str) -> str:
        """The token of a session."""
        mac = self._mac(organization_id.bytes, session_id)
        return _PREFIX + base64.urlsafe_b64encode(organization_id.bytes + mac).decode()

    def organization(self, token: str, session_id: str) -> OrganizationId:
        """The organization in a token for this session. NotSignedIn when the token is invalid."""
        try:
            raw = base64.b64decode(token.removeprefix(_PREFIX), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        name, mac = raw[:_ORGANIZATION], raw[_ORGANIZATION:]
        good = hmac.compare_digest(mac, self._mac(name, session_id))
        if not (token.startswith(_PREFIX) and len(raw) == _ORGANIZATION + _MAC and good):
            raise NotSignedIn("invalid session token", hint="Start the session again.")
        return OrganizationId(UUID(bytes=name))

    def _mac(self, organization: bytes, session_id: str) -> bytes:
        text = organization + session_id.encode("utf-8", "surrogatepass")
        return hmac.new(self.key, text, hashlib.sha256).digest()[:_MAC]
