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
from dataclasses import dataclass
from functools import cached_property

from flint import arb

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import IDLE, MULTIPLIER, OUTWEIGHED, SIDE, SLACK, SOFT, Condition
from polyrelu.curves.linear_forms import Forms, Known
from polyrelu.curves.positive import bowed, positive
from polyrelu.curves.slack import ScaledSlack, Slack
from polyrelu.proof.neuron import Neuron, Place

NOISE = arb(2) ** -100
"""What may be 0 at a point that is nearly a root, as a part of lambda: for hints alone."""


@dataclass(frozen=True)
class Values:
    """Values of some conditions at the ends of a chord, and their bows."""

    low: Balls
    high: Balls
    bow: Balls

    def show(self, i: int, zero: tuple[bool, bool], anchored: Sequence[bool]) -> bool:
        """Whether the bow shows one positive; what vanishes does so at an anchor."""
        there = (anchored[0] or not zero[0]) and (anchored[1] or not zero[1])
        return there and bowed(self.low[i], self.high[i], self.bow[i], zero)

    def is_around_zero(self, i: int) -> bool:
        """Whether one may be 0 at both ends."""
        return bool(self.low[i].contains(0) and self.high[i].contains(0))


class Table:
    """Conditions on one branch, evaluated together: all but slacks are linear forms of x."""

    def __init__(
        self,
        branch: Branch,
        conditions: Iterable[Condition],
        known: Known | None = None,
        neuron: Callable[[Place], Neuron] | None = None,
        *,
        scaled: bool = False,
    ) -> None:
        self.branch, neuron = branch, neuron or branch.neuron
        given = list(conditions)
        self.linear = [f for f in given if f.kind != SLACK]
        self.slacks = [f for f in given if f.kind == SLACK]
        self.forms = Forms(branch, self.linear, known or Known(), neuron)
        self.settled: set[int] = set()
        """Those that vanish for every lambda, or are positive constants."""
        self.broken: set[int] = set()
        """Those that are negative constants."""
        for i, sign in self.forms.sign.items():
            bad = sign < 0 or (sign == 0 and self.linear[i].kind in (SIDE, IDLE))
            (self.broken if bad else self.settled).add(i)
        kind = ScaledSlack if scaled else Slack
        self.newcomers = [kind(branch, neuron(f.place)) for f in self.slacks]

    @cached_property
    def conditions(self) -> list[Condition]:
        """In the order of all values."""
        return [*self.linear, *self.slacks]

    @cached_property
    def place_of(self) -> dict[Condition, list[int]]:
        """Where each stands, and others that are equal to it but for their forms."""
        found: dict[Condition, list[int]] = {}
        for i, f in enumerate(self.conditions):
            found.setdefault(f, []).append(i)
        return found

    def values(self, x: Sequence[arb], lam: arb) -> Balls:
        """All values at a point."""
        found = self.forms.times(x)
        for i, constant in self.forms.constant.items():
            found[i] = found[i] * lam + arb(constant)
        return [*found, *(s.value(x, lam) for s in self.newcomers)]

    def slopes(self, x: Sequence[arb], dx: Sequence[arb], lam: arb) -> Balls:
        """Derivatives along a curve with x' = dx."""
        moved = self.forms.times(dx)
        here = self.forms.times(x) if self.forms.constant else []
        for i in self.forms.constant:
            moved[i] = moved[i] * lam + here[i]
        return [*moved, *(s.slope(x, dx, lam) for s in self.newcomers)]

    def curvatures(self, x: Sequence[arb], dx: Sequence[arb], ddx: Sequence[arb], lam: arb) -> Balls:
        """Second derivatives along a curve with x' = dx and x'' = ddx."""
        turned = self.forms.times(ddx)
        moved = self.forms.times(dx) if self.forms.constant else []
        for i in self.forms.constant:
            turned[i] = turned[i] * lam + 2 * moved[i]
        return [*turned, *(s.curvature(x, dx, ddx, lam) for s in self.newcomers)]

    def along(self, chord: Chord) -> Values:
        """At both ends and between them."""
        low, high = arb(chord.low), arb(chord.high)
        return Values(self.values(chord.root_low, low), self.values(chord.root_high, high), self.bows(chord))

    def bows(self, chord: Chord) -> Balls:
        """The k of all conditions: where lambda is a factor, its bow counts, too."""
        found = self.forms.times(chord.bow)
        if self.forms.constant:
            D, h = chord.reach
            moved = self.forms.times(D)
            for i in self.forms.constant:
                found[i] = found[i] * chord.all_lambda - moved[i] * h
        return [*found, *(s.bow(chord) for s in self.newcomers)]

    def gradient(self, which: Condition, x: Sequence[arb], lam: arb) -> tuple[Balls, arb]:
        """The gradient of one condition over x, and its derivative by lambda."""
        if which.kind == SLACK:
            return self.newcomers[self.slacks.index(which)].gradient(x, lam)
        row = self.forms.row(which)
        if self.linear.index(which) not in self.forms.constant:
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
        values, zero = self.along(chord), (self._places(at_low), self._places(at_high))
        anchored = [anchor is not None for anchor in chord.anchors]
        left = [
            i
            for i, f in enumerate(self.conditions)
            if not (i in self.settled and i < len(self.linear))
            and (i in self.broken or not values.show(i, (i in zero[0], i in zero[1]), anchored))
            and not (values.is_around_zero(i) and self._is_implied(f, chord))
        ]
        if left and not self.broken.issuperset(left) and all(i in zero[0] or i in zero[1] for i in left):
            left = self._not_by_derivatives(left, chord, values, (at_low, at_high, flat))
        return [self.conditions[i] for i in left]

    def _places(self, some: Set[Condition]) -> set[int]:
        """Where some conditions stand."""
        return {i for f in some for i in self.place_of.get(f, [])}

    def _not_by_derivatives(
        self, found: list[int], chord: Chord, values: Values, zero: tuple[Set[Condition], ...]
    ) -> list[int]:
        """Those of some conditions that vanish at an end which derivatives do not show positive either."""
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
        if f.kind not in (MULTIPLIER, SOFT, OUTWEIGHED, SIDE) or (
            f.kind == SIDE and f.place in self.branch.held
        ):
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
