"""The root of a branch in floats, where Newton's iteration in balls starts: a proposal, and no claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 12
SETTLED = 1e-13
"""A step this short, beside the unknowns, ends the iteration."""


def in_floats(values: Sequence[arb]) -> Floats:
    """The midpoints."""
    return np.array([float(v.mid()) for v in values])


@dataclass(frozen=True, eq=False)
class Rough:
    """The data of a branch: W^T W, all a_k^T a_k, W^T X B, W^T y, and what a ridge adds to the corner."""

    gram: Floats
    squares: Floats
    E: Floats
    y: Floats
    ridge: Floats

    @staticmethod
    def of(gram: arb_mat, squares: arb_mat, E: arb_mat, y: arb_mat, r: arb_mat) -> Rough:
        """From balls; the squares lie below each other."""
        p = gram.nrows()
        stack = in_floats(squares.entries()).reshape(squares.nrows() // max(p, 1), p, p)
        return Rough(_table(gram), stack, _table(E), in_floats(y.entries()), _table(r.transpose() * r))

    def followed(self, x: Sequence[arb], here: float, there: float) -> list[arb] | None:
        """The root at another lambda, from that at one, along the tangent."""
        start, p = in_floats(x), len(self.y)
        try:
            J, _ = self._system(start, here)
            slope = np.concatenate([-self.gram @ start[:p], np.zeros(len(start) - p)])
            found = self.root(start + np.linalg.solve(J, slope) * (there - here), there)
        except np.linalg.LinAlgError:
            return None
        return None if found is None else [arb(v) for v in found.tolist()]

    def root(self, x: Floats, lam: float) -> Floats | None:
        """The root near a point, by Newton's iteration."""
        for _ in range(STEPS):
            try:
                step = np.linalg.solve(*self._system(x, lam))
            except np.linalg.LinAlgError:
                return None
            x = x - step
            if not np.isfinite(x).all():
                return None
            if np.abs(step).max(initial=0.0) <= SETTLED * np.abs(x).max(initial=1.0):
                return x
        return None

    def _system(self, x: Floats, lam: float) -> tuple[Floats, Floats]:
        """The Jacobian and the value."""
        p, K = len(self.y), len(self.squares)
        g, b, c = x[:p], x[p : p + K], x[p + K :]
        turned = self.squares @ g
        corner = lam * self.gram + self.ridge + np.tensordot(b, self.squares, axes=1)
        borders = np.concatenate([turned, -self.E.T])
        J = np.zeros((len(x), len(x)))
        J[:p, :p], J[:p, p:], J[p:, :p] = corner, borders.T, borders
        F = np.concatenate([corner @ g - self.y - self.E @ c, (turned @ g - 1) / 2, -self.E.T @ g])
        return J, F


def _table(M: arb_mat) -> Any:
    return in_floats(M.entries()).reshape(M.nrows(), M.ncols())
