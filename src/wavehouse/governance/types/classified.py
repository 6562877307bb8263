"""The classification with its links resolved, as planners and checks read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wavehouse.governance.types.classification import (
    PERSONAL,
    ClassificationFile,
    ColumnEntry,
    Subject,
    SubjectLink,
    TableEntry,
)


def is_personal(category: str) -> bool:
    """Whether a category is one of personal data."""
    return category == PERSONAL or category.startswith(f"{PERSONAL}.")


@dataclass(frozen=True, slots=True)
class Classification:
    """The classified columns. Tables are named ``database.schema.table``.

    ``links`` are all ways in which rows belong to people, with the paths that lead to the person.
    ``digest`` is the SHA-256 of the content, in hex: the version that a plan was made under.
    """

    file: ClassificationFile
    links: tuple[SubjectLink, ...]
    digest: str

    @property
    def tables(self) -> Mapping[str, TableEntry]:
        """All tables and views by their names."""
        return self.file.tables

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """The kinds of people, and the organization."""
        return self.file.subjects

    def subject_tables(self, subject: str) -> tuple[SubjectLink, ...]:
        """The links of a subject, in the order of the file."""
        return tuple(link for link in self.links if link.subject == subject)

    def personal_columns(self, table: str) -> dict[str, ColumnEntry]:
        """The columns of a table (``database.schema.table``) that contain personal data."""
        return {
            name: column
            for name, column in self.tables[table].columns.items()
            if is_personal(column.category)
        }
