"""Verification of an exported log, without a database. Pure.

The first line of an export is its header with the checkpoints; each further line is an entry with
its leaf. ``Heads`` compares a growing tree with the checkpoints, for exports and databases alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import msgspec

from wavehouse.audit.rules import notes, tree
from wavehouse.audit.rules.canonical import hash_of
from wavehouse.audit.rules.tree import Frontier
from wavehouse.audit.types import Fault, Finding, Head, StoredEntry, Verified

FORMAT = "wavehouse-audit/2"
MOST_FINDINGS = 1000


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of an export. ``size`` is the number of its leaves."""

    format: str
    log: str
    origin: str
    size: int
    unsealed: int
    exported_at: str
    keys: list[str]
    checkpoints: list[str]


def is_header(line: bytes) -> bool:
    """Whether a line is the first one of an export, of any version and however it is written."""
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and "checkpoints" in value


class Heads:
    """Signed heads of a tree, compared with its leaves as they are added in order."""

    def __init__(
        self, signed: Iterable[tuple[str, str]], keys: Sequence[notes.PublicKey], origin: str | None
    ) -> None:
        """``signed`` are places and notes; ``origin`` None allows any."""
        self.findings: list[Finding] = []
        self.frontier = Frontier()
        self.largest = 0
        self.count = 0
        self._roots: dict[int, list[tuple[str, bytes]]] = {}
        for where, note in signed:
            self._add(where, note, keys, origin)

    def _add(
        self, where: str, note: str, keys: Sequence[notes.PublicKey], origin: str | None
    ) -> None:
        try:
            head = notes.read(note)
        except ValueError as error:
            self.findings.append(Finding(Fault.SIGNATURE, where, str(error)))
            return
        label = f"{where}, checkpoint {head.size}"
        if not any(notes.is_signed_by(note, key) for key in keys):
            message = "the checkpoint has no valid signature by a known key"
            self.findings.append(Finding(Fault.SIGNATURE, label, message))
            return
        if origin is not None and head.origin != origin:
            message = f"the checkpoint belongs to the log {head.origin}"
            self.findings.append(Finding(Fault.SIGNATURE, label, message))
            return
        self.count += 1
        self.largest = max(self.largest, head.size)
        self._roots.setdefault(head.size, []).append((label, head.root))

    def append(self, leaf: bytes) -> None:
        """Add a leaf, and compare the root where a checkpoint has this size."""
        self.frontier.append(leaf)
        expected = self._roots.get(self.frontier.size)
        if expected:
            root = self.frontier.root()
            self.findings += [
                Finding(Fault.ROOT, label, "the entries up to here do not match the signed root")
                for label, signed in expected
                if signed != root
            ]

    def finish(self) -> None:
        """Report leaves that are missing, or that no checkpoint covers."""
        size = self.frontier.size
        if size < self.largest:
            message = f"{self.largest - size:,} sealed entries are missing at the end"
            self.findings.append(Finding(Fault.CUT, f"leaf {size}", message))
        if size > self.largest:
            message = f"{size - self.largest:,} entries are not covered by a valid checkpoint"
            self.findings.append(Finding(Fault.INSERTED, f"leaf {self.largest}", message))


def verify_export(
    lines: Iterable[bytes],
    *,
    trusted: Sequence[notes.PublicKey] = (),
    outside: Iterable[tuple[str, str]] = (),
) -> Verified:
    """Verify an export, line by line.

    ``trusted`` keys are required where given, otherwise the export's own keys are used, which only
    prove that it was not changed by someone without them. ``outside`` has checkpoints from other
    places, which also reveal that the whole history was replaced.
    """
    rows = iter(lines)
    try:
        header = msgspec.json.decode(next(rows, b""), type=Header)
        keys = list(trusted) or [notes.public_key(text) for text in header.keys]
        if header.format != FORMAT:
            raise ValueError(f"the format is {header.format}, not {FORMAT}")
        if header.origin.rpartition("/")[2] != header.log:  # only the origin is signed
            raise ValueError(f"the log {header.origin} is called {header.log}")
        if header.unsealed < 0:
            raise ValueError("a number of entries is negative")
    except (msgspec.DecodeError, ValueError) as error:
        finding = Finding(Fault.UNREADABLE, "line 1", f"not the header of an export: {error}")
        return Verified("unknown", 0, 0, 0, (finding,))
    signed = [*(("export", note) for note in header.checkpoints), *outside]
    heads = Heads(signed, keys, header.origin)
    walk = _Walk(heads)
    for number, line in enumerate(rows, 2):
        walk.read(number, line)
    heads.finish()
    if header.size != heads.frontier.size:
        message = f"the header says {header.size:,} entries, the file has {heads.frontier.size:,}"
        heads.findings.append(Finding(Fault.CUT, "line 1", message))
    return Verified(
        header.log,
        heads.frontier.size,
        heads.count,
        header.unsealed,
        tuple(heads.findings[:MOST_FINDINGS]),
        tuple(key.key_id for key in keys),
    )


