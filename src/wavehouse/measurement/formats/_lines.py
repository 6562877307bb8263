"""Lines written by a template, as in web servers: the template, its pattern, its fields.

The pattern is written for RE2 and for Python's ``re`` with ``re.ASCII``: DuckDB uses the former,
the canonical reader and the tests the latter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from wavehouse.measurement.formats._shape import Layout

QUOTED = r'(?:[^"\\]|\\.)*'
CLF_TIME = r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-](?:0\d|1[0-4])[0-5]\d"
_DETECTED_IN = 200

# The shape of each value in a line.
SHAPES: Mapping[str, str] = {
    "address": r"[^\s\"]+",
    "clf_time": CLF_TIME,
    "iso_time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)? ?(?:Z|[+-]\d\d:?\d\d)|[0-9][^\s\"\]]*",
    "utc_time": r"\d{4}-\d\d-\d\d[T \t]\d\d:\d\d:\d\d(?:[.,]\d+)?",
    "epoch_time": r"\d{9,19}(?:\.\d+)?",
    "code": r"\d{1,3}",
    "sent": r"\d+|-",
    "sent_all": r"\d+|-",
    "port": r"\d+|-",
    "user": r'[^"]*?',
}

# Fields from a line's named values: the first expression with all its names present is used.
_FIELDS: Mapping[str, Sequence[tuple[tuple[str, ...], str]]] = {
    "ip": [(("address",), "plain(address)")],
    "forwarded_for": [(("forwarded",), "coalesce(plain(given(forwarded)), '')")],
    "sent_at": [
        (("clf_time",), "try_strptime(clf_time, '%d/%b/%Y:%H:%M:%S %z')::TIMESTAMP"),
        (("iso_time",), "instant(iso_time)"),
        (("epoch_time",), "instant(epoch_time)"),
        (("utc_time",), "instant(replace(replace(utc_time, chr(9), ' '), ',', '.') || '+0000')"),
    ],
    "method": [
        (
            ("request",),
            "CASE WHEN request IN ('', '-') THEN '-' ELSE split_part(request, ' ', 1) END",
        ),
        (("verb",), "coalesce(nullif(verb, ''), '-')"),
        (("target",), "'GET'"),
    ],
    "host": [(("site_host",), "coalesce(lower(given(site_host)), '')")],
    "uri": [
        (("request",), "split_part(request, ' ', 2)"),
        # "$uri$is_args$args", "%U%q": the query's own question mark may be in either
        (
            ("target", "query"),
            (
                "target || CASE WHEN query IN ('', '-') OR contains(target, '?') "
                "THEN '' ELSE '?' || ltrim(query, '?') END"
            ),
        ),
        (("target",), "target"),
    ],
    "status": [(("code",), "try_cast(code AS SMALLINT)")],
    "content_start": [(("covered",), "content_first(covered)")],
    "content_end": [(("covered",), "content_last(covered)")],
    "content_total": [(("covered",), "content_whole(covered)")],
    "bytes": [
        (("sent",), "CASE sent WHEN '-' THEN 0 ELSE positive(sent) END"),
        # Includes the response header; the body is at most as long as the range.
        (
            ("sent_all",),
            (
                "least(CASE sent_all WHEN '-' THEN 0 ELSE positive(sent_all) END, "
                "coalesce(content_end - content_start + 1, positive(sent_all), 0))"
            ),
        ),
    ],
    "agent": [(("user_agent",), "replace(user_agent, '\\\"', '\\x22')")],
    "range_header": [(("asked",), "given(asked)")],
    "native_id": [(("request_id",), "identifier(request_id)")],
    "site": [(("referer",), "site_of(referer)")],
}


def fields_of(names: Sequence[str]) -> dict[str, str]:
    """The expressions of the fields, from these values."""
    values = {}
    for field, choices in _FIELDS.items():
        for needed, expression in choices:
            if set(needed) <= set(names):
                values[field] = expression
                break
    return values


def pattern_layout(format_: str, pattern: str, *, escaped_agents: bool = False) -> Layout:
    """The layout of lines that match a pattern with named groups."""
    names = list(re.compile(pattern, re.ASCII).groupindex)
    quoted = pattern.replace("'", "''")
    listed = ", ".join(f"'{name}'" for name in names)
    parts = (
        f"SELECT n, {', '.join(f'p.{name}' for name in names)} FROM ("  # noqa: S608 - quoted
        f"SELECT n, regexp_extract(line, '^(?:{quoted})$', [{listed}]) AS p FROM raw)"
    )
    return Layout(format_, parts, fields_of(names), escaped_agents=escaped_agents, pattern=pattern)


def matches(pattern: str) -> Callable[[Sequence[str]], bool]:
    """A detection: one of the first lines matches the whole pattern."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda lines: any(compiled.fullmatch(line) for line in lines[:_DETECTED_IN])


def group(name: str, shape: str | None = None) -> str:
    """A named group of a pattern."""
    return f"(?P<{name}>{SHAPES.get(name, QUOTED) if shape is None else shape})"


def quoted(name: str) -> str:
    """A quoted named value."""
    return f'"{group(name, QUOTED)}"'


# host ident user [time] "request" status bytes "referer" "agent"
COMMON = (
    rf"{group('address')} [^\s\"]+ [^\"]*? \[{group('clf_time')}\] {quoted('request')} "
    rf"{group('code')} {group('sent')}"
)
COMBINED = rf"{COMMON} {quoted('referer')} {quoted('user_agent')}"
# Values after those of the combined format: in quotes (also after name=), in brackets, or one word.
MORE = rf'(?: (?:[^\s"\[]*"{QUOTED}"|\[[^\]]*\]|[^\s"\[]+))'
