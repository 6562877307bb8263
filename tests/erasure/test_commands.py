"""What the commands of erasure print: the next command, and what is held and by what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.erasing import Person

from wavehouse import governance
from wavehouse.cli.root import root
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def _invoke(workspace: Workspace, *words: str) -> Result:
    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    return CliRunner().invoke(root, list(words), obj=opened)


def _json(workspace: Workspace, *words: str) -> dict[str, object]:
    done = _invoke(workspace, *words, "--json")
    assert 0 == done.exit_code, done.output
    return dict(json.loads(done.stdout))


def test_each_step_of_a_request_names_the_next_command(workspace: Workspace, person: Make) -> None:
    """From the request to the certificate without looking anything up."""
    person("anna@example.org")

    filed = _invoke(workspace, "erasure", "request", "anna@example.org")
    request = str(_json(workspace, "erasure", "request", "anna@example.org")["id"])
    assert f"wavehouse erasure approve {request}" in filed.stderr
    too_early = _invoke(workspace, "erasure", "run", request)
    assert isinstance(too_early.exception, Conflict)
    assert "wavehouse erasure approve" in str(too_early.exception.command)
    approved = _invoke(workspace, "erasure", "approve", request, "--reason", "by phone")
    assert f"Next: wavehouse erasure run {request}" in approved.stderr
    done = _invoke(workspace, "erasure", "run", request)
    assert f"completed; wavehouse erasure certificate {request}" in done.stderr


def test_a_request_for_a_copy_leads_to_its_export(workspace: Workspace, person: Make) -> None:
    """Approving it does not lead to `erasure run`."""
    person("anna@example.org")
    request = str(_json(workspace, "access", "request", "anna@example.org")["id"])

    approved = _invoke(workspace, "erasure", "approve", request, "--reason", "by phone")

    assert f"Next: wavehouse access export {request} --out FILE.zip" in approved.stderr


def test_a_hold_on_a_person_is_listed_and_can_be_released(
    workspace: Workspace, person: Make
) -> None:
    """The listeners' database has the hold, the list and the release are of all databases."""
    person("anna@example.org")
    held = _invoke(
        workspace, "erasure", "hold", "anna@example.org", "--reason", "case 7",
        "--until", "2099-12-31",
    )  # fmt: skip
    (listed,) = governance.list_person_holds(workspace.stores, identity=workspace.identity)
    hold_id = str(listed.legal_hold_id)
    assert f"wavehouse retention release {hold_id}" in held.stderr
    printed = _invoke(workspace, "retention", "holds")
    assert "a person (listeners)" in printed.stdout
    assert "anna" not in printed.stdout

    assert 0 == _invoke(workspace, "retention", "release", hold_id).exit_code

    assert [] == governance.list_person_holds(workspace.stores, identity=workspace.identity)
    again = _invoke(workspace, "retention", "release", hold_id)
    assert isinstance(again.exception, NotFound)


def test_a_replay_counts_the_held_apart_and_leaves_them(workspace: Workspace, person: Make) -> None:
    """The runbook says that a second replay erases nobody; who is held was counted each time."""
    person("anna@example.org")
    hold = ["erasure", "hold", "anna@example.org", "--reason", "case 7", "--until", "2099-12-31"]
    assert 0 == _invoke(workspace, *hold).exit_code
    request = str(_json(workspace, "erasure", "request", "anna@example.org")["id"])
    _invoke(workspace, "erasure", "approve", request, "--reason", "by phone")
    ended = _invoke(workspace, "erasure", "run", request)
    assert "partially held;" in ended.stderr

    counted = _json(workspace, "erasure", "replay")

    assert (0, 1) == (counted["erased"], counted["held"])
    replayed = _invoke(workspace, "erasure", "replay")
    assert "people: 0 erased again, 1 kept by a legal hold" in replayed.stderr
    with workspace.stores.listeners.worker() as tx:
        assert 1 == tx.value("SELECT count(*) FROM listeners.devices")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["erasure", "show", "REQUEST"], "wavehouse erasure list"),
        (["retention", "release", "HOLD_ID"], "wavehouse retention holds"),
        (["audit", "show", "4711"], "wavehouse audit list"),
        (["entitlements", "revoke", "x", "--reason", "y"], "wavehouse entitlements list"),
    ],
)
def test_a_text_that_is_not_an_id_is_refused_with_the_command_that_lists_the_ids(
    workspace: Workspace, words: list[str], command: str
) -> None:
    """A placeholder that was typed as it is in the guide."""
    done = _invoke(workspace, *words)

    assert 2 == done.exit_code
    assert f"is not an id. `{command}` lists them." in done.stderr


def test_what_was_not_searched_is_one_line(workspace: Workspace) -> None:
    """Sixteen tables with one reason are a number; `--json` has each."""
    done = _invoke(workspace, "erasure", "verify", "nobody@example.org")

    assert 0 == done.exit_code
    assert "16 tables: the worker may not read it (--json lists them)" in done.stdout


def test_the_pdf_of_a_certificate_is_not_the_signed_file(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The error says which one is."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(b"%PDF-1.7")

    done = _invoke(workspace, "erasure", "certificate", "--verify", str(file))

    assert isinstance(done.exception, InvalidInput)
    assert "Verify the JSON file" in str(done.exception.hint)


@pytest.mark.parametrize(
    "words",
    [
        ["erasure", "hold", "anna@example.org"],
        ["retention", "hold", "operational.sponsorship.reports"],
    ],
)
def test_a_hold_lasts_to_the_end_of_its_last_day(
    workspace: Workspace, person: Make, words: list[str]
) -> None:
    """Both commands mean the same day; that of tables ended a day earlier."""
    person("anna@example.org")
    held = _invoke(workspace, *words, "--reason", "case 7", "--until", "2099-12-30")
    assert (0, True) == (held.exit_code, "Held until 2099-12-30, included" in held.output)

    listed = _json(workspace, "retention", "holds")["holds"]

    assert isinstance(listed, list)
    assert ["2099-12-31T00:00:00+00:00"] == [each["expires_at"] for each in listed]
    assert "2099-12-31 00:00" in _invoke(workspace, "retention", "holds").stdout
