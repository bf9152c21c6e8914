"""One chord proves an interval: for every lambda in [low, high] one root near the chord, and how it bends.

Let x_a, x_b be points near the roots at a < b, xh(t) = (1 - t) x_a + t x_b and lambda(t) likewise. F is quadratic, so

    F(xh(t)) = (1 - t) F(x_a) + t F(x_b) - t (1 - t) q(D),      q the quadratic part, D the difference of the ends,

and with sigma = t - 1/2 the Jacobian along the chord is J_0 + sigma J_1, exactly. Krawczyk's test preconditioned by
Y = Y_0 + sigma Y_1 (Y_0 near J_0^-1, Y_1 near -Y_0 J_1 Y_0) bounds everything for all t at once:

    C(r) = |I - Y_0 J_0| + |Y_1 J_0 + Y_0 J_1| / 2 + |Y_1 J_1| / 4 + (|Y_0| + |Y_1| / 2) |J(r) - J(0)|,
    m = (|Y_0 q| + |Y_1 q| / 2) / 4 + the same of the ends,

and C(r) r + m < r shows one root within r of the chord for EVERY lambda, with a nonsingular Jacobian. It is a curve
x(lambda) by the implicit function theorem. Its derivative solves J x' = -dF/dlambda, hence |x' - Y rhs| <= C(r) |x'|.

**The bow.** Between the true roots at two lambda of the interval (or as near to its ends as anchors are) let xh be the
chord. There F(xh) = -t (1 - t) q, and F(x) - F(xh) = J (x - xh) with the Jacobian half way between x and xh, so that

    x = xh + t (1 - t) B,      B = J^-1 q,      |B - Y q| <= C |B|.

So B is known up to a part of about h, and x - xh vanishes at both ends. What is linear in x is f = fh + t (1 - t) k
with a k that is known as well as B; for the residual nu = lambda W g + y_N it is W (lambda B - h D). This is what
conditions and directions need; derivatives are used where that does not suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from flint import arb, fmpq

from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.implied import Implied
from polyrelu.curves.tube import Inverse, Test
from polyrelu.exact.enclosure import absolute, ball_column, precision

Anchor = tuple[Balls, arb]
"""A root on the curve, and its lambda."""


class Drift(NamedTuple):
    """Encloses e with nu(lambda) = (1 - t) nu_a + t nu_b + e, for the ends of a chord: t (1 - t) bow + off."""

    bow: Balls
    off: Balls

    def whole(self) -> Balls:
        """e."""
        return [(v / 4).union(arb(0)) + w for v, w in zip(self.bow, self.off, strict=True)]


@dataclass(frozen=True, eq=False)
class Chord:
    """A proved piece of a branch: at every lambda in [low, high] the root lies within r of the chord."""

    branch: Branch
    low: fmpq
    high: fmpq
    at_low: Balls
    at_high: Balls
    r: Balls
    near: tuple[Balls, Balls]
    """How far the roots at both ends are from `at_low` and `at_high`, at most: much less than r."""
    bow: Balls = field(default_factory=list)
    """B, for chords between the roots at both ends, or the anchors beside them."""
    anchors: tuple[Anchor | None, Anchor | None] = (None, None)
    """A breakpoint at an end: its root, and its lambda, which lies inside by a hair."""

    @cached_property
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
        ends = (self.root_low, self.root_high)
        positive = (x for x in ends if all(weight > 0 for weight in self.branch.parts(x)[1]))
        return Implied(self.branch, next(positive, self.root_low))  # next to an event they are at one end

    @cached_property
    def anywhere(self) -> Balls:
        """All roots of the piece, in one box."""
        ends = zip(self.root_low, self.root_high, self.bow, strict=True)
        return [u.union(v) + (k / 4).union(arb(0)) for u, v, k in ends]

    @cached_property
    def all_lambda(self) -> arb:
        """The interval as a ball."""
        return arb(self.low).union(arb(self.high))

    @cached_property
    def inverse(self) -> Inverse:
        """J^-1 along the chord."""
        with precision(BITS):
            test = Test.of(self.branch, arb(self.low), arb(self.high), self.at_low, self.at_high)
            assert test is not None  # it was made once
            return Inverse.of(test, self.r)

    def forget(self) -> None:
        """Matrices take much room: they are made again where they are asked for."""
        self.__dict__.pop("inverse", None)

    @cached_property
    def derivative(self) -> Balls:
        """Encloses x'(lambda) at every lambda in [low, high],"""
        if not self.branch.unknowns:
            return []
        with precision(BITS):
            return self.inverse.derivative()

    @cached_property
    def curvature(self) -> Balls:
        """and x''(lambda)."""
        if not self.branch.unknowns:
            return []
        with precision(BITS):
            return self.inverse.applied(self.branch.bend(self.derivative, arb(1)) * -2)

    @cached_property
    def feet(self) -> tuple[Anchor, Anchor]:
        """The roots at both ends and their lambda, together with the anchors."""
        low, high = self.anchors
        return _with(low, (self.root_low, arb(self.low))), _with(high, (self.root_high, arb(self.high)))

    @cached_property
    def reach(self) -> tuple[Balls, arb]:
        """D and h, from one foot to the other."""
        (u, a), (v, b) = self.feet
        return [t - s for s, t in zip(u, v, strict=True)], b - a

    @cached_property
    def residual_bow(self) -> Balls:
        """B of nu."""
        p, (D, h) = self.branch.size, self.reach
        return self.seen([v * self.all_lambda - s * h for v, s in zip(self.bow[:p], D[:p], strict=True)])

    @cached_property
    def drift(self) -> Drift:
        """How far nu is from the chord."""
        p = self.branch.size
        return Drift(self.residual_bow, self.spread([arb(self.high) * v for v in self._off[:p]]))

    @cached_property
    def scaled_drift(self) -> Drift:
        """How far W g is from its chord."""
        p = self.branch.size
        return Drift(self.seen(self.bow[:p]), self.spread(self._off[:p]))

    @property
    def _off(self) -> Balls:
        return [u.max(v) for u, v in zip(*self.near, strict=True)]

    def holds(self, x: Sequence[arb], lam: arb) -> bool:
        """Whether points at some lambda of the piece lie where the root is unique: a root there is on this curve."""
        t = (lam - arb(self.low)) / self.width
        chord = [u + (v - u) * t for u, v in zip(self.at_low, self.at_high, strict=True)]
        inside = arb(self.low) <= lam <= arb(self.high)
        return bool(inside) and all(abs(s - c) < r for s, c, r in zip(x, chord, self.r, strict=True))

    def seen(self, g: Sequence[arb]) -> Balls:
        """W g."""
        found: Balls = (
            (self.branch.data.W * ball_column(g)).entries() if g else [arb(0)] * self.branch.program.n
        )
        return found

    def spread(self, errors: Sequence[arb]) -> Balls:
        """What errors of g, up to these sizes, do to W g."""
        if not errors:
            return [arb(0)] * self.branch.program.n
        return [arb(0, v.abs_upper()) for v in (absolute(self.branch.data.W) * ball_column(errors)).entries()]


