"""Shorter witnesses: without this, integers double in length with every dimension of the lift.

A cell that is not too thin contains short integer points, and rounding finds them: write a witness in the
basis of its flat, scale it down, round the coordinates, and keep the point if its exact signs are those of
the cell. The floats here only propose points of the lattice; whether one is used is decided in integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyrelu.exact.integers import (
    INT64_LIMIT,
    IntMatrix,
    largest,
    narrow,
    packed,
    row_sizes,
    values,
    widen,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from polyrelu.arrangement.flats import Flats

LONG = 2**16  # shorter witnesses are left alone
SCALES = (6, 12, 20, 30, 44)  # bits of the coordinates tried, in turn
FLOAT_BITS = 60


def shortened(
    points: IntMatrix, owner: NDArray[np.intp], words: NDArray[np.uint64], flats: Flats, rows: IntMatrix
) -> IntMatrix:
    """Points with the same signs (given as packed bits of the positive rows), most of them short."""
    todo = np.flatnonzero(row_sizes(points) >= LONG)
    if not len(todo) or largest(flats.bases) > INT64_LIMIT:
        return points
    points = points.copy()
    direction = coordinates(points[todo], flats.bases, owner[todo])
    for bits in SCALES:
        proposed = combination(np.rint(np.ldexp(direction, bits)).astype(np.int64), flats.bases[owner[todo]])
        good = signs_agree(proposed, words[todo], flats.cutting[owner[todo]], rows)
        good &= row_sizes(proposed) < row_sizes(points[todo])
        if good.any() and proposed.dtype != points.dtype:
            points = widen(points)
        points[todo[good]] = proposed[good]
        todo, direction = todo[~good], direction[~good]
        if not len(todo):
            break
    return narrow(points)


def coordinates(points: IntMatrix, bases: IntMatrix, owner: NDArray[np.intp]) -> NDArray[np.float64]:
    """Roughly, the points in the basis of their flat, scaled to largest coordinate 1."""
    if points.dtype == object:  # keep the leading bits, lest the floats overflow
        excess = [max(0, int(size).bit_length() - FLOAT_BITS) for size in row_sizes(points)]
        points = points >> np.array(excess, dtype=object)[:, None]
    inverse = np.linalg.pinv(bases.astype(np.float64))
    rough = np.einsum("nd,ndf->nf", points.astype(np.float64), inverse[owner])
    size = np.abs(rough).max(axis=1, keepdims=True)
    return np.asarray(rough / np.where(size > 0, size, 1), dtype=np.float64)


def combination(coefficients: IntMatrix, bases: IntMatrix) -> IntMatrix:
    """The integer combinations sum_k c_k b_k."""
    if bases.shape[1] * (largest(coefficients) + 1) * (largest(bases) + 1) > INT64_LIMIT:
        coefficients, bases = widen(coefficients), widen(bases)
    return narrow((coefficients[:, :, None] * bases).sum(axis=1))


def signs_agree(
    points: IntMatrix, words: NDArray[np.uint64], relevant: NDArray[np.bool_], rows: IntMatrix
) -> NDArray[np.bool_]:
    """Which points are off all relevant rows and positive exactly on those in the words."""
    at = values(points, rows)
    off = ((at != 0) | ~relevant).all(axis=1)
    return np.asarray(off & (packed((at > 0) & relevant) == words).all(axis=1), dtype=bool)
