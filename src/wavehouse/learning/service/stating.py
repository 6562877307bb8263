"""The model's estimates of a learner, as columns for the application."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from wavehouse.learning.rules import choosing, evidence, posterior
from wavehouse.learning.types import ContentFormat, Evidence, Model


def state_of(
    counted: Evidence, model: Model, *, now: datetime, stated: str, understanding: float
) -> dict[str, Any]:
    """Level, spread, weights of preference and the difficulty to aim at.

    ``adjustment`` is how far that difficulty is from the middle, in hundredths of the scale's
    length; ``formats`` add up to 1.
    """
    bucket = evidence.bucket_of(now)
    level = posterior.level(counted, model, bucket=bucket, stated=stated)
    weights = posterior.posterior(counted, model, bucket=bucket, stated=stated)
    best = posterior.best_difficulty(weights, model, understanding)
    liked = choosing.preferences(counted, model)
    return {
        "weights": {name: round(value, 4) for name, value in sorted(liked.items())},
        "level": round(level.level, 2),
        "sd": round(level.sd, 3),
        "formats": formats_of(liked),
        "adjustment": round(best / 6 * 100, 2),
        "outcomes": counted.outcomes,
        "version": model.version,
    }


def formats_of(liked: dict[str, float]) -> dict[str, float]:
    """The preference for each format; the shares add up to 1."""
    powers = {
        each.value: math.exp(liked.get(f"format:{each.value}", 0.0)) for each in ContentFormat
    }
    total = sum(powers.values())
    return {name: round(value / total, 4) for name, value in powers.items()}
