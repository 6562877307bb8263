"""Parse a form with one small file, ``multipart/form-data`` (RFC 7578), in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fastapi import Request

from wavehouse.kernel.errors import InvalidInput

LARGEST_FILE = 20 * 1024 * 1024
_OVERHEAD = 64 * 1024
_MOST_PARTS = 20
_LONGEST_FIELD = 8_192
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?(?:;|$)')
_NAME = re.compile(r'[; ]name="([^"\r\n]{1,100})"')
_FILE_NAME = re.compile(r'[; ]filename="([^"\r\n]{0,500})"')


@dataclass(frozen=True, slots=True)
class Upload:
    """The text fields of a form, and its file; ``content`` is empty without one."""

    fields: dict[str, str] = field(default_factory=dict)
    file_name: str = ""
    content: bytes = b""


async def read_upload(request: Request) -> Upload:
    """The form of a request: one file of at most 20 MB. InvalidInput for anything else."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    boundary = _BOUNDARY.search(parameters.strip())
    if kind.strip().lower() != "multipart/form-data" or boundary is None:
        raise InvalidInput("The form cannot be read.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FILE + _OVERHEAD:
            raise InvalidInput("The file is larger than 20 MB.")
    return parsed(bytes(body), boundary[1].encode())


def parsed(body: bytes, boundary: bytes) -> Upload:
    """The parts of a body between its boundaries. InvalidInput when it is not a form."""
    sections = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(sections) < 2 or len(sections) > _MOST_PARTS or not sections[-1].startswith(b"--"):
        raise InvalidInput("The form cannot be read.")
    upload = Upload()
    for section in sections[1:-1]:
        upload = _with_part(upload, section.removeprefix(b"\r\n"))
    return upload


def _with_part(upload: Upload, section: bytes) -> Upload:
    head, separator, content = section.partition(b"\r\n\r\n")
    try:
        lines = head.decode().split("\r\n")
        disposition = next(
            line for line in lines if line.lower().startswith("content-disposition:")
        )
        name = _NAME.search(disposition)
        file_name = _FILE_NAME.search(disposition)
        if not separator or name is None:
            raise InvalidInput("The form cannot be read.")
        if file_name is not None:
            if upload.content:
                raise InvalidInput("Send one file at a time.")
            return Upload(upload.fields, file_name[1], content)
        if len(content) > _LONGEST_FIELD:
            raise InvalidInput("A field is too long.")
        return Upload(
            {**upload.fields, name[1]: content.decode()}, upload.file_name, upload.content
        )
    except (StopIteration, UnicodeDecodeError):
        raise InvalidInput("The form cannot be read.") from None
