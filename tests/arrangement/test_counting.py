"""Characteristic polynomials against closed forms, known counts, and deletion-restriction."""

import itertools
from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
import sympy
from hypothesis import given, settings

from polyrelu.arrangement.counting import (
    cells_upper_bound,
    characteristic_polynomial,
    number_of_cells,
    number_of_cells_up_to,
)
from polyrelu.errors import BadInput
from tests.strategies import rational_matrices


def cube(k):
    return itertools.product((0, 1), repeat=k)


def resonance(k):
    return [v for v in cube(k) if any(v)]


def threshold(k):
    return [(1, *v) for v in cube(k)]


def unit(m, *entries):
    row = [0] * m
    for place, value in entries:
        row[place] = value
    return row


def braid(m):
    return [unit(m, (i, 1), (j, -1)) for i, j in itertools.combinations(range(m), 2)]


def type_d(m):
    return [unit(m, (i, 1), (j, s)) for i, j in itertools.combinations(range(m), 2) for s in (1, -1)]


def type_b(m):
    return [unit(m, (i, 1)) for i in range(m)] + type_d(m)


def moment_curve(n, d):
    return [[t**k for k in range(d)] for t in range(-(n // 2), n - n // 2)]


def by_roots(*roots):
    t = sympy.Symbol("t")
    return tuple(int(c) for c in sympy.Poly(sympy.prod(t - r for r in roots), t).all_coeffs())


@pytest.mark.parametrize(
    ("rows", "cells"),
    [(resonance(k), c) for k, c in enumerate((2, 6, 32, 370, 11292, 1066044), 1)]
    + [(threshold(k), c) for k, c in enumerate((4, 14, 104, 1882, 94572, 15028134), 1)]
    + [(braid(m), factorial(m)) for m in (2, 3, 4, 5, 6)]
    + [(type_b(m), 2**m * factorial(m)) for m in (1, 2, 3, 4, 5)]
    + [(type_d(m), 2 ** (m - 1) * factorial(m)) for m in (2, 3, 4, 5)]
    + [
        (moment_curve(n, d), 2 * sum(comb(n - 1, k) for k in range(d)))
        for n, d in ((1, 1), (1, 3), (2, 5), (7, 2), (100, 3), (70, 4), (12, 5))
    ],
)
def test_known_numbers_of_cells(rows, cells):
    assert number_of_cells(rows) == cells


def test_reflection_arrangements_factor_over_their_exponents():
    assert characteristic_polynomial(braid(6)) == by_roots(0, 1, 2, 3, 4, 5)
    assert characteristic_polynomial(type_b(5)) == by_roots(1, 3, 5, 7, 9)
    assert characteristic_polynomial(type_d(5)) == by_roots(1, 3, 5, 7, 4)


@pytest.mark.parametrize(
    ("rows", "polynomial"),
    [
        ([[0]], (1, 0)),
        ([[0, 0], [0, 0]], (1, 0, 0)),
        ([[-7]], (1, -1)),
        ([[3], [-1], [0]], (1, -1)),
        ([[0, 0, 2]], (1, -1, 0, 0)),
        ([[1, 2], [-2, -4], [Fraction(1, 2), 1]], (1, -1, 0)),
    ],
)
def test_degenerate(rows, polynomial):
    assert characteristic_polynomial(rows) == polynomial


def deletion_restriction(rows, d):
    """chi by another theorem: chi(A) = chi(A without h) - chi(A restricted to h), over the fractions."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return (1,) + (0,) * d
    *rest, last = rows
    pivot = next(k for k, x in enumerate(last) if x)
    restricted = [
        [
            x - Fraction(row[pivot]) / last[pivot] * y
            for k, (x, y) in enumerate(zip(row, last, strict=True))
            if k != pivot
        ]
        for row in rest
    ]
    if not all(any(row) for row in restricted):  # a parallel of the last row: the last changes nothing
        return deletion_restriction(rest, d)
    smaller = deletion_restriction(restricted, d - 1)
    return tuple(a - b for a, b in zip(deletion_restriction(rest, d), (0, *smaller), strict=True))


@given(rational_matrices(max_rows=7, max_columns=5))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_deletion_restriction_agrees(rows):
    assert characteristic_polynomial(rows) == deletion_restriction(rows, len(rows[0]))


@pytest.mark.parametrize("size", [10**6, 10**12, 10**30])
def test_large_entries(size):
    """A change of basis with huge entries changes nothing; a 64-bit overflow would."""
    change = np.array([[size, 1, 0, 3], [1, 0, -size, 1], [2, size + 1, 5, 0], [1, 1, 1, 1]], dtype=object)
    rows = np.array(resonance(4), dtype=object) @ change
    assert characteristic_polynomial(rows.tolist()) == characteristic_polynomial(resonance(4))


def test_the_bound_holds_and_is_attained():
    assert cells_upper_bound(31, 5) >= 11292
    assert cells_upper_bound(20, 4) == number_of_cells(moment_curve(20, 4))
    assert cells_upper_bound(1, 1) == 2


@pytest.mark.parametrize("rows", [[], [[]], [[1, 2], [3]], [["x", 1]], [[0.5, 1]]])
def test_bad_rows_are_refused(rows):
    with pytest.raises(BadInput):
        characteristic_polynomial(rows)


@settings(max_examples=60, deadline=None)
@given(rational_matrices(max_rows=9, max_columns=4))
def test_a_count_up_to_a_limit(rows):
    cells = number_of_cells(rows)
    for limit in {1, 2, 5, 40, cells - 1, cells, cells + 1}:
        assert number_of_cells_up_to(rows, limit) == (cells if cells <= limit else None)


@pytest.mark.parametrize(("n", "d"), [(40, 3), (25, 4), (18, 5)])
def test_a_count_up_to_a_limit_by_parts(n, d):
    """More rows than the first part has: random ones, and ones that lie on the grid {0, 1}."""
    rng = np.random.default_rng(n)
    for rows in (rng.integers(-9, 10, (n, d)).tolist(), rng.integers(0, 2, (n, d)).tolist()):
        cells = number_of_cells(rows)
        for limit in (10, cells // 2, cells - 1, cells):
            assert number_of_cells_up_to(rows, limit) == (cells if cells <= limit else None)


def test_a_large_number_of_cells_is_not_counted_to_its_end():
    """10^19 cells. Nine columns took a minute and a half; fewer columns tell, as a subspace has no more cells."""
    rows = np.random.default_rng(0).integers(-2000, 2000, (768, 9)).tolist()
    assert number_of_cells_up_to(rows, 100_000) is None


def test_counting_stops_at_a_limit():
    rng = np.random.default_rng(3)
    for _ in range(60):
        rows = rng.integers(-3, 4, (int(rng.integers(1, 16)), int(rng.integers(1, 7)))).tolist()
        count = number_of_cells(rows)
        assert number_of_cells_up_to(rows, count) == count
        assert number_of_cells_up_to(rows, count - 1) is None
        assert number_of_cells_up_to(rows, max(1, count // 50)) in (None, count)
