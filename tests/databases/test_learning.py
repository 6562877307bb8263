"""The learning database: separate, complete, and its rows are deleted together."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from wavehouse import app, schema
from wavehouse.kernel import settings
from wavehouse.kernel.databases import DATABASES, HOLDS, url_setting
from wavehouse.kernel.errors import WavehouseError
from wavehouse.store import Stores, owner_role

DEPENDENT = (
    "behavioral_events",
    "like_engagement",
    "session_items",
    "session_activity",
    "learner_model_state",
    "generation_status",
)
"""Tables whose rows end with a session; the first four also end with a piece of content."""


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    counted = connection.execute(
        sql.SQL("SELECT count(*) FROM learning.{}").format(sql.Identifier(table))
    ).fetchone()
    assert counted is not None
    return int(counted[0])


def test_every_database_has_a_setting_a_store_and_a_ladder(stores: Stores) -> None:
    """The derived lists agree with the one list of databases."""
    options = {option.name for option in settings.OPTIONS}
    assert list(DATABASES) == [place.database for place in stores.places]
    assert list(DATABASES) == [target.name for target in app.targets_of(stores)]
    assert list(DATABASES) == list(HOLDS)
    assert set() == {f"{name}_url" for name in DATABASES} - options
    assert "WAVEHOUSE_LEARNING_URL" == url_setting("learning")


def test_operational_has_nothing_of_learning_left(seeded: Any) -> None:
    """Learners' behaviour is not in the creators' database."""
    spaces = {table.space for table in schema.catalogue(seeded["operational"]).tables}

    assert "learning" not in spaces


def test_nothing_in_the_learning_database_points_elsewhere(seeded: Any) -> None:
    """No foreign server, and no rights of roles from other databases."""
    with psycopg.connect(seeded["learning"]) as connection:
        servers = connection.execute("SELECT count(*) FROM pg_foreign_server").fetchone()
    found = schema.catalogue(seeded["learning"])
    rights = [grant for table in found.tables for grant in table.grants]

    assert (0,) == servers
    assert [] == [grant for grant in rights if " TO wavehouse_learning_" not in grant]


def test_an_organization_sees_its_own_learners_alone(seeded: Any) -> None:
    """Row security for the learning app, over every table of its context."""
    organization = "SELECT organization_id FROM learning.learners"
    with psycopg.connect(seeded["learning"]) as connection:
        (own,) = connection.execute(organization).fetchone() or (None,)
        connection.execute("SET ROLE wavehouse_learning_app")
        nobody = connection.execute(organization).fetchall()
        connection.execute("SELECT set_config('wavehouse.organization_id', %s, true)", [str(own)])
        seen = connection.execute(organization).fetchall()
        connection.execute("SELECT set_config('wavehouse.organization_id', uuidv7()::text, true)")
        others = connection.execute(organization).fetchall()

    assert ([], [(own,)], []) == (nobody, seen, others)


def test_lrn2_a_session_takes_its_rows_with_it_and_leaves_the_content(sample: Any) -> None:
    """Events, likes, model state and generations are deleted; content outlives sessions."""
    connection = sample["learning"]
    before = [_count(connection, table) for table in DEPENDENT]
    connection.execute("DELETE FROM learning.sessions")

    assert [1] * len(DEPENDENT) == before
    assert [0] * len(DEPENDENT) == [_count(connection, table) for table in DEPENDENT]
    assert 1 == _count(connection, "content")


def test_lrn2_content_takes_its_events_and_leaves_a_finished_generation(sample: Any) -> None:
    """``content_id`` of a completed generation becomes NULL; the deletion is not refused."""
    connection = sample["learning"]
    connection.execute("DELETE FROM learning.content")
    left = connection.execute(
        "SELECT status, content_id FROM learning.generation_status"
    ).fetchall()

    assert [0] * 4 == [_count(connection, table) for table in DEPENDENT[:4]]
    assert 0 == _count(connection, "recommendations")
    assert 1 == _count(connection, "sessions")
    assert [("completed", None)] == left


def test_a_generation_is_not_completed_without_content(sample: Any) -> None:
    """For a new row, and for one that becomes completed."""
    connection = sample["learning"]
    connection.execute(
        "UPDATE learning.generation_status SET status = 'processing', content_id = NULL"
    )
    with pytest.raises(errors.CheckViolation, match="without content"), connection.transaction():
        connection.execute("UPDATE learning.generation_status SET status = 'completed'")
    with pytest.raises(errors.CheckViolation, match="without content"), connection.transaction():
        connection.execute(
            "INSERT INTO learning.generation_status (generation_id, organization_id, session_id,"
            " status, started_at, completed_at) SELECT 'two', organization_id, session_id,"
            " 'completed', started_at, now() FROM learning.generation_status"
        )


def test_learning_does_not_leave_operational_while_it_has_rows(stores: Stores) -> None:
    """The migration stops and names the table, rather than dropping its data."""
    (target,) = (one for one in app.targets_of(stores) if one.name == "operational")
    with psycopg.connect(stores.operational.place.admin) as admin:
        database = sql.Identifier(admin.info.dbname)
        owner = sql.Identifier(owner_role("operational"))
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, owner))
    schema.rollback(target.conninfo, target.folder, role=target.role, to="202611291710")
    with psycopg.connect(stores.operational.place.admin) as admin:
        admin.execute(
            "INSERT INTO accounts.organizations (organization_id, name, slug)"
            " VALUES (uuidv7(), 'Nord', 'nord')"
        )
        admin.execute(
            "INSERT INTO learning.learners (organization_id)"
            " SELECT organization_id FROM accounts.organizations"
        )

    with pytest.raises(WavehouseError, match="learners has rows"):
        schema.apply(target.conninfo, target.folder, role=target.role)
