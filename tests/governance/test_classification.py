"""The file of classifications: it is read strictly, and has every column of every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavehouse import schema
from wavehouse.governance import Form, RowPath, classification
from wavehouse.governance.adapters.classification_file import (
    parse,
    read_classification,
    read_vocabulary,
)
from wavehouse.governance.rules.linking import resolve
from wavehouse.governance.types.classification import Hop
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Stores, owner_role

ROOT = Path(__file__).parents[2]
SMALL = """
version: 1
vocabulary: fideslang/3.1.4
databases:
  shop: {about: a shop, allow: [system, user]}
subjects:
  buyer:
    about: someone who buys
    maps_to: customer
    root: shop.public.people.id
    identifiers:
      email: {column: shop.public.people.email, forms: [exact, lower]}
tables:
  shop.public.people:
    owner: shop
    subjects: {buyer: [{through: id, on_erasure: delete}]}
    kept: for the life of the account
    classified_by: shop
    classified_on: 2026-11-30
    why: the root
    columns:
      id: {category: user.unique_id, level: confidential}
      email: {category: user.contact.email, level: confidential}
  shop.public.orders:
    owner: shop
    subjects:
      buyer:
        - {through: person_id > public.people.id, on_erasure: delete}
        - {through: email = email, on_erasure: delete}
    kept: a year
    classified_by: shop
    classified_on: 2026-11-30
    why: what was bought
    columns:
      person_id: {category: user.unique_id, level: confidential}
      email: {category: user.contact.email, level: confidential}
"""


def test_ops3_every_column_of_every_database_has_an_entry_and_no_entry_is_left_over(
    stores: Stores,
) -> None:
    """If this fails: ``wavehouse classify skeleton``, then classify the new columns."""
    existing = {
        (f"{database.name}.{table.name}", column.name)
        for database in stores.databases
        for table in schema.catalogue(
            database.place.conninfo("migrate"), role=owner_role(database.name)
        ).tables
        for column in table.columns
    }
    classified = {
        (name, column)
        for name, table in classification().tables.items()
        for column in table.columns
    }

    assert (set(), set()) == (existing - classified, classified - existing)


def test_the_file_in_configs_is_the_file_of_the_package() -> None:
    """One file: the package links to it, and a wheel contains its content."""
    link = ROOT / "src" / "wavehouse" / "governance" / "data-classification.yml"

    assert link.is_symlink()
    assert ROOT / "configs" / "data-classification.yml" == link.resolve()


def test_links_are_followed_to_the_person() -> None:
    """By a column, by an identifier, and over another table."""
    links = resolve(parse(SMALL)).subject_tables("buyer")

    assert [
        (RowPath((), "id"),),
        (RowPath((Hop(("person_id",), "public.people", ("id",)),), "id"),),
        (RowPath((), "email", "email"),),
    ] == [link.paths for link in links]


def test_the_listeners_rows_are_reached_from_the_root() -> None:
    """The API that erasure and access requests are planned with."""
    tables = {link.table for link in classification().subject_tables("listener")}

    assert {"listeners.listeners", "listeners.playback_positions"} < tables
    email = classification().subjects["listener"].identifiers["email"]
    assert (Form.EXACT, Form.LOWER, Form.URLENCODED, Form.SHA256) == email.forms


def test_another_content_has_another_digest() -> None:
    """Comments and order of the file do not count."""
    before = resolve(parse(SMALL)).digest

    assert before == resolve(parse("# a comment\n" + SMALL)).digest
    assert before != resolve(parse(SMALL.replace("kept: a year", "kept: two years"))).digest


@pytest.mark.parametrize(
    ("old", "new", "message", "where"),
    [
        ("id: {category", "id: {categry", "unknown field `categry`", "table shop.public.people"),
        ("level: confidential}", "level: secret}", "'secret'", "table shop.public.people"),
        ("    kept: a year\n", "    kept: a year\n    kept: a day\n", "occurs twice", ":31"),
        ("on_erasure: delete}]", "on_erasure: shred}]", "'shred'", "table shop.public.people"),
        ("> public.people.id", "> public.persons.id", "unknown table", "shop.public.orders"),
        ("> public.people.id", "> public.people.ID", "unknown column 'ID'", "shop.public.people"),
        ("email = email", "email = phone", "no identifier 'phone'", "shop.public.orders"),
        ("through: id,", "through: id > public.people.id,", "back to itself", "public.people"),
        ("version: 1", "version: 2", "version", "data-classification.yml"),
        ("version: 1", "version: !!python/name:os.system x", "constructor", ":2"),
        (SMALL, "[]", "must be a mapping", "data-classification.yml"),
        (SMALL, "a: [", "invalid YAML", ":2"),
        (SMALL, "[" * 5000, "invalid YAML", "data-classification.yml"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    old: str, new: str, message: str, where: str
) -> None:
    """A file is read completely or refused; the last of two equal keys never wins."""
    with pytest.raises(InvalidInput) as refused:
        resolve(parse(SMALL.replace(old, new, 1)))

    assert message in f"{refused.value}"
    assert where in (refused.value.where or "")


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    """The error has the file's name."""
    with pytest.raises(NotFound, match="No such file"):
        read_classification(tmp_path / "none.yml")
    (tmp_path / "large.yml").write_bytes(b"#" * (9 * 2**20))
    with pytest.raises(InvalidInput, match="larger than 8 MiB"):
        read_classification(tmp_path / "large.yml")


def test_the_vocabulary_is_that_of_fideslang() -> None:
    """Its counts in version 3.1.4, as the specification gives them."""
    vocabulary = read_vocabulary()

    assert ("fideslang/3.1.4", 85, 15) == (
        vocabulary.version,
        len(vocabulary.categories),
        len(vocabulary.subjects),
    )
    assert {"user.contact.email", "user.behavior.media_consumption"} <= vocabulary.categories


def test_ops3_the_document_counts_the_tables_of_every_subject() -> None:
    """One row for each subject in the page on the data's life."""
    known = classification()
    page = (ROOT / "docs" / "DATA_LIFECYCLE_AND_GOVERNANCE.md").read_text(encoding="utf-8")
    actions = ("delete", "anonymise", "pseudonymise", "keep")
    for name, subject in known.subjects.items():
        links = known.subject_tables(name)
        counts = [len({(each.database, each.table) for each in links})]
        counts += [
            len({(each.database, each.table) for each in links if each.link.on_erasure == action})
            for action in actions
        ]
        row = f"| {name} | `{subject.root}` | {' | '.join(map(str, counts))} |"
        assert row in page
