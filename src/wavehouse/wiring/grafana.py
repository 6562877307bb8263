"""A Grafana dashboard with a panel for every value of ``/metrics``, from the manifests."""

from __future__ import annotations

import json
from typing import Any

from wavehouse.kernel.manifest import Gauge
from wavehouse.wiring import contexts
from wavehouse.wiring.reading import manifests

_COLUMNS, _WIDTH, _HEIGHT = 3, 8, 8
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_INSTANT = "in seconds since 1970"


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's import format: a row per context, a panel per gauge."""
    panels: list[dict[str, Any]] = []
    top = 0
    for context, gauges in _by_context():
        panels.append(_row(len(panels) + 1, context.capitalize(), top))
        top += 1
        for number, gauge in enumerate(gauges):
            line, column = divmod(number, _COLUMNS)
            position = {"x": column * _WIDTH, "y": top + line * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
            panels.append(_panel(len(panels) + 1, gauge, position))
        top += -(-len(gauges) // _COLUMNS) * _HEIGHT
    return {
        "uid": "wavehouse",
        "title": "Wavehouse",
        "description": "Generated from the manifests: wavehouse metrics dashboard",
        "tags": ["wavehouse"],
        "schemaVersion": 39,
        "timezone": "utc",
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                }
            ]
        },
        "panels": panels,
    }


def written() -> str:
    """The dashboard as a JSON file."""
    return json.dumps(dashboard(), indent=2) + "\n"


def _by_context() -> list[tuple[str, list[Gauge]]]:
    listed = zip(contexts.CONTEXTS, manifests(), strict=True)
    gauges = [(context, [g for entry in m.metrics for g in entry.gauges]) for context, m in listed]
    return [(context, of_context) for context, of_context in gauges if of_context]


def _row(panel_id: int, title: str, top: int) -> dict[str, Any]:
    position = {"x": 0, "y": top, "w": _COLUMNS * _WIDTH, "h": 1}
    return {"id": panel_id, "type": "row", "title": title, "gridPos": position, "panels": []}


def _panel(panel_id: int, gauge: Gauge, position: dict[str, int]) -> dict[str, Any]:
    """A time series. A value that is an instant is shown as its age."""
    is_instant = _INSTANT in gauge.help
    title = gauge.name.removeprefix("wavehouse_").replace("_", " ")
    title = title.removesuffix(" seconds").removesuffix(" share").capitalize()
    return {
        "id": panel_id,
        "type": "timeseries",
        "title": f"{title}: age" if is_instant else title,
        "description": gauge.help,
        "datasource": _SOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": {"unit": _unit(gauge.name), "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": "A",
                "datasource": _SOURCE,
                "expr": f"time() - {gauge.name}" if is_instant else gauge.name,
                "legendFormat": " ".join(f"{{{{{label}}}}}" for label in gauge.labels) or title,
            }
        ],
    }


def _unit(name: str) -> str:
    if name.endswith("_seconds"):
        return "s"
    return "percentunit" if name.endswith("_share") else "short"
