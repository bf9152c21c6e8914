"""Optima whose optimal networks are not unique, for tests of the optimal set: small and quick to certify."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from polyrelu.certification import certify
from tests.corpus import degenerate, generic

FOUR = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)
FIVE = ([[1, -1, 1], [-1, 1, 1], [-1, -1, -1], [1, 1, 1]], [6, 8, -7, -9], "1/4")
PENTAGON = ([[2, 0], [1, 2], [-2, 1], [-2, -1], [1, -2]], [1] * 5, "1/10")
FOUR_WITH_ROOTS = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [1, 2, 1, 2], "1/2")

SMALL_PENALTY = Fraction(1, 10**6)


def small_penalty(seed):
    X, y, _ = generic(seed)
    return X, y, SMALL_PENALTY


@cache
def exact_optima():
    """Over Q or sums of square roots; with different functions, with linear exchange, with a degenerate vertex."""
    problems = [FOUR, FIVE, PENTAGON, FOUR_WITH_ROOTS, degenerate(74), degenerate(102), small_penalty(17)]
    optima = [certify(*problem).proved() for problem in problems]
    assert all(o.nullity > 0 and o.point.exact is not None for o in optima)
    return optima


@cache
def enclosed_optima():
    """In the linear phase, known in balls alone."""
    problems = [degenerate(4), degenerate(18), degenerate(106), small_penalty(3)]
    optima = [certify(*problem).proved() for problem in problems]
    assert all(o.nullity > 0 and o.field == "enclosures" for o in optima)
    return optima
