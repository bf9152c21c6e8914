"""Flats of the arrangement and the orthogonal projections onto them, also for badly scaled columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from flint import fmpq, fmpq_mat
from scipy.linalg import qr

from polyrelu.guess.values import Array, Bools

Indices = npt.NDArray[np.intp]
Extended = npt.NDArray[np.longdouble]

NEAR = 1e-10  # a product this small against its own terms is read as zero
TINY = 1e-13  # ... or this small against the norms
SPREAD = 1e3  # columns whose sizes differ by more are projected through exact arithmetic


@dataclass(frozen=True, eq=False)
class Flat:
    """The subspace { u : x_j.u = 0, j in Z } with all rows that vanish on it, and its orthogonal projection."""

    zero: Bools
    projection: Array
    extended: Extended
    rows: tuple[int, ...]
    """Independent rows that span what is orthogonal to it,"""
    dual: Array
    """and what gives coordinates in them."""


class FloatFlats:
    """The flats met so far. The projection is accurate entry by entry, whatever the scales of the columns."""

    def __init__(self, X: Array) -> None:
        self.X = X
        self.row_norms = np.linalg.norm(X, axis=1)
        columns = np.abs(X).max(axis=0, initial=0.0)
        self.balance = np.where(columns > 0, columns, 1.0)
        self.badly_scaled = bool(self.balance.max(initial=1.0) > SPREAD * self.balance.min(initial=np.inf))
        self.near = NEAR  # grows where a residual much larger than lambda blurs all directions
        self._known: dict[tuple[int, ...], Flat] = {}
        self._asked: dict[bytes, Flat] = {}

    def on_hyperplane(self, u: Array) -> Bools:
        """Rows on whose hyperplane u lies as far as floats tell; invariant under scaling rows and columns."""
        terms = np.abs(self.X) @ np.abs(u)
        size = self.row_norms * np.sqrt(u @ u)
        out: Bools = np.asarray(np.abs(self.X @ u) <= self.near * terms + TINY * size)
        return out

    def through(self, rows: Bools) -> Flat:
        """The flat of some rows."""
        asked = rows.tobytes()
        if asked not in self._asked:
            independent = self._independent(np.flatnonzero(rows & (self.row_norms > 0)))
            if independent not in self._known:
                self._known[independent] = self._build(independent)
            self._asked[asked] = self._known[independent]
        return self._asked[asked]

    def _build(self, rows: tuple[int, ...]) -> Flat:
        extended = self._exact(rows) if self.badly_scaled else self._orthogonal(rows)
        projection = extended.astype(np.float64)
        left, size = np.abs(self.X @ projection), np.abs(self.X) @ np.abs(projection)
        zero = np.asarray((left <= 1e-11 * size + TINY * self.row_norms[:, None]).all(axis=1))
        zero[list(rows)] = True
        return Flat(zero, projection, extended, rows, self._dual(rows))

    def _dual(self, rows: tuple[int, ...]) -> Array:
        """The pseudoinverse of the columns x_j, whatever their scales."""
        scaled = self.X[list(rows)] / self.row_norms[list(rows), None]
        out: Array = np.linalg.pinv(scaled.T) / self.row_norms[list(rows), None]
        return out

    def _independent(self, rows: Indices) -> tuple[int, ...]:
        if len(rows) > 1:
            balanced = self.X[rows] / self.balance
            balanced /= np.linalg.norm(balanced, axis=1)[:, None]
            triangle, pivots = qr(balanced.T, mode="r", pivoting=True)
            size = np.abs(np.diag(triangle))
            rows = rows[np.sort(pivots[: int((size > NEAR * size[0]).sum())])]
        return tuple(int(j) for j in rows)

    def _orthogonal(self, rows: tuple[int, ...]) -> Extended:
        basis = np.zeros((len(rows), self.X.shape[1]), dtype=np.longdouble)
        for i, j in enumerate(rows):
            v = self.X[j].astype(np.longdouble)
            for _ in range(3):
                v /= np.sqrt(v @ v)
                v -= basis[:i].T @ (basis[:i] @ v)
            basis[i] = v / np.sqrt(v @ v)
        out: Extended = np.eye(self.X.shape[1], dtype=np.longdouble) - basis.T @ basis
        return out

    def _exact(self, rows: tuple[int, ...]) -> Extended:
        d = self.X.shape[1]
        if not rows:
            return np.eye(d, dtype=np.longdouble)
        matrix = fmpq_mat(len(rows), d, [fmpq(*float(v).as_integer_ratio()) for j in rows for v in self.X[j]])
        span = matrix.transpose() * (matrix * matrix.transpose()).inv() * matrix
        entries = [_long(fmpq(int(i == j)) - span[i, j]) for i in range(d) for j in range(d)]
        return np.array(entries, dtype=np.longdouble).reshape(d, d)


def _long(q: fmpq) -> np.longdouble:
    """A rational to extended precision, as head and tail."""
    head = int(q.p) / int(q.q)
    tail = q - fmpq(*head.as_integer_ratio())
    return np.longdouble(head) + np.longdouble(int(tail.p) / int(tail.q))
