"""Krawczyk's test: a proof, in ball arithmetic, that a square system has exactly one root in a box.

Theorem (Krawczyk 1969, Moore 1977). Let F be continuously differentiable on a box X = m + [-r, r] with all
r_i > 0, let J(X) be a matrix of balls that contains the Jacobian F'(x) for every x in X, and let Y be any real
matrix. Put

    K(X) = m - Y F(m) + (I - Y J(X)) (X - m).

If K(X) lies in the interior of X, then F has one and only one root in X, the root lies in K(X), and Y and
every matrix contained in J(X) are nonsingular; so the root is simple.

(Why: with N = |I - Y J(X)| entrywise the hypothesis gives N r < r componentwise, so the spectral radius of N is
below 1 and every I - Y A with A in J(X) is a contraction in the norm max |x_i| / r_i. By the mean value theorem,
taken row by row, x -> x - Y F(x) maps X into K(X) and contracts it. Banach's theorem ends the proof.)

The hypotheses are the callers' part: F and J must return balls that enclose their values on every ball they are
given, at whatever working precision is set when they are called. Newton's iteration only proposes the box. A
test that fails proves nothing, neither that there is a root nor that there is none.

>>> root = prove_root(lambda x: [x[0] ** 2 - 2], lambda x: arb_mat([[2 * x[0]]]), [1.4], 128)
>>> root.digits >= 38, root.box[0].overlaps(arb(2).sqrt())
(True, True)
>>> prove_root(lambda x: [x[0] ** 2], lambda x: arb_mat([[2 * x[0]]]), [0.1], 128) is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeAlias

from flint import arb, arb_mat

from polyrelu.exact.enclosure import accuracy_bits, ball, ball_column, identity, precision, strictly_inside

System: TypeAlias = Callable[[list[arb]], list[arb]]
Jacobian: TypeAlias = Callable[[list[arb]], arb_mat]

GUARD_BITS = 40  # beyond the accuracy asked for: covers rounding in F and a condition number of about 1e9
MAX_BITS = 16384
DOUBLINGS = (
    3  # a test that fails at eight times the precision fails for a singular Jacobian, not for rounding
)
LOW_BITS = 100
NEWTON_STEPS = 30
NEAR_BITS = 16  # a relative step smaller than that many bits seems to come near a root
INFLATIONS = 5


@dataclass(frozen=True)
class Root:
    """A proved root: `box` encloses it, and `region` (which contains box) contains no other root.

    The Jacobian is nonsingular at the root and everywhere in `region`. Each component of the box is accurate to
    `prec` bits relative to itself; a component whose ball contains zero, relative to the largest component.
    """

    box: list[arb]
    prec: int
    region: list[arb] = field(repr=False)
    system: System = field(repr=False)
    jacobian: Jacobian = field(repr=False)

    @property
    def digits(self) -> int:
        """Decimal digits to which every component is known, in the sense of `prec`."""
        return _accuracy(self.box) * 30103 // 100000

    def refine(self, prec: int, max_bits: int = MAX_BITS) -> Root | None:
        """The same root to `prec` bits; None only if `max_bits` does not suffice.

        A new box is proved from scratch; it holds the same root because it lies inside the old region, in which
        there is only one. A component that is zero may by luck be known far beyond `prec` already; then the
        new box is asked for more bits until it fits.
        """
        if prec <= self.prec:
            return self
        bits = prec
        while bits <= max_bits:
            finer = prove_root(
                self.system, self.jacobian, self.box, bits, max_bits=max_bits, known_bits=self.prec
            )
            if finer is None or all(map(_contains, self.region, finer.box)):
                return finer
            bits *= 2
        return None


def prove_root(
    F: System,
    J: Jacobian,
    x0: Sequence[Any],
    prec: int,
    *,
    max_bits: int = MAX_BITS,
    known_bits: int = 50,
) -> Root | None:
    """A proved root near x0 (floats, rationals or balls), to `prec` bits, or None if none could be proved.

    The working precision starts a little above `prec` and is raised, up to `max_bits`, as long as that helps:
    by the bits that are missing when the root is proved but not accurate enough, to the double (DOUBLINGS times
    at most) when the test fails although Newton's iteration converges, or when its steps were small and grew again:
    then rounding drives it away from a root. An iteration that never comes near one ends the attempt. `known_bits`,
    the accuracy of x0, only saves time.
    """
    bits, doublings = prec + GUARD_BITS, 0
    start = [_midpoint(x, bits) for x in x0]
    point = _climb(F, J, start, bits, known_bits)
    while bits <= max_bits and doublings <= DOUBLINGS:
        with precision(bits):
            try:
                point, step, Y = _newton(F, J, point, bits)
            except Astray as lost:
                if not lost.came_near:
                    return None
                proved, point = None, start
            else:
                proved = _krawczyk(J, point, step, Y, bits)
        if proved is None:
            bits, doublings = 2 * bits, doublings + 1
            continue
        region, box = proved
        missing = prec - _accuracy(box)
        if missing <= 0:
            return Root(box, prec, region, F, J)
        bits += missing + 8
    return None


def _climb(F: System, J: Jacobian, point: list[arb], bits: int, known: int) -> list[arb]:
    """Newton's iteration at low precision first, doubled step by step, so that few steps cost full precision."""
    ladder = [bits >> k for k in range(1, bits.bit_length()) if bits >> k >= max(LOW_BITS, known)]
    for low in reversed(ladder):
        with precision(low):
            try:
                point = _newton(F, J, point, low)[0]
            except Astray:
                return point  # full precision decides
    return point


