"""A warehouse that does not do what it should: through the command, one sentence, its exit code."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from tests.engines.conftest import SPARK_MISSING, database_of, url_of

from wavehouse.__main__ import _ended
from wavehouse.engines import open_engine
from wavehouse.kernel import config
from wavehouse.measurement import cli
from wavehouse.measurement.rules.warehouse import EVENTS
from wavehouse.measurement.service import warehouse

DAYS = [datetime(2026, 11, day, 9, tzinfo=UTC) for day in (11, 12)]
ODD = replace(EVENTS, columns=tuple(c for c in EVENTS.columns if c.name in EVENTS.order))
"""A table of the same name that another program made, without the columns that are not keys."""
_NO_CHDB = importlib.util.find_spec("chdb") is None
ENGINES = [
    "duckdb",
    "postgres",
    pytest.param("chdb", marks=pytest.mark.skipif(_NO_CHDB, reason="not run here: no chdb")),
    pytest.param(
        "spark-local",
        marks=pytest.mark.skipif(bool(SPARK_MISSING), reason=f"not run here: {SPARK_MISSING}"),
    ),
]


class Told:
    """The end of a command as its user sees it."""

    def __init__(self, capsys: Any, error: BaseException | None, output: str) -> None:
        capsys.readouterr()
        self.code = _ended(error) if error else 0
        self.sentence = capsys.readouterr().err
        self.errors = sum(line.startswith("Error:") for line in self.sentence.splitlines())
        self.output = output


@pytest.fixture
def push(own_desk: Any, hit: Any, capsys: Any) -> Any:
    """Two days to push; ``wavehouse warehouse`` with a command, to an address."""
    own_desk.tell(*(hit.but(at=at) for at in DAYS))

    def run(address: str, *words: str) -> Told:
        settings = config.load(
            {"home": str(own_desk.place.settings.home), "warehouse_url": address}, environment={}
        )

        @contextmanager
        def opened() -> Iterator[Any]:
            yield replace(own_desk.place, settings=settings)

        result = CliRunner().invoke(cli.warehouse, list(words or ("push",)), obj=opened)
        return Told(capsys, result.exception, result.output)

    return run


@pytest.fixture(params=ENGINES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The address of an empty warehouse."""
    if request.param == "postgres":
        with database_of(request.getfixturevalue("server")) as conninfo:
            yield url_of(conninfo)
    else:
        yield f"{request.param}://{tmp_path}/there"


def test_ops24_a_server_that_is_gone_in_mid_push_is_exit_code_5(push: Any, server: Any) -> None:
    """The day before stays; the same command later pushes the rest, and all is equal."""
    with database_of(server) as conninfo, psycopg.connect(conninfo, autocommit=True) as admin:
        address = url_of(conninfo)
        assert 0 == push(address, "push", "--to", "2026-11-11").code
        admin.execute(
            "CREATE FUNCTION wavehouse.ends() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'"
        )
        admin.execute(
            "CREATE TRIGGER ends BEFORE INSERT ON wavehouse.listener_events "
            "FOR EACH ROW EXECUTE FUNCTION wavehouse.ends()"
        )
        gone = push(address)
        assert (5, 1) == (gone.code, gone.errors)
        assert "the warehouse does not respond: " in gone.sentence
        assert "wavehouse_root:" not in gone.sentence
        admin.execute("DROP FUNCTION wavehouse.ends() CASCADE")
        assert "2026-11-11" not in push(address).output
        assert 0 == push(address, "run").code
        assert 0 == push(address, "compare").code


def test_ops24_a_statement_that_an_engine_refuses_is_exit_code_1(push: Any, address: str) -> None:
    """A table that is not ours; the sentence has the reason of the engine and is one line."""
    with closing(open_engine(address)) as engine:
        engine.ensure(ODD, first=DAYS[0].date(), last=DAYS[0].date())
    told = [push(address), push(address, "run")]
    refused = next(each for each in told if each.code)

    assert (1, 1) == (refused.code, refused.errors)
    assert " refused a statement: " in refused.sentence
    assert "Traceback" not in refused.sentence
    assert len(refused.sentence) < 600


