"""Directions in a plane, sector by sector: against every candidate, one by one, and against boxes."""

import random
from dataclasses import replace
from fractions import Fraction
from math import isqrt

import pytest

from polyrelu.covering import Covered, Question, Resisting, Star, cover

SEEDS = range(80)
NEAR = 10**6
FINE = 10**12


def drawn(seed, *, stars=0):
    """Rows of a small table, some of them zero, repeated or opposite, with residuals, some of them 0."""
    draw = random.Random(seed)
    rows = [[draw.randint(-6, 6) for _ in range(2)] for _ in range(draw.randint(2, 7))]
    rows += [[k * x for x in draw.choice(rows)] for k in draw.sample((-2, -1, 0, 1, 3), draw.randint(0, 2))]
    if all(a * d == b * c for a, b in rows for c, d in rows):
        rows += [[1, 0], [0, 1]]
    nu = [draw.choice((0, 1, 1)) * draw.randint(-9, 9) for _ in rows]
    asked = Question(rows, nu, 0, Fraction(1))
    found = []
    for _ in range(stars):
        u = draw.choice([*inside(asked).values(), *rays(asked)])
        found.append(Star(draw.choice((1, -1)), sides(asked, u), tight=False))
    lines = range(len(asked.lines.V))
    hard = frozenset((s, k) for s in (1, -1) for k in lines if draw.random() < 0.3)
    return replace(asked, stars=tuple(found), hard=draw.choice((None, hard)))


def sides(asked, u):
    """Of all rows."""
    return tuple((z > 0) - (z < 0) for z in (a * u[0] + b * u[1] for a, b in asked.rows.tolist()))


def rays(asked):
    """All directions in which a row vanishes."""
    found = [(-b, a) for a, b in asked.rows.tolist() if a or b]
    return found + [(-a, -b) for a, b in found]


def inside(asked):
    """A direction in every open sector, by its sides: those next to rays."""
    close = [(NEAR * a - t * b, NEAR * b + t * a) for a, b in rays(asked) for t in (1, -1)]
    return {sides(asked, u): u for u in close}


def holds(asked, star, sign, side):
    """Whether a star holds a sector: at all lines whose coefficient is positive, or hard."""
    for s, own, line in zip(side, star.side, asked.lines.line, strict=True):
        counts = line >= 0 and (sign * asked.lines.C[line] > 0 or (sign, line) in (asked.hard or ()))
        if counts and own not in (0, s):
            return False
    return star.sign == sign


def peak(asked, sign, side):
    """The largest f^2 / |u|^2 where f > 0 on a closed sector: at its rays, or along the gradient."""
    rows = asked.rows.tolist()
    w = [
        sum(sign * m * row[i] for m, row, s in zip(asked.nu, rows, side, strict=True) if s > 0)
        for i in (0, 1)
    ]
    best = Fraction(0)
    for u in (*rays(asked), tuple(w)):
        if any(u) and all(s * t >= 0 for s, t in zip(side, sides(asked, u), strict=True)):
            best = max(best, Fraction(max(asked.value(sign, u), 0) ** 2, u[0] ** 2 + u[1] ** 2))
    return best


def highest(asked):
    """The largest f^2 / |u|^2 off the stars."""
    return max(
        (
            peak(asked, sign, side)
            for side in inside(asked)
            for sign in asked.signs
            if not any(holds(asked, star, sign, side) for star in asked.stars)
        ),
        default=Fraction(0),
    )


def around_root(square):
    """Fractions just below and just above a square root."""
    root = isqrt(square.numerator * FINE**2 // square.denominator)
    return Fraction(root, FINE) if root else None, Fraction(root + 1, FINE)


@pytest.mark.parametrize("stars", [0, 1, 3])
def test_the_answer_is_that_of_all_candidates(stars):
    shown = 0
    for seed in SEEDS:
        asked = drawn(seed, stars=stars)
        square = highest(asked)
        below, above = around_root(square)
        assert isinstance(cover(replace(asked, lam=above), hasty=True), Covered)
        if below is not None:
            found = cover(replace(asked, lam=below), hasty=True)
            assert isinstance(found, Resisting)
            first = found.directions[0]
            assert asked.value(first.sign, first.vector) > 0
            assert abs(first.value**2 / float(square) - 1) < 1e-9
            shown += first.kind == "missed"
    assert shown > 40


def test_a_level_that_is_reached_is_not_shown():
    """|w| = 5 exactly, and at a ray 4 exactly."""
    own = Question([[3, 4], [1, -7]], [1, 0], 0, Fraction(5))
    assert isinstance(cover(own, hasty=True), Resisting)
    assert cover(own, hasty=True).directions[0].vector == (3, 4)
    assert isinstance(cover(replace(own, lam=5 + Fraction(1, FINE)), hasty=True), Covered)
    walled = Question([[3, 4], [-1, 0]], [1, -9], 0, Fraction(4))
    beside = replace(walled, stars=(Star(1, (1, -1), tight=False),), signs=(1,), hard=frozenset({(1, 1)}))
    assert isinstance(cover(beside, hasty=True), Resisting)
    assert {u.vector for u in cover(beside, hasty=True).directions} == {(0, 1)}
    assert isinstance(cover(replace(beside, lam=4 + Fraction(1, FINE)), hasty=True), Covered)


def test_boxes_agree():
    """The patient search is another route; it may give up where a star ends close by."""
    both = 0
    for seed in SEEDS:
        asked = drawn(seed, stars=seed % 3)
        _, above = around_root(highest(asked))
        for part in (Fraction(9, 10), Fraction(101, 100)):
            there = replace(asked, lam=above * part)
            boxes, plane = cover(there, max_boxes=20000), cover(there, hasty=True)
            assert isinstance(plane, Covered) or not isinstance(boxes, Covered)
            for u in boxes.missed if isinstance(boxes, Resisting) else ():
                side = sides(there, u.vector)  # some stars are lies, and hold what is above the level
                assert isinstance(plane, Resisting) or any(holds(there, s, u.sign, side) for s in there.stars)
            both += isinstance(plane, Covered) and isinstance(boxes, Covered)
    assert both > 40


def test_an_error_of_the_residual_counts():
    asked = Question([[3, 4], [1, -7]], [4, 0], 2, Fraction(5) + Fraction(1, 100), radius=Fraction(1, 2**11))
    assert isinstance(cover(asked, hasty=True), Covered)
    assert isinstance(cover(replace(asked, radius=Fraction(1, 2**10)), hasty=True), Resisting)


def test_many_rows_that_resist_everywhere():
    """What resists is ranked before it is described."""
    draw = random.Random(0)
    rows = [[draw.randint(-999, 999) for _ in range(2)] for _ in range(400)]
    asked = Question(rows, [draw.randint(-9, 9) for _ in rows], 0, Fraction(1))
    found = cover(asked, hasty=True, most=5)
    assert len(found.directions) == 5
    assert found.missed


def test_no_row_but_zero():
    assert isinstance(cover(Question([[0, 0]], [3], 0, Fraction(1)), hasty=True), Covered)