def _named_once(pairs: list[tuple[str, object]]) -> None:
    """ValueError for two values of one name: a reader may see the one that is not verified."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the field {twice!r} occurs twice")


class _Walk:
    """The entries of an export in order."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._expected = 0
        self._decode = msgspec.json.Decoder(StoredEntry).decode
        self._encode = msgspec.json.Encoder().encode

    def read(self, number: int, line: bytes) -> None:
        """Verify one line."""
        findings = self._heads.findings
        try:
            entry = self._decode(line)
            if self._encode(entry) != line.rstrip(b"\r\n"):  # written by another program
                json.loads(line, object_pairs_hook=_named_once)
        except (msgspec.DecodeError, ValueError) as error:
            findings.append(Finding(Fault.UNREADABLE, f"line {number}", str(error)))
            return
        self._check_place(number, entry.leaf_index)
        computed = hash_of(entry)
        text = computed.hex()
        if (entry.encoding == 2 and text != entry.content_hash) or text != entry.leaf_hash:
            findings.append(
                Finding(
                    Fault.CHANGED,
                    f"line {number}, entry {entry.audit_id}",
                    "the entry does not match its stored hash",
                )
            )
        self._heads.append(computed)

    def _check_place(self, number: int, index: int | None) -> None:
        if index is None or index < self._expected:
            fault = Fault.MOVED
            message = f"leaf {index} is in the wrong place, or was inserted"
        elif index > self._expected:
            fault = Fault.REMOVED
            message = f"{index - self._expected:,} entries are missing before leaf {index}"
        else:
            self._expected += 1
            return
        self._heads.findings.append(Finding(fault, f"line {number}", message))
        self._expected = self._expected if index is None else index + 1


INCLUSION = "wavehouse-audit-inclusion/2"
CONSISTENCY = "wavehouse-audit-consistency/2"


class Inclusion(msgspec.Struct, forbid_unknown_fields=True):
    """A proof that an entry is in a tree."""

    format: str
    entry: StoredEntry
    leaf_index: int
    proof: list[str]
    checkpoint: str


class Consistency(msgspec.Struct, forbid_unknown_fields=True):
    """A proof that a tree grew from an earlier one."""

    format: str
    old: str
    new: str
    proof: list[str]


def verify_proof(data: bytes, *, trusted: Sequence[notes.PublicKey]) -> list[Finding]:
    """Verify a proof of inclusion or consistency; empty when it holds. ValueError if unreadable."""
    kind = msgspec.json.decode(data, type=dict)
    if kind.get("format") == INCLUSION:
        return _verify_inclusion(msgspec.json.decode(data, type=Inclusion), trusted)
    if kind.get("format") == CONSISTENCY:
        return _verify_consistency(msgspec.json.decode(data, type=Consistency), trusted)
    raise ValueError("not a proof of the audit log")


def _signed_head(note: str, trusted: Sequence[notes.PublicKey]) -> tuple[Head, list[Finding]]:
    head = notes.read(note)
    label = f"checkpoint {head.size}"
    if any(notes.is_signed_by(note, key) for key in trusted):
        return head, []
    return head, [Finding(Fault.SIGNATURE, label, "no valid signature by a known key")]


def _verify_inclusion(given: Inclusion, trusted: Sequence[notes.PublicKey]) -> list[Finding]:
    head, findings = _signed_head(given.checkpoint, trusted)
    leaf = hash_of(given.entry)
    proof = [bytes.fromhex(step) for step in given.proof]
    if given.entry.encoding == 2 and leaf.hex() != given.entry.content_hash:
        message = "the entry does not match its stored hash"
        findings.append(Finding(Fault.CHANGED, f"entry {given.entry.audit_id}", message))
    if not tree.is_included(given.leaf_index, head.size, leaf, proof, head.root):
        message = "the proof does not lead from the entry to the signed root"
        findings.append(Finding(Fault.ROOT, f"leaf {given.leaf_index}", message))
    return findings


def _verify_consistency(given: Consistency, trusted: Sequence[notes.PublicKey]) -> list[Finding]:
    old, findings = _signed_head(given.old, trusted)
    new, further = _signed_head(given.new, trusted)
    proof = [bytes.fromhex(step) for step in given.proof]
    same_log = old.origin == new.origin
    if not same_log or not tree.is_consistent(old.size, new.size, proof, old.root, new.root):
        message = "the later checkpoint does not contain the earlier one"
        further.append(Finding(Fault.ROOT, f"checkpoint {new.size}", message))
    return findings + further
