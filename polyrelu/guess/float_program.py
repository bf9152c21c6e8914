"""The blocks of one program, with what pricing needs about their cones.

With all cells listed, the facets of each cell are known and cut out its cone: about 2 (d - 1) rows instead of n.
A list of some patterns knows no neighbours, and keeps every row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polyrelu.guess.facets import neighbours
from polyrelu.guess.flats import TINY, FloatFlats, Indices
from polyrelu.guess.values import Array, Bools
from polyrelu.guess.whitening import unchanged


class FloatProgram:
    """X with a list of patterns; `gated` drops the cones, `all_cells` promises that every cell is listed.

    `whiten` takes free columns out of activations: see `whitening`.
    """

    def __init__(self, X: Array, patterns: Bools, *, gated: bool = False, all_cells: bool = True) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        self.n, self.d = self.X.shape
        self.patterns = np.ascontiguousarray(patterns, dtype=bool)
        self.weights = self.patterns.astype(np.float64)
        self.gated, self.all_cells = gated, all_cells and not gated
        self.whiten: Callable[[Any], Any] = unchanged
        self.signs: tuple[int, ...] = (1,) if gated else (1, -1)
        self.flats = FloatFlats(self.X)
        self.row_norms = self.flats.row_norms
        safe = np.where(self.row_norms > 0, self.row_norms, 1.0)
        self.unit_rows = np.vstack([self.X / safe[:, None], np.zeros((1, self.d))])  # the last one is padding
        self.facet_rows, self.across = self._facets()

    def _facets(self) -> tuple[Indices, Indices]:
        """Rows that cut out each cone, padded with n, and the cell behind each (only with all cells)."""
        count, rows = len(self.patterns), np.flatnonzero(self.row_norms > 0)
        empty = np.zeros((count, 0), dtype=np.intp)
        if self.gated:
            return empty, empty
        if not self.all_cells:
            return np.broadcast_to(rows, (count, len(rows))), empty
        classes, across = neighbours(self.X, self.patterns)
        width = int((across >= 0).sum(axis=1).max(initial=0))
        order = np.argsort(across < 0, axis=1, kind="stable")[:, :width]
        first = np.array([members[0] for members in classes], dtype=np.intp)
        across = np.take_along_axis(across, order, axis=1)
        return (np.where(across >= 0, first[order], self.n) if width else empty), across

    def behind(self, block: int, place: int) -> int:
        """The cell across a facet (only with all cells)."""
        return int(self.across[block, place])

    def reach(self, nu: Array) -> float:
        """No block's value at nu is larger."""
        return float(np.linalg.norm(self.moments(nu), axis=1).max(initial=0.0))

    def normals(self, blocks: Indices) -> Array:
        """Inner unit normals of the cones of some patterns: (blocks, facets, d)."""
        rows = self.facet_rows[blocks]
        inside = np.where(self.patterns[blocks[:, None], np.minimum(rows, self.n - 1)], 1.0, -1.0)
        out: Array = self.unit_rows[rows] * inside[:, :, None]
        return out

    def cone_holds(self, block: int, products: Array, slack: float = TINY) -> Bools:
        """Which directions (given by their products with the unit rows) lie in the closed cone of a pattern."""
        if self.gated:
            return np.zeros(products.shape[1], dtype=bool)
        side = np.where(self.patterns[block], 1.0, -1.0)
        return np.asarray((products * side[:, None] >= -slack).all(axis=0))

    def cones_around(self, blocks: Indices, u: Array) -> Bools:
        """Which patterns hold a direction in their closed cone."""
        if self.gated:
            return np.zeros(len(blocks), dtype=bool)
        products, patterns = self.unit_rows[:-1] @ u, self.patterns[blocks]
        wrong = (patterns & (products < -TINY)) | (~patterns & (products > TINY))
        return np.asarray(~wrong.any(axis=1))

    def moments(self, nu: Array) -> Array:
        """X^T D nu for every pattern."""
        out: Array = self.weights @ (self.X * nu[:, None])
        return out

    def moment(self, block: int, sign: int, nu: Array) -> Array:
        """s X^T D nu of one block."""
        out: Array = sign * ((self.weights[block] * nu) @ self.X)
        return out
