"""Directions in a plane or in space, cell by cell: against every candidate, one by one, and against boxes."""

import random
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import comb, isqrt

import pytest

from polyrelu.covering import Covered, Question, Resisting, Star, cover
from polyrelu.covering.fan import fan_of
from polyrelu.covering.screen import near, screen_of
from polyrelu.covering.sweep import gradients, swept

SEEDS = {2: range(80), 3: range(14)}
NEAR = 10**6
FINE = 10**12


def drawn(seed, d, *, stars=0):
    """Rows of a small table, some of them zero, repeated or opposite, with residuals, some of them 0."""
    draw = random.Random(seed)
    rows = [[draw.randint(-6, 6) for _ in range(d)] for _ in range(draw.randint(2, 7))]
    rows += [[k * x for x in draw.choice(rows)] for k in draw.sample((-2, -1, 0, 1, 3), draw.randint(0, 2))]
    if draw.random() < 0.5:
        rows += [[int(i == j) for i in range(d)] for j in range(d)]
    rows += [[int(i == j) for i in range(d)] for j in range(d) if rank_is_low(rows)]
    nu = [draw.choice((0, 1, 1)) * draw.randint(-9, 9) for _ in rows]
    asked = Question(rows, nu, 0, Fraction(1))
    found = []
    for _ in range(stars):
        u = draw.choice([*inside(asked).values(), *rays(asked)])
        found.append(Star(draw.choice((1, -1)), sides(asked, u), tight=False))
    lines = range(len(asked.lines.V))
    hard = frozenset((s, k) for s in (1, -1) for k in lines if draw.random() < 0.3)
    return replace(asked, stars=tuple(found), hard=draw.choice((None, hard)))


def rank_is_low(rows):
    """Whether the rows leave out a direction."""
    if len(rows[0]) == 2:
        return all(a * d == b * c for a, b in rows for c, d in rows)
    return all(dot(cross(a, b), c) == 0 for a, b, c in combinations(rows, 3))


def dot(u, v):
    """u.v"""
    return sum(a * b for a, b in zip(u, v, strict=True))


def cross(v, w):
    """Orthogonal to both."""
    return v[1] * w[2] - v[2] * w[1], v[2] * w[0] - v[0] * w[2], v[0] * w[1] - v[1] * w[0]


def sides(asked, u):
    """Of all rows."""
    return tuple((z > 0) - (z < 0) for z in (dot(row, u) for row in asked.rows.tolist()))


def rays(asked):
    """All directions in which one row vanishes, or two that are not parallel."""
    rows = asked.rows.tolist()
    pairs = combinations(rows, 2)
    found = [(-b, a) for a, b in rows] if asked.d == 2 else [cross(v, w) for v, w in pairs]
    return [tuple(s * x for x in u) for u in found if any(u) for s in (1, -1)]


def inside(asked):
    """A direction in every open cell, by its sides: close to its rays, and to its walls there."""
    rows, found = [row for row in asked.rows.tolist() if any(row)], {}
    for ray in rays(asked):
        for v in rows:
            if dot(v, ray) == 0:
                along = cross(ray, v) if asked.d == 3 else (0, 0)
                for s in (1, -1):
                    for t in (1, -1):
                        u = tuple(
                            NEAR**2 * a + s * NEAR * b + t * c for a, b, c in zip(ray, along, v, strict=True)
                        )
                        found[sides(asked, u)] = u
    return found


def holds(asked, star, sign, side):
    """Whether a star holds a sector: at all lines whose coefficient is positive, or hard."""
    for s, own, line in zip(side, star.side, asked.lines.line, strict=True):
        counts = line >= 0 and (sign * asked.lines.C[line] > 0 or (sign, line) in (asked.hard or ()))
        if counts and own not in (0, s):
            return False
    return star.sign == sign


