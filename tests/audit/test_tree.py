"""The Merkle tree of RFC 6962, compared with the RFC's own recursive definition."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from wavehouse.audit.rules import tree

DATA = [
    b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW",
    bytes(range(0x60, 0x70)),
]  # fmt: skip
# The roots of the first 1 to 8 of these leaves, as the tests of Certificate Transparency have them.
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 33
VECTORS = Path(__file__).parent / "vectors.json"


def _defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, on leaf hashes, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = max(2**power for power in range(20) if 2**power < len(leaves))
    return hashlib.sha256(
        b"\x01" + _defined_root(leaves[:split]) + _defined_root(leaves[split:])
    ).digest()


def _leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(number.to_bytes(4)) for number in range(count)]


def test_the_roots_are_those_of_certificate_transparency() -> None:
    """Eight trees whose roots every implementation of RFC 6962 has."""
    hashes = [tree.leaf_hash(data) for data in DATA]

    assert ROOTS == [tree.root(hashes[:size]).hex() for size in range(1, 9)]


def test_a_tree_grows_from_its_frontier_alone() -> None:
    """Stored and read back at every size, it has the root of the definition."""
    frontier = tree.Frontier()
    for size, leaf in enumerate(_leaves(LARGEST), 1):
        frontier = tree.Frontier.decoded(size - 1, frontier.encoded())
        frontier.append(leaf)
        assert _defined_root(_leaves(size)) == frontier.root()
    assert _defined_root([]) == tree.Frontier().root()


@pytest.mark.parametrize(("size", "data"), [(1, b""), (3, bytes(32)), (-1, b""), (1, bytes(31))])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, data: bytes) -> None:
    """A damaged row must not become a signed root."""
    with pytest.raises(ValueError, match=r"fit|32 bytes"):
        tree.Frontier.decoded(size, data)


def test_every_leaf_of_every_tree_is_proven_and_no_other() -> None:
    """A proof holds for its leaf, index, size and root only."""
    for size in range(1, LARGEST):
        leaves = _leaves(size)
        top = tree.root(leaves)
        for index in range(size):
            proof = tree.inclusion_proof(leaves, index)
            assert tree.is_included(index, size, leaves[index], proof, top)
            assert not tree.is_included(index, size, tree.leaf_hash(b"other"), proof, top)
            assert not tree.is_included(index + 1, size, leaves[index], proof, top)
            assert not tree.is_included(index, size, leaves[index], [*proof, top], top)
            assert not tree.is_included(index, size, leaves[index], proof, tree.EMPTY)
            assert not proof or not tree.is_included(index, size, leaves[index], proof[1:], top)


def test_every_tree_is_consistent_with_every_earlier_one_and_no_other() -> None:
    """A history that was rewritten has no proof."""
    leaves = _leaves(LARGEST)
    roots = [tree.root(leaves[:size]) for size in range(LARGEST + 1)]
    for new in range(1, LARGEST + 1):
        for old in range(1, new + 1):
            proof = tree.consistency_proof(leaves[:new], old)
            assert tree.is_consistent(old, new, proof, roots[old], roots[new])
            assert not tree.is_consistent(old, new, proof, tree.leaf_hash(b"x"), roots[new])
            assert not tree.is_consistent(old, new, [*proof, roots[1]], roots[old], roots[new])
            assert not tree.is_consistent(old, new, proof, roots[old], tree.EMPTY)
        assert not tree.is_consistent(0, new, [], tree.EMPTY, roots[new])


def test_a_proof_of_what_is_not_there_is_refused() -> None:
    """Outside the tree there is nothing to prove."""
    with pytest.raises(IndexError):
        tree.inclusion_proof(_leaves(3), 3)
    with pytest.raises(IndexError):
        tree.consistency_proof(_leaves(3), 4)


def _vectors(kind: str) -> list[dict[str, Any]]:
    """The vectors of transparency-dev/merkle (Apache-2.0), gathered in one file."""
    listed: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))[kind]
    return listed


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_inclusion_has_the_vectors_of_transparency_dev() -> None:
    """Every vector, good and bad."""
    wrong = [
        each["name"]
        for each in _vectors("inclusion")
        if each["wantErr"]
        == tree.is_included(
            each["leafIdx"],
            each["treeSize"],
            _bytes(each["leafHash"]),
            [_bytes(step) for step in each["proof"] or []],
            _bytes(each["root"]),
        )
    ]

    assert [] == wrong


def test_consistency_has_the_vectors_of_transparency_dev() -> None:
    """Every vector, good and bad."""
    wrong = [
        each["name"]
        for each in _vectors("consistency")
        if each["wantErr"]
        == tree.is_consistent(
            each["size1"],
            each["size2"],
            [_bytes(step) for step in each["proof"] or []],
            _bytes(each["root1"]),
            _bytes(each["root2"]),
        )
    ]

    assert [] == wrong
