"""An export is verified without a database: every tampering is found, and nothing else."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from tests.audit.exports import KEY, ORIGIN, SEED, TAMPERS, entry, export, signed

from wavehouse.audit.cli import _entry, audit
from wavehouse.audit.rules import checking, notes
from wavehouse.audit.rules.canonical import hash_of
from wavehouse.audit.rules.tree import root
from wavehouse.audit.types import Fault

SIZE = 40
ROOT = root(hash_of(entry(n)) for n in range(3))


def _missed(rounds: int, seed: int) -> list[str]:
    """Tampers that verification does not find, by name and round."""
    lines = export([entry(number) for number in range(SIZE)])
    rng = random.Random(seed)
    return [
        f"{name} {number}"
        for number in range(rounds)
        for name, tamper in TAMPERS.items()
        if (made := tamper(lines, rng)) != lines
        if checking.verify_export(made, trusted=[KEY]).ok
    ]


def test_an_export_that_nobody_touched_is_verified() -> None:
    """No false alarm, at every size and with old entries among new ones."""
    for size in range(12):
        verified = checking.verify_export(export([entry(n) for n in range(size)], every=3))
        assert (True, size) == (verified.ok, verified.entries)
    old = replace(entry(0), encoding=1, content_hash="ab" * 32)
    mixed = [replace(old, leaf_hash=hash_of(old).hex()), entry(1)]

    assert checking.verify_export(export(mixed)).ok


def test_sixty_tampers_are_found() -> None:
    """Each kind eight times, on rows of chance."""
    assert [] == _missed(8, seed=21)


@pytest.mark.harness
def test_a_thousand_tampers_are_found() -> None:
    """`make harness` runs these."""
    assert [] == _missed(125, seed=2)


def test_an_old_entry_is_proven_as_it_was_at_its_seal() -> None:
    """Its former hash is part of the leaf, so it cannot be swapped."""
    old = replace(entry(0), encoding=1, content_hash="ab" * 32)
    lines = export([replace(old, leaf_hash=hash_of(old).hex())])
    lines[1] = lines[1].replace(b"abab", b"abac")

    assert not checking.verify_export(lines).ok


def test_a_history_rewritten_with_the_key_is_found_by_a_checkpoint_from_outside() -> None:
    """Someone with the key signs another tree; an auditor kept a checkpoint of the first."""
    first = export([entry(n) for n in range(10)])
    kept = json.loads(first[0])["checkpoints"][-1]
    second = export([entry(n, actor="user:another") for n in range(12)])

    assert checking.verify_export(second, trusted=[KEY]).ok
    findings = checking.verify_export(second, trusted=[KEY], outside=[("kept", kept)]).findings
    assert [Fault.ROOT] == [each.fault for each in findings]


def test_a_tail_cut_with_its_checkpoints_is_found_by_a_checkpoint_from_outside() -> None:
    """The shorter export verifies on its own: only what was published shows the cut."""
    rows = [entry(n) for n in range(14)]
    kept = json.loads(export(rows)[0])["checkpoints"][-1]
    shorter = export(rows[:7])

    assert checking.verify_export(shorter, trusted=[KEY]).ok
    findings = checking.verify_export(shorter, outside=[("kept", kept)]).findings
    assert [Fault.CUT] == [each.fault for each in findings]


@pytest.mark.parametrize(
    "header",
    [
        {"keys": [str(notes.verifier_of(KEY.name, bytes(32)))]},
        {"checkpoints": []},
        {"checkpoints": [signed(3, bytes(32))]},
        {"checkpoints": [signed(3, bytes(32), origin="wavehouse-other/operational")]},
        {"format": "wavehouse-audit/1"},
        {"size": 4},
        {"log": 7},
        {"log": "learning"},
        {"unsealed": -1},
        {"checkpoints": [signed(3, ROOT) + "and more\n"]},
    ],
    ids=[
        *("another key", "no checkpoint", "root", "another log", "format", "size", "type"),
        *("another log's name", "negative", "lines after the signature"),
    ],
)
def test_a_header_that_proves_nothing_is_a_finding(header: dict[str, object]) -> None:
    """Without a valid checkpoint the entries are only a list."""
    lines = export([entry(n) for n in range(3)])
    lines[0] = msgspec.json.encode({**json.loads(lines[0]), **header})

    assert not checking.verify_export(lines).ok


@pytest.mark.parametrize("name", [b'"actor":', b'"\\u0061ctor" :'])
def test_a_field_that_occurs_twice_is_a_finding(name: bytes) -> None:
    """The verified value is the last one; a reader of the text sees the first."""
    lines = export([entry(n) for n in range(3)])
    lines[2] = lines[2].replace(b"{", b"{" + name + b'"user:forged",', 1)
    (finding,) = [f for f in checking.verify_export(lines).findings if f.fault == "unreadable"]
    assert ("line 3", "the field 'actor' occurs twice") == (finding.where, finding.message)


def test_an_export_that_another_program_wrote_again_is_verified(tmp_path: Path) -> None:
    """With spaces, other orders and line ends; the command knows the header, too."""
    lines = export([entry(n) for n in range(9)])
    again = [json.dumps(dict(reversed(json.loads(line).items()))).encode() for line in lines]
    assert checking.verify_export(again).ok
    (tmp_path / "again").write_bytes(b"\r\n".join(again) + b"\r\n")
    (tmp_path / "keys.pub").write_text(f"{KEY}\n")
    args = ["verify", str(tmp_path / "again"), "--key", str(tmp_path / "keys.pub")]
    assert 0 == CliRunner().invoke(audit, args).exit_code


def test_an_empty_log_is_not_called_verified(tmp_path: Path) -> None:
    """Without a checkpoint nothing was proven: an emptied log looks the same."""
    (tmp_path / "log").write_bytes(export([])[0] + b"\n")
    (tmp_path / "keys.pub").write_text(f"{KEY}\n")
    args = ["verify", str(tmp_path / "log"), "--key", str(tmp_path / "keys.pub")]
    result = CliRunner().invoke(audit, args)
    assert (0, True) == (result.exit_code, "no checkpoint yet" in result.output)


def test_a_checkpoint_is_read_only_in_its_canonical_form() -> None:
    """Two texts of one head would be two signatures."""
    note = signed(3, bytes(32))
    assert 3 == notes.read(note).size
    for text in (
        note.replace("\n3\n", "\n03\n"),
        note.replace("time ", "Time "),
        note.replace("AAAA", "AA", 1),
        "",
    ):
        with pytest.raises(ValueError, match="checkpoint"):
            notes.read(text)


@pytest.mark.parametrize("text", ["", "a+b", f"{KEY}x", str(KEY).replace("+", "+0", 1), "é+1+é"])
def test_a_damaged_key_is_refused(text: str) -> None:
    """Its digest and length are checked."""
    with pytest.raises(ValueError, match="key"):
        notes.public_key(text)
    assert KEY == notes.public_key(str(KEY))
    assert (KEY, SEED) == notes.private_key(notes.private_text(KEY.name, SEED))


def test_the_command_verifies_a_file_without_a_database(tmp_path: Path) -> None:
    """Exit code 0 for the export, 3 for a changed one, and a sentence for another file."""
    lines = export([entry(n) for n in range(9)])
    keys, good, bad, other = (tmp_path / name for name in ("keys.pub", "good", "bad", "other"))
    keys.write_text(f"{KEY}\n")
    good.write_bytes(b"\n".join(lines) + b"\n")
    bad.write_bytes(b"\n".join(lines).replace(b"user:3", b"user:4"))
    other.write_text('{"format": "something"}')
    runner = CliRunner()

    results = [
        runner.invoke(audit, ["verify", str(path), "--key", str(keys)]) for path in (good, bad)
    ]
    refused = runner.invoke(audit, ["verify", str(other), "--key", str(keys)])

    assert [0, 3] == [result.exit_code for result in results]
    assert "changed: line 5" in results[1].stderr
    assert "not an export or a proof" in str(refused.exception)
    assert ORIGIN


def test_an_entry_without_a_known_leaf_names_none() -> None:
    """``audit show`` and ``list`` read no leaves: an empty index looked like an unsealed entry."""
    printed = _entry(replace(entry(3), leaf_index=None, leaf_hash=None))

    assert set() == {"leaf_index", "leaf_hash"} & set(printed)
    assert "trace_id" in printed
