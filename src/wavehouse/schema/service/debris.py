"""Determine what a statement outside a transaction did, from the objects before and after it.

Before such a statement runs, the journal stores the OIDs of its objects. A start without an end
means an interrupted statement; the objects are compared: ``none`` (nothing happened: run it),
``done`` (record it), or ``debris`` (an invalid index, a pending detachment: remove or finish it,
then run it).
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from wavehouse.kernel.errors import PartlyApplied
from wavehouse.schema.queries import debris as queries
from wavehouse.schema.rules.parser import Act, Unparsable, acts
from wavehouse.schema.service.recording import Facts
from wavehouse.schema.types import MigrationFailed, Name, SqlFile, Statement

_OWN_COMMITS = frozenset({"DoStmt", "CallStmt"})


def act_of(statement: Statement) -> Act:
    """The action of a statement; one without a kind when PostgreSQL's grammar cannot parse it."""
    parsed = acts(statement.text)
    if isinstance(parsed, Unparsable) or not parsed:
        return Act("")
    return next((act for act in parsed if act.concurrent), parsed[0])


def facts_before(connection: psycopg.Connection, act: Act) -> Facts:
    """The objects that a statement affects, before it runs."""
    facts: Facts = {}
    if act.kind == "IndexStmt":
        index = queries.index_beside(connection, table=act.relation, index=act.name)
        facts["table"] = queries.relation_oid(connection, relation=act.relation)
        facts["there"] = [index.oid] if index else []
    elif act.kind == "DropStmt:index":
        dropped = [queries.index_named(connection, name=name) for name in act.names]
        facts["there"] = [index.oid for index in dropped if index is not None]
    elif act.kind == "AT_DetachPartition":
        facts["table"] = queries.relation_oid(connection, relation=act.relation)
        facts["partition"] = queries.relation_oid(connection, relation=act.names[0])
        facts["attached"] = (
            facts["partition"] is not None
            and queries.detach_state(connection, partition=facts["partition"]) is False
        )
    elif act.kind == "ReindexStmt":
        facts["tables"] = sorted(
            queries.tables_of_reindex(
                connection, scope=act.type, name=act.name, relation=act.relation
            )
        )
        facts["remains"] = [index.oid for index in queries.remains_of_reindex(connection)]
    return facts


def touched(facts: Facts) -> frozenset[int] | None:
    """The tables of a statement outside a transaction; None when it may be any table."""
    if "tables" in facts:
        return frozenset(facts["tables"])
    known = [facts[key] for key in ("table", "partition") if facts.get(key) is not None]
    return frozenset(known) if known or "there" in facts else None


def finished(connection: psycopg.Connection, act: Act, facts: Facts) -> bool:
    """Whether an interrupted statement was done; removes or finishes its debris."""
    if act.kind == "IndexStmt":
        index = queries.index_beside(connection, table=act.relation, index=act.name)
        if index is None or index.oid in facts.get("there", []):
            return False
        clean(connection, act, facts)
        return index.valid
    if act.kind == "DropStmt:index":
        there: list[int] = facts.get("there", [])
        if facts and len(there) < len(act.names) and not act.if_not_exists:
            return False
        return all(queries.index_by_oid(connection, oid=oid) is None for oid in there)
    if act.kind == "AT_DetachPartition":
        partition = facts.get("partition")
        if partition is None:
            return False
        clean(connection, act, facts)
        state = queries.detach_state(connection, partition=partition)
        return state is None and bool(facts.get("attached"))
    clean(connection, act, facts)
    return False


def clean(connection: psycopg.Connection, act: Act, facts: Facts) -> None:
    """Remove or finish the debris of an interrupted statement."""
    if act.kind == "IndexStmt":
        index = queries.index_beside(connection, table=act.relation, index=act.name)
        if index is not None and not index.valid and index.oid not in facts.get("there", []):
            _drop_index(connection, index.name)
    elif act.kind == "ReindexStmt":
        for index in _remains(connection, facts):
            _drop_index(connection, index.name)
    elif act.kind == "AT_DetachPartition":
        partition, table = facts.get("partition"), facts.get("table")
        if partition and table and queries.detach_state(connection, partition=partition):
            connection.execute(
                sql.SQL("ALTER TABLE {} DETACH PARTITION {} FINALIZE").format(
                    _identifier(queries.relation_name(connection, oid=table)),
                    _identifier(queries.relation_name(connection, oid=partition)),
                )
            )


def _remains(connection: psycopg.Connection, facts: Facts) -> Iterator[queries.IndexFound]:
    """The copies left by the interrupted REINDEX, without those that existed before it."""
    tables, before = set(facts.get("tables", [])), set(facts.get("remains", []))
    for index in queries.remains_of_reindex(connection):
        if index.table in tables and index.oid not in before:
            yield index


def refuse_invalid(
    connection: psycopg.Connection, act: Act, file: SqlFile, statement: Statement
) -> None:
    """Raise MigrationFailed when the index that the statement names exists and is invalid.

    ``IF NOT EXISTS`` would accept an invalid index of an earlier build. The index of a partitioned
    table is invalid until all its parts are attached, which is not debris.
    """
    if act.kind != "IndexStmt" or not act.name:
        return
    index = queries.index_beside(connection, table=act.relation, index=act.name)
    if index is not None and not index.valid and not index.partitioned:
        raise MigrationFailed(
            f"the index {index.name} exists but is invalid",
            where=f"{file.name}:{statement.line}",
            hint="Drop the invalid index.",
            command=f"DROP INDEX CONCURRENTLY {index.name}",
        )


def refuse_unknown_extent(act: Act, file: SqlFile, statement: Statement) -> None:
    """Raise PartlyApplied for an interrupted block that commits its own work."""
    if act.kind in _OWN_COMMITS:
        raise PartlyApplied(
            "the block commits its own work and was interrupted: it is unknown how much has run",
            where=f"{file.name}:{statement.line}",
            hint="Run it again from its start if it can be repeated; or undo the file "
            "with its down file: wavehouse schema rollback.",
            command="wavehouse schema recover --run-again",
        )


def _drop_index(connection: psycopg.Connection, name: Name) -> None:
    connection.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(_identifier(name)))


def _identifier(name: Name) -> sql.Identifier:
    return sql.Identifier(*name.parts)
