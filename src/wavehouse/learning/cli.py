"""``wavehouse learning fit|evaluate|difficulty``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.learning.types import Model

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
model_option = click.option(
    "--model",
    "model_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="A model written by `learning fit`.  [default: the one that comes with Wavehouse]",
)


@click.group()
def learning() -> None:
    """The learner model: fit it, compare it with simpler ones, estimate a text's difficulty."""


@learning.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The pilot population.")
@click.option("--version", default="", help="The name of the model.  [default: fitted-SEED]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file to write.  [default: standard output]",
)
def fit(seed: int, version: str, out: Path | None) -> None:
    """Fit a model to a simulated pilot population of 400 learners, by EM.

    The same seed gives the same model. It takes some seconds.
    """
    from wavehouse.kernel import terminal
    from wavehouse.learning.rules import model as models
    from wavehouse.learning.service.evaluating import fit as run

    with terminal.progress("Fitting", 25, "rounds") as meter:
        model = run(
            version=version or f"fitted-{seed}", seed=seed, on_round=lambda _: meter.advance(1)
        )
    text = json.dumps(models.as_json(model), indent=2)
    if out is None:
        terminal.out(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        terminal.say(f"{model.version} is written to {out}")


@learning.command()
@click.option("--seed", type=int, default=2, show_default=True, help="The learners to judge by.")
@click.option("--learners", type=click.IntRange(10), default=300, show_default=True)
@model_option
@json_option
def evaluate(seed: int, learners: int, model_file: Path | None, as_json: bool) -> None:
    """Compare levels and choices with simpler ways, on learners whose ability is known.

    Levels are from 0 to 1; the error is the root of the mean square. The learners' way of listening
    is not the model's, and the model was fitted to others.
    """
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
    terminal.say(f"completion is {result.share_of_oracle:.1%} of that of a policy that knows all")


@learning.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--language", default="it", show_default=True, help="it or en.")
@json_option
def difficulty(files: tuple[Path, ...], language: str, as_json: bool) -> None:
    """Estimate how difficult texts are to hear: ease (0 hard, 100 easy), words, sentences.

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
            raise InvalidInput("the file is not readable as UTF-8 text", where=str(path)) from error
        found = readability(text, language)
        if found is None and language.partition("-")[0].lower() not in LANGUAGES:
            raise InvalidInput(
                f"no rules for the language {language!r}",
                hint=f"Languages with rules: {', '.join(LANGUAGES)}.",
            )
        if found is None:
            raise InvalidInput("the file has no words", where=str(path))
        rows.append((str(path), found))
    if as_json:
        terminal.print_json({"texts": [{"file": name, **asdict(one)} for name, one in rows]})
        return
    terminal.print_table(
        ("file", "words", "sentences", "ease", "lexical", "discourse", "level (estimate)"),
        [
            (name, one.words, one.sentences, one.ease, one.lexical, one.discourse, one.level or "–")
            for name, one in rows
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
        raise InvalidInput("the file is not readable as UTF-8 text", where=str(path)) from error
    return models.read(text, str(path))
