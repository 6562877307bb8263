"""The command group ``schema``."""

from wavehouse.schema.cli.commands import schema
from wavehouse.schema.cli.documents import docs, seed_command
from wavehouse.schema.cli.judging import JUDGING
from wavehouse.schema.cli.proving import LOOKING

schema.add_command(docs)
schema.add_command(seed_command)
for command in (*LOOKING, *JUDGING):
    schema.add_command(command)

__all__ = ["schema"]
