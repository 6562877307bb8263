"""A seed file as rows: names become ids, texts become digests. Pure.

A seed is TOML: an array of tables per database table. ``"@name"`` is the id of that name,
``"sha256:text"`` the digest of the text, ``"hex:00ff"`` bytes. ``[[ensure]]`` requests the
partition for a day.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from wavehouse.kernel import ids
from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.types import EnsuredPartition, SeedFile, SeedRow

NAMESPACE = "wavehouse.seed"
_SPANS = ("day", "month", "year")


def parsed(path: Path, data: bytes) -> SeedFile:
    """The rows of a seed file in order, with their values as PostgreSQL reads them."""
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, f"the seed is not TOML: {error}") from None
    ensured = tuple(_ensured(path, entry) for entry in document.pop("ensure", []))
    rows = []
    for table, entries in document.items():
        if table.count(".") != 1 or not isinstance(entries, list):
            raise _wrong(path, f"{table} is not an array of rows named schema.table")
        rows += [SeedRow(table, {key: value(v) for key, v in row.items()}) for row in entries]
    return SeedFile(path, ensured, tuple(rows))


def value(written: Any) -> Any:
    """The value for a written value, without descending into lists and tables."""
    if not isinstance(written, str):
        return written
    if written.startswith("@"):
        return str(ids.named(NAMESPACE, written[1:]))
    if written.startswith("sha256:"):
        return "\\x" + hashlib.sha256(written.removeprefix("sha256:").encode()).hexdigest()
    if written.startswith("hex:"):
        return "\\x" + written.removeprefix("hex:")
    return written


def _ensured(path: Path, entry: dict[str, Any]) -> EnsuredPartition:
    try:
        ensured = EnsuredPartition(entry["table"], entry["day"], entry["span"])
    except KeyError as error:
        raise _wrong(path, f"an [[ensure]] entry lacks {error.args[0]}") from None
    if ensured.span not in _SPANS:
        raise _wrong(path, f"invalid span {ensured.span!r} of a partition")
    return ensured


def _wrong(path: Path, message: str) -> InvalidInput:
    return InvalidInput(message, where=str(path), hint="See the seeds in src/wavehouse/databases.")
