"""The text of a migration file: strict UTF-8, no NUL, LF line ends, and its checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.types import SqlFile


def sql_file(path: Path, raw: bytes) -> SqlFile:
    """The file as it will be run; other line endings in a checkout are the same migration."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"the file is not UTF-8: byte {error.start} cannot be read",
            where=f"{path.name}:{line}",
            hint="Convert the file to UTF-8.",
            command=f"iconv -f LATIN1 -t UTF-8 {path.name}",
        ) from error
    before, nul, _ = text.partition("\0")
    if nul:
        raise InvalidInput(
            "the file has a NUL character, which PostgreSQL does not accept",
            where=f"{path.name}:{before.count(chr(10)) + 1}",
            hint="Save the file as plain UTF-8 text.",
        )
    text = text.replace("\r\n", "\n")
    return SqlFile(path, text, hashlib.sha256(text.encode()).hexdigest())
