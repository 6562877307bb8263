"""Every rule of lint: its group, how grave it is, what it says, and the safe way.

The letters are those of the list of rules in ``docs/guides/schema-operations.md``: A rewrites, B
scans and builds, C queues of locks, G robustness, H files, names, partitions and indexes.

Information is advice, shown only on request: design, names, and locks that last a moment
(the runner's short lock_timeout with retries keeps those from queueing). Errors and warnings are
what works under a lock for as long as a table is large, fails, or hides that it failed.
"""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A rule. ``says`` and ``recipe`` may name ``{relation}`` and ``{name}``."""

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
        "Use a virtual generated column (PostgreSQL 18), or a plain column kept by a trigger and "
        "filled in batches.",
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
        "Make a new table of the wanted kind, copy in batches, swap the names.",
    ),
    "set-storage-place-rewrites": Recipe(
        "A7", ERROR, "another tablespace or access method rewrites {relation}",
        "Make a new table there, copy in batches, swap the names.",
    ),
    "refresh-materialized-view-blocks": Recipe(
        "A8", ERROR, "a plain REFRESH locks {relation} against its readers",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index.",
    ),
    "add-column-constrained-domain": Recipe(
        "A9", ERROR, "a column of a constrained domain rewrites every row of {relation}",
        "Use the base type, and a CHECK that is added NOT VALID and validated later.",
    ),
    "rewrites-table": Recipe(
        "A", ERROR, "the statement rewrites every row of {relation} under {lock}",
        "Do the work in a new table or column, in batches.",
    ),
    "create-index-blocks-writes": Recipe(
        "B1", ERROR, "building {name} stops all writes to {relation}",
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
        "There is no online way: add it while the table is small, or to a new table.",
    ),
    "add-foreign-key-scans": Recipe(
        "B5", ERROR, "the foreign key checks every row while both tables take no writes",
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
        "Give it a CHECK equal to its bounds first, NOT VALID and then validated.",
    ),
    "create-partition-scans-default": Recipe(
        "B12", ERROR, "beside a default partition a new one reads all of {relation}",
        "Detach the default partition first, or do without one.",
    ),
    "reindex-blocks": Recipe(
        "B13", ERROR, "REINDEX locks {relation}",
        "REINDEX … CONCURRENTLY in a non-transactional file of its own.",
    ),
    "validate-in-same-transaction": Recipe(
        "B14", ERROR, "{relation} is validated under the lock that adding the constraint took",
        "VALIDATE CONSTRAINT in a file of its own: alone it lets everybody read and write.",
    ),
    "builds-index-under-lock": Recipe(
        "B", ERROR, "the statement builds an index of {relation} under {lock}",
        "Build the index CONCURRENTLY in a non-transactional file of its own.",
    ),
    "scans-under-lock": Recipe(
        "B", ERROR, "the statement reads every row of {relation} under {lock}",
        "Do the check apart from the change: NOT VALID first, VALIDATE in a later file.",
    ),
    "works-while-locked": Recipe(
        "C5", WARNING, "{relation} stays locked by an earlier statement while this one works",
        "Put the work before the lock, or into a file of its own.",
    ),
    "locks-several-tables": Recipe(
        "C6", INFO, "one transaction locks several tables exclusively: {relation}",
        "A file for each table: whoever holds one would wait for all.",
    ),
    "drop-index-blocks": Recipe(
        "C7", INFO, "DROP INDEX locks {relation} against readers and writers",
        "DROP INDEX CONCURRENTLY in a non-transactional file of its own.",
    ),
    "detach-partition-blocks": Recipe(
        "C8", INFO, "DETACH PARTITION locks {relation} against readers and writers",
        "DETACH PARTITION … CONCURRENTLY in a non-transactional file of its own.",
    ),
    "trigger-blocks-writes": Recipe(
        "C9", INFO, "the trigger's change stops writes to {relation}",
        "Fine when short; keep it alone in its file.",
    ),
    "drop-table-locks-referenced": Recipe(
        "C10", INFO, "dropping the table locks what its foreign keys refer to: {relation}",
        "Drop its foreign keys first, each in a file of its own.",
    ),
    "new-foreign-key-locks-parent": Recipe(
        "C11", INFO, "the new table's reference stops writes to {relation} for a moment",
        "Fine when short; make the table first and add the reference in a file of its own.",
    ),
    "alters-could-be-one": Recipe(
        "C12", INFO, "{relation} is altered by several statements, each with its own lock",
        "One ALTER TABLE with several actions takes the lock once.",
    ),
    "lock-table": Recipe(
        "C13", WARNING, "LOCK TABLE holds {relation} until the file ends",
        "Let each statement take what it needs.",
    ),
    "several-foreign-keys": Recipe(
        "C14", INFO, "several foreign keys in one file lock several pairs of tables at once",
        "A file for each.",
    ),
    "concurrently-if-not-exists": Recipe(
        "G3", WARNING, "IF NOT EXISTS takes an invalid index of a failed build for the wanted one",
        "Leave IF NOT EXISTS out: the runner cleans up after a failed build.",
    ),
    "concurrently-in-transaction": Recipe(
        "G1", ERROR, "CONCURRENTLY cannot run in a transaction",
        "Begin the file with -- wavehouse: non-transactional",
    ),
    "does-not-parse": Recipe(
        "G0", ERROR, "PostgreSQL's grammar does not know this: {name}", "Correct the statement.",
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
        "Leave lock_timeout to the runner: a lock that is not free is tried for again.",
    ),
    "missing-down": Recipe(
        "G11", WARNING, "the migration has no way back",
        "Write its .down.sql, or say why not: -- wavehouse: irreversible: REASON",
    ),
    "empty-down": Recipe(
        "G12", WARNING, "the down file undoes nothing, and the up file changes the schema",
        "Write its statements; SELECT 1; says that there is nothing to undo.",
    ),
    "file-name-pattern": Recipe(
        "H1", WARNING, "the version {name} is not a time",
        "Name the file YYYYMMDDHHMM_slug.up.sql: two branches then seldom meet.",
    ),
    "identifier-too-long": Recipe(
        "G7", ERROR, "{name} is longer than 63 bytes and would be cut",
        "Choose a shorter name.",
    ),
    "table-without-primary-key": Recipe(
        "H7", INFO, "{relation} has no primary key",
        "Give it one: replication, upserts and erasure need to name a row.",
    ),
    "foreign-key-without-index": Recipe(
        "H9", INFO, "no index of {relation} begins with the columns of {name}",
        "Index them: every delete of a parent reads the whole child otherwise.",
    ),
    "duplicate-index": Recipe(
        "H10", INFO, "{name} has the columns of another index of {relation}",
        "Keep one: each costs every write.",
    ),
    "wide-index": Recipe(
        "H11", INFO, "{name} has more than three columns and is not unique",
        "Begin with the columns that are asked for alone; INCLUDE the others.",
    ),
    "hash-index": Recipe(
        "H13", INFO, "{name} is a hash index", "A B-tree serves the same and more.",
    ),
    "index-name": Recipe(
        "H21", INFO, "{name} does not say what it is an index of",
        "Name it <table>_<columns>_idx, _key when unique.",
    ),
    "partition-name": Recipe(
        "H22", INFO, "the partition {name} does not begin with its table's name",
        "Name it <table>_<bound>.",
    ),
    "default-partition": Recipe(
        "H23", INFO, "{name} is a default partition: beside it none can be detached online",
        "Do without one; make partitions ahead.",
    ),
    "timestamp-without-zone": Recipe(
        "H4", INFO, "{name} has no time zone", "Use timestamptz: an instant, no clock's face.",
    ),
    "waiver-expired": Recipe(
        "H30", WARNING, "the waiver of {name} has expired", "Correct what it waived, or renew it.",
    ),
    "waiver-unused": Recipe(
        "H31", INFO, "nothing here breaks {name}: the waiver is not needed", "Remove it.",
    ),
}  # fmt: skip
