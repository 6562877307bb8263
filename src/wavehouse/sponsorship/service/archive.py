"""Use cases of existing reports: list them, verify them, and return their files unchanged."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import Gone, NotFound
from wavehouse.sponsorship.adapters import report_files
from wavehouse.sponsorship.queries import reports as queries
from wavehouse.sponsorship.types import ListedReport
from wavehouse.store import Operational, Tx

_AT_ONCE = 200


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
        raise NotFound("unknown report", command="wavehouse reports list")
    return matching[0]


def report_file(report: ListedReport) -> tuple[str, bytes]:
    """The name and the bytes of a report's file.

    Gone when it is missing or has changed: a sponsor never gets a different file under a report's
    number.
    """
    path = report_files.located(report.file_url or "")
    content = report_files.read_report(path)
    if content is None:
        raise Gone("the report's file was moved or deleted", hint="Make the report again.")
    if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), report.sha256):
        raise Gone(
            "the report's file was changed after it was created", hint="Make the report again."
        )
    return path.name, content


def verify_reports(
    tx: Tx[Operational], *, identity: Identity, report_ids: Sequence[UUID] = ()
) -> Iterator[tuple[ListedReport, str | None]]:
    """Compare the files of reports, or of all, with their digests; yields each with its fault.

    NotFound for an unknown report.
    """
    for report_id in report_ids:
        yield _verified(find_report(tx, identity=identity, report_id=report_id))
    before = None
    while not report_ids:
        listed = list_reports(tx, identity=identity, before=before, limit=_AT_ONCE)
        for report in listed:
            yield _verified(report)
        if len(listed) < _AT_ONCE:
            return
        before = (listed[-1].generated_at, listed[-1].report_id)


def unrecorded_files(
    tx: Tx[Operational],
    worker: Tx[Operational],
    *,
    identity: Identity,
    folders: Iterable[Path] = (),
) -> list[Path]:
    """Files beside issued reports, or in ``folders``, with a report's name but no record here.

    A run that was killed between writing a file and committing leaves one; so does another
    installation that uses the same folder. ``worker`` sees the reports of every organization, so
    that their files in a shared folder are not listed.
    """
    urls = queries.report_urls(tx, organization_id=identity.organization_id)
    searched = {report_files.located(url).parent for url in urls}
    searched.update(folder.resolve() for folder in folders)
    named = {
        report_id: path
        for folder in sorted(searched)
        for report_id, path in report_files.issued_ids(folder).items()
    }
    recorded = queries.recorded_ids(worker, report_ids=list(named))
    return [path for report_id, path in named.items() if report_id not in recorded]


def _verified(report: ListedReport) -> tuple[ListedReport, str | None]:
    try:
        report_file(report)
    except Gone as error:
        return report, error.message
    return report, None
