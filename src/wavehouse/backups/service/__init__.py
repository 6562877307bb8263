"""Use cases of backups."""
