"""Dictionary and diagrams match the database, and other tools can read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wavehouse import governance, schema
from wavehouse.schema.cli import schema as commands
from wavehouse.schema.rules import diagrams
from wavehouse.schema.service.documents import documents
from wavehouse.schema.types import LEVELS, Column, ForeignKey, Table
from wavehouse.store import DATABASES


@pytest.mark.parametrize("name", DATABASES)
def test_ops9_the_documents_are_what_the_database_would_write(
    documented: Callable[[Any], tuple[Any, Any]], root: Path, name: Any
) -> None:
    """Byte for byte. If this fails, run ``make gen``."""
    found, reserved = documented(name)
    reference = root / "docs" / "reference"
    checked = schema.check_documents(
        name, found, reference, None, reserved, governance.column_classes(name)
    )

    assert ((), (), ()) == (checked.stale, checked.missing, checked.extra)


def test_a_search_path_and_a_zone_change_nothing(seeded: dict[str, str]) -> None:
    """The documents are the same for every setting of the session."""
    place = seeded["operational"]
    usual = schema.catalogue(place)
    odd = schema.catalogue(
        f"{place} options='-c search_path=studio,accounts -c timezone=Asia/Tokyo"
        " -c datestyle=German -c quote_all_identifiers=off'"
    )

    assert usual == odd


@pytest.mark.parametrize(
    ("database", "table", "expected"),
    [
        ("operational", "accounts.users", False),
        ("operational", "measurement.listener_events", False),
        ("operational", "schema_ops.history", False),
        ("operational", "audit.audit_leaves", False),
        ("operational", "governance.lineage_edges", True),
        ("learning", "learning.content", False),
        ("learning", "learning.generation_status", False),
        ("learning", "queue.outbox", True),
        ("learning", "audit.audit_log", False),
        ("listeners", "listeners.playback_positions", False),
        ("analytics", "analytics.listener_events_daily", False),
    ],
)
def test_a_table_that_no_query_names_is_reserved_in_dictionary_and_diagram(
    documented: Callable[[Any], tuple[Any, Any]],
    root: Path,
    database: Any,
    table: str,
    expected: bool,
) -> None:
    """Derived from the source, by database: a query of one database uses no table of another."""
    found, reserved = documented(database)
    space = table.split(".", maxsplit=1)[0]
    page = root / "docs" / "reference" / "dictionary" / database / f"{space}.md"
    told = page.read_text(encoding="utf-8").split(f"\n## {table}\n")[1].split("\n## ")[0]
    drawn = documents(database, found, reserved)[f"erd/{database}/{space}.mmd"]
    entity = drawn.split(f'  "{table}" {{\n')[1].split("  }")[0]

    assert expected == (table in reserved)
    assert expected == ("*Reserved*" in told)
    assert expected == ("reserved table" in entity)


def test_check_tells_changed_missing_and_left_over_documents(
    seeded: dict[str, str], tmp_path: Path
) -> None:
    """Each kind of difference is named, and ``generate`` repairs all three."""
    found = schema.catalogue(seeded["analytics"])
    schema.write_documents("analytics", found, tmp_path, tmp_path / "schema.sql")
    changed = tmp_path / "dictionary" / "analytics" / "governance.md"
    changed.write_text("something else", encoding="utf-8")
    gone = tmp_path / "erd" / "analytics" / "all.puml"
    gone.unlink()
    extra = tmp_path / "erd" / "analytics" / "old.mmd"
    extra.write_text("erDiagram", encoding="utf-8")
    checked = schema.check_documents("analytics", found, tmp_path, tmp_path / "schema.sql")
    schema.write_documents("analytics", found, tmp_path, tmp_path / "schema.sql")
    mended = schema.check_documents("analytics", found, tmp_path, tmp_path / "schema.sql")

    assert ((changed,), (gone,), (extra,)) == (checked.stale, checked.missing, checked.extra)
    assert (3, 0) == (checked.exit_code, mended.exit_code)


def test_the_commands_write_and_check_any_database(seeded: dict[str, str], tmp_path: Path) -> None:
    """``schema docs`` and ``schema seed`` take --dir and --url like the runner's commands."""
    ladder = tmp_path / "ladder" / "migrations"
    ladder.mkdir(parents=True)
    common = ["--dir", str(ladder), "--url", seeded["analytics"], "--json"]
    out = ["--out", str(tmp_path / "reference")]
    runner = CliRunner()
    before = runner.invoke(commands, ["docs", "check", *common, *out])
    written = runner.invoke(commands, ["docs", "generate", *common, *out])
    after = runner.invoke(commands, ["docs", "check", *common, *out])
    without = runner.invoke(commands, ["seed", *common])
    (tmp_path / "ladder" / "seeds").mkdir()
    nothing = runner.invoke(commands, ["seed", *common])

    assert (3, 0, 0) == (before.exit_code, written.exit_code, after.exit_code)
    assert "no seeds folder beside the migrations" in str(without.exception)
    assert (0, True) == (nothing.exit_code, '"written": 0' in nothing.output)


