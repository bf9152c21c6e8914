"""What must be positive for a root to be the optimum, as functions along its curve, and how they are proved so.

Every condition is one of

    a weight b_k,    a linear form of nu (a strict side s (+-)x_j.A_k nu, or a multiplier),    a slack,    a share,

with a value and a gradient in (x, lambda). Along a proved chord the derivative f' = f_lambda + f_x.x' is enclosed, and

    f >= (d f_a - c f_b + c d (b - a)) / (d - c)        where c <= f' <= d on [a, b] and c < 0 < d

(the lines of slope c from a and of slope d from b meet there), while f is monotone if c or d is 0. A function that is
known to vanish at one end, an event, is positive elsewhere iff it leaves 0 in the right direction: the sign of f'.
Where f' is known to be 0 there as well, f'' > 0 along the chord says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.exact.enclosure import ball_column, ends
from polyrelu.exact.linear import dot, times
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.chord import Chord
from polyrelu.proof.neuron import Neuron, Place


@dataclass(frozen=True)
class Condition:
    """A function that must be positive; what happens where it is not is told by `kind`.

    `place` is the neuron concerned, `row` the hyperplane of a side, `target` the face that a multiplier sends u to.
    """

    kind: str
    place: Place
    row: int | None = None
    target: Place | None = None
    form: tuple[fmpq, ...] = field(default=(), compare=False, repr=False)
    """Over nu, for sides and multipliers; over b for weights that are shared with dependent neurons."""


WEIGHT, SIDE, MULTIPLIER, SLACK, SHARE = "weight", "side", "multiplier", "slack", "share"
NOISE = arb(2) ** -100
"""What may be 0 at a point that is nearly a root, as a part of lambda: for hints alone."""
SOFT = "soft line"
"""Not needed, but if it holds the star of a neuron does not end at a line."""


@dataclass(frozen=True)
class Values:
    """Values of some conditions at the ends of a chord, and enclosures of their derivatives on it."""

    low: Balls
    high: Balls
    slope: Balls


class Table:
    """Conditions on one branch, evaluated together: all but slacks are rows of one matrix over x.

    Row i has the value (R x)_i, or lambda (R x)_i + constant_i where nu has a part outside of W that the form sees.
    """

    def __init__(self, branch: Branch, conditions: Iterable[Condition]) -> None:
        self.branch = branch
        given = list(conditions)
        self.linear = [f for f in given if f.kind != SLACK]
        self.slacks = [f for f in given if f.kind == SLACK]
        self.settled: set[int] = set()
        """Rows that vanish for every lambda, or are positive constants."""
        self.broken: set[int] = set()
        """Rows that are negative constants."""
        self.constant: dict[int, fmpq] = {}
        self.R = self._rows()
        self.newcomers = [_Slack(branch, f.place) for f in self.slacks]

    @property
    def conditions(self) -> list[Condition]:
        """In the order of all values."""
        return [*self.linear, *self.slacks]

    @cached_property
    def held(self) -> set[Place]:
        """The neurons of the branch, antipodes and images included: their faces tell the signs of fixed directions."""
        places = [neuron.place for neuron in self.branch.neurons]
        return {p for place in places for p in (*self.branch.orbit(place), antipode(place))}

    def _rows(self) -> arb_mat:
        """The matrix over x, with constants and identities sorted out exactly."""
        branch, rest = self.branch, self.branch.y_rest
        places = {neuron.place: k for k, neuron in enumerate(branch.neurons)}
        rows: list[Balls] = []
        for i, f in enumerate(self.linear):
            row = [arb(0)] * branch.unknowns
            if f.kind == WEIGHT:
                shared = f.form or tuple(int(k == places[f.place]) for k in range(branch.K))
                row[branch.size : branch.size + branch.K] = [arb(v) for v in shared]
            else:
                constant = dot(f.form, rest)
                if branch.size:
                    over_g = (_row(f.form) * branch.data.W).entries()
                    if all(v.contains(0) for v in over_g):
                        exact = (fmpq_mat(1, len(f.form), list(f.form)) * branch.W).entries()
                        over_g = [arb(v) for v in exact]
                    row[: branch.size] = over_g
                own = f.kind == SIDE and f.place in self.held  # what tells the sign of a fixed direction
                known = _known_sign(branch, f.form, row, constant, fixed=not own)
                if known is not None:
                    bad = known < 0 or (known == 0 and f.kind == SIDE)
                    (self.broken if bad else self.settled).add(i)
                elif constant != 0:
                    self.constant[i] = constant
            rows.append(row)
        return arb_mat(rows) if rows else arb_mat(0, branch.unknowns)

    def values(self, x: Sequence[arb], lam: arb) -> Balls:
        """All values at a point."""
        products = (self.R * ball_column(x)).entries() if self.branch.unknowns else []
        found = [*products] or [arb(0)] * len(self.linear)
        for i, constant in self.constant.items():
            found[i] = found[i] * lam + arb(constant)
        return [*found, *(s.value(x, lam) for s in self.newcomers)]

    def slopes(self, x: Sequence[arb], dx: Sequence[arb], lam: arb) -> Balls:
        """Derivatives along a curve with x' = dx."""
        if not self.branch.unknowns:
            return [*([arb(0)] * len(self.linear)), *(s.slope(x, dx, lam) for s in self.newcomers)]
        moved = (self.R * ball_column(dx)).entries()
        here = (self.R * ball_column(x)).entries() if self.constant else []
        for i in self.constant:
            moved[i] = moved[i] * lam + here[i]
        return [*moved, *(s.slope(x, dx, lam) for s in self.newcomers)]

    def curvatures(self, x: Sequence[arb], dx: Sequence[arb], ddx: Sequence[arb], lam: arb) -> Balls:
        """Second derivatives along a curve with x' = dx and x'' = ddx."""
        if not self.branch.unknowns:
            return [*([arb(0)] * len(self.linear)), *([arb(1)] * len(self.newcomers))]
        turned = (self.R * ball_column(ddx)).entries()
        moved = (self.R * ball_column(dx)).entries() if self.constant else []
        for i in self.constant:
            turned[i] = turned[i] * lam + 2 * moved[i]
        return [*turned, *(s.curvature(x, dx, ddx, lam) for s in self.newcomers)]

    def along(self, chord: Chord) -> Values:
        """At both ends and between them."""
        return Values(
            self.values(chord.root_low, arb(chord.low)),
            self.values(chord.root_high, arb(chord.high)),
            self.slopes(chord.anywhere, chord.derivative, chord.all_lambda),
        )

    def gradient(self, which: Condition, x: Sequence[arb], lam: arb) -> tuple[Balls, arb]:
        """The gradient of one condition over x, and its derivative by lambda."""
        if which.kind == SLACK:
            return self.newcomers[self.slacks.index(which)].gradient(x, lam)
        i = self.linear.index(which)
        row = [self.R[i, j] for j in range(self.branch.unknowns)]
        if i not in self.constant:
            return row, arb(0)
        return [v * lam for v in row], sum((v * t for v, t in zip(row, x, strict=True)), start=arb(0))

    def failing(
        self,
        chord: Chord,
        at_low: Set[Condition],
        at_high: Set[Condition],
        flat: Set[Condition] = frozenset(),
    ) -> list[Condition]:
        """Those not proved positive on the chord; some are known to vanish at one of its ends, `flat` ones twice."""
        values, width, found = self.along(chord), chord.width, []
        convex = self._convex(chord) if flat else set()
        for i, f in enumerate(self.conditions):
            if i in self.settled and i < len(self.linear):
                continue
            known = (f in at_low, f in at_high)
            if f in flat and f in convex and known != (True, True):
                continue
            if i in self.broken or not positive(values.low[i], values.high[i], values.slope[i], width, known):
                found.append(f)
        near = {f for i, f in enumerate(self.conditions) if _may_vanish(values.low[i], values.high[i])}
        return [f for f in found if f not in near or not self._is_implied(f, chord)]

    def _is_implied(self, f: Condition, chord: Chord) -> bool:
        """Whether a form is 0, or a positive multiple of lambda, on the whole chord, which balls cannot show."""
        if f.kind not in (MULTIPLIER, SOFT, SIDE) or (f.place in self.held and f.kind == SIDE):
            return False
        known = chord.implied.sign(f.form)
        return known is not None and known >= (f.kind == SIDE)

    def _convex(self, chord: Chord) -> set[Condition]:
        """Those with a positive second derivative on the chord."""
        turned = chord.curvature
        if turned is None:
            return set()
        values = self.curvatures(chord.anywhere, chord.derivative, turned, chord.all_lambda)
        return {f for f, v in zip(self.conditions, values, strict=True) if v > 0}

    def negative(self, x: Sequence[arb], lam: arb) -> list[Condition]:
        """Those negative at a point near the root: only a hint."""
        found = self.values(x, lam)
        return [
            f
            for i, f in enumerate(self.conditions)
            if i in self.broken or (i not in self.settled and found[i] < -NOISE * lam)
        ]


