"""The tree of errors: each class has a code, an HTTP status, an exit code and a title.

Every error that users see is a ``WavehouseError``. The command line prints ``message (where)``,
``hint`` and ``command`` and exits with ``exit_code``; the web responds with
``application/problem+json`` and ``http_status``. The generated reference lists every code.
"""

from __future__ import annotations

from uuid import UUID

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_FOUND = 3
EXIT_REFUSED = 4
EXIT_UNREACHABLE = 5
EXIT_PARTIAL = 6


class WavehouseError(Exception):
    """An error with a message that a user can act on.

    ``where`` is a file and line, a field or an address; ``hint`` is a sentence about what to do;
    ``command`` is something to type or send, without words around it.
    """

    code = "failed"
    http_status = 500
    exit_code = EXIT_FAILED
    title = "Wavehouse failed"

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        command: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.command = command

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where else self.message

    def next_steps(self) -> list[str]:
        """The lines that a terminal prints below the message: zero, one or two."""
        steps = (("Hint:  ", self.hint), ("Try:   ", self.command))
        return [f"{label}{text}" for label, text in steps if text]


class InvalidInput(WavehouseError):
    """A value, a file or a request is invalid."""

    code = "invalid_input"
    http_status = 422
    exit_code = EXIT_FAILED
    title = "The input is invalid"


class UsageError(WavehouseError):
    """The command or its options are wrong."""

    code = "usage"
    http_status = 400
    exit_code = EXIT_USAGE
    title = "The command or request is invalid"


class NotFound(WavehouseError):
    """The named object does not exist, or the caller may not see it."""

    code = "not_found"
    http_status = 404
    title = "Not found"


class Gone(WavehouseError):
    """The object existed and was removed or changed."""

    code = "gone"
    http_status = 410
    title = "It no longer exists"


class Conflict(WavehouseError):
    """The change conflicts with existing data."""

    code = "conflict"
    http_status = 409
    title = "This conflicts with existing data"


class PreconditionFailed(WavehouseError):
    """The object has changed since it was read (`If-Match`)."""

    code = "precondition_failed"
    http_status = 412
    title = "It has changed in the meantime"


class NotSignedIn(WavehouseError):
    """The request has no valid session or API key."""

    code = "not_signed_in"
    http_status = 401
    exit_code = EXIT_REFUSED
    title = "Sign in first"


class Refused(WavehouseError):
    """Not allowed: a permission or an approval is missing, or the address is private."""

    code = "refused"
    http_status = 403
    exit_code = EXIT_REFUSED
    title = "Refused"


class LimitReached(Refused):
    """The organization's plan does not allow more."""

    code = "limit_reached"
    title = "The plan's limit is reached"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        command: str,
        organization_id: UUID,
        limit: str,
        used: int,
        allowed: int,
    ) -> None:
        """``limit`` names the limited resource; ``used`` and ``allowed`` are counts of it."""
        super().__init__(message, hint=hint, command=command)
        self.organization_id = organization_id
        self.limit, self.used, self.allowed = limit, used, allowed


class TooManyRequests(WavehouseError):
    """A rate limit was reached."""

    code = "too_many_requests"
    http_status = 429
    exit_code = EXIT_REFUSED
    title = "Too many requests"

    def __init__(self, message: str, *, hint: str | None = None, retry_after: int = 60) -> None:
        """``retry_after`` is the number of seconds until the next attempt is allowed."""
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Unreachable(WavehouseError):
    """The database, or another required server, does not respond."""

    code = "unreachable"
    http_status = 503
    exit_code = EXIT_UNREACHABLE
    title = "A server does not respond"


class DiskFull(WavehouseError):
    """A disk is full: the database's, or the one of the written file."""

    code = "disk_full"
    http_status = 507
    title = "The disk is full"


class Interrupted(WavehouseError):
    """Ctrl-C or a signal ended the command, which reports the completed work itself."""

    code = "interrupted"
    title = "Stopped before the end"


class PartlyApplied(WavehouseError):
    """A change was applied only in part; the message has the command that repairs it."""

    code = "partly_applied"
    http_status = 500
    exit_code = EXIT_PARTIAL
    title = "Partly applied"


def tree(root: type[WavehouseError] = WavehouseError) -> list[type[WavehouseError]]:
    """Every error class, parents before children, for the reference and its test."""
    rows = [root]
    for child in sorted(root.__subclasses__(), key=lambda c: c.__name__):
        rows.extend(tree(child))
    return rows
