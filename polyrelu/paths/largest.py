"""lambda_max: the smallest penalty from which on no neuron is used.

Without a ridge its square is a fraction: no neuron is used iff no direction exceeds lambda at the residual without
neurons, which does not depend on lambda. With a ridge output bias that residual is nu_0 = H y - e H r with
e = r.H y / (lambda + r.H r) (H projects onto the complement of the free columns), so that

    f_s(u) at nu_0  <=  max f(H y) + |r.H y| / r.H r  max f(+-H r)        for every lambda > 0 and unit u.

Above this bound no neuron is used, and from there a path is walked down to the first that enters, or until one proof
holds down to 0: then none is ever used. (Below lambda_max there may be penalties for which none is used again.)

Where that is not found, f_s(u) <= sum |v_i| |x_i| |u| at v = H y, and at v = H r, bounds it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, fmpq

from polyrelu.breakpoints.zeros import Zero
from polyrelu.budget import check, spending, with_at_least
from polyrelu.curves.branch import BITS, Branch
from polyrelu.curves.curve import Curve
from polyrelu.curves.faces import Faces
from polyrelu.curves.gates import Gates
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.gaps import walked
from polyrelu.paths.knot_path import largest_squared
from polyrelu.paths.settings import has_knots
from polyrelu.paths.starts import Start
from polyrelu.paths.zero import down_to_zero
from polyrelu.proof.lambda_max import enclosed_root, lambda_max_squared, reach_above
from polyrelu.proof.program import Program

HALVINGS = 400
LATE = 2
"""Seconds for it when the time allowed is over."""
MORE = fmpq(1025, 1024)


@dataclass(frozen=True)
class Largest:
    """lambda_max: by its square, as the breakpoint at which the first neuron enters, or known to be at most `most`."""

    squared: fmpq
    first: Zero | None = None
    most: fmpq | None = None

    def enclosed(self, bits: int) -> arb:
        """To so many bits; where it was not found, by 0 and the bound that is known at once."""
        if self.most is not None:
            return arb(0).union(arb(self.most))
        return enclosed_root(self.squared, bits) if self.first is None else self.first.refined(bits)

    @property
    def top(self) -> Fraction:
        """A little above, or equal."""
        return ends(self.enclosed(BITS))[1]

    def is_below(self, lam: fmpq) -> bool:
        """Whether lambda_max < lam, as far as it is enclosed."""
        if self.most is not None:
            return bool(lam > self.most)
        return lam * lam > self.squared if self.first is None else bool(self.enclosed(BITS) < arb(lam))


def largest_of(problem: Problem, program: Program) -> Largest:
    """lambda_max of a problem; where it is not found, or not in time, a bound of it."""
    if has_knots(problem):
        return Largest(largest_squared(program))
    try:
        with spending(with_at_least(LATE)):
            return _found(problem, program)
    except Undecided:
        return Largest(fmpq(0), most=bound_at_once(program))


def _found(problem: Problem, program: Program) -> Largest:
    if not program.free.ridge:
        return Largest(lambda_max_squared(program))
    high = ridge_bound(program)
    if high == 0:
        return Largest(fmpq(0))
    way = walked(problem, without_neurons(Faces(program), high), high / 2, high, None)
    for _ in range(HALVINGS):
        if way.breaks or way.gaps:
            break
        last = way.pieces[-1]
        start = last.curve, last.curve.node(last.chord.at_low, last.chord.low)
        if down_to_zero(*start).piece is not None:
            return Largest(fmpq(0))
        way.extend(walked(problem, start, last.chord.low / 2, last.chord.low, None))
    if way.breaks and not (way.gaps and not way.breaks[0].lam > arb(way.gaps[0].high)):
        return Largest(fmpq(0), way.breaks[0].zero)
    reason = way.gaps[0].reason if way.gaps else "if there is one, it enters far below the bound of all"
    check()
    raise Undecided(f"the first neuron that enters was not found: {reason}")


def without_neurons(faces: Faces, lam: fmpq) -> Start:
    """The curve without neurons."""
    program = faces.program
    none = Gates.of(program) if program.gated else Branch(program, (), (), symmetry=faces.symmetry)
    curve = Curve(none, faces)
    point = curve.branch.newton([arb(0)] * curve.branch.unknowns, lam)
    assert point is not None  # its system is linear and positive definite
    return curve, curve.node(point, lam)


def ridge_bound(program: Program) -> fmpq:
    """The bound above, and a little more, so that the path begins strictly above it."""

    def largest(plain: Program, _: Sequence[fmpq]) -> fmpq:
        return to_fmpq(ends(enclosed_root(lambda_max_squared(plain), BITS))[1])

    return _bounded(program, largest) * MORE


def bound_at_once(program: Program) -> fmpq:
    """No neuron is used above it, and nothing is searched for it."""
    return _bounded(program, lambda plain, v: to_fmpq(reach_above(plain, v)))


def _bounded(program: Program, greatest: Callable[[Program, Sequence[fmpq]], fmpq]) -> fmpq:
    """The bound by the greatest values at H y and at H r, that is without a ridge for the targets y and r."""
    free = program.free
    r, y = free.modulo(free.r), free.modulo(program.yq)
    if not free.ridge:
        return greatest(program, program.zero[0])
    plain = replace(program, columns=replace(free, ridge=False))
    ones = replace(plain, y=(Fraction(1),) * program.n)
    price = abs(dot(r, y)) / dot(r, r) if any(r) else fmpq(0)
    return greatest(plain, y) + price * greatest(ones, r)
