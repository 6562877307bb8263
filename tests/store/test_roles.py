"""The three login roles of each database, and their restrictions."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.kernel.errors import Refused, Unreachable
from wavehouse.store import DATABASES, EmbeddedServer, Place, Stores, connect, provision, roles

KINDS = ("app", "worker", "migrate")


def test_every_role_signs_in_to_its_own_database(stores: Stores) -> None:
    """App, worker and migrate of each database, with their derived passwords."""
    signed_in = []
    for place in stores.places:
        for kind in KINDS:
            with connect(place.conninfo(kind)) as connection:  # type: ignore[arg-type]
                signed_in.append(connection.info.user)

    assert [f"wavehouse_{d}_{k}" for d in DATABASES for k in KINDS] == signed_in


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_cannot_enter_another_database(stores: Stores, kind: str) -> None:
    """A leaked password of one database opens no other."""
    entered = []
    for place in stores.places:
        for other in stores.places:
            if other.database == place.database:
                continue
            target = str(conninfo_to_dict(other.admin)["dbname"])
            conninfo = make_conninfo(place.conninfo(kind), dbname=target)  # type: ignore[arg-type]
            try:
                psycopg.connect(conninfo).close()
                entered.append((place.database, other.database))
            except psycopg.OperationalError as error:
                assert "permission denied for database" in str(error)  # noqa: PT017 - in a loop

    assert [] == entered


@pytest.mark.parametrize("kind", ["app", "worker"])
def test_app_and_worker_cannot_change_the_schema(stores: Stores, kind: str) -> None:
    """Only the migrate role runs DDL, in every schema including public."""
    for place in stores.places:
        with connect(place.conninfo(kind), autocommit=True) as connection:  # type: ignore[arg-type]
            for statement in (
                "CREATE TABLE public.mine (n int)",
                "CREATE SCHEMA mine",
                "CREATE TABLE schema_ops.mine (n int)",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


@pytest.mark.parametrize("kind", KINDS)
def test_no_role_may_skip_row_security_or_make_roles(stores: Stores, kind: str) -> None:
    """None is a superuser, creates databases or roles, replicates, or bypasses row security."""
    for place in stores.places:
        with connect(place.conninfo(kind)) as connection:  # type: ignore[arg-type]
            found = connection.execute(
                "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
                "FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert (False,) == found


def test_the_owner_cannot_sign_in(stores: Stores) -> None:
    """Owners bypass row security, so no owner has a login."""
    place = stores.operational.place
    conninfo = make_conninfo(place.admin, user=roles.owner_role("operational"), password="x")

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(conninfo)


def test_every_role_of_every_secret_has_a_password_of_its_own() -> None:
    """Derived, so that hosts sharing a server agree; and never the same for two roles."""
    names = [roles.login_role(d, k) for d in DATABASES for k in KINDS]  # type: ignore[arg-type]
    made = {roles.role_password(secret, name) for secret in ("a", "b") for name in names}

    assert 2 * len(names) == len(made)
    assert roles.role_password("a", names[0]) == roles.role_password("a", names[0])


def test_provisioning_again_changes_nothing(stores: Stores) -> None:
    """Every start provisions; the second time changes nothing."""
    place = stores.operational.place
    provision(place)
    provision(place)

    with stores.operational.worker() as tx:
        assert 1 == tx.value("SELECT 1")


def test_an_account_that_may_not_make_roles_is_refused_with_a_hint(
    server: EmbeddedServer, stores: Stores
) -> None:
    """For an external URL with an ordinary account: one sentence, the variable, the privilege."""
    admin = stores.operational.place.admin
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS ordinary")
        connection.execute("CREATE ROLE ordinary LOGIN PASSWORD 'plain'")
        connection.execute(
            psycopg.sql.SQL("GRANT CONNECT ON DATABASE {} TO ordinary").format(
                psycopg.sql.Identifier(str(conninfo_to_dict(admin)["dbname"]))
            )
        )
    place = Place(
        "operational",
        make_conninfo(admin, user="ordinary", password="plain"),
        "another secret",
        make_database=False,
    )
    try:
        with pytest.raises(Refused) as caught:
            provision(place)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("DROP OWNED BY ordinary")
            connection.execute("DROP ROLE ordinary")

    assert "WAVEHOUSE_OPERATIONAL_URL" == caught.value.where
    assert "CREATEROLE" in str(caught.value.next_steps())


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    """Host and database are named; the password never is. Exit code 5."""
    with pytest.raises(Unreachable) as caught:
        connect("postgresql://someone:hunter2@127.0.0.1:1/shows")

    text = f"{caught.value} {caught.value.next_steps()}"
    assert "127.0.0.1/shows" in text
    assert "hunter2" not in text
    assert 5 == caught.value.exit_code
