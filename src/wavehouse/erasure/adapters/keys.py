"""Keys outside the databases: for ledger hashes, sealed identifiers and certificates.

The first two are derived from the installation's secret (``server.secret``, or the password in the
URL of the operational database); the key that signs certificates is a file in the home.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wavehouse.erasure.types import Identifier
from wavehouse.kernel import files
from wavehouse.kernel.errors import Conflict, WavehouseError
from wavehouse.store import Stores
from wavehouse.store import ledger_hash as hash_of
from wavehouse.store import ledger_key as key_of

KEY_VERSION = 2
"""Version 2 hashes the identifiers of learners and buyers with their organization."""
_SEAL, _CHECK = b"wavehouse erasure identifiers", b"check"
_NONCE = 12


def _derived(stores: Stores, label: bytes) -> bytes:
    secret = stores.operational.place.secret
    return hmac.new(secret.encode(), label, hashlib.sha256).digest()


def _ledger_key(stores: Stores) -> bytes:
    return key_of(stores.operational.place.secret)


def ledger_hash(stores: Stores, identifier: Identifier, *, tenant: UUID | None) -> bytes:
    """HMAC-SHA256 of a normalised identifier with its kind, as stored in the ledger.

    ``tenant`` is the organization of a learner or a buyer, whose ids are the organization's own:
    another one may use the same order id.
    """
    return hash_of(_ledger_key(stores), identifier.kind.value, identifier.value, tenant)


def key_check(stores: Stores) -> str:
    """A fingerprint of the ledger's key, which reveals a ledger written under another key."""
    return hmac.new(_ledger_key(stores), _CHECK, hashlib.sha256).hexdigest()[:16]


def seal(stores: Stores, values: Mapping[str, Sequence[str]]) -> bytes:
    """A subject's values by name, encrypted (AES-256-GCM)."""
    content = json.dumps({name: list(listed) for name, listed in values.items()})
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_derived(stores, _SEAL)).encrypt(nonce, content.encode(), None)


def unseal(stores: Stores, sealed: bytes) -> dict[str, tuple[str, ...]]:
    """The values. Conflict when they were sealed under another key."""
    try:
        content = AESGCM(_derived(stores, _SEAL)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
    except InvalidTag:
        raise Conflict(
            "the identifiers of this request were sealed under another secret",
            hint="Restore the file server.secret that belongs to these databases.",
        ) from None
    return {name: tuple(listed) for name, listed in json.loads(content).items()}


def signing_key(home: Path) -> Ed25519PrivateKey:
    """The key that signs certificates; created on first use, mode 0600, in the home.

    WavehouseError when the file is damaged.
    """
    path = files.folder(home / "erasure") / "certificate.key"
    with suppress(FileExistsError):  # another process may be faster
        if not path.exists():
            new = Ed25519PrivateKey.generate().private_bytes_raw().hex()
            files.create(path, new.encode())
    try:
        text = files.read(path).decode("ascii", "replace").strip()
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError:
        raise WavehouseError(
            "the key that signs certificates is damaged",
            where=str(path),
            hint="Restore the file, or move it away: the next certificate is then signed by a new "
            "key, and earlier certificates keep their own public key.",
        ) from None


def sign(key: Ed25519PrivateKey, content: bytes) -> tuple[str, str]:
    """A signature and the public key, both in base64."""
    return (
        base64.b64encode(key.sign(content)).decode(),
        base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    )


def is_signed(content: bytes, signature: str, public_key: str) -> bool:
    """Whether the signature of the content is valid for a public key, both in base64."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (ValueError, InvalidSignature):
        return False
    return True
