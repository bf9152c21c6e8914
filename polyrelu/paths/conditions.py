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
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from polyrelu.exact.enclosure import ball, ball_column
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.chord import Chord
from polyrelu.paths.positive import bent, positive
from polyrelu.paths.slack import ScaledSlack, Slack
from polyrelu.proof.neuron import Place


@dataclass(frozen=True)
class Condition:
    """A function that must be positive; what happens where it is not is told by `kind`.

    `place` is the neuron concerned, `row` the hyperplane of a side, `target` the face that a multiplier sends u to.
    """

    kind: str
    place: Place
    row: int | None = None
    target: Place | None = None
    form: tuple[Any, ...] = field(default=(), compare=False, repr=False)
    """Over nu, for sides and multipliers; over b for weights that are shared with dependent neurons."""


WEIGHT, SIDE, MULTIPLIER, SLACK, SHARE = "weight", "side", "multiplier", "slack", "share"
NOISE = arb(2) ** -100
"""What may be 0 at a point that is nearly a root, as a part of lambda: for hints alone."""
SOFT = "soft line"
"""Not needed, but if it holds the star of a neuron does not end at a line."""
OUTWEIGHED = "outweighed line"
"""The same for another reason."""


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

    def __init__(self, branch: Branch, conditions: Iterable[Condition], *, scaled: bool = False) -> None:
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
        kind = ScaledSlack if scaled else Slack
        self.newcomers = [kind(branch, f.place) for f in self.slacks]

    @property
    def conditions(self) -> list[Condition]:
        """In the order of all values."""
        return [*self.linear, *self.slacks]

    def _rows(self) -> arb_mat:
        """The matrix over x, with constants and identities sorted out exactly."""
        branch, forms = self.branch, [f.form for f in self.linear if f.kind != WEIGHT]
        F = fmpq_mat(len(forms), branch.program.n, [v for form in forms for v in form])
        over_nu = iter((arb_mat(F) * branch.data.W).tolist() if branch.size and forms else [[]] * len(forms))
        constants = iter(self._constants())
        rest = [arb(0)] * (branch.unknowns - branch.size)
        rows: list[Balls] = []
        for i, f in enumerate(self.linear):
            if f.kind == WEIGHT:
                rows.append(self._weight(f))
                continue
            row, constant = [*next(over_nu), *rest], next(constants)
            if branch.size and all(v.contains(0) for v in row):
                exact = (_row(f.form) * branch.W).entries()
                row = [*(arb(v) for v in exact), *rest]
            self._sort_out(i, row, constant)
            rows.append(row)
        return arb_mat(rows) if rows else arb_mat(0, branch.unknowns)

    def _constants(self) -> list[fmpq]:
        """What the forms see of y_rest: of a side of one of the neurons nothing, since it is a form of A nu."""
        branch, y = self.branch, self.branch.y_rest
        forms = [f for f in self.linear if f.kind != WEIGHT]
        inside = {neuron.place for neuron in branch.neurons} if branch.symmetry is None else set[Place]()
        seen = [i for i, f in enumerate(forms) if f.kind != SIDE or f.place not in inside]
        found = [fmpq(0)] * len(forms)
        if seen and any(v != 0 for v in y):
            F = fmpq_mat(len(seen), len(y), [v for i in seen for v in forms[i].form])
            for i, v in zip(seen, (F * fmpq_mat(len(y), 1, y)).entries(), strict=True):
                found[i] = v
        return found

    def _weight(self, f: Condition) -> Balls:
        """The row of a weight."""
        branch = self.branch
        own = tuple(int(neuron.place == f.place) for neuron in branch.neurons)
        after = [arb(0)] * (branch.unknowns - branch.size - branch.K)
        return [*([arb(0)] * branch.size), *(ball(v, ctx.prec) for v in f.form or own), *after]

    def _sort_out(self, i: int, row: Balls, constant: fmpq) -> None:
        """Forms of nu that are constants, or multiples of lambda, of a known sign."""
        f, branch = self.linear[i], self.branch
        own = f.kind == SIDE and f.place in branch.held  # what tells the sign of a fixed direction
        known = _known_sign(branch, f.form, row, constant, fixed=not own)
        if known is not None:
            bad = known < 0 or (known == 0 and f.kind == SIDE)
            (self.broken if bad else self.settled).add(i)
        elif constant != 0:
            self.constant[i] = constant

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
        for i, f in enumerate(self.conditions):
            if i in self.settled and i < len(self.linear):
                continue
            known = (f in at_low, f in at_high)
            if i in self.broken or not positive(values.low[i], values.high[i], values.slope[i], width, known):
                found.append(i)
        if not self.broken.issuperset(found):
            x, dx, ddx = chord.anywhere, chord.derivative, chord.curvature
            turned = self.curvatures(x, dx, ddx, chord.all_lambda)
            wrong = self.broken
            found = [
                i
                for i in found
                if i in wrong or not self._is_bent(i, values, turned[i], width, (at_low, at_high, flat))
            ]
        return [
            self.conditions[i]
            for i in found
            if not (values.low[i].contains(0) and values.high[i].contains(0))
            or not self._is_implied(self.conditions[i], chord)
        ]

    def _is_implied(self, f: Condition, chord: Chord) -> bool:
        """Whether a form is 0, or a positive multiple of lambda, on the whole chord, which balls cannot show."""
        if f.kind not in (MULTIPLIER, SOFT, OUTWEIGHED, SIDE) or (
            f.kind == SIDE and f.place in self.branch.held
        ):
            return False
        known = chord.implied.sign(f.form)
        return known is not None and known >= (f.kind == SIDE)

    def _is_bent(
        self, i: int, values: Values, turned: arb, width: arb, zero: tuple[Set[Condition], ...]
    ) -> bool:
        """Whether the second derivative shows a condition positive: f >= the smaller end - h^2 / 8 max f''.

        One that vanishes to second order at one end is positive beyond if f'' > 0.
        """
        f, (at_low, at_high, flat) = self.conditions[i], zero
        if f in flat:
            return bool(turned > 0) and not (f in at_low and f in at_high)
        if f in at_low or f in at_high:
            return False
        return bent((values.low[i], values.high[i]), turned, width)

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
    return branch.fixed.sign((_row(form) * branch.W).entries())


def _row(form: Sequence[fmpq]) -> fmpq_mat:
    return fmpq_mat(1, len(form), list(form))
