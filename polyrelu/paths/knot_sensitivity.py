"""Derivatives for one feature and a free hidden bias, at one lambda: of the fit, and of weights that are unique.

Columns are fixed, so residual and weights are affine in (lambda, y) on a whole neighbourhood of a point inside a
segment, and the fit has as many degrees of freedom as there are independent used kinks and free columns. A weight moves
in one way only if its column takes part in no dependence; the others are left out, and so are coefficients then. At a
breakpoint the segments above and below give a derivative each. Where a kink is tight and not used on a whole segment,
targets that move one way bring it in, and the other way do not: nothing is given by them then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from flint import arb, fmpq

from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot
from polyrelu.paths.derivatives import BITS, Sensitivity
from polyrelu.paths.knot_path import exact_root
from polyrelu.paths.knots import Knots, idle
from polyrelu.paths.lasso import Segment, segments
from polyrelu.paths.sensitivity import at_root
from polyrelu.proof.program import Program

IDLE = (
    "a kink is tight that no optimal network uses for every lambda: targets moved one way bring it in, moved the other "
    "way they do not"
)


def knot_sides(problem: Problem, lam: fmpq) -> list[Sensitivity]:
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


def _inside(problem: Problem, knots: Knots, segment: Segment, lam: fmpq) -> Sensitivity:
    curve = knots.curve(segment)
    x = exact_root(knots, curve.branch, segment, lam)
    nu = segment.residual(lam)
    fit = [t - v for t, v in zip(knots.program.zero[0], nu, strict=True)]
    with precision(BITS):
        found = at_root(problem, curve.branch, [arb(v) for v in x], arb(lam))
        total = arb(dot(nu, fit) / lam)
    shared = {i for further in curve.further for i, c in enumerate(further.over) if c != 0}
    told = replace(
        found,
        neurons=tuple(k for i, k in enumerate(found.neurons) if i not in shared),
        free=() if curve.further else found.free,
        total=total if segment.tight else None,
    )
    return told.without_targets(IDLE) if idle(curve) else told
