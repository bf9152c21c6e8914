"""The fibre of the linear phase in floats: what its pairs span, where Newton starts, and a point inside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
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
    if found is None or found.margin <= FLAT:
        return None
    return _centred(M, target, found), _basis(M)


def _centred(M: Array, target: Array, found: _Deepest) -> Array:
    """The deepest point whose other shares are as far inside as those that bound its margin allow, and so on."""
    share, held, margin = found.share, found.low | found.high, found.margin
    while held.any() and not held.all():
        further = _deepest(M[:, ~held], target - M[:, held] @ share[held])
        if further is None or further.margin <= margin or not (further.low | further.high).any():
            break
        share[~held], margin = further.share, further.margin
        held[~held] = further.low | further.high
    return share


def nearest_facet(M: Array, target: Array) -> tuple[Array, list[int], list[int]] | None:
    """Which shares reach 0 and which 1 where { 0 <= share <= 1, M share = target } becomes empty, if that is near.

    They bound the margin of the deepest point, inside and, where it is empty already, outside; with these shares.
    """
    found = _deepest(M, target)
    if found is None:
        return None
    low, high = (np.flatnonzero(bound).tolist() for bound in (found.low, found.high))
    return found.share, low, high


class _Deepest(NamedTuple):
    """Shares with the largest margin t, and which of them bound it, from below and from above."""

    share: Array
    margin: float
    low: NDArray[np.bool_]
    high: NDArray[np.bool_]


def _deepest(M: Array, target: Array) -> _Deepest | None:
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
    if not found.success or found.x is None:
        return None
    prices = np.abs(found.ineqlin.marginals) > FLAT
    return _Deepest(found.x[:-1], float(found.x[-1]), prices[:q], prices[q:])


def central_point(M: Array, target: Array) -> tuple[Array, list[int]] | None:
    """The same without a linear program: the point nearest to the middle, where it lies well inside."""
    middle = np.full(M.shape[1], 0.5)
    share = middle + np.linalg.lstsq(M, target - M @ middle, rcond=None)[0]
    near = np.linalg.norm(M @ share - target) <= FLAT * np.linalg.norm(target)
    return (share, _basis(M)) if near and min(share.min(), 1 - share.max()) >= WELL_INSIDE else None


def _basis(M: Array) -> list[int]:
    """Columns that form a good basis."""
    _, R, pivots = qr(M, pivoting=True, mode="economic")
    rank = int((np.abs(np.diag(R)) > FLAT * abs(R[0, 0])).sum())
    return sorted(int(p) for p in pivots[:rank])
