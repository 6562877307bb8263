"""Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint), with Ed25519 keys. Pure.

A note is text that ends with a newline, an empty line, and one line for each signature. A
checkpoint is a note with the lines origin, size of the tree, root in base64, and here its instant.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from wavehouse.audit.types import Head

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_SIGNATURE = "— "
_TIME = "time "


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies notes: its name, and the 32 bytes of an Ed25519 public key."""

    name: str
    key: bytes

    @property
    def digest(self) -> bytes:
        """The four bytes that identify the key in a signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    @property
    def key_id(self) -> str:
        """The name and the digest: ``name+01234567``."""
        return f"{self.name}+{self.digest.hex()}"

    def __str__(self) -> str:
        return f"{self.key_id}+{_encoded(_ED25519 + self.key)}"


def public_key(text: str) -> PublicKey:
    """The key in a line ``name+digest+base64``. ValueError for any other text."""
    try:
        name, digest, data = text.strip().split("+", 2)
        decoded = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("not a public key of a signed note") from None
    made = PublicKey(name, decoded[1:])
    if not name or decoded[:1] != _ED25519 or len(made.key) != 32 or made.digest.hex() != digest:
        raise ValueError("not an Ed25519 key of a signed note")
    return made


def private_text(name: str, seed: bytes) -> str:
    """The private key as a line, to store; ``seed`` has 32 random bytes."""
    key = verifier_of(name, seed)
    return f"{_PRIVATE}{key.key_id}+{_encoded(_ED25519 + seed)}"


def private_key(text: str) -> tuple[PublicKey, bytes]:
    """The public key and the seed of a line of ``private_text``. ValueError when it is damaged."""
    try:
        name, digest, data = text.strip().removeprefix(_PRIVATE).split("+", 2)
        decoded = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("not a private key of signed notes") from None
    if not text.startswith(_PRIVATE) or decoded[:1] != _ED25519 or len(decoded) != 33:
        raise ValueError("not an Ed25519 private key of signed notes")
    key = verifier_of(name, decoded[1:])
    if key.digest.hex() != digest:
        raise ValueError("the private key does not match its digest")
    return key, decoded[1:]


def verifier_of(name: str, seed: bytes) -> PublicKey:
    """The public key of a seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return PublicKey(
        name, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    )


def body(head: Head) -> str:
    """The text of a checkpoint, without signatures."""
    at = head.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return f"{head.origin}\n{head.size}\n{_encoded(head.root)}\n{_TIME}{at}\n"


def signed(text: str, key: PublicKey, seed: bytes) -> str:
    """The note: text, empty line, signature."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return f"{text}\n{_SIGNATURE}{key.name} {_encoded(key.digest + signature)}\n"


def is_signed_by(note: str, key: PublicKey) -> bool:
    """True when the note has a valid signature of this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text, _, signatures = note.partition("\n\n")
    for line in signatures.splitlines():
        name, _, data = line.removeprefix(_SIGNATURE).partition(" ")
        try:
            decoded = base64.b64decode(data, validate=True)
        except (ValueError, binascii.Error):
            continue
        if name != key.name or decoded[:4] != key.digest or not line.startswith(_SIGNATURE):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.key).verify(decoded[4:], f"{text}\n".encode())
        except InvalidSignature:
            continue
        return True
    return False


def read(note: str) -> Head:
    """The head of the tree in a checkpoint. ValueError when it is not one."""
    text, _, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if any(not line.startswith(_SIGNATURE) for line in signatures.splitlines()):
        raise ValueError("not a checkpoint: it has other lines after its signatures")
    if len(lines) != 4 or not lines[3].startswith(_TIME):
        raise ValueError("not a checkpoint")
    try:
        size, top = int(lines[1]), base64.b64decode(lines[2], validate=True)
        head = Head(lines[0], size, top, datetime.fromisoformat(lines[3].removeprefix(_TIME)))
        exact = body(head) == "\n".join(lines) + "\n"
    except (ValueError, binascii.Error):
        raise ValueError("not a checkpoint") from None
    if not exact or len(top) != 32:
        raise ValueError("not a checkpoint in its canonical form")
    return head


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