def peak(asked, sign, side):
    """The largest f^2 / |u|^2 where f > 0 on a closed cell: at its rays, or along what is left of the gradient."""
    rows = asked.rows.tolist()
    w = [
        sum(sign * m * row[i] for m, row, s in zip(asked.nu, rows, side, strict=True) if s > 0)
        for i in range(asked.d)
    ]
    on_walls = [[x * dot(v, v) - dot(v, w) * y for x, y in zip(w, v, strict=True)] for v in rows if any(v)]
    best = Fraction(0)
    for u in (*rays(asked), *on_walls, w):
        if any(u) and all(s * t >= 0 for s, t in zip(side, sides(asked, u), strict=True)):
            best = max(best, Fraction(max(asked.value(sign, u), 0) ** 2, dot(u, u)))
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


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("stars", [0, 1, 3])
def test_the_answer_is_that_of_all_candidates(d, stars):
    shown = 0
    for seed in SEEDS[d]:
        asked = drawn(seed, d, stars=stars)
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
    assert shown > len(SEEDS[d]) / 2


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


@pytest.mark.parametrize("d", [2, 3])
def test_boxes_agree(d):
    """The patient search is another route; it may give up where a star ends close by."""
    both = 0
    for seed in SEEDS[d]:
        asked = drawn(seed, d, stars=seed % 3)
        _, above = around_root(highest(asked))
        for part in (Fraction(9, 10), Fraction(101, 100)):
            there = replace(asked, lam=above * part)
            boxes, cells = cover(there, max_boxes=20000), cover(there, hasty=True)
            assert isinstance(cells, Covered) or not isinstance(boxes, Covered)
            for u in boxes.missed if isinstance(boxes, Resisting) else ():
                side = sides(there, u.vector)  # some stars are lies, and hold what is above the level
                assert isinstance(cells, Resisting) or any(holds(there, s, u.sign, side) for s in there.stars)
            both += isinstance(cells, Covered) and isinstance(boxes, Covered)
    assert both > len(SEEDS[d]) / 2


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


def test_no_direction_need_be_told():
    """It resists all the same."""
    asked = Question([[3, 4, 0], [0, 1, 0], [0, 0, 1]], [1, 0, 0], 0, Fraction(4))
    found = cover(asked, hasty=True, most=0)
    assert isinstance(found, Resisting)
    assert not found.directions


def test_what_is_recorded_is_covered_by_boxes():
    """Rows of rank 2 are not narrowed then, and span no space."""
    asked = Question([[3, 4, 0], [0, 1, 0]], [1, 0], 0, Fraction(6))
    assert cover(asked, hasty=True, record=True).leaves


def test_many_lines_in_a_plane():
    draw = random.Random(0)
    rows = [[draw.randint(-999, 999), draw.randint(-999, 999)] for _ in range(1000)]
    nu = [draw.randint(-9, 9) for _ in rows]
    for count, most in ((990, 1000), (1000, 10)):
        asked = Question(rows[:count], nu[:count], 0, Fraction(10**7))
        assert isinstance(cover(asked, hasty=True), Covered)
        found = cover(replace(asked, lam=Fraction(1)), hasty=True, most=most)
        assert found.missed


def test_no_row_but_zero():
    assert isinstance(cover(Question([[0, 0]], [3], 0, Fraction(1)), hasty=True), Covered)


@pytest.mark.parametrize("d", [2, 3])
def test_every_cell_has_its_signs_and_walls(d):
    """Two routes to the cells; on each wall just one line vanishes, and Euler's formula counts the walls in space."""
    for seed in SEEDS[d]:
        asked = drawn(seed, d)
        V = asked.lines.V.tolist()
        fan = fan_of(tuple(map(tuple, V)))
        lines = replace(asked, rows=V, nu=(0,) * len(V))
        assert set(map(tuple, fan.sides.tolist())) == set(inside(lines))
        for side, walls in zip(fan.sides.tolist(), fan.walls, strict=True):
            assert len(walls) == 2 if d == 2 else len(walls) >= 3
            for wall in walls:
                middle = [sum(x) for x in zip(*wall.rays, strict=True)]
                across = [k for k, s in enumerate(sides(lines, middle)) if s != side[k]]
                assert [[side[k] * x for x in V[k]] for k in across] == [list(wall.normal)]
                assert sides(lines, middle)[across[0]] == 0
        if d == 3:
            vertices = {ray for walls in fan.walls for wall in walls for ray in wall.rays}
            assert len(vertices) - sum(map(len, fan.walls)) / 2 + len(fan.walls) == 2


