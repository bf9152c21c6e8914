"""Cells of the lines that rows cut on many planes at once: rays sorted by angle, neighbours added.

Up to antipodes, m distinct lines through 0 in a plane have m cells. Every line has one primitive integer
ray in the right half-plane (x > 0, or x = 0 and y > 0); sorted by slope, the sum of two neighbours, and of
the last with minus the first, is a point of each cell. Equal lines are neighbours of cross product 0 and
have no cell between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyrelu.exact.integers import (
    INT64_LIMIT,
    IntMatrix,
    divided_by_gcd,
    largest,
    narrow,
    slope_order,
    widen,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from polyrelu.arrangement.flats import Flats


def cells_of_planes(planes: Flats, rows: IntMatrix) -> tuple[IntMatrix, NDArray[np.intp]]:
    """A witness of one cell of each antipodal pair, and the plane it is on. Every plane is cut by some row."""
    first, second = rays(planes, rows)
    order = slope_order(first, second, planes.cutting)
    count = np.count_nonzero(planes.cutting, axis=1)
    each = np.arange(len(planes))
    first, second = np.take_along_axis(first, order, 1), np.take_along_axis(second, order, 1)
    next_first, next_second = np.roll(first, -1, axis=1), np.roll(second, -1, axis=1)
    next_first[each, count - 1], next_second[each, count - 1] = -first[:, 0], -second[:, 0]
    gap = (first * next_second != second * next_first) & (np.arange(first.shape[1]) < count[:, None])
    plane, place = np.nonzero(gap)
    x, y = (first + next_first)[plane, place], (second + next_second)[plane, place]
    alone = np.flatnonzero(~gap.any(axis=1))  # one line only: its normal is on neither side of another
    x, y = np.concatenate([x, -second[alone, 0]]), np.concatenate([y, first[alone, 0]])
    plane = np.concatenate([plane, alone])
    return combine(x, y, planes.bases[plane]), plane


def rays(planes: Flats, rows: IntMatrix) -> tuple[IntMatrix, IntMatrix]:
    """Coordinates, in each plane's basis, of the primitive ray in the right half-plane of each line."""
    on_basis = planes.values(rows)
    ray = divided_by_gcd(np.stack([-on_basis[:, 1], on_basis[:, 0]], axis=-1))
    if 4 * (largest(ray) + 1) ** 2 > INT64_LIMIT:
        ray = widen(ray)
    x, y = ray[..., 0], ray[..., 1]
    side = np.where((x > 0) | ((x == 0) & (y > 0)), 1, -1)
    return x * side, y * side


def combine(x: IntMatrix, y: IntMatrix, bases: IntMatrix) -> IntMatrix:
    """The points x b1 + y b2."""
    if 2 * (max(largest(x), largest(y)) + 1) * (largest(bases) + 1) > INT64_LIMIT:
        x, y, bases = widen(x), widen(y), widen(bases)
    return narrow(x[:, None] * bases[:, 0] + y[:, None] * bases[:, 1])
