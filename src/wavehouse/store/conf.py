"""The configuration file of the embedded server, sized for the machine; and quoted paths."""

from __future__ import annotations

import os
from pathlib import Path

_DEFAULT_PORT = 5432
_FLEETING = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


def fits_a_setting(path: Path) -> bool:
    """True when libpq and the configuration file allow this folder: no comma or control character.

    libpq treats a comma in ``host`` as the end of a host name and cannot quote it.
    """
    text = str(path)
    return text.isprintable() and "," not in text


def _quoted(path: Path) -> str:
    """A path as the only element of a list setting: quoted as an element, then as a string."""
    element = '"' + str(path).replace('"', '""') + '"'
    return "'" + element.replace("\\", "\\\\").replace("'", "''") + "'"


def fits_a_shell(path: Path) -> bool:
    """True when a path can be part of ``archive_command`` in double quotes."""
    return not set(str(path)) & set("\"'$`\\%\n")


def archive_settings(archive: Path | None) -> str:
    """The archive of the write-ahead log; without a folder every segment counts as archived.

    ``archive_mode`` is always on, because changing it needs a restart and the command does not. A
    segment is written under another name, synced and renamed; one that is already there must have
    the same content.
    """
    if archive is None:
        return "archive_mode = on\narchive_command = 'exit 0'\n"
    target = f'"{archive}/%f"'
    unfinished = f'"{archive}/%f.tmp"'
    command = (
        f'if [ -e {target} ]; then cmp -s "%p" {target}; '
        f'else cp "%p" {unfinished} && sync {unfinished} && mv {unfinished} {target}; fi'
    )
    return f"archive_mode = on\narchive_command = '{command}'\narchive_timeout = 5min\n"


def settings(
    socket_folder: Path, port: int | None, *, lasting: bool, archive: Path | None = None
) -> str:
    """The text of ``wavehouse.conf``. Without ``lasting`` nothing waits for the disk."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared = max(128, min(2048, memory // 8)) if lasting else 128
    listen = "127.0.0.1" if port else ""
    return (
        "# written by wavehouse at every start; changes here are lost\n"
        f"unix_socket_directories = {_quoted(socket_folder)}\n"
        "unix_socket_permissions = 0700\n"
        f"listen_addresses = '{listen}'\n"
        f"port = {port or _DEFAULT_PORT}\n"
        f"{archive_settings(archive) if lasting else _FLEETING}"
        "password_encryption = 'scram-sha-256'\n"
        f"shared_buffers = {shared}MB\n"
        f"effective_cache_size = {max(512, memory // 2)}MB\n"
        "work_mem = 64MB\n"
        "maintenance_work_mem = 256MB\n"
        "max_connections = 60\n"
        "jit = off\n"
        "max_wal_size = 4GB\n"
        "checkpoint_timeout = 15min\n"
        "random_page_cost = 1.1\n"
        # a new table has no statistics, and plans made meanwhile are cached
        "autovacuum_naptime = 10s\n"
        "timezone = 'UTC'\n"
        "log_timezone = 'UTC'\n"
        "lc_messages = 'C'\n"
        "log_line_prefix = '%m [%p] '\n"
        # statements may hold addresses or secrets: the log never repeats them
        "log_min_error_statement = panic\n"
        "log_parameter_max_length_on_error = 0\n"
    )
