"""The lint rules: group, severity, message, and the safe alternative.

The letters match the list of rules in ``docs/guides/schema-operations.md``: A rewrites, B
scans and builds, C queues of locks, G robustness, H files, names, partitions and indexes.

Severity information is advice, shown only on request: design, names, and brief locks (the runner's
short lock_timeout with retries prevents queues). Errors and warnings are for statements whose work
under a lock grows with the table, that fail, or that hide a failure.
"""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A rule. Its texts may contain ``{relation}`` and ``{name}``."""

    group: str
    severity: str
    message: str
    recipe: str


RULES: dict[str, Recipe] = {
    "add-column-volatile-default": Recipe(
        "A1", ERROR, "adding {name} with a volatile default rewrites every row of {relation}",
        "Add the column without a default, SET DEFAULT, then fill old rows in batches.",
    ),
    "add-column-identity": Recipe(
        "A2", ERROR, "adding {name} as serial or identity rewrites every row of {relation}",
        "Add a plain nullable column and a sequence as its default, fill in batches, then attach "
        "the identity.",
    ),
    "add-column-stored-generated": Recipe(
        "A3", ERROR, "a stored generated column rewrites every row of {relation}",
        "Use a virtual generated column (PostgreSQL 18), or a plain column "
        "maintained by a trigger and filled in batches.",
    ),
    "alter-column-type-rewrites": Recipe(
        "A4", ERROR, "the new type of {name} rewrites every row of {relation}",
        "Add a column of the new type, write both, fill in batches, then swap the names.",
    ),
    "vacuum-full-or-cluster": Recipe(
        "A5", ERROR, "VACUUM FULL and CLUSTER lock {relation} while they rewrite it",
        "Use plain VACUUM, or an online tool outside migrations.",
    ),
    "set-logged-rewrites": Recipe(
        "A6", ERROR, "SET LOGGED and UNLOGGED rewrite {relation}",
        "Create a new table of that kind, copy in batches, swap the names.",
    ),
    "set-storage-place-rewrites": Recipe(
        "A7", ERROR, "another tablespace or access method rewrites {relation}",
        "Create a new table there, copy in batches, swap the names.",
    ),
    "refresh-materialized-view-blocks": Recipe(
        "A8", ERROR, "a plain REFRESH locks out readers of {relation}",
        "Use REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index.",
    ),
    "add-column-constrained-domain": Recipe(
        "A9", ERROR, "a column of a constrained domain rewrites every row of {relation}",
        "Use the base type, with a CHECK added NOT VALID and validated later.",
    ),
    "rewrites-table": Recipe(
        "A", ERROR, "the statement rewrites every row of {relation} under {lock}",
        "Do the work in a new table or column, in batches.",
    ),
    "create-index-blocks-writes": Recipe(
        "B1", ERROR, "building {name} blocks all writes to {relation}",
        "CREATE INDEX CONCURRENTLY in a file of its own that begins with "
        "-- wavehouse: non-transactional",
    ),
    "add-unique-constraint-builds": Recipe(
        "B2", ERROR, "the unique constraint builds its index while {relation} is locked",
        "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX.",
    ),
    "add-primary-key-builds": Recipe(
        "B3", ERROR, "the primary key builds its index while {relation} is locked",
        "CREATE UNIQUE INDEX CONCURRENTLY on NOT NULL columns, then PRIMARY KEY USING INDEX.",
    ),
    "add-exclusion-builds": Recipe(
        "B4", ERROR, "an exclusion constraint builds its index while {relation} is locked",
        "There is no online method: add it to a small or a new table.",
    ),
    "add-foreign-key-scans": Recipe(
        "B5", ERROR, "the foreign key checks every row while writes to both tables are blocked",
        "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later file.",
    ),
    "add-check-scans": Recipe(
        "B6", ERROR, "the CHECK reads every row of {relation} under {lock}",
        "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later file.",
    ),
    "add-column-constraint-scans": Recipe(
        "B7", ERROR, "the new column's constraint reads or builds on {relation} under {lock}",
        "Add the column alone; add its constraint NOT VALID and validate it in a later file.",
    ),
    "set-not-null-scans": Recipe(
        "B9", ERROR, "SET NOT NULL reads every row of {relation} under {lock}",
        "PostgreSQL 18: ADD CONSTRAINT … NOT NULL … NOT VALID, then VALIDATE. Before: a CHECK "
        "(… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL, DROP the CHECK.",
    ),
    "alter-domain-scans": Recipe(
        "B10", ERROR, "the domain's constraint reads every table that uses it ({relation})",
        "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later file.",
    ),
    "attach-partition-scans": Recipe(
        "B11", ERROR, "attaching reads every row of {relation} while it is locked",
        "First add a CHECK equal to its bounds, NOT VALID and then validated.",
    ),
    "create-partition-scans-default": Recipe(
        "B12", ERROR, "with a default partition, adding a partition reads all of {relation}",
        "Detach the default partition first, or avoid having one.",
    ),
    "reindex-blocks": Recipe(
        "B13", ERROR, "REINDEX locks {relation}",
        "Use REINDEX … CONCURRENTLY in a separate non-transactional file.",
    ),
    "validate-in-same-transaction": Recipe(
        "B14", ERROR, "{relation} is validated under the lock that adding the constraint took",
        "Run VALIDATE CONSTRAINT in a separate file: alone it allows reads and writes.",
    ),
    "builds-index-under-lock": Recipe(
        "B", ERROR, "the statement builds an index of {relation} under {lock}",
        "Build the index CONCURRENTLY in a separate non-transactional file.",
    ),
    "scans-under-lock": Recipe(
        "B", ERROR, "the statement reads every row of {relation} under {lock}",
        "Separate the check from the change: NOT VALID first, VALIDATE in a later file.",
    ),
    "works-while-locked": Recipe(
        "C5", WARNING, "{relation} stays locked by an earlier statement while this one runs",
        "Move the work before the lock, or into a separate file.",
    ),
    "locks-several-tables": Recipe(
        "C6", INFO, "one transaction locks several tables exclusively: {relation}",
        "Use one file per table; otherwise a waiter for one table blocks all.",
    ),
    "drop-index-blocks": Recipe(
        "C7", INFO, "DROP INDEX locks {relation} against readers and writers",
        "DROP INDEX CONCURRENTLY in a non-transactional file of its own.",
    ),
    "detach-partition-blocks": Recipe(
        "C8", INFO, "DETACH PARTITION locks out readers and writers of {relation}",
        "Use DETACH PARTITION … CONCURRENTLY in a separate non-transactional file.",
    ),
    "trigger-blocks-writes": Recipe(
        "C9", INFO, "changing the trigger blocks writes to {relation}",
        "Fine when brief; keep it alone in its file.",
    ),
    "drop-table-locks-referenced": Recipe(
        "C10", INFO, "dropping the table locks the tables its foreign keys refer to: {relation}",
        "Drop its foreign keys first, each in a separate file.",
    ),
    "new-foreign-key-locks-parent": Recipe(
        "C11", INFO, "the new table's reference briefly blocks writes to {relation}",
        "Fine when brief; otherwise create the table first and add the reference "
        "in a separate file.",
    ),
    "alters-could-be-one": Recipe(
        "C12", INFO, "{relation} is altered by several statements, each with its own lock",
        "Use one ALTER TABLE with several actions, which takes the lock once.",
    ),
    "lock-table": Recipe(
        "C13", WARNING, "LOCK TABLE holds {relation} until the file ends",
        "Let each statement take the lock it needs.",
    ),
    "several-foreign-keys": Recipe(
        "C14", INFO, "several foreign keys in one file lock several pairs of tables at once",
        "Use one file for each.",
    ),
    "concurrently-if-not-exists": Recipe(
        "G3", WARNING, "IF NOT EXISTS accepts an invalid index left by a failed build",
        "Remove IF NOT EXISTS: the runner cleans up after a failed build.",
    ),
    "concurrently-in-transaction": Recipe(
        "G1", ERROR, "CONCURRENTLY cannot run in a transaction",
        "Begin the file with -- wavehouse: non-transactional",
    ),
    "does-not-parse": Recipe(
        "G0", ERROR, "PostgreSQL cannot parse this: {name}", "Correct the statement.",
    ),
    "does-not-run": Recipe(
        "G0", ERROR, "PostgreSQL does not accept the statement: {name}", "Correct the statement.",
    ),
    "leaves-half-done": Recipe(
        "G2", ERROR, "apply would refuse this: {name}",
        "Finish it in a later file, or give the reason: -- wavehouse: unvalidated REASON",
    ),
    "lock-timeout-off": Recipe(
        "C1", WARNING, "the file switches lock_timeout off; the runner keeps its own",
        "Leave lock_timeout to the runner, which retries when a lock is not free.",
    ),
    "missing-down": Recipe(
        "G11", WARNING, "the migration has no down file",
        "Write its .down.sql, or give the reason: -- wavehouse: irreversible: REASON",
    ),
    "empty-down": Recipe(
        "G12", WARNING, "the down file undoes nothing, and the up file changes the schema",
        "Write its statements, or SELECT 1; if there is nothing to undo.",
    ),
    "file-name-pattern": Recipe(
        "H1", WARNING, "the version {name} is not a timestamp",
        "Name the file YYYYMMDDHHMM_slug.up.sql, so that two branches rarely use "
        "the same version.",
    ),
    "identifier-too-long": Recipe(
        "G7", ERROR, "{name} is longer than 63 bytes and would be cut",
        "Choose a shorter name.",
    ),
    "table-without-primary-key": Recipe(
        "H7", INFO, "{relation} has no primary key",
        "Add one: replication, upserts and erasure must be able to identify a row.",
    ),
    "foreign-key-without-index": Recipe(
        "H9", INFO, "no index of {relation} begins with the columns of {name}",
        "Index them: otherwise every delete of a parent reads the whole child table.",
    ),
    "duplicate-index": Recipe(
        "H10", INFO, "{name} has the columns of another index of {relation}",
        "Keep one: each index slows down every write.",
    ),
    "wide-index": Recipe(
        "H11", INFO, "{name} has more than three columns and is not unique",
        "Start with the columns that are queried alone; INCLUDE the others.",
    ),
    "hash-index": Recipe(
        "H13", INFO, "{name} is a hash index",
        "Use a B-tree, which supports the same queries and more.",
    ),
    "index-name": Recipe(
        "H21", INFO, "the name {name} does not show what it indexes",
        "Name it <table>_<columns>_idx, or _key when unique.",
    ),
    "partition-name": Recipe(
        "H22", INFO, "the partition name {name} does not start with its table's name",
        "Name it <table>_<bound>.",
    ),
    "default-partition": Recipe(
        "H23", INFO, "{name} is a default partition: with it, no partition can be detached online",
        "Avoid it; create partitions ahead of time.",
    ),
    "timestamp-without-zone": Recipe(
        "H4", INFO, "{name} has no time zone", "Use timestamptz, which is an instant.",
    ),
    "waiver-expired": Recipe(
        "H30", WARNING, "the waiver of {name} has expired",
        "Correct the finding, or renew the waiver.",
    ),
    "waiver-unused": Recipe(
        "H31", INFO, "no finding of {name} here: the waiver is unnecessary", "Remove it.",
    ),
}  # fmt: skip
