"""All blocks at once, where none is listed: every direction off the known neurons is strictly below lambda.

With f_s(u) = s nu.(Xu)_+ every present ||p_b|| is at most lambda iff f_s(u) <= lambda ||u|| for all u and both s,
since ||p_b|| is the maximum of f_s over the unit directions of the closed cone of b. The covering proves the strict
inequality for every direction outside the stars of the known neurons; in a star it is strict off the neuron itself
once the multipliers around the neuron are shown (`tightness.show_multipliers`, for the same nu).

With a free hidden bias a direction is (u, b), b between the largest biases at which a row changes sides, both
included: at the lowest f_s is 0 and at the highest s (X^T nu).u, since the sum of nu is 0, and beyond them it does not
change. The rounded residual has the sum 0 exactly, too: without that f_s would not be bounded as b grows.

What the covering finds above lambda is a direction that the guess has missed; what it can neither settle nor refute is
looked at as a candidate for an exact tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb

from polyrelu.budget import OutOfTime, current
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.oracle import MAX_BOXES, in_floats
from polyrelu.proof.program import Program
from polyrelu.proof.unconfirmed import Unconfirmed

if TYPE_CHECKING:
    from polyrelu.covering import Question, Star

BITS = 140
"""Binary digits of the residual below its largest entry."""


CLOSE = 0.9
"""A local maximum above this part of the level is near it."""


class Missed(Unconfirmed):
    """Directions that exceed lambda at the guessed residual: it is not the optimum; the next guess knows them."""

    def __init__(self, directions: Sequence[tuple[int, Any]]) -> None:
        super().__init__("a direction exceeds lambda at the guessed residual")
        self.directions = directions


def ask(program: Program, nu: Sequence[arb], level: Fraction, known: Sequence[Neuron]) -> Question:
    """The question for the covering: nu rounded to integers over a power of two, with the error of rounding."""
    from polyrelu.covering import Question

    bounds = [ends(ball) for ball in nu]
    rounded, bits = over_power_of_two(bounds, BITS)
    if program.offset:
        rounded = balanced(rounded)
    # A hair wider than the error, so that a level rounded down by less than that still meets the neurons that reach it.
    radius = Fraction(1, 2 ** (bits + 20)) + farthest(rounded, bits, bounds)
    stars = tuple(star_of(neuron.place) for neuron in known)
    rows, denominator = program.covered_rows
    lam = level * denominator
    return Question(rows, tuple(rounded), bits, lam, radius=radius, stars=stars, offset=program.offset)


def balanced(rounded: Sequence[int]) -> list[int]:
    """Integers near some that nearly add up to 0, and do so exactly: all move by about as much."""
    each, more = divmod(sum(rounded), len(rounded))
    return [m - each - int(k < more) for k, m in enumerate(rounded)]


def over_power_of_two(bounds: Sequence[tuple[Fraction, Fraction]], digits: int) -> tuple[list[int], int]:
    """Integers over 2^bits near the middles, with so many binary digits for the largest of all."""
    top = max((max(abs(lo), abs(hi)) for lo, hi in bounds), default=Fraction(0))
    bits = max(0, digits - (top.numerator.bit_length() - top.denominator.bit_length()))
    return [round((lo + hi) / 2 * 2**bits) for lo, hi in bounds], bits


def farthest(integers: Sequence[int], bits: int, bounds: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """By how much a number within its bounds differs from the integer over 2^bits that stands for it, at most."""
    return max(
        max(hi - Fraction(m, 2**bits), Fraction(m, 2**bits) - lo)
        for m, (lo, hi) in zip(integers, bounds, strict=True)
    )


def star_of(place: Place) -> Star:
    """What the covering needs to know about a neuron."""
    from polyrelu.covering import Star

    return Star(place.sign, place.face)


def unsettled_directions(
    program: Program, nu: Sequence[arb], level: Fraction, known: Sequence[Neuron]
) -> list[Place]:
    """Prove all directions off the known neurons strictly below the level; return candidates for ties that resist.

    `Missed` where a direction is proved to be above. The level may be a lower bound of lambda.
    """
    from polyrelu.covering import Covered, cover

    answer = cover(ask(program, nu, level, known), max_boxes=MAX_BOXES, **current().means)
    if isinstance(answer, Covered):
        return []
    if answer.missed:
        raise Missed([(u.sign, in_guess(program, u.vector)) for u in answer.missed])
    if answer.reason == "time":
        raise OutOfTime(f"the time allowed was over after {answer.boxes:,} boxes of directions")
    if not answer.directions:
        raise Undecided(
            f"{answer.boxes:,} boxes of directions did not suffice to prove all of them below lambda"
        )
    starts = [(u.sign, in_guess(program, u.vector)) for u in answer.directions]
    return places_above(program, np.array([float(ball.mid()) for ball in nu]), starts)


def in_guess(program: Program, vector: Sequence[int]) -> Any:
    """A direction of the covering as the guess knows it."""
    return program.shift.guessed(*program.shift.covered(vector)) if program.offset else in_floats(vector)


def in_table(program: Program, vector: Sequence[int]) -> Any:
    """A direction of the covering as one of the table."""
    if not program.offset:
        return in_floats(vector)
    u, b = program.shift.covered(vector)
    size = max(map(abs, u))
    return np.array([*(float(v / size) for v in u), float(b / size)])


def places_above(program: Program, nu: Any, starts: Sequence[tuple[int, Any]]) -> list[Place]:
    """The places of the local maxima above some directions, as far as floats tell."""
    return [Place(s, face) for s, face in program.pricer.summits(nu, starts)]


def places_near(program: Program, nu: Any, level: float) -> list[tuple[Place, bool]]:
    """The places of the local maxima that seem to exceed a part of the level, and whether they exceed all of it."""
    return [(Place(s, face), value > level) for value, s, face in program.pricer.high(nu, CLOSE * level)]
