"""A proved stationary point of a structure: its root, and that it is one. See `nearest` for what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from polyrelu.errors import Undecided
from polyrelu.exact.linear import dot, independent_rows, squared
from polyrelu.exact.rational import to_fraction
from polyrelu.guess import bounded_least_squares, solve_least_squares
from polyrelu.judging.own_structure import Own, thinned
from polyrelu.networks.coordinates import BITS, rounded
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.point import Point, linear, weight
from polyrelu.proof.square_system import root_of
from polyrelu.proof.structure import Structure
from polyrelu.proof.tightness import on_hyperplane, show_strict_signs
from polyrelu.proof.unconfirmed import Unconfirmed

Form = list[fmpq]


@dataclass(frozen=True, eq=False)
class Settled:
    """The groups of a structure at its proved root."""

    own: Own
    point: Point

    @cached_property
    def at(self) -> Coordinates:
        """The root in balls."""
        return self.point.balls(BITS)

    def weight(self, k: int, place: int, at: Coordinates) -> list[Any]:
        """The convex weight w of one unit of a group, a free hidden bias last."""
        own, group = self.own, self.own.groups[k]
        share = group.shares[place] * group.flips[place] * group.place.sign
        w = [v * at.weights[k] * share for v in own.neurons[k].z(at.nu)]
        if k not in own.floating:
            return w
        return [*w[:-1], self.height(k, place, at) - dot(own.program.middle[:-1], w[:-1])]

    def height(self, k: int, place: int, at: Coordinates) -> Any:
        """m.w + |w| b of one unit of a group that floats: its own, and its share of how much their sum moves."""
        own, group = self.own, self.own.groups[k]
        i = len(own.columns) - len(own.floating) + own.floating.index(k)
        sign = group.place.sign * group.flips[place]
        moved = (self._coefficient(i, at) - own.values[i]) * group.shares[place] * sign
        return moved + own.height(group.units[place])

    def _coefficient(self, i: int, at: Coordinates) -> Any:
        own = self.own
        if i not in own.kept:
            return own.values[i]
        place = own.kept.index(i)
        return at.c[place] - own.given[place]

    @property
    def coefficients(self) -> list[Any]:
        """Those of the free functions, and of a ridge output bias."""
        own, ridge = self.own, self.own.program.free.ridge
        number = len(own.columns) - len(own.floating)
        return [self._coefficient(i, self.at) for i in range(number)] + ([self.at.c[-1]] if ridge else [])

    @property
    def objective(self) -> Any:
        """1/2 |nu|^2 + lambda sum |w|, and the ridge."""
        program, at = self.own.program, self.at
        lam = program.lamq
        penalty = sum(at.weights, start=fmpq(0)) * lam
        e = at.c[-1] if program.free.ridge else fmpq(0)
        return squared(at.nu) / 2 + penalty * lam + e * e * lam / 2


def settle(own: Own) -> Settled:
    """The proved stationary point; `Unconfirmed` says which group is not where it was put."""
    own, point = _rooted(own)
    settled = Settled(own, point)
    for k, neuron in enumerate(own.neurons):
        if point.sign(weight(k), "the weight of a unit") <= 0:
            raise Unconfirmed("a unit has no positive weight at the root", neuron.place)
    for k, neuron in enumerate(own.neurons):
        try:
            _show_sides(settled, k) if k in own.floating else show_strict_signs(point, neuron)
        except Unconfirmed as failed:
            raise Unconfirmed(str(failed), neuron.place, _first_crossed(settled, k) or failed.right) from None
        if k not in own.floating:
            show_kinks(point, neuron)
    return settled


def _first_crossed(settled: Settled, k: int) -> Place | None:
    """On the hyperplane of the row that a group meets first on its way from the network to the root, in floats."""
    own, group, neuron = settled.own, settled.own.groups[k], settled.own.neurons[k]
    now, then = np.zeros(own.program.d), np.zeros(own.program.d)
    for place, (i, flip) in enumerate(zip(group.units, group.flips, strict=True)):
        now += np.array([rounded(v) for v in own.network.units[i].convex_weight]) * flip
        then += np.array([rounded(v) for v in settled.weight(k, place, settled.at)]) * flip
    face = np.array(group.place.face)
    before, after = (own.program.X_float @ w * face for w in (now, then))
    crossed = np.flatnonzero((face != 0) & (after <= 0) & (before > 0))
    if not len(crossed):
        return None
    way = before[crossed] / (before[crossed] - after[crossed])
    return on_hyperplane(neuron, int(crossed[np.argmin(way)]))


def _rooted(own: Own) -> tuple[Own, Point]:
    """A structure with a proved root: with all groups, or without those that depend on the others."""
    tries: list[Own | None] = [own, thinned(own)]
    for tried in tries:
        if tried is None:
            continue
        floating = tuple(tried.groups[k].place for k in tried.floating)
        structure = Structure(tried.program, tried.neurons, (False,) * len(tried.groups), floating)
        if not tried.groups:
            return tried, Point(structure, None)
        root = root_of(structure, *_start(tried, structure))
        if root is not None:
            return tried, Point(structure, root)
    raise Undecided(
        f"the structure of {len(own.groups)} units has no provable root near the network: it is far from stationary, "
        "or its activations depend on each other; train on, or give another tolerance"
    )


def _start(own: Own, structure: Structure) -> tuple[list[float], list[float], list[float]]:
    """Residual, weights and border coefficients in floats."""
    fit = np.zeros(own.program.n)
    for k, g, v in zip(own.neurons, own.groups, own.vectors, strict=True):
        fit += _floats(k.N).T @ v * g.place.sign
    c: Any = (
        solve_least_squares(_floats(structure.E), own.nu + fit - own.program.y_float) if structure.e else []
    )
    sizes = [float(np.linalg.norm(v)) for v in own.vectors]
    return [float(v) for v in own.nu], sizes, [float(v) for v in c]


def _show_sides(settled: Settled, k: int) -> None:
    """Every unit of a group that floats lies strictly on its side of every row."""
    own, neuron = settled.own, settled.own.neurons[k]
    X, place = own.program.Xq.tolist(), neuron.place
    for j, side in enumerate(place.face):
        for i in range(len(own.groups[k].units)):

            def height(at: Coordinates, i: int = i, j: int = j, side: int = side) -> Any:
                return dot(X[j], settled.weight(k, i, at)) * side

            if settled.point.sign(height, f"x_{j + 1}.w + b") <= 0:
                raise Unconfirmed(
                    f"a unit does not lie on its side of row {j + 1} at the root",
                    place,
                    on_hyperplane(neuron, j),
                )


@dataclass(frozen=True)
class Hyperplane:
    """The rows of Z on one hyperplane, the multiples of `row`, and the forms a+ and a- of the residual."""

    row: Form
    plus: Form
    minus: Form


def show_kinks(point: Point, neuron: Neuron) -> None:
    """0 is in the Clarke subdifferential at a neuron on hyperplanes."""
    if not neuron.zero_rows:
        return
    planes, need = _hyperplanes(neuron), _missing(neuron)
    basis = independent_rows([plane.row for plane in planes])
    rest = [r for r in range(len(planes)) if r not in basis]
    if rest:
        claim = "the jump of a gradient at a kink"
        signs = {point.sign(linear(_sum(plane.plus, plane.minus, -1)), claim) for plane in planes}
        if len(signs - {0}) > 1:
            raise Undecided(
                "a unit lies on dependent hyperplanes whose residuals have different signs: open at this kink"
            )
    for r, share in zip(rest, _shares(point, planes, need, rest), strict=True):
        chosen = _sum([v * share for v in planes[r].plus], [v * (1 - share) for v in planes[r].minus])
        need = [_sum(form, [v * x for v in chosen], -1) for form, x in zip(need, planes[r].row, strict=True)]
    _show_multipliers(point, neuron, [planes[r] for r in basis], need)


def _show_multipliers(point: Point, neuron: Neuron, planes: list[Hyperplane], need: list[Form]) -> None:
    """The only m with sum m_r r = need has each m_r between a- and a+."""
    Z = fmpq_mat([plane.row for plane in planes])
    m = (Z * Z.transpose()).inv() * Z * fmpq_mat(need)
    claim = "the distance of a multiplier at a kink from its end"
    for plane, form in zip(planes, m.tolist(), strict=True):
        above = point.sign(linear(_sum(form, plane.plus, -1)), claim)
        below = point.sign(linear(_sum(form, plane.minus, -1)), claim)
        if above * below > 0:
            raise Unconfirmed(
                "a unit on a hyperplane is not stationary there",
                neuron.place,
                _released(neuron, plane.row, above, below),
            )


def _hyperplanes(neuron: Neuron) -> list[Hyperplane]:
    """The hyperplanes of Z."""
    X, n = neuron.program.Xq.tolist(), neuron.program.n
    planes: list[Hyperplane] = []
    for j in neuron.zero_rows:
        found = next((p for p in planes if _multiple(X[j], p.row) is not None), None)
        if found is None:
            found = Hyperplane(X[j], [fmpq(0)] * n, [fmpq(0)] * n)
            planes.append(found)
        c = _multiple(X[j], found.row) or fmpq(1)
        (found.plus if c > 0 else found.minus)[j] = c
    return planes


def _multiple(x: Form, row: Form) -> fmpq | None:
    """The c with x = c row."""
    i = next(i for i, v in enumerate(row) if v)
    c = x[i] / row[i]
    return c if c and all(a == c * b for a, b in zip(x, row, strict=True)) else None


def _missing(neuron: Neuron) -> list[Form]:
    """The forms of s lambda u - X_A^T nu_A, a coordinate each; a free hidden bias has no part in lambda u."""
    program, active = neuron.program, set(neuron.place.active)
    z = [*neuron.N.tolist(), *([[fmpq(0)] * program.n] * program.offset)]
    X = program.Xq.tolist()
    return [[z[i][j] - (X[j][i] if j in active else 0) for j in range(program.n)] for i in range(program.d)]


def _shares(point: Point, planes: list[Hyperplane], need: list[Form], rest: Sequence[int]) -> list[fmpq]:
    """Shares in [0, 1] of the hyperplanes off the basis, as floats propose."""
    if not rest:
        return []
    nu = np.array([rounded(v) for v in point.balls(BITS).nu])
    plus, minus = (np.array([_rounded(p.plus if k else p.minus) for p in planes]) @ nu for k in (1, 0))
    rows = np.array([_rounded(p.row) for p in planes])
    target = np.array([_rounded(form) for form in need]) @ nu - rows.T @ minus
    found = np.clip(bounded_least_squares((rows * (plus - minus)[:, None]).T, target), 0.0, 1.0)
    return [fmpq(*float(found[r]).as_integer_ratio()) for r in rest]


def _released(neuron: Neuron, row: Form, above: int, below: int) -> Place | None:
    """Off the hyperplane of a row, to the side to which the objective falls; None where that is neither."""
    s, program = neuron.place.sign, neuron.program
    side = 1 if -s * above > 0 else -1 if -s * below < 0 else 0
    if not side:
        return None
    X, face = program.Xq.tolist(), list(neuron.place.face)
    for j in neuron.zero_rows:
        c = _multiple(X[j], row)
        if c is not None:
            face[j] = side if c > 0 else -side
    return Place(s, tuple(face))


def _sum(a: Form, b: Form, factor: int = 1) -> Form:
    return [x + y * factor for x, y in zip(a, b, strict=True)]


def _rounded(form: Form) -> list[float]:
    return [float(to_fraction(v)) for v in form]


def _floats(matrix: fmpq_mat) -> Any:
    return np.array([_rounded(row) for row in matrix.tolist()]).reshape(matrix.nrows(), matrix.ncols())
