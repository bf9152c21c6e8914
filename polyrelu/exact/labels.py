"""Integer vectors up to scale: which of them span the same line, told apart by small integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from polyrelu.exact.integers import INT64_LIMIT, IntMatrix, divided_by_gcd, largest, narrow

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Lines(NamedTuple):
    """The lines spanned by the nonzero rows of a matrix."""

    rows: IntMatrix  # one primitive vector for each line, in order of first appearance
    line: NDArray[np.intp]  # the line of each row; -1 for a zero row
    sign: NDArray[np.int8]  # +1, -1: the row points along rows[line] or against it; 0 for a zero row


def leading_sign(vectors: IntMatrix) -> NDArray[np.int8]:
    """The sign of the first nonzero entry of each row; 0 for a zero row."""
    lead = vectors[np.arange(len(vectors)), np.argmax(vectors != 0, axis=1)]
    sign: NDArray[np.int8] = np.where(lead > 0, 1, np.where(lead < 0, -1, 0)).astype(np.int8)
    return sign


def line_labels(vectors: IntMatrix) -> NDArray[np.int64]:
    """Integers that are equal exactly for rows spanning the same line; zero rows have their own.

    >>> line_labels(np.array([[1, -2], [-3, 6], [1, 2]])).tolist()
    [15, 15, 19]
    """
    canonical = divided_by_gcd(vectors) * leading_sign(vectors)[:, None]
    base = 2 * largest(canonical) + 1
    if base ** canonical.shape[1] > INT64_LIMIT:
        return joint_labels(canonical)
    label = np.zeros(len(vectors), dtype=np.int64)
    for column in narrow(canonical).T:
        label = label * base + (column + base // 2)
    return label


def joint_labels(vectors: IntMatrix) -> NDArray[np.int64]:
    """Integers that are equal exactly for equal rows, whatever the size of the entries."""
    label = np.zeros(len(vectors), dtype=np.int64)
    for column in vectors.T:
        number = np.unique(column, return_inverse=True)[1].reshape(-1)
        label = np.unique(label * len(vectors) + number, return_inverse=True)[1].reshape(-1)
    return label.astype(np.int64)


def lines_of_rows(rows: IntMatrix) -> Lines:
    """The distinct lines among the rows, zero rows left out.

    >>> lines_of_rows(np.array([[0, 0], [1, 2], [-2, -4]])).line.tolist()
    [-1, 0, 0]
    """
    nonzero = np.flatnonzero((rows != 0).any(axis=1))
    _, first, inverse = np.unique(line_labels(rows[nonzero]), return_index=True, return_inverse=True)
    order = np.argsort(first)
    chosen = nonzero[first[order]]
    rank = np.argsort(order)
    line = np.full(len(rows), -1)
    line[nonzero] = rank[inverse.reshape(-1)]
    sign = np.zeros(len(rows), dtype=np.int8)
    sign[nonzero] = leading_sign(rows[nonzero]) * leading_sign(rows[chosen])[line[nonzero]]
    return Lines(narrow(divided_by_gcd(rows[chosen])), line, sign)
