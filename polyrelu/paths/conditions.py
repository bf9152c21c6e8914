"""What must be positive for a root to be the optimum, as functions along its curve, and how they are proved so.

Every condition is one of

    a weight b_k,    a linear form of nu (a strict side s (+-)x_j.A_k nu, or a multiplier),    a slack,    a share,

with a value and a gradient in (x, lambda). Along a proved chord f = (1 - t) f_a + t f_b + t (1 - t) k with an enclosed
bow k, which tells most signs (see `positive`), also of a function that is known to vanish at one end, an event. Else
the derivative f' = f_lambda + f_x.x' is enclosed on the whole chord, and

    f >= (d f_a - c f_b + c d (b - a)) / (d - c)        where c <= f' <= d on [a, b] and c < 0 < d

(the lines of slope c from a and of slope d from b meet there), while f is monotone if c or d is 0. Where f and f' are
known to be 0 at an end, f'' > 0 along the chord says that it is positive elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from polyrelu.exact.enclosure import ball_column, precision
from polyrelu.paths.branch import BITS, Balls, Branch
from polyrelu.paths.chord import Chord
from polyrelu.paths.positive import bowed, positive
from polyrelu.paths.slack import Slack
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
    """Values of some conditions at the ends of a chord, and their bows."""

    low: Balls
    high: Balls
    bow: Balls


class Row(NamedTuple):
    """A linear condition over x, what it sees of y_rest, and its sign if that is the same for every lambda."""

    over_x: Balls
    constant: fmpq = fmpq(0)
    sign: int | None = None


class Table:
    """Conditions on one branch, evaluated together: all but slacks are rows of one matrix over x.

    Row i has the value (R x)_i, or lambda (R x)_i + constant_i where nu has a part outside of W that the form sees.
    """

    def __init__(
        self,
        branch: Branch,
        conditions: Iterable[Condition],
        known: dict[Condition, Row] | None = None,
        neuron: Callable[[Place], Neuron] | None = None,
    ) -> None:
        self.branch, neuron = branch, neuron or branch.neuron
        given = list(conditions)
        self.linear = [f for f in given if f.kind != SLACK]
        self.slacks = [f for f in given if f.kind == SLACK]
        self.settled: set[int] = set()
        """Rows that vanish for every lambda, or are positive constants."""
        self.broken: set[int] = set()
        """Rows that are negative constants."""
        self.constant: dict[int, fmpq] = {}
        rows = _rows(branch, self.linear, {} if known is None else known, neuron)
        for i, (f, row) in enumerate(zip(self.linear, rows, strict=True)):
            if row.sign is not None:
                bad = row.sign < 0 or (row.sign == 0 and f.kind == SIDE)
                (self.broken if bad else self.settled).add(i)
            elif row.constant != 0:
                self.constant[i] = row.constant
        self.R = arb_mat([row.over_x for row in rows]) if rows else arb_mat(0, branch.unknowns)
        self.newcomers = [Slack(branch, neuron(f.place)) for f in self.slacks]

    @property
    def conditions(self) -> list[Condition]:
        """In the order of all values."""
        return [*self.linear, *self.slacks]

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
        low, high = arb(chord.low), arb(chord.high)
        return Values(self.values(chord.root_low, low), self.values(chord.root_high, high), self.bows(chord))

    def bows(self, chord: Chord) -> Balls:
        """The k of all conditions: where lambda is a factor, its bow counts, too."""
        if not self.branch.unknowns:
            return [*([arb(0)] * len(self.linear)), *(s.bow(chord) for s in self.newcomers)]
        found = (self.R * ball_column(chord.bow)).entries()
        if self.constant:
            D, h = chord.reach
            moved = (self.R * ball_column(D)).entries()
            for i in self.constant:
                found[i] = found[i] * chord.all_lambda - moved[i] * h
        return [*found, *(s.bow(chord) for s in self.newcomers)]

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
        values, found, (low, high) = self.along(chord), list[int](), (anchor is not None for anchor in chord.anchors)
        for i, f in enumerate(self.conditions):
            if i in self.settled and i < len(self.linear):
                continue
            known = (f in at_low, f in at_high)
            told = (low or not known[0]) and (high or not known[1])
            if i in self.broken or not told or not bowed(values.low[i], values.high[i], values.bow[i], known):
                found.append(i)
        if not self.broken.issuperset(found):
            found = self._not_by_derivatives(found, chord, values, (at_low, at_high, flat))
        return [
            self.conditions[i]
            for i in found
            if not (values.low[i].contains(0) and values.high[i].contains(0))
            or not self._is_implied(self.conditions[i], chord)
        ]

    def _not_by_derivatives(
        self, found: list[int], chord: Chord, values: Values, zero: tuple[Set[Condition], ...]
    ) -> list[int]:
        """Those of some conditions that derivatives do not show positive either."""
        (at_low, at_high, flat), x, dx = zero, chord.anywhere, chord.derivative
        slopes = self.slopes(x, dx, chord.all_lambda)
        turned = self.curvatures(x, dx, chord.curvature, chord.all_lambda) if flat else []
        left = []
        for i in found:
            f, ends = self.conditions[i], (values.low[i], values.high[i])
            if f in flat:
                shown = bool(turned[i] > 0) and not (f in at_low and f in at_high)
            else:
                shown = positive(*ends, slopes[i], chord.width, (f in at_low, f in at_high))
            if i in self.broken or not shown:
                left.append(i)
        return left

    def _is_implied(self, f: Condition, chord: Chord) -> bool:
        """Whether a form is 0, or a positive multiple of lambda, on the whole chord, which balls cannot show."""
        if f.kind not in (MULTIPLIER, SOFT, SIDE) or (f.kind == SIDE and f.place in self.branch.held):
            return False
        known = chord.implied.sign(f.form)
        return known is not None and known >= (f.kind == SIDE)

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


def _rows(
    branch: Branch,
    linear: Sequence[Condition],
    known: dict[Condition, Row],
    neuron: Callable[[Place], Neuron],
) -> list[Row]:
    """The rows over x, with constants and identities sorted out exactly; those that are new become known."""
    new = [f for f in linear if f.kind != WEIGHT and f not in known]
    if new:
        with precision(max(ctx.prec, BITS)):
            rows = _over_g(branch, new, neuron) if branch.size else [[]] * len(new)
            for f, row, constant in zip(new, rows, _constants(branch, new), strict=True):
                known[f] = _row(branch, f, row, constant)
    return [_weight(branch, f) if f.kind == WEIGHT else known[f] for f in linear]


def _over_g(branch: Branch, forms: Sequence[Condition], neuron: Callable[[Place], Neuron]) -> list[Balls]:
    """Forms of nu as rows over g; the sides of a neuron are s (+-)X A W, which has few columns between."""
    found, X = dict[Condition, Balls](), arb_mat(branch.program.Xq)
    of_place: dict[Place, list[Condition]] = {}
    for f in forms:
        if f.kind == SIDE:
            of_place.setdefault(f.place, []).append(f)
    for place, sides in of_place.items():
        table = (X * branch.seen_by(neuron(place))).tolist()
        for f in sides:
            turn = place.sign * place.face[f.row or 0]
            found[f] = [v * turn for v in table[f.row or 0]]
    rest = [f for f in forms if f.kind != SIDE]
    if rest:
        F = fmpq_mat(len(rest), branch.program.n, [v for f in rest for v in f.form])
        found |= zip(rest, (arb_mat(F) * branch.data.W).tolist(), strict=True)
    return [found[f] for f in forms]


def _weight(branch: Branch, f: Condition) -> Row:
    """The row of a weight."""
    own = f.form or tuple(int(neuron.place == f.place) for neuron in branch.neurons)
    return Row([*([arb(0)] * branch.size), *(arb(v) for v in own), *([arb(0)] * branch.r)])


def _constants(branch: Branch, forms: Sequence[Condition]) -> list[fmpq]:
    """What forms see of y_rest: of a side of one of the neurons nothing, since it is a form of A nu."""
    y = branch.y_rest
    inside = {neuron.place for neuron in branch.neurons} if branch.symmetry is None else set[Place]()
    seen = [i for i, f in enumerate(forms) if f.kind != SIDE or f.place not in inside]
    found = [fmpq(0)] * len(forms)
    if seen and any(v != 0 for v in y):
        F = fmpq_mat(len(seen), len(y), [v for i in seen for v in forms[i].form])
        for i, v in zip(seen, (F * fmpq_mat(len(y), 1, y)).entries(), strict=True):
            found[i] = v
    return found


def _row(branch: Branch, f: Condition, row: Balls, constant: fmpq) -> Row:
    """A row from its part over g; the sign of what is a constant or a multiple of lambda, if it is known."""
    if row and all(v.contains(0) for v in row):
        row = [arb(v) for v in (fmpq_mat([list(f.form)]) * branch.W).entries()]
    sign = None
    if all(v.is_zero() for v in row):
        sign = int(constant > 0) - int(constant < 0)
    elif constant == 0 and not (f.kind == SIDE and f.place in branch.held):  # else it tells what is fixed
        sign = branch.fixed.sign_of(f.form)
    return Row([*row, *([arb(0)] * (branch.unknowns - branch.size))], constant, sign)
