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

from polyrelu.exact.enclosure import ball_column, identity, precision
from polyrelu.exact.krawczyk import approximate_inverse
from polyrelu.paths.branch import BITS, Balls, Branch
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
    """Encloses x'(lambda) at every lambda in [low, high]."""

    @property
    def width(self) -> arb:
        """high - low."""
        return arb(self.high) - arb(self.low)

    @cached_property
    def root_low(self) -> Balls:
        """The root at low, enclosed."""
        return around(self.at_low, self.r)

    @cached_property
    def root_high(self) -> Balls:
        """The root at high, enclosed."""
        return around(self.at_high, self.r)

    @cached_property
    def implied(self) -> Implied:
        """What the equations imply for every lambda of the piece."""
        return Implied(self.branch, self.root_low)

    @cached_property
    def anywhere(self) -> Balls:
        """All roots of the piece, in one box."""
        return [u.union(v) for u, v in zip(self.root_low, self.root_high, strict=True)]

    @cached_property
    def curvature(self) -> Balls | None:
        """Encloses x'' at every lambda of the piece: F is quadratic, so J x'' = -2 q(x', 1)."""
        if not self.branch.unknowns:
            return []
        with precision(BITS):
            J = self.branch.jacobian(self.anywhere, self.all_lambda)
            try:
                found: Balls = J.solve(self.branch.bend(self.derivative, arb(1)) * -2).entries()
            except ZeroDivisionError:
                return None
        return found

    @cached_property
    def all_lambda(self) -> arb:
        """The interval as a ball."""
        return arb(self.low).union(arb(self.high))

    def holds(self, x: Sequence[arb], lam: arb) -> bool:
        """Whether points at some lambda of the piece lie where the root is unique: a root there is on this curve."""
        t = (lam - arb(self.low)) / self.width
        chord = [u + (v - u) * t for u, v in zip(self.at_low, self.at_high, strict=True)]
        inside = arb(self.low) <= lam <= arb(self.high)
        return bool(inside) and all(abs(s - c) < r for s, c, r in zip(x, chord, self.r, strict=True))

    def drift(self) -> Balls:
        """|e_i| for nu(lambda) = (1 - t) nu_a + t nu_b + e: lambda times the error of g, and the chord of lambda g."""
        p, step = self.branch.size, self.width / 4
        moved = [
            arb(self.high) * r + step * abs(v - u)
            for r, u, v in zip(self.r[:p], self.at_low[:p], self.at_high[:p], strict=True)
        ]
        return self.spread(moved)

    def spread(self, errors: Sequence[arb]) -> Balls:
        """What errors of g do to W g."""
        if not errors:
            return [arb(0)] * self.branch.program.n
        return [v.abs_upper() for v in (absolute(self.branch.data.W) * ball_column(errors)).entries()]


