"""The examples of ``examples/deploy``: they parse, validate, and name settings that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from wavehouse.cli.root import root
from wavehouse.kernel.settings import OPTIONS

FOLDER = Path(__file__).parents[2] / "examples" / "deploy"
KUBERNETES = "1.34"
FILES = sorted(path for path in FOLDER.iterdir())


def manifests() -> list[dict[str, Any]]:
    """The objects of the Kubernetes manifest."""
    return list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))


@pytest.mark.parametrize(
    "manifest", manifests(), ids=lambda m: f"{m['kind']} {m['metadata']['name']}"
)
def test_the_kubernetes_manifest_validates(manifest: dict[str, Any]) -> None:
    """Against the published schemas, strictly: an unknown field is refused."""
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_the_validation_refuses_a_field_that_does_not_exist() -> None:
    """Otherwise the test above could not fail."""
    manifest = manifests()[-1]
    manifest["spec"]["minimumAvailable"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_of_the_examples_exists(path: Path) -> None:
    """A variable is a setting of the product, or its file."""
    known = {option.variable for option in OPTIONS}
    named = set(re.findall(r"\bWAVEHOUSE_[A-Z_]+\b", path.read_text())) - {"WAVEHOUSE_HOME"}

    assert set() == {name.removesuffix("_FILE") for name in named} - known


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_of_the_examples_exists(path: Path) -> None:
    """``wavehouse up``, ``wavehouse work --concurrency``."""
    text = re.sub(r'[",\[\]]', " ", path.read_text())
    for line in re.findall(r"(?:bin/wavehouse|(?:CMD|command:|args:)\s+wavehouse)\s+(.+)", text):
        name, *options = line.split()
        command = root.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None, line
        known = {text for param in command.params for text in param.opts}
        assert set() == {word for word in options if word.startswith("--")} - known


def test_compose_mounts_what_it_names() -> None:
    """Every secret and volume of a service is declared."""
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    for service in compose["services"].values():
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in volumes if not name.startswith(".")} <= set(compose["volumes"])
        assert {"database", "setup"} >= set(service.get("depends_on", {}))
