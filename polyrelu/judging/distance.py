"""How far a network is from the optimal set, in weights: proved bounds from both sides.

Networks are compared through their convex weights w_i with signs s_i, modulo permutation and splitting:

    distance(N, N*) = min over all ways of splitting both into pairs (w_i, w*_i) of equal sign, zeros allowed,
                      of the sum of |w_i - w*_i|.

(The sum of lengths does not change when a pair is split; a root of a sum of squares would go to zero.) The distance
to the optimal set is the least over all optimal N*. Three things bound it from below:

* w -> (X w)_+ has the Lipschitz constant sigma, the largest singular value of X, so distance >= |nu - nu*| / sigma;
* all optimal networks have the same sum of |w*_i|, and lengths obey the triangle inequality;
* optimal networks use the directions of S alone, so distance >= sum_i (distance of w_i from the rays of its sign).

A free hidden bias counts in the lengths of moves, and not in these weights and directions.

From above it is bounded by one optimal network and one splitting, exhibited: every unit goes to the neuron of S with
the smallest angle, every neuron is shared among its units by their projections. The optimal weights beta >= 0 solve
sum beta_k a_k = y - nu, with activations a_k of a proved rank r; floats propose a solution, all but r independent
weights are fixed at rationals, and the others are then the solution of a nonsingular system in balls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot
from polyrelu.guess import nearest_weights
from polyrelu.limits import MAX_VERTICES_COMPARED
from polyrelu.networks.coordinates import BITS, ball_norm, enclosed, rounded
from polyrelu.networks.network import Network
from polyrelu.networks.unit import Unit
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program

Vector = list[Any]


@dataclass(frozen=True)
class NearVertex:
    """A minimal optimal network (a vertex of the optimal set): its neurons in S, and a proved bound of its distance."""

    neurons: tuple[int, ...]
    distance: arb


@dataclass(frozen=True, eq=False)
class Distance:
    """Bounds of the distance from the optimal set, and for every unit the nearest neuron of S (None for zero units).

    `vertex` is the minimal network with the least bound; None where they are too many to list.
    """

    lower: arb
    upper: arb
    nearest: tuple[int | None, ...]
    vertex: NearVertex | None


@dataclass(frozen=True)
class _Optimal:
    """The neurons S: unit directions u_k, activations a_k, keys (sign or gate), and the common fit and penalty."""

    directions: list[Vector]
    normed: list[Vector]
    """Without the coordinate of a free hidden bias: how far its kinks are from the optimal ones bounds nothing."""
    activations: list[Vector]
    keys: list[Any]
    fit: Vector
    penalty: arb
    rank: int
    lam: arb


def distance(network: Network, residual: Sequence[Any], optimum: Optimum) -> Distance:
    """Bounds for a network with the given residual y - f."""
    with precision(BITS):
        program = optimum.program
        at = optimum.point.balls(BITS)
        target = _optimal(optimum, at)
        weights = [[enclosed(v) for v in unit.convex_weight] for unit in network.units]
        keys = [_key_of_unit(program, unit) for unit in network.units]
        sizes = [ball_norm(w[: program.normed]) for w in weights]
        total = sum(sizes, start=arb(0))
        away = [_from_rays(w, size, key, target) for w, size, key in zip(weights, sizes, keys, strict=True)]
        moved = ball_norm(program.free.modulo(_difference(network, residual, program, at)))
        lower = (
            sum(away, start=arb(0))
            .max(abs(total - target.penalty))
            .max(_over(moved, largest_singular(program)))
        )
        nearest = [_nearest(w, key, target) for w, key in zip(weights, keys, strict=True)]
        # take one network away, put the other in its place (a free hidden bias may be as large as it likes)
        upper = arb("inf") if program.offset else total + target.penalty
        for move in _exhibited(weights, nearest, target):
            upper = upper.min(move)
        vertex = _nearest_vertex(weights, nearest, target, optimum)
        if vertex is not None:
            upper = upper.min(vertex.distance)
    return Distance(lower.max(arb(0)), upper, tuple(nearest), vertex)


def _difference(network: Network, residual: Sequence[Any], program: Program, at: Coordinates) -> Vector:
    """How the optimal units' outputs differ from the network's on the rows, but for free columns."""
    apart = [enclosed(a) - b for a, b in zip(residual, at.nu, strict=True)]
    if program.free.ridge:
        c = enclosed(network.coefficients[-1]) - program.free.ridge_bias(at.nu, program.lamq)
        apart = [v + c for v in apart]
    return apart


def _nearest_vertex(
    weights: list[Vector], nearest: list[int | None], target: _Optimal, optimum: Optimum
) -> NearVertex | None:
    try:
        vertices = OptimalSet(optimum, MAX_VERTICES_COMPARED).neurons.vertices
    except (LimitReached, Undecided):
        return None
    moves = [
        NearVertex(v.support, _moves(weights, nearest, [enclosed(w) for w in v.weights(BITS)], target))
        for v in vertices
    ]
    return min(moves, key=lambda near: rounded(near.distance), default=None)


def _over(length: arb, sigma: arb) -> arb:
    return length / sigma if sigma > 0 else arb(0)


def _optimal(optimum: Optimum, at: Coordinates) -> _Optimal:
    program, lam = optimum.program, enclosed(optimum.program.lamq)
    fit, directions = program.fit(at.nu), optimum.directions(at)
    return _Optimal(
        directions,
        [u[: program.normed] for u in directions],
        [neuron.column(at.nu) for neuron in optimum.used],
        [_key_of(neuron) for neuron in optimum.used],
        fit,
        sum((a * b for a, b in zip(at.nu, fit, strict=True)), start=arb(0)) / lam,
        optimum.support.rank,
        lam,
    )


def _key_of(neuron: Neuron) -> Any:
    return neuron.place.sign if neuron.place.gate is None else neuron.place.gate


def _key_of_unit(program: Program, unit: Unit) -> Any:
    """The sign; for a gated unit the index of its pattern among the gates; None for a zero unit."""
    if unit.is_zero:
        return None
    if unit.gate is None:
        return unit.sign
    pattern = [dot(row, unit.gate) >= 0 for row in program.Xq.tolist()]
    same = (program.patterns == np.array(pattern))[:, program.nonzero_rows].all(axis=1)
    return int(np.flatnonzero(same)[0]) if same.any() else None


def _from_rays(w: Vector, size: arb, key: Any, target: _Optimal) -> arb:
    """Distance of w from the union of the rays of its key; from the origin if there are none."""
    best = size
    for u, other in zip(target.normed, target.keys, strict=True):
        if other == key:
            along = enclosed(dot(w[: len(u)], u)).max(arb(0))
            best = best.min((size * size - along * along).nonnegative_part().sqrt())
    return best


def _nearest(w: Vector, key: Any, target: _Optimal) -> int | None:
    """The neuron of equal key with the largest projection, if that is positive (a choice, not a claim)."""
    values = [
        rounded(dot(w, u)) if other == key else 0.0
        for u, other in zip(target.directions, target.keys, strict=True)
    ]
    best = int(np.argmax(values)) if values else None
    return best if best is not None and values[best] > 0 else None


def largest_singular(program: Program) -> arb:
    """An upper bound of the largest singular value of X, at most 3 % too large for ranks up to 50."""
    X = arb_mat(program.Xq)
    gram = X.transpose() * X if program.d <= program.n else X * X.transpose()
    for _ in range(6):  # trace of the 64th power of X^T X: at least sigma^128, at most rank times that
        gram = gram * gram
    trace = sum((gram[i, i] for i in range(gram.nrows())), start=arb(0))
    return trace.nonnegative_part().root(128)


def _exhibited(weights: list[Vector], nearest: list[int | None], target: _Optimal) -> Iterator[arb]:
    """The lengths of moves to optimal networks that floats propose and balls confirm."""
    wanted = np.zeros(len(target.directions))
    for w, k in zip(weights, nearest, strict=True):
        if k is not None:
            wanted[k] += rounded(dot(w, target.directions[k]))
    for proposal in nearest_weights(
        np.array([[rounded(v) for v in a] for a in target.activations]).reshape(len(wanted), len(target.fit)),
        np.array([rounded(v) for v in target.fit]),
        wanted / rounded(target.lam),
        target.rank,
    ):
        if len(proposal.basis) < target.rank:  # the system would not determine the weights
            continue
        beta = _solved(proposal.weights, proposal.basis, target)
        if beta is not None:
            yield _moves(weights, nearest, [b * target.lam for b in beta], target)


def _solved(proposed: Any, basis: list[int], target: _Optimal) -> list[arb] | None:
    """Nonnegative weights of an optimal network: as proposed off the basis, and solved for on it."""
    fixed = {k: fmpq(*float(v).as_integer_ratio()) for k, v in enumerate(proposed) if k not in basis}
    rest = [
        b - sum((v * target.activations[k][i] for k, v in fixed.items()), start=arb(0))
        for i, b in enumerate(target.fit)
    ]
    A = arb_mat([target.activations[k] for k in basis]) if basis else arb_mat(0, len(rest))
    try:
        solution = (A * A.transpose()).solve(A * arb_mat(len(rest), 1, rest)).entries()
    except ZeroDivisionError:  # the balls do not prove the basis independent
        return None
    found = {**{k: enclosed(v) for k, v in fixed.items()}, **dict(zip(basis, solution, strict=True))}
    beta = [found[k] for k in range(len(target.directions))]
    return beta if all(v >= 0 for v in beta) else None


def _moves(weights: list[Vector], nearest: list[int | None], sizes: list[arb], target: _Optimal) -> arb:
    total = arb(0)
    for k, size in enumerate(sizes):
        u = target.directions[k]
        group = [w for w, near in zip(weights, nearest, strict=True) if near == k]
        if not group:
            total += size
        for w, part in zip(group, _shares([rounded(dot(w, u)) for w in group]), strict=True):
            total += ball_norm([a - b * size * part for a, b in zip(w, u, strict=True)])
    return total + sum(
        (ball_norm(w) for w, near in zip(weights, nearest, strict=True) if near is None), start=arb(0)
    )


def _shares(projections: list[float]) -> list[fmpq]:
    """Rational shares >= 0 of sum 1, in proportion to the projections."""
    parts = [fmpq(*v.as_integer_ratio()) if 0 < v < float("inf") else fmpq(0) for v in projections]
    total = sum(parts, start=fmpq(0))
    return [p / total for p in parts] if total > 0 else [fmpq(1, len(parts)) for _ in parts]
