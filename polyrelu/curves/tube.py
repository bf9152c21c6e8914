"""The test behind a chord: Krawczyk's, for all lambda of an interval at once. See `chord` for what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, arb_mat

from polyrelu.curves.branch import ROUGH, Balls, Branch
from polyrelu.exact.enclosure import absolute, ball_column, identity, max_of, precision
from polyrelu.exact.krawczyk import approximate_inverse

ROUNDS = 8
REFINEMENTS = 3
LOOSE = 64
"""Precision of bounds."""
LEAST = arb(2) ** -90
"""Of the largest unknown: no radius is smaller, so that a root known to far more digits lies inside."""


@dataclass(frozen=True, eq=False)
class Test:
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
    def of(branch: Branch, a: arb, b: arb, u: Balls, v: Balls) -> Test | None:
        """For the chord from u at a to v at b."""
        half = arb(1) / 2
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
        off = _moved(Y0, Y1, branch.equations(u, a)), _moved(Y0, Y1, branch.equations(v, b))
        q = _moved(Y0, Y1, branch.bend(D, b - a).entries())
        m = [(s / 4 + t + w).abs_upper() for s, t, w in zip(q, *off, strict=True)]
        return Test(branch, Y0, Y1, size, fixed, m, (u, v), off)

    def contraction(self, r: Balls) -> arb_mat:
        """C(r)."""
        with precision(LOOSE):
            return self.fixed + self.size * self.branch.variation(r)

    def radius(self) -> Balls | None:
        """An r with C(r) r + m < r, if one is found."""
        least = LEAST * max_of(abs(v) for v in self.ends[0])
        r = [(2 * k + least).abs_upper() for k in self.m]
        for _ in range(ROUNDS):
            image = _plus(self.m, self.contraction(r), r)
            if all(s < t for s, t in zip(image, r, strict=True)):
                return r
            if not all(s.is_finite() for s in image):
                return None
            r = [(2 * s).max(t).abs_upper() for s, t in zip(image, r, strict=True)]
        return None


@dataclass(frozen=True, eq=False)
class Inverse:
    """J^-1 along a chord: |z - Y v| <= C |z| for z = J^-1 v.

    Since C r < r and r > 0, the inverse of I - C exists and has no negative entry.
    """

    test: Test
    r: Balls
    C: arb_mat

    @staticmethod
    def of(test: Test, r: Balls) -> Inverse:
        """For the r of a successful test."""
        return Inverse(test, r, test.contraction(r))

    def near(self) -> tuple[Balls, Balls]:
        """How far the roots are from both ends: |x - u| <= |Y F(u)| + C |x - u|."""
        low, high = (
            [u.min(v) for u, v in zip(self.bound(off), self.r, strict=True)] for off in self.test.off
        )
        return low, high

    def bound(self, size: Balls) -> Balls:
        """A bound of |z| for |Y v| <= size: every t with size + C t <= t, since then t >= (I - C)^-1 size >= |z|.

        A multiple of r is such a t, too, and taken where no other is found: unknowns that are affine in lambda have
        hardly any r, and make it a wild one.
        """
        t = [(2 * s).abs_upper() for s in size]
        for _ in range(ROUNDS):
            moved = _plus(size, self.C, t)
            if all(s <= v for s, v in zip(moved, t, strict=True)):
                return moved
            t = [(2 * s).max(v).abs_upper() for s, v in zip(moved, t, strict=True)]
        still = [0] * len(size)
        rate = max_of(s / v for s, v in zip(_plus(still, self.C, self.r), self.r, strict=True))
        scale = max_of(s / v for s, v in zip(size, self.r, strict=True)) / (1 - rate)
        return [(scale * v).abs_upper() for v in self.r]

    def refined(self, near: Balls) -> Balls:
        """z, where `near` holds Y v for every Y along the chord."""
        size = [t.abs_upper() for t in near]
        bound = self.bound(size)
        for _ in range(REFINEMENTS):
            bound = [s.min(t) for s, t in zip(_plus(size, self.C, bound), bound, strict=True)]
        loose = _plus([0] * len(size), self.C, bound)
        return [t + arb(0, s) for t, s in zip(near, loose, strict=True)]

    def applied(self, v: arb_mat) -> Balls:
        """J^-1 v along the whole chord."""
        with precision(LOOSE):
            loose = (absolute(self.test.Y1) * absolute(v) * (arb(1) / 2)).entries()
        near = [t + arb(0, e.abs_upper()) for t, e in zip((self.test.Y0 * v).entries(), loose, strict=True)]
        return self.refined(near)

    def derivative(self) -> Balls:
        """Encloses x' along the whole chord."""
        test, branch, half = self.test, self.test.branch, arb(1) / 2
        u, v = test.ends
        middle = [(s + t) / 2 for s, t in zip(u, v, strict=True)]
        R0 = -branch.by_lambda(middle)
        R1 = -branch.by_lambda([t - s for s, t in zip(u, v, strict=True)])
        wide = branch.spread_by_lambda(self.r)
        error = absolute(test.Y1 * R0 + test.Y0 * R1) * half + absolute(test.Y1 * R1) * (half * half)
        error = error + test.size * wide
        centre = (test.Y0 * R0).entries()
        near = [arb(t, e.abs_upper()) for t, e in zip(centre, error.entries(), strict=True)]
        return self.refined(near)


def _plus(size: Balls | list[int], C: arb_mat, v: Balls) -> Balls:
    """size + C v, rounded up."""
    with precision(LOOSE):
        return [(s + t).abs_upper() for s, t in zip(size, (C * ball_column(v)).entries(), strict=True)]


def _moved(Y0: arb_mat, Y1: arb_mat, v: Balls) -> Balls:
    """A bound of |Y v| for every Y along the chord."""
    column = ball_column(v)
    found: Balls = (absolute(Y0 * column) + absolute(Y1 * column) * (arb(1) / 2)).entries()
    return found
