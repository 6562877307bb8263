"""Keys derived from the installation's secret, which no database stores."""

from __future__ import annotations

import hashlib
import hmac

from wavehouse.store import Place

_LINKS = b"wavehouse private media"


def link_key(location: Place) -> bytes:
    """The key of links to private media."""
    return hmac.new(location.secret.encode(), _LINKS, hashlib.sha256).digest()
