"""Commands of ``sponsorship``: sponsors, campaigns, conversions, and the sponsor report."""

from wavehouse.sponsorship.cli import flights  # noqa: F401 - adds its commands to campaigns
from wavehouse.sponsorship.cli.campaigns import campaigns
from wavehouse.sponsorship.cli.conversions import conversions
from wavehouse.sponsorship.cli.report import report
from wavehouse.sponsorship.cli.reports import reports
from wavehouse.sponsorship.cli.signals import credits_, pixels
from wavehouse.sponsorship.cli.sponsors import sponsors

__all__ = ["campaigns", "conversions", "credits_", "pixels", "report", "reports", "sponsors"]
