"""``wavehouse learning``: model, texts, learners, content."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.kernel.options import DAY

if TYPE_CHECKING:
    from datetime import datetime

    from wavehouse.learning.types import Model
    from wavehouse.workspace import OpenWorkspace

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
model_option = click.option(
    "--model",
    "model_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="A model written by `learning fit`.  [default: the bundled model]",
)


@click.group()
def learning() -> None:
    """The learner model: simulate, fit, evaluate; learners, content, the difficulty of texts."""


@learning.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The pilot population.")
@click.option(
    "--outcomes",
    "source",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Fit to the outcomes in this file, as written by `learning simulate`.",
)
@click.option("--version", default="", help="The name of the model.  [default: fitted-SEED]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file to write.  [default: standard output]",
)
def fit(seed: int, source: Path | None, version: str, out: Path | None) -> None:
    """Fit a model to learners' outcomes, by EM.

    Without --outcomes: to those of a simulated pilot population of 400 learners. With it: to those
    of a file, with at least 50 learners of five outcomes each. The same outcomes give the same
    model. It takes some seconds.
    """
    from wavehouse.kernel import files, terminal
    from wavehouse.learning.adapters import outcome_lines
    from wavehouse.learning.rules import model as models
    from wavehouse.learning.service import evaluating

    histories = None if source is None else outcome_lines.read(source)
    name = version or (f"fitted-{seed}" if source is None else f"fitted-{source.stem}")
    with terminal.progress("Fitting", 25, "rounds") as meter:

        def on_round(_: int) -> None:
            meter.advance(1)

        if histories is None:
            model = evaluating.fit(version=name, seed=seed, on_round=on_round)
        else:
            model = evaluating.fit_to(histories.values(), version=name, on_round=on_round)
    text = json.dumps(models.as_json(model), indent=2)
    if out is None:
        terminal.out(text)
    else:
        files.write_output(out, f"{text}\n".encode())
        terminal.say(f"{model.version} is written to {out}")


@learning.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed: other people.")
@click.option("--learners", type=click.IntRange(1, 100_000), default=400, show_default=True)
@click.option("--items", type=click.IntRange(1, 300), default=50, show_default=True,
              help="Pieces that each learner listens to.")  # fmt: skip
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file to write.  [default: standard output]",
)
def simulate(seed: int, learners: int, items: int, out: Path | None) -> None:
    """Write the outcomes of simulated learners as JSON Lines, with each one's true level.

    The learners do not follow the model: understanding depends on the gap between ability and
    difficulty, finishing on taste too. The same options write the same bytes.
    """
    from wavehouse.kernel import files, terminal
    from wavehouse.learning.adapters.outcome_lines import line_of
    from wavehouse.learning.service.evaluating import simulated

    lines = [
        line_of(learner.learner_id, outcome, true_level=round(learner.level, 4))
        for learner, outcomes in simulated(seed=seed, learners=learners, items=items)
        for outcome in outcomes
    ]
    text = "\n".join(lines)
    if out is None:
        terminal.out(text)
    else:
        files.write_output(out, f"{text}\n".encode())
        terminal.say(f"{len(lines):,} outcomes of {learners:,} learners are written to {out}")


@learning.command()
@click.option("--seed", type=int, default=2, show_default=True, help="Evaluation population size.")
@click.option("--learners", type=click.IntRange(10), default=300, show_default=True)
@model_option
@click.option("--logged", is_flag=True, help="Use the choices of real learners instead.")
@click.option("--policy", "policies", multiple=True, metavar="NAME",
              help="With --logged: random, greedy, easiest or hardest; repeatable.")  # fmt: skip
@json_option
@click.pass_obj
def evaluate(
    open_workspace: OpenWorkspace,
    seed: int,
    learners: int,
    model_file: Path | None,
    logged: bool,
    policies: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare levels and choices with simple baselines, on learners of known ability.

    Levels are from 0 to 1; the error is the root mean square. The simulated learners do not follow
    the model, and the model was fitted to a different population. With --logged: the share of
    pieces that would have been understood under another policy, estimated from logged choices.
    """
    if policies and not logged:
        raise click.UsageError("--policy needs --logged")
    if logged:
        _evaluate_logged(open_workspace, policies, as_json=as_json)
        return
    from wavehouse.kernel import terminal
    from wavehouse.learning.service.evaluating import AFTER, POLICIES
    from wavehouse.learning.service.evaluating import evaluate as run

    model = _model(model_file)
    with terminal.progress("Evaluating", 1 + len(POLICIES), "steps") as meter:
        result = run(model, seed=seed, learners=learners, on_step=lambda _: meter.advance(1))
    if as_json:
        terminal.print_json(
            {
                "model": model.version,
                "level_error": result.errors,
                "coverage_of_80": result.coverage,
                "policies": {
                    name: {"completion": done, "likes": liked}
                    for name, (done, liked) in result.policies.items()
                },
                "share_of_oracle": round(result.share_of_oracle, 4),
            }
        )
        return
    terminal.print_table(
        ("level error after", *(f"{after} items" for after in AFTER)),
        [
            *(
                (name, *(f"{errors[n]:.3f}" for n in AFTER))
                for name, errors in result.errors.items()
            ),
            ("80 % interval covers", *(f"{result.coverage[n]:.0%}" for n in AFTER)),
        ],
    )
    terminal.print_table(
        ("policy", "completion", "likes"),
        [(name, f"{done:.1%}", f"{liked:.1%}") for name, (done, liked) in result.policies.items()],
    )
    terminal.say(f"completion is {result.share_of_oracle:.1%} of an omniscient policy's")


