"""The result of the migrations: commented, protected by row security, the same both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse import app, schema
from wavehouse.kernel.errors import WavehouseError
from wavehouse.store import DATABASES, Stores, databases_folder, owner_role


def _target(stores: Stores, name: str) -> schema.Target:
    (target,) = (target for target in app.targets_of(stores) if target.name == name)
    return target


def _allow_schemas(stores: Stores, name: str) -> None:
    """Grant the schemas' use again: a clone lacks what provisioning granted on the original."""
    (place,) = (place for place in stores.places if place.database == name)
    with psycopg.connect(place.admin) as admin:
        database = sql.Identifier(str(conninfo_to_dict(place.admin)["dbname"]))
        owner = sql.Identifier(owner_role(place.database))
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, owner))


@pytest.mark.parametrize("name", DATABASES)
def test_every_table_column_and_function_says_what_it_holds(seeded: Any, name: str) -> None:
    """The database documents itself, for psql and every other tool."""
    found = schema.catalogue(seeded[name])
    silent = [table.name for table in found.tables if not table.comment]
    silent += [f"{t.name}.{c.name}" for t in found.tables for c in t.columns if not c.comment]

    assert [] == silent


@pytest.mark.parametrize("name", DATABASES)
def test_down_and_up_again_gives_the_same_catalogue(stores: Stores, name: Any) -> None:
    """Tables, columns, constraints, indexes, triggers, policies, grants, functions, comments.

    OPS-6: the tables hold seeds, and a detached partition has remained; both go.
    """
    target = _target(stores, name)
    _allow_schemas(stores, name)
    before = schema.catalogue(target.conninfo, role=target.role)
    schema.seed(target.conninfo, databases_folder(name) / "seeds", role=target.role)
    _detach(target)
    undone = schema.rollback(target.conninfo, target.folder, role=target.role, to="0")
    bare = schema.catalogue(target.conninfo, role=target.role)
    done = schema.apply(target.conninfo, target.folder, role=target.role)

    assert None is undone.version
    assert [s.version for s in reversed(undone.steps)] == [s.version for s in done.steps]
    assert ["schema_ops.history", "schema_ops.journal"] == [table.name for table in bare.tables]
    assert () == bare.functions
    assert before == schema.catalogue(target.conninfo, role=target.role)


def test_amounts_are_not_taken_back_while_a_row_would_lose_decimals(stores: Stores) -> None:
    """Decision 0507: the down file names the table and changes nothing; in cents it goes."""
    target = _target(stores, "operational")
    _allow_schemas(stores, "operational")
    schema.seed(target.conninfo, databases_folder("operational") / "seeds", role=target.role)

    def set_value(value: str) -> Any:
        with psycopg.connect(target.conninfo, autocommit=True) as connection:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(str(target.role))))
            connection.execute("SET row_security = off")
            connection.execute(
                "ALTER TABLE sponsorship.campaigns NO FORCE ROW LEVEL SECURITY;"
                f"UPDATE sponsorship.campaigns SET campaign_value = {value}, currency = 'KWD'"
            )
            return connection.execute(
                "SELECT bool_and(campaign_value IS NULL) FROM asked.campaigns"
            ).fetchone()

    assert (True,) == set_value("1.234")
    with pytest.raises(WavehouseError, match="campaigns_fits_two_decimals"):
        schema.rollback(target.conninfo, target.folder, role=target.role, to="202611300230")
    assert (True,) == set_value("1.234")
    assert (False,) == set_value("1.23")
    done = schema.rollback(target.conninfo, target.folder, role=target.role, to="202611300230")
    assert "202611300230" == done.version


def _detach(target: schema.Target) -> None:
    with psycopg.connect(target.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(str(target.role))))
        connection.execute(
            "ALTER TABLE governance.lineage_events DETACH PARTITION"
            " governance.lineage_events_202611 CONCURRENTLY"
        )