def test_lines_in_general_position_cut_space_into_the_known_number_of_cells():
    draw = random.Random(0)
    for count in (3, 5, 9, 14):
        V = tuple(
            (draw.randint(1, 999), draw.randint(-999, 999), draw.randint(-999, 999)) for _ in range(count)
        )
        assert len(fan_of(V).walls) == 2 * (comb(count - 1, 0) + comb(count - 1, 1) + comb(count - 1, 2))


def test_no_cell_that_reaches_the_level_is_screened_away():
    """At the exact peak of a cell, and one part in 10^12 around it; far above it nearly all of them are."""
    for seed in SEEDS[3]:
        asked = drawn(seed, 3)
        fan = fan_of(V := tuple(map(tuple, asked.lines.V.tolist())))
        slopes = gradients(asked, fan)
        seen = [
            tuple(side[k] * t for k, t in zip(asked.lines.line, asked.lines.turned, strict=True))
            for side in fan.sides
        ]
        peaks = [peak(asked, 1, side) for side in seen]
        for square in set(peaks) - {0}:
            level, _ = around_root(square)
            if level is not None:
                assert {i for i, p in enumerate(peaks) if p >= square} <= set(
                    near(screen_of(V), slopes, level, 1)
                )
        assert not near(screen_of(V), slopes, max(around_root(max(peaks))[1] * 2, Fraction(1)), 1)


def test_coefficients_that_are_no_floats():
    """2^2000 times as much, and rows of 700 bits: the same answer."""
    asked = drawn(7, 3)
    below, above = around_root(highest(asked))
    for many in (2**2000, Fraction(1, 2**2000)):
        long = replace(asked, nu=[m * max(1, many) for m in asked.nu], bits=0 if many > 1 else 2000)
        assert isinstance(cover(replace(long, lam=above * many), hasty=True), Covered)
        assert isinstance(cover(replace(long, lam=below * many), hasty=True), Resisting)
    assert isinstance(cover(replace(asked, lam=Fraction(10**400)), hasty=True), Covered)
    wide = replace(asked, rows=[[x << 700 for x in row[:2]] + row[2:] for row in asked.rows.tolist()])
    below, above = around_root(highest(wide))
    assert isinstance(swept(replace(wide, lam=above), 1), Covered)
    assert isinstance(swept(replace(wide, lam=below), 1), Resisting)


def test_a_plane_with_many_lines_takes_little_memory():
    """600 lines cut it into 1200 sectors: the sides of all lines there, as Python integers, are 720,000 numbers."""
    draw = random.Random(0)
    rows = [[draw.randint(-(10**6), 10**6) for _ in range(2)] for _ in range(600)]
    asked = Question(rows, [draw.randint(-9, 9) for _ in rows], 0, Fraction(10**12))
    tracemalloc.start()
    try:
        assert isinstance(cover(asked, hasty=True), Covered)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_the_best_is_named_first_where_floats_do_not_reach():
    """Lines of 600 bits are not screened, and more cells resist than are named."""
    draw = random.Random(1)
    rows = [[draw.randint(-9, 9) << 600 for _ in range(2)] + [draw.randint(-9, 9)] for _ in range(6)]
    asked = Question(rows, [draw.randint(1, 9) for _ in rows], 0, Fraction(1))
    all_of_them, few = cover(asked, hasty=True, most=10**6), cover(asked, hasty=True, most=1)
    assert few.directions[0] == all_of_them.directions[0]
