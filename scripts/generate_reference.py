"""Generate ``docs/reference`` from the code: commands, settings, errors; always the same bytes.

python scripts/generate_reference.py           # write
python scripts/generate_reference.py --check   # say what differs, exit code 3
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

import wavehouse  # noqa: E402
from wavehouse import wiring  # noqa: E402
from wavehouse.cli.root import root  # noqa: E402
from wavehouse.governance import (  # noqa: E402
    TableEntry,
    classification,
    classification_schema,
)
from wavehouse.kernel import config, errors, settings  # noqa: E402
from wavehouse.measurement import formats  # noqa: E402
from wavehouse.wiring import grafana  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- written by scripts/generate_reference.py; changes here are lost -->\n\n"
EXIT_CODES = {
    errors.EXIT_DONE: "done",
    errors.EXIT_FAILED: "failed",
    errors.EXIT_USAGE: "wrong usage: a command or an option that does not exist, an invalid value",
    errors.EXIT_FOUND: "a check ran and found something: quarantined rows, a mismatch, drift",
    errors.EXIT_REFUSED: "refused: a permission, an approval, a private address",
    errors.EXIT_UNREACHABLE: "a database or another server does not respond",
    errors.EXIT_PARTIAL: "partly applied; the message has the command that repairs it",
}


def error_classes() -> list[type[errors.WavehouseError]]:
    """The tree of errors, including classes defined by contexts."""
    for module in pkgutil.walk_packages(wavehouse.__path__, "wavehouse."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [kind for kind in errors.tree() if kind.__module__.startswith("wavehouse.")]


def one_line(text: str | None) -> str:
    """Text on one line, safe in a table's cell."""
    return " ".join((text or "").split()).replace("|", "\\|")


