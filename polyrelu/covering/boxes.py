"""Boxes of directions on the facets of the cube |u_j| <= 1: centres and half-widths as integers over 2^P.

Boxes are dyadic, carried in float64. On the facet k, h_k = 0 and c_k = +-2^P; every other h_j is a power of two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Boxes:
    """A list of boxes, in the order of the tree."""

    c: Floats
    h: Floats

    def __len__(self) -> int:
        return int(self.c.shape[0])

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Boxes:
        """Some of them."""
        return Boxes(self.c[chosen], self.h[chosen])


def facets(d: int, normed: int, P: int) -> Boxes:
    """All directions: the facets u_k = +-1 of the cube in the coordinates of the norm."""
    one = float(2**P)
    c = np.zeros((2 * normed, d))
    h = np.full((2 * normed, d), one)
    for k in range(normed):
        c[2 * k, k], c[2 * k + 1, k] = one, -one
        h[2 * k : 2 * k + 2, k] = 0
    return Boxes(c, h)


def halves(boxes: Boxes, j: NDArray[np.intp]) -> Boxes:
    """Both halves of every box along its coordinate j, side by side."""
    c, h = np.repeat(boxes.c, 2, axis=0), np.repeat(boxes.h, 2, axis=0)
    line, column = np.arange(len(c)), np.repeat(j, 2)
    half = h[line, column] / 2
    h[line, column] = half
    c[line, column] += np.where(line % 2 == 0, -half, half)
    return Boxes(c, h)


def shares(boxes: Boxes, P: int, facets_in_all: int) -> Floats:
    """The share of all facets that each box is (exact while it is not tiny)."""
    return np.asarray(np.where(boxes.h > 0, boxes.h / 2.0**P, 1.0).prod(axis=1) / facets_in_all)


def split_coordinate(boxes: Boxes, curvature: Floats) -> NDArray[np.intp]:
    """Where to halve: where the kinks of the undecided positive lines are largest, but no box gets 16 times longer
    than wide: a coordinate on which they all vanish would never be halved, and the box would live for ever.

    Then every half-width tends to 0 along every branch, and with it the excess of every bound.
    """
    score = boxes.h * curvature
    by_kinks, by_width = score.argmax(axis=1), boxes.h.argmax(axis=1)
    line = np.arange(len(boxes))
    narrow = boxes.h[line, by_width] > 16 * boxes.h[line, by_kinks]
    return np.asarray(np.where(narrow | (score[line, by_kinks] == 0), by_width, by_kinks))
