"""Connecting to a server: error messages, and what they must not contain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from wavehouse import schema
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import EXIT_UNREACHABLE, Unreachable, UsageError, WavehouseError
from wavehouse.schema.adapters.server import label
from wavehouse.schema.service.session import lock_key

Write = Callable[[dict[str, str]], Path]


def told(error: WavehouseError) -> str:
    return f"{error} {error.where} {error.next_steps()}"


def test_a_server_that_does_not_answer_has_an_exit_code_and_a_next_command(tmp_path: Path) -> None:
    """The message has host and database, not the password."""
    url = f"postgresql://someone:hush-hush@/nothing?host={tmp_path}&port=6543"
    with pytest.raises(Unreachable) as caught:
        schema.status(url, tmp_path)
    assert EXIT_UNREACHABLE == caught.value.exit_code
    assert f"{tmp_path}:6543/nothing" == caught.value.where
    assert "wavehouse doctor" in str(caught.value.next_steps())
    assert "hush" not in told(caught.value)


def test_a_database_that_does_not_exist_is_said_in_the_servers_words(
    postgres: str, tmp_path: Path
) -> None:
    """The server answers, but the database does not exist."""
    with pytest.raises(Unreachable, match="the database nothing does not exist"):
        schema.status(make_conninfo(postgres, dbname="nothing"), tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:hush@hush@host/db",
        "postgresql://someone:hush/hush@host/db",
        "postgresql://someone:hush%zz@host/db",
        "postgresql://someone:hush#@host:hush/db",
        "hush",
    ],
)
def test_a_malformed_url_is_refused_without_repeating_a_piece_of_it(
    url: str, tmp_path: Path
) -> None:
    """A stray character in a password moves parts of it into the host, the port or the error."""
    with pytest.raises(UsageError) as caught:
        schema.status(url, tmp_path)
    assert "hush" not in told(caught.value)
    assert "percent-encode" in str(caught.value.next_steps())


def test_a_label_names_the_place_without_the_account() -> None:
    """This is the form in which messages show a URL."""
    assert "db.example:5433/shop" == label("postgresql://me:secret@db.example:5433/shop")
    assert "local socket/shop" == label("dbname=shop user=me password=secret")


def test_the_advisory_lock_is_a_signed_64_bit_number_of_the_database() -> None:
    """Each database has a separate key; PostgreSQL takes a bigint."""
    keys = [lock_key(name) for name in DATABASES]
    assert len(DATABASES) == len(set(keys))
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_a_server_that_goes_away_during_a_file_is_unreachable_not_failed(
    database: str, ladder: Write
) -> None:
    """The suggested command shows the stored state."""
    suicide = "SELECT pg_terminate_backend(pg_backend_pid());"
    with pytest.raises(Unreachable, match=r"lost during the migration .1_a\.up\.sql") as caught:
        schema.apply(database, ladder({"1_a.up": suicide}))
    assert "wavehouse schema status" in str(caught.value.next_steps())


def test_a_database_that_may_not_be_written_is_a_sentence(database: str, ladder: Write) -> None:
    """Every server error for the runner's own statements is explained, without a traceback."""
    with psycopg.connect(database, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with pytest.raises(WavehouseError, match="read-only transaction"):
        schema.apply(database, ladder({"1_a.up": "SELECT 1;"}))