@pytest.mark.parametrize("name", DATABASES)
def test_schema_sql_makes_the_same_database(stores: Stores, tmp_path: Path, name: Any) -> None:
    """The owner runs the generated file in an empty database: the catalog is the same."""
    target = _target(stores, name)
    _allow_schemas(stores, name)
    before = schema.catalogue(target.conninfo, role=target.role)
    schema.rollback(target.conninfo, target.folder, role=target.role, to="0")
    schema.write_documents(name, before, tmp_path, tmp_path / "schema.sql")
    text = (tmp_path / "schema.sql").read_text(encoding="utf-8")
    with psycopg.connect(target.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(str(target.role))))
        connection.execute("DROP SCHEMA schema_ops CASCADE")
        connection.execute(text)

    assert before == schema.catalogue(target.conninfo, role=target.role)


@pytest.mark.parametrize("name", DATABASES)
def test_retention_finds_detaches_and_drops_what_is_past(stores: Stores, name: str) -> None:
    """Functions that create and find partitions, called by the roles that use them."""
    target = _target(stores, name)
    table = "governance.lineage_events"
    (place,) = (place for place in stores.places if place.database == name)
    with psycopg.connect(place.conninfo("worker")) as worker:
        made = [
            worker.execute(
                "SELECT schema_ops.ensure_partition(%s::regclass, %s::date, 'month')", [table, day]
            ).fetchone()
            for day in ("2026-01-31", "2026-02-01", "2026-02-28")
        ]
    with psycopg.connect(target.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(str(target.role))))
        past = connection.execute(
            "SELECT part::text FROM schema_ops.partitions_before(%s::regclass, '2026-02-01')",
            [table],
        ).fetchall()
        connection.execute(f"ALTER TABLE {table} DETACH PARTITION {table}_202601 CONCURRENTLY")
        connection.execute(f"DROP TABLE {table}_202601")
        left = connection.execute(
            "SELECT part::text FROM schema_ops.partitions_before(%s::regclass, '2030-01-01')",
            [table],
        ).fetchall()

    assert [(True,), (True,), (False,)] == made
    assert [(f"{table}_202601",)] == past
    assert [(f"{table}_202602",)] == left


def test_a_table_that_is_not_partitioned_is_refused(sample: Any) -> None:
    """The function that creates partitions refuses it, rather than creating a stray table."""
    with pytest.raises(errors.WrongObjectType, match="not a partitioned table"):
        sample["operational"].execute(
            "SELECT schema_ops.ensure_partition('usage.models'::regclass, '2026-01-01', 'month')"
        )


def test_lis2_every_table_about_listeners_has_row_security(seeded: Any) -> None:
    """The listeners' app sees a listener's own rows and nobody else's."""
    found = schema.catalogue(seeded["listeners"])
    listed = [table for table in found.tables if table.space == "listeners"]

    assert 15 <= len(listed)
    assert [] == [table.name for table in listed if not table.row_security]


def test_p40_no_playback_table_has_an_address_or_an_agent(seeded: Any) -> None:
    """A chapter's position says nothing about the listener's location."""
    found = schema.catalogue(seeded["listeners"])
    columns = [
        (table.name, column.name)
        for table in found.tables
        if table.name.startswith("listeners.playback_")
        for column in table.columns
        if column.type in {"inet", "cidr"}
        or any(word in column.name for word in ("ip_", "agent", "network", "address"))
    ]

    assert [] == columns


def test_ac11_nothing_in_the_listeners_database_points_elsewhere(seeded: Any) -> None:
    """No foreign server, no view, and no rights of roles from other databases."""
    with psycopg.connect(seeded["listeners"]) as connection:
        servers = connection.execute("SELECT count(*) FROM pg_foreign_server").fetchone()
    found = schema.catalogue(seeded["listeners"])
    rights = [grant for table in found.tables for grant in table.grants]
    views = [table.name for table in found.tables if table.kind == "v"]

    assert ((0,), []) == (servers, views)
    assert [] == [grant for grant in rights if " TO wavehouse_listeners_" not in grant]