def prove_chord(
    branch: Branch, low: fmpq, high: fmpq, at_low: Sequence[arb], at_high: Sequence[arb]
) -> Chord | None:
    """The chord between two points near roots, if the test succeeds."""
    if not branch.unknowns:
        return Chord(branch, low, high, [], [], [], [])
    with precision(BITS):
        test = _Test.of(branch, low, high, list(at_low), list(at_high))
        r = None if test is None else test.radius()
        if test is None or r is None:
            return None
        derivative = test.derivative(r)
    return Chord(branch, low, high, list(at_low), list(at_high), r, derivative)


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

    @staticmethod
    def of(branch: Branch, low: fmpq, high: fmpq, u: Balls, v: Balls) -> _Test | None:
        a, b, half = arb(low), arb(high), arb(1) / 2
        middle = [(s + t) / 2 for s, t in zip(u, v, strict=True)]
        D = [t - s for s, t in zip(u, v, strict=True)]
        J0, J1 = branch.jacobian(middle, (a + b) / 2), branch.slope(D, b - a)
        Y0 = approximate_inverse(J0, BITS)
        if Y0 is None:
            return None
        Y1 = (-(Y0 * J1.mid() * Y0)).mid()
        size = absolute(Y0) + absolute(Y1) * half
        fixed = absolute(identity(branch.unknowns) - Y0 * J0) + absolute(Y1 * J0 + Y0 * J1) * half
        fixed = fixed + absolute(Y1 * J1) * (half * half)
        q, m = branch.bend(D, b - a), [arb(0)] * branch.unknowns
        at_ends = [
            ball_column(branch.equations(u, a)),
            ball_column(branch.equations(v, b)),
        ]
        for column, part in ((q, arb(1) / 4), (at_ends[0], arb(1)), (at_ends[1], arb(1))):
            whole = (absolute(Y0 * column) + absolute(Y1 * column) * half) * part
            m = [s + t for s, t in zip(m, whole.entries(), strict=True)]
        return _Test(branch, Y0, Y1, size, fixed, [k.abs_upper() for k in m], (u, v))

    def contracted(self, r: Balls, v: Balls) -> Balls:
        """C(r) v, rounded up."""
        near = self.size * ball_column(self.varied(r, v))
        return [t.abs_upper() for t in (self.fixed * ball_column(v) + near).entries()]

    def varied(self, r: Balls, v: Balls) -> Balls:
        """A bound of |J(x) - J(xh)| v for |x - xh| <= r."""
        (g, b, _), (vg, vb, _) = self.branch.parts(r), self.branch.parts(v)
        fit, norms = [arb(0)] * self.branch.size, []
        for square, weight, other in zip(self.branch.data.squares, b, vb, strict=True):
            turned, moved = absolute(square) * g, absolute(square) * vg
            fit = [
                f + weight * s + other * t
                for f, s, t in zip(fit, moved.entries(), turned.entries(), strict=True)
            ]
            norms.append((turned.transpose() * vg)[0, 0])
        return [*fit, *norms, *([arb(0)] * self.branch.r)]

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

    def derivative(self, r: Balls) -> Balls:
        """Enclosures of x' along the whole chord."""
        branch, (u, v), half = self.branch, self.ends, arb(1) / 2
        middle = [(s + t) / 2 for s, t in zip(u, v, strict=True)]
        R0 = -branch.by_lambda(middle)
        R1 = -branch.by_lambda([t - s for s, t in zip(u, v, strict=True)])
        loose = absolute(branch.data.gram) * ball_column(r[: branch.size])
        wide = ball_column([*loose.entries(), *([arb(0)] * (branch.K + branch.r))])
        error = absolute(self.Y1 * R0 + self.Y0 * R1) * half + absolute(self.Y1 * R1) * (half * half)
        error = error + self.size * wide
        centre = (self.Y0 * R0).entries()
        near = [arb(t, e.abs_upper()) for t, e in zip(centre, error.entries(), strict=True)]
        size = [t.abs_upper() for t in near]
        contraction = max_of(s / t for s, t in zip(self.contracted(r, r), r, strict=True))
        scale = max_of(s / t for s, t in zip(size, r, strict=True)) / (1 - contraction)
        bound = [(scale * t).abs_upper() for t in r]
        for _ in range(REFINEMENTS):
            moved = self.contracted(r, bound)
            bound = [(s + t).min(w).abs_upper() for s, t, w in zip(size, moved, bound, strict=True)]
        return [arb(t, s) for t, s in zip(near, self.contracted(r, bound), strict=True)]


def around(x: Sequence[arb], r: Sequence[arb]) -> Balls:
    """The box of half-widths r."""
    return [arb(s, t) for s, t in zip(x, r, strict=True)]


def absolute(M: arb_mat) -> arb_mat:
    """Upper bounds of the absolute values."""
    return arb_mat(M.nrows(), M.ncols(), [v.abs_upper() for v in M.entries()])


def max_of(values: object) -> arb:
    """The largest of some bounds."""
    best = arb(0)
    for v in values:  # type: ignore[attr-defined]
        best = best.max(v)
    return best.abs_upper()