def _midpoint(x: Any, bits: int) -> arb:
    """The starting value as an exact point."""
    return ball(arb(x) if isinstance(x, float) else x, bits).mid()


def _contains(outer: arb, inner: arb) -> bool:
    return bool(outer.contains(inner))


class Astray(ArithmeticError):
    """Newton's iteration does not settle; `came_near` where its steps were small for a while."""

    def __init__(self, came_near: bool) -> None:
        super().__init__("no convergence")
        self.came_near = came_near


def _newton(F: System, J: Jacobian, point: list[arb], bits: int) -> tuple[list[arb], list[arb], arb_mat]:
    """Newton's iteration down to rounding noise: the point m, the balls Y F(m), and an approximate inverse Y.

    The old inverse is kept while the steps are small and shrink fast with it: it is then good enough, and half of
    the work is saved. For the same reason the inverse is only computed to half of the precision.
    """
    Y: arb_mat | None = None
    before: list[arb] | None = None
    came_near = False
    for _ in range(NEWTON_STEPS):
        Y = approximate_inverse(J(point), bits // 2 + 64) if Y is None else Y
        if Y is None:
            break
        step: list[arb] = (Y * ball_column(F(point))).entries()
        if not all(s.is_finite() for s in step):
            break
        came_near = came_near or all(_small(s, m, NEAR_BITS) for s, m in zip(step, point, strict=True))
        if all(_settled(s, m, bits) for s, m in zip(step, point, strict=True)):
            return point, step, Y
        if not all(_small(s, m, bits // 4) for s, m in zip(step, point, strict=True)) or (
            before is not None and not all(_small(s, b, 10) for s, b in zip(step, before, strict=True))
        ):
            Y = None
        before, point = step, [_moved(m, s) for m, s in zip(point, step, strict=True)]
    raise Astray(came_near)


def _moved(m: arb, step: arb) -> arb:
    """The next iterate; 0 where the step takes all but 2^-40 of the component away.

    A component that is 0 at the root, and does not meet the noise of others, would shrink without end and never settle.
    One that is not 0 after all comes back with the next step.
    """
    moved = (m - step).mid()
    return arb(0) if abs(moved) <= abs(m) * arb(2) ** -40 else moved


def _settled(step: arb, m: arb, bits: int) -> bool:
    """Whether the step is no more than rounding noise: of the evaluation of F, or of the point itself."""
    size = step.abs_upper()
    return bool(size <= step.rad() * 1024) or _small(step, m, bits - 10)


def _small(step: arb, m: arb, bits: int) -> bool:
    return bool(step.abs_upper() <= m.abs_upper() * arb(2) ** -bits)


def approximate_inverse(A: arb_mat, bits: int) -> arb_mat | None:
    """A point matrix near the inverse of the midpoints, with no claim; None if they look singular."""
    try:
        with precision(bits):
            Y = A.mid().solve(identity(A.nrows()), algorithm="approx").mid()
    except ZeroDivisionError:
        return None
    return Y if all(y.is_finite() for y in Y.entries()) else None


def _krawczyk(
    J: Jacobian, point: list[arb], step: list[arb], Y: arb_mat, bits: int
) -> tuple[list[arb], list[arb]] | None:
    """The proof itself: (X, K(X)) with K(X) in the interior of X, or None.

    The first radius is twice what the Newton step and rounding ask for, each component by its own size. If K(X)
    sticks out, the next radius is twice what it asks for: components coupled to larger ones grow that way.
    """
    radii = [
        2 * s.abs_upper() + m.abs_upper() * arb(2) ** (2 - bits) for s, m in zip(step, point, strict=True)
    ]
    radii = _positive(radii, bits)
    unit = identity(len(point))
    for _ in range(INFLATIONS):
        X = [arb(m, r) for m, r in zip(point, radii, strict=True)]
        around_zero = ball_column([arb(0, x.rad()) for x in X])
        image = ((unit - Y * J(X)) * around_zero).entries()
        K = [m - s + e for m, s, e in zip(point, step, image, strict=True)]
        if all(map(strictly_inside, K, X)):
            return X, K
        if not all(k.is_finite() for k in K):
            return None
        radii = _positive([2 * (k - m).abs_upper() for k, m in zip(K, point, strict=True)], bits)
    return None


def _positive(radii: list[arb], bits: int) -> list[arb]:
    """The radii with zeros replaced: the theorem needs every radius to be positive."""
    largest = reduce(arb.max, radii, arb(0))
    least = (largest if largest > 0 else arb(1)) * arb(2) ** -bits
    return [r if r > 0 else least for r in radii]


def _accuracy(box: list[arb]) -> int:
    """Correct bits of the worst component; one around zero is measured against the largest component."""
    if not box:
        return MAX_BITS
    largest = reduce(arb.max, (b.abs_upper() for b in box))
    return min(accuracy_bits(arb(largest, b.rad()) if b.contains(0) and not b.is_zero() else b) for b in box)
