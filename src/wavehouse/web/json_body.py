"""Parse a small JSON object from a request's body, for the pages' own scripts.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

import json
from typing import Annotated, Any

from fastapi import Depends, Request

from wavehouse.kernel.errors import InvalidInput

_LONGEST = 65_536


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object of a request with ``Content-Type: application/json``, at most 64 KiB.

    Another site's form cannot send that type without a preflight, so this protects like a CSRF
    token.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InvalidInput("the body must be JSON")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            raise InvalidInput("the body is too long")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("the body is not JSON") from None
    if not isinstance(value, dict):
        raise InvalidInput("the body is not a JSON object")
    return value


JsonBody = Annotated[dict[str, Any], Depends(json_object)]
