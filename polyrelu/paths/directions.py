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
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from polyrelu.covering import Covered, Question, Star, cover
from polyrelu.covering.question import norm_above
from polyrelu.exact.enclosure import ends, max_of, scaled_up
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.chord import Drift
from polyrelu.paths.patience import ROOM, Divisions, Patience, shortened
from polyrelu.paths.rows import Hard, Rows, hard_lines
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

    @cached_property
    def in_floats(self) -> NDArray[np.float64]:
        """The residual, for guesses."""
        return np.array([float(Fraction(m, 2**self.bits)) for m in self.integers])

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


def unsettled(  # noqa: PLR0917
    drift: Drift,
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
    errors = _errors(drift.whole(), ends_of, pins, fine)
    sizes = [norm_above(row) for row in rows.rows]
    total = Fraction(sum(e * size for e, size in zip(errors, sizes, strict=True)), 2**fine)
    level = to_fraction(ends_of[0].lam) * ends_of[0].program.denominator
    total = max(total, level / 2**FLOOR_BITS)
    radius = total / (sum(sizes) or 1)
    part = patience.last = shortened(total / level)
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
            patience.hears(part, level, None if found is None else found.top, covered=found is None)
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
    start = divisions.last
    answer = cover(
        question,
        max_depth=depth_for(question),
        max_boxes=MAX_BOXES,
        most=16,
        enough=ENOUGH,
        hasty=True,
        start=start,
    )
    if isinstance(answer, Covered):
        divisions.hears(answer.partition, begun=start is not None)
        node.proved.append(replace(wanted, radius=question.radius))
        return None
    near = [u for u in answer.directions if u.kind != "missed"]
    top = Fraction(max(u.value for u in near)) if near else None
    missed = tuple((u.sign, u.vector) for u in answer.missed)
    return Above(node, missed, tuple((u.sign, u.vector) for u in near), top=top)