@pytest.mark.parametrize(
    ("database", "role"),
    [(database, role) for database in DATABASES for role in DATABASES if database != role],
)
def test_ac11_a_role_of_one_database_cannot_enter_another(
    stores: Stores, database: str, role: str
) -> None:
    """The server enforces the separation: other roles have no CONNECT."""
    places = {place.database: place for place in stores.places}
    foreign = places[role].conninfo("app")  # type: ignore[index]
    name = conninfo_to_dict(places[database].admin)["dbname"]  # type: ignore[index]
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(make_conninfo(foreign, dbname=str(name)))


def test_a_listener_sees_their_own_rows_alone(seeded: Any) -> None:
    """Row security for the listeners' app, with sample rows of two listeners."""
    with psycopg.connect(seeded["listeners"]) as connection:
        people = connection.execute("SELECT listener_id FROM listeners.listeners").fetchall()
        connection.execute("SET ROLE wavehouse_listeners_app")
        nobody = connection.execute("SELECT count(*) FROM listeners.listeners").fetchone()
        seen = []
        for (person,) in people:
            connection.execute(
                "SELECT set_config('wavehouse.listener_ids', %s, true)", [str(person)]
            )
            seen.append(
                connection.execute("SELECT listener_id FROM listeners.listeners").fetchall()
            )

    assert (0,) == nobody
    assert [[person] for person in people] == seen


def test_an_organization_sees_its_own_rows_alone(seeded: Any) -> None:
    """Row security for the operational app, over every table with an organization."""
    with psycopg.connect(seeded["operational"]) as connection:
        found = schema.catalogue(seeded["operational"])
        organizations = connection.execute(
            "SELECT organization_id FROM accounts.organizations"
        ).fetchall()
        tables = [
            table.name
            for table in found.tables
            if any(column.name == "organization_id" for column in table.columns)
            and any(
                "SELECT" in grant and grant.endswith("_operational_app") for grant in table.grants
            )
        ]
        connection.execute("SET ROLE wavehouse_operational_app")
        strange = []
        for (organization,) in organizations:
            connection.execute(
                "SELECT set_config('wavehouse.organization_id', %s, true)", [str(organization)]
            )
            for table in tables:
                # A person may be a member of an organization other than the first one.
                member = (
                    "AND NOT EXISTS (SELECT FROM accounts.memberships m "
                    "WHERE m.user_id = t.user_id)"
                    if table == "accounts.users"
                    else ""
                )
                others = connection.execute(
                    sql.SQL("SELECT count(*) FROM {} t WHERE organization_id <> %s {}").format(
                        sql.Identifier(*table.split(".")), sql.SQL(member)
                    ),
                    [organization],
                ).fetchone()
                strange += [table] if others != (0,) else []

    assert 40 <= len(tables)
    assert [] == strange


def test_placements_keep_the_campaigns_episodes(sample: Any) -> None:
    """``episode_ids`` follows when a placement is moved or taken away."""
    connection = sample["operational"]
    episodes = connection.execute(
        "SELECT episode_id FROM catalog.episodes ORDER BY title"
    ).fetchall()
    kept = "SELECT episode_ids FROM sponsorship.campaigns"
    first = connection.execute(kept).fetchone()
    connection.execute(
        "UPDATE sponsorship.campaign_placements SET episode_id = %s", [episodes[1][0]]
    )
    moved = connection.execute(kept).fetchone()
    connection.execute("DELETE FROM sponsorship.campaign_placements")

    assert ([episodes[0][0]],) == first
    assert ([episodes[1][0]],) == moved
    assert ([],) == connection.execute(kept).fetchone()


