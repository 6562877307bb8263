"""The change set: one hash for all files of a run, which identifies them in the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from wavehouse.schema.types import Migration


def root(migrations: Sequence[Migration]) -> str:
    """The Merkle root of files as 64 hexadecimal digits; it changes with any byte of them.

    Leaves are the SHA-256 of a file's name and of its content's hash (line ends as LF), sorted by
    name; a node is the hash of its two children, and a node without a sibling moves up unchanged.
    """
    files = [
        file
        for migration in migrations
        for file in (migration.up, migration.down, migration.check)
        if file is not None
    ]
    level = [
        hashlib.sha256(f"{file.name}\0{file.checksum}".encode()).digest()
        for file in sorted(files, key=lambda file: file.name)
    ]
    while len(level) > 1:
        pairs = [level[n : n + 2] for n in range(0, len(level), 2)]
        level = [hashlib.sha256(b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs]
    return level[0].hex() if level else hashlib.sha256(b"").hexdigest()
