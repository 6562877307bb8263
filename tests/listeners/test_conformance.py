"""The probe for gpodder servers: ours passes, one with known faults does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI, Request, Response
from tests.serving import served

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn, Unreachable, UsageError
from wavehouse.listeners.cli import sync_conformance


def run(*words: object, **environment: str) -> Result:
    return CliRunner().invoke(sync_conformance, [str(word) for word in words], env=environment)


@pytest.fixture
def password_file(tmp_path: Path, phone: Any) -> Path:
    """The phone's password in a file."""
    path = tmp_path / "password"
    path.write_text(f"{phone.password}\n")
    return path


def faulty_app() -> FastAPI:
    """A typical faulty server: cursors by the client's clock, no validation, no guards."""
    app, actions = FastAPI(), list[dict[str, Any]]()

    @app.get("/api/2/episodes/{user}.json")
    def told(user: str, since: int = 0) -> dict[str, Any]:
        newer = [action for action in actions if str(action.get("timestamp")) > _text(since)]
        return {"actions": newer if since else actions, "timestamp": int(clock.now().timestamp())}

    @app.post("/api/2/episodes/{user}.json")
    async def take(request: Request) -> dict[str, Any]:
        actions.extend(await request.json())
        return {"timestamp": 2_000_000_000, "update_urls": []}

    @app.api_route("/{rest:path}", methods=["GET", "POST", "PUT"])
    def anything(rest: str) -> Response:
        return Response("{}", media_type="application/json", status_code=200)

    return app


def _text(second: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


@pytest.fixture
def faulty_url() -> Iterator[str]:
    """The faulty server on a real port."""
    with served(faulty_app()) as url:
        yield url


@pytest.mark.parametrize("prefix", ["", "/gpodder"])
def test_our_server_answers_every_question_as_it_should(
    server_url: str, phone: Any, password_file: Path, prefix: str
) -> None:
    """P3, P14, P15, P17–P19, P27, P30, P31 through a client; exit code 0."""
    where = (f"{server_url}{prefix}", "--username", phone.username, "--password-file")
    result = run(*where, password_file, "--json")
    answer = json.loads(result.stdout)

    allowed = {"pass", "not offered"} if prefix else {"pass"}
    assert [] == [v for v in answer["verdicts"] if v["verdict"] not in allowed]
    assert (0, 0, 28) == (result.exit_code, answer["failed"], len(answer["verdicts"]))


def test_a_server_with_faults_is_found_out(faulty_url: str) -> None:
    """Each fault is listed with its rule; exit code 3."""
    result = run(faulty_url, "--username", "anna", WAVEHOUSE_SYNC_PASSWORD="secret")

    assert 3 == result.exit_code
    failed = {line.split("\t")[0] for line in result.stdout.splitlines() if "FAIL" in line}
    assert {"AC6", "P3", "P14", "P18", "P19", "P27", "P30", "P31"} <= failed
    assert "secret" not in result.output


def test_no_server_no_account_and_no_password_are_told_apart(server_url: str, phone: Any) -> None:
    """Each message has its next step."""
    words = ("--username", phone.username)
    nowhere = run("http://127.0.0.1:9", *words, WAVEHOUSE_SYNC_PASSWORD="x")
    wrong = run(server_url, *words, WAVEHOUSE_SYNC_PASSWORD="x")
    missing = run(server_url, *words)

    assert (Unreachable, NotSignedIn, UsageError) == tuple(
        type(result.exception) for result in (nowhere, wrong, missing)
    )
