"""Lint findings: for statements by their measured effects, for files by the objects they create.

Groups A, B and C are not guessed from the text: the parser classifies a statement, and it is
reported only when the shadow showed that it rewrites, reads or builds under a blocking lock, on an
object that existed before the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.rules.lint_objects import of_objects
from wavehouse.schema.rules.parser import Act, Unparsable, acts
from wavehouse.schema.rules.script import line_at, names_of, read_script
from wavehouse.schema.rules.walked import Walked, finding
from wavehouse.schema.types import (
    Effect,
    Finding,
    Statement,
    strength,
)

_STOPS_WRITES = strength("ShareLock")
_STOPS_READS = strength("AccessExclusiveLock")
_TIME = re.compile(r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d(\d\d)?")
_SERIAL = ("serial", "bigserial", "smallserial", "serial4", "serial8", "serial2")
_LONGEST_NAME = 63
_WORK = frozenset(
    {"UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt", "CreateTableAsStmt", "CopyStmt"}
)
_UNNAMED = frozenset({"rewrites-table", "builds-index-under-lock", "scans-under-lock"})
_OPAQUE = frozenset({"DoStmt", "CallStmt", "SelectStmt"})
_EMPTIES = frozenset({"TruncateStmt", "RefreshMatViewStmt:empty"})
_NO_LOCK_TIMEOUT = re.compile(
    r"\bset\s+(?:local\s+|session\s+)?lock_timeout\s*(?:=|to)\s*'?(?:0|default)\b"
    r"|set_config\s*\(\s*'lock_timeout'\s*,\s*'0'",
    re.IGNORECASE,
)
_TRUNCATE = re.compile(
    r"\btruncate\s+(?:table\s+)?(?:only\s+)?((?:[\w.\"]+\s*,\s*)*[\w.\"]+)", re.IGNORECASE
)


def findings(walked: Walked, *, today: date, pattern: bool = True) -> list[Finding]:
    """All findings of a file, with waivers applied, in line order."""
    rows = [
        *_of_file(walked, pattern=pattern),
        *_of_statements(walked),
        *of_objects(walked),
    ]
    return sorted(_waived(walked, rows, today), key=lambda f: (f.line, f.rule))


# -- files ----------------------------------------------------------------------------------------


def _of_file(walked: Walked, *, pattern: bool) -> Iterator[Finding]:
    migration = walked.migration
    if pattern and not _TIME.fullmatch(migration.version):
        yield finding(walked, "file-name-pattern", 1, name=migration.version)
    has_way_back = migration.down is not None or migration.is_repeatable
    if not has_way_back and walked.script.irreversible is None:
        yield finding(walked, "missing-down", 1)
    elif (
        migration.down is not None
        and _is_empty(migration.down.text)
        and walked.before.logical != walked.after.logical
    ):
        yield finding(walked, "empty-down", 1)
    yield from _of_down(walked)
    for refused in walked.refusals:
        yield finding(walked, "leaves-half-done", 1, name=refused.message)
    yield from _lock_timeouts(walked)
    if walked.stopped is not None:
        statement, state, message = walked.stopped
        rule = "concurrently-in-transaction" if state == "25001" else "does-not-run"
        yield finding(walked, rule, statement.line, name=message, statement=statement)


def _of_down(walked: Walked) -> Iterator[Finding]:
    """Findings about the down file that need no run."""
    down = walked.migration.down
    if down is None:
        return
    try:
        script = read_script(down)
    except WavehouseError as error:
        yield finding(walked, "does-not-parse", 1, name=error.message, file=down.name)
        return
    for statement in script.statements:
        actions = acts(statement.text)
        if isinstance(actions, Unparsable):
            line = statement.line + line_at(statement.text, actions.position) - 1
            yield finding(walked, "does-not-parse", line, name=actions.message, file=down.name)
        elif (
            script.transactional
            and not script.server_decides
            and any(act.concurrent and act.kind != "RefreshMatViewStmt" for act in actions)
        ):
            line = statement.line
            yield finding(walked, "concurrently-in-transaction", line, file=down.name)


def _lock_timeouts(walked: Walked) -> Iterator[Finding]:
    """Statements that would wait for locks indefinitely if the runner allowed it."""
    for statement in walked.script.statements:
        if _NO_LOCK_TIMEOUT.search(statement.text):
            yield finding(walked, "lock-timeout-off", statement.line, statement=statement)


def _is_empty(text: str) -> bool:
    return not re.sub(r"--[^\n]*|/\*.*?\*/|\s|;", "", text, flags=re.DOTALL)


# -- statements ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Held:
    """State left by earlier statements: the open transaction and its blocking locks."""

    modes: dict[str, str] = field(default_factory=dict)
    first: dict[str, Statement] = field(default_factory=dict)
    emptied: set[str] = field(default_factory=set)
    """Tables without rows since a TRUNCATE: work on them counts as work on a new table."""

    def add(self, statement: Statement, taken: Mapping[str, str]) -> None:
        """Add locks, which last until the transaction ends; a stronger lock replaces a weaker."""
        for name, mode in taken.items():
            if strength(mode) > strength(self.modes.get(name, "")):
                self.modes[name] = mode
            if strength(mode) >= _STOPS_READS:
                self.first.setdefault(name, statement)


def _of_statements(walked: Walked) -> Iterator[Finding]:
    held = _Held()
    altered: dict[str, int] = {}
    keys, works = 0, False
    for statement, effect in zip(walked.script.statements, walked.effects, strict=False):
        actions = acts(statement.text)
        if isinstance(actions, Unparsable):
            line = statement.line + line_at(statement.text, actions.position) - 1
            yield finding(walked, "does-not-parse", line, name=actions.message, statement=statement)
            continue
        for item in _judged(walked, statement, actions, effect, held):
            # Splitting the file avoids all work under earlier locks, so only the first is reported.
            if item.rule != "works-while-locked" or not works:
                yield item
            works |= item.rule == "works-while-locked"
        keys += sum(act.kind.startswith("AT_AddConstraint:foreign") for act in actions)
        for relation in _altered(actions, effect, held):
            altered[relation] = altered.get(relation, 0) + 1
            if altered[relation] == 2:
                yield finding(
                    walked,
                    "alters-could-be-one",
                    statement.line,
                    relation=relation,
                    statement=statement,
                )
        held.emptied |= _emptied(statement, actions, effect)
        if walked.script.transactional:
            held.add(statement, _stopping(walked, effect))
    if len(held.first) > 1:
        first = min(held.first.values(), key=lambda s: s.line)
        yield finding(
            walked,
            "locks-several-tables",
            first.line,
            relation=", ".join(sorted(held.first)),
            statement=first,
        )
    if keys > 1:
        yield finding(walked, "several-foreign-keys", 1)


def _altered(actions: Sequence[Act], effect: Effect, held: _Held) -> set[str]:
    known = {name.rpartition(".")[2] for name in held.modes}
    return {
        act.relation.joined
        for act in actions
        if act.kind.startswith("AT_")
        and act.relation
        and (effect.locks or act.relation.last in known)
    }


def _stopping(walked: Walked, effect: Effect) -> dict[str, str]:
    """The locks of a statement that block other sessions.

    Only REFRESH writes to a materialized view, so only a lock that blocks readers counts.
    """
    return {
        lock.relation: lock.mode
        for lock in effect.locks
        if strength(lock.mode)
        >= (
            _STOPS_READS
            if f"materialized view {lock.relation}" in walked.before.objects
            else _STOPS_WRITES
        )
    }


def _judged(
    walked: Walked,
    statement: Statement,
    actions: Sequence[Act],
    effect: Effect,
    held: _Held,
) -> Iterator[Finding]:
    taken = _stopping(walked, effect)
    blocked = sorted({**held.modes, **taken})
    strongest = max((*held.modes.values(), *taken.values()), key=strength, default="")

    def say(rule: str, *, relation: str = "", name: str = "") -> Finding:
        return finding(
            walked,
            rule,
            statement.line,
            name=name or next((a.name for a in actions if a.name), ""),
            relation=relation or ", ".join(sorted(taken) or blocked),
            statement=statement,
            effect=effect,
            lock=strongest,
        )

    rule, worked = _working(statement, actions, effect, held) if blocked else ("", ())
    again = tuple(name for name in effect.scans if name in held.modes)
    if rule and again and any(act.kind == "AT_ValidateConstraint" for act in actions):
        rule, worked = "validate-in-same-transaction", again
    own = taken or (rule not in _UNNAMED and set(worked) & held.modes.keys())
    if rule and own and not _is_data(actions):
        yield say(rule, relation=", ".join(worked))
    elif rule:
        yield say("works-while-locked", relation=", ".join(sorted(held.modes)))
    elif taken and (quick := _queueing(walked, actions, sorted(taken))):
        yield say(quick)
    for act in actions:
        if act.kind == "LockStmt" and effect.locks:
            yield say("lock-table", relation=", ".join(lock.relation for lock in effect.locks))
        if act.kind == "IndexStmt" and act.concurrent and act.if_not_exists:
            yield say("concurrently-if-not-exists")
    for long in _too_long(statement.text):
        yield say("identifier-too-long", name=long)


def _is_data(actions: Sequence[Act]) -> bool:
    """Whether a statement reads or changes rows, not the schema; its locks then block nobody."""
    return bool(actions) and all(act.kind in _WORK for act in actions)


def _working(
    statement: Statement, actions: Sequence[Act], effect: Effect, held: _Held
) -> tuple[str, tuple[str, ...]]:
    """The rule for work that grows with a table, and the tables; None without such work."""
    emptied = held.emptied | _emptied(statement, actions, effect)
    read = tuple(name for name in effect.rewrites if name not in emptied)
    rule = (
        _rewriting(actions) if read else _building(actions) if effect.builds else _scanning(actions)
    )
    read = read or tuple(name for name in effect.scans if name not in emptied)
    if read or (effect.builds and not effect.rewrites and not effect.scans):
        return rule, read
    return "", ()


def _emptied(statement: Statement, actions: Sequence[Act], effect: Effect) -> set[str]:
    """Relations whose new files are empty, however large the old ones were: constant work.

    A block or a function has no separate acts, so its text must name the table.
    """
    kinds = {act.kind for act in actions}
    if kinds <= _EMPTIES:
        return set(effect.rewrites)
    if not kinds & _OPAQUE:
        return set()
    named = {
        name.strip().rpartition(".")[2].strip('"').lower()
        for match in _TRUNCATE.finditer(statement.text)
        for name in match[1].split(",")
    }
    return {name for name in effect.rewrites if name.rpartition(".")[2] in named}


_REWRITES = {
    "AT_AlterColumnType": "alter-column-type-rewrites",
    "VacuumStmt:full": "vacuum-full-or-cluster",
    "ClusterStmt": "vacuum-full-or-cluster",
    "RepackStmt": "vacuum-full-or-cluster",
    "AT_SetLogged": "set-logged-rewrites",
    "AT_SetUnLogged": "set-logged-rewrites",
    "AT_SetTableSpace": "set-storage-place-rewrites",
    "AT_SetAccessMethod": "set-storage-place-rewrites",
    "RefreshMatViewStmt": "refresh-materialized-view-blocks",
}


def _rewriting(actions: Sequence[Act]) -> str:
    for act in actions:
        if act.kind in _REWRITES and not act.concurrent:
            return _REWRITES[act.kind]
        if act.kind == "AT_AddColumn":
            if "identity" in act.constraints or act.type.split(".")[-1] in _SERIAL:
                return "add-column-identity"
            if "stored" in act.constraints:
                return "add-column-stored-generated"
            if "default" in act.constraints:
                return "add-column-volatile-default"
            return "add-column-constrained-domain"
    return "rewrites-table"


_BUILDS = {
    "IndexStmt": "create-index-blocks-writes",
    "AT_AddConstraint:unique": "add-unique-constraint-builds",
    "AT_AddConstraint:primary": "add-primary-key-builds",
    "AT_AddConstraint:exclusion": "add-exclusion-builds",
    "AT_AddColumn": "add-column-constraint-scans",
    "ReindexStmt": "reindex-blocks",
    "AT_AttachPartition": "attach-partition-scans",
}
_SCANS = {
    "AT_AddConstraint:foreign": "add-foreign-key-scans",
    "AT_AddConstraint:check": "add-check-scans",
    "AT_AddConstraint:notnull": "set-not-null-scans",
    "AT_AddConstraint:primary": "add-primary-key-builds",
    "AT_AddConstraint:primary:index": "set-not-null-scans",
    "AT_SetNotNull": "set-not-null-scans",
    "AT_AddColumn": "add-column-constraint-scans",
    "AT_AlterColumnType": "alter-column-type-rewrites",
    "AlterDomainStmt:C": "alter-domain-scans",
    "AlterDomainStmt:O": "alter-domain-scans",
    "AT_AttachPartition": "attach-partition-scans",
    "CreateStmt": "create-partition-scans-default",
    "IndexStmt": "create-index-blocks-writes",
    "ReindexStmt": "reindex-blocks",
}


def _building(actions: Sequence[Act]) -> str:
    kinds = [act.kind for act in actions if not act.concurrent]
    return next((_BUILDS[kind] for kind in kinds if kind in _BUILDS), "builds-index-under-lock")


def _scanning(actions: Sequence[Act]) -> str:
    kinds = [act.kind for act in actions if not act.concurrent]
    return next((_SCANS[kind] for kind in kinds if kind in _SCANS), "scans-under-lock")


def _queueing(walked: Walked, actions: Sequence[Act], blocked: Sequence[str]) -> str:
    """Group C: short work under the lock, but sessions queue behind a waiting statement."""
    kinds = {act.kind for act in actions if not act.concurrent}
    if "DropStmt:index" in kinds:
        return "drop-index-blocks"
    if "AT_DetachPartition" in kinds:
        return "detach-partition-blocks"
    if kinds & {"CreateTrigStmt", "DropStmt:trigger", "AT_DisableTrig", "AT_EnableTrig"}:
        return "trigger-blocks-writes"
    gone = {name for name in blocked if f"table {name}" not in walked.after.objects}
    if "DropStmt:table" in kinds and set(blocked) - gone:
        return "drop-table-locks-referenced"
    if any(a.kind == "CreateStmt" and "foreign" in a.constraints for a in actions):
        return "new-foreign-key-locks-parent"
    return ""


def _too_long(text: str) -> list[str]:
    return [name for name in names_of(text) if len(name.encode()) > _LONGEST_NAME]


# -- waivers ---------------------------------------------------------------------------------------


def _waived(walked: Walked, findings: list[Finding], today: date) -> Iterator[Finding]:
    used: set[str] = set()
    waivers = {waiver.rule: waiver for waiver in walked.script.waivers}
    for waivable in findings:
        waiver = waivers.get(waivable.rule)
        if waiver is not None:
            used.add(waivable.rule)
            if waiver.until >= today:
                yield replace(waivable, waived=f"until {waiver.until}: {waiver.reason}")
                continue
            yield finding(walked, "waiver-expired", waiver.line, name=waivable.rule)
        yield waivable
    for rule, waiver in waivers.items():
        if rule not in used:
            yield finding(walked, "waiver-unused", waiver.line, name=rule)