def _evaluate_logged(
    open_workspace: OpenWorkspace, policies: tuple[str, ...], *, as_json: bool
) -> None:
    """Print the estimates of policies from logged choices."""
    from wavehouse.kernel import terminal
    from wavehouse.learning.service import offpolicy

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.learning.app(identity.organization_id) as tx:
            results = {
                name: offpolicy.evaluate_logged(tx, identity=identity, policy=name)
                for name in policies or offpolicy.POLICIES
            }
    evaluated = {name: result for name, result in results.items() if result is not None}
    if as_json:
        terminal.print_json(
            {
                "reward": "understood",
                "policies": {
                    name: {**asdict(result), "caution": result.caution}
                    for name, result in evaluated.items()
                },
            }
        )
        return
    if not evaluated:
        terminal.say("No logged recommendation has been listened to yet.")
        return
    terminal.print_table(
        ("policy", "IPS", "SNIPS", "DR", "effective", "caution"),
        [
            (
                name,
                *(
                    f"{each.estimate:.2f}"
                    + ("" if each.low is None else f" ({each.low:.2f} to {each.high:.2f})")
                    for each in (result.ips, result.snips, result.dr)
                ),
                f"{result.effective:.0f} of {result.choices}",
                result.caution,
            )
            for name, result in evaluated.items()
        ],
    )
    any_result = next(iter(evaluated.values()))
    terminal.say(f"understood under the logged policy: {any_result.logged.estimate:.2f}")


@learning.command()
@click.argument(
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    nargs=-1,
    required=True,
)
@click.option("--language", default="it", show_default=True, help="it or en.")
@json_option
def difficulty(files: tuple[Path, ...], language: str, as_json: bool) -> None:
    """Estimate the listening difficulty of texts: ease (0 hard, 100 easy), words, sentences.

    A text of fewer than 80 words gets no level.
    """
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.learning.rules.texts import LANGUAGES, readability

    rows = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput("the file is not UTF-8 text", where=str(path)) from error
        figures = readability(text, language)
        if figures is None and language.partition("-")[0].lower() not in LANGUAGES:
            raise InvalidInput(
                f"no rules for the language {language!r}",
                hint=f"Languages with rules: {', '.join(LANGUAGES)}.",
            )
        if figures is None:
            raise InvalidInput("the file has no words", where=str(path))
        rows.append((str(path), figures))
    if as_json:
        terminal.print_json(
            {"texts": [{"file": name, **asdict(figures)} for name, figures in rows]}
        )
        return
    terminal.print_table(
        ("file", "words", "sentences", "ease", "lexical", "discourse", "level (estimate)"),
        [
            (
                name,
                figures.words,
                figures.sentences,
                figures.ease,
                figures.lexical,
                figures.discourse,
                figures.level or "–",
            )
            for name, figures in rows
        ],
    )


def _model(path: Path | None) -> Model:
    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.learning.rules import model as models

    if path is None:
        return models.DEFAULT
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("the file is not UTF-8 text", where=str(path)) from error
    return models.read(text, str(path))


