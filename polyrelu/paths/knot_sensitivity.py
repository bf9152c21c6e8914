"""Derivatives for one feature and a free hidden bias, at one lambda: of the fit, and of weights that are unique.

Columns are fixed, so residual and weights are affine in (lambda, y) on a whole neighbourhood of a point inside a
segment, and the fit has as many degrees of freedom as there are independent used kinks and free columns. A weight moves
in one way only if its column takes part in no dependence; the others are left out, and so are coefficients then. At a
breakpoint the segments above and below give a derivative each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, fmpq

from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot
from polyrelu.paths.knot_path import exact_root
from polyrelu.paths.knots import Knots
from polyrelu.paths.lasso import Segment, segments
from polyrelu.paths.sensitivity import BITS, Sensitivity, at_root
from polyrelu.proof.program import Program


@dataclass(frozen=True, eq=False, repr=False)
class KnotSensitivity(Sensitivity):
    """With the sum of all weights, since not all need be listed."""

    total: fmpq | int = 0

    @property
    def objective_by_lambda(self) -> arb:
        """The derivative of the optimal value: the sum of the weights."""
        with precision(BITS):
            return arb(self.total)


def knot_sides(problem: Problem, lam: fmpq) -> list[KnotSensitivity]:
    """The derivatives at a lambda; at a breakpoint those above and those below."""
    knots = Knots(Program.of(replace(problem, lam=Fraction(1))))
    return [_inside(problem, knots, segment, lam) for segment in _segments_at(knots, lam)]


def _segments_at(knots: Knots, lam: fmpq) -> Iterator[Segment]:
    """The segment that holds a lambda, or the two that meet at a breakpoint."""
    above: Segment | None = None
    columns = knots.columns(range(len(knots.kinks)))
    for segment in segments(columns, knots.program.zero[0], fmpq(0)):
        if segment.low < lam:
            if above is not None and segment.high == lam and not segment.continues(above):
                yield above
            yield segment
            return
        above = segment


def _inside(problem: Problem, knots: Knots, segment: Segment, lam: fmpq) -> KnotSensitivity:
    curve = knots.curve(segment)
    x = exact_root(knots, curve.branch, segment, lam)
    with precision(BITS):
        found = at_root(problem, curve.branch, [arb(v) for v in x], arb(lam))
    shared = {i for further in curve.further for i, c in enumerate(further.over) if c != 0}
    nu = segment.residual(lam)
    fit = [t - v for t, v in zip(knots.program.zero[0], nu, strict=True)]
    return KnotSensitivity(
        problem,
        tuple(k for i, k in enumerate(found.neurons) if i not in shared),
        found.residual_by_lambda,
        found.residual_by_target,
        found.degrees_of_freedom,
        free=() if curve.further else found.free,
        total=dot(nu, fit) / lam,
    )
