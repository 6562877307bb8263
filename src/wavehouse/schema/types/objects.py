"""What is known of a database's objects, what differs, what a statement does to them. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Any

from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, WavehouseError

STRICT_ONLY = frozenset({"position", "not_null_name"})
"""Attributes that a down and an up again may change without changing what the schema means."""
Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every object of a database by kind and name (``column public.users.email``), with attributes.

    ``strict`` hashes all of it; ``logical`` leaves out the order of columns and the names of NOT
    NULL constraints.
    """

    objects: Mapping[str, Attributes]

    @property
    def strict(self) -> str:
        """SHA-256 of everything."""
        return _digest(self.objects)

    @property
    def logical(self) -> str:
        """SHA-256 of what the schema means."""
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
    """An object's attributes without those that are strict only."""
    return {name: value for name, value in attributes.items() if name not in STRICT_ONLY}


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not what it should be: which attribute, what it should be and is.

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
        """The difference in a line."""
        if self.attribute is None:
            return f"{self.name} is {self.kind}"
        text = f"{self.name}: {self.attribute} is {_short(self.found)}, not {_short(self.expected)}"
        return text if len(text) <= _LINE else f"{self.name}: {self.attribute} differs"

    def unified(self) -> str:
        """A long difference, line by line; empty for one that ``sentence`` shows in one."""
        if self.attribute is None or not self.sentence().endswith(" differs"):
            return ""
        lines = unified_diff(
            _lines(self.expected), _lines(self.found), "expected", "found", lineterm="", n=3
        )
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """The difference as plain values; a whole object without its attributes."""
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
    """How a database differs from what its files make of an empty one."""

    version: str | None
    logical: str
    differences: tuple[Difference, ...]
    partitions_ignored: int = 0
    only_by_time: tuple[Difference, ...] = ()
    """Texts that differ only by the time at which a file ran, or by the order of columns."""

    @property
    def exit_code(self) -> int:
        """0 when nothing differs, else 3."""
        return EXIT_FOUND if self.differences else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
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
    """What walking one migration up, down and up again came to.

    ``state`` is ``restored``, ``not_restored`` (``differences`` say what the down left),
    ``no_down``, ``irreversible``, ``up_fails``, ``down_fails`` or ``again_fails`` (``error`` says
    why).
    """

    version: str
    slug: str
    state: str
    differences: tuple[Difference, ...] = ()
    error: str | None = None
    again_differs: tuple[Difference, ...] = ()
    refused: str | None = None
    """Why apply would not call the up file done."""

    @property
    def is_fine(self) -> bool:
        """Whether nothing is wrong with it."""
        is_undone = self.state in ("restored", "irreversible") and not self.again_differs
        return is_undone and self.refused is None

    def as_json(self) -> dict[str, object]:
        """The verdict as plain values."""
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
    """Every pair of a ladder, oldest first, and the schema it makes."""

    pairs: tuple[PairVerdict, ...]
    logical: str
    server: int

    @property
    def exit_code(self) -> int:
        """0 when every down restores, else 3."""
        return EXIT_DONE if all(pair.is_fine for pair in self.pairs) else EXIT_FOUND

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "server": self.server,
            "logical": self.logical,
            "verified": sum(pair.is_fine for pair in self.pairs),
            "failed": sum(not pair.is_fine for pair in self.pairs),
            "pairs": [pair.as_json() for pair in self.pairs],
        }


@dataclass(frozen=True, slots=True)
class LockTaken:
    """A lock that a statement took on a relation that was there before its file."""

    relation: str
    mode: str

    def as_json(self) -> dict[str, object]:
        """The lock as plain values."""
        return {"relation": self.relation, "mode": self.mode}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a statement was measured to do to relations that existed before its file.

    ``rewrites`` got a new file, ``scans`` were read whole, ``builds`` are indexes that were made on
    them. ``new`` says that all it touched was made by the file itself.
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
    """How large a table is: rows by the planner's estimate, bytes with its indexes."""

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
"""PostgreSQL's table lock modes, the weakest first."""


def strength(mode: str) -> int:
    """A lock mode's place among the eight."""
    return LOCKS.index(mode) if mode in LOCKS else -1


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """A statement of a plan with what was measured in the shadow and what the target holds."""

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
        """The statement's beginning, for a table."""
        return self.text if len(self.text) <= 48 else self.text[:47] + "…"

    def as_json(self) -> dict[str, object]:
        """The statement as plain values."""
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
    """What applying would do: statements, the estimated window, and a digest to agree on."""

    version: str | None
    statements: tuple[PlannedStatement, ...]
    logical: str
    server: int
    migrations: tuple[str, ...]
    change_set: str
    hashes: dict[str, str]
    """The hash of the schema that each file is predicted to leave, by version."""
    refusals: tuple[WavehouseError, ...] = ()
    """Why apply would not call a file done."""

    @property
    def exit_code(self) -> int:
        """0 when apply would do it, else 3."""
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
        """The plan as plain values."""
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
    """One thing that lint says of a file or a statement."""

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
        """The finding as plain values."""
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
    """Everything lint found, in the order of files and lines; ``advice`` counts what was left out.

    Left out is information, unless it was asked for.
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
        """The result as plain values."""
        return {
            "server": self.server,
            "files": self.files,
            "findings": [finding.as_json() for finding in self.findings],
            "open": len(self.open),
            "waived": len(self.findings) - len(self.open),
            "advice_left_out": self.advice,
        }