def errors_page() -> str:
    """Every error code with its HTTP status, exit code and meaning; then the exit codes."""
    lines = [NOTE + "# Errors\n"]
    lines.append("Every error that users see is one of these. The command line prints the")
    lines.append("message, its location and the next command; the web responds with")
    lines.append("`application/problem+json` whose `code` is the first column.\n")
    lines.append("| code | HTTP | exit | title | when |")
    lines.append("|---|---|---|---|---|")
    for kind in error_classes():
        meaning = one_line(kind.__doc__)
        lines.append(
            f"| `{kind.code}` | {kind.http_status} | {kind.exit_code} | {kind.title} | {meaning} |"
        )
    lines.append("\n## Exit codes\n")
    lines.append("| exit | meaning |")
    lines.append("|---|---|")
    lines += [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every setting with its variable and default."""
    lines = [NOTE + "# Settings\n"]
    lines.append(
        "A flag overrides the environment, the environment overrides `wavehouse.toml` (in the"
    )
    lines.append(
        "current folder, or where `WAVEHOUSE_CONFIG` points), and that overrides the default."
    )
    lines.append("`wavehouse config show` prints each value and its source, secrets masked. Where")
    lines.append("`NAME` is not set, `NAME_FILE` may point to a file that holds the value.\n")
    lines.append("| in wavehouse.toml | variable | default | meaning |")
    lines.append("|---|---|---|---|")
    for option in settings.OPTIONS:
        default = "–" if option.default in (None, ()) else f"`{option.default}`"
        if option.name == "home":
            default = "`~/.local/share/wavehouse`; for root `/var/lib/wavehouse`"
        secret = " Secret." if option.secret else ""
        lines.append(
            f"| `{option.name}` | `{option.variable}` | {default} | "
            f"{one_line(option.help)}{secret} |"
        )
    return "\n".join(lines) + "\n"


def commands(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """A command and all its subcommands, with their full names."""
    context = click.Context(command, info_name=name.rsplit(maxsplit=1)[-1], parent=parent)
    yield name, command, context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from commands(found, f"{name} {child}", context)


def command_section(name: str, command: click.Command, context: click.Context) -> list[str]:
    """One command: its usage, its description, its options."""
    lines = [
        f"\n## {name}\n",
        "```text",
        f"{name} {' '.join(command.collect_usage_pieces(context))}",
    ]
    lines += ["```\n"]
    lines += [paragraph.rstrip() for paragraph in _paragraphs(command.help)]
    options = [
        parameter.get_help_record(context)
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    rows = [f"| `{one_line(o[0])}` | {one_line(o[1])} |" for o in options if o]
    if rows:
        lines += ["\n| option | meaning |", "|---|---|", *rows]
    return lines


def _paragraphs(text: str | None) -> list[str]:
    paragraphs = (text or "").replace("\b", "").strip().split("\n\n")
    joined = [" ".join(paragraph.split()) for paragraph in paragraphs]
    return ["\n\n".join(joined)]


def commands_page() -> str:
    """Every command of the program."""
    lines = [NOTE + "# Commands\n"]
    lines.append(
        "Data goes to stdout, messages to stderr. `--json` prints one JSON object. The exit"
    )
    lines.append("codes are in [errors.md](errors.md).")
    for name, command, context in commands(root, "wavehouse"):
        lines += command_section(name, command, context)
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Every route of the API with its required scope and its purpose."""
    document = api_document()
    lines = [NOTE + "# API\n"]
    lines.append("Every route below `/api/v1`, as the running server describes it at")
    lines.append(
        "`/api/openapi.json`. [The guide](../guides/api.md) explains how lists, retries and"
    )
    lines.append("errors work.\n")
    lines.append("| method | path | scope | what it does |")
    lines.append("|---|---|---|---|")
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            if not path.startswith("/api/"):
                continue
            refusal = route["responses"].get("403", {}).get("description", "")
            scope = refusal.rpartition(" ")[2].rstrip(".") if "scope" in refusal else "–"
            purpose = one_line(route.get("description", "").partition("\n\n")[0])
            lines.append(f"| {method.upper()} | `{path}` | `{scope}` | {purpose} |")
    return "\n".join(lines) + "\n"


def api_document() -> dict[str, Any]:
    """The OpenAPI document, built from routes without a database."""
    from types import SimpleNamespace

    from wavehouse.web.live import live_app

    nowhere: Any = SimpleNamespace(
        stores=SimpleNamespace(operational=None, listeners=None, learning=None),
        settings=config.load({}, environment={}, folder=FOLDER),
    )
    document: dict[str, Any] = live_app(nowhere).openapi()
    return document


def formats_page() -> str:
    """Every log format: how to enable it, the fields it uses, a sample."""
    lines = [NOTE + "# Log formats\n"]
    lines.append(
        "`--format auto` (the default) detects the format from the first lines. "
        "How logs are read, and what"
    )
    lines.append("happens to lines that cannot be used, is in [the guide](../guides/logs.md).\n")
    lines += ["| `--format` | what it is |", "|---|---|"]
    known = sorted(formats.formats(), key=lambda each: each.name)
    lines += [f"| [`{each.name}`](#{each.name}) | {one_line(each.title)} |" for each in known]
    for each in known:
        lines.append(f"\n## {each.name}\n\n{each.title}.\n{each.guide.rstrip()}\n")
        lines.append(f"```text\n{each.sample.rstrip()}\n```")
    return "\n".join(lines) + "\n"


def metrics_page() -> str:
    """Every value of ``/metrics``, as declared in the manifests."""
    lines = [NOTE + "# Metrics\n"]
    lines.append(
        "Values of `/metrics`, for the organization of the key that asks. How to read them"
    )
    lines.append("and what to alert on is in [the guide](../guides/metrics.md).\n")
    lines += ["| name | type | what it is |", "|---|---|---|"]
    gauges = (g for m in wiring.manifests() for entry in m.metrics for g in entry.gauges)
    lines += [f"| `{gauge.name}` | gauge | {one_line(gauge.help)} |" for gauge in gauges]
    return "\n".join(lines) + "\n"


_OF_MIGRATIONS = (
    ("WAVEHOUSE_SCHEMA_URL", "", "The database of `wavehouse schema`, instead of --url. Secret."),
    (
        "WAVEHOUSE_ACTOR",
        "",
        "The person or job that migrates, for the audit log; unset: the system's user (OPS-20).",
    ),
    ("WAVEHOUSE_TELEMETRY", "", "Any value turns spans and metrics on (OPS-12)."),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "", "Address to which OpenTelemetry is sent."),
    ("OTEL_EXPORTER_OTLP_HEADERS", "", "Headers sent with it. Secret."),
    ("OTEL_SERVICE_NAME", "wavehouse", "Service name in telemetry."),
)


