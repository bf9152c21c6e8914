"""The path of one feature with a free hidden bias: exact in rational numbers, down to lambda = 0.

Segments of the lasso (`lasso`) become pieces of curves. On a segment nu = alpha + lambda beta and the unknown g is
G nu / lambda = G beta + G alpha / lambda, which differs from its chord between a and b, at lambda = (1 - t) a + t b, by
t (1 - t) B with B = - G alpha (b - a)^2 / (a b lambda). On the last segment G alpha = 0: the residual at 0 acts on none
of its neurons, or nu would leave the polytope as lambda falls.

Two segments with one motion of the residual and the same tight columns are one interval, else a breakpoint lies
between, at a rational lambda.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flint import arb, fmpq, fmpq_mat

from polyrelu.breakpoints.algebra import ExactZero, rational_zero
from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.events import Change
from polyrelu.breakpoints.zeros import Zero, zero_of
from polyrelu.budget import OutOfTime
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import SLACK, WEIGHT, Condition, antipode
from polyrelu.curves.curve import ORDINARY, Piece
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot
from polyrelu.paths.gaps import Gap, Way
from polyrelu.paths.knots import Kink, Knots
from polyrelu.paths.lasso import Segment, segments
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

STEP, SMALL = fmpq(3, 5), fmpq(1, 10**6)
ROUNDING = arb(2) ** (20 - BITS)


@dataclass(frozen=True, eq=False)
class ExactPiece(Piece):
    """A part of a segment: its root is known exactly."""

    segment: Segment
    knots: Knots

    def root_at(self, lam: fmpq, bits: int) -> Balls:
        """The root, rounded."""
        with precision(bits):
            return [arb(v) for v in exact_root(self.knots, self.curve.branch, self.segment, lam)]


def largest_squared(program: Program) -> fmpq:
    """The square of lambda_max."""
    y = program.zero[0]
    values = [sum((a * v for a, v in zip(k.column, y, strict=True)), fmpq(0)) for k in Knots(program).kinks]
    return max([fmpq(0), *values]) ** 2


def knot_path(program: Program, low: fmpq, high: fmpq) -> Way:
    """Everything between two penalties (low may be 0), from above."""
    knots, way = Knots(program), Way()
    above: Segment | None = None
    reached = high
    try:
        for segment in segments([list(k.column) for k in knots.kinks], program.zero[0], low):
            if segment.low < high:
                _add(way, knots, above, segment, (max(low, segment.low), high))
                reached = segment.low
            above = segment
    except OutOfTime as over:
        way.gaps.append(Gap(low, reached, str(over)))
    return way


def _add(way: Way, knots: Knots, above: Segment | None, here: Segment, ends: tuple[fmpq, fmpq]) -> None:
    """One segment, and the breakpoint at its upper end."""
    low, high = ends[0], ends[1] if here.high is None else min(here.high, ends[1])
    passed = above is not None and here.high is not None and here.high < ends[1]
    if above is not None and passed and not here.continues(above):
        way.breaks.append(_breakpoint(knots, above, here))
    way.pieces += [_piece(knots, here, *part) for part in _parts(low, high, ends[1])]


def _parts(low: fmpq, high: fmpq, top: fmpq) -> Iterator[tuple[fmpq, fmpq]]:
    """A segment in pieces no longer than those of other paths: pictures show them by their ends."""
    while high * STEP > low and high > top * SMALL:
        yield high * STEP, high
        high = high * STEP
    yield low, high


def exact_root(knots: Knots, branch: Branch, segment: Segment, lam: fmpq) -> list[fmpq]:
    """x = (g, b) at a lambda of a segment; at 0 the limit."""
    nu = [v / lam for v in segment.residual(lam)] if lam != 0 else segment.slope
    _, gram, _, _ = branch.exact
    g = gram.solve(branch.W.transpose() * fmpq_mat(len(nu), 1, nu)).entries() if branch.size else []
    return [*g, *_weights(knots, branch, segment, segment.weights_at(lam))]


def _weights(knots: Knots, branch: Branch, segment: Segment, given: Sequence[fmpq]) -> list[fmpq]:
    """Weights of the neurons of a branch: those of the basis, if they are in it, and none of the rest."""
    known = {knots.kinks[k].places[0]: w for k, w in zip(segment.basis, given, strict=True)}
    return [known.get(neuron.place, fmpq(0)) for neuron in branch.neurons]


def _piece(knots: Knots, segment: Segment, low: fmpq, high: fmpq) -> ExactPiece:
    curve = knots.curve(segment)
    with precision(BITS):
        below, above = (
            [arb(v) for v in exact_root(knots, curve.branch, segment, lam)] for lam in (low, high)
        )
        near = tuple([(abs(v) * ROUNDING + ROUNDING).abs_upper() for v in x] for x in (below, above))
        bow = _bow(curve.branch, segment, low, high)
        r = [(abs(k) / 4 + u + v).abs_upper() for k, u, v in zip(bow, *near, strict=True)]
        ends = [v.mid() for v in below], [v.mid() for v in above]
        chord = Chord(curve.branch, low, high, *ends, r, (near[0], near[1]), bow)
    return ExactPiece(curve, chord, ORDINARY, ORDINARY, None, segment, knots)


def _bow(branch: Branch, segment: Segment, low: fmpq, high: fmpq) -> Balls:
    """B with x = xh + t (1 - t) B along the chord xh from low to high."""
    alpha = [v - s * segment.low for v, s in zip(segment.nu, segment.slope, strict=True)]
    _, gram, _, _ = branch.exact
    G = gram.solve(branch.W.transpose() * fmpq_mat(len(alpha), 1, alpha)).entries() if branch.size else []
    scale = (high - low) ** 2 / (low * high) if any(v != 0 for v in G) else fmpq(0)
    lam = arb(low).union(arb(high)) if scale else arb(1)
    return [*(arb(-v * scale) / lam for v in G), *([arb(0)] * branch.K)]


def _breakpoint(knots: Knots, above: Segment, below: Segment) -> Breakpoint:
    """What changes between two segments."""
    curves, lam = (knots.curve(above), knots.curve(below)), above.low
    x = exact_root(knots, curves[0].branch, above, lam)
    changes = list(_changes(knots, above, below, curves[1].branch))
    if changes:
        guests = (*changes[0].guests_above, *_touching(knots, above, below))
        changes[0] = replace(changes[0], guests_above=guests)
    known = _exact(above, curves[0].branch, lam, x)
    with precision(BITS):
        zero = _zero(knots, (above, below), curves[0].branch, [arb(v) for v in x], known)
        there = [arb(v) for v in exact_root(knots, curves[1].branch, below, lam)]
    return Breakpoint(*curves, tuple(changes), zero, zero.x, there, compound=len(changes) > 1)


def _touching(knots: Knots, above: Segment, below: Segment) -> list[Place]:
    """Neurons that are tight where two segments meet, and on neither of them."""
    nu, known = above.residual(above.low), {*above.tight, *below.tight}
    others = (kink for k, kink in enumerate(knots.kinks) if k not in known)
    return [p for kink in others if dot(kink.column, nu) == above.low for p in kink.places]


def _changes(knots: Knots, above: Segment, below: Segment, branch: Branch) -> Iterator[Change]:
    """Kinks enter or leave the optimal networks; u and -u with one column do so as a pair."""
    before, after = knots.used(above), knots.used(below)
    for kind, kinks in (
        ("leave", [k for k in before if k not in after]),
        ("enter", [k for k in after if k not in before]),
    ):
        for kink in (knots.kinks[k] for k in kinks):
            yield from _of_kink(kind, kink, branch)


def _of_kink(kind: str, kink: Kink, branch: Branch) -> Iterator[Change]:
    first = kink.places[0]
    both = (first, antipode(first)) if kink.paired else (first,)
    for places in (both, *((p,) for p in kink.places if p not in both)):
        slacks, weight = (
            frozenset(Condition(SLACK, p) for p in places),
            frozenset([Condition(WEIGHT, places[0])]),
        )
        name = "pair_" * (len(places) > 1) + kind
        if kind == "enter":
            yield Change(name, places[0], None, branch, slacks, weight, guests_above=places)
        else:
            yield Change(name, places[0], None, branch, weight, slacks, guests_below=places)


def _zero(knots: Knots, both: tuple[Segment, Segment], branch: Branch, x: Balls, known: ExactZero) -> Zero:
    """A weight of the basis above that becomes 0, or a slack: it has a simple zero along the curve above."""
    above, below = both
    kinks, lam = knots.kinks, arb(above.low)
    gone = [k for k, w, r in zip(above.basis, above.weights, above.rates, strict=True) if w == 0 and r > 0]
    entered = [k for k in below.tight if k not in above.tight]
    conditions = [Condition(WEIGHT, kinks[k].places[0]) for k in gone]
    conditions += [Condition(SLACK, kinks[k].places[0]) for k in entered]
    for condition in conditions:
        found = zero_of(branch, condition, x, lam)
        if found is not None:
            return Zero(branch, condition, found.root, known)
    raise Undecided("a breakpoint is not a simple zero of any condition")


def _exact(segment: Segment, branch: Branch, lam: fmpq, x: Sequence[fmpq]) -> ExactZero:
    return rational_zero(lam, segment.residual(lam), x[branch.size :])
