"""Integer bases of the row space of a matrix."""

from __future__ import annotations

import numpy as np

from polyrelu.exact.integers import IntMatrix, narrow


def row_space_basis(rows: IntMatrix) -> IntMatrix:
    """Short integer vectors (r, d) that are a basis of the span of the rows: the unit vectors if r = d.

    With R this basis, X w takes on R^d the values of (X R^T) v on R^r, since w = R^T v runs over the row
    space and X vanishes on its complement; and X R^T has full column rank.

    >>> row_space_basis(np.array([[2, 2, 0], [1, 1, 0]])).tolist()
    [[1, 1, 0]]
    """
    from flint import fmpz_mat

    width = rows.shape[1]
    if not len(rows):
        return np.zeros((0, width), dtype=np.int64)
    matrix = fmpz_mat(rows.tolist())
    if matrix.rank() == width:
        return np.eye(width, dtype=np.int64)
    reduced = np.array([[int(x) for x in row] for row in matrix.lll().tolist()], dtype=object)
    return narrow(reduced[(reduced != 0).any(axis=1)])
