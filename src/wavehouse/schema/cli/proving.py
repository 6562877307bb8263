"""``wavehouse schema snapshot · drift · verify``: compare a database with its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import files, terminal
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, InvalidInput
from wavehouse.schema.cli.report import Report
from wavehouse.schema.cli.shadows import (
    check_versions,
    ladder_options,
    ladders_of,
    print_notes,
    shadow_of,
    shadow_options,
)
from wavehouse.schema.cli.targets import (
    Choice,
    common_options,
    print_not_run,
    targets_of,
    waivers_option,
)

if TYPE_CHECKING:
    from wavehouse.schema.adapters.shadow import Shadow
    from wavehouse.schema.service.drifting import Expected
    from wavehouse.schema.types import (
        PairVerdict,
        SmokeResult,
        Snapshot,
        Target,
    )


@click.command("snapshot")
@common_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def snapshot_command(out: Path | None, as_json: bool, **words: Any) -> None:
    """Print every object of a database as canonical JSON, with its two hashes.

    The strict hash covers everything; the logical hash ignores the order of columns and the names
    of NOT NULL constraints. The same schema gives the same document on any server.
    """
    from wavehouse.schema.service.drifting import snapshot

    choice = Choice(**words)
    with targets_of(choice) as targets:
        taken = {target.name: snapshot(target.conninfo, role=target.role) for target in targets}
    documents = {name: snapshot.as_json() for name, snapshot in taken.items()}
    document: Any = next(iter(documents.values())) if len(documents) == 1 else documents
    if out is not None:
        text = json.dumps(document, indent=1, sort_keys=True, default=str) + "\n"
        files.write_output(out, text.encode())
        terminal.say(f"written to {out}")
    elif as_json:
        terminal.print_json(document)
    else:
        terminal.print_table(
            ["database", "objects", "logical", "strict"],
            [[name, len(s.objects), s.logical, s.strict] for name, s in taken.items()],
        )


@click.command("drift")
@common_options
@shadow_options
@click.option(
    "--snapshot",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with this saved snapshot instead of the files.",
)
@click.option("--strict", is_flag=True, help="Compare column order and NOT NULL names too.")
@click.option("--partitions", is_flag=True, help="Also compare partitions that programs created.")
@click.option("--schema", "schemas", multiple=True, help="Only this schema; repeat for several.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="PATTERN",
    help="Leave objects out, by name with * and ?: public.schema_migrations; repeat for several.",
)
@click.pass_context
def drift_command(
    context: click.Context,
    /,
    kept: Path | None,
    strict: bool,
    partitions: bool,
    schemas: tuple[str, ...],
    ignored: tuple[str, ...],
    layout: str,
    target_version: str | None,
    shadow_url: str | None,
    prelude: Path | None,
    as_json: bool,
    **words: Any,
) -> None:
    """Compare a database with its files: 0 no difference, 3 each difference by name.

    The files applied according to the history (all files without a history) are replayed in a
    shadow and both catalogues are compared, every kind of object and every attribute.
    """
    from wavehouse.schema.rules.timely import Windows
    from wavehouse.schema.service import drifting

    choice = Choice(**words)
    report, rows, worst = Report(as_json, choice.single), [], EXIT_DONE
    with targets_of(choice) as targets:
        for target in targets:
            if kept is not None:
                expected, version = drifting.Expected(_kept(kept, target.name), Windows(())), None
            else:
                expected, version = _expected(target, layout, target_version, shadow_url, prelude)
            result = drifting.drift(
                expected,
                drifting.observe(target.conninfo, role=target.role),
                version=version,
                scope=drifting.Scope(frozenset(schemas), ignored, strict, partitions),
            )
            report.add(target.name, result.as_json())
            worst = max(worst, result.exit_code)
            rows += [
                (target.name, difference.kind, difference.sentence())
                for difference in result.differences
            ]
            for item in result.differences if not as_json else ():
                if text := item.unified():
                    terminal.say(f"{item.name}: {item.attribute}\n{text}")
            if result.only_by_time:
                terminal.say(
                    f"{target.name}: {len(result.only_by_time)} definitions differ only by "
                    "the time at which a file ran, or by column order"
                )
            if not result.differences:
                terminal.say(f"{target.name}: matches its files (logical {result.logical[:12]})")
    report.write(("database", "kind", "difference"), rows)
    context.exit(worst)


def _expected(
    target: Target,
    layout: str,
    target_version: str | None,
    shadow_url: str | None,
    prelude: Path | None,
) -> tuple[Expected, str | None]:
    from wavehouse.schema.adapters.shadow import major_for
    from wavehouse.schema.rules.layouts import Layout
    from wavehouse.schema.service import drifting
    from wavehouse.schema.service.ladder import read_ladder

    print_not_run(target.folder, layout)
    ladder = read_ladder(target.folder, Layout(layout))
    applied, version = drifting.applied_of(target.conninfo, ladder, role=target.role)
    major = int(target_version or major_for(drifting.server_major(target.conninfo)))
    with shadow_of(major, shadow_url, prelude, (target.conninfo, ladder)) as shadow:
        expected = drifting.predicted(shadow, applied)
        print_notes(target.name, shadow)
        return expected, version


def _kept(path: Path, name: str) -> Snapshot:
    from wavehouse.schema.types import Snapshot

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Snapshot(document.get(name, document)["objects"])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise InvalidInput(
            "the file is not a snapshot",
            where=str(path),
            command="wavehouse schema snapshot --out FILE",
        ) from None


@click.command("verify")
@ladder_options
@shadow_options
@waivers_option
@click.option("--version", "versions", multiple=True, help="Only this version; repeat for several.")
@click.option(
    "--smoke",
    is_flag=True,
    help="Then run the smoke cycle: apply the whole ladder, roll it back, apply it again.",
)
@click.pass_context
def verify_command(
    context: click.Context,
    /,
    waivers: Path | None,
    versions: tuple[str, ...],
    smoke: bool,
    layout: str,
    target_version: str | None,
    shadow_url: str | None,
    prelude: Path | None,
    folder: Path | None,
    databases: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run each migration up, down and up again in a shadow, and compare the catalogues.

    Exit code 3 when a down file does not restore the previous schema; differences are listed by
    object and attribute. Only the shadow is changed. With --smoke the runner also walks the whole
    ladder: up, down as far as possible, and up again.
    """
    from wavehouse.schema.service.verifying import verify

    report, rows, worst = Report(as_json, folder is not None), [], EXIT_DONE
    with shadow_of(int(target_version or 18), shadow_url, prelude) as shadow:
        for name, ladder in ladders_of(folder, databases, layout, waivers):
            check_versions(versions, ladder)

            def report_pair(pair: PairVerdict, name: str = name) -> None:
                if not pair.is_fine:
                    terminal.say(f"{name}: {pair.version}_{pair.slug}: {_why(pair)}")

            result = verify(shadow, ladder, only=frozenset(versions) or None, on_pair=report_pair)
            document = result.as_json()
            if smoke:
                cycle = _smoked(shadow, folder, name, layout)
                document["smoke"] = cycle.as_json()
                worst = max(worst, EXIT_DONE if cycle.is_fine else EXIT_FOUND)
                terminal.say(f"{name}: {cycle.sentence()}")
                rows += [
                    (name, "", "", "smoke", item.sentence())
                    for item in (*cycle.differences, *cycle.again_differs)
                ]
            report.add(name, document)
            worst = max(worst, result.exit_code)
            fine = sum(pair.is_fine for pair in result.pairs)
            terminal.say(
                f"{name}: {fine} of {len(result.pairs)} restored, on PostgreSQL {result.server}"
            )
            rows += [
                (name, p.version, p.slug, p.state, item.sentence())
                for p in result.pairs
                for item in (*p.differences, *p.again_differs)
            ]
    report.write(("ladder", "version", "slug", "state", "difference"), rows)
    context.exit(worst)


def _smoked(shadow: Shadow, folder: Path | None, name: str, layout: str) -> SmokeResult:
    """The smoke cycle of a folder, or of the product's own ladder with this name."""
    from wavehouse.schema.rules.layouts import Layout
    from wavehouse.schema.service.smoking import smoke
    from wavehouse.store import databases_folder

    own: dict[str, Path] = {each: databases_folder(each) / "migrations" for each in DATABASES}
    return smoke(shadow, folder or own[name], Layout(layout))


def _why(pair: PairVerdict) -> str:
    if pair.refused is not None and pair.state in ("restored", "irreversible"):
        return f"apply would refuse it: {pair.refused}"
    return {
        "not_restored": "its down file does not restore the previous schema",
        "no_down": "it has no down file",
        "up_fails": f"it fails: {pair.error}",
        "down_fails": f"its down file fails: {pair.error}",
        "again_fails": f"it fails when applied again after its down file: {pair.error}",
    }.get(pair.state, "applied again, it creates a different schema than the first time")


LOOKING = (snapshot_command, drift_command, verify_command)
