"""The structure of a given network: which units lie where, as floats tell; what is claimed of it is proved elsewhere.

Units of equal sign on one face make a *group*, which moves together: at a stationary point they have one direction.
With a free hidden bias a group off all hyperplanes floats: its biases make one more unknown. Where all rows are active,
(u, s) and (-u, -s) are the same function but for a constant, and make one group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from polyrelu.data.problem import Problem
from polyrelu.exact.linear import dot, echelon, independent_rows
from polyrelu.exact.rational import is_rational, to_fmpq, to_fraction
from polyrelu.guess import group_lasso, independent, nonnegative_least_squares
from polyrelu.networks.coordinates import rounded
from polyrelu.networks.network import Network
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program
from polyrelu.proof.unconfirmed import Unconfirmed

LADDER = (Fraction(1, 10**12), Fraction(1, 10**7), Fraction(1, 10**4), Fraction(1, 10**2))
"""Tolerances that are tried where none is given: a row is snapped where |x.theta| is no more of |x| |theta|."""
MARGIN = 1e-6
"""How far, in parts of |x.w|, a unit is active at the least."""
TINY = 1e-13
"""Units of such a part of the largest weight are zero."""


@dataclass(frozen=True)
class Group:
    """Units on one face, and the shares of the group's weight that they keep."""

    place: Place
    units: tuple[int, ...]
    shares: tuple[fmpq, ...]
    flips: tuple[int, ...]
    """-1 for a unit with the opposite direction and the opposite sign, else 1."""


@dataclass(frozen=True, eq=False)
class Own:
    """Groups of a network's units, with a start for the root: the residual, and a vector for each group."""

    program: Program
    network: Network
    groups: tuple[Group, ...]
    nu: Any
    vectors: tuple[Any, ...]

    @property
    def key(self) -> Any:
        """What the structure is, for not trying it twice."""
        return frozenset((g.place.sign, g.place.face, g.units) for g in self.groups)

    @cached_property
    def members(self) -> frozenset[int]:
        """The units that are not zero."""
        return frozenset(i for g in self.groups for i in g.units)

    @cached_property
    def neurons(self) -> tuple[Neuron, ...]:
        """One for each group."""
        return tuple(Neuron(g.place, self.program) for g in self.groups)

    @property
    def floating(self) -> list[int]:
        """The groups off all hyperplanes, with a free hidden bias."""
        return [k for k, g in enumerate(self.groups) if self.program.offset and not g.place.zero_set]

    @cached_property
    def columns(self) -> list[list[fmpq]]:
        """The values of all free functions, then the column D 1 of each group that floats."""
        known = self.program.free
        free = known.table.transpose().tolist() if known.values else []
        places = [self.groups[k].place for k in self.floating]
        return [*free, *([fmpq(int(side > 0)) for side in place.face] for place in places)]

    @cached_property
    def kept(self) -> list[int]:
        """The first independent ones of these columns, which have an unknown in the square system."""
        return independent_rows(self.columns) if self.columns else []

    @cached_property
    def values(self) -> list[fmpq]:
        """The coefficients that the network itself has for these columns."""
        free = self.network.coefficients[: len(self.columns) - len(self.floating)]
        units, found = self.network.units, [_rational(v) for v in free]
        for k in self.floating:
            found.append(sum((self.height(i) * units[i].sign for i in self.groups[k].units), start=fmpq(0)))
        return found

    def bias(self, i: int) -> fmpq:
        """|phi| b of a unit, or a rational near it."""
        return self.raised.get(i) or _rational(self.network.units[i].convex_weight[-1])

    def height(self, i: int) -> fmpq:
        """|phi| (m.u + b) of a unit, m the middle of the rows, from which neurons that float are seen."""
        w = [_rational(v) for v in self.network.units[i].convex_weight[:-1]]
        return dot(self.program.middle[:-1], w) + self.bias(i)

    @cached_property
    def raised(self) -> dict[int, fmpq]:
        """Biases of units that are active on all rows, where their own would not let them be: any larger one does."""
        found: dict[int, fmpq] = {}
        for k in self.floating:
            group = self.groups[k]
            if set(group.place.face) != {1} or not len(self.vectors):
                continue
            for i, share, flip in zip(group.units, group.shares, group.flips, strict=True):
                along = self.program.X_float[:, :-1] @ self.vectors[k] * (float(to_fraction(share)) * flip)
                least = -along.min() + MARGIN * np.abs(along).max()
                if rounded(self.network.units[i].convex_weight[-1]) < least:
                    found[i] = fmpq(*float(least).as_integer_ratio())
        return found

    @cached_property
    def given(self) -> list[fmpq]:
        """What the columns without an unknown, at the network's own coefficients, take off those of the kept ones."""
        dropped = [i for i in range(len(self.columns)) if i not in self.kept]
        if not dropped or not self.kept:
            return [fmpq(0)] * len(self.kept)
        B = fmpq_mat([self.columns[i] for i in self.kept])
        total = [
            sum((self.columns[i][j] * self.values[i] for i in dropped), start=fmpq(0))
            for j in range(B.ncols())
        ]
        return list((B * B.transpose()).solve(B * fmpq_mat(len(total), 1, total)).entries())


