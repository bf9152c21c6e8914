"""lambda_max: the smallest penalty from which on no neuron is used.

Without a ridge its square is a fraction: no neuron is used iff no direction exceeds lambda at the residual without
neurons, which does not depend on lambda. With a ridge output bias that residual is nu_0 = H y - e H r with
e = r.H y / (lambda + r.H r) (H projects onto the complement of the free columns), so that

    f_s(u) at nu_0  <=  max f(H y) + |r.H y| / r.H r  max f(+-H r)        for every lambda > 0 and unit u.

Above this bound no neuron is used, and from there a path is walked down to the first that enters, or until one proof
holds down to 0: then none is ever used. (Below lambda_max there may be penalties for which none is used again.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, fmpq

from polyrelu.breakpoints.zeros import Zero
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
from polyrelu.proof.lambda_max import enclosed_root, lambda_max_squared
from polyrelu.proof.program import Program

HALVINGS = 400
MORE = fmpq(1025, 1024)


@dataclass(frozen=True)
class Largest:
    """lambda_max: by its square, or as the breakpoint at which the first neuron enters."""

    squared: fmpq
    first: Zero | None = None

    def enclosed(self, bits: int) -> arb:
        """To so many bits."""
        return enclosed_root(self.squared, bits) if self.first is None else self.first.refined(bits)

    @property
    def top(self) -> Fraction:
        """A little above, or equal."""
        return ends(self.enclosed(BITS))[1]

    def is_below(self, lam: fmpq) -> bool:
        """Whether lambda_max < lam, as far as it is enclosed."""
        return lam * lam > self.squared if self.first is None else bool(self.enclosed(BITS) < arb(lam))


def largest_of(problem: Problem, program: Program) -> Largest:
    """lambda_max of a problem; `Undecided` where it is not found."""
    if has_knots(problem):
        return Largest(largest_squared(program))
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
    free = program.free
    r, y = free.modulo(free.r), free.modulo(program.yq)
    plain = replace(program, columns=replace(free, ridge=False))
    ones = replace(plain, y=(Fraction(1),) * program.n)
    parts = [ends(enclosed_root(lambda_max_squared(p), BITS))[1] for p in (plain, ones)]
    price = abs(dot(r, y)) / dot(r, r) if any(r) else fmpq(0)
    return (to_fmpq(parts[0]) + price * to_fmpq(parts[1])) * MORE
