"""Columns that seem independent, and coefficients by least squares: for structures with a border of free columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyrelu.guess.values import Array

DEPENDENT = 1e-6


def independent(border: Array, columns: Sequence[Array]) -> list[int]:
    """The first columns that seem independent of the border's rows and of those before them."""
    basis: list[Array] = []
    chosen = []
    for k, column in enumerate([*border, *columns]):
        rest = column / (np.linalg.norm(column) or 1.0)
        for _ in range(2):
            for q in basis:
                rest = rest - (q @ rest) * q
        size = float(np.linalg.norm(rest))
        if size > DEPENDENT:
            basis.append(rest / size)
            if k >= len(border):
                chosen.append(k - len(border))
    return chosen


def solve_least_squares(matrix: Array, target: Array) -> Array:
    """The coefficients of the columns that come nearest to the target, columns of all sizes alike."""
    sizes = np.linalg.norm(matrix, axis=0)
    sizes = np.where(sizes > 0, sizes, 1.0)
    return np.asarray(np.linalg.lstsq(matrix / sizes, target, rcond=None)[0] / sizes)
