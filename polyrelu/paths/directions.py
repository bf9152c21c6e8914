"""All directions at once, for every lambda of a chord: two coverings, one at each end.

f_nu(u) = sum s nu_i (x_i.u)_+ is linear in nu: what is below lambda ||u|| at both ends is below it on the whole chord.
Let nu(lambda) = (1 - t) nu_a + t nu_b + e with |e_i| <= err, and eta = err sum ||x_i||. The coverings prove

    f < (a - eta) ||u|| with nu_a   and   f < (b - eta) ||u|| with nu_b

off the stars of the neurons; hence f < lambda ||u|| with nu(lambda). A star is that of `covering.stars`. Its lemma
holds for nu(lambda) itself, once the neuron's signs and multipliers are shown along the chord, if a star ends at every
line whose coefficient is not proved negative on the whole chord: these are the *hard* lines, common to both ends. Of a
neuron that is only about to enter, |A nu| <= lambda is shown elsewhere; the lemma holds with A nu for lambda u.

Rows with nu_i = 0 for every lambda take no part. A covering is kept with the node: it serves both neighbours of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from polyrelu.covering import Covered, Partition, Question, Star, cover
from polyrelu.covering.question import Lines, merged, norm_above
from polyrelu.exact.enclosure import ends, max_of, scaled_up
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.branch import Balls, Branch
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

BITS = 100
"""Binary digits of the residual at a node."""
ERROR_BITS = 40
"""Further digits of what the residual is off the chord by."""
FLOOR_BITS = 56
"""No error below this part of lambda is used: a piece ends a hair beyond its breakpoint, where guests exceed lambda,
and a question in the row space of the data is a hair (2^-64) harder than the question itself."""
MAX_BOXES = 9_000
LEAST_DEPTH, MAX_DEPTH = 12, 24
"""A chord whose coverings need more is cut in two; a shorter one needs fewer."""
ENOUGH = 1
"""Directions that resist, after which a covering is given up."""
ROOM = Fraction(5, 4)
"""A covering is asked for so many times the error, so that it serves the next chord as well."""

KEPT = Fraction(4, 5)
"""Of what seems possible."""
GROWN = 2
"""Times as many boxes as a covering from the start has needed."""

Hard = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Proved:
    """What a covering has shown: these stars, lines that count as hard, and this error."""

    stars: frozenset[Place]
    hard: Hard
    radius: Fraction

    def serves(self, wanted: Proved) -> bool:
        """Whether this shows what is wanted: for fewer hard lines stars grow, and for a smaller error f falls."""
        near = all(any(_within(p, q) for q in wanted.stars) for p in self.stars)
        return near and self.hard >= wanted.hard and self.radius >= wanted.radius


def _within(star: Place, other: Place) -> bool:
    """Whether a star is a part of another: it has more walls, and else the same."""
    return star.sign == other.sign and all(b in (a, 0) for a, b in zip(star.face, other.face, strict=True))


@dataclass(eq=False)
class Node:
    """An end of chords: lambda, the residual near it (exact integers over 2^bits), and coverings proved there."""

    program: Program
    lam: fmpq
    point: Balls
    integers: tuple[int, ...]
    bits: int
    error: Fraction
    """By how much the integers differ from the residual at `point`, at most."""
    proved: list[Proved] = field(default_factory=list)

    @staticmethod
    def of(branch: Branch, point: Balls, lam: fmpq) -> Node:
        """The node of a point near the root."""
        return Node._rounded(branch, point, lam, branch.residual_at(point, arb(lam)).entries())

    @staticmethod
    def scaled(branch: Branch, point: Balls) -> Node:
        """The node of W g = (nu - y_N) / lambda, for level 1."""
        g, _, _ = branch.parts(point)
        return Node._rounded(branch, point, fmpq(1), (branch.data.W * g).entries())

    @staticmethod
    def _rounded(branch: Branch, point: Balls, lam: fmpq, nu: Balls) -> Node:
        top = max((_digits(v) for v in nu), default=0)
        bits = max(0, BITS - top)
        unit = arb(2) ** -bits
        integers = tuple(_near(v, bits) for v in nu)
        off = max_of(abs(v - arb(m) * unit) for v, m in zip(nu, integers, strict=True))
        return Node(branch.program, lam, point, integers, bits, ends(off)[1])

    def question(
        self, rows: Any, radius: Fraction, stars: Sequence[Place], hard: Hard | None, pinned: dict[int, int]
    ) -> Question:
        """What is asked here."""
        return Question(
            rows,
            tuple(pinned.get(i, m) for i, m in enumerate(self.integers)),
            self.bits,
            to_fraction(self.lam) * self.program.denominator,
            radius=radius,
            stars=tuple(Star(k.sign, k.face, False) for k in stars),
            hard=hard,
        )


def _digits(v: arb) -> int:
    """Binary digits before the point."""
    mantissa, exponent = v.abs_upper().man_exp()
    return int(mantissa).bit_length() + int(exponent) if mantissa else 0


def _near(v: arb, bits: int) -> int:
    """An integer near v 2^bits."""
    mantissa, exponent = (int(part) for part in v.mid().man_exp())
    shift = exponent + bits
    return mantissa << shift if shift >= 0 else (mantissa + (1 << (-shift - 1))) >> -shift


@dataclass(frozen=True)
class Above:
    """Directions that resist at a node: `missed` are proved to be above lambda there."""

    node: Node
    missed: tuple[tuple[int, tuple[int, ...]], ...]
    undecided: tuple[tuple[int, tuple[int, ...]], ...]
    places: tuple[Place, ...] = ()
    """Neurons above lambda, where blocks are listed."""
    top: Fraction | None = None
    """f(u) / ||u|| of the highest that is not missed, roughly."""


@dataclass(frozen=True)
class Rows:
    """The integer rows that take part, and what is known of residuals by structure alone.

    `still` rows have nu_i = 0 for every lambda; of `sided` rows s nu_i <= 0 is known for the sign given.
    """

    rows: Any
    still: frozenset[int]
    sided: dict[int, int]
    line: tuple[int, ...]
    """The line of each row, -1 for those that take no part, and on which side of it the row points."""
    turned: tuple[int, ...]
    lines: dict[int, tuple[int, dict[int, fmpq]]] = field(default_factory=dict)
    """On one chord: s with s C <= 0 for the line of a row, and the rows that make it up."""

    @staticmethod
    def of(branch: Branch, tight: Sequence[Place]) -> Rows:
        """Without the rows that no neuron touches and whose target is 0."""
        program, W = branch.program, branch.W.tolist()
        touched = [any(v != 0 for v in row) for row in W] if branch.size else [False] * program.n
        targets = branch.y_rest
        still = frozenset(i for i in range(program.n) if not touched[i] and targets[i] == 0)
        rows = program.X_integer.copy()
        for i in still:
            rows[i] = 0
        lines = merged(rows, [0] * program.n)
        return Rows(rows, still, _sided(branch.program, tight, still), lines.line, lines.turned)

    def with_lines(self, line: dict[int, dict[int, fmpq]], known: dict[int, int]) -> Rows:
        """The same with lines whose signs are known on one chord."""
        return replace(self, lines={j: (s, line[j]) for j, s in known.items()}) if known else self


def _sided(program: Program, tight: Sequence[Place], still: frozenset[int]) -> dict[int, int]:
    """Rows with y_i = 0 where all neurons that act have one sign s: the fit has sign s there, so s nu_i <= 0."""
    acting: dict[int, set[int]] = {}
    for place in tight:
        for i in place.active:
            acting.setdefault(i, set()).add(place.sign)
    y = program.yq
    return {i: next(iter(s)) for i, s in acting.items() if len(s) == 1 and y[i] == 0 and i not in still}


@dataclass
class Divisions:
    """How all directions were divided for the last covering: at a residual close by most boxes are settled at once."""

    last: Partition | None = None
    fresh: int = 0
    """Boxes of the last covering that was not begun in this way."""

    def hears(self, found: Partition | None, begun: bool) -> None:
        """A covering has succeeded; boxes that have become too many are forgotten."""
        self.last, self.fresh = found, self.fresh if begun or found is None else len(found)
        if found is not None and len(found) > GROWN * self.fresh:
            self.last = None


@dataclass
class Patience:
    """The largest error, as a part of lambda, at which a covering is worth trying: learnt from the last ones."""

    part: Fraction = Fraction(1, 8)
    last: Fraction = Fraction(1, 8)
    """What was asked last."""
    divisions: Divisions = field(default_factory=Divisions)

    def hears(self, part: Fraction, level: Fraction, above: Above | None) -> None:
        """A covering has succeeded, or not; then the margin of the highest direction that resists is what there is."""
        if above is None:
            self.part = max(self.part, 2 * part)
            return
        margin = part / 3 if above.top is None else (1 - above.top / level) / ROOM * KEPT
        self.part = _short(min(part / 2, max(part / 30, margin)))

    @property
    def ratio(self) -> Fraction:
        """By what errors may grow, or have to fall."""
        return self.part * KEPT / self.last if self.last else Fraction(100)


def _short(part: Fraction) -> Fraction:
    return part.limit_denominator(10**12) or Fraction(1, 10**12)


def unsettled(  # noqa: PLR0917
    drift: Sequence[arb],
    ends_of: tuple[Node, Node],
    stars: Sequence[Place],
    rows: Rows,
    patience: Patience,
    settled: Callable[[Hard], list[Place]],
) -> Above | None:
    """Prove all directions off the stars strictly below lambda on the whole chord, or say what resists.

    `drift` encloses how far the residual is from the chord of the two nodes; `settled` are further stars, where the
    directions are below lambda if only the lines that are not hard are negative.
    """
    pins = [_pinned(node, rows) for node in ends_of]
    fine = max(node.bits for node in ends_of) + ERROR_BITS
    errors = _errors(drift, ends_of, pins, fine)
    sizes = [norm_above(row) for row in rows.rows]
    total = Fraction(sum(e * size for e, size in zip(errors, sizes, strict=True)), 2**fine)
    level = to_fraction(ends_of[0].lam) * ends_of[0].program.denominator
    total = max(total, level / 2**FLOOR_BITS)
    radius = total / (sum(sizes) or 1)
    part = patience.last = _short(total / level)
    if part > patience.part:
        return Above(ends_of[0], (), ())
    hard = frozenset[tuple[int, int]]().union(
        *(
            hard_lines(node.question(rows.rows, radius, (), None, p), errors, fine, rows)
            for node, p in zip(ends_of, pins, strict=True)
        )
    )
    stars = list(dict.fromkeys((*stars, *settled(hard))))
    for node, pinned in zip(ends_of, pins, strict=True):
        question = node.question(rows.rows, radius * ROOM, stars, hard, pinned)
        found = _cover(node, question, Proved(frozenset(stars), hard, radius), patience.divisions)
        if found is None or not found.missed:
            patience.hears(part, level, found)
        if found is not None:
            return found
    return None


def _errors(
    drift: Sequence[arb], ends_of: tuple[Node, Node], pins: Sequence[dict[int, int]], fine: int
) -> list[int]:
    """How far each residual is from the chord of the integers of two nodes, at most, over 2^fine."""
    rounding = max(node.error for node in ends_of) * 2**fine
    errors = [scaled_up(v.abs_upper(), fine) + rounding.__ceil__() + 1 for v in drift]
    for node, pinned in zip(ends_of, pins, strict=True):
        for i, m in pinned.items():
            errors[i] += abs(m - node.integers[i]) << (fine - node.bits)
    return errors


def hard_lines(question: Question, errors: Sequence[int], fine: int, rows: Rows) -> Hard:
    """(s, line) where s C_v < 0 is not proved for every nu of the enclosure, nor known by structure."""
    lines, found = question.lines, set[tuple[int, int]]()
    free = _known_lines(lines, rows)
    slack = [0] * len(lines.C)
    for i, k in enumerate(lines.line):
        if k >= 0:
            slack[k] += errors[i] * lines.spread[k]
    for k, c in enumerate(lines.C):
        finer = c << (fine - question.bits)
        found.update((s, k) for s in (1, -1) if s * finer + slack[k] >= 0 and (s, k) not in free)
    return frozenset(found)


def _known_lines(lines: Lines, rows: Rows) -> set[tuple[int, int]]:
    """Lines whose sign is known, or all of whose rows have one."""
    of_line: dict[int, list[int]] = {}
    for i, k in enumerate(lines.line):
        if k >= 0:
            of_line.setdefault(k, []).append(i)
    on_chord = {(s, lines.line[j]) for j, (s, _) in rows.lines.items() if lines.line[j] >= 0}
    return on_chord | {
        (s, k)
        for k, members in of_line.items()
        for s in (1, -1)
        if all(rows.sided.get(i) == s for i in members)
    }


def _pinned(node: Node, rows: Rows) -> dict[int, int]:
    """Residuals of known sign that rounding has left on the wrong side of 0, and those of lines."""
    found = {i: 0 for i, s in rows.sided.items() if s * node.integers[i] > 0}
    for j, (s, line) in rows.lines.items():
        C = sum((m * found.get(i, node.integers[i]) for i, m in line.items()), start=fmpq(0)) * s
        if C > 0:
            found[j] = found.get(j, node.integers[j]) - s * int(C.ceil())
    return found


def depth_for(question: Question) -> int:
    """How small boxes may become: near a neuron beside a wall the margin is the square of the distance."""
    digits = int(question.lam / question.eta).bit_length() if question.eta else 2 * MAX_DEPTH
    return min(MAX_DEPTH, max(LEAST_DEPTH, digits // 2 + 6))


def _cover(node: Node, question: Question, wanted: Proved, divisions: Divisions) -> Above | None:
    """Ask at one node, unless it was answered before."""
    if any(p.serves(wanted) for p in node.proved):
        return None
    if question.level <= 0:
        return Above(node, (), ())
    limits = {"max_depth": depth_for(question), "max_boxes": MAX_BOXES, "most": 16, "enough": ENOUGH}
    start = divisions.last
    answer = cover(question, **limits, hasty=True, start=start)
    if isinstance(answer, Covered):
        divisions.hears(answer.partition, begun=start is not None)
        node.proved.append(replace(wanted, radius=question.radius))
        return None
    near = [u for u in answer.directions if u.kind != "missed"]
    top = Fraction(max(u.value for u in near)) if near else None
    missed = tuple((u.sign, u.vector) for u in answer.missed)
    return Above(node, missed, tuple((u.sign, u.vector) for u in near), top=top)
