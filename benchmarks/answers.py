"""Prediction of the next answer on a file of answers: our counted evidence beside baselines.

The files are those of the AKT repository (ASSISTments 2015: three lines for each student,
``id,user``, then skills, then answers 0 or 1). They are fetched for a run, never committed::

    python benchmarks/answers.py train.csv test.csv [--limit 1200]

An answer is an outcome, ``clean`` or ``heavy``, of a piece whose difficulty is its skill's in the
training file. A bucket is five answers. Counting, posterior and decay are the product's; spread,
decay and Elo's step are those that predict the training file best. The area under the ROC curve is
over all answers of the test file, each predicted from the earlier ones, the first included.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from wavehouse.learning.rules import evidence, posterior
from wavehouse.learning.types import CLASSES, Evidence, Model, OutcomeClass

Student = list[tuple[str, int]]
BUCKET, CHOSEN_BY = 5, 500
SPREADS, DECAYS = (0.6, 0.8, 1.0, 1.2), (0.6, 0.7, 0.8)
ELO_STEPS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
RIGHT, WRONG = int(OutcomeClass.CLEAN), int(OutcomeClass.HEAVY)


def students(path: Path, limit: int | None = None) -> list[Student]:
    """The answers of each student, in order."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = []
    for at in range(0, len(lines) - 2, 3):
        skills, answers = lines[at + 1].split(","), lines[at + 2].split(",")
        pairs = [(s, int(float(a))) for s, a in zip(skills, answers, strict=False) if s and a]
        found.append(pairs)
    return found[:limit] if limit else found


def auc(scored: list[tuple[float, int]]) -> float:
    """The area under the ROC curve; ties count half."""
    ordered = sorted(scored)
    rank_sum, at = 0.0, 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end][0] == ordered[at][0]:
            end += 1
        rank_sum += (at + end + 1) / 2 * sum(answer for _, answer in ordered[at:end])
        at = end
    right = sum(answer for _, answer in ordered)
    wrong = len(ordered) - right
    return (rank_sum - right * (right + 1) / 2) / (right * wrong)


def shares(training: list[Student]) -> dict[str, float]:
    """The share of right answers by skill, shrunk to the whole."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for student in training:
        for skill, answer in student:
            counts[skill][answer] += 1
    whole = sum(c[1] for c in counts.values()) / sum(map(sum, counts.values()))
    return {skill: (c[1] + 10 * whole) / (sum(c) + 10) for skill, c in counts.items()}


def difficulty(share: float) -> float:
    """The difficulty from -3 to 3 of a skill that this share answers right."""
    return min(max(-math.log(share / (1 - share)), -2.99), 2.99)


def month(number: int) -> str:
    """Buckets of answers as months, in which the product counts."""
    return f"{2000 + number // 12}-{number % 12 + 1:02d}"


def model_of(spread: float, decay: float) -> Model:
    """A table with two outcomes: the logistic of ability minus difficulty."""
    return Model(
        "answers",
        alpha=tuple(0.0 if kind in (RIGHT, WRONG) else -20.0 for kind in range(CLASSES)),
        beta=tuple({RIGHT: 0.0, WRONG: -1.0}.get(kind, -0.5) for kind in range(CLASSES)),
        prior_mean=0.0,
        prior_sd=spread,
        decay=decay,
        trust=1.0,
    )


def points(model: Model, at: float) -> list[float]:
    """The chance of a right answer to a skill of this difficulty, at each point of the grid."""
    logs = [posterior.log_probabilities(model, ability, at) for ability in posterior.GRID]
    return [1 / (1 + math.exp(log[WRONG] - log[RIGHT])) for log in logs]


def ours(
    model: Model, tests: list[Student], bins: dict[str, int], known: dict[str, float]
) -> Iterator[float]:
    """The predicted chance of each answer, before it is counted."""
    chances = {skill: points(model, difficulty(share)) for skill, share in known.items()}
    usual = points(model, 0.0)
    for student in tests:
        cells: dict[tuple[str, int, int], int] = defaultdict(int)
        for n, (skill, answer) in enumerate(student):
            bucket, number = month(n // BUCKET), bins.get(skill, 6)
            weights = posterior.posterior(Evidence(dict(cells), {}), model, bucket=bucket)
            yield sum(w * p for w, p in zip(weights, chances.get(skill, usual), strict=True))
            cells[bucket, number, RIGHT if answer else WRONG] += 1


def elo(tests: list[Student], known: dict[str, float], step: float) -> Iterator[float]:
    """Elo: a student's level moves by the surprise; difficulties are those of the training file."""
    for student in tests:
        level = 0.0
        for skill, answer in student:
            chance = 1 / (1 + math.exp(difficulty(known.get(skill, 0.73)) - level))
            yield chance
            level += step * (answer - chance)


def main() -> int:
    """Print the areas; exit code 1 when ours is below Elo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--limit", type=int, help="only the first students of the test file")
    arguments = parser.parse_args()
    training, tests = students(arguments.train), students(arguments.test, arguments.limit)
    known = shares(training)
    bins = {skill: evidence.bin_of(difficulty(share)) for skill, share in known.items()}
    answers = [answer for student in tests for _, answer in student]
    print(f"{len(training):,} and {len(tests):,} students, {len(answers):,} answers predicted")
    skill = [known.get(skill, 0.73) for student in tests for skill, _ in student]
    print(f"share of the skill     {auc(list(zip(skill, answers, strict=True))):.4f}")
    step = max(
        ELO_STEPS,
        key=lambda k: auc(
            list(zip(elo(training, known, k), (a for s in training for _, a in s), strict=True))
        ),
    )
    elo_area = auc(list(zip(elo(tests, known, step), answers, strict=True)))
    print(f"Elo, step {step:g} by training {elo_area:.4f}")
    few = training[:CHOSEN_BY]
    few_answers = [answer for student in few for _, answer in student]
    began = time.process_time()
    model = max(
        (model_of(spread, decay) for spread in SPREADS for decay in DECAYS),
        key=lambda m: auc(list(zip(ours(m, few, bins, known), few_answers, strict=True))),
    )
    print(f"chosen in {time.process_time() - began:.0f} s of CPU")
    began = time.process_time()
    area = auc(list(zip(ours(model, tests, bins, known), answers, strict=True)))
    took = time.process_time() - began
    print(
        f"counted evidence       {area:.4f} (spread {model.prior_sd:g}, decay {model.decay:g} "
        f"per {BUCKET} answers; {took / len(answers) * 1e6:.0f} µs of CPU a prediction)"
    )
    return 0 if area >= elo_area else 1


if __name__ == "__main__":
    sys.exit(main())
