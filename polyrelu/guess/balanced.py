"""Multipliers that add up: rho >= 0 with a short c + A^T rho and with g + a.rho = 0 (see `bounding.patterns`)."""

from __future__ import annotations

import numpy as np

from polyrelu.guess.least_squares import nonnegative_least_squares
from polyrelu.guess.values import Array

HEAVY = 1e6
"""How much more than the others the last coordinate counts, at first."""


def balanced_multipliers(A: Array, a: Array, c: Array, g: float) -> Array:
    """By nonnegative least squares with a heavy last coordinate, then with an equation in its place.

    >>> balanced_multipliers(np.array([[-3.0], [1.0]]), np.array([-1.0, 1.0]), np.array([1.0]), 1.0).round(9).tolist()
    [1.0, 0.0]
    """
    heavy = HEAVY * (float(np.abs(A).max(initial=0.0)) or 1.0)
    rho = nonnegative_least_squares(np.column_stack([A, a * heavy]).T, -np.append(c, g * heavy))
    used = np.flatnonzero(rho > 0)
    if not len(used):
        return rho
    G, b = A[used] @ A[used].T, a[used]
    K = np.block([[G, b[:, None]], [b[None, :], np.zeros((1, 1))]])
    found = np.linalg.lstsq(K, -np.append(A[used] @ c, g), rcond=None)[0][:-1]
    if (found < 0).any():
        return rho
    exact = np.zeros(len(rho))
    exact[used] = found
    return exact
