"""The metrics of all manifests in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wavehouse.accounts import Identity
from wavehouse.kernel.findings import Measure
from wavehouse.kernel.manifest import Gauge
from wavehouse.store import Stores
from wavehouse.wiring.reading import manifests, resolve

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(stores: Stores, *, identity: Identity) -> str:
    """The body of ``/metrics``, for the organization of the identity."""
    entries = [entry for each in manifests() for entry in each.metrics]
    measures = [
        measure for entry in entries for measure in resolve(entry.target)(stores, identity=identity)
    ]
    return written([gauge for entry in entries for gauge in entry.gauges], measures)


def written(gauges: Sequence[Gauge], measures: Iterable[Measure]) -> str:
    """Measures as text below their gauge's help. KeyError for one that no manifest declares."""
    by_name: dict[str, list[Measure]] = {gauge.name: [] for gauge in gauges}
    meanings = {gauge.name: gauge.help for gauge in gauges}
    for measure in measures:
        by_name[measure.name].append(measure)
    lines = []
    for name, same in by_name.items():
        if same:
            lines += [f"# HELP {name} {meanings[name]}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(measure)} {measure.value!r}" for measure in same]
    return "".join(f"{line}\n" for line in lines)


def _labels(measure: Measure) -> str:
    if not measure.labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in sorted(measure.labels.items()))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
