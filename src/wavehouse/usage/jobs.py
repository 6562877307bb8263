"""Recurring jobs of ``usage``, and the email about a threshold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import urlsplit

from wavehouse.kernel.serving import address_of
from wavehouse.mail import mail_of
from wavehouse.queue import Attempt
from wavehouse.usage.service import correcting, rollups, spending
from wavehouse.usage.service.refusals import plain
from wavehouse.workspace import Workspace


def sweeping(workspace: Workspace) -> Callable[[], str | None]:
    """Free expired reservations (U6)."""
    operational = workspace.stores.operational

    def work() -> str | None:
        freed = spending.sweep(operational)
        return f"{freed} expired reservations were freed" if freed else None

    return work


def rolling(workspace: Workspace) -> Callable[[], str | None]:
    """Start the current periods of budgets (U8)."""
    operational, identity = workspace.stores.operational, workspace.identity

    def work() -> str | None:
        rolled = correcting.roll_budgets(operational, identity=identity)
        return f"{rolled} budgets began a new period" if rolled else None

    return work


def nightly(workspace: Workspace) -> Callable[[], str | None]:
    """Compare totals with events and extend the calendar (U10)."""
    operational, identity = workspace.stores.operational, workspace.identity

    def work() -> str | None:
        differing = correcting.nightly(operational, identity=identity)
        return (
            f"totals of {differing} organizations differ from their events" if differing else None
        )

    return work


def rolling_up(workspace: Workspace) -> Callable[[], str | None]:
    """Compute the hours and days whose events differ from their rollups."""
    stores = workspace.stores

    def work() -> str | None:
        done = rollups.roll_up_usage(stores)
        return f"usage of {done.days} days was computed" if done.days else None

    return work


def email(attempt: Attempt) -> str | None:
    """Email a budget's addresses that a threshold was reached, once per address."""
    alert = attempt.payload
    sent = list(attempt.progress.get("sent", []))
    settings = attempt.workspace.settings
    domain = urlsplit(address_of(settings)).hostname or "localhost"
    mail = mail_of(settings, domain=domain)
    subject = f"{alert['threshold']} % of the budget {alert['budget']} is spent"
    until = alert["resets_at"] or "it is topped up"
    text = (
        f"{plain(Decimal(alert['settled']))} of {plain(Decimal(alert['limit']))} "
        f"{alert['currency']} of the budget {alert['budget']} is spent.\n\n"
        f"The budget is valid until {until}."
    )
    for address in alert["emails"]:
        if address in sent:
            continue
        mail.send(to=address, subject=subject, text=text)
        sent.append(address)
        attempt.checkpoint({"sent": sent})
    return None
