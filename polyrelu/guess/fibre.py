"""The fibre of the linear phase in floats: what its pairs span, where Newton starts, and a point inside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import qr
from scipy.optimize import linprog

from polyrelu.guess.values import Array

FLAT = 1e-9
"""Relative size below which a singular value counts as zero."""
WELL_INSIDE = 0.1
"""Of the shares of a pair, the smaller."""


def dimension(directions: Sequence[Array]) -> int:
    """How many dimensions some unit directions seem to span."""
    if not directions:
        return 0
    singular = np.linalg.svd(np.array(directions), compute_uv=False)
    return int((singular > FLAT * singular[0]).sum())


def coordinates_in(vector: Array | Sequence[float], B: Sequence[Sequence[float]]) -> list[float]:
    """Those of a vector in the basis that the columns of B are, by least squares."""
    return [float(v) for v in np.linalg.lstsq(np.array(B), vector, rcond=None)[0]]


def interior_point(M: Array, target: Array) -> tuple[Array, list[int]] | None:
    """A point well inside { 0 < share < 1, M share = target }, and columns of M that form a good basis.

    The shares are beta / mu, so that weights of all sizes look alike to the solver, those beyond floats among them.
    """
    found = _deepest(M, target)
    if found is None or found[1] <= FLAT:
        return None
    return found[0], _basis(M)


def nearest_facet(M: Array, target: Array) -> tuple[Array, list[int], list[int]] | None:
    """Which shares reach 0 and which 1 where { 0 <= share <= 1, M share = target } becomes empty, if that is near.

    They bound the margin of the deepest point, inside and, where it is empty already, outside; with these shares.
    """
    found = _deepest(M, target)
    if found is None:
        return None
    share, margin, q = found[0], found[1], M.shape[1]
    low, high = share - margin < FLAT, 1 - share - margin < FLAT
    return share, [k for k in range(q) if low[k]], [k for k in range(q) if high[k] and not low[k]]


def _deepest(M: Array, target: Array) -> tuple[Array, float] | None:
    """Shares with the largest margin t: t <= share <= 1 - t and M share = target."""
    q = M.shape[1]
    scale = np.linalg.norm(M, axis=0).max() or 1.0
    found = linprog(
        np.concatenate([np.zeros(q), [-1.0]]),
        A_ub=np.block([[-np.eye(q), np.ones((q, 1))], [np.eye(q), np.ones((q, 1))]]),
        b_ub=np.concatenate([np.zeros(q), np.ones(q)]),
        A_eq=np.hstack([M / scale, np.zeros((len(M), 1))]),
        b_eq=target / scale,
        bounds=[(None, None)] * q + [(None, 0.5)],
    )
    return None if not found.success or found.x is None else (found.x[:-1], float(found.x[-1]))


def central_point(M: Array, target: Array) -> tuple[Array, list[int]] | None:
    """A point as `interior_point` finds, without a linear program, where the one nearest to the middle lies well inside."""
    middle = np.full(M.shape[1], 0.5)
    share = middle + np.linalg.lstsq(M, target - M @ middle, rcond=None)[0]
    near = np.linalg.norm(M @ share - target) <= FLAT * np.linalg.norm(target)
    return (share, _basis(M)) if near and min(share.min(), 1 - share.max()) >= WELL_INSIDE else None


def _basis(M: Array) -> list[int]:
    """Columns that form a good basis."""
    _, R, pivots = qr(M, pivoting=True, mode="economic")
    rank = int((np.abs(np.diag(R)) > FLAT * abs(R[0, 0])).sum())
    return sorted(int(p) for p in pivots[:rank])
