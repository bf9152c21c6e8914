"""Cells that are far below the level: found for all cells of a fan at once, in floats with a bound of their errors.

Vectors of length 1 are used throughout: each of their coordinates, and those of W, are off by a few parts in 2^53, and
a product with W is a sum of three of them, so that it is off by less than 2^-48 ||W||, and a length along a wall (the
root of a difference of squares) by less than 2^-23 ||W||. What is not clear by 2^-20 ||W|| is left to integers.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.fan import Vector, fan_of
from polyrelu.exact.integers import largest

Floats = NDArray[np.float64]
CLEAR = 2.0**-20
MOST_BITS = 500
"""The square of a longer integer may be no float."""


class Screen(NamedTuple):
    """Of all walls of all cells, those of the first cell first."""

    first: NDArray[np.intp]
    """The number of the first wall of each cell,"""
    cell: NDArray[np.intp]
    """and of the cell of each wall."""
    normals: Floats
    rays: Floats
    edges: Floats
    """(walls, 0 in a plane and 2 in space, coordinates)"""


@lru_cache(maxsize=16)
def screen_of(V: tuple[Vector, ...]) -> Screen | None:
    """The walls of the fan of these lines; None where integers are too long."""
    cells = fan_of(V).walls
    counts = np.array([len(walls) for walls in cells])
    walls, d = [wall for walls in cells for wall in walls], len(V[0])
    normals, rays, edges = (
        np.array([wall[i] for wall in walls], dtype=object).reshape(len(walls), -1, d) for i in (0, 2, 3)
    )
    if max(map(largest, (normals, rays, edges))).bit_length() > MOST_BITS:
        return None
    first, cell = np.cumsum(counts) - counts, np.repeat(np.arange(len(cells)), counts)
    return Screen(first, cell, unit(normals)[:, 0], unit(rays), unit(edges))


def unit(vectors: NDArray[Any]) -> Floats:
    """Of length 1 each."""
    rough = vectors.astype(np.float64)
    return np.asarray(rough / np.linalg.norm(rough, axis=-1, keepdims=True))


def near(screen: Screen | None, W: NDArray[Any], level: Fraction, sign: int) -> list[int] | None:
    """The cells on which s W.u may reach the level, the highest ones first: the others are strictly below it, surely.

    Where a vector may point into a cell, or its part along a wall into the wall, its length is a bound. None:
    integers are too long for floats.
    """
    if screen is None or largest(W).bit_length() > MOST_BITS:
        return None
    slopes = W.astype(np.float64) * sign
    lengths = np.linalg.norm(slopes, axis=1)
    each, length = slopes[screen.cell], lengths[screen.cell]
    blur = CLEAR * length
    across = np.einsum("ij,ij->i", screen.normals, each)
    outside = np.logical_or.reduceat(across < -blur, screen.first)
    beside = (np.einsum("ikj,ij->ik", screen.edges, each) < -blur[:, None]).any(axis=1) | (
        screen.edges.shape[1] == 0
    )
    at_rays = np.einsum("ikj,ij->ik", screen.rays, each).max(axis=1)
    on_wall = np.sqrt(np.maximum(length**2 - across**2, 0))
    walls = np.maximum.reduceat(np.where(beside, at_rays, on_wall), screen.first)
    bound = np.where(outside, walls, lengths) + CLEAR * lengths
    low = float(min(level, Fraction(2 ** (2 * MOST_BITS)))) * (1 - CLEAR)  # no bound is as high
    found = np.flatnonzero(bound >= low)
    return [int(i) for i in found[np.argsort(-bound[found], kind="stable")]]
