"""Use cases of existing reports: list them, and return their files unchanged."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import Gone, NotFound
from wavehouse.sponsorship.queries import reports as queries
from wavehouse.sponsorship.types import ListedReport
from wavehouse.store import Operational, Tx


def list_reports(
    tx: Tx[Operational],
    *,
    identity: Identity,
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[ListedReport]:
    """Reports, latest first, starting after ``before``."""
    return queries.reports(tx, organization_id=identity.organization_id, before=before, limit=limit)


def find_report(tx: Tx[Operational], *, identity: Identity, report_id: UUID) -> ListedReport:
    """The report with this id. NotFound when there is none."""
    matching = queries.reports(tx, organization_id=identity.organization_id, report_id=report_id)
    if not matching:
        raise NotFound("unknown report", command="wavehouse reports")
    return matching[0]


def report_file(report: ListedReport) -> tuple[str, bytes]:
    """The name and the bytes of a report's file.

    Gone when it is missing or has changed: a sponsor never gets a different file under a report's
    number.
    """
    path = Path(unquote(urlsplit(report.file_url or "").path))
    try:
        content = path.read_bytes()
    except OSError:
        raise Gone(
            "the report's file was moved or deleted", hint="Make the report again."
        ) from None
    if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), report.sha256):
        raise Gone(
            "the report's file was changed after it was created", hint="Make the report again."
        )
    return path.name, content