def first_structures(
    network: Network, problem: Problem, residual: Sequence[Any], tolerance: Fraction | None
) -> Iterator[Own]:
    """The structures at one tolerance, or at some, whose units all have a direction."""
    program = Program.of(problem)
    nu = np.array([rounded(v) for v in residual])
    for limit in LADDER if tolerance is None else (tolerance,):
        places = placed(network, program, float(limit))
        if places is not None:
            yield _started(Own(program, network, _grouped(network, places), nu, ()))


def placed(network: Network, program: Program, tolerance: float) -> dict[int, Place] | None:
    """The place of every unit that is not zero; None where snapping leaves one without a direction."""
    theta = np.array([[rounded(v) for v in u.theta] for u in network.units]).reshape(network.width, network.d)
    sizes = np.array([rounded(u.size()) for u in network.normed]).reshape(network.width)
    with np.errstate(all="ignore"):  # beyond the range of floats nothing is near
        lengths = np.outer(np.linalg.norm(program.X_float, axis=1), np.linalg.norm(theta, axis=1))
        before = program.X_float @ theta.T
    found: dict[int, Place] = {}
    for i, unit in enumerate(network.units):
        if unit.is_zero or sizes[i] <= TINY * sizes.max():
            continue
        near = np.abs(before[:, i]) <= tolerance * lengths[:, i]
        face = np.where(near | ~program.nonzero_rows, 0, np.sign(before[:, i])).astype(int)
        place = _closed(program, Place(unit.sign, tuple(int(v) for v in face)))
        if not Neuron(place, program).dimension:
            return None
        if 1 in place.face:  # else the unit is dead: zero at every stationary point
            found[i] = place
    return found


def _closed(program: Program, place: Place) -> Place:
    """On the hyperplanes of all rows in the span of its zero set."""
    X = program.Xq.tolist()
    zero = [X[j] for j in place.zero_set if program.nonzero_rows[j]]
    if not zero:
        return place
    span = echelon(zero)
    face = [side and int(any(span.reduce(X[j]))) * side for j, side in enumerate(place.face)]
    return Place(place.sign, tuple(face))


def _grouped(network: Network, places: dict[int, Place]) -> tuple[Group, ...]:
    """Units of one place together, with shares in proportion to their weights."""
    joined: dict[Place, list[int]] = {}
    for i, place in places.items():
        twin = Place(-place.sign, place.face)
        everywhere = network.offset and set(place.face) == {1} and twin in joined
        joined.setdefault(twin if everywhere else place, []).append(i)
    groups = []
    for place, units in joined.items():
        sizes = [fmpq(*rounded(network.normed[i].size()).as_integer_ratio()) for i in units]
        total = sum(sizes, start=fmpq(0))
        flips = tuple(places[i].sign * place.sign for i in units)
        groups.append(Group(place, tuple(units), tuple(v / total for v in sizes), flips))
    return tuple(groups)


