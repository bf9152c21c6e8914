"""Two or three coordinates: the cells between the lines, one after the other, in exact integers.

In a cell f_s(u) = s W.u, where W = sum_(v.u > 0) C_v v - l. Its largest value for ||u|| = 1 in the closed cell is ||W||
where s W points into it. Else it is reached on a wall, or is not positive. On a wall, too: it is the length of the part
P of s W along the wall where P points into it, and else reached at one of its rays. So f_s is strictly below the level
off the stars if it is so on every closed cell that no star holds. This decides, without boxes (a box beside a wall on
which f_s is not below the level would not be settled either).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.fan import Fan, Vector, Wall, fan_of
from polyrelu.covering.layout import sorted_lines
from polyrelu.covering.question import Question
from polyrelu.covering.results import Counts, Covered, Direction, Resisting
from polyrelu.covering.screen import near, screen_of
from polyrelu.covering.stars import sides_of
from polyrelu.exact.integers import product

BITS = 60
"""Of a direction that resists."""
LIMB = 2**40
MOST_LINES = {2: 1000, 3: 40}
"""There are 2 L cells of L lines in a plane, and up to L (L - 1) + 2 in space: boxes are fewer at last."""


class High(NamedTuple):
    """A direction u that resists, with f_s(u)^2 / ||u||^2."""

    square: Fraction
    vector: Vector
    sign: int


def is_swept(question: Question) -> bool:
    """Whether there are few enough cells; the rows span all directions."""
    return question.d == question.normed and 0 < len(question.lines.V) <= MOST_LINES.get(question.d, 0)


def swept(question: Question, most: int) -> Covered | Resisting:
    """The answer, with some of the best directions that resist: cells come with the highest bounds first."""
    V = tuple(map(tuple, question.lines.V.tolist()))
    fan, screen = fan_of(V), screen_of(V)
    level = question.level * 2**question.bits
    square, slopes = level * level, gradients(question, fan)
    found, known = set[High](), 0
    for sign in question.signs:
        held = in_stars(question, sign, fan)
        known += int(held.sum())
        cells = near(screen, slopes, level, sign)
        enough = None if cells is None else max(1, most)
        seen = range(len(slopes)) if cells is None else cells
        open_ = ((fan.walls[i], (sign * slopes[i]).tolist()) for i in seen if not held[i])
        highs = (High(*high, sign) for walls, W in open_ for high in resisting(walls, W, square))
        found.update(islice(highs, enough))
    count = len(slopes) * len(question.signs)
    counts = Counts(boxes=count, a=count - known, b=known, share=1)
    if not found:
        return Covered(counts)
    best = sorted(found, key=lambda u: (-u.square, u.sign, u.vector))[:most]
    return Resisting(counts, tuple(direction(question, u) for u in best), 0, "resists")


def gradients(question: Question, fan: Fan) -> NDArray[Any]:
    """W of every cell, as Python integers: sums of limbs, which are exact in float64."""
    lines = question.lines
    rest = lines.V * np.array(lines.C, dtype=object)[:, None]
    ahead, power = (fan.sides > 0).astype(np.int8), 1
    total = np.array(lines.linear, dtype=object) * -1 + np.zeros((len(ahead), 1), dtype=object)
    while rest.any():
        low = rest % LIMB if abs(rest).max() >= LIMB else rest
        total = total + product(ahead, low.T).astype(object) * power
        rest, power = (rest - low) // LIMB, power * LIMB
    return total


def in_stars(question: Question, sign: int, fan: Fan) -> NDArray[np.bool_]:
    """Which cells lie in a star: at hard lines they are on its side, or it has none."""
    numbered, _, hard = sorted_lines(question, sign)
    ends = numbered[:hard]
    held = np.zeros(len(fan.sides), dtype=np.bool_)
    for _, side in sides_of(question, sign):
        there = np.array(side, dtype=np.int8)[ends]
        held |= ((there == 0) | (there == fan.sides[:, ends])).all(axis=1)
    return held


def resisting(
    walls: tuple[Wall, ...], W: Sequence[int], square: Fraction
) -> Iterator[tuple[Fraction, Vector]]:
    """Where W.u is not below the level, of which the square is given, on a closed cell: f^2 / ||u||^2, and u."""
    across, whole = [dot(wall.normal, W) for wall in walls], dot(W, W)
    if whole < square:
        return
    if min(across) >= 0:
        yield Fraction(whole), tuple(W)
        return
    for wall, z in zip(walls, across, strict=True):
        part = whole * wall.square - z * z  # ||P||^2, times the square of the normal
        if wall.edges and part * square.denominator < square.numerator * wall.square:
            continue
        if wall.edges and all(dot(edge, W) >= 0 for edge in wall.edges):
            P = tuple(w * wall.square - z * x for w, x in zip(W, wall.normal, strict=True))
            yield Fraction(part, wall.square), P
            continue
        for ray in wall.rays:
            value, length = dot(W, ray), dot(ray, ray)
            if value > 0 and value * value * square.denominator >= square.numerator * length:
                yield Fraction(value * value, length), ray


def dot(u: Iterable[int], v: Iterable[int]) -> int:
    """u.v"""
    return sum(map(mul, u, v))


def direction(question: Question, high: High) -> Direction:
    """With as many bits as others have use for."""
    spare = max(0, max(abs(x).bit_length() for x in high.vector) - BITS)
    vector = tuple(x >> spare for x in high.vector)
    kind = "missed" if question.exceeds(high.sign, vector) else "undecided"
    return Direction(high.sign, vector, kind, question.height(high.sign, vector))
