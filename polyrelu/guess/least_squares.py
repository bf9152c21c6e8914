"""Nonnegative least squares, the same for everybody: whatever a library returns is looked at again.

x >= 0 minimises || M x - b || iff g = M^T (b - M x) is <= 0, and 0 where x is positive. scipy's `nnls` returns points
far from that now and then, or gives up.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from polyrelu.guess.values import Array

CLOSE = 1e-9
TIGHT = 1e-15
SWEEPS = 2000


def nonnegative_least_squares(matrix: Array, target: Array) -> Array:
    """The x >= 0 with the least || matrix x - target ||, by the first method whose answer passes the conditions.

    >>> nonnegative_least_squares(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -3.0])).tolist()
    [2.0, 0.0]
    """
    if not (np.isfinite(matrix).all() and np.isfinite(target).all()):
        return np.zeros(matrix.shape[1])
    for method in (_active_set, _bounded, _descent):
        x = method(matrix, target)
        if x is not None and passes(matrix, target, x):
            break
    return np.zeros(matrix.shape[1]) if x is None else x


def bounded_least_squares(matrix: Array, target: Array, upper: Array | None = None) -> Array:
    """0 <= x <= 1 with a small || matrix x - target ||; the middle where floats cannot say.

    With other upper bounds by an active set, which is fast where the unknowns are few.

    >>> bounded_least_squares(np.eye(3), np.array([-1.0, 0.25, 7.0])).round(9).tolist()
    [0.0, 0.25, 1.0]
    """
    size = max(float(np.abs(matrix).max(initial=0.0)), float(np.abs(target).max(initial=0.0))) or 1.0
    if np.isfinite(size):  # LAPACK prints complaints of its own about entries that are not
        try:
            how = {"bounds": (0.0, 1.0)} if upper is None else {"bounds": (0.0, upper), "method": "bvls"}
            found = optimize.lsq_linear(matrix / size, target / size, tol=TIGHT, **how).x
            return np.asarray(found, dtype=np.float64)
        except (ValueError, np.linalg.LinAlgError):
            pass
    return np.full(matrix.shape[1], 0.5)


def passes(matrix: Array, target: Array, x: Array) -> bool:
    """Whether x meets the conditions, as far as rounding tells."""
    slack = CLOSE * np.linalg.norm(matrix, axis=0) * (np.linalg.norm(target) or 1.0)
    gradient = matrix.T @ (target - matrix @ x)
    return bool((x >= 0).all() and (gradient <= slack).all() and (gradient[x > 0] >= -slack[x > 0]).all())


def _active_set(matrix: Array, target: Array) -> Array | None:
    try:
        return np.asarray(optimize.nnls(matrix, target, maxiter=50 * sum(matrix.shape))[0], dtype=np.float64)
    except RuntimeError:  # it gave up
        return None


def _bounded(matrix: Array, target: Array) -> Array | None:
    """The same problem as one with bounds, by another active set method."""
    try:
        found = optimize.lsq_linear(matrix, target, bounds=(0.0, np.inf), method="bvls")
    except (ValueError, np.linalg.LinAlgError):
        return None
    return np.maximum(np.asarray(found.x, dtype=np.float64), 0.0)


def _descent(matrix: Array, target: Array) -> Array:
    """A long coordinate descent, which is slow but cannot fail."""
    squares = np.einsum("ij,ij->j", matrix, matrix)
    left, x = target.astype(np.float64), np.zeros(matrix.shape[1])
    for _ in range(SWEEPS):
        for j in np.flatnonzero(squares > 0):
            new = max(x[j] + float(matrix[:, j] @ left) / squares[j], 0.0)
            left -= (new - x[j]) * matrix[:, j]
            x[j] = new
    return np.where(x > CLOSE * x.max(initial=0.0), x, 0.0)
