"""Maps values to positions: round tick values, and labels thinned until they fit."""

from __future__ import annotations

import math

_LEAST = 1e-9
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_STRIDES = (1, 2, 4, 7, 14, 28, 56, 91, 182, 364)


def ticks(highest: float, *, wanted: int = 4, whole: bool = True) -> list[float]:
    """Round values from zero to at least ``highest``, about ``wanted`` steps apart.

    ``whole`` limits steps to whole numbers, as for downloads.
    """
    if highest < _LEAST or not math.isfinite(highest):
        return [0.0, 1.0]
    rough = highest / wanted
    magnitude = 10.0 ** math.floor(math.log10(rough))
    candidates = [nice * magnitude for nice in _NICE]
    if whole:
        candidates = [step for step in candidates if step == int(step)] or [1.0]
    step = next((c for c in candidates if c >= rough * 0.999), candidates[-1])
    count = max(1, math.ceil(highest / step - 1e-9))
    return [step * n for n in range(count + 1)]


def stride(count: int, room: int) -> int:
    """The step between shown labels: every n-th of ``count`` when ``room`` of them fit."""
    for step in _STRIDES:
        if math.ceil(count / step) <= max(room, 1):
            return step
    return max(1, math.ceil(count / max(room, 1)))


def spread(count: int, left: float, right: float) -> list[float]:
    """Evenly spaced positions from left to right; a single one is in the middle."""
    if count == 1:
        return [(left + right) / 2]
    return [left + (right - left) * n / (count - 1) for n in range(count)]
