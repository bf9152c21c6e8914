"""The point of a convex hull that is nearest to 0."""

from __future__ import annotations

import numpy as np

from polyrelu.guess.least_squares import nonnegative_least_squares
from polyrelu.guess.values import Array


def nearest_of_hull(points: Array) -> Array:
    """Parts d >= 0 of the points whose sum p is a multiple of the nearest one: then p.a > 0 for every point a.

    With the least |sum d_k a_k|^2 + (sum d_k - 1)^2 the conditions say a_k.p >= 1 - sum d_k, which is positive
    unless the hull holds 0. The points are shrunk to norms of at most 1 first, so that no size drowns the 1.

    >>> nearest_of_hull(np.array([[1.0, 1.0], [1.0, -1.0]])).round(9).tolist()
    [0.333333333, 0.333333333]
    """
    size = float(np.linalg.norm(points, axis=1).max(initial=0.0)) or 1.0
    matrix = np.vstack([points.T / size, np.ones(len(points))])
    return nonnegative_least_squares(matrix, np.append(np.zeros(points.shape[1]), 1.0))
