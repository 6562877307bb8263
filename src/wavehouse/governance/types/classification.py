"""The classification of every column: category, level, person, erasure, retention.

The structures have the form of ``configs/data-classification.yml``; the published JSON Schema is
derived from them. Categories, uses and subjects are keys of fideslang (``vocabulary.toml``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

UNCLASSIFIED = "UNCLASSIFIED"
"""Category and level of an entry that nobody has classified yet; every check refuses it."""
DENY = "deny"
"""A JSON rule: these keys must not occur."""
PERSONAL = "user"
"""Root of the categories of personal data."""
ORGANIZATION = "organization"
"""The one subject that is not a natural person."""


class Level(StrEnum):
    """Sensitivity of a column, from the least to the most sensitive."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"
    UNCLASSIFIED = "UNCLASSIFIED"

    @property
    def rank(self) -> int:
        """0 for public to 3 for restricted; an unclassified column counts as restricted."""
        return min(list(Level).index(self), 3)


class ErasureAction(StrEnum):
    """Effect of a person's erasure on the rows that belong to the person."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    PSEUDONYMISE = "pseudonymise"
    KEEP = "keep"


class Protection(StrEnum):
    """How secrets and addresses are stored, never in clear (OPS-10).

    ``hashed``: by SHA-256 or Argon2id; ``keyed``: by HMAC under a key that is not in the table;
    ``sealed``: encrypted; ``truncated``: an address cut to its network; ``public``: the public half
    of a key pair, or the part of a secret that is shown; ``clear``: in clear text, which needs
    ``why``.
    """

    HASHED = "hashed"
    KEYED = "keyed"
    SEALED = "sealed"
    TRUNCATED = "truncated"
    PUBLIC = "public"
    CLEAR = "clear"


class Form(StrEnum):
    """A spelling in which an identifier may occur; the residual scan looks for all of them."""

    EXACT = "exact"
    LOWER = "lower"
    NODASH = "nodash"
    URLENCODED = "urlencoded"
    SHA256 = "sha256"


NonEmpty = Annotated[str, Meta(min_length=1)]
Through = Annotated[
    str,
    Meta(
        min_length=1,
        description="How a row belongs to a person. 'column': it has the value of the subject's "
        "root column. 'column = name': it has, or as an array contains, the identifier of that "
        "name. 'column > schema.table.column': the row belongs to whomever the other row belongs "
        "to; several columns are separated by ' + '.",
    ),
]


class Link(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A way in which rows belong to a subject, and the effect of erasure on them.

    ``anonymise`` and ``pseudonymise`` empty ``clear`` (a column, or ``column.key`` of a JSON
    column) and set ``replace``, in which ``{random}`` is a new random value for each row and
    ``{pseudonym}`` one for the person; ``{keyed}`` is the keyed hash of the column's own value, by
    which a refund is matched with its order (decision 1507). ``keep`` needs ``basis``, a use of
    the vocabulary.
    """

    through: Through
    on_erasure: ErasureAction
    clear: tuple[NonEmpty, ...] = ()
    replace: dict[str, str] = {}
    basis: str = ""


class ColumnEntry(
    Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """The class of a column. ``keep`` is the legal basis on which erasure leaves its values.

    ``subject`` names the subject of the data when it is not every subject of the table. ``json``
    classifies the keys of a JSON column: ``$.key`` and ``*`` for the others, a category or
    ``deny``. ``stored`` says how a secret or an address is protected.
    """

    category: NonEmpty
    level: Level
    stored: Protection | None = None
    json: dict[str, str] = {}
    subject: str = ""
    keep: str = ""
    why: str = ""


class TableEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The classification of a table or view.

    ``retention`` names a policy of ``retention.toml``; ``kept`` says in words how long rows are
    kept when none does. ``unlinkable`` says why personal columns cannot be attributed to a known
    person; ``aggregate`` why derived columns may be less sensitive than their sources.
    """

    owner: NonEmpty
    columns: dict[str, ColumnEntry]
    kind: Annotated[str, Meta(pattern="^(table|view)$")] = "table"
    subjects: dict[str, tuple[Link, ...]] = {}
    retention: str = ""
    kept: str = ""
    unlinkable: str = ""
    aggregate: str = ""
    classified_by: NonEmpty
    classified_on: date
    why: NonEmpty


class Identifier(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A value that identifies a person: its column, the prefix it is stored with, its spellings."""

    column: NonEmpty
    forms: tuple[Form, ...] = (Form.EXACT,)
    prefix: str = ""


class Subject(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A kind of person (or the organization): its root column and its identifiers.

    ``maps_to`` is a subject of the vocabulary. ``root`` is ``database.schema.table.column``.
    """

    about: NonEmpty
    maps_to: str
    root: NonEmpty
    identifiers: dict[str, Identifier]


class DatabaseEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A database and the categories that it may contain. A category allows its descendants."""

    about: NonEmpty
    allow: tuple[NonEmpty, ...]


class ClassificationFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file ``data-classification.yml``. Tables are named ``database.schema.table``.

    ``apart`` lists pairs of subjects whose data no reference, role or derived column may join.
    """

    version: Annotated[int, Meta(ge=1, le=1)]
    vocabulary: NonEmpty
    databases: dict[str, DatabaseEntry]
    apart: tuple[tuple[str, str], ...] = ()
    subjects: dict[str, Subject]
    tables: dict[str, TableEntry]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The keys of fideslang: data categories, data uses, data subjects."""

    version: str
    categories: frozenset[str]
    uses: frozenset[str]
    subjects: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hop:
    """A step from a table to another one of the same database, by equal columns."""

    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowPath:
    """How rows of a table are found for a person.

    Follow ``hops`` from the table; then ``column`` of the last table equals, or as an array
    contains, the subject's identifier ``identifier``, or its root value when that is empty.
    """

    hops: tuple[Hop, ...]
    column: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class SubjectLink:
    """A link of a table with its resolved paths: a row belongs to the person by any of them."""

    database: str
    table: str
    subject: str
    link: Link
    paths: tuple[RowPath, ...]
