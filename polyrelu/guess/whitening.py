"""Free columns and a ridge column, taken out of the guess by one symmetric matrix.

With M = the projection off the free columns, or more generally min over c of |r - B c - e|^2 + ... = r^T M r, put
R = M^(1/2). In R a for every activation a, R y for y and nu' = R r the program is the plain one, and the residual that
the neurons see is nu = R nu'. R is the identity but for an orthonormal basis F of the columns, where it is 0 on free
ones and sqrt(lambda / (lambda + |r'|^2)) on the ridge column r' (its part off the free ones).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from polyrelu.guess.flats import Extended
from polyrelu.guess.values import Array

PASSES = 3  # of Gram and Schmidt's method


@dataclass(frozen=True, eq=False)
class Whitening:
    """R = I - F diag(loss) F^T."""

    F: Extended
    loss: Extended

    @staticmethod
    def of(free: Array, ridge: Array | None, lam: float) -> Whitening:
        """For independent free columns, and the ridge column of a penalty lam |e|^2 / 2."""
        columns = [*free.T, *([] if ridge is None else [ridge])]
        F = np.zeros((len(free), len(columns)), dtype=np.longdouble)
        loss = np.ones(len(columns), dtype=np.longdouble)
        for k, column in enumerate(columns):
            v = column.astype(np.longdouble)
            for _ in range(PASSES):
                v = v - F[:, :k] @ (F[:, :k].T @ v)
            size = v @ v
            if ridge is not None and k == len(free.T):
                loss[k] = 1 - np.sqrt(lam / (lam + size))
            if size > 0:
                F[:, k] = v / np.sqrt(size)
        return Whitening(F, loss)

    def __call__(self, V: Any) -> Any:
        """R V for a vector or a matrix, in its own precision."""
        F, loss = self.F.astype(V.dtype), self.loss.astype(V.dtype)
        return np.asarray(V - (F * loss) @ (F.T @ V), dtype=V.dtype)


def unchanged(V: Any) -> Any:
    """R = I, where nothing is free."""
    return V
