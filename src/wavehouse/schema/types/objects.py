"""A database's objects, their differences, and the effects of statements. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Any

from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, WavehouseError

STRICT_ONLY = frozenset({"position", "not_null_name"})
"""Attributes that a down and another up may change without changing the schema's meaning."""
Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every object of a database by kind and name (``column public.users.email``), with attributes.

    ``strict`` hashes everything; ``logical`` ignores the order of columns and the names of NOT NULL
    constraints.
    """

    objects: Mapping[str, Attributes]

    @property
    def strict(self) -> str:
        """SHA-256 of everything."""
        return _digest(self.objects)

    @property
    def logical(self) -> str:
        """SHA-256 of the schema's meaning."""
        return _digest({name: meaning(attributes) for name, attributes in self.objects.items()})

    def as_json(self) -> dict[str, object]:
        """The canonical document."""
        return {
            "format": 1,
            "strict": self.strict,
            "logical": self.logical,
            "objects": {name: dict(self.objects[name]) for name in sorted(self.objects)},
        }


def meaning(attributes: Attributes) -> dict[str, Any]:
    """An object's attributes without the strict-only ones."""
    return {name: value for name, value in attributes.items() if name not in STRICT_ONLY}


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that differs: the attribute, its expected and its actual value.

    Without an attribute the whole object is ``missing`` or ``extra``.
    """

    name: str
    attribute: str | None
    expected: Any = None
    found: Any = None

    @property
    def kind(self) -> str:
        """``missing``, ``extra`` or ``changed``."""
        if self.attribute is not None:
            return "changed"
        return "missing" if self.found is None else "extra"

    def sentence(self) -> str:
        """The difference in one line."""
        if self.attribute is None:
            return f"{self.name} is {self.kind}"
        text = f"{self.name}: {self.attribute} is {_short(self.found)}, not {_short(self.expected)}"
        return text if len(text) <= _LINE else f"{self.name}: {self.attribute} differs"

    def unified(self) -> str:
        """A long difference as a unified diff; empty when ``sentence`` shows all of it."""
        if self.attribute is None or not self.sentence().endswith(" differs"):
            return ""
        lines = unified_diff(
            _lines(self.expected), _lines(self.found), "expected", "found", lineterm="", n=3
        )
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """The difference as JSON values; a whole object without its attributes."""
        document: dict[str, object] = {"object": self.name, "kind": self.kind}
        if self.attribute is not None:
            document |= {
                "attribute": self.attribute,
                "expected": self.expected,
                "found": self.found,
            }
        return document


_LINE = 160


def _short(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _lines(value: object) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, default=str, indent=1)
    return text.splitlines()


@dataclass(frozen=True, slots=True)
class DriftResult:
    """The differences of a database from the schema its files create."""

    version: str | None
    logical: str
    differences: tuple[Difference, ...]
    partitions_ignored: int = 0
    only_by_time: tuple[Difference, ...] = ()
    """Definitions that differ only by the time at which a file ran, or by column order."""

    @property
    def exit_code(self) -> int:
        """0 when nothing differs, else 3."""
        return EXIT_FOUND if self.differences else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {
            "version": self.version,
            "logical": self.logical,
            "drift": bool(self.differences),
            "differences": [difference.as_json() for difference in self.differences],
            "partitions_ignored": self.partitions_ignored,
            "only_by_time": [item.as_json() for item in self.only_by_time],
        }


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """The result of running one migration up, down and up again.

    ``state`` is ``restored``, ``not_restored`` (``differences`` lists what the down file left),
    ``no_down``, ``irreversible``, ``up_fails``, ``down_fails`` or ``again_fails`` (``error`` has
    the reason).
    """

    version: str
    slug: str
    state: str
    differences: tuple[Difference, ...] = ()
    error: str | None = None
    again_differs: tuple[Difference, ...] = ()
    refused: str | None = None
    """The reason why apply would not consider the up file done."""

    @property
    def is_fine(self) -> bool:
        """Whether the pair has no problem."""
        is_undone = self.state in ("restored", "irreversible") and not self.again_differs
        return is_undone and self.refused is None

    def as_json(self) -> dict[str, object]:
        """The verdict as JSON values."""
        return {
            "version": self.version,
            "slug": self.slug,
            "state": self.state,
            "restored": self.state == "restored",
            "differences": [difference.as_json() for difference in self.differences],
            "again_differs": [difference.as_json() for difference in self.again_differs],
            "error": self.error,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """Every pair of a ladder, oldest first, and the schema it creates."""

    pairs: tuple[PairVerdict, ...]
    logical: str
    server: int

    @property
    def exit_code(self) -> int:
        """0 when every down file restores the schema, else 3."""
        return EXIT_DONE if all(pair.is_fine for pair in self.pairs) else EXIT_FOUND

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {
            "server": self.server,
            "logical": self.logical,
            "verified": sum(pair.is_fine for pair in self.pairs),
            "failed": sum(not pair.is_fine for pair in self.pairs),
            "pairs": [pair.as_json() for pair in self.pairs],
        }


@dataclass(frozen=True, slots=True)
class LockTaken:
    """A lock that a statement took on a relation that existed before its file."""

    relation: str
    mode: str

    def as_json(self) -> dict[str, object]:
        """The lock as JSON values."""
        return {"relation": self.relation, "mode": self.mode}


@dataclass(frozen=True, slots=True)
class Effect:
    """A statement's measured effects on relations that existed before its file.

    ``rewrites`` got a new file, ``scans`` were read completely, ``builds`` are indexes created on
    them. ``new`` is true when the file itself created everything the statement touched.
    """

    locks: tuple[LockTaken, ...] = ()
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()

    @property
    def strongest(self) -> str | None:
        """The strongest lock mode, None for none."""
        return max((lock.mode for lock in self.locks), key=strength, default=None)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a table: estimated rows, and bytes with its indexes."""

    rows: int
    bytes: int


