"""Least squares with bounds in floats, which always come back with a point: a guess that is poor is still a guess."""

from __future__ import annotations

import numpy as np
from scipy.optimize import lsq_linear, nnls

from polyrelu.guess.values import Array

TOLERANCE = 1e-9


def nonnegative_least_squares(matrix: Array, target: Array) -> Array:
    """x >= 0 with a least | matrix x - target |.

    The compiled code gives up now and then, and now and then it returns a point that is not optimal: where the
    conditions of Karush, Kuhn and Tucker fail, another method is asked, and the better of the two points is taken.
    """
    if not (np.isfinite(matrix).all() and np.isfinite(target).all()):  # entries beyond floats
        return np.zeros(matrix.shape[1])
    try:
        x = np.asarray(nnls(matrix, target, maxiter=50 * sum(matrix.shape))[0], dtype=np.float64)
    except (RuntimeError, ValueError):
        x = np.zeros(matrix.shape[1])
    if _is_optimal(matrix, target, x):
        return x
    other = _bounded(matrix, target, np.inf)
    return min((x, other), key=lambda point: float(np.linalg.norm(matrix @ point - target)))


def bounded_least_squares(matrix: Array, target: Array) -> Array:
    """0 <= x <= 1 with a least | matrix x - target |."""
    return _bounded(matrix, target, 1.0)


def _bounded(matrix: Array, target: Array, top: float) -> Array:
    try:
        found = lsq_linear(matrix, target, bounds=(0.0, top), method="bvls").x
    except (RuntimeError, ValueError, np.linalg.LinAlgError):  # no convergence, or entries beyond floats
        return np.zeros(matrix.shape[1])
    return np.clip(np.nan_to_num(np.asarray(found, dtype=np.float64)), 0.0, top)


def _is_optimal(matrix: Array, target: Array, x: Array) -> bool:
    """No column points along the rest, and those in use are orthogonal to it."""
    if not np.isfinite(x).all():
        return False
    along = (target - matrix @ x) @ matrix
    slack = TOLERANCE * float(np.linalg.norm(target)) * np.sqrt(np.einsum("ij,ij->j", matrix, matrix))
    return bool((along <= slack).all() and (np.abs(along) <= slack)[x > 0].all())