@learning.command("learners")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@click.pass_obj
def list_learners(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """List learners with their levels from 0 to 1, last active first.

    A learner with fewer than five outcomes has no level.
    """
    from wavehouse import learning as context
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.learning.app(identity.organization_id) as tx:
            lines = context.list_learners(tx, identity=identity, limit=limit)
    if as_json:
        terminal.print_json(
            {
                "learners": [
                    {
                        "account_id": line.learner.account_id,
                        "session_id": line.learner.session_id,
                        "outcomes": line.outcomes,
                        "listening_seconds": line.learner.listening_seconds,
                        "level": None if line.level is None else asdict(line.level),
                    }
                    for line in lines
                ]
            }
        )
        return
    if not lines:
        terminal.say("No learners yet. An application starts sessions: docs/guides/learning.md")
        return
    terminal.print_table(
        ("learner", "level", "80 % interval", "outcomes", "listened (s)"),
        [
            (
                line.learner.account_id or line.learner.session_id,
                "–" if line.level is None else f"{line.level.level:.2f}",
                "–" if line.level is None else f"{line.level.low:.2f} to {line.level.high:.2f}",
                line.outcomes,
                line.learner.listening_seconds,
            )
            for line in lines
        ],
    )


@learning.command()
@json_option
@click.pass_obj
def calibrate(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Replace estimated difficulties with observed ones, for content with 30 listeners.

    Earlier outcomes keep the difficulty at which they were counted.
    """
    from wavehouse import learning as context
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.learning.app(identity.organization_id) as tx:
            changed = context.calibrate(tx, identity=identity)
    rows = [(c.content.content_id, c.content.difficulty, c.shown, c.listeners) for c in changed]
    if as_json:
        names = ("content_id", "before", "after", "listeners")
        terminal.print_json({"calibrated": [dict(zip(names, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(("content", "before", "after", "listeners"), rows)
    else:
        terminal.say(
            "Nothing to calibrate: no content heard by 30 learners differs from its estimate."
        )


@learning.command()
@click.option("--from", "first", type=DAY, required=True, help="First UTC day.")
@click.option("--to", "last", type=DAY, required=True, help="Last UTC day, inclusive.")
@json_option
@click.pass_obj
def behavior(open_workspace: OpenWorkspace, first: datetime, last: datetime, as_json: bool) -> None:
    """Show learners' events by day, content and event type; computed every 15 minutes."""
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.learning.service import behavior as service

    if last < first:
        raise InvalidInput("the end date is before the start date", where="--to")
    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.analytics.app(identity.organization_id) as tx:
            rows = service.behavior(tx, identity=identity, first=first.date(), last=last.date())
    cells = [(r.day, r.content_id, r.event_type, r.events, r.sessions) for r in rows]
    names = ("day", "content", "event", "events", "sessions")
    if as_json:
        terminal.print_json({"behavior": [dict(zip(names, each, strict=True)) for each in cells]})
    elif cells:
        terminal.print_table(names, cells)
    else:
        terminal.say("There are no behavioural events on these days.")


@learning.command("models")
@json_option
@click.pass_obj
def list_models(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the stored model versions; the default is the one that ships with Wavehouse."""
    from wavehouse.kernel import terminal
    from wavehouse.learning.rules.model import DEFAULT
    from wavehouse.learning.service import models

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.learning.app(identity.organization_id) as tx:
            stored = models.list_models(tx, identity=identity)
    shipped = not any(each.is_active for each in stored)
    rows = [(DEFAULT.version, shipped), *((each.version, each.is_active) for each in stored)]
    if as_json:
        terminal.print_json({"models": [{"version": v, "in_use": used} for v, used in rows]})
    else:
        terminal.print_table(("model", "in use"), [(v, "yes" if used else "") for v, used in rows])


@learning.command("use-model")
@click.argument("model")
@json_option
@click.pass_obj
def use_model(open_workspace: OpenWorkspace, model: str, as_json: bool) -> None:
    """Use MODEL for levels from now on: a file made by `learning fit`, or a version's name.

    Counters do not change, so you can return to any version.
    """
    from wavehouse.kernel import terminal
    from wavehouse.learning.service import models

    read = _model(Path(model)) if Path(model).is_file() else None
    version = model if read is None else read.version
    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.learning.app(identity.organization_id) as tx:
            if read is not None:
                models.add_model(tx, identity=identity, model=read)
            models.use_model(tx, identity=identity, version=version)
    if as_json:
        terminal.print_json({"in_use": version})
    else:
        terminal.say(f"From now on, levels are computed with {version}.")
