"""Two coordinates: the sectors between the lines, one after the other, in exact integers.

In a sector f_s(u) = s W.u, where W = sum_(v.u > 0) C_v v - l. Its largest value for ||u|| = 1 is ||W|| where s W points
into the closed sector, and else that at one of its two rays. So f_s is strictly below the level off the stars if it is
so on every closed sector that no star holds. This decides, without boxes (a box beside a ray where f_s is not below the
level would not be settled either).

p_k is line v_k turned by a right angle, and the v_k are sorted by their angles. Counter-clockwise, from the sector
where all v_k.u are positive, the rays are p_1, ..., p_L, -p_1, ..., -p_L: at p_k line k becomes negative, and positive
again at -p_k.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from polyrelu.covering.layout import sorted_lines
from polyrelu.covering.question import Question
from polyrelu.covering.results import Counts, Covered, Direction, Resisting
from polyrelu.covering.stars import sides_of

Vector = tuple[int, int]
BITS = 60
"""Of a direction that resists."""


class Sector(NamedTuple):
    """Between two rays, counter-clockwise, with W."""

    begin: Vector
    end: Vector
    W: Vector

    def peak(self, sign: int) -> Vector | None:
        """s W, if it points into the closed sector."""
        (a, b), (c, d), (x, y) = self.begin, self.end, (sign * self.W[0], sign * self.W[1])
        return (x, y) if a * y >= b * x and x * d >= y * c else None


class High(NamedTuple):
    """A direction u that resists, with f_s(u)^2 / ||u||^2."""

    square: Fraction
    sign: int
    vector: Vector


def is_plane(question: Question) -> bool:
    """Whether this is about directions in a plane."""
    return question.d == question.normed == 2


def swept(question: Question, most: int) -> Covered | Resisting:
    """The answer, with the best directions that resist."""
    order = by_angle(tuple(map(tuple, question.lines.V.tolist())))
    level = question.level * 2**question.bits
    square, around = level * level, list(sectors(question, order))
    found, known = set[High](), 0
    for sign in question.signs:
        held = in_stars(question, sign, order)
        known += sum(held)
        for sector, in_star in zip(around, held, strict=True):
            if not in_star:
                found.update(resisting(sector, sign, square))
    count = len(around) * len(question.signs)
    counts = Counts(boxes=count, a=count - known, b=known, share=1)
    if not found:
        return Covered(counts)
    best = sorted(found, key=lambda u: (-u.square, u.sign, u.vector))[:most]
    return Resisting(counts, tuple(direction(question, u) for u in best), 0, "resists")


@lru_cache(maxsize=16)
def by_angle(V: tuple[Vector, ...]) -> tuple[int, ...]:
    """The numbers of the lines, sorted by their angles above -90 and up to 90 degrees."""

    def slope(k: int) -> tuple[bool, Fraction]:
        x, y = V[k]
        return x == 0, Fraction(y, x) if x else Fraction(0)

    return tuple(sorted(range(len(V)), key=slope))


def sectors(question: Question, order: tuple[int, ...]) -> Iterator[Sector]:
    """All of them, in the order of the rays that end them."""
    lines = question.lines
    V = [(int(x), int(y)) for x, y in lines.V[list(order)].tolist()]
    steps = [(lines.C[k] * x, lines.C[k] * y) for k, (x, y) in zip(order, V, strict=True)]
    rays = [(-y, x) for x, y in V] + [(y, -x) for x, y in V]
    a, b = (sum(step[i] for step in steps) - lines.linear[i] for i in (0, 1))
    turns = [(-x, -y) for x, y in steps] + steps
    for (begin, end), (x, y) in zip(pairwise([rays[-1], *rays] if rays else []), turns, strict=True):
        yield Sector(begin, end, (a, b))
        a, b = a + x, b + y


def in_stars(question: Question, sign: int, order: tuple[int, ...]) -> list[bool]:
    """Which sectors lie in a star: at hard lines they are on its side, or it has none.

    In the first half a star allows those after its last negative line and up to its first positive one.
    """
    L = len(order)
    held = [False] * (2 * L)
    numbered, _, hard = sorted_lines(question, sign)
    ends = {int(k) for k in numbered[:hard]}
    for _, side in sides_of(question, sign):
        there = [(i, side[k]) for i, k in enumerate(order) if k in ends]
        plus, minus = [i for i, s in there if s > 0], [i for i, s in there if s < 0]
        for shift, past, ahead in ((0, minus, plus), (L, plus, minus)):
            first, last = max(past, default=-1) + 1, min(ahead, default=L)
            for i in range(first, min(last, 2 * L - 1 - shift) + 1):
                held[shift + i] = True
    return held


def resisting(sector: Sector, sign: int, square: Fraction) -> Iterator[High]:
    """Where s W.u is not below the level on the sector, of which the square is given."""
    x, y = sector.W
    whole = Fraction(x * x + y * y)
    if whole < square:
        return
    peak = sector.peak(sign)
    if peak is not None:
        yield High(whole, sign, peak)
        return
    for a, b in (sector.begin, sector.end):
        value = sign * (x * a + y * b)
        if value > 0 and Fraction(value * value, a * a + b * b) >= square:
            yield High(Fraction(value * value, a * a + b * b), sign, (a, b))


def direction(question: Question, high: High) -> Direction:
    """With as many bits as others have use for."""
    spare = max(0, max(abs(x).bit_length() for x in high.vector) - BITS)
    vector = tuple(x >> spare for x in high.vector)
    kind = "missed" if question.exceeds(high.sign, vector) else "undecided"
    return Direction(high.sign, vector, kind, question.height(high.sign, vector))