@pytest.mark.parametrize("name", DATABASES)
def test_every_table_stands_in_dictionary_and_diagram(
    documented: Callable[[Any], tuple[Any, Any]], root: Path, name: str
) -> None:
    """LIS-8: every table of the schema appears once, and each reference is drawn."""
    found, _ = documented(name)
    pages = root / "docs" / "reference"
    told = "".join(
        page.read_text(encoding="utf-8")
        for page in sorted((pages / "dictionary" / name).glob("*.md"))
        if page.name != "README.md"
    )
    drawn = documents(name, found)[f"erd/{name}/all.mmd"]
    headings = re.findall(r"^## (\S+)$", told, re.MULTILINE)
    references = sum(len(table.foreign_keys) for table in found.tables)

    assert sorted(table.name for table in found.tables) == sorted(headings)
    assert references == len(re.findall(r"--o[{|]", drawn))
    assert 2 * references == len(re.findall(r"\(1:[1N];", told))


@pytest.mark.parametrize("name", DATABASES)
def test_mermaid_keeps_to_what_all_its_versions_read(
    documented: Callable[[Any], tuple[Any, Any]], name: str
) -> None:
    """Quoted entities, plain types and columns, comments without quotes or line breaks."""
    line_kinds = [
        re.compile(r"%% [^{}]*"),
        re.compile(r"erDiagram"),
        re.compile(r'  "[a-z_.]+" (\|\||\|o)--(o\{|o\|) "[a-z_.]+" : "[a-z_, ]+"'),
        re.compile(r'  "[a-z_]+\.[a-z_]+" \{'),
        re.compile(
            r"    [A-Za-z][A-Za-z0-9_]*(\[\])? [A-Za-z][A-Za-z0-9_]*"
            r'( (PK|FK|UK)(, (PK|FK|UK))*)? "[^"]*"'
        ),
        re.compile(r"  \}"),
    ]
    texts = documents(name, documented(name)[0])
    sources = {path: text for path, text in texts.items() if path.endswith(".mmd")}
    strange = [
        (path, line)
        for path, text in sources.items()
        for line in text.splitlines()
        if not any(kind.fullmatch(line) for kind in line_kinds)
    ]

    assert sources
    assert [] == strange


@pytest.mark.parametrize("name", DATABASES)
def test_pages_have_the_colours_of_levels_and_sources_do_not(
    documented: Callable[[Any], tuple[Any, Any]], name: Any
) -> None:
    """A table has the colour of its most sensitive column; only Mermaid 11.5 or newer reads it."""
    classes = governance.column_classes(name)
    texts = documents(name, *documented(name), classes)
    plain = documents(name, *documented(name))
    pages = [text for path, text in texts.items() if re.fullmatch(r"erd/.*\.md", path)]
    coloured = dict(re.findall(r'^  "(\S+)":::(\w+) \{$', "".join(pages), re.MULTILINE))
    wanted = {
        table.name: max((entry.level for entry in classes[table.name].values()), key=LEVELS.index)
        for table in documented(name)[0].tables
        if table.kind != "v"
    }

    assert wanted == coloured
    for page in pages:
        used = set(re.findall(r":::(\w+)", page))
        assert used == set(re.findall(r"^  classDef (\w+) fill:#\w{6},", page, re.MULTILINE))
    assert all(texts[path] == text for path, text in plain.items() if path.endswith(".mmd"))


@pytest.mark.parametrize(
    ("type_name", "drawn"),
    [
        ("numeric(10,2)", "numeric_10_2"),
        ("timestamp with time zone", "timestamptz"),
        ("character varying(255)", "varchar_255"),
        ("uuid[]", "uuid[]"),
        ("character varying(20)[]", "varchar_20[]"),
        ("public.vector(3)", "vector_3"),
    ],
)
def test_types_are_drawn_as_single_words(type_name: str, drawn: str) -> None:
    """Older versions of Mermaid end a type at a space, a bracket or a comma."""
    assert drawn == diagrams.mermaid_type(type_name)


def test_names_that_mermaid_cannot_read_are_told_in_the_comment() -> None:
    """A column called pk, or with odd characters, keeps its position; a comment has its name."""
    columns = tuple(
        Column(name, "text", False, None, "", False, 'says "yes"')
        for name in ("pk", "2nd", "naïve $")
    )
    table = Table("a.b", "r", None, None, (), False, None, columns, (), (), (), (), (), ())
    drawn = diagrams.mermaid([table]).splitlines()[3:6]

    assert [
        '    text pk_ "really pk: says #quot;yes#quot;"',
        '    text c_2nd "really 2nd: says #quot;yes#quot;"',
        '    text na_ve__ "really naïve $: says #quot;yes#quot;"',
    ] == drawn


def test_one_to_many_and_one_to_one_are_drawn_apart() -> None:
    """Required or optional on the one side; many or at most one on the other."""
    keys = tuple(
        ForeignKey(f"k{n}", ("x",), "a.one", ("x",), "restrict", optional, single, "")
        for n, (optional, single) in enumerate([(False, False), (True, False), (False, True)])
    )
    table = Table("a.many", "r", None, None, (), False, None, (), (), keys, (), (), (), ())
    drawn = [line for line in diagrams.mermaid([table]).splitlines() if "--" in line]

    assert [
        '  "a.one" ||--o{ "a.many" : "x"',
        '  "a.one" |o--o{ "a.many" : "x"',
        '  "a.one" ||--o| "a.many" : "x"',
    ] == drawn
