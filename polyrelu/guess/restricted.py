"""The lasso with nonnegative weights on the columns at hand, solved exactly by an active set.

    minimise  1/2 || y - A t ||^2 + lambda sum t,   t >= 0

With nu = y - A t the conditions are A^T nu <= lambda, with equality where t > 0. The passive set always has
independent columns: a column that is dependent on it enters by a pivot along the null direction, which empties
another one. So the answer is a vertex of the set of all solutions, also for repeated columns.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr_delete, qr_insert, solve_triangular

from polyrelu.guess.values import Array

DEPENDENT = 1e-9
ENOUGH = (
    1e-10  # of lambda: columns that exceed it by less stay out; a hundred pivots would fit them to rounding
)
ROUNDING = 2e-16  # of a product, against its terms


def nonnegative_lasso(A: Array, y: Array, lam: float, start: Array | None = None) -> Array:
    """Weights t; `start` is a nonnegative point whose support is tried first.

    >>> nonnegative_lasso(np.eye(2), np.array([3.0, -1.0]), 1.0)
    array([2., 0.])
    """
    state = _ActiveSet(A, y, lam, np.zeros(A.shape[1]) if start is None else np.maximum(start, 0.0))
    sizes = np.sqrt(np.einsum("ij,ij->j", A, A))
    terms = float(np.linalg.norm(y) + np.linalg.norm(np.abs(A) @ state.t))
    slack = ENOUGH * lam + ROUNDING * sizes * terms
    # each passive set has one minimiser and the objective falls, so a set that returns is rounding noise
    visited, barred = {frozenset(state.passive)}, np.zeros(A.shape[1], dtype=bool)
    for _ in range(20 * A.shape[1] + 50):
        excess = A.T @ (y - A @ state.t) - lam - slack
        excess[state.passive] = -np.inf
        excess[barred] = -np.inf
        if excess.max(initial=-np.inf) <= 0:
            break
        entering = int(np.argmax(excess / np.maximum(sizes, 1e-300)))
        before = state.saved()
        state.enter(entering)
        if frozenset(state.passive) in visited:
            state.restore(before)
            barred[entering] = True
        visited.add(frozenset(state.passive))
    state.refactor()
    state.refit()
    return state.t


class _ActiveSet:
    """Weights t, the passive columns, and their QR factors (never the Gram matrix), updated column by column."""

    def __init__(self, A: Array, y: Array, lam: float, t: Array) -> None:
        self.A, self.y, self.lam, self.t = A, y, lam, t
        self.passive: list[int] = []
        self.Q: Array = np.zeros((A.shape[0], 0))
        self.R: Array = np.zeros((0, 0))
        self._start([int(j) for j in sorted(np.flatnonzero(t > 0), key=lambda j: -t[j])])
        self.refit()

    def _start(self, columns: list[int]) -> None:
        """The independent ones among the columns that carry weight, mostly all of them at once."""
        self.passive = columns[: self.A.shape[0]]
        self.refactor()
        sizes = np.linalg.norm(self.A[:, self.passive], axis=0)
        if len(self.passive) < len(columns) or (np.abs(np.diag(self.R)) <= DEPENDENT * sizes).any():
            self.passive = []
            for j in columns:
                if len(self.passive) < self.A.shape[0] and self._depends(j) is None:
                    self._append(j)
                else:
                    self.t[j] = 0.0
            self.refactor()

    def saved(self) -> tuple[Array, list[int], Array, Array]:
        return self.t.copy(), list(self.passive), self.Q.copy(), self.R.copy()

    def restore(self, state: tuple[Array, list[int], Array, Array]) -> None:
        self.t, self.passive, self.Q, self.R = state

    def refactor(self) -> None:
        self.Q, self.R = np.linalg.qr(self.A[:, self.passive])

    def _append(self, j: int) -> None:
        place = len(self.passive)
        self.passive.append(j)
        if place == 0 or place >= self.A.shape[0]:
            self.refactor()
        else:
            Q, R = qr_insert(self.Q, self.R, self.A[:, j], place, which="col", check_finite=False)
            self.Q, self.R = np.asarray(Q, dtype=np.float64), np.asarray(R, dtype=np.float64)

    def _drop(self, place: int) -> None:
        self.passive.pop(place)
        if not self.passive or self.Q.shape[0] == self.Q.shape[1]:
            self.refactor()
        else:
            Q, R = qr_delete(self.Q, self.R, place, which="col", check_finite=False)
            self.Q, self.R = np.asarray(Q, dtype=np.float64), np.asarray(R, dtype=np.float64)

    def _depends(self, j: int) -> Array | None:
        """z with A_j = A_passive z, if column j depends on the passive columns."""
        if not self.passive:
            return None
        a = self.A[:, j]
        inside = self.Q.T @ a
        left = a - self.Q @ inside
        left -= self.Q @ (self.Q.T @ left)
        if left @ left > DEPENDENT**2 * (a @ a):
            return None
        z: Array = solve_triangular(self.R, inside, check_finite=False)
        return z

    def refit(self) -> None:
        """Walk to the minimiser over the passive columns, dropping the columns that block the way."""
        while self.passive:
            push = solve_triangular(
                self.R, np.full(len(self.passive), self.lam), trans="T", check_finite=False
            )
            goal = solve_triangular(self.R, self.Q.T @ self.y - push, check_finite=False)
            if (goal > 0).all():
                self.t[self.passive] = goal
                return
            here = self.t[self.passive]
            reach = np.full(len(here), np.inf)
            down = goal <= 0
            reach[down] = here[down] / np.maximum(here[down] - goal[down], 1e-300)
            step = min(1.0, float(reach.min()))
            self.t[self.passive] = np.maximum(here + step * (goal - here), 0.0)
            for place in np.flatnonzero(reach <= step * (1 + 1e-15))[::-1]:
                self.t[self.passive[place]] = 0.0
                self._drop(int(place))

    def enter(self, j: int) -> None:
        z = self._depends(j)
        if z is not None:
            # move t_j up and t_passive down along z until one of them is empty
            falling = z > 1e-12 * np.abs(z).max()
            if not falling.any():
                return
            reach = np.full(len(z), np.inf)
            reach[falling] = self.t[self.passive][falling] / z[falling]
            out = int(np.argmin(reach))
            self.t[self.passive] = np.maximum(self.t[self.passive] - reach[out] * z, 0.0)
            self.t[self.passive[out]], self.t[j] = 0.0, float(reach[out])
            self._drop(out)
        self._append(j)
        self.refit()
