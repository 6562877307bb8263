"""The values of all manifests' metrics in the text format that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable

from wavehouse.accounts import Identity
from wavehouse.kernel.findings import Measure
from wavehouse.store import Stores
from wavehouse.wiring.reading import manifests, resolve

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(stores: Stores, *, identity: Identity) -> str:
    """The body of ``/metrics``, for the organization of the identity."""
    measures = [
        measure
        for m in manifests()
        for entry in m.metrics
        for measure in resolve(entry.target)(stores, identity=identity)
    ]
    return written(measures)


def written(measures: Iterable[Measure]) -> str:
    """Measures as text; those of one name stand together below its help."""
    by_name: dict[str, list[Measure]] = {}
    for measure in measures:
        by_name.setdefault(measure.name, []).append(measure)
    lines = []
    for name, same in by_name.items():
        lines += [f"# HELP {name} {same[0].help}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(measure)} {measure.value!r}" for measure in same]
    return "".join(f"{line}\n" for line in lines)


def _labels(measure: Measure) -> str:
    if not measure.labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in sorted(measure.labels.items()))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
