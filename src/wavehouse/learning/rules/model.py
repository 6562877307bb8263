"""The default model, used until an organization fits its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wavehouse.kernel.errors import InvalidInput
from wavehouse.learning.types import CLASSES, Model, OutcomeClass

DEFAULT = Model(
    "simulated-2026.11",
    alpha=(0.0, -0.449686, -2.142811, -0.993265, -0.609135),
    beta=(0.0, -0.607108, -1.443386, -1.255465, -0.887653),
    prior_mean=0.134869,
    prior_sd=1.070777,
    like_rate=0.31885,
)
"""Fitted to 400 simulated learners with 50 outcomes each: ``wavehouse learning fit --seed 1``."""


def as_json(model: Model) -> dict[str, Any]:
    """The table as JSON values."""
    return {
        "version": model.version,
        "classes": [kind.name.lower() for kind in OutcomeClass],
        "alpha": list(model.alpha),
        "beta": list(model.beta),
        "prior_mean": model.prior_mean,
        "prior_sd": model.prior_sd,
        "decay": model.decay,
        "trust": model.trust,
        "like_rate": model.like_rate,
    }


def read(text: str, where: str) -> Model:
    """Parse a table from JSON text. InvalidInput with the missing or wrong field."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_model(where) from error
    return of_json(document, where=where)


def of_json(document: Mapping[str, Any], *, where: str) -> Model:
    """Parse a table from JSON values. InvalidInput with the missing or wrong field."""
    try:
        model = Model(
            str(document["version"]),
            tuple(float(value) for value in document["alpha"]),
            tuple(float(value) for value in document["beta"]),
            float(document["prior_mean"]),
            float(document["prior_sd"]),
            float(document["decay"]),
            float(document["trust"]),
            float(document["like_rate"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _no_model(where) from error
    wrong = fault_of(model)
    if wrong:
        raise InvalidInput(f"invalid learner model: {wrong}", where=where)
    return model


def _no_model(where: str) -> InvalidInput:
    return InvalidInput(
        "the file is not a learner model",
        where=where,
        hint="The command below writes a learner model.",
        command="wavehouse learning fit --out model.json",
    )


def fault_of(model: Model) -> str:
    """The reason why a table is invalid; empty if it is valid."""
    if len(model.alpha) != CLASSES or len(model.beta) != CLASSES:
        return f"alpha and beta need {CLASSES} values"
    values = (*model.alpha, *model.beta, model.prior_mean, model.prior_sd)
    if any(abs(value) > 100 for value in values) or any(value != value for value in values):
        return "a value is not between -100 and 100"
    if model.prior_sd <= 0 or not 0 < model.decay <= 1 or not 0 < model.trust <= 1:
        return "prior_sd, decay and trust must be above 0, and decay and trust at most 1"
    if not 0 < model.like_rate < 1:
        return "like_rate must be between 0 and 1"
    if max(model.beta) != model.beta[OutcomeClass.CLEAN] or (
        min(model.beta) != model.beta[OutcomeClass.HEAVY]
    ):
        return "the slope of clean must be the largest, and that of heavy the smallest (L6)"
    return ""
