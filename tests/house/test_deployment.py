"""The examples of ``examples/deploy``: they parse, validate, and name settings that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


def test_what_the_image_is_built_from_exists() -> None:
    """Every file that the Dockerfile copies out of the repository."""
    root = FOLDER.parents[1]
    lines = re.findall(r"^COPY (?!--)(.+)$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    copied = {name for line in lines for name in line.split()[:-1]}

    assert {"requirements.lock", "src"} <= copied
    assert set() == {name for name in copied if not (root / name).exists()}


def test_the_comment_of_compose_makes_every_secret_file(tmp_path: Path) -> None:
    """Its commands are run, except ``docker``: each secret has a file, each address a database."""
    text = (FOLDER / "compose.yaml").read_text()
    commands = re.findall(r"^#   (.+)$", text, re.MULTILINE)
    shown = [line for line in commands if not line.startswith("docker")]
    script = "\n".join(shown).replace("cd examples/deploy", "cd .")
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    secrets = yaml.safe_load(text)["secrets"].values()
    created = (FOLDER / "databases.sql").read_text()

    assert {each["file"] for each in secrets} == {f"./{path.name}" for path in tmp_path.iterdir()}
    for path in tmp_path.glob("*_url"):
        address = urlsplit(path.read_text())
        assert f"CREATE DATABASE {address.path[1:]} " in created
        assert (tmp_path / "db_password").read_text() == address.password


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="not run here: no systemd")
@pytest.mark.parametrize("misspelt", ["", "ProtectHomes=yes"])
def test_systemd_accepts_the_units(tmp_path: Path, misspelt: str) -> None:
    """No unknown key and no unknown value; the program is another one that exists."""
    for unit in FOLDER.glob("*.service"):
        text = unit.read_text().replace("/opt/wavehouse/bin/wavehouse", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("[Service]", f"[Service]\n{misspelt}"))
    units = sorted(map(str, tmp_path.iterdir()))
    verified = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )

    complaints = re.findall(r"\.service:(\d+): (.+)", verified.stderr)

    assert 2 == len(units)
    assert bool(misspelt) == bool(complaints), verified.stderr


def test_compose_mounts_what_it_names() -> None:
    """Every secret and volume of a service is declared."""
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    for service in compose["services"].values():
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in volumes if not name.startswith(".")} <= set(compose["volumes"])
        assert {"database", "setup"} >= set(service.get("depends_on", {}))