def antipode(place: Place) -> Place:
    """The same sign on the opposite face."""
    return Place(place.sign, tuple(-side for side in place.face))


def _known_sign(
    branch: Branch, form: Sequence[fmpq], row: Balls, constant: fmpq, *, fixed: bool
) -> int | None:
    """The sign of a form of nu that is a constant, or a multiple of lambda, for every lambda."""
    if all(v.is_zero() for v in row):
        return int(constant > 0) - int(constant < 0)
    if constant != 0 or not fixed:
        return None
    return branch.fixed.sign((fmpq_mat(1, len(form), list(form)) * branch.W).entries())


class _Slack:
    """(lambda^2 - |z|^2) / 2 with z = A nu = lambda A W g + A y_N."""

    def __init__(self, branch: Branch, place: Place) -> None:
        neuron = Neuron(place, branch.program)
        self.branch, self.A = branch, arb_mat(neuron.A)
        self.over_g = self.A * branch.data.W if branch.size else None
        self.rest = arb_mat(neuron.A.nrows(), 1, [arb(v) for v in times(neuron.A, branch.y_rest)])

    def z(self, x: Sequence[arb], lam: arb) -> arb_mat:
        """A nu."""
        if self.over_g is None:
            return self.rest
        return self.over_g * ball_column(x[: self.branch.size]) * lam + self.rest

    def value(self, x: Sequence[arb], lam: arb) -> arb:
        """The slack."""
        return (lam * lam - _inner(self.z(x, lam), self.z(x, lam))) / 2

    def slope(self, x: Sequence[arb], dx: Sequence[arb], lam: arb) -> arb:
        """lambda - z.z'."""
        if self.over_g is None:
            return lam
        p = self.branch.size
        moved = self.over_g * (ball_column(x[:p]) + ball_column(dx[:p]) * lam)
        return lam - _inner(self.z(x, lam), moved)

    def curvature(self, x: Sequence[arb], dx: Sequence[arb], ddx: Sequence[arb], lam: arb) -> arb:
        """1 - |z'|^2 - z.z''."""
        if self.over_g is None:
            return arb(1)
        p = self.branch.size
        once = self.over_g * (ball_column(x[:p]) + ball_column(dx[:p]) * lam)
        twice = self.over_g * (ball_column(dx[:p]) * 2 + ball_column(ddx[:p]) * lam)
        return 1 - _inner(once, once) - _inner(self.z(x, lam), twice)

    def gradient(self, x: Sequence[arb], lam: arb) -> tuple[Balls, arb]:
        """Over x, and by lambda."""
        if self.over_g is None:
            return [], lam
        z, p = self.z(x, lam), self.branch.size
        over_g = (self.over_g.transpose() * z * (-lam)).entries()
        rest = [arb(0)] * (self.branch.unknowns - p)
        return [*over_g, *rest], lam - _inner(z, self.over_g * ball_column(x[:p]))


def positive(low: arb, high: arb, slope: arb, width: arb, zero: tuple[bool, bool]) -> bool:
    """Whether a function is positive between the ends, and at those where it is not known to vanish."""
    if zero[0]:
        return not zero[1] and bool(slope > 0) and bool(high > 0)
    if zero[1]:
        return bool(slope < 0) and bool(low > 0)
    if not (low > 0 and high > 0):
        return False
    if slope >= 0 or slope <= 0:
        return True
    c, d = (to_fmpq(v) for v in ends(slope))
    return bool((low * d - high * c + width * (c * d)) > 0)


def _may_vanish(low: arb, high: arb) -> bool:
    return bool(low.contains(0)) and bool(high.contains(0))


def _inner(u: arb_mat, v: arb_mat) -> arb:
    return (u.transpose() * v)[0, 0]


def _row(form: Sequence[fmpq]) -> arb_mat:
    return arb_mat(1, len(form), [arb(v) for v in form])
