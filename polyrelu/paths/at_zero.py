"""The limit at lambda = 0 as an exact point, and which functions vanish there.

At lambda = 0 some weights, sides or multipliers of the last structure may be 0, and neurons that it does not have may
be tight: |A eta| = 1. The root there is recognised as a point of a number field, and verified by substitution; what is
0 is then decided exactly, as at any breakpoint, with eta = nu / lambda in place of nu and 1 in place of lambda. These
functions leave 0 in the right direction if their derivatives say so on the whole chord, or their second derivatives
where the first are exactly 0 at lambda = 0 (see below). That weights b_k, k in V, are 0 needs no exact numbers if W^T y
lies in the span of what the other neurons and the exchanges reach: on the complement the equations of the fit say
sum_V b_k w.a_k^T a_k g = 0 for every w, which leaves b_V = 0 alone if the matrix of the w.a_k^T a_k g has full rank.
The derivatives solve

    sum b_k Q_k eta' + sum b'_k Q_k eta - X B c' = -eta,    (A_k eta).(A_k eta') = 0,    B^T X^T eta' = 0,

with r (r.eta') besides on the left, and r among what others reach, where there is a ridge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.breakpoints.algebra import TO_DECIDE, Effort
from polyrelu.breakpoints.meeting import Here
from polyrelu.breakpoints.zeros import tangent
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.chord import Chord, around
from polyrelu.curves.condition import SLACK, WEIGHT, Condition
from polyrelu.curves.curve import Curve, End
from polyrelu.curves.demands import exact_rate, exact_value
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.krawczyk import prove_root
from polyrelu.exact.linear import dot, null_space, solve, squared, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.number_field import verify_root
from polyrelu.exact.real import is_zero, sign
from polyrelu.exact.recognise import recognise
from polyrelu.paths.blown_up import BlownUp
from polyrelu.proof.directions import places_near
from polyrelu.proof.neuron import Place


@dataclass(frozen=True, eq=False)
class ExactLimit:
    """(g, b, c) at lambda = 0, over one field, and eta = W g."""

    branch: Branch
    g: Sequence[Any]
    b: Sequence[Any]
    c: Sequence[Any]
    eta: Sequence[Any]

    def value(self, f: Condition) -> int | None:
        """The sign of a condition; None where its form was not found to be over the field."""
        found = exact_value(f, self.branch, self.eta, self.b, fmpq(1))
        return None if found is None else sign(found)

    def derivative(self) -> tuple[list[Any], list[Any]] | None:
        """(eta', b')."""
        branch, (a, _, E, _) = self.branch, self.branch.exact
        p, K, zero = branch.size, branch.K, self.b[0] * 0 if self.b else fmpq(0)
        if branch.unknowns > p + K + branch.r:
            return None  # of blown-up systems this is not looked at
        squares = [(m.transpose() * m).tolist() for m in a]
        r = branch.ridge_over_g
        corner = [
            [
                sum((w * q[i][j] for w, q in zip(self.b, squares, strict=True)), start=zero + r[i] * r[j])
                for j in range(p)
            ]
            for i in range(p)
        ]
        borders = [times(q, self.g) for q in squares]
        borders += [[-v + zero for v in column] for column in E.transpose().tolist()] if branch.r else []
        rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner)]
        rows += [[*border, *([zero] * len(borders))] for border in borders]
        right = [*(-v for v in times(branch.exact[1], self.g)), *([zero] * len(borders))]
        found = solve(rows, right)
        return None if found is None else (times(branch.W, found[:p]), found[p : p + K])


def refined(chord: Chord, bits: int) -> Balls:
    """The root at lambda = 0 to so many bits."""
    branch, zero = chord.branch, arb(0)
    root = prove_root(
        lambda x: branch.equations(x, zero), lambda x: branch.jacobian(x, zero), chord.at_low, max(bits, BITS)
    )
    if root is None or not all(
        outer.contains(v) for outer, v in zip(around(chord.at_low, chord.r), root.box, strict=True)
    ):
        raise Undecided("the root at lambda = 0 was not refined")
    return root.box


def exact_limit(branch: Branch, chord: Chord, effort: Effort) -> ExactLimit | None:
    """The root at lambda = 0 in a field; None where none was found."""

    def values_at(bits: int) -> Balls:
        with precision(bits + 40):
            g, b, c = branch.parts(refined(chord, bits))
            return [*(branch.data.W * g).entries(), *b, *c]

    try:
        found = recognise(values_at, effort.field, max_bits=effort.field_bits)
    except Undecided:
        return None
    if found is None:
        return None
    n, K = branch.program.n, branch.K
    eta, b, c = found[1][:n], found[1][n : n + K], found[1][n + K :]
    W = branch.W
    g = times((W.transpose() * W).inv() * W.transpose(), eta)
    if not all(is_zero(u - v) for u, v in zip(times(W, g), eta, strict=True)):
        return None
    whole = branch.completed(g, b, c) if isinstance(branch, BlownUp) else [*g, *b, *c]
    system = branch.limit_equations if isinstance(branch, BlownUp) else partial(_equations, branch)
    if whole is None or not verify_root(system, whole, chord.root_low):
        return None
    return ExactLimit(branch, g, b, c, eta)


def _equations(branch: Branch, v: Sequence[Any]) -> list[Any]:
    """The system at lambda = 0, exactly."""
    a, _, E, y = branch.exact
    p, K = branch.size, branch.K
    g, b, c = v[:p], v[p : p + K], v[p + K :]
    bias = dot(branch.ridge_over_g, g)
    fit, norms = [r * bias - t for r, t in zip(branch.ridge_over_g, y.entries(), strict=True)], list[Any]()
    for matrix, weight in zip(a, b, strict=True):
        z = times(matrix, g)
        fit = [s + weight * t for s, t in zip(fit, times(matrix.transpose(), z), strict=True)]
        norms.append(squared(z) - 1)
    if not branch.r:
        return [*fit, *norms]
    moved = times(E, c)
    return [*(s - t for s, t in zip(fit, moved, strict=True)), *norms, *times(E.transpose(), g)]


def is_regular(curve: Curve, chord: Chord) -> bool:
    """Whether all functions of the structure seem to be positive at lambda = 0, and no other neuron is tight."""
    table = curve.table()
    values = table.values(chord.root_low, arb(0))
    positive = all(v > 0 or i in table.settled for i, v in enumerate(values))
    return positive and not _near(curve, chord)


def weights_that_vanish(branch: Branch, x: Sequence[arb]) -> frozenset[Place]:
    """Neurons whose weights are 0 at lambda = 0 by linear equations: all that seem to be, or none."""
    g, b, _ = branch.parts(x)
    V = [k for k, weight in enumerate(b) if weight.contains(0)]
    if not V or branch.unknowns > branch.size + branch.K + branch.r:
        return frozenset()
    a, _, E, y = branch.exact
    rows = [row for k, m in enumerate(a) if k not in V for row in m.tolist()]
    rows += [*(E.transpose().tolist() if branch.r else []), branch.ridge_over_g]
    free = null_space(rows, branch.size)
    if not free or any(v != 0 for v in times(free, y.entries())):
        return frozenset()
    N = arb_mat(fmpq_mat([list(w) for w in free]))
    moves = [(N * (arb_mat(a[k]).transpose() * (arb_mat(a[k]) * g))).entries() for k in V]
    full = len(nonzero_minor(arb_mat(moves))[0]) == len(V)
    return frozenset(branch.neurons[k].place for k in V) if full else frozenset()


@dataclass(eq=False)
class Signs:
    """What decides whether a function is 0 at lambda = 0: linear equations, and exact numbers where they are needed."""

    curve: Curve
    chord: Chord

    @cached_property
    def exact(self) -> ExactLimit | None:
        """The exact root, if it is found."""
        return exact_limit(self.curve.branch, self.chord, TO_DECIDE)

    @cached_property
    def gone(self) -> frozenset[Place]:
        """Whose weights are 0."""
        return weights_that_vanish(self.curve.branch, self.chord.root_low)

    def of(self, f: Condition) -> int | None:
        """The sign of a function that may be 0."""
        if f.kind == WEIGHT and not f.form and f.place in self.gone:
            return 0
        return None if self.exact is None else self.exact.value(f)

    @cached_property
    def silent(self) -> frozenset[int]:
        """Lines whose coefficient is 0, as far as that is decided."""
        branch, x = self.curve.branch, self.chord.root_low
        eta = (branch.data.W * branch.parts(x)[0]).entries()
        lines = self.curve.faces.line_weights.items()
        open_ = {
            j: line
            for j, line in lines
            if sum((eta[i] * m for i, m in line.items()), start=arb(0)).contains(0)
        }
        if self.exact is None:
            return frozenset()
        exact = self.exact.eta
        return frozenset(
            j
            for j, line in open_.items()
            if is_zero(sum((exact[i] * m for i, m in line.items()), start=fmpq(0)))
        )

    def touching(self) -> list[Place] | None:
        """Neurons that are tight at lambda = 0 alone; None where that is not decided."""
        branch, faces = self.curve.branch, self.curve.faces
        near = [p for p in _near(self.curve, self.chord) if self._may_be_tight(p)]
        if not near:
            return []
        if self.exact is None:
            return None
        eta = self.exact.eta
        held, found = [(p.sign, faces.neuron(p).z(eta)) for p in self.curve.tight], list[Place]()
        for place in dict.fromkeys(image for p in near for image in branch.orbit(p)):
            neuron = faces.neuron(place)
            z = neuron.z(eta)
            known = any(
                s == place.sign and all(is_zero(a - b) for a, b in zip(z, v, strict=True)) for s, v in held
            )
            if not known and is_zero(neuron.square(eta) - 1):
                found.append(place)
                held.append((place.sign, z))
        return found

    def _may_be_tight(self, place: Place) -> bool:
        table = self.curve.table((place,))
        values = table.values(self.chord.root_low, arb(0))
        pairs = zip(table.conditions, values, strict=True)
        return any(f.kind == SLACK and f.place == place and v.contains(0) for f, v in pairs)


def exact_end(curve: Curve, chord: Chord) -> End | None:
    """What vanishes at lambda = 0; None where something is negative there, or not decided."""
    branch, x, signs = curve.branch, chord.root_low, Signs(curve, chord)
    dx, guests = tangent(branch, x, arb(0)), signs.touching()
    if dx is None or guests is None:
        return None
    found = Here(curve, x, dx, arb(0), 1, signs.of).settled(guests)
    if found is None:
        return None
    guests_there, zero, soft = found
    return End(zero | soft, guests_there, _flat(curve, signs, (x, dx), zero), signs.silent)


def _near(curve: Curve, chord: Chord) -> list[Place]:
    """Local maxima of f that are close to 1 at lambda = 0, besides the neurons."""
    branch = curve.branch
    if branch.program.listed is not None:
        return []
    known = {*curve.tight, *curve.idle}
    g, _, _ = branch.parts(chord.root_low)
    eta = np.array([float(v.mid()) for v in (branch.data.W * g).entries()])
    return [place for place, _ in places_near(branch.program, eta, 1.0) if place not in known]


def _flat(
    curve: Curve, signs: Signs, at: tuple[Balls, Balls], zero: frozenset[Condition]
) -> frozenset[Condition]:
    """Those of the vanishing functions whose derivative is exactly 0; balls rule out most."""
    table = curve.table(tuple(f.place for f in zero if f.kind == SLACK))
    slopes = table.slopes(*at, arb(0))
    open_ = {f for f, v in zip(table.conditions, slopes, strict=True) if f in zero and v.contains(0)}
    exact = signs.exact if open_ else None
    moved = None if exact is None else exact.derivative()
    if exact is None or moved is None:
        return frozenset()
    rates = {f: exact_rate(f, exact.branch, exact.eta, moved, fmpq(0)) for f in open_}
    return frozenset(f for f, v in rates.items() if v is not None and is_zero(v))
