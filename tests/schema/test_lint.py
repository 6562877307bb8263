"""Lint: each dangerous statement by its rule, measured on 16 and 18; safe forms pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wavehouse.cli.root import root
from wavehouse.schema.adapters.shadow import Shadow, shadow
from wavehouse.schema.rules.recipes import RULES
from wavehouse.schema.rules.text import sql_file
from wavehouse.schema.service.linting import lint
from wavehouse.schema.types import Finding, Migration

BASE = """
CREATE TABLE users (id bigint PRIMARY KEY, name text, mail varchar(50), age int, n numeric(10, 2),
  at timestamp, place cidr, old int, team_id bigint);
CREATE TABLE teams (id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
CREATE INDEX posts_user_id_idx ON posts (user_id);
CREATE INDEX users_age_idx ON users (age);
CREATE INDEX users_team_id_idx ON users (team_id);
CREATE UNIQUE INDEX users_mail_key ON users (mail);
CREATE UNIQUE INDEX teams_title_idx ON teams (title);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN plain AS int;
CREATE TABLE measured (id bigint PRIMARY KEY, value plain);
CREATE TABLE days (day date NOT NULL, n int) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE days_2 (day date NOT NULL, n int);
CREATE TABLE nights (day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE nights_rest PARTITION OF nights DEFAULT;
CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM users;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
ALTER TABLE users ADD CONSTRAINT late CHECK (age > 0) NOT VALID;
"""
LATER = "-- wavehouse: unvalidated A later release validates it.\n"
NT = "-- wavehouse: non-transactional\n"

DANGEROUS = {
    # A: rewrites
    "ALTER TABLE users ADD c uuid DEFAULT gen_random_uuid()": "add-column-volatile-default",
    "ALTER TABLE users ADD c timestamptz DEFAULT clock_timestamp()": "add-column-volatile-default",
    "ALTER TABLE users ADD c bigserial": "add-column-identity",
    "ALTER TABLE users ADD c int GENERATED ALWAYS AS IDENTITY": "add-column-identity",
    "ALTER TABLE users ADD c int GENERATED ALWAYS AS (age + 1) STORED":
        "add-column-stored-generated",
    "ALTER TABLE users ALTER age TYPE bigint": "alter-column-type-rewrites",
    "ALTER TABLE users ALTER mail TYPE varchar(9)": "alter-column-type-rewrites",
    "ALTER TABLE users ALTER n TYPE numeric(12, 4)": "alter-column-type-rewrites",
    "ALTER TABLE teams SET UNLOGGED": "set-logged-rewrites",
    NT + "VACUUM FULL users": "vacuum-full-or-cluster",
    NT + "CLUSTER users USING users_age_idx": "vacuum-full-or-cluster",
    "REFRESH MATERIALIZED VIEW counts": "refresh-materialized-view-blocks",
    "ALTER TABLE users ADD c positive": "add-column-constrained-domain",
    "DO $$ BEGIN ALTER TABLE users ALTER age TYPE bigint; END $$": "rewrites-table",
    # B: scans and builds
    "CREATE INDEX i ON users (name)": "create-index-blocks-writes",
    "CREATE UNIQUE INDEX i ON users (name)": "create-index-blocks-writes",
    "CREATE INDEX i ON days (n)": "create-index-blocks-writes",
    "ALTER TABLE users ADD UNIQUE (name)": "add-unique-constraint-builds",
    "ALTER TABLE users ADD c int UNIQUE": "add-column-constraint-scans",
    "ALTER TABLE days_2 ADD PRIMARY KEY (day)": "add-primary-key-builds",
    "ALTER TABLE users ADD EXCLUDE USING gist (place inet_ops WITH &&)": "add-exclusion-builds",
    "ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams": "add-foreign-key-scans",
    "ALTER TABLE users ADD CHECK (age > 1)": "add-check-scans",
    "ALTER TABLE users ADD c int DEFAULT 1 CHECK (c > 0)": "add-column-constraint-scans",
    "ALTER TABLE users ALTER age SET NOT NULL": "set-not-null-scans",
    "ALTER DOMAIN plain ADD CHECK (VALUE > 0)": "alter-domain-scans",
    "ALTER TABLE days ATTACH PARTITION days_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')":
        "attach-partition-scans",
    "CREATE TABLE nights_1 PARTITION OF nights FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')":
        "create-partition-scans-default",
    "REINDEX TABLE users": "reindex-blocks",
    "REINDEX INDEX users_age_idx": "reindex-blocks",
    "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 1) NOT VALID;\n"
    "ALTER TABLE users VALIDATE CONSTRAINT c": "validate-in-same-transaction",
    "DO $$ BEGIN EXECUTE 'CREATE INDEX i ON users (name)'; END $$": "builds-index-under-lock",
    "ALTER TABLE teams ADD FOREIGN KEY (id) REFERENCES users NOT VALID;\n"
    "ALTER TABLE teams VALIDATE CONSTRAINT teams_id_fkey": "validate-in-same-transaction",
    "CREATE INDEX i ON teams (id);\nCREATE INDEX j ON users (n)": "create-index-blocks-writes",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN TRUNCATE posts; "
    "ALTER TABLE users ALTER age TYPE bigint; END';\nSELECT f()": "rewrites-table",
    # C: queues
    "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION noted();\n"
    "UPDATE users SET age = 1": "works-while-locked",
    "ALTER TABLE teams ADD c int;\nCREATE TABLE more AS SELECT id FROM users": "works-while-locked",
    "ALTER TABLE users ADD c int;\nUPDATE teams SET title = title": "works-while-locked",
    "ALTER TABLE users ADD c int;\nALTER TABLE teams ADD c int": "locks-several-tables",
    "DROP INDEX users_age_idx": "drop-index-blocks",
    "ALTER TABLE days DETACH PARTITION days_1": "detach-partition-blocks",
    "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION noted()":
        "trigger-blocks-writes",
    "DROP TABLE posts": "drop-table-locks-referenced",
    "CREATE TABLE more (id bigint PRIMARY KEY, user_id bigint REFERENCES users)":
        "new-foreign-key-locks-parent",
    "ALTER TABLE users ADD c int;\nALTER TABLE users ADD d int": "alters-could-be-one",
    "LOCK TABLE users": "lock-table",
    "ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams NOT VALID;\n"
    "ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID":
        "several-foreign-keys",
    # G, H
    NT + "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (name)": "concurrently-if-not-exists",
    "CREATE INDEX CONCURRENTLY i ON users (name)": "concurrently-in-transaction",
    "ALTER TABLE nobody ADD c int": "does-not-run",
    f"CREATE TABLE {'x' * 70} (id int PRIMARY KEY)": "identifier-too-long",
    "CREATE TABLE more (id int)": "table-without-primary-key",
    "CREATE TABLE more (id int PRIMARY KEY, user_id bigint REFERENCES users)":
        "foreign-key-without-index",
    NT + "CREATE INDEX CONCURRENTLY users_age_again_idx ON users (age)": "duplicate-index",
    NT + "CREATE INDEX CONCURRENTLY i ON users (age, name, mail, n)": "wide-index",
    NT + "CREATE INDEX CONCURRENTLY i ON users USING hash (name)": "hash-index",
    NT + "CREATE INDEX CONCURRENTLY odd ON users (name)": "index-name",
    "CREATE TABLE odd PARTITION OF days FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')":
        "partition-name",
    "CREATE TABLE days_rest PARTITION OF days DEFAULT": "default-partition",
    "CREATE TABLE more (id int PRIMARY KEY, at timestamp)": "timestamp-without-zone",
}  # fmt: skip
SAFE = [
    "ALTER TABLE users ADD c int",
    "ALTER TABLE users ADD c int DEFAULT 1",
    "ALTER TABLE users ADD c timestamptz DEFAULT now()",
    "ALTER TABLE users ADD c int NOT NULL DEFAULT 1",
    "ALTER TABLE users ADD c plain",
    "ALTER TABLE users DROP COLUMN old",
    "ALTER TABLE users ALTER mail TYPE varchar(80)",
    "ALTER TABLE users ALTER mail TYPE text",
    "ALTER TABLE users ALTER n TYPE numeric(14, 2)",
    "ALTER TABLE users ALTER place TYPE inet",
    "ALTER TABLE users ALTER age SET DEFAULT 1",
    LATER + "ALTER TABLE users ADD CHECK (age > 1) NOT VALID",
    "ALTER TABLE users VALIDATE CONSTRAINT late",
    "ALTER TABLE teams ADD CONSTRAINT teams_title_key UNIQUE USING INDEX teams_title_idx",
    LATER + "ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams NOT VALID",
    NT + "CREATE INDEX CONCURRENTLY users_name_idx ON users (name)",
    NT + "DROP INDEX CONCURRENTLY users_age_idx",
    NT + "REINDEX TABLE CONCURRENTLY users",
    NT + "ALTER TABLE days DETACH PARTITION days_1 CONCURRENTLY",
    NT + "VACUUM users",
    "CREATE TABLE more (id int PRIMARY KEY);\nCREATE INDEX more_id_idx ON more (id) WHERE id > 1",
    "CREATE TABLE days_3 PARTITION OF days FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')",
    "UPDATE users SET age = 1 WHERE id = 1",
    "ALTER TABLE teams ADD c int;\nINSERT INTO teams VALUES (1, 'one', 2)",
    "ALTER TABLE teams ADD c int;\nUPDATE teams SET c = 1 WHERE id = 1",
    "TRUNCATE users CASCADE",
    "DO $$ BEGIN TRUNCATE TABLE public.teams; END $$",
    "TRUNCATE days;\nCREATE INDEX days_n_idx ON days (n)",
    "REFRESH MATERIALIZED VIEW counts WITH NO DATA",
    "CREATE INDEX counts_n_idx ON counts (n)",
    "COMMENT ON TABLE users IS 'people'",
    "GRANT SELECT ON users TO somebody",
    "CREATE VIEW adults AS SELECT id FROM users WHERE age >= 18",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DO $$ BEGIN PERFORM 1; END $$",
]


@pytest.fixture(scope="module", params=[18, 16])
def server(request: pytest.FixtureRequest, shadow_home: Path) -> Iterator[Shadow]:
    with ExitStack() as stack:
        yield stack.enter_context(shadow(shadow_home, major=request.param))


def migration(version: str, up: str) -> Migration:
    path = Path(f"{version}_x.up.sql")
    return Migration(version, "x", sql_file(path, up.encode()), sql_file(path, b"SELECT 1;"))


FIRST = migration("202611010900", BASE)


def linted(server: Shadow, text: str) -> list[Finding]:
    return list(lint(server, [FIRST], [migration("202611020900", text)], advice=True).findings)


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_is_dangerous_is_named_by_its_rule(server: Shadow, text: str) -> None:
    """The rule, the measured lock where there is one, and a recipe."""
    result = linted(server, text)
    assert DANGEROUS[text] in {item.rule for item in result}, [item.as_json() for item in result]
    for item in result:
        assert item.recipe
        if RULES[item.rule].group[0] in "AB" and item.rule != "validate-in-same-transaction":
            assert item.effect.strongest or item.effect.scans, item


@pytest.mark.parametrize("text", SAFE)
def test_what_is_safe_is_let_be(server: Shadow, text: str) -> None:
    """There is no finding that would fail a build."""
    assert [] == [item.rule for item in linted(server, text) if item.severity != "info"]


def test_set_not_null_after_a_validated_check_reads_nothing(server: Shadow) -> None:
    """The recipe of B9 is measured to need no scan, so lint reports nothing."""
    before = [
        FIRST,
        migration("202611020900", "ALTER TABLE users ADD CONSTRAINT k CHECK (age IS NOT NULL)"),
    ]
    text = "ALTER TABLE users ALTER age SET NOT NULL"
    result = lint(server, before, [migration("202611030900", text)], advice=True).findings
    assert [] == [item.rule for item in result]


def test_indexes_of_a_table_in_one_file_are_one_finding_with_all_its_lines(server: Shadow) -> None:
    """The second takes no additional lock, but builds under the first one's."""
    result = linted(server, "CREATE INDEX i ON users (name);\nCREATE INDEX j ON users (n)")
    rule = "create-index-blocks-writes"
    lines = [(f.line, f.message) for f in result if f.rule == rule]
    text = "building i blocks all writes to public.users; the same for lines 2"
    assert [(1, text)] == lines


def test_work_under_an_earlier_lock_is_told_once_a_file(server: Shadow) -> None:
    """Splitting the file once repairs all of it."""
    fill = "UPDATE teams SET title = title;\n"
    result = linted(server, "ALTER TABLE users ADD c int;\n" + fill + fill)
    assert [2] == [item.line for item in result if item.rule == "works-while-locked"]


def test_an_empty_down_is_a_fault_only_where_there_is_a_schema_to_undo(server: Shadow) -> None:
    """A file that changes only rows leaves the schema as it was, and so does its down file."""
    down = sql_file(Path("202611020900_x.down.sql"), b"-- nothing\n")

    def rules(up: str) -> list[str]:
        chosen = replace(migration("202611020900", up), down=down)
        return [finding.rule for finding in lint(server, [FIRST], [chosen]).findings]

    assert ["empty-down"] == rules("CREATE SEQUENCE turns")
    assert [] == rules("UPDATE users SET age = 1")


@pytest.mark.parametrize(
    "text",
    ["REINDEX SCHEMA public", "VACUUM (FULL, ANALYZE) teams", "REINDEX (VERBOSE) TABLE users"],
)
def test_locks_that_no_reader_waits_for_are_seen_outside_a_transaction(
    server: Shadow, text: str
) -> None:
    """A writer blocks it: SHARE lets readers pass, and would end before lint can look."""
    assert [] != [item for item in linted(server, NT + text) if item.severity == "error"]


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        ("CREATE EXTENSION no_such_extension", "does-not-run", "--shadow-url URL with a server"),
        ("ALTER TABLE nobody ADD c int", "does-not-run", "does not exist"),
        ("SELECT 'x", "does-not-parse", "not closed"),
    ],
)
def test_files_after_one_that_does_not_run_are_told_to_be_unjudged(
    server: Shadow, text: str, rule: str, says: str
) -> None:
    """Lint says that they were not checked, because silence would look like approval."""
    files = [migration(str(n), sql) for n, sql in enumerate(["SELECT 1", text, *["SELECT 2"] * 2])]
    for count, rest in ((2, ""), (3, "(1 later file was not judged)"), (4, "2 later files were")):
        result = lint(server, [], files[:count], pattern=False)
        assert 2 == result.files
        (outcome,) = [finding for finding in result.findings if finding.rule == rule]
        assert says in outcome.message
        assert rest in outcome.message if rest else "judged" not in outcome.message


