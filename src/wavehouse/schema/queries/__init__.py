"""Every SQL statement of ``schema``: the runner's here, the catalogue's and the seeds' beside it."""

from wavehouse.schema.queries.running import (
    append_journal,
    become,
    create_state,
    database_name,
    delete_history,
    has_state,
    history,
    invalid_indexes,
    mark_rolling_back,
    put_history,
    release_runner_lock,
    set_lock_timeout,
    try_runner_lock,
)

__all__ = [
    "append_journal",
    "become",
    "create_state",
    "database_name",
    "delete_history",
    "has_state",
    "history",
    "invalid_indexes",
    "mark_rolling_back",
    "put_history",
    "release_runner_lock",
    "set_lock_timeout",
    "try_runner_lock",
]
