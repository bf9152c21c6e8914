"""Derivatives on both sides of a breakpoint: those of the structure above, and those of the structure below.

At a breakpoint both structures have the same residual and weights, and each goes on smoothly on its own side: the
derivative by lambda from above is that of the upper one. Moving the targets or the table moves the breakpoint, too;
then either derivative holds as long as lambda stays on that side of it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from polyrelu.breakpoints.algebra import ExactZero, rational_zero
from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.forms import as_singles, one_by_one
from polyrelu.curves.branch import BITS, Balls
from polyrelu.curves.curve import Curve
from polyrelu.curves.faces import Faces
from polyrelu.data.problem import Problem, penalty
from polyrelu.display import Reported, picture
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.at_ends import breakpoint_at
from polyrelu.paths.derivatives import Sensitivity
from polyrelu.paths.gaps import walked
from polyrelu.paths.knot_sensitivity import knot_sides
from polyrelu.paths.sensitivity import none_idle, on_curve, sensitivity
from polyrelu.paths.settings import has_knots
from polyrelu.paths.starts import started
from polyrelu.paths.still import still
from polyrelu.proof.program import Program

AROUND = Fraction(1, 1000)
"""How far from a lambda its breakpoint is walked to, relative to it."""
FINE = 200


@dataclass(frozen=True, eq=False, repr=False)
class OneSided(Reported):
    """The derivatives above and below a breakpoint."""

    problem: Problem
    lam: arb
    exact: ExactZero | None
    above: Sensitivity
    below: Sensitivity

    def plot(self) -> Any:
        """The influence of rows on neurons, as a figure with `.save(file)` and a `caption`."""
        return picture(self)


def derivatives(problem: Problem, lam: Any = None) -> Sensitivity | OneSided:
    """The derivatives at a lambda; at a breakpoint, those on both sides.

    >>> found = derivatives(Problem.of([[1], [2], [-1]], [1, 3, 2]), 2)
    >>> [len(side.neurons) for side in (found.above, found.below)]
    [1, 2]
    """
    if has_knots(problem):
        return _of_kinks(problem, problem.lam if lam is None else penalty(lam))
    try:
        return sensitivity(problem, lam)
    except Undecided as open_:
        at = problem.lam if lam is None else penalty(lam)
        here = None
        with suppress(Undecided):
            here = None if at is None else _breakpoint_at(problem, at)
        if here is None:
            raise open_ from None
        return at_breakpoint(problem, here)


def _of_kinks(problem: Problem, lam: Fraction | None) -> Sensitivity | OneSided:
    """With one feature and a free hidden bias."""
    asked = replace(problem, lam=lam)
    if problem.y is None or not lam:
        raise BadInput("sensitivities need a target y and lambda > 0; give both")
    above, *below = knot_sides(asked, to_fmpq(lam))
    if not below:
        return above
    exact = rational_zero(to_fmpq(lam))
    return OneSided(replace(problem, lam=None), arb(to_fmpq(lam)), exact, above, below[0])


def _breakpoint_at(problem: Problem, lam: Fraction) -> Breakpoint | None:
    """The breakpoint at exactly this lambda, if it is proved to be one."""
    low, high = (to_fmpq(lam * (1 + part)) for part in (-AROUND, AROUND))
    with precision(BITS):
        faces = Faces(Program.of(replace(problem, lam=Fraction(1))))
        way = walked(problem, started(problem, faces, high), low, high, None)
        return breakpoint_at(to_fmpq(lam), way)


def at_breakpoint(problem: Problem, here: Breakpoint) -> OneSided:
    """The derivatives on both sides of a proved breakpoint."""
    with precision(BITS):
        lam = here.zero.refined(FINE)
        plain = replace(problem, lam=None)
        above = _on_side(plain, here.above, here.above.branch.newton(here.x, here.ends[1]), here.ends[1], lam)
        below = _on_side(
            plain, here.below, here.below.branch.newton(here.carried, here.ends[0]), here.ends[0], lam
        )
        return OneSided(plain, lam, here.exact, above, below)


def _on_side(problem: Problem, curve: Curve, point: Balls | None, beside: fmpq, lam: arb) -> Sensitivity:
    """The derivatives of one side, whose structure is strict at a lambda beside the breakpoint."""
    none_idle(curve)
    if point is None:
        raise Undecided("the curve beside the breakpoint was lost")
    alone = one_by_one(curve, curve.node(point, beside))
    if alone is None:
        raise Undecided("beside the breakpoint neurons that are images of each other depend on each other")
    curve, node = as_singles(*alone) or alone
    return on_curve(problem, curve, node, lam).limited(still(curve, node))
