"""Templates of lines in any format: nginx's ``log_format``, Apache's ``LogFormat``, names.

``$remote_addr``, ``%h`` and ``{address}`` are the same value. An unused value may have any unknown
name, or ``{_}``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from wavehouse.kernel.errors import UsageError
from wavehouse.measurement.formats._lines import CLF_TIME, QUOTED, SHAPES, pattern_layout
from wavehouse.measurement.formats._shape import Layout

NAME = "fields"
_LONGEST = 4000
_TOKEN = re.compile(
    r"\$\{(?P<braced>\w+)\}|\$(?P<nginx>\w+)"
    r"|%[<>!,0-9]*(?:\{(?P<header>[^}]+)\}(?P<kind>\^t[io]|[A-Za-z])|(?P<apache>[A-Za-z%]))"
    r"|\{(?P<own>\w+)\}"
)
_NGINX = {
    "remote_addr": "address",
    "realip_remote_addr": "proxy",
    "http_x_forwarded_for": "forwarded",
    "proxy_add_x_forwarded_for": "forwarded",
    "time_local": "clf_time",
    "time_iso8601": "iso_time",
    "msec": "epoch_time",
    "request": "request",
    "request_method": "verb",
    "request_uri": "target",
    "uri": "target",
    "args": "query",
    "query_string": "query",
    "status": "code",
    "body_bytes_sent": "sent",
    "bytes_sent": "sent_all",
    "http_referer": "referer",
    "http_user_agent": "user_agent",
    "http_range": "asked",
    "sent_http_content_range": "covered",
    "host": "site_host",
    "http_host": "site_host",
    "server_name": "site_host",
    "request_id": "request_id",
    "remote_user": "user",
}
_APACHE = {
    "h": "address", "a": "address", "t": "clf_time", "r": "request", "s": "code", "B": "sent",
    "b": "sent", "O": "sent_all", "v": "site_host", "V": "site_host", "m": "verb", "U": "target",
    "q": "query", "u": "user", "L": "request_id",
}  # fmt: skip
# The directives of %{…}t, without what their shape allows anyway.
_APACHE_TIMES = {
    "sec": "epoch_time",
    "msec": "epoch_time",
    "usec": "epoch_time",
    "%d/%b/%Y:%H:%M:%S %z": "clf_time",
    "%Y-%m-%dT%H:%M:%S%z": "iso_time",
    "%Y-%m-%d %H:%M:%S %z": "iso_time",
    "%Y-%m-%d %H:%M:%S%z": "iso_time",
}
_HEADERS = {
    ("referer", "i"): "referer",
    ("user-agent", "i"): "user_agent",
    ("range", "i"): "asked",
    ("content-range", "o"): "covered",
    ("host", "i"): "site_host",
    ("x-forwarded-for", "i"): "forwarded",
    ("c", "a"): "address",
}
_OWN = {
    "address": "address",
    "forwarded_for": "forwarded",
    "clf_time": "clf_time",
    "time": "iso_time",
    "utc_time": "utc_time",
    "unix_time": "epoch_time",
    "request": "request",
    "method": "verb",
    "path": "target",
    "query": "query",
    "status": "code",
    "bytes": "sent",
    "bytes_with_header": "sent_all",
    "referer": "referer",
    "agent": "user_agent",
    "range": "asked",
    "content_range": "covered",
    "host": "site_host",
    "request_id": "request_id",
}
_TIMES = ("clf_time", "iso_time", "epoch_time", "utc_time")
# What surrounds a template in a server's configuration.
_NGINX_LINE = re.compile(r"\s*log_format\s+\S+\s+(?:escape=\w+\s+)?(.*?)\s*;?\s*", re.DOTALL)
_APACHE_LINE = re.compile(r'\s*LogFormat\s+"(.*)"(?:\s+\S+)?\s*', re.DOTALL)
_JOINT = re.compile(r"'\s+'")


def template_layout(template: str) -> Layout:
    """The layout of lines written by a template. UsageError when it lacks required fields."""
    if len(template) > _LONGEST:
        raise UsageError(f"a template of --fields has at most {_LONGEST} characters")
    pattern, used = _pattern(_pasted(template))
    lacks = [
        what
        for what, names in (
            ("the address", ("address",)),
            ("the time", _TIMES),
            ("the request or its path", ("request", "target")),
            ("the status", ("code",)),
            ("the bytes sent", ("sent", "sent_all")),
            ("the user agent", ("user_agent",)),
        )
        if not set(names) & set(used)
    ]
    if lacks:
        raise UsageError(
            f"the template of --fields lacks {', '.join(lacks)}",
            hint="Use nginx's log_format, Apache's LogFormat, or names in braces such as "
            + ", ".join(f"{{{name}}}" for name in _OWN)
            + ".",
        )
    layout = pattern_layout(NAME, pattern)
    return replace(layout, template=template)


def _pasted(template: str) -> str:
    """The template in a text copied from a server's configuration: without quotes and escapes."""
    for line in (_NGINX_LINE, _APACHE_LINE):
        if match := line.fullmatch(template):
            template = match[1]
    template = template.strip("\r\n")
    if len(template) > 1 and template[0] == template[-1] == "'":
        template = _JOINT.sub("", template[1:-1])
    return template.replace('\\"', '"')


def _pattern(template: str) -> tuple[str, list[str]]:
    tokens = list(_TOKEN.finditer(template))
    used: list[str] = []
    written, at = "", 0
    for n, token in enumerate(tokens):
        written += re.escape(template[at : token.start()]).replace(r"\ ", " ")
        at = token.end()
        if token["apache"] == "%":
            written += "%"
            continue
        name = _meaning(token)
        before = template[: token.start()][-1:]
        after = template[at : tokens[n + 1].start() if n + 1 < len(tokens) else None][:1]
        shape = _shape(name, before, after, is_apache=token["apache"] is not None)
        if name in used:
            name = ""
        if name == "clf_time" and token["apache"]:
            written += rf"\[(?P<clf_time>{CLF_TIME})\]"
        elif name in ("", "user", "proxy"):
            written += f"(?:{shape})"
        else:
            written += f"(?P<{name}>{shape})"
        used += [name] if name else []
    return written + re.escape(template[at:]).replace(r"\ ", " "), used


def _meaning(token: re.Match[str]) -> str:
    if token["own"]:
        return _OWN.get(token["own"], "")
    if token["header"] and token["kind"] == "t":
        written = token["header"].replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d")
        return _APACHE_TIMES.get(written.removeprefix("begin:"), "")
    if token["header"]:
        return _HEADERS.get((token["header"].lower(), token["kind"]), "")
    if token["apache"]:
        return _APACHE.get(token["apache"], "")
    return _NGINX.get(token["nginx"] or token["braced"], "")


def _shape(name: str, before: str, after: str, *, is_apache: bool) -> str:
    """The shape of a value, by its name and its surroundings."""
    if name in (*_TIMES, "code", "sent", "sent_all") and not is_apache:
        return SHAPES[name]
    if name == "query" and not before.isspace():
        return r'[^\s"]*'
    if name == "site_host" and before != '"':
        return r'[^\s/"|]*'
    if before == '"' and after == '"':
        return QUOTED
    if name in ("code", "sent", "sent_all", "clf_time"):
        return SHAPES[name]
    if before == "[" and after == "]":
        return r"[^\]]*"
    if name == "user":
        return SHAPES["user"]
    if not after:
        return ".*"
    if after in " \t":
        return r"[^\t]*" if after == "\t" else r'[^\s"]*'
    return f"[^{re.escape(after)}]*"