def environment_page() -> str:
    """Every variable with its default, commented out (OPS-1)."""
    lines = [
        "# written by scripts/generate_reference.py; changes here are lost",
        "# Copy it to migrate.env, uncomment what you need, and: set -a; . ./migrate.env; set +a",
        "# Secrets may come from files: NAME_FILE instead of NAME.",
    ]
    told = [
        (
            option.variable,
            "" if option.name == "home" or option.default in (None, ()) else option.default,
            one_line(option.help) + (" Secret." if option.secret else ""),
        )
        for option in settings.OPTIONS
    ]
    for variable, default, meaning in (*_OF_MIGRATIONS, *told):
        lines += ["", f"# {meaning}", f"# {variable}={default}"]
    return "\n".join(lines) + "\n"


def classification_map() -> str:
    """Every table with its owner, level, people, erasure and retention (OPS-3)."""
    lines = [NOTE + "# Classification of every table\n"]
    lines.append(
        "From `configs/data-classification.yml`; columns are in the dictionary of each database,"
    )
    lines.append(
        "and `wavehouse classify show TABLE` prints it. [Guide](../guides/classification.md)."
    )
    databases = list(dict.fromkeys(name.partition(".")[0] for name in classification().tables))
    for database in databases:
        lines.append(f"\n## {database}\n")
        lines.append(one_line(classification().file.databases[database].about) + ".\n")
        lines.append("| table | owner | most sensitive | personal columns | erasure | retention |")
        lines.append("|---|---|---|---|---|---|")
        lines += [
            f"| `{name.partition('.')[2]}` | {_of_table(name, entry)} |"
            for name, entry in classification().tables.items()
            if name.partition(".")[0] == database and entry.kind == "table"
        ]
    return "\n".join(lines) + "\n"


def _of_table(name: str, entry: TableEntry) -> str:
    level = max((column.level for column in entry.columns.values()), key=lambda each: each.rank)
    erasure = "; ".join(
        f"{subject}: {', '.join(dict.fromkeys(str(link.on_erasure) for link in links))}"
        for subject, links in entry.subjects.items()
    )
    kept = f"policy *{entry.retention}*" if entry.retention else entry.kept
    personal = len(classification().personal_columns(name)) or "–"
    cells = (entry.owner, level, personal, erasure or entry.unlinkable or "–", kept)
    return " | ".join(one_line(str(cell)) for cell in cells)


def classification_page() -> str:
    """The JSON Schema of the classification file."""
    return json.dumps(classification_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES = {
    FOLDER / "errors.md": errors_page,
    FOLDER / "settings.md": settings_page,
    FOLDER / "cli.md": commands_page,
    FOLDER / "api.md": api_page,
    FOLDER / "log-formats.md": formats_page,
    FOLDER / "metrics.md": metrics_page,
    FOLDER / "grafana.json": grafana.written,
    FOLDER / "data-classification.md": classification_map,
    FOLDER / "data-classification.schema.json": classification_page,
    ROOT / "configs" / "migrate.example.env": environment_page,
}


def main() -> int:
    """Write the pages, or with ``--check`` report the outdated ones."""
    stale = []
    for path, write in PAGES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = write()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"Not up to date: {', '.join(map(str, stale))}", file=sys.stderr)
        print("Try:   python scripts/generate_reference.py", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
