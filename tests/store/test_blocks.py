"""The texts of rows in blocks are those of every row, whatever kind of table it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from wavehouse.store import BETWEEN, stream_blocks
from wavehouse.store import rows_of_many as module
from wavehouse.workspace import Workspace

TABLES = {
    "plain": "CREATE TABLE searched.plain (id int, note text, organization_id uuid)",
    "long": "CREATE TABLE searched.long (id int, note text, organization_id uuid)",
    "empty": "CREATE TABLE searched.empty (id int, note text, organization_id uuid)",
    "parted": "CREATE TABLE searched.parted (id int, note text, organization_id uuid)"
    " PARTITION BY RANGE (id); CREATE TABLE searched.parted_1 PARTITION OF searched.parted"
    " FOR VALUES FROM (0) TO (700); CREATE TABLE searched.parted_2 PARTITION OF searched.parted"
    " FOR VALUES FROM (700) TO (90000)",
    "kept": "CREATE MATERIALIZED VIEW searched.kept AS"
    " SELECT n AS id, 'Note ' || n AS note, NULL::uuid AS organization_id"
    " FROM generate_series(1, 3000) n",
}
OWN = "0192a000-0000-7000-8000-000000000001"


@pytest.fixture
def workspace_with_tables(workspace: Workspace) -> Iterator[Workspace]:
    """Tables with rows, dead rows, empty and missing texts, and values outside of the pages."""
    with psycopg.connect(workspace.stores.listeners.place.admin, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA searched")
        for statement in TABLES.values():
            admin.execute(statement.encode())
        for table, rows in (("plain", 5000), ("parted", 5000)):
            admin.execute(
                f"INSERT INTO searched.{table} SELECT n, CASE WHEN n %% 7 = 0 THEN NULL"
                f" WHEN n %% 11 = 0 THEN '' ELSE 'Ärger ' || n END,"
                " CASE WHEN n %% 3 = 0 THEN %s::uuid END"
                " FROM generate_series(1, %s) n".encode(),
                [OWN, rows],
            )
            admin.execute(f"UPDATE searched.{table} SET note = 'moved' WHERE id < 90".encode())
            admin.execute(f"DELETE FROM searched.{table} WHERE id BETWEEN 200 AND 1500".encode())
        admin.execute(
            "INSERT INTO searched.long SELECT n, (SELECT string_agg(md5((n * k)::text), '')"
            " FROM generate_series(1, 3000) k) FROM generate_series(1, 40) n"
        )
        admin.execute("GRANT USAGE ON SCHEMA searched TO wavehouse_listeners_worker")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA searched TO wavehouse_listeners_worker")
        yield workspace
        admin.execute("DROP SCHEMA searched CASCADE")


@pytest.mark.parametrize("step", [1, 3, 256])
@pytest.mark.parametrize("columns", [(), ("note",), ("id", "note")])
def test_blocks_have_the_texts_of_all_rows(
    workspace_with_tables: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    columns: tuple[str, ...],
) -> None:
    """Of plain and partitioned tables, views that are stored, and long values; each once."""
    monkeypatch.setattr(module, "_PAGES_AT_ONCE", step)
    monkeypatch.setattr(module, "_BLOCK", 10_000)
    text = ", ".join(f"searched.{name}::text" for name in columns)
    whole = f"concat_ws(chr(31), {text})" if columns else "searched::text"
    with workspace_with_tables.stores.listeners.worker(snapshot=True) as tx:
        for table in TABLES:
            for organization, condition in ((None, "true"), (OWN, f"organization_id = '{OWN}'")):
                blocks = list(stream_blocks(tx, f"searched.{table}", columns, organization))  # type: ignore[arg-type]
                texts = [row.decode() for block in blocks for row in block.split(BETWEEN)]
                expected = _values(
                    tx,
                    f"SELECT lower({whole}) FROM searched.{table} AS searched WHERE {condition}",
                )
                assert sorted(expected) == sorted(texts if blocks else [])
                if table == "plain" and step == 1 and organization is None:
                    assert len(blocks) > 10


def _values(tx: Any, statement: str) -> list[str]:
    return [value for (value,) in tx.connection.execute(statement.encode()).fetchall()]


def test_long_values_outside_of_the_pages_are_read_by_row(
    workspace_with_tables: Workspace,
) -> None:
    """A block of pages could otherwise be longer than a text may be."""
    with workspace_with_tables.stores.listeners.worker(snapshot=True) as tx:
        assert module._pages(tx, "searched.long")[1] == 0
        assert module._pages(tx, "searched.plain")[1] > 100
