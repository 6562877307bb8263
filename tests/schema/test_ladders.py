"""The product's own migrations, rolled back and applied again."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from wavehouse import app, schema
from wavehouse.store import DATABASES, Stores, owner_role


@pytest.mark.parametrize("name", DATABASES)
def test_a_ladder_goes_down_to_nothing_and_up_again(stores: Stores, name: str) -> None:
    """Every down file makes room for its own up file."""
    (place,) = (place for place in stores.places if place.database == name)
    (target,) = (target for target in app.targets_of(stores) if target.name == name)
    with psycopg.connect(place.admin) as admin:
        database = sql.Identifier(str(conninfo_to_dict(place.admin)["dbname"]))
        owner = sql.Identifier(owner_role(place.database))
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, owner))
    before = schema.status(target.conninfo, target.folder, role=target.role)
    undone = schema.rollback(target.conninfo, target.folder, role=target.role, to="0")
    done = schema.apply(target.conninfo, target.folder, role=target.role)
    assert (0, None) == (before.exit_code, undone.version)
    assert [s.version for s in reversed(undone.steps)] == [s.version for s in done.steps]
    assert before.version == done.version
