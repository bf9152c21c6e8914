"""The fibre of the linear phase in floats: what its units span, where Newton starts, and a point inside it.

A unit is a pair {u, -u}, with one share for -u; among gates it may have several further members, whose shares make up
less than 1 together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import linprog

from polyrelu.guess.values import Array

FLAT = 1e-9
"""Relative size below which a singular value counts as zero."""
WELL_INSIDE = 0.1
"""Of the shares of a unit, the smallest."""
Units = Sequence[int] | None


def dimension(directions: Sequence[Array]) -> int:
    """How many dimensions some unit directions seem to span."""
    if not directions:
        return 0
    singular = np.linalg.svd(np.array(directions), compute_uv=False)
    return int((singular > FLAT * singular[0]).sum())


def of_length_one(columns: Array) -> Array:
    """Columns as unit vectors. One is 0 where free columns make up for all that a pair exchanges."""
    lengths = np.linalg.norm(columns, axis=0)
    return np.asarray(columns / np.where(lengths > 0, lengths, 1))


def coordinates_in(vector: Array | Sequence[float], B: Sequence[Sequence[float]]) -> list[float]:
    """Those of a vector in the basis that the columns of B are, by least squares."""
    return [float(v) for v in np.linalg.lstsq(np.array(B), vector, rcond=None)[0]]


def interior_point(M: Array, target: Array, units: Units = None) -> tuple[Array, list[int]] | None:
    """A point well inside { 0 < share, sum of a unit's < 1, M share = target }, and columns that form a good basis.

    `units` names the unit of each column; without it each column is one. The shares are beta / mu, so that weights of
    all sizes look alike to the solver, those beyond floats among them.
    """
    own = _units(M, units)
    found = _deepest(M, target, own)
    if found is None or found.margin <= FLAT:
        return None
    return _centred(M, target, own, found), _basis(M)


def _units(M: Array, units: Units) -> NDArray[np.int64]:
    return np.arange(M.shape[1]) if units is None else np.asarray(units)


def _centred(M: Array, target: Array, units: NDArray[np.int64], found: _Deepest) -> Array:
    """The deepest point whose other shares are as far inside as those that bound its margin allow, and so on."""
    share, held, margin = found.share, _bound(found, units), found.margin
    while held.any() and not held.all():
        taken = {int(k): float(share[held & (units == k)].sum()) for k in units[held]}
        further = _deepest(M[:, ~held], target - M[:, held] @ share[held], units[~held], taken)
        if further is None or further.margin <= margin or not (further.low.any() or further.high):
            break
        share[~held], margin = further.share, further.margin
        held[~held] = _bound(further, units[~held])
    return share


def _bound(found: _Deepest, units: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The shares that bound the margin."""
    return found.low | np.isin(units, found.high)


class Facet(NamedTuple):
    """A point of a facet, which shares are 0 there, in which units they make up 1, and a vector normal to it."""

    share: Array
    empty: list[int]
    full: list[int]
    normal: Array


def nearest_facet(M: Array, target: Array, units: Units = None) -> Facet | None:
    """Where { 0 <= share, sum of a unit's <= 1, M share = target } becomes empty, if that is near.

    What bounds the margin of the deepest point, inside and, where it is empty already, outside.
    """
    found = _deepest(M, target, _units(M, units))
    if found is None:
        return None
    return Facet(found.share, np.flatnonzero(found.low).tolist(), found.high, found.normal)


class _Deepest(NamedTuple):
    """Shares with the largest margin t, and what bounds it: which shares from below, and which units from above."""

    share: Array
    margin: float
    low: NDArray[np.bool_]
    high: list[int]
    normal: Array


def _deepest(
    M: Array, target: Array, units: NDArray[np.int64], taken: Mapping[int, float] | None = None
) -> _Deepest | None:
    """Shares with the largest margin t: t <= share, the sum of each unit's at most 1 - t, and M share = target.

    A part of some units may be taken already.
    """
    q, names = M.shape[1], list(dict.fromkeys(units.tolist()))
    scale, sums = np.linalg.norm(M, axis=0).max() or 1.0, (units == np.array(names)[:, None]) * 1.0
    found = linprog(
        np.concatenate([np.zeros(q), [-1.0]]),
        A_ub=np.block([[-np.eye(q), np.ones((q, 1))], [sums, np.ones((len(names), 1))]]),
        b_ub=np.concatenate([np.zeros(q), [1 - (taken or {}).get(name, 0.0) for name in names]]),
        A_eq=np.hstack([M / scale, np.zeros((len(M), 1))]),
        b_eq=target / scale,
        bounds=[(None, None)] * q + [(None, 0.5)],
    )
    if not found.success or found.x is None:
        return None
    prices = np.abs(found.ineqlin.marginals) > FLAT
    high = [name for name, bound in zip(names, prices[q:], strict=True) if bound]
    return _Deepest(found.x[:-1], float(found.x[-1]), prices[:q], high, np.asarray(found.eqlin.marginals))


def central_point(M: Array, target: Array, units: Units = None) -> tuple[Array, list[int]] | None:
    """The same without a linear program: the point nearest to the middle, where it lies well inside."""
    own = _units(M, units)
    same = own == own[:, None]
    middle = 1 / (1 + same.sum(axis=1))
    share = middle + np.linalg.lstsq(M, target - M @ middle, rcond=None)[0]
    near = np.linalg.norm(M @ share - target) <= FLAT * np.linalg.norm(target)
    inside = min(share.min(), 1 - (same @ share).max()) >= WELL_INSIDE
    return (share, _basis(M)) if near and inside else None


def _basis(M: Array) -> list[int]:
    """Columns that form a good basis."""
    _, R, pivots = qr(M, pivoting=True, mode="economic")
    rank = int((np.abs(np.diag(R)) > FLAT * abs(R[0, 0])).sum())
    return sorted(int(p) for p in pivots[:rank])
