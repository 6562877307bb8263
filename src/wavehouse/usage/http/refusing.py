"""Errors in OpenAI's format, with the retry headers that its clients follow."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from wavehouse.kernel.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    NotSignedIn,
    Refused,
    TooManyRequests,
    Unreachable,
    UsageError,
    WavehouseError,
)
from wavehouse.usage.service.refusals import BudgetExhausted, Unpriced, plain


class GatewayError(WavehouseError):
    """An error of a call through the gateway, with the status and the code that clients know."""

    code = "gateway"
    http_status = 502
    title = "The upstream failed"

    def __init__(
        self,
        message: str,
        *,
        status: int = 502,
        kind: str = "upstream_error",
        reason: str = "upstream_error",
        retry_after: str | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        """``body`` is an upstream error to forward unchanged."""
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.retry_after = retry_after
        self.body = body


_KNOWN: tuple[tuple[type[WavehouseError], int, str, str], ...] = (
    (NotSignedIn, 401, "invalid_request_error", "invalid_api_key"),
    (Unpriced, 402, "insufficient_quota", "unpriced"),
    (Refused, 403, "permission_error", "refused"),
    (NotFound, 404, "invalid_request_error", "model_not_found"),
    (Conflict, 409, "invalid_request_error", "conflict"),
    (InvalidInput, 400, "invalid_request_error", "invalid_value"),
    (UsageError, 400, "invalid_request_error", "invalid_value"),
    (Unreachable, 503, "server_error", "unreachable"),
)
_NOT_AGAIN = {"x-should-retry": "false"}
"""With this header, official clients do not retry the call."""


def refused(error: WavehouseError, request_id: str) -> JSONResponse:
    """The error in the format that OpenAI clients expect."""
    headers = {"x-request-id": request_id}
    if isinstance(error, BudgetExhausted):
        return _answer(429, _exhausted(error), headers | _NOT_AGAIN)
    if isinstance(error, GatewayError):
        if error.retry_after is not None:
            headers["retry-after"] = error.retry_after
        if error.body is not None:
            return JSONResponse(error.body, status_code=error.status, headers=headers)
        return _answer(error.status, _shape(error, error.kind, error.reason), headers)
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
        shape = _shape(error, "rate_limit_error", "rate_limit_exceeded")
        return _answer(429, shape, headers)
    for known, status, kind, reason in _KNOWN:
        if isinstance(error, known):
            if status < 500:
                headers |= _NOT_AGAIN
            return _answer(status, _shape(error, kind, reason), headers)
    return _answer(error.http_status, _shape(error, "server_error", error.code), headers)


def _exhausted(error: BudgetExhausted) -> dict[str, Any]:
    return _shape(error, "insufficient_quota", "insufficient_quota") | {
        "budget": error.budget,
        "budget_id": str(error.budget_id),
        "limit": plain(error.limit),
        "spent": plain(error.spent),
        "reserved": plain(error.reserved),
        "asked": plain(error.asked),
        "currency": error.currency,
        "resets_at": error.resets_at and error.resets_at.isoformat(),
    }


def _shape(error: WavehouseError, kind: str, reason: str) -> dict[str, Any]:
    return {"message": error.message, "type": kind, "param": error.where, "code": reason}


def _answer(status: int, error: dict[str, Any], headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status, headers=headers)
