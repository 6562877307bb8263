"""conversions.csv, read line by line: constant memory, and a location for every bad row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.types import BadRow, RawRow

LONGEST_LINE = 64 * 1024
_BOM = b"\xef\xbb\xbf"


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[RawRow | BadRow]:
    """Each row of the file in order. Raises InvalidInput when the file has no usable header.

    A row is one line: a quoted line break truncates the row. Columns may be in any order and
    unknown ones are ignored; a header with semicolons means that all lines use semicolons.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InvalidInput(
            f"the file cannot be read: {error.strerror}", where=str(path), hint="Check the path."
        ) from None
    with stream:
        names, delimiter = _header(stream, path, columns)
        offset, line = stream.tell(), 1
        while piece := stream.readline(LONGEST_LINE + 1):
            line += 1
            yield from _row(piece, line, offset, names, delimiter, columns)
            offset += len(piece)
            if len(piece) > LONGEST_LINE and not piece.endswith(b"\n"):
                offset += _skip_line(stream)


def _header(stream: IO[bytes], path: Path, columns: Sequence[str]) -> tuple[list[str], str]:
    first = stream.readline(LONGEST_LINE).removeprefix(_BOM)
    where, hint = f"{path}:1", f"The first line must be: {','.join(columns)}"
    try:
        text = first.decode()
    except UnicodeDecodeError:
        raise InvalidInput("the header is not UTF-8 text", where=where, hint=hint) from None
    if not text.strip():
        raise InvalidInput("the file has no header line", where=where, hint=hint)
    delimiter = ";" if ";" in text and "," not in text else ","
    names = [name.strip().strip('"').lower() for name in text.split(delimiter)]
    missing = [column for column in columns if column not in names]
    if missing:
        raise InvalidInput(
            f"the header is missing the column {', '.join(missing)}", where=where, hint=hint
        )
    return names, delimiter


def _row(
    piece: bytes, line: int, offset: int, names: list[str], delimiter: str, columns: Sequence[str]
) -> Iterator[RawRow | BadRow]:
    if len(piece) > LONGEST_LINE:
        yield BadRow(line, offset, f"the line is longer than {LONGEST_LINE} bytes")
        return
    try:
        text = piece.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        yield BadRow(line, offset, f"the line is not UTF-8 (byte {error.start + 1})")
        return
    if not text.strip():
        return
    if "\0" in text:
        yield BadRow(line, offset, "the line contains NUL bytes")
        return
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        yield BadRow(line, offset, "a quote is not closed")
        return
    if len(cells) != len(names):
        yield BadRow(line, offset, f"the line has {len(cells)} columns, the header {len(names)}")
        return
    by_column = dict(zip(names, cells, strict=True))
    yield RawRow(line, offset, {column: by_column[column] for column in columns})


def _skip_line(stream: IO[bytes]) -> int:
    """Skip the rest of an overlong line; returns its number of bytes."""
    skipped = 0
    while piece := stream.readline(LONGEST_LINE):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped
