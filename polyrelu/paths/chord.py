"""One chord proves an interval: for every lambda in [low, high] one root near the chord, and its derivative.

Let x_a, x_b be points near the roots at a < b, xh(t) = (1 - t) x_a + t x_b and lambda(t) likewise. F is quadratic, so

    F(xh(t)) = (1 - t) F(x_a) + t F(x_b) - t (1 - t) q(D),      q the quadratic part, D the difference of the ends,

and with sigma = t - 1/2 the Jacobian along the chord is J_0 + sigma J_1, exactly. Krawczyk's test preconditioned by
Y_0 + sigma Y_1 (Y_0 near J_0^-1, Y_1 near -Y_0 J_1 Y_0) bounds everything for all t at once:

    C(r) = |I - Y_0 J_0| + |Y_1 J_0 + Y_0 J_1| / 2 + |Y_1 J_1| / 4 + (|Y_0| + |Y_1| / 2) |J(r) - J(0)|,
    m = (|Y_0 q| + |Y_1 q| / 2) / 4 + the same of the ends,

and C(r) r + m < r shows one root within r of the chord for EVERY lambda, with a nonsingular Jacobian. It is a curve
x(lambda) by the implicit function theorem. Its derivative solves J x' = -dF/dlambda, hence |x' - Y rhs| <= C(r) |x'|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import arb, arb_mat, fmpq

from polyrelu.exact.enclosure import absolute, ball_column, identity, max_of, precision
from polyrelu.exact.krawczyk import approximate_inverse
from polyrelu.paths.branch import BITS, ROUGH, Balls, Branch
from polyrelu.paths.implied import Implied

ROUNDS = 8
REFINEMENTS = 3
LEAST = arb(2) ** -90
"""Of the largest unknown: no radius is smaller, so that a root known to far more digits lies inside."""


@dataclass(frozen=True, eq=False)
class Chord:
    """A proved piece of a branch: at every lambda in [low, high] the root lies within r of the chord."""

    branch: Branch
    low: fmpq
    high: fmpq
    at_low: Balls
    at_high: Balls
    r: Balls
    derivative: Balls
    """Encloses x'(lambda) at every lambda in [low, high],"""
    curvature: Balls
    """and x''(lambda)."""
    near: tuple[Balls, Balls]
    """How far the roots at both ends are from `at_low` and `at_high`, at most: much less than r."""

    @property
    def width(self) -> arb:
        """high - low."""
        return arb(self.high) - arb(self.low)

    @cached_property
    def root_low(self) -> Balls:
        """The root at low, enclosed."""
        return around(self.at_low, self.near[0])

    @cached_property
    def root_high(self) -> Balls:
        """The root at high, enclosed."""
        return around(self.at_high, self.near[1])

    @cached_property
    def implied(self) -> Implied:
        """What the equations imply for every lambda of the piece."""
        return Implied(self.branch, self.root_low)

    @cached_property
    def anywhere(self) -> Balls:
        """All roots of the piece, in one box."""
        tubes = (around(self.at_low, self.r), around(self.at_high, self.r))
        return [u.union(v) for u, v in zip(*tubes, strict=True)]

    @cached_property
    def all_lambda(self) -> arb:
        """The interval as a ball."""
        return arb(self.low).union(arb(self.high))

    @cached_property
    def narrow(self) -> Balls:
        """How far the root is from the chord at most: h^2 / 8 |x''| and what is off at the ends, if less than r."""
        part = self.width * self.width / 8
        off = (u.max(v) for u, v in zip(*self.near, strict=True))
        bent = [(part * abs(v) + e).abs_upper() for v, e in zip(self.curvature, off, strict=True)]
        return [u.min(v) for u, v in zip(bent, self.r, strict=True)]

    def holds(self, x: Sequence[arb], lam: arb) -> bool:
        """Whether points at some lambda of the piece lie where the root is unique: a root there is on this curve."""
        t = (lam - arb(self.low)) / self.width
        chord = [u + (v - u) * t for u, v in zip(self.at_low, self.at_high, strict=True)]
        inside = arb(self.low) <= lam <= arb(self.high)
        return bool(inside) and all(abs(s - c) < r for s, c, r in zip(x, chord, self.r, strict=True))

    def drift(self) -> Balls:
        """Encloses e with nu(lambda) = (1 - t) nu_a + t nu_b + e, nu_a and nu_b being those of `at_low` and `at_high`.

        Along a chord of width h, e_i is between 0 and -h^2/8 times values of nu_i'', up to what is off at the ends.
        """
        p, data = self.branch.size, self.branch.data
        if not p:
            return [arb(0)] * self.branch.program.n
        dg, ddg = self.derivative[:p], self.curvature[:p]
        bent = data.W * ball_column([2 * u + v * self.all_lambda for u, v in zip(dg, ddg, strict=True)])
        part = -(self.width * self.width) / 8
        off = [arb(self.high) * u.max(v) for u, v in zip(self.near[0][:p], self.near[1][:p], strict=True)]
        return [(v * part).union(arb(0)) + e for v, e in zip(bent.entries(), self.spread(off), strict=True)]

    def spread(self, errors: Sequence[arb]) -> Balls:
        """What errors of g, up to these sizes, do to W g."""
        if not errors:
            return [arb(0)] * self.branch.program.n
        return [arb(0, v.abs_upper()) for v in (absolute(self.branch.data.W) * ball_column(errors)).entries()]


def prove_chord(
    branch: Branch, low: fmpq, high: fmpq, at_low: Sequence[arb], at_high: Sequence[arb]
) -> Chord | None:
    """The chord between two points near roots, if the test succeeds."""
    if not branch.unknowns:
        return Chord(branch, low, high, [], [], [], [], [], ([], []))
    with precision(BITS):
        test = _Test.of(branch, low, high, list(at_low), list(at_high))
        r = None if test is None else test.radius()
        if test is None or r is None:
            return None
        inverse = test.inverse(r)
        dx = test.derivative(inverse)
        ddx = inverse.applied(branch.bend(dx, arb(1)) * -2)
    return Chord(branch, low, high, list(at_low), list(at_high), r, dx, ddx, test.near(inverse))


def part_of(chord: Chord, start: fmpq, end: fmpq) -> Chord | None:
    """A part of a chord, from one fraction of its length to another, as a narrower chord around the same curve."""
    lams = [chord.low + (chord.high - chord.low) * t for t in (start, end)]
    points = list[Balls]()
    for lam, t in zip(lams, (arb(start), arb(end)), strict=True):
        near = [u + (v - u) * t for u, v in zip(chord.at_low, chord.at_high, strict=True)]
        point = chord.branch.newton(near, lam)
        if point is None:
            return None
        points.append(point)
    found = prove_chord(chord.branch, lams[0], lams[1], points[0], points[1])
    # one root of it inside the wider tube, where there is no other, makes it the same curve
    if found is None:
        return None
    ends = zip((found.root_low, found.root_high), lams, strict=True)
    return found if any(chord.holds(x, arb(lam)) for x, lam in ends) else None