def test_every_revision_of_a_block_is_kept(sample: Any) -> None:
    """A changed body is a new revision, a move is not; a writer cannot choose the number."""
    connection = sample["operational"]
    connection.execute("UPDATE studio.blocks SET body = 'Second.', revision = 9")
    connection.execute("UPDATE studio.blocks SET position = position + 10, revision = 1")
    now = connection.execute("SELECT revision, body FROM studio.blocks").fetchall()
    kept = connection.execute(
        "SELECT revision, body FROM studio.block_revisions ORDER BY revision"
    ).fetchall()

    assert [(2, "Second.")] == now
    assert [(1, "God morgen. Det blåser fra nord."), (2, "Second.")] == kept


@pytest.mark.parametrize("length", [64, 71, 256, 512, 3000])
@pytest.mark.parametrize("database", DATABASES)
def test_ops4_an_approval_holds_a_signature_of_every_key_type(
    sample: Any, database: str, length: int
) -> None:
    """Ed25519 (64 bytes), ECDSA, RSA of 2048 and 4096 bits, and an armoured SSH signature."""
    changed = sample[database].execute(
        "UPDATE schema_ops.approvals SET signature = decode(repeat('00', %s), 'hex')", [length]
    )

    assert 1 == changed.rowcount


@pytest.mark.parametrize(
    ("database", "statement"),
    [
        ("operational", "UPDATE audit.audit_log SET actor = 'nobody'"),
        ("operational", "TRUNCATE audit.audit_leaves, audit.audit_commitments"),
        ("operational", "DELETE FROM audit.audit_checkpoints"),
        ("operational", "UPDATE studio.agent_memory SET content = 'Something else.'"),
        ("listeners", "UPDATE audit.audit_log SET actor = 'nobody'"),
        ("listeners", "UPDATE listeners.entitlement_ledger SET amount = 0"),
        ("listeners", "DELETE FROM listeners.entitlement_ledger"),
    ],
)
def test_what_is_append_only_refuses_changes(sample: Any, database: str, statement: str) -> None:
    """Even for the owner; a memory may be forgotten, and a ledger may lose its event."""
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        sample[database].execute(statement)


def test_what_erasure_and_retention_need_is_still_allowed(sample: Any) -> None:
    """Forgetting a memory, emptying a commitment, deleting a provider's event."""
    operational, listeners = sample["operational"], sample["listeners"]
    forgotten = operational.execute(
        "UPDATE studio.agent_memory SET content = NULL, forgotten_at = now()"
    ).rowcount
    emptied = operational.execute(
        "UPDATE audit.audit_commitments SET salt = NULL, value = NULL, erased_at = now()"
    ).rowcount
    left = listeners.execute("DELETE FROM listeners.external_events").rowcount
    reference = listeners.execute(
        "SELECT external_event_id FROM listeners.entitlement_ledger"
    ).fetchone()

    assert (2, 1, 1, (None,)) == (forgotten, emptied, left, reference)


def test_entitlements_outlive_their_listener_only_by_pseudonym(sample: Any) -> None:
    """E27: a listener with grants cannot be deleted until these are pseudonymised."""
    connection = sample["listeners"]
    connection.execute("SAVEPOINT tried")
    with pytest.raises(errors.RestrictViolation):
        connection.execute("DELETE FROM listeners.listeners WHERE email LIKE 'anna%'")
    connection.execute("ROLLBACK TO SAVEPOINT tried")
    connection.execute(
        "UPDATE listeners.entitlements SET listener_id = NULL, subject_pseudonym = uuidv7()"
        " WHERE listener_id IS NOT NULL"
    )
    connection.execute("DELETE FROM listeners.listeners WHERE email LIKE 'anna%'")
    left = [
        connection.execute(f"SELECT count(*) FROM listeners.{table}").fetchone()
        for table in ("playback_positions", "playback_actions", "devices", "subscriptions")
    ]

    assert [(0,)] * 4 == left
    assert (2,) == connection.execute("SELECT count(*) FROM listeners.entitlements").fetchone()
