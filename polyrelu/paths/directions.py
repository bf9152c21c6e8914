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

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from polyrelu.covering import Covered, Question, Star, cover
from polyrelu.covering.question import Lines, norm_above
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.branch import Balls, Branch
from polyrelu.proof.directions import farthest, over_power_of_two
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

BITS = 100
"""Binary digits of the residual at a node."""
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
        bounds = [ends(v) for v in nu]
        integers, bits = over_power_of_two(bounds, BITS)
        return Node(branch.program, lam, point, tuple(integers), bits, farthest(integers, bits, bounds))

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


@dataclass(frozen=True)
class Above:
    """Directions that resist at a node: `missed` are proved to be above lambda there."""

    node: Node
    missed: tuple[tuple[int, tuple[int, ...]], ...]
    undecided: tuple[tuple[int, tuple[int, ...]], ...]
    places: tuple[Place, ...] = ()
    """Neurons above lambda, where blocks are listed."""


@dataclass(frozen=True)
class Rows:
    """The integer rows that take part, and what is known of residuals by structure alone.

    `still` rows have nu_i = 0 for every lambda; of `sided` rows s nu_i <= 0 is known for the sign given.
    """

    rows: Any
    still: frozenset[int]
    sided: dict[int, int]
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
        return Rows(rows, still, _sided(branch.program, tight, still))

    def with_lines(self, parallel: dict[int, dict[int, fmpq]], known: dict[int, int]) -> Rows:
        """The same with lines whose signs are known on one chord."""
        return replace(self, lines={j: (s, parallel[j]) for j, s in known.items()}) if known else self


def _sided(program: Program, tight: Sequence[Place], still: frozenset[int]) -> dict[int, int]:
    """Rows with y_i = 0 where all neurons that act have one sign s: the fit has sign s there, so s nu_i <= 0."""
    acting: dict[int, set[int]] = {}
    for place in tight:
        for i in place.active:
            acting.setdefault(i, set()).add(place.sign)
    y = program.yq
    return {i: next(iter(s)) for i, s in acting.items() if len(s) == 1 and y[i] == 0 and i not in still}


@dataclass
class Patience:
    """The largest error, as a part of lambda, at which a covering is worth trying: learnt from the last ones."""

    part: Fraction = Fraction(1, 64)

    def hears(self, part: Fraction, covered: bool) -> None:
        """A covering has succeeded, or not."""
        part = Fraction(part).limit_denominator(10**12) or Fraction(1, 10**12)
        self.part = max(self.part, 2 * part) if covered else part / 3


def unsettled(
    drift: Sequence[arb], ends_of: tuple[Node, Node], stars: Sequence[Place], rows: Rows, patience: Patience
) -> Above | None:
    """Prove all directions off the stars strictly below lambda on the whole chord, or say what resists.

    `drift` bounds how far the residual is from the chord of the two nodes.
    """
    pins = [_pinned(node, rows) for node in ends_of]
    rounding = max(node.error for node in ends_of) + Fraction(1, 2 ** (BITS + 40))
    errors = [ends(v)[1] + rounding for v in drift]
    for node, pinned in zip(ends_of, pins, strict=True):
        for i, m in pinned.items():
            errors[i] += Fraction(abs(m - node.integers[i]), 2**node.bits)
    sizes = [norm_above(row) for row in rows.rows]
    total = sum((e * size for e, size in zip(errors, sizes, strict=True)), start=Fraction(0))
    level = to_fraction(ends_of[0].lam) * ends_of[0].program.denominator
    total = max(total, level / 2**FLOOR_BITS)
    radius = total / (sum(sizes) or 1)
    part = total / level
    if part > patience.part:
        return Above(ends_of[0], (), ())
    hard = frozenset[tuple[int, int]]().union(
        *(
            hard_lines(node.question(rows.rows, radius, (), None, p), errors, rows)
            for node, p in zip(ends_of, pins, strict=True)
        )
    )
    for node, pinned in zip(ends_of, pins, strict=True):
        question = node.question(rows.rows, radius * ROOM, stars, hard, pinned)
        found = _cover(node, question, Proved(frozenset(stars), hard, radius))
        if found is None or not found.missed:
            patience.hears(part, found is None)
        if found is not None:
            return found
    return None


def hard_lines(question: Question, errors: Sequence[Fraction], rows: Rows) -> Hard:
    """(s, line) where s C_v < 0 is not proved for every nu of the enclosure, nor known by structure."""
    lines, found = question.lines, set[tuple[int, int]]()
    free = _known_lines(lines, rows)
    slack = [Fraction(0)] * len(lines.C)
    for i, k in enumerate(lines.line):
        if k >= 0:
            slack[k] += errors[i] * lines.spread[k] * 2**question.bits
    for k, c in enumerate(lines.C):
        found.update((s, k) for s in (1, -1) if s * c + slack[k] >= 0 and (s, k) not in free)
    return frozenset(found)


def _known_lines(lines: Lines, rows: Rows) -> set[tuple[int, int]]:
    """Lines all of whose rows have a sign that the structure knows."""
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


def parallel_rows(gram: Sequence[Sequence[fmpq]]) -> dict[int, dict[int, fmpq]]:
    """For the first row j of every line the rows x_i = m_i x_j, with |m_i|, from all products of rows."""
    found = dict[int, dict[int, fmpq]]()
    for i, row in enumerate(gram):
        j = next((j for j in found if row[j] != 0 and row[j] ** 2 == row[i] * gram[j][j]), i)
        if row[i] != 0:
            found.setdefault(j, {})[i] = abs(row[j] / gram[j][j])
    return found


def depth_for(question: Question) -> int:
    """How small boxes may become: near a neuron beside a wall the margin is the square of the distance."""
    digits = int(question.lam / question.eta).bit_length() if question.eta else 2 * MAX_DEPTH
    return min(MAX_DEPTH, max(LEAST_DEPTH, digits // 2 + 6))


def _cover(node: Node, question: Question, wanted: Proved) -> Above | None:
    """Ask at one node, unless it was answered before."""
    if any(p.serves(wanted) for p in node.proved):
        return None
    if question.level <= 0:
        return Above(node, (), ())
    answer = cover(question, max_depth=depth_for(question), max_boxes=MAX_BOXES, most=16, enough=ENOUGH)
    if isinstance(answer, Covered):
        node.proved.append(replace(wanted, radius=question.radius))
        return None
    near = tuple((u.sign, u.vector) for u in answer.directions if u.kind != "missed")
    return Above(node, tuple((u.sign, u.vector) for u in answer.missed), near)
