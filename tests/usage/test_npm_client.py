"""The official npm client through the gateway: ``make gateway-npm NPM=folder``."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.usage.test_gateway import Stand, stand

__all__ = ["stand"]


@pytest.mark.skipif(
    shutil.which("node") is None or "OPENAI_NPM" not in os.environ,
    reason="needs node, and OPENAI_NPM: a folder with the package openai installed",
)
def test_the_npm_client_passes_a_conversation_a_stream_an_abort_and_a_refusal(
    stand: Stand,
) -> None:
    """The abort is settled with the streamed tokens; the refusal costs nothing."""
    stand.models("endless")
    script = Path(__file__).with_name("gateway_client.mjs")
    node = str(shutil.which("node"))
    done = subprocess.run(
        [node, str(script), f"{stand.url}/gateway/v1", stand.key],
        cwd=os.environ["OPENAI_NPM"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    events = stand.all_settled(3)
    assert ["endless", "writer", "writer"] == sorted(event.model for event in events)
    assert 0 == stand.spender.only_budget().reserved
