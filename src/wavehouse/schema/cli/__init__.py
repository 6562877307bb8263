"""The command group ``schema``, for the program to mount."""

from wavehouse.schema.cli.commands import schema

__all__ = ["schema"]
