"""Pairs of sign vectors that differ in exactly one place, among very many."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = 64


class Crossings(NamedTuple):
    """Pairs of sign vectors one sign apart, as parallel arrays."""

    positive: NDArray[np.intp]  # the member of the pair with sign +
    negative: NDArray[np.intp]  # the one with sign -
    line: NDArray[np.intp]  # the place where they differ


def one_sign_apart(positive: NDArray[np.bool_]) -> Crossings:
    """All pairs of rows of the boolean matrix that differ in exactly one column; the rows must be distinct.

    Every row has a 64-bit key, the exclusive or of the words of its true columns; changing one column
    changes the key by that column's word. Up to 64 columns the words are single bits and the key is the row.
    Beyond, they are pseudo-random and the key is a name: names are checked to be different, and every pair
    found is compared entry by entry, so chance can cost time but never the truth.

    >>> [x.tolist() for x in one_sign_apart(np.array([[True, True], [False, True], [False, False]]))]
    [[0, 1], [1, 2], [0, 1]]
    """
    words, keys = _named(positive)
    order = np.argsort(keys)
    ordered = keys[order]
    packed = np.packbits(positive, axis=1) if len(words) > WORD else None
    found: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]] = []
    for column, word in enumerate(words):
        upper = np.flatnonzero(positive[order, column])
        wanted = ordered[upper] ^ word
        place = np.minimum(np.searchsorted(ordered, wanted), len(keys) - 1)
        hit = ordered[place] == wanted
        above, below = order[upper[hit]], order[place[hit]]
        if packed is not None:
            above, below = _confirmed(packed, column, above, below)
        found.append((above, below, np.full(len(above), column, dtype=np.intp)))
    if not found:
        return Crossings(*(np.zeros(0, dtype=np.intp) for _ in range(3)))
    return Crossings(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _named(positive: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """A word for each column, and the resulting keys of the rows, all different."""
    columns = positive.shape[1]
    words: NDArray[np.uint64]
    for seed in range(3):
        if columns <= WORD:
            words = np.array([1 << k for k in range(columns)], dtype=np.uint64)
        else:
            words = np.random.default_rng(seed).integers(0, 2**64, size=(columns,), dtype=np.uint64)
        keys = np.zeros(len(positive), dtype=np.uint64)
        for column in range(columns):
            keys ^= np.where(positive[:, column], words[column], np.uint64(0))
        if len(np.unique(keys)) == len(keys):
            return words, keys
    raise BadInput("the list of cells names some cell twice: every sign vector must occur once")


def _confirmed(
    packed: NDArray[np.uint8], column: int, above: NDArray[np.intp], below: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pairs that really differ in this column alone."""
    difference = packed[above] ^ packed[below]
    difference[:, column // 8] ^= np.uint8(128 >> column % 8)
    same = ~difference.any(axis=1)
    return above[same], below[same]
