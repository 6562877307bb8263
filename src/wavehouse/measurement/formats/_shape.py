"""The declaration of a log format. SQL texts here are expressions over a line's parts (DuckDB)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FIELDS: Mapping[str, str] = {
    "ip": "''",
    "forwarded_for": "''",
    "sent_at": "NULL::TIMESTAMP",
    "method": "'-'",
    "host": "''",
    "uri": "''",
    "status": "NULL::SMALLINT",
    "content_start": "NULL::BIGINT",
    "content_end": "NULL::BIGINT",
    "content_total": "NULL::BIGINT",
    "bytes": "NULL::BIGINT",
    "agent": "''",
    "range_header": "NULL::VARCHAR",
    "native_id": "NULL::VARCHAR",
    "site": "''",
    "is_internal": "false",
    "is_promise": "false",
}
"""The fields of a request, each with its default for formats that lack it.

``uri`` is the path with its query. A line not in its format has NULL in ``sent_at`` or ``status``.
An expression may use the fields before it. ``is_internal``: a request that the server sent to
itself; ``is_promise``: its bytes were announced, and may not have been sent (R30).
"""


@dataclass(frozen=True, slots=True)
class Split:
    """Splits a line at a character: the number of parts, and which parts are used.

    ``widths`` are the numbers of parts that a line may have. ``whole`` is an expression over the
    parts and ``width``: true when the line has the format's shape. ``dated`` names the part with
    the time. A ``closed`` line ends with the character. ``steps`` are further values by name, each
    step over the parts and the steps before it: what several expressions use is computed once.
    """

    at: str
    widths: tuple[int, ...]
    places: Mapping[str, int]
    dated: str
    closed: bool = False
    whole: str = "true"
    steps: tuple[Mapping[str, str], ...] = ()

    @property
    def of_lines(self) -> str:
        """The parts of the lines in ``raw``: n, width, and each used part by name."""
        used = ", ".join(f"p[{number}] AS {name}" for name, number in self.places.items())
        return self.checked(
            f"SELECT n, len(p) AS width, {used} "  # noqa: S608 - our own names and numbers
            f"FROM (SELECT n, string_split(line, '{self.at}') AS p FROM raw)"
        )

    def checked(self, parts: str) -> str:
        """The same parts; the time is NULL where the line does not have the format's shape."""
        widths = ", ".join(map(str, self.widths))
        for step in self.steps:
            named = ", ".join(f"{expression} AS {name}" for name, expression in step.items())
            parts = f"SELECT *, {named} FROM ({parts})"  # noqa: S608 - our own text
        return (
            f"SELECT * REPLACE (CASE WHEN width IN ({widths}) "  # noqa: S608 - our own text
            f"AND ({self.whole}) THEN {self.dated} END AS {self.dated}) FROM ({parts})"
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of the lines of one file.

    ``parts`` is a SELECT over ``raw`` (n, line), or a Split; ``fields`` are expressions over the
    parts. ``escaped_agents``: user agents are percent-encoded. ``prefix``: every line is a
    redirect, its address a hash (R30). ``skips``: lines that are not requests. ``template``: of
    ``--fields``. ``pattern``: the pattern of a whole line, with ``address``. ``repairs``: rewrites
    a line that the SELECT cannot read, or returns None for a line not in the format.
    """

    format: str
    parts: str | Split
    fields: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    escaped_agents: bool = False
    fields_line: tuple[str, ...] = ()
    prefix: bool = False
    skips: tuple[str, ...] = ()
    template: str | None = None
    pattern: str | None = None
    repairs: Callable[[str], str | None] | None = None

    @property
    def select(self) -> str:
        """The SELECT of the parts of the lines in ``raw``."""
        return self.parts.of_lines if isinstance(self.parts, Split) else self.parts

    @property
    def expressions(self) -> str:
        """The select list of the fields, after ``n``."""
        return ",\n  ".join(
            f"{self.fields.get(name, default)} AS {name}" for name, default in FIELDS.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A log format: its name, detection, layout and documentation.

    ``sample`` is a small complete file: one request for ``SAMPLE_PATH``, as documented by its
    server. Formats with a lower ``rank`` are tried first. ``lacks`` lists what the format does not
    have, of: ranges, host, bytes, address.
    """

    name: str
    title: str
    guide: str
    sample: str
    detects: Callable[[Sequence[str]], bool]
    layout: Callable[[Sequence[str], str], Layout]
    rank: int = 50
    lacks: frozenset[str] = frozenset()
