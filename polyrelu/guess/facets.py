"""Facets of cells by lookup: flipping a cell on all rows parallel to x_j gives a cell iff x_j supports a facet.

Each row gets a random 64-bit key and each cell the XOR of the keys of its active rows; flipping a class of rows is one
XOR with a constant, so all facets of all cells are found by binary search in a sorted list.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from polyrelu.guess.flats import Indices
from polyrelu.guess.values import Array, Bools


def parallel_classes(X: Array) -> list[Indices]:
    """Nonzero rows grouped by the hyperplane they define, up to rounding.

    >>> [c.tolist() for c in parallel_classes(np.array([[1.0, 2.0], [0.0, 0.0], [3.0, 0.0], [-2.0, -4.0]]))]
    [[0, 3], [2]]
    """
    rows = np.flatnonzero(np.linalg.norm(X, axis=1) > 0)
    columns = np.abs(X).max(axis=0, initial=0.0)
    balanced = X[rows] / np.where(columns > 0, columns, 1.0)
    balanced /= np.linalg.norm(balanced, axis=1)[:, None]
    cosine = np.abs(balanced @ balanced.T)
    left, out = np.ones(len(rows), dtype=bool), []
    for i in range(len(rows)):
        if left[i]:
            near = np.flatnonzero(left & (cosine[i] > 1 - 1e-8))
            gap = balanced[near] - np.sign(balanced[near] @ balanced[i])[:, None] * balanced[i]
            same = near[np.abs(gap).max(axis=1) <= 1e-13]
            left[same] = False
            out.append(rows[same])
    return out


def neighbours(X: Array, patterns: Bools) -> tuple[list[Indices], Indices]:
    """Parallel classes, and for each cell and class the cell behind that facet, or -1.

    The list must hold every cell.
    """
    classes = parallel_classes(X)
    drawn = np.random.default_rng(20230717).integers(1, 2**63, size=(X.shape[0],), dtype=np.uint64)
    keys: npt.NDArray[np.uint64] = np.asarray(drawn, dtype=np.uint64)
    code: npt.NDArray[np.uint64] = np.zeros(len(patterns), dtype=np.uint64)
    for members in classes:
        for j in members:
            np.bitwise_xor(code, np.where(patterns[:, j], keys[j], np.uint64(0)), out=code)
    order = np.argsort(code, kind="stable")
    known = code[order]
    out = np.full((len(patterns), len(classes)), -1, dtype=np.intp)
    for k, members in enumerate(classes):
        wanted = np.bitwise_xor(code, np.bitwise_xor.reduce(keys[members]))
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        out[:, k] = np.where(known[place] == wanted, order[place], -1)
    return classes, out