def _started(own: Own) -> Own:
    """With the best vectors of the groups, and without those that vanish: a convex program, in floats."""
    program, network = own.program, own.network
    blocks = [_floats(k.N) * g.place.sign for k, g in zip(own.neurons, own.groups, strict=True)]
    weights = [
        [
            [rounded(v) * f for v in network.units[i].convex_weight]
            for i, f in zip(g.units, g.flips, strict=True)
        ]
        for g in own.groups
    ]
    start = [np.sum(rows, axis=0)[: program.normed] for rows in weights]
    free = np.array([[float(to_fraction(v)) for v in c] for c in own.columns]).reshape(-1, program.n).T
    kept = list(range(len(blocks)))
    while True:
        found, nu = group_lasso(
            [blocks[k] for k in kept],
            program.y_float,
            float(program.lam),
            free,
            [start[k] for k in kept],
            ridge=program.free.ridge,
        )
        vectors = dict(zip(kept, found, strict=True))
        left = [k for k in kept if vectors[k] @ start[k] > 0]  # none turns round: it would leave its face
        if len(left) == len(kept):
            break
        kept = left
    return replace(
        own, groups=tuple(own.groups[k] for k in kept), nu=nu, vectors=tuple(vectors[k] for k in kept)
    )


def mended(own: Own, failed: Unconfirmed) -> Own | None:
    """The group that failed in its right place, or gone; None where the failure does not say."""
    if failed.wrong is None:
        return None
    places = {
        i: Place(g.place.sign * f, g.place.face)
        for g in own.groups
        if g.place != failed.wrong
        for i, f in zip(g.units, g.flips, strict=True)
    }
    if failed.right is not None:
        right = _closed(own.program, failed.right)
        if 1 in right.face and Neuron(right, own.program).dimension:
            places |= {
                i: right
                for g in own.groups
                if g.place == failed.wrong
                for i, f in zip(g.units, g.flips, strict=True)
                if f > 0
            }
    return _started(replace(own, groups=_grouped(own.network, places)))


def thinned(own: Own) -> Own | None:
    """Without groups whose activations depend on others': what nonnegative least squares leaves; None if all stay."""
    columns = [
        _floats(k.N).T @ v * g.place.sign
        for k, g, v in zip(own.neurons, own.groups, own.vectors, strict=True)
    ]
    if not columns:
        return None
    M, right = np.array(columns).T, own.program.y_float - own.nu
    if own.kept:
        free = np.array([[float(to_fraction(v)) for v in own.columns[i]] for i in own.kept]).T
        Q = np.linalg.qr(free)[0]
        M, right = M - Q @ (Q.T @ M), right - Q @ (Q.T @ right)
    x = nonnegative_least_squares(M, right)
    sizes = np.linalg.norm(M, axis=0) * x
    order = [k for k in np.argsort(-sizes) if x[k] > 0]
    kept = sorted(int(order[i]) for i in independent(np.zeros((0, len(right))), [M[:, k] for k in order]))
    if len(kept) == len(columns):
        return None
    return replace(
        own, groups=tuple(own.groups[k] for k in kept), vectors=tuple(own.vectors[k] * x[k] for k in kept)
    )


def _rational(value: Any) -> fmpq:
    return to_fmpq(value) if is_rational(value) else fmpq(*rounded(value).as_integer_ratio())


def _floats(matrix: fmpq_mat) -> Any:
    table = [[float(to_fraction(v)) for v in row] for row in matrix.tolist()]
    return np.array(table).reshape(matrix.nrows(), matrix.ncols())
