"""Commands of ``usage``: what was used, and what may be spent."""

from wavehouse.usage.cli.budgets import budgets
from wavehouse.usage.cli.usage import usage

__all__ = ["budgets", "usage"]
