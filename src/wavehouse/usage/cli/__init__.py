"""Commands of ``usage``: model usage and budgets."""

from wavehouse.usage.cli.budgets import budgets
from wavehouse.usage.cli.usage import usage

__all__ = ["budgets", "usage"]