def _with(anchor: Anchor | None, foot: Anchor) -> Anchor:
    if anchor is None:
        return foot
    return [s.union(t) for s, t in zip(anchor[0], foot[0], strict=True)], anchor[1].union(foot[1])


def prove_chord(  # noqa: PLR0917
    branch: Branch,
    low: fmpq,
    high: fmpq,
    at_low: Sequence[arb],
    at_high: Sequence[arb],
    anchors: tuple[Anchor | None, Anchor | None] = (None, None),
) -> Chord | None:
    """The chord between two points near roots, if the test succeeds and the anchors lie on its curve."""
    if not branch.unknowns:
        return Chord(branch, low, high, [], [], [], ([], []), [], anchors)
    u, v = list(at_low), list(at_high)
    with precision(BITS):
        test = Test.of(branch, arb(low), arb(high), u, v)
        r = None if test is None else test.radius()
        if test is None or r is None:
            return None
        inverse = Inverse.of(test, r)
        found = Chord(branch, low, high, u, v, r, inverse.near(), anchors=anchors)
        if not all(anchor is None or found.holds(*anchor) for anchor in anchors):
            return None
        found = replace(found, bow=inverse.applied(branch.bend(*found.reach)))
    vars(found)["inverse"] = inverse
    return found


def around(x: Sequence[arb], r: Sequence[arb]) -> Balls:
    """The box of half-widths r."""
    return [arb(s, t) for s, t in zip(x, r, strict=True)]
