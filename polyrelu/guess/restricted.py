"""The lasso with nonnegative weights on the columns at hand, solved exactly by an active set.

    minimise  1/2 || y - A t ||^2 + lambda sum t,   t >= 0

With nu = y - A t the conditions are A^T nu <= lambda, with equality where t > 0. The passive set always has
independent columns: a column that is dependent on it enters by a pivot along the null direction, which empties
another one. So the answer is a vertex of the set of all solutions, also for repeated columns.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from polyrelu.guess.result import Array

DEPENDENT = 1e-9


def nonnegative_lasso(A: Array, y: Array, lam: float, start: Array | None = None) -> Array:
    """Weights t; `start` is a nonnegative point whose support is tried first.

    >>> nonnegative_lasso(np.eye(2), np.array([3.0, -1.0]), 1.0)
    array([2., 0.])
    """
    count = A.shape[1]
    t = np.zeros(count) if start is None else np.maximum(start, 0.0)
    passive = _independent(A, t)
    t = _refit(A, y, lam, t, passive)
    sizes = np.linalg.norm(A, axis=0)
    slack = 1e-13 * lam + 2e-16 * sizes * float(np.linalg.norm(y))
    # each passive set has one minimiser and the objective falls, so a set that returns is rounding noise
    visited, barred = {frozenset(passive)}, np.zeros(count, dtype=bool)
    for _ in range(20 * count + 50):
        excess = A.T @ (y - A @ t) - lam - slack
        excess[passive] = -np.inf
        excess[barred] = -np.inf
        if excess.max(initial=-np.inf) <= 0:
            break
        entering = int(np.argmax(excess / np.maximum(sizes, 1e-300)))
        trial, wanted = _enter(A, y, lam, t, passive, entering)
        if frozenset(wanted) in visited:
            barred[entering] = True
        else:
            visited.add(frozenset(wanted))
            t, passive = trial, wanted
    return t


def _independent(A: Array, t: Array) -> list[int]:
    """Support of t, thinned to independent columns (largest weights first)."""
    out: list[int] = []
    basis = np.zeros((A.shape[0], 0))
    for j in sorted(np.flatnonzero(t > 0), key=lambda j: -t[j]):
        size = float(np.linalg.norm(A[:, j]))
        left = A[:, j] - basis @ (basis.T @ A[:, j])
        left = left - basis @ (basis.T @ left)
        norm = float(np.linalg.norm(left))
        if norm > DEPENDENT * size:
            basis = np.column_stack([basis, left / norm])
            out.append(int(j))
        else:
            t[j] = 0.0
    return out


def _minimiser(A: Array, y: Array, lam: float, passive: list[int]) -> Array:
    """The unconstrained minimiser over the passive columns, through QR (never the Gram matrix)."""
    basis, triangle = np.linalg.qr(A[:, passive])
    push = solve_triangular(triangle, np.full(len(passive), lam), trans="T", check_finite=False)
    out: Array = solve_triangular(triangle, basis.T @ y - push, check_finite=False)
    return out


def _refit(A: Array, y: Array, lam: float, t: Array, passive: list[int]) -> Array:
    """Walk to the minimiser over the passive columns, dropping the columns that block the way."""
    while passive:
        goal = _minimiser(A, y, lam, passive)
        here = t[passive]
        if (goal > 0).all():
            t[passive] = goal
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(goal <= 0, here / (here - goal), np.inf)
        reach = np.where(np.isnan(reach), 0.0, reach)
        step = min(1.0, float(reach.min()))
        t[passive] = np.maximum(here + step * (goal - here), 0.0)
        gone = {passive[i] for i in np.flatnonzero(reach <= step * (1 + 1e-15))}
        t[list(gone)] = 0.0
        passive[:] = [j for j in passive if j not in gone]
    return t


def _enter(A: Array, y: Array, lam: float, t: Array, passive: list[int], j: int) -> tuple[Array, list[int]]:
    t, passive = t.copy(), list(passive)
    if passive:
        basis, triangle = np.linalg.qr(A[:, passive])
        inside = basis.T @ A[:, j]
        left = A[:, j] - basis @ inside
        if float(np.linalg.norm(left)) <= DEPENDENT * float(np.linalg.norm(A[:, j])):
            # A_j = A_passive z: move t_j up and t_passive down along z until one of them is empty
            z = solve_triangular(triangle, inside, check_finite=False)
            with np.errstate(divide="ignore", invalid="ignore"):
                reach = np.where(z > 1e-12 * np.abs(z).max(), t[passive] / z, np.inf)
            out = int(np.argmin(reach))
            if not np.isfinite(reach[out]):
                return t, passive
            t[passive] = np.maximum(t[passive] - reach[out] * z, 0.0)
            t[passive[out]], t[j] = 0.0, float(reach[out])
            passive.pop(out)
    passive.append(j)
    return _refit(A, y, lam, t, passive), passive
