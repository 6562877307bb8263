"""The numbered rules of the classification: why each exists, and how to fix a finding."""

from __future__ import annotations

from wavehouse.governance.types.findings import Code

_FILE = "configs/data-classification.yml"
CODES: dict[str, Code] = {
    code.number: code
    for code in (
        Code(
            "C01",
            "column-without-entry",
            "An unclassified column is in no erasure, access or retention plan.",
            f"Add the entry that `wavehouse classify skeleton` prints to {_FILE}.",
        ),
        Code(
            "C02",
            "stale-entry",
            "A plan based on an entry without a column fails in the middle of an erasure.",
            "Remove the entry, or give it the column's new name.",
        ),
        Code(
            "C03",
            "unclassified",
            "A skeleton is not a decision: a person must state what the column contains.",
            "Replace UNCLASSIFIED with a category and a level, and give the reason.",
        ),
        Code(
            "C04",
            "unknown-key",
            "A misspelt category matches no rule and protects nothing.",
            "Use a key of the vocabulary: `wavehouse classify vocabulary`.",
        ),
        Code(
            "C05",
            "personal-without-erasure",
            "Personal data without a link to its person stays when that person is erased.",
            "Add a link below subjects that covers the column, a basis "
            "below keep, or below unlinkable the reason why the person is unknown.",
        ),
        Code(
            "C06",
            "json-without-rules",
            "Any key may appear in a JSON column, so the class of the column alone is not enough.",
            'Classify its keys: json: {"$.key": category, "*": category or deny}.',
        ),
        Code(
            "C07",
            "category-not-allowed",
            "Each database contains as little as its purpose requires; new categories are a "
            "decision.",
            "Move the column to another database, or extend the database's allow list "
            "deliberately.",
        ),
        Code(
            "C08",
            "no-retention",
            "Rows without a limit are kept forever by accident.",
            "Name a policy from retention.toml below retention, or "
            "write below kept how long rows stay, and why.",
        ),
        Code(
            "C09",
            "outlives-parent",
            "The cascade deletes rows before their own policy allows it.",
            "Shorten the child's policy, lengthen the parent's, or change ON DELETE CASCADE.",
        ),
        Code(
            "C10",
            "keep-without-basis",
            "Keeping data about an erased person needs a legal basis.",
            "Use an entry of the vocabulary as the basis, such as essential.legal_obligation.",
        ),
        Code(
            "C11",
            "derived-less-sensitive",
            "A copy is as sensitive as its source, whatever its name.",
            "Raise the level or the category of the derived column, or give below aggregate the "
            "reason "
            "why nobody can be recognised in it.",
        ),
        Code(
            "C12",
            "partition-policy-unpartitioned",
            "Retention cannot drop partitions of a table that has none, so nothing is removed.",
            "Partition the table by the policy's clock, or use the action delete.",
        ),
        Code(
            "C13",
            "subject-key-without-index",
            "Every erasure and access request would read the whole table.",
            "Create an index that begins with the column of the link.",
        ),
        Code(
            "C14",
            "suspected-personal-data",
            "Values that look like email addresses, IP addresses, cards or ids of people are "
            "personal, whatever "
            "the column's name.",
            "Classify the column by its content, or stop writing such values.",
        ),
        Code(
            "C15",
            "subjects-meet",
            "Two kinds of people must be kept separate; a reference, role or derived column "
            "joins them.",
            "Remove the reference or grant, or pass on only a declared aggregate.",
        ),
        Code(
            "C16",
            "cascade-destroys-kept",
            "Deleting the person deletes rows that a policy or a legal basis keeps.",
            "Use ON DELETE RESTRICT, and pseudonymise the parent instead of deleting it.",
        ),
        Code(
            "C17",
            "invalid-erasure",
            "An erasure by such a link would fail, or leave the person's data in the row.",
            "Correct clear and replace: use existing columns, and NULL only where the column "
            "allows it.",
        ),
        Code(
            "C18",
            "set-null-on-not-null",
            "ON DELETE SET NULL of a NOT NULL column is accepted by PostgreSQL and always fails.",
            "Use ON DELETE RESTRICT, or drop NOT NULL.",
        ),
        Code(
            "C19",
            "secret-in-clear",
            "A leaked table must not contain passwords, tokens, keys or full addresses (OPS-10).",
            "Store a hash or the sealed value, and state which below stored.",
        ),
        Code(
            "C20",
            "not-as-stored",
            "A column declared as hashed, sealed or truncated contains other values.",
            "Find the writer and correct it, then replace the values.",
        ),
    )
}