def test_advice_is_told_only_to_who_asks(server: Shadow) -> None:
    """Design, names and short locks are counted; with advice they are listed."""
    chosen = [migration("202611020900", "CREATE TABLE more (id int);\nDROP INDEX users_age_idx")]
    quiet, result = lint(server, [FIRST], chosen), lint(server, [FIRST], chosen, advice=True)
    assert ((), 2, 0) == (quiet.findings, quiet.advice, quiet.exit_code)
    assert {"table-without-primary-key", "drop-index-blocks"} == {f.rule for f in result.findings}
    assert (0, 0) == (result.advice, result.exit_code)


def test_a_waiver_holds_until_its_day_and_needs_a_reason(server: Shadow) -> None:
    """Waived: reported, not counted. Expired or unneeded: reported so.

    Without a reason: refused.
    """
    text = (
        "-- wavehouse: waive create-index-blocks-writes until {}: the table is empty\n"
        "CREATE INDEX users_name_idx ON users (name)"
    )
    (item,) = linted(server, text.format("2199-01-01"))
    assert "the table is empty" in (item.waived or "")
    assert {"create-index-blocks-writes", "waiver-expired"} == {
        f.rule for f in linted(server, text.format("2020-01-01"))
    }
    unneeded = text.format("2199-01-01").replace("CREATE INDEX users_name_idx ON users (name)", "")
    assert ["waiver-unused"] == [f.rule for f in linted(server, unneeded + "SELECT 1")]
    broken = linted(server, "-- wavehouse: waive create-index-blocks-writes\nSELECT 1")
    assert "a waiver needs a rule" in broken[0].message


