"""The limit at lambda = 0 as an exact point, and which functions vanish there.

At lambda = 0 some weights, sides or multipliers of the last structure may be 0, and neurons that it does not have may
be tight: |A eta| = 1. The root there is recognised as a point of a number field, and verified by substitution; what is
0 is then decided exactly, as at any breakpoint, with eta = nu / lambda in place of nu and 1 in place of lambda. These
functions leave 0 in the right direction if their derivatives say so on the whole chord, or their second derivatives
where the first are exactly 0 at lambda = 0:

    sum b_k Q_k eta' + sum b'_k Q_k eta - X B c' = -eta,    (A_k eta).(A_k eta') = 0,    B^T X^T eta' = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, fmpq

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.krawczyk import prove_root
from polyrelu.exact.linear import solve, squared, times
from polyrelu.exact.number_field import verify_root
from polyrelu.exact.real import is_zero, sign
from polyrelu.exact.recognise import recognise
from polyrelu.paths.algebra import TO_DECIDE, Effort
from polyrelu.paths.branch import BITS, Balls, Branch
from polyrelu.paths.chord import Chord, around
from polyrelu.paths.conditions import SLACK, Condition
from polyrelu.paths.curve import Curve, End
from polyrelu.paths.demands import exact_rate, exact_value
from polyrelu.paths.meeting import Here
from polyrelu.paths.zeros import tangent
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
        corner = [
            [sum((w * q[i][j] for w, q in zip(self.b, squares, strict=True)), start=zero) for j in range(p)]
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
    whole, exact = branch.completed(g, b, c), ExactLimit(branch, g, b, c, eta)
    return None if whole is None or not verify_root(branch.limit_equations, whole, chord.root_low) else exact


def is_regular(curve: Curve, chord: Chord) -> bool:
    """Whether all functions of the structure seem to be positive at lambda = 0, and no other neuron is tight."""
    table = curve.table()
    values = table.values(chord.root_low, arb(0))
    positive = all(v > 0 or i in table.settled for i, v in enumerate(values))
    return positive and not any(places_near(curve.branch.program, _eta(curve.branch, chord), 1.0))


def exact_end(curve: Curve, chord: Chord) -> End | None:
    """What vanishes at lambda = 0; None where something is negative there, or not decided."""
    branch, x = curve.branch, chord.root_low
    exact, dx = exact_limit(branch, chord, TO_DECIDE), tangent(branch, x, arb(0))
    if dx is None or exact is None:
        return None
    found = Here(curve, x, dx, arb(0), 1, exact.value).settled(_touching(curve, chord, exact))
    if found is None:
        return None
    guests, zero, soft = found
    silent = frozenset(
        j
        for j, line in curve.faces.line_weights.items()
        if is_zero(sum((exact.eta[i] * m for i, m in line.items()), start=fmpq(0)))
    )
    return End(zero | soft, guests, _flat(curve, exact, (x, dx), zero), silent)


def _eta(branch: Branch, chord: Chord) -> Any:
    g, _, _ = branch.parts(chord.root_low)
    return np.array([float(v.mid()) for v in (branch.data.W * g).entries()])


def _touching(curve: Curve, chord: Chord, exact: ExactLimit) -> list[Place]:
    """Neurons that are tight at lambda = 0 alone."""
    branch, faces = curve.branch, curve.faces
    if branch.program.listed is not None:
        return []
    held = [(p.sign, faces.neuron(p).z(exact.eta)) for p in curve.tight]
    found = list[Place]()
    near = [place for place, _ in places_near(branch.program, _eta(branch, chord), 1.0)]
    for place in dict.fromkeys(image for p in near for image in branch.orbit(p)):
        z = faces.neuron(place).z(exact.eta)
        known = any(
            s == place.sign and all(is_zero(a - b) for a, b in zip(z, v, strict=True)) for s, v in held
        )
        if not known and is_zero(squared(z) - 1):
            found.append(place)
            held.append((place.sign, z))
    return found


def _flat(
    curve: Curve, exact: ExactLimit, at: tuple[Balls, Balls], zero: frozenset[Condition]
) -> frozenset[Condition]:
    """Those of the vanishing functions whose derivative is exactly 0; balls rule out most."""
    table = curve.table(tuple(f.place for f in zero if f.kind == SLACK))
    slopes = table.slopes(*at, arb(0))
    open_ = {f for f, v in zip(table.conditions, slopes, strict=True) if f in zero and v.contains(0)}
    moved = exact.derivative() if open_ else None
    if moved is None:
        return frozenset()
    rates = {f: exact_rate(f, exact.branch, exact.eta, moved, fmpq(0)) for f in open_}
    return frozenset(f for f, v in rates.items() if v is not None and is_zero(v))
