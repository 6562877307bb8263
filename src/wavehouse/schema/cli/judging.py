"""``wavehouse schema plan · lint``: the effects of files, measured beforehand in a shadow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_DONE, UsageError
from wavehouse.schema.cli.classes import with_classes
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
    targets_of,
    waivers_option,
)

if TYPE_CHECKING:
    from wavehouse.schema.types import (
        Finding,
        Migration,
    )


@click.command("plan")
@common_options
@shadow_options
@waivers_option
@click.pass_context
def plan_command(
    context: click.Context,
    /,
    waivers: Path | None,
    layout: str,
    target_version: str | None,
    shadow_url: str | None,
    prelude: Path | None,
    as_json: bool,
    **words: Any,
) -> None:
    """Show what apply would do: per statement the lock, the rewrite, the scan, rows and time.

    Locks, rewrites and scans are measured in a shadow at the target's version; rows and bytes are
    the target's; seconds are estimated from them. The digest identifies this plan.
    """
    from wavehouse.schema.adapters.shadow import major_for
    from wavehouse.schema.rules.layouts import Layout
    from wavehouse.schema.service import drifting, planning
    from wavehouse.schema.service.ladder import read_ladder, refuse_not_run

    choice = Choice(**words)
    report, rows, worst = Report(as_json, choice.single), [], EXIT_DONE
    with targets_of(choice) as targets:
        for target in targets:
            refuse_not_run(target.folder, Layout(layout))
            ladder = read_ladder(target.folder, Layout(layout), waivers)
            applied, version = drifting.applied_of(target.conninfo, ladder, role=target.role)
            applied = applied if version is not None else ()
            pending = [migration for migration in ladder if migration not in applied]
            major = int(target_version or major_for(drifting.server_major(target.conninfo)))
            like = (target.conninfo, ladder)
            with shadow_of(major, shadow_url, prelude, like) as shadow:
                result = planning.plan(
                    shadow, applied, pending, sizes=planning.sizes_of(target.conninfo)
                )
                print_notes(target.name, shadow)
            report.add(target.name, result.as_json())
            worst = max(worst, result.exit_code)
            for refused in result.refusals:
                terminal.say(f"{target.name}: apply would refuse: {refused}")
            rows += [
                (
                    f"{statement.file}:{statement.line}",
                    statement.statement_words,
                    statement.effect.strongest or "–",
                    ", ".join(statement.effect.rewrites) or "–",
                    ", ".join(statement.effect.scans) or "–",
                    statement.rows or "–",
                    f"{statement.seconds:.2f} s",
                )
                for statement in result.statements
            ]
            if not pending:
                terminal.say(f"{target.name}: nothing is pending")
            else:
                terminal.say(
                    f"{target.name}: {len(pending)} files, about {result.window:.2f} s under "
                    f"locks; digest {result.digest[:16]}"
                )
    report.write(("where", "statement", "lock", "rewrites", "scans", "rows", "about"), rows)
    context.exit(worst)


@click.command("lint")
@ladder_options
@shadow_options
@waivers_option
@click.option(
    "--history",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of files to apply before these.",
)
@click.option("--url", metavar="URL", help="Lint only files pending on this database.")
@click.option("--since", metavar="VERSION", help="Lint only files after this version.")
@click.option("--advice", is_flag=True, help="Also report design, names, and brief locks.")
@click.option(
    "--classification",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare the schema with this classification file; the product's own ladders are "
    "always compared with configs/data-classification.yml.",
)
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
)
@click.pass_context
def lint_command(
    context: click.Context,
    /,
    files: tuple[Path, ...],
    waivers: Path | None,
    history: Path | None,
    url: str | None,
    since: str | None,
    advice: bool,
    layout: str,
    target_version: str | None,
    shadow_url: str | None,
    prelude: Path | None,
    folder: Path | None,
    classification: Path | None,
    databases: tuple[str, ...],
    as_json: bool,
) -> None:
    """Report dangerous statements in migrations, each with a safe alternative.

    Every file is run in a shadow, after the files before it. A rewrite, a scan or a lock is
    reported only when it was measured, on an object that existed before the file; this covers DO
    blocks and functions too. Exit code 3 when a finding is open; advice (`--advice`) never counts.
    A file may waive a rule: `-- wavehouse: waive RULE until 2027-06-30: the table is empty`.

    With FILES only those are linted, each after the older files of its folder (or of --dir); `-` is
    standard input. With --url only files pending there are linted, weighted by the target's rows:
    work on a small table is only advice.
    """
    from wavehouse.schema.rules.layouts import Layout
    from wavehouse.schema.service import drifting
    from wavehouse.schema.service.ladder import chosen_files, read_ladder
    from wavehouse.schema.service.linting import lint
    from wavehouse.schema.service.planning import sizes_of
    from wavehouse.schema.types import version_key

    report, rows, worst = Report(as_json, folder is not None or bool(files)), [], EXIT_DONE
    if url is not None and folder is None and not files:
        raise UsageError("--url needs the folder of its migrations", hint="Name it: --dir DIR.")
    before = read_ladder(history, Layout(layout)) if history else ()
    major = target_version or (drifting.server_major(url) if url else 18)
    loose: frozenset[str] = frozenset()
    if files:
        older, named, loose = chosen_files(files, folder, Layout(layout), waivers)
        before = (*before, *older)
        ladders = [("files", named)]
    else:
        ladders = ladders_of(folder, databases, layout, waivers)
    sizes = sizes_of(url) if url else None
    like = (url, ladders[0][1]) if url else None
    with shadow_of(int(major), shadow_url, prelude, like) as shadow:
        for name, ladder in ladders:
            done: tuple[Migration, ...] = ()
            if url is not None and not files:
                done, version = drifting.applied_of(url, ladder)
                done = done if version is not None else ()
            elif since is not None and not files:
                check_versions((since,), ladder)
                done = tuple(m for m in ladder if m.number <= version_key(since))
            chosen = [item for item in ladder if item not in done]
            result = lint(
                shadow,
                (*before, *done),
                chosen,
                pattern=layout == "wavehouse",
                advice=advice,
                sizes=sizes,
                loose=loose,
            )
            if classification is not None or not (folder or files):
                result = with_classes(
                    context, shadow, name, (*before, *done, *chosen), result, classification
                )
            print_notes(name, shadow)
            report.add(name, result.as_json())
            worst = max(worst, result.exit_code)
            rows += [_row(finding) for finding in result.findings]
            terminal.say(
                f"{name}: {len(result.open)} findings in {result.files} files"
                + (f", {len(result.findings) - len(result.open)} waived" * bool(result.findings))
                + f"; {result.advice} more with --advice" * bool(result.advice)
            )
    report.write(("where", "severity", "rule", "what", "do"), rows)
    context.exit(worst)


def _row(finding: Finding) -> tuple[object, ...]:
    severity = f"waived ({finding.waived})" if finding.waived else finding.severity
    return (
        f"{finding.file}:{finding.line}",
        severity,
        finding.rule,
        finding.message,
        finding.recipe,
    )


JUDGING = (plan_command, lint_command)
