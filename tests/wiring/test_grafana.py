"""The Grafana dashboard has a panel for every metric of ``/metrics``, and no other."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from wavehouse.cli.metrics import metrics
from wavehouse.kernel import config
from wavehouse.kernel.manifest import Gauge
from wavehouse.web.live import live_app
from wavehouse.wiring import grafana
from wavehouse.wiring.exposition import exposition
from wavehouse.wiring.reading import manifests
from wavehouse.workspace import Workspace


def registry() -> dict[str, Gauge]:
    """Every gauge that a manifest announces."""
    return {g.name: g for m in manifests() for entry in m.metrics for g in entry.gauges}


def panels() -> list[dict[str, object]]:
    return [panel for panel in grafana.dashboard()["panels"] if panel["type"] != "row"]


def metrics_of(panel: object) -> set[str]:
    """The metrics in a panel's expressions."""
    return set(re.findall(r"wavehouse_\w+", json.dumps([panel["targets"]])))  # type: ignore[index]


def test_every_metric_has_a_panel_and_every_panels_metric_exists() -> None:
    """The check runs in both directions."""
    shown = [name for panel in panels() for name in metrics_of(panel)]

    assert sorted(registry()) == sorted(shown)
    assert len(registry()) > 15


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    """Grafana overlays panels, or keeps only the last one of an id."""
    everything = grafana.dashboard()["panels"]
    cells = [
        (x, y)
        for panel in everything
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(everything) == len({panel["id"] for panel in everything})
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)


def test_every_label_is_in_the_legend() -> None:
    """A line needs its lane, state or rule."""
    legends = {
        name: panel["targets"][0]["legendFormat"]  # type: ignore[index]
        for panel in panels()
        for name in metrics_of(panel)
    }

    for name, gauge in registry().items():
        assert all(f"{{{{{label}}}}}" in legends[name] for label in gauge.labels), name


def test_values_have_the_labels_that_their_manifest_announces(workspace: Workspace) -> None:
    """Otherwise a legend would be empty."""
    text = exposition(workspace.stores, identity=workspace.identity)
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name = re.split(r"[{ ]", line)[0]
        assert set(registry()[name].labels) == set(re.findall(r'(\w+)="', line)), line


def test_the_command_prints_the_dashboard() -> None:
    """Valid JSON with a choice of the data source."""
    result = CliRunner().invoke(metrics, ["dashboard"])
    printed = json.loads(result.output)

    assert grafana.dashboard() == printed
    assert ["datasource"] == [each["name"] for each in printed["templating"]["list"]]


@pytest.mark.parametrize(("mode", "status"), [("key", 401), ("open", 200), ("off", 404)])
def test_a_setting_decides_who_reads_the_metrics(
    workspace: Workspace, mode: str, status: int
) -> None:
    """A key by default; open on a port that only Prometheus reaches; or disabled."""
    flags = {"home": str(workspace.settings.home), "metrics": mode}
    place = replace(workspace, settings=config.load(flags, environment={}))
    with TestClient(live_app(place), base_url="http://localhost") as client:
        assert status == client.get("/metrics").status_code
