"""Use cases of the runner, one module each: apply, rollback, status."""
