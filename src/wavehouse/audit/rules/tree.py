"""The Merkle tree of RFC 6962 (section 2.1): roots, inclusion proofs, consistency proofs. Pure.

A tree is its list of leaf hashes. ``Frontier`` is the small state with which a tree grows without
its leaves: the roots of its complete subtrees, from left to right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256 of 0x00 and its data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 of 0x01 and the hashes of its children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree: its size, and the roots of its complete subtrees."""

    __slots__ = ("roots", "size")

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        """ValueError when the number of roots does not fit the size."""
        self.size, self.roots = size, list(roots)
        if size < 0 or len(self.roots) != size.bit_count():
            raise ValueError(f"{len(self.roots)} roots do not fit a tree of {size} leaves")

    @classmethod
    def decoded(cls, size: int, data: bytes) -> Frontier:
        """The frontier of ``encoded``. ValueError when its length does not fit the size."""
        if len(data) % HASH_BYTES:
            raise ValueError("a frontier is a sequence of hashes of 32 bytes")
        return cls(size, (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))

    def encoded(self) -> bytes:
        """The roots, 32 bytes each, from left to right."""
        return b"".join(self.roots)

    def append(self, leaf: bytes) -> None:
        """Add a leaf by its hash."""
        roots, left = self.roots, self.size
        while left & 1:
            leaf = node_hash(roots.pop(), leaf)
            left >>= 1
        roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree; for an empty tree, SHA-256 of no bytes."""
        if not self.roots:
            return EMPTY
        top = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            top = node_hash(left, top)
        return top


def root(leaves: Iterable[bytes]) -> bytes:
    """The root of a tree with these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def _split(size: int) -> int:
    """The largest power of two below ``size`` (2 or more)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root, lowest first. IndexError without the leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    start, stop, above = 0, len(leaves), []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            above.append(root(leaves[middle:stop]))
            stop = middle
        else:
            above.append(root(leaves[start:middle]))
            start = middle
    return above[::-1]


def is_included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], top: bytes) -> bool:
    """True when the proof shows that ``leaf`` is leaf ``index`` of the tree with this root."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    at, last, current = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            current = node_hash(step, current)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = node_hash(current, step)
        at, last = at >> 1, last >> 1
    return last == 0 and current == top


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The hashes that show that the first ``old`` leaves are a tree that grew to this one.

    Empty for an old tree without leaves and for the same tree. IndexError for a larger old tree.
    """
    if not 0 <= old <= len(leaves):
        raise IndexError(f"no tree of {old} leaves in a tree of {len(leaves)}")
    start, stop, complete, above = 0, len(leaves), True, []
    if old in {start, stop}:
        return []
    while start + old != stop:
        middle = _split(stop - start)
        if old <= middle:
            above.append(root(leaves[start + middle : stop]))
            stop = start + middle
        else:
            above.append(root(leaves[start : start + middle]))
            start, old, complete = start + middle, old - middle, False
    if not complete:
        above.append(root(leaves[start:stop]))
    return above[::-1]


def is_consistent(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """True when the proof shows that the new tree begins with all leaves of the old tree.

    False for an old tree without leaves, which proves nothing.
    """
    if not 1 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = list(proof)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not steps:
        return False
    first = steps.pop(0) if at else old_root
    small = large = first
    for step in steps:
        if last == 0:
            return False
        if at & 1 or at == last:
            small, large = node_hash(step, small), node_hash(step, large)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            large = node_hash(large, step)
        at, last = at >> 1, last >> 1
    return last == 0 and small == old_root and large == new_root
