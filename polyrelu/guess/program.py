"""The blocks of one program, with what pricing needs about their cones: facets and flats.

A cell of an arrangement is cut out by its facets alone, and row j supports a facet of the cell D exactly when
flipping D on all rows parallel to x_j gives another cell. With all cells at hand that is a hash lookup, and it
leaves about 2 (d - 1) constraints per cone instead of n. A list of some patterns knows no neighbours, and keeps
every row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from flint import fmpq, fmpq_mat
from scipy.linalg import qr

from polyrelu.guess.result import Array, Bools

Indices = npt.NDArray[np.intp]
Extended = npt.NDArray[np.longdouble]

NEAR = 1e-10  # a product this small against its own terms is read as zero
TINY = 1e-13  # ... or this small against the norms


@dataclass(frozen=True, eq=False)
class Flat:
    """The subspace { u : x_j.u = 0, j in Z } with all rows that vanish on it, and its orthogonal projection."""

    zero: Bools
    projection: Array
    extended: Extended


class Program:
    """X with a list of patterns; `gated` drops the cones, `all_cells` promises that every cell is listed."""

    def __init__(self, X: Array, patterns: Bools, *, gated: bool = False, all_cells: bool = True) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        self.n, self.d = self.X.shape
        self.patterns = np.ascontiguousarray(patterns, dtype=bool)
        self.weights = self.patterns.astype(np.float64)
        self.gated, self.all_cells = gated, all_cells
        self.row_norms = np.linalg.norm(self.X, axis=1)
        safe = np.where(self.row_norms > 0, self.row_norms, 1.0)
        self.unit_rows = np.vstack([self.X / safe[:, None], np.zeros((1, self.d))])
        columns = np.abs(self.X).max(axis=0, initial=0.0)
        self.balance = np.where(columns > 0, columns, 1.0)
        self.badly_scaled = bool(self.balance.max(initial=1.0) > 1e3 * self.balance.min(initial=1.0))
        self.signs: tuple[int, ...] = (1,) if gated else (1, -1)
        self._flats: dict[tuple[int, ...], Flat] = {}
        self._asked: dict[bytes, Flat] = {}
        self.across: Indices = np.zeros((0, 0), dtype=np.intp)  # the pattern behind each facet, all cells only
        self.facet_rows = self._facets()

    # --- cones ---------------------------------------------------------------------------------------------

    def _facets(self) -> Indices:
        """Rows that cut out each cone, padded with n (a zero row)."""
        count = len(self.patterns)
        rows = np.flatnonzero(self.row_norms > 0)
        if self.gated:
            return np.zeros((count, 0), dtype=np.intp)
        if not self.all_cells:
            return np.broadcast_to(rows, (count, len(rows)))
        classes, across = neighbours(self.X, self.patterns)
        is_facet = across >= 0
        width = int(is_facet.sum(axis=1).max(initial=0))
        order = np.argsort(~is_facet, axis=1, kind="stable")[:, :width]
        representatives = np.array([c[0] for c in classes], dtype=np.intp)
        picked = representatives[order] if width else np.zeros((count, 0), dtype=np.intp)
        self.across = np.take_along_axis(across, order, axis=1)
        return np.where(self.across >= 0, picked, self.n)

    def normals(self, blocks: Indices) -> Array:
        """Inner unit normals of the cones of some patterns: (blocks, facets, d)."""
        rows = self.facet_rows[blocks]
        padded = np.minimum(rows, self.n - 1)
        inside = np.where(self.patterns[blocks[:, None], padded], 1.0, -1.0)
        out: Array = self.unit_rows[rows] * inside[:, :, None]
        return out

    def in_cone(self, block: int, products: Array, slack: float = TINY) -> Bools:
        """Which columns u (given by their products with the unit rows) lie in the closed cone of a pattern."""
        if self.gated:
            return np.zeros(products.shape[1], dtype=bool)
        side = np.where(self.patterns[block], 1.0, -1.0)
        out: Bools = (products * side[:, None] >= -slack).all(axis=0)
        return out

    def around(self, blocks: Indices, u: Array) -> Bools:
        """Which patterns hold u in their closed cone."""
        if self.gated:
            return np.zeros(len(blocks), dtype=bool)
        products = self.unit_rows[:-1] @ u
        wrong_on, wrong_off = products < -TINY, products > TINY
        patterns = self.patterns[blocks]
        out: Bools = ~((patterns & wrong_on).any(axis=1) | (~patterns & wrong_off).any(axis=1))
        return out

    def moments(self, nu: Array) -> Array:
        """X^T D nu for every pattern."""
        out: Array = self.weights @ (self.X * nu[:, None])
        return out

    # --- directions ----------------------------------------------------------------------------------------

    def on_hyperplane(self, u: Array) -> Bools:
        """Rows on whose hyperplane u lies as far as floats tell; invariant under scaling rows and columns."""
        terms = np.abs(self.X) @ np.abs(u)
        size = self.row_norms * float(np.linalg.norm(u))
        out: Bools = np.abs(self.X @ u) <= NEAR * terms + TINY * size
        return out

    def flat(self, rows: Bools) -> Flat:
        """The flat of some rows; its projection is accurate entry by entry also for badly scaled columns."""
        asked = rows.tobytes()
        if asked in self._asked:
            return self._asked[asked]
        independent = self._independent(np.flatnonzero(rows & (self.row_norms > 0)))
        if independent not in self._flats:
            exact = self.badly_scaled
            extended = self._exact(independent) if exact else self._orthogonal(independent)
            projection = extended.astype(np.float64)
            left = np.abs(self.X @ projection)
            size = np.abs(self.X) @ np.abs(projection)
            zero = (left <= 1e-11 * size + 1e-13 * self.row_norms[:, None]).all(axis=1)
            zero[list(independent)] = True
            self._flats[independent] = Flat(zero, projection, extended)
        self._asked[asked] = self._flats[independent]
        return self._flats[independent]

    def _independent(self, rows: Indices) -> tuple[int, ...]:
        if len(rows) <= 1:
            return tuple(int(j) for j in rows)
        balanced = self.X[rows] / self.balance
        balanced /= np.linalg.norm(balanced, axis=1)[:, None]
        triangle, pivots = qr(balanced.T, mode="r", pivoting=True)
        size = np.abs(np.diag(triangle))
        return tuple(sorted(int(j) for j in rows[pivots[: int((size > 1e-10 * size[0]).sum())]]))

    def _orthogonal(self, rows: tuple[int, ...]) -> Extended:
        basis = np.zeros((len(rows), self.d), dtype=np.longdouble)
        for i, j in enumerate(rows):
            v = self.X[j].astype(np.longdouble)
            for _ in range(3):
                v = v / np.sqrt(v @ v)
                v = v - basis[:i].T @ (basis[:i] @ v)
            basis[i] = v / np.sqrt(v @ v)
        out: Extended = np.eye(self.d, dtype=np.longdouble) - basis.T @ basis
        return out

    def _exact(self, rows: tuple[int, ...]) -> Extended:
        d = self.d
        if not rows:
            return np.eye(d, dtype=np.longdouble)
        matrix = fmpq_mat(len(rows), d, [fmpq(*float(v).as_integer_ratio()) for j in rows for v in self.X[j]])
        gram = matrix * matrix.transpose()
        projection = matrix.transpose() * gram.inv() * matrix
        out = np.empty((d, d), dtype=np.longdouble)
        for i in range(d):
            for j in range(d):
                q = fmpq(int(i == j)) - projection[i, j]
                head = float(int(q.p) / int(q.q))
                tail = q - fmpq(*head.as_integer_ratio())
                out[i, j] = np.longdouble(head) + np.longdouble(float(int(tail.p) / int(tail.q)))
        return out


def parallel_classes(X: Array) -> list[Indices]:
    """Nonzero rows grouped by the hyperplane they define, up to rounding."""
    rows = np.flatnonzero(np.linalg.norm(X, axis=1) > 0)
    columns = np.abs(X).max(axis=0, initial=0.0)
    balanced = X[rows] / np.where(columns > 0, columns, 1.0)
    balanced /= np.linalg.norm(balanced, axis=1)[:, None]
    cosine = np.abs(balanced @ balanced.T)
    left, out = np.ones(len(rows), dtype=bool), []
    for i in range(len(rows)):
        if left[i]:
            near = np.flatnonzero(left & (cosine[i] > 1 - 1e-8))
            gap = balanced[near] - np.sign(balanced[near] @ balanced[i])[:, None] * balanced[i]
            same = near[np.abs(gap).max(axis=1) <= 1e-13]
            left[same] = False
            out.append(rows[same])
    return out


def neighbours(X: Array, patterns: Bools) -> tuple[list[Indices], Indices]:
    """Parallel classes, and for each cell and class the cell behind that facet, or -1 (all cells must be listed)."""
    classes = parallel_classes(X)
    rng = np.random.default_rng(20230717)
    keys = rng.integers(1, 2**63, size=X.shape[0], dtype=np.uint64)
    code = np.zeros(len(patterns), dtype=np.uint64)
    flips = np.zeros(len(classes), dtype=np.uint64)
    for k, members in enumerate(classes):
        for j in members:
            code ^= np.where(patterns[:, j], keys[j], np.uint64(0))
            flips[k] ^= keys[j]
    order = np.argsort(code, kind="stable")
    known = code[order]
    out = np.full((len(patterns), len(classes)), -1, dtype=np.intp)
    for k in range(len(classes)):
        wanted = code ^ flips[k]
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        out[:, k] = np.where(known[place] == wanted, order[place], -1)
    return classes, out


def facets(X: Array, patterns: Bools) -> tuple[list[Indices], Bools]:
    """Parallel classes, and for each cell which of them support one of its facets (all cells must be listed)."""
    classes, across = neighbours(X, patterns)
    return classes, across >= 0