@pytest.mark.parametrize(
    "scheme",
    [
        "duckdb",
        "spark-local",
        pytest.param("chdb", marks=pytest.mark.skipif(_NO_CHDB, reason="not run here: no chdb")),
    ],
)
def test_ops24_a_folder_that_cannot_be_written_is_exit_code_4(push: Any, scheme: str) -> None:
    """The sentence names the folder; the hint says what the system said, not a guess."""
    told = push(f"{scheme}:///proc/warehouse")

    assert (4, 1) == (told.code, told.errors), told.sentence
    assert " cannot be " in told.sentence
    assert "another program" not in told.sentence
    assert "/proc/warehouse" in told.sentence


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://anna:secret@127.0.0.1:1/there",
        pytest.param(
            "clickhouse://anna:secret@127.0.0.1:1/there",
            marks=pytest.mark.skipif(_NO_CHDB, reason="not run here: no clickhouse-connect"),
        ),
    ],
)
@pytest.mark.parametrize("command", ["push", "run", "compare", "status"])
def test_ops24_a_server_that_is_not_there_is_exit_code_5(
    push: Any, address: str, command: str
) -> None:
    """All four commands; without the password."""
    told = push(address, command)

    assert (5, 1) == (told.code, told.errors)
    assert "secret" not in told.sentence


def test_ops24_without_java_both_commands_say_how_to_get_it(
    push: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, before anything is staged."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    log = tmp_path / "access.log"
    log.touch()
    for words in (("push",), ("count", "--engine", "spark", str(log))):
        told = push(f"spark-local://{tmp_path}/there", *words)
        assert (2, 1) == (told.code, told.errors)
        assert "Spark needs Java 17: apt-get install" in told.sentence


def test_ops24_an_unknown_kind_of_warehouse_is_exit_code_2(push: Any) -> None:
    """The hint lists the kinds."""
    told = push("oracle://there")

    assert 2 == told.code
    assert "duckdb" in told.sentence
    assert "oracle" in told.sentence


@pytest.mark.parametrize(
    "address",
    ["duckdb:", "duckdb://", "duckdb://here.duckdb", "duckdb:here.duckdb", "chdb:", "chdb://here",
     "chdb:///", "spark-local://", "postgresql://[::1", "clickhouse://head:port/db"],
)  # fmt: skip
def test_an_address_that_keeps_nothing_or_cannot_be_read_is_wrong_usage(
    push: Any, address: str
) -> None:
    """A push into memory succeeded, and was gone with the command."""
    for words in ("push", "status", "compare"):
        told = push(address, words)
        assert (2, 1) == (told.code, told.errors), told.sentence
        assert "address of" in told.sentence


def test_the_warehouse_of_a_home_with_odd_signs_in_its_name_is_in_it(
    own_desk: Any, tmp_path: Path
) -> None:
    """Signs that end the path of an address elsewhere."""
    home = tmp_path / "a #1 home? 100%41"
    home.mkdir()
    with closing(warehouse.open_warehouse(config.load({"home": str(home)}, environment={}))):
        assert ["warehouse.duckdb"] == [path.name for path in home.iterdir()]


def test_counting_lines_that_cannot_be_used_says_so_and_is_exit_code_3(
    own_desk: Any, hit: Any
) -> None:
    """As `wavehouse downloads --from-logs` does: a log that is cut off has other figures."""
    log = own_desk.log(hit, hit.but(ip="203.0.113.8"))
    with log.open("a") as file:
        file.write("not a line of a log\n")
    words = ["count", "--feed", str(own_desk.folder / "feed.xml"), str(log)]
    words += ["--media", str(own_desk.folder / "media.json")]
    result = CliRunner().invoke(cli.warehouse, words)

    assert 3 == result.exit_code, result.output
    assert "1 lines could not be used: malformed_line" in result.output


def test_a_log_in_no_known_format_is_counted_by_the_layout_that_its_hint_names(
    own_desk: Any, hit: Any
) -> None:
    """The hint named options that this command did not have."""
    known = own_desk.log(hit)
    words = ["--feed", str(own_desk.folder / "feed.xml")]
    words += ["--media", str(own_desk.folder / "media.json")]
    one = CliRunner().invoke(cli.warehouse, ["count", *words, str(known)])
    odd = own_desk.folder / "odd.log"
    odd.write_text(f"{hit.ip}|{hit.at.isoformat()}|GET|{hit.path}|200|10000000|Pocket Casts/7.70\n")
    refused = CliRunner().invoke(cli.warehouse, ["count", *words, str(odd)])
    assert (3, True) == (refused.exit_code, "use --format with one of" in refused.output)
    template = "{address}|{time}|{method}|{path}|{status}|{bytes}|{agent}"

    counted = CliRunner().invoke(cli.warehouse, ["count", *words, "--fields", template, str(odd)])

    assert (0, 0) == (one.exit_code, counted.exit_code), counted.output
    assert "1 downloads of 1 lines" in one.output
    assert "1 downloads of 1 lines" in counted.output