LOCKS = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""PostgreSQL's table lock modes, weakest first."""


def strength(mode: str) -> int:
    """The rank of a lock mode among the eight."""
    return LOCKS.index(mode) if mode in LOCKS else -1


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """A statement of a plan with its measured effects in the shadow and the target's sizes."""

    file: str
    line: int
    text: str
    effect: Effect
    rows: int
    bytes: int
    seconds: float
    error: str | None = None

    @property
    def statement_words(self) -> str:
        """The start of the statement, for a table."""
        return self.text if len(self.text) <= 48 else self.text[:47] + "…"

    def as_json(self) -> dict[str, object]:
        """The statement as JSON values."""
        return {
            "file": self.file,
            "line": self.line,
            "statement": self.text,
            "locks": [lock.as_json() for lock in self.effect.locks],
            "lock": self.effect.strongest,
            "rewrite": list(self.effect.rewrites),
            "scan": list(self.effect.scans),
            "build": list(self.effect.builds),
            "rows": self.rows,
            "bytes": self.bytes,
            "estimated_seconds": round(self.seconds, 3),
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan: statements, the estimated window, and a digest to approve."""

    version: str | None
    statements: tuple[PlannedStatement, ...]
    logical: str
    server: int
    migrations: tuple[str, ...]
    change_set: str
    hashes: dict[str, str]
    """The predicted schema hash after each file, by version."""
    refusals: tuple[WavehouseError, ...] = ()
    """The reasons why apply would not consider a file done."""

    @property
    def exit_code(self) -> int:
        """0 when apply would run it, else 3."""
        return EXIT_FOUND if self.refusals else EXIT_DONE

    @property
    def window(self) -> float:
        """Estimated seconds in which locks that stop writers or readers are held."""
        return sum(statement.seconds for statement in self.statements)

    @property
    def digest(self) -> str:
        """SHA-256 of the plan without its estimates: the same files on the same schema."""
        lines = [
            {
                k: v
                for k, v in statement.as_json().items()
                if k not in ("rows", "bytes", "estimated_seconds")
            }
            for statement in self.statements
        ]
        return _digest({"version": self.version, "logical": self.logical, "statements": lines})

    def as_json(self) -> dict[str, object]:
        """The plan as JSON values."""
        return {
            "from_version": self.version,
            "migrations": list(self.migrations),
            "change_set": self.change_set,
            "hashes": self.hashes,
            "server": self.server,
            "logical_after": self.logical,
            "digest": self.digest,
            "estimated_window_seconds": round(self.window, 3),
            "refusals": [
                {"message": refusal.message, "where": refusal.where, "command": refusal.command}
                for refusal in self.refusals
            ],
            "statements": [statement.as_json() for statement in self.statements],
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One lint finding about a file or a statement."""

    rule: str
    severity: str
    file: str
    line: int
    message: str
    recipe: str
    statement: str = ""
    effect: Effect = field(default_factory=Effect)
    waived: str | None = None

    def as_json(self) -> dict[str, object]:
        """The finding as JSON values."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "message": self.message,
            "statement": self.statement,
            "lock": self.effect.strongest,
            "rewrite": list(self.effect.rewrites),
            "scan": list(self.effect.scans),
            "recipe": self.recipe,
            "waived": self.waived,
        }


@dataclass(frozen=True, slots=True)
class LintResult:
    """All lint findings, in the order of files and lines; ``advice`` counts omitted ones.

    Informational findings are omitted unless requested.
    """

    findings: tuple[Finding, ...]
    files: int
    server: int
    advice: int = 0

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings that no waiver covers."""
        return tuple(finding for finding in self.findings if finding.waived is None)

    @property
    def exit_code(self) -> int:
        """0 when nothing is open, else 3."""
        return EXIT_FOUND if any(item.severity != "info" for item in self.open) else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {
            "server": self.server,
            "files": self.files,
            "findings": [finding.as_json() for finding in self.findings],
            "open": len(self.open),
            "waived": len(self.findings) - len(self.open),
            "advice_left_out": self.advice,
        }