def test_the_command_tells_file_line_lock_and_recipe(
    ladder: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch, shadow_home: Path
) -> None:
    """JSON with all fields; exit code 3 while a finding is open; --since skips older files."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))
    folder = ladder(
        {
            "202611010900_users.up": "CREATE TABLE users (id int PRIMARY KEY, name text);",
            "202611010900_users.down": "DROP TABLE users;",
            "202611020900_idx.up": "SELECT 1;\n\nCREATE INDEX users_name_idx ON users (name);",
            "202611020900_idx.down": "DROP INDEX users_name_idx;",
        }
    )

    def run(*more: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(root, ["schema", "lint", "--dir", str(folder), "--json", *more])
        return done.exit_code, json.loads(done.stdout)

    code, answer = run()
    (item,) = answer["findings"]
    assert (3, "create-index-blocks-writes", 3, "ShareLock") == (
        code,
        item["rule"],
        item["line"],
        item["lock"],
    )
    assert "CONCURRENTLY" in item["recipe"]
    assert (0, []) == (
        run("--since", "202611020900")[0],
        run("--since", "202611020900")[1]["findings"],
    )


def test_migrations_in_go_are_named_by_what_cannot_read_them(
    tmp_path: Path, shadow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lint continues without them, and names them."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))
    (tmp_path / "202611010900_a.up.sql").write_text("SELECT 1;")
    (tmp_path / "202611020900_b.up.go").write_text("package migrations")
    (tmp_path / "202611020900_b.down.go").write_text("package migrations")
    words = ["schema", "lint", "--dir", str(tmp_path), "--layout", "golang-migrate"]
    said = CliRunner().invoke(root, words).output
    for name in ("202611020900_b.up.go", "202611020900_b.down.go"):
        assert f"{name} is written in Go" in said
