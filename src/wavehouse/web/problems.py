"""Error responses: problem+json for programs, a page or a fragment for people.

htmx swaps the bodies of errors too, so every error has a fragment that says what to do.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from wavehouse.kernel.errors import (
    InvalidInput,
    NotFound,
    NotSignedIn,
    TooManyRequests,
    UsageError,
    WavehouseError,
)
from wavehouse.web import pages
from wavehouse.web.headers import HEADERS
from wavehouse.web.view import Message

_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "hint": {"type": "string"},
        "command": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "object"}},
    },
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": _SCHEMA}},
    }
    for status in (400, 404, 405, 422)
}
"""The error responses common to all routes, for the OpenAPI document."""


def install(app: FastAPI, sign_in_command: str) -> None:
    """Register the application's handlers for each kind of error."""

    def ours(request: Request, error: Exception) -> Response:
        if not isinstance(error, WavehouseError):
            raise error
        command = sign_in_command if isinstance(error, NotSignedIn) else ""
        headers = None
        if isinstance(error, TooManyRequests):
            headers = {"Retry-After": str(error.retry_after)}
        return answer(request, error, command=command, headers=headers)

    app.add_exception_handler(WavehouseError, ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def is_fragment(request: Request) -> bool:
    """Whether htmx requests a fragment; history navigation requests a full page."""
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-history-restore-request") != "true"
        and headers.get("hx-request-type") != "full"
    )


def wants_page(request: Request) -> bool:
    """Whether to respond with a page; the API always responds with problem+json."""
    accepts = "text/html" in request.headers.get("accept", "")
    return accepts and not request.url.path.startswith("/api/")


def answer(
    request: Request,
    error: WavehouseError,
    *,
    status: int | None = None,
    command: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The error as a page, a fragment or problem+json, as requested."""
    if not wants_page(request):
        return problem(error, status=status, headers=headers)
    page = Message(
        error.title, _sentence(str(error)), error.hint or "", error.command or command, error.code
    )
    return HTMLResponse(
        pages.message(page, fragment=is_fragment(request)),
        status_code=status or error.http_status,
        headers={"Vary": "HX-Request, Accept", **(headers or {})},
    )


def _sentence(text: str) -> str:
    """Capitalize the message and add a full stop: the terminal's messages begin in lower case."""
    closed = text if text.endswith((".", "!", "?", ")")) else f"{text}."
    return closed[:1].upper() + closed[1:]


def problem(
    error: WavehouseError,
    *,
    status: int | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """RFC 9457: a stable code, a message, and the next step."""
    body: dict[str, Any] = {
        "type": f"urn:wavehouse:error:{error.code}",
        "title": error.title,
        "status": status or error.http_status,
        "detail": str(error),
        "code": error.code,
    }
    if error.hint:
        body["hint"] = error.hint
    if error.command:
        body["command"] = error.command
    return JSONResponse(
        body | more,
        status_code=body["status"],
        headers=headers,
        media_type="application/problem+json",
    )


def _invalid(request: Request, error: Exception) -> Response:
    """FastAPI's own validation: the wrong field and the reason, without the submitted value."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [
        {"where": ".".join(str(part) for part in each["loc"]), "says": each["msg"]}
        for each in errors
    ]
    said = "; ".join(f"{field['where']}: {field['says']}" for field in fields[:5])
    invalid = InvalidInput(said or "The request is invalid.")
    if wants_page(request):
        return answer(request, invalid)
    return problem(invalid, fields=fields)


def _http(request: Request, error: Exception) -> Response:
    """Framework errors: unknown address, wrong method, a body that is not JSON."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.NOT_FOUND:
        ours: WavehouseError = NotFound("This page does not exist.")
    else:
        ours = UsageError(f"{HTTPStatus(error.status_code).phrase}.")
    headers = dict(error.headers) if error.headers else None
    return answer(request, ours, status=error.status_code, headers=headers)


def _unexpected(request: Request, error: Exception) -> Response:
    """An unexpected error: shown without details; re-raised so that it is logged."""
    ours = WavehouseError(
        "Unexpected error; it has been logged.",
        hint="Try again. If the error persists, run:",
        command="wavehouse doctor",
    )
    return answer(request, ours, headers={**HEADERS, "Cache-Control": "no-store"})
