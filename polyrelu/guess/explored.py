"""The full program where nobody lists its cells: the blocks are those that a search has met.

A block is known by its pattern and gets a number when it is first met; the cell behind a facet is the pattern with the
rows of one hyperplane turned over. (Flipped at a point on several hyperplanes, that may be no full-dimensional cell:
its cone then lies in the closure of one, with the same activations, so that its values are values of the program.)
"""

from __future__ import annotations

import numpy as np

from polyrelu.guess.facets import parallel_classes
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.values import Array, Bools

FIRST = 256


class Explored(FloatProgram):
    """X with the patterns met so far; every cell is meant."""

    def __init__(self, X: Array) -> None:
        super().__init__(X, np.ones((FIRST, len(X)), dtype=bool), all_cells=False)
        self.all_cells = True
        self.classes = parallel_classes(self.X)
        self.first = np.array([members[0] for members in self.classes], dtype=np.intp)
        self.line = np.zeros(self.n, dtype=np.intp)
        for place, members in enumerate(self.classes):
            self.line[members] = place
        first = self.X[self.first[self.line]] if self.classes else self.X
        self.forward = np.einsum("ij,ij->i", self.X, first) > 0
        self.number: dict[bytes, int] = {}
        self._show()

    def _show(self) -> None:
        shape = (len(self.patterns), len(self.first))
        self.facet_rows = np.broadcast_to(self.first, shape)

    def block_of(self, pattern: Bools) -> int:
        """The number of a pattern, a new one if it is met for the first time."""
        known = np.where(self.row_norms > 0, pattern, True)
        key = np.packbits(known).tobytes()
        if key not in self.number:
            place = self.number[key] = len(self.number)
            if place == len(self.patterns):
                self.patterns = np.vstack([self.patterns, np.ones_like(self.patterns)])
                self.weights = np.vstack([self.weights, np.ones_like(self.weights)])
                self._show()
            self.patterns[place] = known
            self.weights[place] = known
        return self.number[key]

    def block_at(self, u: Array) -> int:
        """A block whose closed cone holds a direction: parallel rows are on one side, also where they vanish."""
        side = self.X @ u >= 0
        if self.classes:
            side = side[self.first[self.line]]
        return self.block_of(side == self.forward)

    def reach(self, nu: Array) -> float:
        """No block's value at nu is larger."""
        return float(np.abs(nu) @ self.row_norms)

    def behind(self, block: int, place: int) -> int:
        """The block across a facet."""
        pattern = self.patterns[block].copy()
        pattern[self.classes[place]] ^= True
        return self.block_of(pattern)
