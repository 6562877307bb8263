"""The tables that a program uses: names in its strings, by the transaction's database."""

from __future__ import annotations

from wavehouse.schema.rules.reserved import (
    ANY,
    merged,
    names_in_python,
    names_in_sql,
    reserved,
)
from wavehouse.schema.types import Catalogue, Table

SOURCE = '''"""Reads app.mentioned, which is no query."""
ALL = "SELECT * FROM app.constant"
OTHER = "SELECT * FROM app.anywhere"
"""Not app.noted either."""

def users(tx: Tx[Operational], *, name: str) -> list[str]:
    """Like app.documented."""
    tx.execute(ALL)
    return tx.values("SELECT name FROM app.users")

def both(operational: Tx[Operational], analytics: Tx[Analytics]) -> None:
    analytics.execute("DELETE FROM app.shared")

def generic(tx: Tx[D]) -> None:
    tx.execute("DELETE FROM app.generic")

def loads() -> str:
    return "COPY app.loaded FROM STDIN"

def any_table(tx: Tx[Analytics], *, table: str) -> None:
    tx.execute("DELETE FROM {t}", t=f"rollups.{table}")

DAILY = "by_day"
'''


def test_a_name_counts_for_the_database_of_its_transaction() -> None:
    """Constants count where they are used, other strings for every database, docstrings not."""
    assert {
        "operational": {"app.constant", "app.users", "app.shared"},
        "analytics": {"app.shared", "rollups."},
        ANY: {"app.anywhere", "app.generic", "app.loaded", "by_day"},
    } == names_in_python(SOURCE)


def test_files_of_sql_count_without_their_comments() -> None:
    """A statement of a transform is a use; a comment is not."""
    named = merged([names_in_sql("-- app.noted\nSELECT 1 FROM app.read"), {"x": {"app.other"}}])

    assert {ANY: {"app.read"}, "x": {"app.other"}} == named


def _table(name: str) -> Table:
    return Table(
        name=name, kind="r", comment=None, partition_key=None, storage=(), row_security=False,
        view=None, columns=(), constraints=(), indexes=(), foreign_keys=(), policies=(),
        triggers=(), grants=(),
    )  # fmt: skip


def test_a_name_that_is_put_together_is_used_by_its_beginning() -> None:
    """``f"rollups.{table}"`` with the string ``by_day`` uses by_day and by_day_country only."""
    named = names_in_python(SOURCE)
    tables = ("rollups.by_day", "rollups.by_day_country", "rollups.by_month", "app.by_day")
    catalogue = Catalogue((), (), (), tuple(map(_table, tables)))

    assert {"rollups.by_month", "app.by_day"} == reserved("analytics", catalogue, named)
    assert set(tables) == reserved("operational", catalogue, named)