@dataclass(frozen=True, eq=False)
class _Test:
    """The matrices of one chord."""

    branch: Branch
    Y0: arb_mat
    Y1: arb_mat
    size: arb_mat
    """|Y_0| + |Y_1| / 2."""
    fixed: arb_mat
    """The part of C that does not depend on r."""
    m: Balls
    ends: tuple[Balls, Balls]
    off: tuple[Balls, Balls]
    """Bounds of Y F at both ends."""

    @staticmethod
    def of(branch: Branch, low: fmpq, high: fmpq, u: Balls, v: Balls) -> _Test | None:
        a, b, half = arb(low), arb(high), arb(1) / 2
        middle = [(s + t) / 2 for s, t in zip(u, v, strict=True)]
        D = [t - s for s, t in zip(u, v, strict=True)]
        J0, J1 = branch.jacobian(middle, (a + b) / 2), branch.slope(D, b - a)
        Y0 = approximate_inverse(J0, ROUGH)
        if Y0 is None:
            return None
        with precision(ROUGH):
            product = Y0 * J1
            Y1 = (-(product.mid() * Y0)).mid()
            size = absolute(Y0) + absolute(Y1) * half
            fixed = absolute(identity(branch.unknowns) - Y0 * J0) + absolute(Y1 * J0 + product) * half
            fixed = fixed + absolute(Y1 * J1) * (half * half)

        def moved(column: arb_mat) -> Balls:
            found: Balls = (absolute(Y0 * column) + absolute(Y1 * column) * half).entries()
            return found

        q = moved(branch.bend(D, b - a))
        off = moved(ball_column(branch.equations(u, a))), moved(ball_column(branch.equations(v, b)))
        m = [(s / 4 + t + w).abs_upper() for s, t, w in zip(q, *off, strict=True)]
        return _Test(branch, Y0, Y1, size, fixed, m, (u, v), off)

    def contracted(self, r: Balls, v: Balls) -> Balls:
        """C(r) v, rounded up."""
        near = self.size * ball_column(self.branch.varied(r, v))
        return [t.abs_upper() for t in (self.fixed * ball_column(v) + near).entries()]

    def radius(self) -> Balls | None:
        """An r with C(r) r + m < r, if one is found."""
        least = LEAST * max_of(abs(v) for v in self.ends[0])
        r = [(2 * k + least).abs_upper() for k in self.m]
        for _ in range(ROUNDS):
            image = [(s + t).abs_upper() for s, t in zip(self.contracted(r, r), self.m, strict=True)]
            if all(s < t for s, t in zip(image, r, strict=True)):
                return r
            if not all(s.is_finite() for s in image):
                return None
            r = [(2 * s).max(t).abs_upper() for s, t in zip(image, r, strict=True)]
        return None

    def inverse(self, r: Balls) -> _Inverse:
        """What is known of the inverse of J along the whole chord."""
        rate = max_of(s / t for s, t in zip(self.contracted(r, r), r, strict=True))
        return _Inverse(self, r, rate)

    def near(self, inverse: _Inverse) -> tuple[Balls, Balls]:
        """How far the roots are from both ends: |x - u| <= |Y F(u)| + C |x - u|."""
        low, high = (
            [u.min(v) for u, v in zip(inverse.bound(off), inverse.r, strict=True)] for off in self.off
        )
        return low, high

    def derivative(self, inverse: _Inverse) -> Balls:
        """Enclosures of x' along the whole chord."""
        branch, (u, v), half = self.branch, self.ends, arb(1) / 2
        middle = [(s + t) / 2 for s, t in zip(u, v, strict=True)]
        R0 = -branch.by_lambda(middle)
        R1 = -branch.by_lambda([t - s for s, t in zip(u, v, strict=True)])
        wide = branch.spread_by_lambda(inverse.r)
        error = absolute(self.Y1 * R0 + self.Y0 * R1) * half + absolute(self.Y1 * R1) * (half * half)
        error = error + self.size * wide
        centre = (self.Y0 * R0).entries()
        near = [arb(t, e.abs_upper()) for t, e in zip(centre, error.entries(), strict=True)]
        return inverse.refined(near)


@dataclass(frozen=True, eq=False)
class _Inverse:
    """|z - Y v| <= C(r) |z| for z = J^-1 v; the largest (C(r) r)_i / r_i is the rate of contraction."""

    test: _Test
    r: Balls
    rate: arb

    def bound(self, size: Balls) -> Balls:
        """|z| for |Y v| <= size, in the norm max |z_i| / r_i."""
        scale = max_of(s / t for s, t in zip(size, self.r, strict=True)) / (1 - self.rate)
        return [(scale * t).abs_upper() for t in self.r]

    def refined(self, near: Balls) -> Balls:
        """z, where `near` holds Y v for every Y along the chord."""
        size = [t.abs_upper() for t in near]
        bound = self.bound(size)
        for _ in range(REFINEMENTS):
            moved = self.test.contracted(self.r, bound)
            bound = [(s + t).min(w).abs_upper() for s, t, w in zip(size, moved, bound, strict=True)]
        return [t + arb(0, s) for t, s in zip(near, self.test.contracted(self.r, bound), strict=True)]

    def applied(self, v: arb_mat) -> Balls:
        """J^-1 v along the whole chord."""
        loose = (absolute(self.test.Y1) * absolute(v) * (arb(1) / 2)).entries()
        near = [t + arb(0, e.abs_upper()) for t, e in zip((self.test.Y0 * v).entries(), loose, strict=True)]
        return self.refined(near)


def around(x: Sequence[arb], r: Sequence[arb]) -> Balls:
    """The box of half-widths r."""
    return [arb(s, t) for s, t in zip(x, r, strict=True)]
