"""Background work of ``alerts``: evaluate the rules, send the emails."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from wavehouse.alerts.service.evaluating import evaluate_all
from wavehouse.alerts.service.managing import emails_of
from wavehouse.kernel.serving import address_of
from wavehouse.mail import mail_of
from wavehouse.queue import Attempt
from wavehouse.workspace import Workspace


def evaluating(workspace: Workspace) -> Callable[[], str | None]:
    """Open and resolve alerts; returns a line when something changed."""

    def work() -> str | None:
        done = evaluate_all(workspace.stores, workspace.settings)
        lines = [f"Alert: {alert.message}" for alert in done.opened]
        lines += [f"Resolved: {alert.message}" for alert in done.resolved]
        return "\n".join(lines) or None

    return work


def notifying(attempt: Attempt) -> None:
    """Send the emails about one alert; OSError when the mail server rejects them (Q18)."""
    workspace, identity = attempt.workspace, attempt.identity
    address = address_of(workspace.settings)
    with workspace.stores.operational.app(identity.organization_id) as tx:
        emails = emails_of(
            tx,
            identity=identity,
            alert_id=UUID(attempt.payload["alert_id"]),
            resolved=bool(attempt.payload["resolved"]),
            to=workspace.settings["alert_mail_to"],
            address=address,
        )
    mail = mail_of(workspace.settings, domain=urlsplit(address).hostname or "localhost")
    for email in emails:
        mail.send(to=email.to, subject=email.subject, text=email.text)
