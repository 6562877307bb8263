"""Opening the databases: embedded by default, elsewhere by URL, one of them or all."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from wavehouse import app
from wavehouse.kernel import config
from wavehouse.kernel.errors import PartlyApplied, Unreachable, UsageError
from wavehouse.store import DATABASES, EmbeddedServer, Stores, open_stores


def _urls(stores: Stores) -> dict[str, str]:
    parts = {p.database: conninfo_to_dict(p.admin) for p in stores.places}
    return {
        f"{name}_url": "postgresql://{user}:{password}@/{dbname}?host={host}&port={port}".format(
            **part
        )
        for name, part in parts.items()
    }


def test_with_all_urls_set_no_server_is_started(stores: Stores, home_folder: Path) -> None:
    """WAVEHOUSE_HOME stays without a cluster; the databases are migrated and usable."""
    settings = config.load({"home": str(home_folder), **_urls(stores)}, environment={})
    with open_stores(settings) as opened:
        assert opened.server is None
        app.migrate(opened)
        place = app.entered(settings, opened)
        with opened.operational.worker() as tx:
            assert 1 == tx.value("SELECT count(*) FROM accounts.organizations")

    assert "My organization" == place.organization.name
    assert not (home_folder / "postgres").exists()


def test_one_database_may_be_elsewhere(stores: Stores, home_folder: Path) -> None:
    """The others use the embedded server."""
    url = {"analytics_url": _urls(stores)["analytics_url"]}
    settings = config.load({"home": str(home_folder), **url}, environment={})
    with open_stores(settings) as opened:
        hosts = [str(conninfo_to_dict(place.admin)["host"]) for place in opened.places]
        app.migrate(opened)

    own = str(home_folder / "postgres")
    assert [own, own, own, str(conninfo_to_dict(stores.analytics.place.admin)["host"])] == hosts


def test_a_url_that_leads_nowhere_is_unreachable(home_folder: Path) -> None:
    """One sentence with host and database, and exit code 5."""
    urls = {f"{name}_url": f"postgresql://me:pw@127.0.0.1:1/{name}" for name in DATABASES}
    settings = config.load({"home": str(home_folder), **urls}, environment={})

    with open_stores(settings) as opened, pytest.raises(Unreachable) as caught:
        app.migrate(opened)

    assert 5 == caught.value.exit_code
    assert "pw" not in str(caught.value).replace("wavehouse", "")


def test_migrating_twice_applies_nothing(server: EmbeddedServer, stores: Stores) -> None:
    """Every start migrates; a current database is unchanged."""
    with psycopg.connect(stores.operational.place.admin, autocommit=True) as connection:
        read = "SELECT version, applied_at FROM schema_ops.history ORDER BY version"
        before = connection.execute(read).fetchall()
        app.migrate(stores)
        assert before
        assert before == connection.execute(read).fetchall()


@pytest.mark.parametrize(
    ("state", "finished"), [("running", "applied"), ("rolling_back", "rolling_back")]
)
def test_a_start_finishes_the_migration_of_a_killed_start(
    stores: Stores, state: str, finished: str
) -> None:
    """A kill in a file without a transaction leaves it partly applied. A rollback is not ours."""
    version, read = "202611280910", "SELECT state FROM schema_ops.history WHERE version = %s"
    with psycopg.connect(stores.listeners.place.admin, autocommit=True) as connection:
        row = [state, version]
        connection.execute("UPDATE schema_ops.history SET state = %s WHERE version = %s", row)
        if finished == "applied":
            app.migrate(stores)
        else:
            with pytest.raises(PartlyApplied, match="partly applied"):
                app.migrate(stores)
        assert (finished,) == connection.execute(read, [version]).fetchone()
        connection.execute("UPDATE schema_ops.history SET state = 'applied'")


def test_the_workspace_is_the_same_at_every_start(stores: Stores, home_folder: Path) -> None:
    """Organization and administrator are created once."""
    settings = config.load({"home": str(home_folder), "organization": "Nord"}, environment={})

    first, again = app.entered(settings, stores), app.entered(settings, stores)

    assert (first.organization, first.identity) == (again.organization, again.identity)
    assert "Nord" == first.organization.name


def test_the_settings_never_show_the_password_of_a_url(stores: Stores) -> None:
    """``config show`` prints the value with its source; the secret is masked."""
    settings = config.load(_urls(stores), environment={})
    shown = settings.values["operational_url"].shown()

    assert "********" in shown
    assert str(
        psycopg.conninfo.conninfo_to_dict(stores.operational.place.admin)["password"]
    ) not in (shown)


@pytest.mark.parametrize("url", ["nonsense s3cret", "mysql://me:s3cret@db/shows"])
def test_a_url_of_something_else_is_wrong_usage(home_folder: Path, url: str) -> None:
    """The sentence names the variable and the form, but never the value."""
    urls = {f"{name}_url": "postgresql://h/d" for name in DATABASES if name != "listeners"}
    settings = config.load({"home": str(home_folder), "listeners_url": url, **urls}, environment={})

    with pytest.raises(UsageError) as wrong, open_stores(settings):
        pass

    assert "WAVEHOUSE_LISTENERS_URL" == wrong.value.where
    assert "s3cret" not in str(wrong.value)
